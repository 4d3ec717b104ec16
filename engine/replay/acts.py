"""How each kind of entry is done again: with the very functions of the engine that did it first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine import amendments, suspensions
from engine.application import ConnectionApplication, InvestmentBoundary
from engine.audit_flags import flagged_if_fast
from engine.calendar import local_date
from engine.clock_keeping import keep_clocks
from engine.clocks import promise_of
from engine.documents import Paper, reject, supply, verify
from engine.errors import RefusedError
from engine.migration import Circumstances, MigrationPlan, examine
from engine.replay.record import AFTER, Facts, Recorded, corrected, first_request
from engine.ticket import (
    Agreement,
    DocumentSource,
    Flag,
    FlagCode,
    ManagerPair,
    PauseCause,
    Ticket,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.machine import TicketMachine
    from engine.replay.record import Request
    from engine.replay.rules import ReplayRules
    from engine.ticket import Classification


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What an act finds: the ticket as it stands in the replay, and as it ended in truth."""

    ticket: Ticket
    final: Ticket
    course: tuple[Recorded, ...]
    rules: ReplayRules

    @property
    def machine(self) -> TicketMachine:
        """What governs the ticket now."""
        return self.rules.governing(self.ticket.definition_ref)


def begun(final: Ticket, course: tuple[Recorded, ...], rules: ReplayRules) -> Ticket:
    """The ticket as it was submitted, with the papers that came along."""
    entry, machine = course[0], rules.governing(course[0].definition_ref)
    request = first_request(final.request, course)
    classification = _classification(final, request, course, rules)
    named = entry.first("ManagersAssigned")
    ticket = Ticket(
        ticket_no=final.ticket_no,
        branch=final.branch,
        definition_id=machine.definition.id,
        definition_version=machine.definition.version,
        request=request,
        state=machine.definition.initial,
        entered_at=entry.act.at,
        submitted_at=entry.act.at,
        classification=classification,
        boundary=classification.investment_boundary
        if classification
        else InvestmentBoundary.STANDARD,
        managers=ManagerPair(**named["after"]) if named else None,
        flags=_restarts(entry),
        linked_to=final.linked_to,
    )
    for each in entry.every("DocumentSupplied"):
        ticket = supply(ticket, machine.definition, _paper(each, final), entry.act).ticket
    return machine.submit(ticket, entry.act, rules.calendar, _given(entry)).ticket


def _classification(
    final: Ticket, request: Request, course: tuple[Recorded, ...], rules: ReplayRules
) -> Classification | None:
    """The one on the ticket, unless it was changed since: then worked out again."""
    was_changed = any(each.first("TicketReclassified") for each in course)
    if was_changed and isinstance(request, ConnectionApplication):
        return rules.classify(request, local_date(course[0].act.at))
    return final.classification


def _moved(scene: Scene, entry: Recorded) -> Ticket:
    event, machine, ticket = entry.events[0], scene.machine, scene.ticket
    trigger, act = event["trigger"], replace(entry.act, reason=event["reason"])
    edge = machine.definition.edges.get((ticket.state, trigger))
    wanted = (*edge.asks, *edge.takes) if edge else ()
    given = {key: value for key, value in _given(entry).items() if key in wanted}
    outcome = machine.fire(ticket, trigger, act, scene.rules.calendar, given)
    rules = scene.rules
    return flagged_if_fast(
        outcome, machine.definition, rules.calendar, rules.hours, rules.fast
    ).ticket


def _supplied(scene: Scene, entry: Recorded) -> Ticket:
    definition, paper = scene.machine.definition, _paper(entry.events[0], scene.final)
    return _on_time(supply(scene.ticket, definition, paper, entry.act).ticket, scene, entry)


def _verified(scene: Scene, entry: Recorded) -> Ticket:
    definition, number = scene.machine.definition, entry.events[0]["number"]
    checked = verify(scene.ticket, definition, number, on=local_date(entry.act.at))
    return _on_time(checked.ticket, scene, entry)


def _on_time(ticket: Ticket, scene: Scene, entry: Recorded) -> Ticket:
    """The ticket with the clocks running that waited for a paper."""
    definition, calendar = scene.machine.definition, scene.rules.calendar
    return keep_clocks(ticket, definition, calendar, entry.act, moved=False).ticket


def _rejected(scene: Scene, entry: Recorded) -> Ticket:
    event = entry.events[0]
    return reject(scene.ticket, scene.machine.definition, event["number"], event["reason"]).ticket


def _suspended(scene: Scene, entry: Recorded) -> Ticket:
    event, definition = entry.events[0], scene.machine.definition
    cause, evidence = PauseCause(event["cause"]), event["evidence"]
    return suspensions.suspend(scene.ticket, definition, cause, evidence, entry.act).ticket


def _resumed(scene: Scene, entry: Recorded) -> Ticket:
    definition, calendar = scene.machine.definition, scene.rules.calendar
    return suspensions.resume(scene.ticket, definition, calendar, at=entry.act.at).ticket


def _assigned(scene: Scene, entry: Recorded) -> Ticket:
    event, pair = entry.events[0], ManagerPair(**entry.events[0]["after"])
    definition = scene.machine.definition
    return amendments.assign_managers(scene.ticket, definition, pair, reason=event["reason"]).ticket


