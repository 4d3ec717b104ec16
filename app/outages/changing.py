"""Changing an announced outage: another time, other nodes, other words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.outages.moving import cause_of, details_after, moved, says_nothing_new
from app.outages.places import branch_for, place_of
from app.outages.rules import ANNOUNCED, Times, against_lead, against_window, is_late
from app.outages.standing import against_standing, hold
from engine.errors import Reason
from engine.events import OutageDeclared
from engine.network import SupplyView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.ports.outage_work import OutageWork
    from app.trip.case import Case
    from engine.events import Event, Outcome
    from engine.outage import Outage
    from workflows.outage_policy import OutagePolicy

CHANGE = "change"
LATE_REASON = "late_announcement_reason"


def changed(  # noqa: PLR0913  (what is changed, to what, and by which rules)
    work: OutageWork,
    case: Case,
    outage: Outage,
    *,
    given: Mapping[str, str],
    nodes: Sequence[str],
    policy: OutagePolicy,
) -> tuple[Outcome, Outage, bool]:
    """The ticket's move, the outage as it is then, and whether this is later than it must be.

    Another beginning is announced anew, with the same lead time as the first; so is a later end,
    and an outage of more nodes, of which nobody there has heard yet. What changes nothing is no
    change, and nobody is told of it.

    Raises:
        RefusedError: every reason against it.
        MalformedError: only fields that cannot be read stand against it.
    """
    at, before = case.act.at, outage
    filled = {name: raw for name, raw in given.items() if raw.strip()}
    events: list[Event] = []
    reasons: list[Reason] = []
    foreign: tuple[Reason, ...] = ()
    hold(work, nodes or outage.nodes)
    if nodes:
        place = place_of(work, nodes, SupplyView.at(at))
        _, foreign = branch_for(work, place, case.act.actor, outage.branch)
        reasons += [*foreign, *place.reasons]
        if set(place.nodes) != set(before.nodes):
            filled = {"affected_area": place.area, "affected_line": place.line, **filled}
            events.append(OutageDeclared(nodes=place.nodes))
            outage = replace(outage, nodes=place.nodes)
    details = details_after(case, CHANGE, filled)
    times = Times.of(details)
    excuse = filled.get(LATE_REASON, "").strip()
    if outage.nodes == before.nodes and says_nothing_new(case, CHANGE, filled, but=(LATE_REASON,)):
        reasons.append(_unchanged())
    reasons += against_window(times, at)
    lead = policy.lead_time(outage.kind)
    is_anew = _lasts_longer(times, before) or _reaches_further(work, before.nodes, outage.nodes)
    late = is_anew and is_late(times.planned_from, lead, at)
    if is_anew:
        reasons += against_lead(outage.kind, times.planned_from, lead, excuse, at)
    if not foreign:
        reasons += against_standing(work, outage.nodes, outage.kind, times, but=outage.ticket_no)
    outcome = moved(case, CHANGE, filled, reasons, *events)
    after = replace(
        outage,
        area=details["affected_area"],
        line=details.get("affected_line", ""),
        cause=cause_of(case.definition, details),
        planned_from=times.planned_from,
        planned_until=times.planned_until,
        begins_at=times.planned_from or outage.begins_at,
        ends_at=times.planned_until,
        late_reason=(excuse if late else "") if is_anew else before.late_reason,
        changed_at=at,
        counted_at=at,
        step=outage.step + 1,
    )
    return outcome, after, late


def _unchanged() -> Reason:
    return Reason(
        code="nothing_changed",
        message="没有任何变更，不必通知用户",
        clause=ANNOUNCED,
        remedy="请填写要变更的时间、范围或内容",
    )


def _lasts_longer(times: Times, before: Outage) -> bool:
    """Whether supply is to go out at another time, or to be back later, than was announced."""
    if times.planned_from != before.planned_from:
        return True
    ends, announced = times.planned_until, before.planned_until
    return ends is not None and announced is not None and ends > announced


def _reaches_further(work: OutageWork, before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether one of the nodes was no part of the outage before."""
    return any(
        {each, *(up.id for up in work.topology.ancestors(each))}.isdisjoint(before)
        for each in after
    )
