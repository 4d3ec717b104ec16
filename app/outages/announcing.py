"""Announcing an outage: everything that is entered, judged at once, before anything is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.outages.belated import against_late_entry, occurred_at
from app.outages.places import Place, branch_for, place_of
from app.outages.rules import (
    Times,
    against_estimate,
    against_lead,
    against_occurrence,
    against_window,
    is_late,
)
from app.outages.standing import against_standing, hold, is_overtaken
from engine.application import Contact, ServiceRequest
from engine.errors import MalformedError, Reason, RefusedError
from engine.fields import entered
from engine.guards import role_reasons
from engine.network import SupplyView
from engine.outage import OUTAGE_KINDS, Outage, OutageKind, OutagePhase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.ports.outage_work import OutageWork
    from engine.definition import Opening, Transition, WorkflowDefinition
    from engine.ticket import Act
    from workflows.outage_policy import OutagePolicy

ANNOUNCE = "announce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants to announce: raw text by field, and the connections it is to serve."""

    kind: OutageKind
    nodes: tuple[str, ...]
    given: Mapping[str, str]
    branch: str
    serves: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """An announcement that may be made.

    `opening` and `announcing` are what is entered with the ticket and with its first move. What
    `is_over`, though nobody has entered yet when it ended, is told to nobody.
    """

    place: Place
    branch: str
    details: Mapping[str, str]
    opening: Mapping[str, str]
    announcing: Mapping[str, str]
    late: bool
    is_over: bool

    @property
    def request(self) -> ServiceRequest:
        """What the ticket is about."""
        area, line = self.details["affected_area"], self.details.get("affected_line", "")
        return ServiceRequest(
            title=f"{line} {area}".strip(),
            contact=Contact(name=""),
            address=area,
            node_id=self.place.nodes[0],
        )

    def outage(self, ticket_no: str, wanted: Wanted, cause: str, act: Act) -> Outage:
        """The outage as it is announced."""
        times, at = Times.of(self.details), act.at
        is_fault = wanted.kind is OutageKind.FAULT
        begins = times.occurred_at if is_fault else times.planned_from
        return Outage(
            ticket_no=ticket_no,
            branch=self.branch,
            kind=wanted.kind,
            phase=OutagePhase.IN_PROGRESS if is_fault else OutagePhase.SCHEDULED,
            nodes=self.place.nodes,
            area=self.details["affected_area"],
            line=self.details.get("affected_line", ""),
            cause=cause,
            announced_at=at,
            changed_at=at,
            counted_at=at,
            planned_from=times.planned_from,
            planned_until=times.planned_until,
            begins_at=begins or at,
            begins_source=self.details.get("occurred_source", ""),
            ends_at=times.planned_until,
            estimated_at=times.estimated_at,
            late_reason=self.details.get("late_announcement_reason", "") if self.late else "",
        )


def announcement(
    work: OutageWork,
    definition: WorkflowDefinition,
    wanted: Wanted,
    policy: OutagePolicy,
    act: Act,
) -> Announcement:
    """What is to be announced, if nothing stands against it.

    Raises:
        RefusedError: a rule forbids it, or a node or a field is missing; every reason at once.
        MalformedError: only fields that cannot be read stand against it.
    """
    occurred = occurred_at(wanted.given, definition)
    then = act.at if occurred is None else min(occurred, act.at)
    hold(work, wanted.nodes)
    place = place_of(work, wanted.nodes, SupplyView.at(then))
    branch, foreign = branch_for(work, place, act.actor, wanted.branch)
    filled = {
        "affected_area": place.area,
        "affected_line": place.line,
        **{name: raw for name, raw in wanted.given.items() if raw.strip()},
    }
    first = definition.edges.get((definition.initial, ANNOUNCE))
    opening, announcing = _split(filled, definition.opening, first)
    opened = entered(opening, definition.opening, definition, {})
    announced = None if first is None else entered(announcing, first, definition, opened.details)
    details = (announced or opened).details
    times = Times.of(details)
    lead = policy.lead_time(wanted.kind)
    excuse = details.get("late_announcement_reason", "")
    # What the opening and the first move both ask for is missing once.
    missing = {each.field: each for entry in (opened, announced) if entry for each in entry.missing}
    malformed = (*opened.malformed, *(announced.malformed if announced else ()))
    against = (
        *role_reasons(act, definition.opening.roles, f"公告{OUTAGE_KINDS[wanted.kind]}"),
        *foreign,
        *place.reasons,
        *(each for each in missing.values() if each.field != "affected_area" or not place.reasons),
        *against_window(times, act.at),
        *against_lead(wanted.kind, times.planned_from, lead, excuse, act.at),
        *against_occurrence(times, None, "", act.at),
        *against_late_entry(definition.opening, details, policy.late_entry, act.at),
        *against_estimate(times.estimated_at, act.at),
        # Whose outage it is, is nobody else's business.
        *(() if foreign else against_standing(work, place.nodes, wanted.kind, times)),
        *_unfit(work, wanted.serves, branch),
    )
    if against:
        raise RefusedError((*against, *malformed))
    if malformed:
        raise MalformedError(malformed)
    return Announcement(
        place=place,
        branch=branch,
        details=details,
        opening=opening,
        announcing=announcing,
        late=is_late(times.planned_from, lead, act.at),
        is_over=is_overtaken(work, place.nodes, times),
    )


def _split(
    given: Mapping[str, str], opening: Opening, first: Transition | None
) -> tuple[dict[str, str], dict[str, str]]:
    """What is entered at the opening, and what with the first move; foreign fields stay first."""
    later = set() if first is None else {*first.asks, *first.takes}
    later -= {*opening.asks, *opening.takes}
    return (
        {name: raw for name, raw in given.items() if name not in later},
        {name: raw for name, raw in given.items() if name in later},
    )


def _unfit(work: OutageWork, serves: Sequence[str], branch: str) -> list[Reason]:
    return [
        Reason(
            code="unfit_connection",
            field="serves",
            message=f"工单“{each}”不是本单位在办的用电申请，不能与停电关联",
            clause="R-7.3, 四(一)3",
            remedy="请核对工单编号",
        )
        for each in work.outages.unfit_connections(serves, branch)
    ]
