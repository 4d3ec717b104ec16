"""Takes one ticket through the engine as the use cases do: one call, one instant, one outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from engine.amendments import assign_managers, extend_boundary
from engine.calendar import local_date
from engine.clock_keeping import keep_clocks
from engine.clocks import (
    Clock,
    Standing,
    end_to_end_clock,
    handling_clock,
    stage_clock,
    standing,
)
from engine.documents import Paper, reject, supply, verify
from engine.errors import RefusedError
from engine.events import Event, Outcome
from engine.machine import TicketMachine
from engine.suspensions import resume, suspend
from engine.ticket import DocumentSource, PauseCause, Ticket
from tests.builders import CALENDAR, EVERYBODY, HOURS, a_ticket, an_act, instant

if TYPE_CHECKING:
    from datetime import date

    from engine.calendar import OfficeHours, WorkCalendar
    from engine.definition import WorkflowDefinition
    from engine.ticket import Act, Actor, ManagerPair


@dataclass
class Trip:
    """A ticket under way; `events` are those of the last call."""

    definition: WorkflowDefinition
    ticket: Ticket
    calendar: WorkCalendar = CALENDAR
    hours: OfficeHours = HOURS
    actor: Actor = EVERYBODY
    events: tuple[Event, ...] = field(default=())

    def __post_init__(self) -> None:
        self.machine = TicketMachine(self.definition)

    def submit(self, when: str, **given: str) -> Trip:
        return self._take(self.machine.submit(self.ticket, self._act(when), self.calendar, given))

    def fire(self, trigger: str, when: str, reason: str = "", **given: str) -> Trip:
        act = self._act(when, reason)
        return self._take(self.machine.fire(self.ticket, trigger, act, self.calendar, given))

    def refused(self, trigger: str, when: str) -> list[str]:
        """The messages of the refusal; a failure if the move is not refused."""
        with pytest.raises(RefusedError) as refused:
            self.fire(trigger, when)
        return [reason.message for reason in refused.value.reasons]

    def supply(self, kind: str, when: str, expires_on: date | None = None) -> Trip:
        act = self._act(when)
        paper = Paper(kind=kind, source=DocumentSource.ON_SITE, expires_on=expires_on)
        supplied = supply(self.ticket, self.definition, paper, act)
        kept = keep_clocks(supplied.ticket, self.definition, self.calendar, act, moved=False)
        return self._take(Outcome(ticket=kept.ticket, events=(*supplied.events, *kept.events)))

    def verify(self, number: int, when: str = "") -> Trip:
        act = self._act(when) if when else an_act(self.ticket.entered_at)
        checked = verify(self.ticket, self.definition, number, on=local_date(act.at))
        kept = keep_clocks(checked.ticket, self.definition, self.calendar, act, moved=False)
        return self._take(Outcome(ticket=kept.ticket, events=(*checked.events, *kept.events)))

    def reject(self, number: int, reason: str = "看不清") -> Trip:
        return self._take(reject(self.ticket, self.definition, number, reason))

    def suspend(
        self,
        when: str,
        cause: PauseCause = PauseCause.EXTERNAL_LINE,
        evidence: str = "施工通知单 12 号",
    ) -> Trip:
        act = self._act(when)
        return self._take(suspend(self.ticket, self.definition, cause, evidence, act))

    def resume(self, when: str) -> Trip:
        at = instant(when)
        return self._take(resume(self.ticket, self.definition, self.calendar, at=at))

    def assign(self, pair: ManagerPair, reason: str = "") -> Trip:
        return self._take(assign_managers(self.ticket, self.definition, pair, reason=reason))

    def extend(self, reason: str = "三大攻坚战项目") -> Trip:
        return self._take(extend_boundary(self.ticket, self.definition, reason=reason))

    # --- what is seen of it -------------------------------------------------------------------

    def happened(self, kind: type[Any]) -> Any:
        """The first event of that kind in the last call, or None."""
        return Outcome(ticket=self.ticket, events=self.events).first(kind)

    def stage(self, stage_id: str = "") -> Clock:
        """The clock of the last passage through a stage, of the current one unless named."""
        runs = [run for run in self.ticket.stage_runs if stage_id in {"", run.stage_id}]
        return stage_clock(runs[-1], self.definition)

    def handling(self) -> Clock:
        return handling_clock(self.ticket, self.definition)

    def end_to_end(self) -> Clock:
        return end_to_end_clock(self.ticket, self.definition)

    def standing(self, clock: Clock, when: str) -> Standing:
        return standing(clock, self.calendar, instant(when))

    def _act(self, when: str, reason: str = "") -> Act:
        return an_act(when, actor=self.actor, reason=reason)

    def _take(self, outcome: Outcome) -> Trip:
        self.ticket, self.events = outcome.ticket, outcome.events
        return self


def a_trip(definition: WorkflowDefinition, when: str, *papers: str, **facts: Any) -> Trip:
    """A ticket submitted at `when` with these kinds of papers."""
    ticket = a_ticket(when, definition=definition, papers=papers, **facts)
    return Trip(definition=definition, ticket=ticket).submit(when)
