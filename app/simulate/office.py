"""What the company's people do with a ticket: check papers, take the next step, stop the clock.

They follow the definition, not a list of steps known beforehand: whatever transition leaves the
state is taken by whoever it names, after a share of the time that the stage allows.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.simulate.customer import awaited, builds, hands_in
from app.simulate.staff import second_pair
from engine.application import InvestmentBoundary
from engine.calendar import local_date
from engine.definition import Checkpoint, Ending
from engine.documents import KEY, missing_at, outstanding_deferrals
from engine.ticket import DocumentSource, DocumentStatus, PauseCause

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from app.simulate.agenda import Course
    from app.simulate.trip import Trip
    from engine.definition import Transition
    from engine.ticket import Actor

UNLIMITED_DAYS = 5
"""How many working days a stage without a limit is taken to allow."""

REASONS = {
    "fail_inspection": "接地装置不符合要求，请整改后申请复验",
}
ILLEGIBLE = "影像不清晰，请重新提供"
WITHDRAWN = "客户书面申请撤回"
SOME_REASON = "按现场情况办理"
EVIDENCE = {
    PauseCause.EXTERNAL_LINE: "外线施工通知单",
    PauseCause.CUSTOMER_WORKS: "客户施工进度单",
}


def handles(trip: Trip) -> Course:
    """From the arrival to the end: one step after the other."""
    while trip.is_open:
        if trip.state.held_by_customer and not trip.state.until_received:
            yield trip.at_desk(days=trip.temperament.repair_days, hours=1)
            yield from _takes(trip, trip.steps()[0])
        elif not trip.is_with_company:
            yield trip.next_morning()
        else:
            step = _next_step(trip)
            yield trip.scene.diary.after_work(trip.scene.now, _work(trip, step))
            yield from _suspends(trip)
            yield from _takes(trip, step)


def extends_boundary(trip: Trip) -> Course:
    """The section head decides on an extended investment boundary (R-4.3)."""
    yield trip.at_desk(hours=trip.chance.between(0.3, 6))
    if trip.is_open and trip.ticket.boundary is InvestmentBoundary.STANDARD:
        trip.attempt(
            lambda: trip.scene.application.tickets.extend_boundary(
                trip.ticket.ticket_no,
                reason="三大攻坚战及重点项目，投资界面延伸至用户红线",
                actor=trip.scene.staff.section_head(trip.ticket.branch),
            )
        )


def hands_over(trip: Trip) -> Course:
    """The section head gives the ticket to another manager pair (T2a)."""
    yield trip.at_desk(days=trip.chance.between(0, 4), hours=1)
    if trip.is_open:
        trip.attempt(
            lambda: trip.scene.application.tickets.assign_managers(
                trip.ticket.ticket_no,
                second_pair(trip.ticket.branch),
                reason="原经理休假，由同组人员接办",
                actor=trip.scene.staff.section_head(trip.ticket.branch),
            )
        )


def withdrawn(trip: Trip, days: float) -> Course:
    """After so many days the customer withdraws the application, wherever the ticket stands."""
    yield trip.at_desk(days=days, hours=0.5)
    if not trip.is_open:
        return
    states = trip.definition.state_by_id
    step = next(
        each
        for each in trip.definition.offered[trip.ticket.state]
        if states[each.target].ending is Ending.ABORTED
    )
    _fires(trip, step, WITHDRAWN)


def _next_step(trip: Trip) -> Transition:
    """The way forward; where there is a choice, the one that needs a reason is the way back."""
    steps = trip.steps()
    back = [each for each in steps if each.reason_required]
    if back and trip.temperament.fails_inspection and not trip.failures:
        return back[0]
    return next(each for each in steps if not each.reason_required)


def _work(trip: Trip, step: Transition) -> timedelta:
    """Office time that the step takes: an even share of what its stage is given."""
    definition, lot, day = trip.definition, trip.temperament, trip.scene.diary.day_length
    if lot.is_rushed:
        return timedelta(minutes=1)
    stage = definition.stage_by_id[definition.state_by_id[step.source].stage]
    states = [
        each
        for each in definition.states
        if each.stage == stage.id and not each.is_final and each.held_by_customer is None
    ]
    limit = stage.limit.days or UNLIMITED_DAYS
    is_slow = lot.slow_stage == definition.stages.index(stage)
    whole = day * (limit + 1 + lot.slow_days if is_slow else limit * lot.pace)
    times = len(states) + lot.fails_inspection  # a second inspection has no time of its own (Q11)
    return whole / times * trip.chance.between(0.7, 1.3)


def _takes(trip: Trip, step: Transition) -> Iterator[datetime]:
    """Take the step; if it is refused, ask for what is missing and try again every morning."""
    while trip.is_open and trip.ticket.state == step.source:
        _collects_on_site(trip)
        _checks_papers(trip)
        if _fires(trip, step, REASONS.get(step.trigger, SOME_REASON)):
            break
        _asks_for_missing(trip, step)
        yield trip.next_morning()


def _fires(trip: Trip, step: Transition, reason: str) -> bool:
    actor = trip.scene.staff.one_of(step.roles, trip.ticket)
    fired = trip.attempt(
        lambda: trip.scene.application.tickets.advance(
            trip.ticket.ticket_no,
            step.trigger,
            actor=actor,
            reason=reason if step.reason_required else "",
        )
    )
    if fired and step.reason_required:
        trip.failures += 1
    if fired and trip.is_open and trip.state.until_received not in {"", KEY}:
        trip.begin("works", builds(trip, trip.state.until_received))
    return fired


def _checks_papers(trip: Trip) -> None:
    """Verify what was handed in; the doubtful kind is rejected the first time."""
    for record in trip.ticket.documents:
        if record.status is not DocumentStatus.SUPPLIED:
            continue
        if record.kind == trip.temperament.doubtful and not trip.doubts:
            trip.doubts += 1
            _rejects(trip, record.number)
            trip.expected |= {
                each.id for each in trip.definition.documents if record.kind in each.any_of
            }
            trip.begin("again", hands_in(trip, record.kind, trip.temperament.again_days))
        else:
            _verifies(trip, record.number)


def _verifies(trip: Trip, number: int) -> None:
    verify = trip.scene.application.documents.verify
    trip.attempt(lambda: verify(trip.ticket.ticket_no, number, actor=_checker(trip)))


def _rejects(trip: Trip, number: int) -> None:
    reject = trip.scene.application.documents.reject
    trip.attempt(lambda: reject(trip.ticket.ticket_no, number, ILLEGIBLE, actor=_checker(trip)))


def _checker(trip: Trip) -> Actor:
    if Checkpoint.INTAKE in trip.ticket.passed_checkpoints:
        return trip.scene.staff.account_manager(trip.ticket)
    return trip.scene.staff.operator(trip.ticket.branch)


def _collects_on_site(trip: Trip) -> None:
    """At the end of the first visit the account manager takes deferred papers along (四(二)4)."""
    is_first_visit = trip.ticket.passed_checkpoints == (Checkpoint.INTAKE,)
    if not is_first_visit or not trip.temperament.hands_over_on_site:
        return
    on = local_date(trip.scene.now)
    for requirement in outstanding_deferrals(trip.definition, trip.ticket, on):
        if requirement.id not in trip.expected:
            trip.expected.add(requirement.id)
            _takes_along(trip, requirement.any_of[0])


def _takes_along(trip: Trip, kind: str) -> None:
    supply, actor = trip.scene.application.documents.supply, _checker(trip)
    trip.attempt(lambda: supply(trip.ticket.ticket_no, kind, DocumentSource.ON_SITE, actor=actor))


def _asks_for_missing(trip: Trip, step: Transition) -> None:
    """Whatever the refusal named and nobody is bringing yet is asked of the customer."""
    if step.checkpoint is None:
        return
    on = local_date(trip.scene.now)
    for requirement in missing_at(step.checkpoint, trip.definition, trip.ticket, on):
        if requirement.id not in trip.expected:
            trip.begin("asked", awaited(trip, requirement, trip.temperament.paper_days))


def _suspends(trip: Trip) -> Iterator[datetime]:
    """Stop the clocks for external works, where the state allows it, and let them run again."""
    cause, tickets = trip.temperament.pause, trip.scene.application.tickets
    if cause is None or not trip.is_open or cause not in trip.state.suspendable:
        return
    if any(pause.explicit for run in trip.ticket.stage_runs for pause in run.pauses):
        return
    number, actor = trip.ticket.ticket_no, trip.scene.staff.account_manager(trip.ticket)
    evidence = f"{EVIDENCE[cause]} {trip.name}"
    if trip.attempt(lambda: tickets.suspend(number, cause, evidence=evidence, actor=actor)):
        yield trip.at_desk(days=trip.temperament.pause_days, hours=trip.chance.between(0, 8))
        if trip.is_open:
            trip.attempt(lambda: tickets.resume(number, actor=actor))
