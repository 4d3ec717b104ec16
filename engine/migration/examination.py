"""Examines one ticket: may it move to the version, and if not, every reason why (R-10.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.clock_keeping import keep_clocks
from engine.events import (
    ClockResumed,
    ClockStarted,
    Event,
    Outcome,
    PromiseChanged,
    TicketMigrated,
)
from engine.migration.effects import Effects, Governed, effects_of
from engine.migration.objections import (
    borders_against,
    clocks_against,
    misplaced,
    overdue_at_once,
    worse_for_customer,
)

if TYPE_CHECKING:
    from engine.definition import WorkflowDefinition
    from engine.errors import Reason
    from engine.migration.plan import Circumstances, MigrationPlan
    from engine.ticket import StageRun, Ticket


class MigrationVerdict(StrEnum):
    """What is to become of a ticket."""

    MOVES = "moves"
    """It may move, and nothing that was promised changes."""
    EARLIER = "earlier"
    """It may move, and the company has less time than before."""
    AGREED = "agreed"
    """The customer gets less than was promised, and has agreed to it."""
    NEEDS_AGREEMENT = "needs_agreement"
    """The customer would get less than was promised, and has not agreed."""
    REFUSED = "refused"
    """It may not move, whatever the customer says."""

    @property
    def is_movable(self) -> bool:
        """Whether the ticket moves."""
        return self in {MigrationVerdict.MOVES, MigrationVerdict.EARLIER, MigrationVerdict.AGREED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The verdict on one ticket. `outcome` is there if it moves, `effects` if a state takes over.

    `reasons` say why it may not move, or what the customer has to agree to.
    """

    ticket: Ticket
    verdict: MigrationVerdict
    reasons: tuple[Reason, ...] = ()
    effects: Effects | None = None
    outcome: Outcome | None = None


def examine(
    ticket: Ticket, before: WorkflowDefinition, plan: MigrationPlan, around: Circumstances
) -> Examination:
    """What moving an open ticket from the version `before` would do, and whether it may."""
    target = plan.target(ticket.state)
    no_place = tuple(misplaced(ticket, before, plan, target))
    if target is None or no_place:
        return Examination(ticket=ticket, verdict=MigrationVerdict.REFUSED, reasons=no_place)
    now, moved = Governed(ticket=ticket, definition=before), _moved(ticket, plan, target.id)
    kept = keep_clocks(moved.ticket, plan.to, around.calendar, around.act, moved=False)
    after = replace(moved, ticket=kept.ticket)
    effects = effects_of(now, after, around.calendar, around.act.at)
    against = (
        *clocks_against(now, moved, around),
        *borders_against(after, effects),
        *overdue_at_once(effects, plan.to, around),
    )
    worse = tuple(worse_for_customer(effects, plan.to))
    verdict = (
        MigrationVerdict.REFUSED if against else _verdict(after, effects, is_worse=bool(worse))
    )
    return Examination(
        ticket=ticket,
        verdict=verdict,
        reasons=(*against, *worse),
        effects=effects,
        outcome=_outcome(ticket, kept, plan, effects) if verdict.is_movable else None,
    )


def _verdict(after: Governed, effects: Effects, *, is_worse: bool) -> MigrationVerdict:
    if is_worse:
        agreed = {each.definition_ref for each in after.ticket.agreements}
        is_agreed = after.definition.ref in agreed
        return MigrationVerdict.AGREED if is_agreed else MigrationVerdict.NEEDS_AGREEMENT
    if any(each.is_earlier or (each.runs_after and not each.runs_before) for each in effects.terms):
        return MigrationVerdict.EARLIER
    return MigrationVerdict.MOVES


def _moved(ticket: Ticket, plan: MigrationPlan, state: str) -> Governed:
    """The ticket in its new version and state; its clocks are still as they were."""
    moved = replace(
        ticket, definition_id=plan.to.id, definition_version=plan.to.version, state=state
    )
    return Governed(ticket=moved, definition=plan.to)


def _outcome(ticket: Ticket, kept: Outcome, plan: MigrationPlan, effects: Effects) -> Outcome:
    migrated = TicketMigrated(
        before=ticket.definition_ref,
        after=plan.to.ref,
        source=ticket.state,
        target=effects.state,
        migration=plan.number,
        terms=effects.terms,
        asked=tuple(each.name for each in effects.asked),
        dropped=tuple(each.name for each in effects.dropped if each.due_after is None),
    )
    told = _promise_change(ticket.current_run, kept, plan)
    return Outcome(ticket=kept.ticket, events=(migrated, *kept.events, *told))


def _promise_change(
    before: StageRun | None, kept: Outcome, plan: MigrationPlan
) -> tuple[Event, ...]:
    """The customer's date has moved; a clock that starts or resumes tells its date itself."""
    after = kept.ticket.current_run
    told_anyway = kept.first(ClockStarted) or kept.first(ClockResumed)
    if before is None or after is None or told_anyway or not before.promises:
        return ()
    was, now = before.promises[-1], after.promises[-1]
    if was.due_on == now.due_on:
        return ()
    changed = PromiseChanged(
        stage=after.stage_id,
        before=was.due_on,
        after=now.due_on,
        provisional=now.provisional,
        reason=f"改按流程第 {plan.to.version} 版办理",
    )
    return (changed,)
