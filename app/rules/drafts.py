"""Drafts of definitions: written beside the version in force, shown as a difference, published.

    save(source, actor=, revision=None, rebase=False) -> DraftView
    discard(number, actor=, reason=)             check(number) -> problems
    open_drafts() / get(number)                  difference(number) / between(id, first, second)
    rollback(definition_id, version, actor=)     publish(number, actor=, ...) -> Publication
    versions(definition_id=None)                 source(definition_id, version)

A draft may still break the plan's rules, so that work can be kept; its form must be in order. Only
a draft without any fault is published, and never by its author (R-10.1, R-10.2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.authorization import Action, authorize_company_wide
from app.ports.drafts import DraftKind, Subject
from app.rules.draft_views import DraftView, difference_between, draft_view
from app.rules.drafting import Content, discard, keep, open_draft, refuse_author
from app.rules.publication import fingerprint_of, latest_version, publish_draft, refuse_faults
from app.streams import DEFINITIONS
from engine.errors import ConflictError, Reason, not_found
from engine.ticket import Act
from workflows.loader import check_definition
from workflows.problems import DefinitionFaultsError
from workflows.versioning import BYTE_ORDER_MARK, read_form

if TYPE_CHECKING:
    from datetime import date

    from app.clock import Clock
    from app.ports.drafts import DraftsDatabase, DraftsUnit, PublishedVersion, StoredDraft
    from app.rules.draft_views import Difference
    from app.rules.publication import Publication
    from engine.definition import WorkflowDefinition
    from engine.ticket import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftService:
    """The life of a definition version before it is in force."""

    database: DraftsDatabase
    clock: Clock

    def save(
        self, source: str, *, actor: Actor, revision: int | None = None, rebase: bool = False
    ) -> DraftView:
        """Begin a draft of the definition that the text names, or replace one's own.

        Replacing needs the `revision` of the draft that was seen. With `rebase` the text takes
        account of the version published last, which becomes the base.

        Raises:
            DefinitionFaultsError: the form is wrong; every fault by line.
            ConflictError: another administrator's draft is open, or the revision is stale.
        """
        authorize_company_wide(actor, Action.MANAGE_DEFINITIONS)
        source = source.removeprefix(BYTE_ORDER_MARK)
        form = read_form(source, path="草稿")
        act = Act(actor=actor, at=self.clock())
        with self.database.writing() as work:
            latest = latest_version(work, form.definition.id)
            content = Content(
                subject=Subject.DEFINITION,
                key=form.definition.id,
                source=source,
                fingerprint=form.fingerprint,
                latest_version=latest.version if latest else 0,
            )
            draft = keep(work, content, act, revision=revision, rebase=rebase)
            view = draft_view(work, draft)
            work.commit()
        return _examined(view)

    def rollback(self, definition_id: str, version: int, *, actor: Actor) -> DraftView:
        """Prepare the content of an old version as the next one; a second person publishes it.

        Raises:
            NotFoundError: no such version.
            ConflictError: a rollback is being prepared already, or it is the newest version.
        """
        authorize_company_wide(actor, Action.MANAGE_DEFINITIONS)
        act = Act(actor=actor, at=self.clock())
        with self.database.writing() as work:
            source = work.definitions.source(definition_id, version)
            latest = latest_version(work, definition_id)
            number = latest.version if latest else 0
            form = read_form(source, path=f"{definition_id}@{version}")
            if latest is not None and fingerprint_of(work, latest) == form.fingerprint:
                raise _already_there(definition_id, number, version)
            content = Content(
                subject=Subject.DEFINITION,
                key=definition_id,
                source=source,
                fingerprint=form.fingerprint,
                latest_version=number,
                kind=DraftKind.ROLLBACK,
                restores=version,
            )
            draft = keep(work, content, act, revision=None, rebase=False)
            view = draft_view(work, draft)
            work.commit()
        return _examined(view)

    def discard(self, number: int, *, actor: Actor, reason: str) -> None:
        """Close a draft without publishing it; its text stays. Any administrator may.

        Raises:
            MalformedError: without a reason.
            ConflictError: it is closed already.
        """
        authorize_company_wide(actor, Action.MANAGE_DEFINITIONS)
        act = Act(actor=actor, at=self.clock(), reason=reason.strip())
        with self.database.writing() as work:
            discard(work, number, Subject.DEFINITION, act, stream=DEFINITIONS)
            work.commit()

    def publish(
        self,
        number: int,
        *,
        actor: Actor,
        revision: int | None = None,
        in_force_from: date | None = None,
    ) -> Publication:
        """Publish a draft as the next version, by a second person.

        With `revision` it is refused if the draft is no longer what was looked at. A day to come
        in `in_force_from` makes it take over when that day begins; None at once.

        Raises:
            HuodianError: see `app.rules.publication`.
        """
        authorize_company_wide(actor, Action.MANAGE_DEFINITIONS)
        act = Act(actor=actor, at=self.clock())
        with self.database.reading() as work:
            seen = open_draft(work, number, Subject.DEFINITION, revision=revision)
        refuse_author(seen, actor)
        refuse_faults(seen)  # takes its time, so nobody waits for the database meanwhile
        with self.database.writing() as work:
            draft = open_draft(work, number, Subject.DEFINITION, revision=seen.revision)
            publication = publish_draft(work, draft, act, in_force_from=in_force_from)
            work.commit()
        return publication

    # --- reads ---------------------------------------------------------------------------------

    def open_drafts(self) -> tuple[DraftView, ...]:
        """Every open draft, the newest first; without its problems."""
        with self.database.reading() as work:
            found = work.drafts.listing(Subject.DEFINITION)
            return tuple(draft_view(work, each) for each in found)

    def get(self, number: int) -> DraftView:
        """A draft, open or closed, with everything that is wrong with it now.

        Raises:
            NotFoundError: there is none of that number.
        """
        with self.database.reading() as work:
            view = draft_view(work, _of_definition(work, number))
        return _examined(view)

    def definition(self, number: int) -> WorkflowDefinition:
        """The draft as the engine would run it, for impact and replay.

        Raises:
            DefinitionFaultsError: it has faults.
        """
        view = self.get(number)
        if view.problems:
            raise DefinitionFaultsError(view.problems)
        return read_form(view.source, path=view.definition_id).definition

    def versions(self, definition_id: str | None = None) -> tuple[PublishedVersion, ...]:
        """Published versions, the newest first."""
        with self.database.reading() as work:
            return tuple(work.definitions.versions(definition_id))

    def source(self, definition_id: str, version: int) -> str:
        """The text of a published version."""
        with self.database.reading() as work:
            return work.definitions.source(definition_id, version)

    def difference(self, number: int) -> Difference:
        """From the version published last to the draft."""
        with self.database.reading() as work:
            draft = _of_definition(work, number)
            latest = latest_version(work, draft.key)
            after = read_form(draft.source, path=f"草稿 {number}").definition
            if latest is None:
                return difference_between(None, "", after, draft.source, ("", f"草稿 {number}"))
            before = work.definitions.get(draft.key, latest.version)
            text = work.definitions.source(draft.key, latest.version)
        return difference_between(before, text, after, draft.source, (before.ref, f"草稿 {number}"))

    def between(self, definition_id: str, first: int, second: int) -> Difference:
        """From one published version to another.

        Raises:
            NotFoundError: one of them was never published.
        """
        with self.database.reading() as work:
            before, after = (work.definitions.get(definition_id, each) for each in (first, second))
            texts = [work.definitions.source(definition_id, each) for each in (first, second)]
        return difference_between(before, texts[0], after, texts[1], (before.ref, after.ref))


def _examined(view: DraftView) -> DraftView:
    return replace(view, problems=check_definition(view.source, f"{view.definition_id}.yaml"))


def _of_definition(work: DraftsUnit, number: int) -> StoredDraft:
    draft = work.drafts.get(number)
    if draft.subject != Subject.DEFINITION:
        what = "流程定义的草稿"
        raise not_found(what, str(number))
    return draft


def _already_there(definition_id: str, latest: int, version: int) -> ConflictError:
    return ConflictError(
        Reason(
            code="nothing_changed",
            message=f"{definition_id} 的最新版本（第 {latest} 版）与第 {version} 版内容相同",
            clause="R-10.2",
            remedy="无须恢复",
        )
    )
