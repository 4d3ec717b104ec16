"""One ticket on its way, and the world it lives in: what operators and customers look at and touch.

Whatever they do goes through the use cases. A refusal is part of life: it is counted, and whoever
was refused finds another way or tries again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from app.simulate.diary import awake
from engine.calendar import local_date
from engine.clock_keeping import company_holds
from engine.definition import Ending
from engine.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.bootstrap import Application
    from app.simulate.agenda import Agenda, Course
    from app.simulate.chance import Chance
    from app.simulate.diary import Diary
    from app.simulate.staff import Staff
    from app.simulate.temperament import Temperament
    from engine.definition import State, Transition, WorkflowDefinition
    from engine.ticket import Ticket

SOON = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What all tickets of a simulation share. `refusals` counts the reasons by their code."""

    application: Application
    agenda: Agenda
    diary: Diary
    staff: Staff
    refusals: Counter[str] = field(default_factory=Counter)
    known: dict[str, WorkflowDefinition] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.application.clock()

    def definition_of(self, ticket: Ticket) -> WorkflowDefinition:
        """The definition version that governs the ticket."""
        found = self.known.get(ticket.definition_ref)
        if found is None:
            desk = self.application.desk
            with self.application.database.reading() as work:
                found = desk.definitions.of(work, ticket).definition
            self.known[ticket.definition_ref] = found
        return found


@dataclass(slots=True, kw_only=True)
class Trip:
    """A ticket with what lies ahead of it. `ticket` is replaced by every change.

    `doubts` and `failures` say whether the document in doubt was rejected and the inspection
    failed already; `expected` holds the requirements whose documents the customer is bringing.
    """

    scene: Scene
    name: str
    chance: Chance
    temperament: Temperament
    ticket: Ticket
    doubts: int = 0
    failures: int = 0
    expected: set[str] = field(default_factory=set)

    @property
    def definition(self) -> WorkflowDefinition:
        """The definition version that governs the ticket now."""
        return self.scene.definition_of(self.ticket)

    @property
    def state(self) -> State:
        """The state the ticket is in."""
        return self.definition.state_by_id[self.ticket.state]

    @property
    def is_open(self) -> bool:
        """Whether the ticket has not ended."""
        return self.ticket.ended_at is None

    @property
    def is_with_company(self) -> bool:
        """Whether it is the company's turn to act."""
        return company_holds(self.ticket, self.definition, self.scene.now)

    def steps(self) -> tuple[Transition, ...]:
        """The transitions that leave the state, abortion excepted."""
        states = self.definition.state_by_id
        leaving = self.definition.offered[self.ticket.state]
        aborted = {each.id for each in states.values() if each.ending is Ending.ABORTED}
        return tuple(each for each in leaving if each.target not in aborted)

    def attempt(self, change: Callable[[], Ticket]) -> bool:
        """Change the ticket; False if a rule forbids it now."""
        try:
            self.ticket = change()
        except RefusedError as refusal:
            self.scene.refusals.update(reason.code for reason in refusal.reasons)
            return False
        return True

    def begin(self, what: str, course: Course) -> None:
        """Let something go on beside the rest of the trip."""
        self.scene.agenda.begin(f"{self.name}/{what}", course)

    def at_desk(self, *, days: float = 0, hours: float = 0) -> datetime:
        """An instant in office hours, that many calendar days and then office hours from now."""
        start = self.scene.now + timedelta(days=days)
        return self.scene.diary.after_work(start, timedelta(hours=hours))

    def next_morning(self) -> datetime:
        """Some time in the morning of the next working day."""
        return self.scene.diary.next_opening(self.scene.now) + self._minutes(5, 120)

    def from_home(self, days: float) -> datetime:
        """Some waking hour, that many days from now."""
        at = self.scene.now + timedelta(days=days)
        return max(awake(local_date(at), self.chance.between(0, 1)), self.scene.now + SOON)

    def _minutes(self, least: float, most: float) -> timedelta:
        return timedelta(seconds=int(60 * self.chance.between(least, most)))
