"""Moving an outage's ticket: fields read and judged, the move fired, every reason told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.application import ServiceRequest
from engine.errors import HuodianError, MalformedError, RefusedError
from engine.events import Outcome
from engine.fields import entered, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from app.trip.case import Case
    from engine.definition import WorkflowDefinition
    from engine.errors import Reason
    from engine.events import Event
    from engine.ledger import LedgerEntry


ESTIMATE, PROGRESS = "estimated_restoration_at", "progress"


def details_of(case: Case) -> Mapping[str, str]:
    """What was entered with the ticket so far."""
    request = case.ticket.request
    return request.details if isinstance(request, ServiceRequest) else {}


def details_after(case: Case, trigger: str, given: Mapping[str, str]) -> Mapping[str, str]:
    """What would be known after a move, as far as it can be read."""
    transition = case.definition.edges.get((case.ticket.state, trigger))
    if transition is None:
        return details_of(case)
    return entered(given, transition, case.definition, details_of(case)).details


def says_nothing_new(
    case: Case, trigger: str, given: Mapping[str, str], *, but: Collection[str] = ()
) -> bool:
    """Whether a move that may be made, with fields that can be read, leaves everything as it was.

    The fields in `but` are no news by themselves.
    """
    transition = case.definition.edges.get((case.ticket.state, trigger))
    if transition is None:
        return False
    news = entered(given, transition, case.definition, details_of(case))
    return not news.malformed and news.changes.keys() <= set(but)


def entered_with_estimate(entries: Iterable[LedgerEntry]) -> str:
    """How far the works were said to be with the last estimate; empty if nothing was said."""
    said = ""
    for entry in entries:
        changes: dict[str, Sequence[str]] = {}
        for event in entry.facts.get("events", ()):
            changes |= event.get("changes", {})
        if ESTIMATE in changes:
            _, said = changes.get(PROGRESS, ("", ""))
    return said


def moved(
    case: Case,
    trigger: str,
    given: Mapping[str, str],
    against: Iterable[Reason],
    *events: Event,
) -> Outcome:
    """The outcome of a move, with further events in the same ledger entry.

    Raises:
        MalformedError: only fields that cannot be read stand against it.
        RefusedError: the definition, or one of the reasons `against`, forbids it; all at once.
    """
    reasons = tuple(against)
    try:
        outcome = case.fire(trigger, given)
    except HuodianError as error:
        raise with_reasons(error, reasons) from None
    if reasons:
        raise RefusedError(reasons)
    return Outcome(ticket=outcome.ticket, events=(*outcome.events, *events))


def with_reasons(error: HuodianError, reasons: tuple[Reason, ...]) -> HuodianError:
    """The error with further reasons; a rule that forbids weighs more than a malformed field."""
    kind = RefusedError if reasons and isinstance(error, MalformedError) else type(error)
    known = {(each.code, each.field) for each in error.reasons}
    more = (each for each in reasons if (each.code, each.field) not in known)
    return kind((*error.reasons, *more))


def cause_of(definition: WorkflowDefinition, details: Mapping[str, str]) -> str:
    """Why supply goes out, in Chinese; empty for a fault whose cause is not known."""
    for field_id in ("fault_cause", "cause"):
        value = details.get(field_id, "")
        if value in {"", "unknown", "other"}:
            continue
        return shown(definition.field_by_id[field_id], value)
    return details.get("works", "") or ("其他工作" if "cause" in details else "")
