"""What a change of the working calendar would do to the tickets in flight, before it is made.

The notice of a year is law and is imported in any case; but whoever imports it sees beforehand
which due dates move, which tickets become overdue by it, and which customers will be told (R-2.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.clocks import due_on, promise_of, running_clocks
from notifications.wording import clock_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from app.ports.work import Work
    from app.trip.desk import Desk
    from engine.calendar import WorkCalendar
    from engine.clocks import Clock
    from engine.definition import WorkflowDefinition
    from engine.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMove:
    """A clock whose due date moves. `customer_told` where that date was promised."""

    ticket_no: str
    branch: str
    clock: str
    clock_name: str
    before: date
    after: date
    becomes_overdue: bool
    customer_told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarImpact:
    """How many open tickets were looked at, and every due date that moves, by ticket."""

    examined: int
    moves: tuple[DueMove, ...]

    @property
    def tickets(self) -> int:
        """How many tickets have a due date that moves."""
        return len({each.ticket_no for each in self.moves})

    @property
    def overdue(self) -> tuple[str, ...]:
        """The tickets that become overdue by the change alone."""
        return tuple(dict.fromkeys(each.ticket_no for each in self.moves if each.becomes_overdue))

    @property
    def told(self) -> tuple[str, ...]:
        """The tickets whose customers will be told of another date."""
        return tuple(dict.fromkeys(each.ticket_no for each in self.moves if each.customer_told))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """The calendar before and after, seen at one instant."""

    desk: Desk
    before: WorkCalendar
    after: WorkCalendar
    at: datetime

    def moves_of(self, ticket: Ticket, definition: WorkflowDefinition) -> Iterator[DueMove]:
        """The clocks of one ticket whose due dates differ."""
        for clock in running_clocks(ticket, definition):
            before, after = due_on(clock, self.before), due_on(clock, self.after)
            if before is None or after is None or before == after:
                continue
            yield DueMove(
                ticket_no=ticket.ticket_no,
                branch=ticket.branch,
                clock=clock.id,
                clock_name=clock_name(clock, definition),
                before=before,
                after=after,
                becomes_overdue=self.at >= self.after.end_of_period(after)
                and self.at < self.before.end_of_period(before),
                customer_told=self._is_promise(clock, ticket, definition),
            )

    def _is_promise(self, clock: Clock, ticket: Ticket, definition: WorkflowDefinition) -> bool:
        run = ticket.current_run
        if run is None or not run.promises or clock.stage_id != run.stage_id:
            return False
        renewed = promise_of(run, definition, self.after, self.at)
        return renewed.promises[-1].due_on != run.promises[-1].due_on


def impact_of(desk: Desk, work: Work, after: WorkCalendar, at: datetime) -> CalendarImpact:
    """What moves if `after` were the calendar; reads one open ticket after the other."""
    change = _Change(desk=desk, before=desk.calendars.current(work), after=after, at=at)
    numbers = work.tickets.open_numbers()
    moves: list[DueMove] = []
    for number in numbers:
        ticket = work.tickets.get(number)
        moves.extend(change.moves_of(ticket, desk.definitions.of(work, ticket).definition))
    return CalendarImpact(examined=len(numbers), moves=tuple(moves))
