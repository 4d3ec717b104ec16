"""The rules under which a ticket's acts are done again: versions, classification, calendar."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from engine.application import ConnectionApplication
    from engine.audit_flags import FastPolicy
    from engine.calendar import OfficeHours, WorkCalendar
    from engine.definition import WorkflowDefinition
    from engine.machine import TicketMachine
    from engine.ticket import Classification


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRules:
    """The rules under which acts are done again.

    Args:
        governing: the machine for a recorded version, for example `lv_resident@1`.
        classify: who an applicant is by the rules of a day.
    """

    governing: Callable[[str], TicketMachine]
    classify: Callable[[ConnectionApplication, date], Classification]
    calendar: WorkCalendar
    hours: OfficeHours
    fast: FastPolicy


def replayable(
    draft: WorkflowDefinition, versions: Iterable[WorkflowDefinition]
) -> WorkflowDefinition:
    """The draft as acts under older versions can be done again with it.

    What people would only have had to write down, a reason or a field, holds nobody up. A paper
    that the draft does not know is nevertheless one that was handed in.
    """
    names: dict[str, str] = {}
    for each in versions:
        names |= each.document_names
    opening = draft.opening
    return replace(
        draft,
        document_names=names | draft.document_names,
        opening=replace(opening, asks=(), takes=(*opening.asks, *opening.takes)),
        transitions=tuple(
            replace(each, asks=(), takes=(*each.asks, *each.takes), reason_required=False)
            for each in draft.transitions
        ),
    )
