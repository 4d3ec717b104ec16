"""What is on record of a ticket done again under the very rules that governed it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from engine.replay import ReplayRules, reenact
from workflows.classification import ConnectionFacts, classify
from workflows.eligibility import shipped_eligibility

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from app.bootstrap import Application
    from engine.application import ConnectionApplication
    from engine.machine import TicketMachine
    from engine.replay import Reenacted
    from engine.ticket import Classification
    from storage.unit_of_work import UnitOfWork


def own_rules(
    application: Application,
    work: UnitOfWork,
    governing: Callable[[str], TicketMachine] | None = None,
) -> ReplayRules:
    """The published versions, or others, with the application's calendar and settings."""
    return ReplayRules(
        governing=governing or partial(application.desk.definitions.named, work),
        classify=classified,
        calendar=application.desk.calendars.current(work),
        hours=application.settings.office_hours,
        fast=application.settings.fast_policy,
    )


def classified(request: ConnectionApplication, on: date) -> Classification:
    return classify(ConnectionFacts.from_application(request), on, shipped_eligibility())


def done_again(application: Application, ticket_no: str) -> Reenacted:
    """The ticket's whole course under its own versions."""
    with application.database.reading() as work:
        ticket, entries = work.tickets.get(ticket_no), work.ledger.entries(ticket_no)
        return reenact(ticket, entries, own_rules(application, work))
