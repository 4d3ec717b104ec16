"""The wired application as an office for tests: what its people do, and what can be seen of it.

Its clock stands still until a test sets it. Its database comes from `tests.furnished`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.bootstrap import Application, build
from app.daemon import run_once
from app.reading.worklist import WorklistFilter
from app.settings import Settings
from engine.calendar import SHANGHAI
from engine.clocks import end_to_end_clock, handling_clock, stage_clock, standing
from engine.ticket import Actor, DocumentSource, Ticket
from notifications.message import Audience
from tests.applicants import (
    COUNTER,
    LOW_VOLTAGE_PAPERS,
    WHO,
    a_resident,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from engine.application import ConnectionApplication
    from engine.clocks import Standing
    from engine.errors import HuodianError
    from engine.ledger import LedgerEntry
    from notifications.message import Message

BASIS_DAY = "2021-07-27 00:00"
"""The day of the plan: from then on the office exists and its definitions are in force."""


def instant(local: str) -> datetime:
    """An instant from Shanghai local time, for example `2021-09-17 10:00`."""
    return datetime.fromisoformat(local).replace(tzinfo=SHANGHAI).astimezone(UTC)


class OfficeClock:
    """Stands still until it is set."""

    def __init__(self, local: str = BASIS_DAY) -> None:
        self._now = instant(local)

    def __call__(self) -> datetime:
        return self._now

    def set(self, local: str | datetime) -> None:
        """Make it that Shanghai local time, or that instant."""
        self._now = local if isinstance(local, datetime) else instant(local)

    def pass_by(self, **time: float) -> None:
        """Let time pass, as `timedelta` counts it."""
        self._now += timedelta(**time)


# --- the office ------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Office:
    """An application with its clock, and the short ways in which tests use it."""

    application: Application
    clock: OfficeClock
    _seen: set[str] = field(default_factory=set)

    def at(self, local: str | datetime) -> Office:
        """Set the clock."""
        self.clock.set(local)
        return self

    def another(self, clock: OfficeClock | None = None, **settings: Any) -> Office:
        """A further process on the same database, with other settings if need be."""
        changed = Settings(**(self.application.settings.model_dump() | settings))
        clock = clock or self.clock
        return Office(application=build(changed, clock=clock, durable=False), clock=clock)

    def close(self) -> None:
        """Let go of providers and database."""
        self.application.close()

    # what people do

    def submit(
        self,
        application: ConnectionApplication | None = None,
        *,
        papers: Sequence[str] | None = None,
        actor: Actor = COUNTER,
        branch: str = "",
    ) -> Ticket:
        """An application at the counter, with every paper that low voltage asks for."""
        application = application or a_resident()
        if papers is None:
            papers = LOW_VOLTAGE_PAPERS[application.id_kind]
        return self.application.tickets.submit(
            application, branch=branch or actor.branch, documents=papers, actor=actor
        )

    def fire(self, ticket: Ticket | str, *triggers: str, reason: str = "", **given: str) -> Ticket:
        """Fire the triggers one after the other, each by somebody who may, of the branch first."""
        moved = self.ticket(ticket)
        for trigger in triggers:
            definition = self.application.rulebook.of(moved)
            roles = definition.edges[moved.state, trigger].roles
            able = [who for who in WHO.values() if who.branch in {moved.branch, ""}]
            able.sort(key=lambda who: not who.branch)
            actor = next(who for who in able if not who.roles.isdisjoint(roles))
            moved = self.application.tickets.advance(
                moved.ticket_no, trigger, actor=actor, reason=reason, given=given
            )
        return moved

    def supply(self, ticket: Ticket | str, *kinds: str, **facts: Any) -> Ticket:
        """Papers are handed in at the counter."""
        number = _number(ticket)
        source = facts.pop("source", DocumentSource.COUNTER)
        actor = facts.pop("actor", COUNTER)
        for kind in kinds:
            self.application.documents.supply(number, kind, source, actor=actor, **facts)
        return self.ticket(number)

    def tick(self, local: str) -> list[tuple[str, str]]:
        """One round of every sweep at that time, and what it told whom."""
        self.at(local)
        run_once(self.application)
        return self.told()

    # what can be seen

    def ticket(self, ticket: Ticket | str) -> Ticket:
        """The ticket as it is now."""
        with self.application.database.reading() as work:
            return work.tickets.get(_number(ticket))

    def entries(self, stream: Ticket | str) -> list[LedgerEntry]:
        """The entries of a stream."""
        with self.application.database.reading() as work:
            return work.ledger.entries(_number(stream))

    def messages(self, ticket: Ticket | str | None = None) -> list[Message]:
        """Every message, or those of a ticket, the oldest first."""
        number = None if ticket is None else _number(ticket)
        with self.application.database.reading() as work:
            found = work.outbox.listing(ticket_no=number, limit=100_000)
        return sorted(found, key=lambda each: (each.created_at, each.template_key, each.recipient))

    def told(self) -> list[tuple[str, str]]:
        """Whom (`customer` or a user id) what was told since the last look, by template."""
        fresh = [each for each in self.messages() if each.id not in self._seen]
        self._seen.update(each.id for each in fresh)
        return sorted((receiver(each), each.template_key) for each in fresh)

    def text(self, ticket: Ticket | str, template: str, to: str = "customer") -> str:
        """The text of the last message of that template to that person."""
        texts = [
            each.text
            for each in self.messages(ticket)
            if each.template_key == template and receiver(each) == to
        ]
        return texts[-1]

    def clocks(self, ticket: Ticket | str) -> dict[str, Standing]:
        """Every clock the ticket ever had as it stands now: `stage:<id>`, handling, end_to_end."""
        found = self.ticket(ticket)
        definition = self.application.rulebook.of(found)
        calendar = self.application.calendars.calendar()
        wholes = (handling_clock(found, definition), end_to_end_clock(found, definition))
        stages = (stage_clock(run, definition) for run in found.stage_runs)
        return {clock.id: standing(clock, calendar, self.clock()) for clock in (*stages, *wholes)}

    def dues(self, ticket: Ticket | str) -> dict[str, str]:
        """The due dates of those of its clocks that have one."""
        return {
            clock_id: str(found.due_on)
            for clock_id, found in self.clocks(ticket).items()
            if found.due_on is not None
        }

    def overdue(self) -> list[str]:
        """The numbers of the open tickets that the worklist shows as overdue."""
        wanted = WorklistFilter(overdue=True)
        page = self.application.queries.worklist(wanted, actor=WHO["auditor"])
        return [row.ticket_no for row in page.rows]

    def elapsed(self, ticket: Ticket | str) -> dict[str, int]:
        """Working days that its clocks have counted."""
        return {key: found.elapsed_days for key, found in self.clocks(ticket).items()}

    def verify(self) -> int:
        """How many entries the ledger has, all of which must be sound."""
        with self.application.database.reading() as work:
            found = work.ledger.verify()
            heads = {head.stream: head.seq for head in work.ledger.heads()}
            tickets = [row.ticket for row in work.tickets.worklist(open_only=False, limit=100_000)]
        assert found.first_broken is None
        assert {t.ticket_no: heads[t.ticket_no] for t in tickets} == {
            t.ticket_no: t.revision for t in tickets
        }
        return found.entries


def codes(caught: pytest.ExceptionInfo[HuodianError]) -> set[str]:
    """The codes of every reason of an error that was raised."""
    return {reason.code for reason in caught.value.reasons}


def receiver(message: Message) -> str:
    """Who gets the message: `customer`, or the user id of a member of staff."""
    return "customer" if message.audience is Audience.CUSTOMER else message.recipient


def _number(ticket: Ticket | str) -> str:
    return ticket if isinstance(ticket, str) else ticket.ticket_no
