"""The derived columns of a ticket: what the queue sorts by and what the sweep looks for.

They repeat what `engine.clocks` derives, so that a database can index it. They are written with
the ticket and refreshed when the calendar changes; nothing decides by them but which tickets to
look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.clocks import NO_TARGETS, due_on, running_clocks
from engine.reminders import attention_at, next_rung_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from engine.calendar import OfficeHours, WorkCalendar
    from engine.clocks import Clock
    from engine.definition import Ending, State, WorkflowDefinition
    from engine.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketStanding:
    """Stage, earliest due instant, next reminder and ending; None where there is none.

    `pressing_at` is what the worklist sorts by: the earliest due instant, or that of the branch's
    own target where it comes before (T3d).
    `calendar_version` is the calendar that the instants were derived with: a ticket whose version
    differs from the calendar in force is due for recomputation (R-2.3).
    """

    stage_id: str
    due_at: datetime | None
    pressing_at: datetime | None
    next_rung_at: datetime | None
    ending: Ending | None
    calendar_version: str


def standing_of(  # noqa: PLR0913  (the ticket and all that dates it)
    ticket: Ticket,
    definition: WorkflowDefinition,
    calendar: WorkCalendar,
    hours: OfficeHours,
    at: datetime,
    *,
    targets: Mapping[str, int] = NO_TARGETS,
) -> TicketStanding:
    """The derived columns of the ticket at the instant `at`."""
    coming = next_rung_at(ticket, definition, calendar, hours, at, targets=targets)
    clocks = running_clocks(ticket, definition, targets)
    return _derived(definition.state_by_id[ticket.state], clocks, calendar, coming)


def standing_after_change(  # noqa: PLR0913  (the same)
    ticket: Ticket,
    definition: WorkflowDefinition,
    calendar: WorkCalendar,
    hours: OfficeHours,
    at: datetime,
    *,
    targets: Mapping[str, int] = NO_TARGETS,
) -> TicketStanding:
    """The same for a ticket that was changed `at`, see `attention_at`."""
    clocks = running_clocks(ticket, definition, targets)
    coming = attention_at(clocks, definition, calendar, hours, at)
    return _derived(definition.state_by_id[ticket.state], clocks, calendar, coming)


def _derived(
    state: State,
    clocks: Sequence[Clock],
    calendar: WorkCalendar,
    coming: datetime | None,
) -> TicketStanding:
    due_at = _earliest((clock for clock in clocks if not clock.is_target), calendar)
    target_at = _earliest((clock for clock in clocks if clock.is_target), calendar)
    pressing = [each for each in (due_at, target_at) if each is not None]
    return TicketStanding(
        stage_id=state.stage,
        due_at=due_at,
        pressing_at=min(pressing, default=None),
        next_rung_at=coming,
        ending=state.ending,
        calendar_version=calendar.version,
    )


def _earliest(clocks: Iterable[Clock], calendar: WorkCalendar) -> datetime | None:
    """The first instant at which one of them is due."""
    dues = (due_on(clock, calendar) for clock in clocks)
    earliest = min((due for due in dues if due is not None), default=None)
    return None if earliest is None else calendar.end_of_period(earliest)