def _extended(scene: Scene, entry: Recorded) -> Ticket:
    definition, reason = scene.machine.definition, entry.events[0]["reason"]
    return amendments.extend_boundary(scene.ticket, definition, reason=reason).ticket


def _amended(scene: Scene, entry: Recorded) -> Ticket:
    event, ticket = entry.events[0], scene.ticket
    facts = corrected(ticket.request, event["changes"], AFTER)
    if not isinstance(facts, ConnectionApplication):
        return ticket
    definition = scene.machine.definition
    ticket = amendments.amend(ticket, definition, facts, reason=event["reason"]).ticket
    reclassified = entry.first("TicketReclassified")
    if reclassified is not None:
        ticket = _reclassified_to(replace(scene, ticket=ticket), entry, reclassified)
    return replace(ticket, flags=(*ticket.flags, *_restarts(entry)))


def _reclassified(scene: Scene, entry: Recorded) -> Ticket:
    return _reclassified_to(scene, entry, entry.events[0])


def _reclassified_to(scene: Scene, entry: Recorded, event: Facts) -> Ticket:
    ticket, rules = scene.ticket, scene.rules
    changes = [each.seq for each in scene.course if each.first("TicketReclassified")]
    classification = scene.final.classification
    if entry.seq != changes[-1] and isinstance(ticket.request, ConnectionApplication):
        classification = rules.classify(ticket.request, local_date(entry.act.at))
    if classification is None:
        return ticket
    definition = rules.governing(event["after"]).definition
    return amendments.reclassify(
        ticket, definition, classification, rules.calendar, entry.act
    ).ticket


def _migrated(scene: Scene, entry: Recorded) -> Ticket:
    """Between two versions that the rules take for one there is nothing to do."""
    event, ticket, rules = entry.events[0], scene.ticket, scene.rules
    to = rules.governing(event["after"]).definition
    if to.ref == ticket.definition_ref:
        return ticket
    plan = MigrationPlan(
        to=to, mapping={event["source"]: event["target"]}, number=event["migration"]
    )
    around = Circumstances(calendar=rules.calendar, act=entry.act)
    examination = examine(ticket, scene.machine.definition, plan, around)
    if examination.outcome is None:
        raise RefusedError(examination.reasons)
    return examination.outcome.ticket


def _agreed(scene: Scene, entry: Recorded) -> Ticket:
    event, ticket = entry.events[0], scene.ticket
    agreement = Agreement(
        definition_ref=event["definition"],
        evidence=event["evidence"],
        recorded_at=entry.act.at,
        recorded_by=entry.act.actor.user_id,
    )
    return replace(ticket, agreements=(*ticket.agreements, agreement))


def _unchanged(scene: Scene, _entry: Recorded) -> Ticket:
    """What is recorded beside the ticket's course leaves it as it is."""
    return scene.ticket


def _promised(scene: Scene, entry: Recorded) -> Ticket:
    """The calendar was another one then; by that of today the promise is what it is."""
    ticket, run = scene.ticket, scene.ticket.current_run
    if run is None:
        return ticket
    renewed = promise_of(run, scene.machine.definition, scene.rules.calendar, entry.act.at)
    return replace(ticket, stage_runs=(*ticket.stage_runs[:-1], renewed))


def _paper(event: Facts, final: Ticket) -> Paper:
    record = final.documents[event["number"] - 1]
    source = DocumentSource(event["source"])
    return Paper(kind=event["kind"], source=source, file=record.file, expires_on=record.expires_on)


def _given(entry: Recorded) -> dict[str, str]:
    recorded = entry.first("DetailsRecorded")
    return {key: now for key, (_, now) in recorded["changes"].items()} if recorded else {}


def _restarts(entry: Recorded) -> tuple[Flag, ...]:
    """Flags that come from other tickets, so that they are taken as they are (R-5.2)."""
    flags = (each["flag"] for each in entry.every("TicketFlagged"))
    return tuple(
        Flag(code=FlagCode.RESTARTED, note=each["note"])
        for each in flags
        if each["code"] == FlagCode.RESTARTED
    )


ACTS: dict[str, Callable[[Scene, Recorded], Ticket]] = {
    "": _promised,
    "TicketMoved": _moved,
    "DocumentSupplied": _supplied,
    "DocumentVerified": _verified,
    "DocumentRejected": _rejected,
    "ClockStopped": _suspended,
    "ClockResumed": _resumed,
    "BoundaryExtended": _extended,
    "ManagersAssigned": _assigned,
    "ApplicationAmended": _amended,
    "TicketReclassified": _reclassified,
    "PromiseChanged": _promised,
    "FactsRecorded": _unchanged,
    "MigrationAgreed": _agreed,
    "TicketMigrated": _migrated,
}
"""Kind of an entry -> how it is done again."""

CONSEQUENCES = frozenset(
    {
        "ClockStarted",
        "DocumentsDeferred",
        "DetailsRecorded",
        "OutageDeclared",
        "SupplyRestored",
        "TicketFlagged",
        "TicketSubmitted",
    }
)
"""Events that never begin an entry, but for the first: they follow from what does.

Those of an outage say where in the network it is; the ticket itself knows nothing of it.
"""
