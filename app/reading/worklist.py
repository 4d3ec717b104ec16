"""The worklist (待办工单): open tickets, the least time left first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from app.masking import shown_title
from app.reading.clock_view import ClockView, clock_view, clocks_of, most_urgent
from app.reading.document_view import missing_count
from app.reading.ticket_page import pause_note
from engine.calendar import local_date
from engine.timetable import abandoned_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ports.queries import StoredWorklistRow
    from app.reading.ticket_page import Surroundings
    from engine.ticket import Ticket

SEPARATOR = "~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The last row of a page: where the next one goes on."""

    pressing_at: datetime | None
    ticket_no: str

    @property
    def key(self) -> tuple[datetime | None, str]:
        """As storage takes it."""
        return self.pressing_at, self.ticket_no

    @property
    def text(self) -> str:
        """As it stands in an address."""
        when = "" if self.pressing_at is None else self.pressing_at.isoformat()
        return f"{when}{SEPARATOR}{self.ticket_no}"

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """The cursor of an address; None, so the first page, when it is not one."""
        when, found, ticket_no = text.partition(SEPARATOR)
        if not found:
            return None
        try:
            pressing_at = datetime.fromisoformat(when) if when else None
        except ValueError:
            return None
        if pressing_at is not None and pressing_at.utcoffset() is None:
            return None
        return cls(pressing_at=pressing_at, ticket_no=ticket_no)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistFilter:
    """What somebody wants to see; all conditions hold together."""

    branch: str = ""
    mine: bool = False
    overdue: bool = False
    ended_too: bool = False
    text: str = ""
    after: Cursor | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistRow:
    """One ticket of the list; `target` is the branch's own, where it has set itself one (T3d)."""

    ticket_no: str
    title: str
    branch_name: str
    definition_name: str
    stage_name: str
    state_name: str
    urgent: ClockView
    target: ClockView | None
    missing_documents: int
    managers: tuple[str, ...]
    pause_note: str
    is_flagged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistPage:
    """A page of the list; `after` is None on the last one."""

    rows: tuple[WorklistRow, ...]
    after: Cursor | None

    @classmethod
    def of(
        cls, rows: Sequence[WorklistRow], found: Sequence[StoredWorklistRow], size: int
    ) -> WorklistPage:
        """`found` may hold one row more than a page: then there is a next one."""
        if len(found) <= size:
            return cls(rows=tuple(rows[:size]), after=None)
        last = found[size - 1]
        cursor = Cursor(pressing_at=last.pressing_at, ticket_no=last.ticket.ticket_no)
        return cls(rows=tuple(rows[:size]), after=cursor)


def worklist_row(ticket: Ticket, around: Surroundings) -> WorklistRow:
    """One row, computed from the ticket itself, so it never disagrees with the ticket's page."""
    definition, at = around.definition, around.at
    state = definition.state_by_id[ticket.state]
    given_up_at = abandoned_at(ticket, definition)
    clocks = tuple(
        clock_view(clock, definition, around.calendar, at, given_up_at=given_up_at)
        for clock in clocks_of(ticket, definition, around.targets)
    )
    pair = ticket.managers
    managers = (pair.project_manager, pair.account_manager) if pair else ()
    return WorklistRow(
        ticket_no=ticket.ticket_no,
        title=shown_title(ticket),
        branch_name=around.branch_name,
        definition_name=definition.name,
        stage_name=definition.stage_by_id[state.stage].name,
        state_name=state.name,
        urgent=most_urgent(clocks),
        target=next((clock for clock in clocks if clock.is_target), None),
        missing_documents=missing_count(ticket, definition, local_date(at)),
        managers=tuple(_manager(user_id, around) for user_id in managers),
        pause_note=pause_note(ticket),
        is_flagged=bool(ticket.flags),
    )


def _manager(user_id: str, around: Surroundings) -> str:
    name = around.names.get(user_id, user_id)
    return f"{name}（已停用）" if user_id in around.gone else name
