"""The common end of every use case that changes a ticket: derive, write, tell.

`keep` turns an outcome of the engine into the ticket row with its derived columns, exactly one
ledger entry, and the messages it causes. All of it lies in the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.ledger import LedgerDraft
from engine.standing import TicketStanding, standing_after_change
from engine.values import fields_of

if TYPE_CHECKING:
    from app.ports.work import Work
    from app.trip.case import Case
    from app.trip.telling import Telling
    from engine.calendar import OfficeHours
    from engine.definition import WorkflowDefinition
    from engine.events import Event, Outcome
    from engine.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Writes outcomes. One for the whole application; it holds nothing that changes."""

    hours: OfficeHours
    telling: Telling

    def keep(
        self,
        work: Work,
        case: Case,
        outcome: Outcome,
        *,
        action: str,
        definition: WorkflowDefinition | None = None,
    ) -> Ticket:
        """Save a changed ticket; returns it at its new revision.

        `definition` where the outcome moved the ticket to another one than the case's.

        Raises:
            ConflictError: somebody else changed it since it was loaded.
        """
        governing = definition or case.definition
        return work.tickets.save(
            outcome.ticket,
            ledger_draft(action, case.ticket.state, outcome),
            actor=case.act.actor,
            at=case.act.at,
            standing=self.standing(case, outcome.ticket, governing),
            messages=self.telling.messages(work, case, outcome, governing),
        )

    def begin(self, work: Work, case: Case, outcome: Outcome, *, progress_token: str) -> Ticket:
        """Save a new ticket with the first entry of its ledger stream."""
        kept = work.tickets.add(
            outcome.ticket,
            ledger_draft("submit", "", outcome),
            actor=case.act.actor,
            at=case.act.at,
            standing=self.standing(case, outcome.ticket, case.definition),
            progress_token=progress_token,
        )
        work.outbox.add(self.telling.first_messages(work, case, outcome))
        return kept

    def standing(
        self, case: Case, ticket: Ticket, definition: WorkflowDefinition
    ) -> TicketStanding:
        """The derived columns of the ticket now."""
        return standing_after_change(
            ticket,
            definition,
            case.calendar,
            self.hours,
            case.act.at,
            targets=case.targets_of(definition),
        )


def ledger_draft(action: str, source: str, outcome: Outcome) -> LedgerDraft:
    """The entry for an outcome: what was done, from which state to which, and every event."""
    return LedgerDraft(
        action=action,
        source_state=source,
        target_state=outcome.ticket.state,
        details={"events": event_details(outcome.events)},
    )


def event_details(events: tuple[Event, ...]) -> list[dict[str, Any]]:
    """The events as the ledger keeps them, each with its kind first."""
    return [{"event": type(event).__name__, **fields_of(event)} for event in events]
