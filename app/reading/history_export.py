"""Histories of many tickets for other programs, written as they are read: a log of any length.

Who exported what is itself recorded, because a log leaves the house.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from app.authorization import Action, authorize, refuse_other_branch
from app.reading.history import action_name
from app.streams import ADMINISTRATION
from engine.calendar import SHANGHAI
from engine.errors import MalformedError, Reason
from engine.ledger import LedgerDraft
from workflows.exports.xes import HEAD, TAIL, LoggedEvent, LoggedTicket, trace

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from app.ports.queries import QueryDatabase, QueryUnit, TicketHistory
    from app.trip.desk import Desk
    from engine.ledger import LedgerEntry
    from engine.ticket import Act, Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFilter:
    """Which tickets: of a branch, of a definition, submitted from one day up to another.

    `with_actors` tells by user id who acted.
    """

    branch: str = ""
    definition_id: str = ""
    first_day: date | None = None
    last_day: date | None = None
    with_actors: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """How much was written."""

    tickets: int
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryExport:
    """Writes logs. `database` is the desk's own, seen as something that only reads."""

    desk: Desk
    database: QueryDatabase

    def write_xes(
        self, wanted: ExportFilter, write: Callable[[str], object], *, actor: Actor
    ) -> ExportReport:
        """Write an XES log piece by piece; people of a branch get their own tickets only.

        Raises:
            RefusedError: the actor may not export, or wants another branch.
            MalformedError: the last day is before the first.
            NotFoundError: there is no such branch or definition.
        """
        authorize(actor, Action.EXPORT_LEDGER)
        refuse_other_branch(actor, wanted.branch)
        _refuse_backwards(wanted)
        act = self.desk.act(actor)
        self._record(wanted, act)
        tickets = events = 0
        with self.database.reading() as work:
            write(HEAD)
            for history in work.ledger.histories(
                branch=wanted.branch or actor.branch or None,
                definition_id=wanted.definition_id or None,
                submitted_from=_begin(wanted.first_day),
                submitted_before=_begin(wanted.last_day, days=1),
            ):
                logged = [self._event(work, each, wanted) for each in history.entries]
                write(trace(_ticket(history), logged))
                tickets, events = tickets + 1, events + len(logged)
            write(TAIL)
        return ExportReport(tickets=tickets, events=events)

    def _record(self, wanted: ExportFilter, act: Act) -> None:
        """Note who exports what, and see that what is named exists."""
        details = {key: value for key, value in asdict(wanted).items() if value}
        with self.desk.database.writing() as work:
            if wanted.branch:
                work.grid.branch(wanted.branch)
            if wanted.definition_id:
                work.definitions.version_in_force(wanted.definition_id, act.at)
            draft = LedgerDraft(action=Action.EXPORT_LEDGER, details=details)
            work.ledger.append(ADMINISTRATION, draft, act.actor, act.at)
            work.commit()

    def _event(self, work: QueryUnit, entry: LedgerEntry, wanted: ExportFilter) -> LoggedEvent:
        definition_id, _, version = entry.definition_ref.partition("@")
        definition = self.desk.definitions.get(work, definition_id, int(version)).definition
        state = definition.state_by_id.get(entry.target_state)
        return LoggedEvent(
            number=entry.seq,
            name=action_name(definition, entry),
            action=entry.action,
            is_move=(entry.source_state, entry.action) in definition.edges,
            at=entry.at,
            resource=entry.actor_id if wanted.with_actors else "",
            source=entry.source_state,
            target=entry.target_state,
            stage="" if state is None else state.stage,
            definition=entry.definition_ref,
        )


def _ticket(history: TicketHistory) -> LoggedTicket:
    return LoggedTicket(
        ticket_no=history.ticket_no,
        branch=history.branch,
        definition_id=history.definition_id,
        customer_type=history.customer_type,
        service_scheme=history.service_scheme,
        ending=history.ending or "",
    )


def _begin(day: date | None, *, days: int = 0) -> datetime | None:
    """The instant at which a day begins, or so many days later."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=days), time(), SHANGHAI)


def _refuse_backwards(wanted: ExportFilter) -> None:
    first, last = wanted.first_day, wanted.last_day
    if first is not None and last is not None and last < first:
        raise MalformedError(
            Reason(
                code="period_backwards",
                field="to",
                message=f"截止日期 {last} 早于起始日期 {first}",
                remedy="请核对起止日期",
            )
        )
