"""A draft, and a difference, as the faces show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.rules.publication import latest_version
from workflows.diagram import is_drawable, mermaid, mermaid_difference
from workflows.difference import Direction, structural_changes, text_difference
from workflows.problems import DefinitionFaultsError
from workflows.versioning import read_form

if TYPE_CHECKING:
    from datetime import datetime

    from app.ports.drafts import DraftsUnit, StoredDraft
    from engine.definition import WorkflowDefinition
    from workflows.difference import Change
    from workflows.problems import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftView:
    """A draft as its readers see it. `is_current` tells whether its base is still the newest.

    `base_version` 0 is a definition that was never published; `restores` 0 is new content.
    """

    number: int
    definition_id: str
    name: str
    kind: str
    author: str
    base_version: int
    restores: int
    is_current: bool
    revision: int
    saved_at: datetime
    outcome: str
    published_version: int
    source: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """From one version to another in text, in sentences and as a picture (Mermaid).

    `loosened` are the changes that let a limit run longer; the policy decides whether they may.
    `diagram` is empty while names in the draft lead nowhere.
    """

    before: str
    after: str
    text: str
    changes: tuple[Change, ...]
    diagram: str

    @property
    def loosened(self) -> tuple[Change, ...]:
        """Changes that let a limit run longer."""
        return tuple(each for each in self.changes if each.direction is Direction.LOOSER)


def draft_view(work: DraftsUnit, draft: StoredDraft) -> DraftView:
    """The draft without its problems, which take a while to find."""
    latest = latest_version(work, draft.key)
    return DraftView(
        number=draft.number,
        definition_id=draft.key,
        name=_name(draft),
        kind=draft.kind,
        author=draft.author,
        base_version=draft.base_version,
        restores=draft.restores,
        is_current=draft.base_version == (latest.version if latest else 0),
        revision=draft.revision,
        saved_at=draft.saved_at,
        outcome=draft.outcome,
        published_version=draft.published_version,
        source=draft.source,
    )


def _name(draft: StoredDraft) -> str:
    try:
        return read_form(draft.source, path=draft.key).definition.name
    except DefinitionFaultsError:  # an old draft that a newer program no longer reads
        return draft.key


def difference_between(
    before: WorkflowDefinition | None,
    before_text: str,
    after: WorkflowDefinition,
    after_text: str,
    names: tuple[str, str],
) -> Difference:
    """The whole difference; `names` are those of the two versions."""
    diagram = ""
    if is_drawable(after):
        diagram = mermaid(after) if before is None else mermaid_difference(before, after)
    return Difference(
        before=names[0],
        after=names[1],
        text=text_difference(before_text, after_text, names),
        changes=structural_changes(before, after),
        diagram=diagram,
    )
