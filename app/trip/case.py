"""A ticket on the desk: what use cases hand to the engine, the recorder and the planner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ports.work import Dossier
    from engine.calendar import WorkCalendar
    from engine.definition import WorkflowDefinition
    from engine.machine import TicketMachine
    from engine.ticket import Act, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A ticket as it was loaded, with what the engine needs to decide about it.

    `dossier` is what was read with it; a ticket that is new has none yet.
    """

    ticket: Ticket
    machine: TicketMachine
    calendar: WorkCalendar
    act: Act
    dossier: Dossier | None = None

    @property
    def definition(self) -> WorkflowDefinition:
        """The definition version that governs the ticket."""
        return self.machine.definition
