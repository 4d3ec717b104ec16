"""Brings what the proof finds to the line of the file where it stands (R-10.4, R-3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.soundness import prove
from engine.soundness.names import NAME_CODES
from workflows.problems import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.soundness import Finding
    from workflows.caps import Caps
    from workflows.problems import Path
    from workflows.schema import Draft


def soundness_faults(draft: Draft, caps: Caps) -> Iterator[Fault]:
    """Everything unsound in the draft; names that lead nowhere are left to `references`."""
    cap = caps.of(draft.definition.id)
    milestones = cap.checkpoints if cap else ()
    for each in prove(draft.definition, milestones=milestones):
        if each.code not in NAME_CODES:
            yield Fault(
                code=each.code,
                message=each.message,
                at=_in_the_file(each, draft),
                clause=each.clause,
                remedy=each.remedy,
            )


def _in_the_file(finding: Finding, draft: Draft) -> Path:
    """A file lists several sources of one transition, the engine has a transition for each."""
    match finding.at:
        case ("transitions", int(index), "from"):
            return draft.transition_paths[index]
        case ("transitions", int(index), *rest):
            return (*draft.transition_paths[index][:2], *rest)
        case _:
            return finding.at
