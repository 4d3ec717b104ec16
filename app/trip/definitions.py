"""Definitions in force: which version governs which ticket, compiled once a process.

A published version never changes, so a compiled machine may be kept for ever. A ticket stays on
the version it started with (R-10.2, H1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.machine import TicketMachine

if TYPE_CHECKING:
    from datetime import datetime

    from app.clock import Clock
    from app.ports.work import Database, Work
    from engine.definition import WorkflowDefinition
    from engine.ticket import Ticket


class Definitions:
    """Compiled definition versions by (id, version)."""

    def __init__(self) -> None:
        self._machines: dict[tuple[str, int], TicketMachine] = {}

    def of(self, work: Work, ticket: Ticket) -> TicketMachine:
        """The version that governs the ticket."""
        return self.get(work, ticket.definition_id, ticket.definition_version)

    def get(self, work: Work, definition_id: str, version: int) -> TicketMachine:
        """One version.

        Raises:
            NotFoundError: no such version was ever published.
        """
        key = (definition_id, version)
        machine = self._machines.get(key)
        if machine is None:
            machine = TicketMachine(work.definitions.get(definition_id, version))
            self._machines[key] = machine
        return machine

    def named(self, work: Work, ref: str) -> TicketMachine:
        """The version that the ledger calls so, for example `lv_resident@1`."""
        definition_id, _, version = ref.partition("@")
        return self.get(work, definition_id, int(version))

    def in_force(self, work: Work, definition_id: str, at: datetime) -> TicketMachine:
        """The version that governs what begins at `at`."""
        version = work.definitions.version_in_force(definition_id, at)
        return self.get(work, definition_id, version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Reads of the definitions in force, for faces."""

    database: Database
    definitions: Definitions
    clock: Clock

    def in_force(self, definition_id: str) -> WorkflowDefinition:
        """The version that would govern a ticket opened now."""
        with self.database.reading() as work:
            return self.definitions.in_force(work, definition_id, self.clock()).definition

    def version(self, definition_id: str, version: int) -> WorkflowDefinition:
        """One published version.

        Raises:
            NotFoundError: it was never published.
        """
        with self.database.reading() as work:
            return self.definitions.get(work, definition_id, version).definition

    def of(self, ticket: Ticket) -> WorkflowDefinition:
        """The version that governs a ticket."""
        with self.database.reading() as work:
            return self.definitions.of(work, ticket).definition

    def all_in_force(self) -> tuple[WorkflowDefinition, ...]:
        """Every definition in force, by id."""
        with self.database.reading() as work:
            return tuple(work.definitions.all_in_force(self.clock()))
