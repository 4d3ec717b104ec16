"""A ticket on the desk: what use cases hand to the engine, the recorder and the planner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.clocks import NO_TARGETS
from engine.managers import unfit_managers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.ports.work import Dossier
    from engine.calendar import WorkCalendar
    from engine.definition import WorkflowDefinition
    from engine.errors import Reason
    from engine.events import Outcome
    from engine.machine import Offer, TicketMachine
    from engine.ticket import Act, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A ticket as it was loaded, with what the engine needs to decide about it.

    `dossier` is what was read with it; a ticket that is new has none yet. `targets` is what its
    branch has set itself: definition -> stage -> working days (T3d).
    """

    ticket: Ticket
    machine: TicketMachine
    calendar: WorkCalendar
    act: Act
    dossier: Dossier | None = None
    targets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def targets_of(self, definition: WorkflowDefinition) -> Mapping[str, int]:
        """The branch's own targets for the stages of a definition."""
        return self.targets.get(definition.id, NO_TARGETS)

    @property
    def definition(self) -> WorkflowDefinition:
        """The definition version that governs the ticket."""
        return self.machine.definition

    @property
    def unfit_managers(self) -> tuple[Reason, ...]:
        """What stands against the ticket's managers (R-6.1)."""
        pair = self.ticket.managers
        if pair is None or self.dossier is None:
            return ()
        return unfit_managers(pair, self.dossier.managers, self.ticket.branch)

    def fire(self, trigger: str, given: Mapping[str, str] | None = None) -> Outcome:
        """What the move makes of the ticket; arguments and errors as of `TicketMachine.fire`."""
        return self.machine.fire(
            self.ticket,
            trigger,
            self.act,
            self.calendar,
            given,
            unfit_managers=self.unfit_managers,
        )

    def offers(self) -> tuple[Offer, ...]:
        """Every move that leaves the ticket's state, with all that stands against it now."""
        return self.machine.offers(self.ticket, self.act, unfit_managers=self.unfit_managers)
