"""The nearest connection: surveyed points, the one the plan prefers, the one that was chosen.

R-9.1b, 四(三)4, D4. Choosing another than the proposed one needs a reason, kept in the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.fields import FieldReader, foreign_fields, shown
from app.readiness.recording import application_of, reason_missing, recorded, refuse_if_ended
from engine.definition import Checkpoint
from engine.errors import MalformedError, Reason, RefusedError, not_found
from workflows.connection_points import CLAUSE, ConnectionPoint, by_preference, proposed
from workflows.readiness import shown as rounded
from workflows.readiness import whole_va

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.ports.readiness import GridDatabase, GridWork
    from app.ports.supply_plans import StoredPoint
    from app.readiness.meter import Meter
    from app.trip.case import Case
    from app.trip.desk import Desk
    from engine.ticket import Act, Actor, Ticket

FIELDS = {
    "node": "接入点",
    "distance_m": "距离（米）",
    "free_kva": "可用容量（千伏安）",
    "public": "现有公用线路",
}
ID_LENGTH = 64
MOST_M = 200_000
MOST_KVA = Decimal(1_000_000)
SERVICE_POINT, AREA = "service_point", "transformer_area"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointView:
    """A surveyed point as it is shown; capacity in kVA."""

    node_id: str
    name: str
    distance_m: int
    free_kva: str
    is_public: bool
    is_feasible: bool
    is_proposed: bool
    is_chosen: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPoints:
    """What people survey and choose."""

    desk: Desk
    database: GridDatabase
    meter: Meter

    def survey(
        self,
        ticket_no: str,
        points: Sequence[Mapping[str, str]],
        *,
        actor: Actor,
        expected_revision: int | None = None,
    ) -> Ticket:
        """Record the candidates, in place of those surveyed before; raw text by `FIELDS`.

        The free capacity of a measured transformer area need not be given.

        Raises:
            MalformedError: everything that is wrong with the points.
        """
        act = self.desk.act(actor)
        with self.database.writing() as work:
            case = self._case(work, ticket_no, act, expected_revision)
            surveyed = self._read(work, points, act)
            listed = "；".join(f"{each.node_id} {each.distance_m} 米" for each in surveyed)
            ticket = self._keep(work, case, "connection_points", {"points": listed})
            work.supply_plans.put_points(ticket_no, surveyed, act.at)
            work.commit()
        return ticket

    def choose(
        self,
        ticket_no: str,
        node_id: str,
        *,
        actor: Actor,
        reason: str = "",
        expected_revision: int | None = None,
    ) -> Ticket:
        """Choose where to connect.

        Raises:
            NotFoundError: the node was not surveyed for the ticket.
            RefusedError: not the proposed point, or the plan is confirmed, and no reason given.
        """
        act = self.desk.act(actor, reason)
        with self.database.writing() as work:
            case = self._case(work, ticket_no, act, expected_revision)
            points = work.supply_plans.points(ticket_no)
            if node_id not in {each.node_id for each in points}:
                what = "勘查过的接入点"
                raise not_found(what, node_id)
            best = proposed(_as_points(points), self._needed_kva(case))
            _refuse_unexplained(case, node_id, best)
            facts = {"node_id": node_id, "proposed": best.node_id if best else "无可行接入点"}
            ticket = self._keep(work, case, "connection_point_chosen", facts)
            work.supply_plans.choose(ticket_no, node_id, act.reason, act.at)
            work.commit()
        return ticket

    def views(self, work: GridWork, case: Case) -> tuple[PointView, ...]:
        """The ticket's points, the preferred first."""
        stored = {each.node_id: each for each in work.supply_plans.points(case.ticket.ticket_no)}
        needed = self._needed_kva(case)
        ordered = by_preference(_as_points(stored.values()), needed)
        best = proposed(ordered, needed)
        return tuple(
            PointView(
                node_id=each.node_id,
                name=_name(work, each.node_id),
                distance_m=each.distance_m,
                free_kva=rounded(each.free_kva),
                is_public=each.is_public,
                is_feasible=each.carries(needed),
                is_proposed=each == best,
                is_chosen=stored[each.node_id].chosen_at is not None,
                reason=stored[each.node_id].reason,
            )
            for each in ordered
        )

    # --- parts of the above --------------------------------------------------------------------

    def _needed_kva(self, case: Case) -> Decimal:
        rules = self.meter.rules(case.act.at)
        return whole_va(rules.added_kva(application_of(case).requested_capacity_kw))

    def _read(
        self, work: GridWork, points: Sequence[Mapping[str, str]], act: Act
    ) -> list[ConnectionPoint]:
        reasons: list[Reason] = []
        surveyed: dict[str, ConnectionPoint] = {}
        for fields in points:
            read = FieldReader(fields, FIELDS)
            read.reasons += foreign_fields(fields, FIELDS)
            point = self._read_one(work, read, act)
            if point.node_id in surveyed:
                message = f"接入点“{shown(point.node_id)}”重复"
                read.problem("node", "twice", message, "每个接入点只保留一个")
            surveyed[point.node_id] = point
            reasons += read.reasons
        if not points:
            message = "至少填写一个候选接入点"
            reasons.append(Reason(code="required", field="node", message=message))
        if reasons:
            raise MalformedError(reasons)
        return list(surveyed.values())

    def _read_one(self, work: GridWork, read: FieldReader, act: Act) -> ConnectionPoint:
        node_id = read.code("node", limit=ID_LENGTH)
        node = work.topology.find_node(node_id) if node_id else None
        if node_id and (node is None or node.kind == SERVICE_POINT):
            message = f"“{shown(node_id)}”不是电网拓扑中的变电站、线路或台区"
            read.problem("node", "unknown_node", message, "请核对编号", CLAUSE)
        if not read.raw("distance_m"):
            read.problem("distance_m", "required", "距离不能为空", "请填写现场测得的米数")
        if read.raw("free_kva"):
            free = read.decimal("free_kva", most=MOST_KVA, zero=True)
        else:
            free = self._measured_free(work, read, node_id, act)
        return ConnectionPoint(
            node_id=node_id,
            distance_m=read.whole("distance_m", least=0, most=MOST_M, default=0),
            free_kva=free,
            is_public=read.truth("public", default=True),
        )

    def _measured_free(self, work: GridWork, read: FieldReader, node_id: str, act: Act) -> Decimal:
        """What a measured area may still take, less what others were promised."""
        area = work.grid_areas.area_at(node_id)
        measured = None if area is None else self.meter.area(work, area, act.at)
        if measured is None or measured.load is None or measured.measured_until is None:
            message = "没有该接入点的负载数据，可用容量不能为空"
            read.problem("free_kva", "required", message, "请填写核定的可用容量")
            return Decimal(0)
        rules = self.meter.rules(act.at)
        promised = work.readiness.committed_kw(
            measured.area.id, since=measured.measured_until, without=""
        )
        free = measured.load.free_kva(rules) - rules.added_kva(promised)
        return max(Decimal(0), whole_va(free))

    def _case(
        self, work: GridWork, ticket_no: str, act: Act, expected_revision: int | None
    ) -> Case:
        case = self.desk.load(work, ticket_no, act, expected_revision=expected_revision)
        authorize(act.actor, Action.SURVEY_CONNECTION, branch=case.ticket.branch)
        application_of(case)
        refuse_if_ended(case)
        return case

    def _keep(self, work: GridWork, case: Case, topic: str, facts: Mapping[str, object]) -> Ticket:
        outcome = recorded(case, topic, facts)
        return self.desk.recorder.keep(work, case, outcome, action=Action.SURVEY_CONNECTION)


def _refuse_unexplained(case: Case, node_id: str, best: ConnectionPoint | None) -> None:
    if case.act.reason:
        return
    reasons = []
    if best is None or node_id != best.node_id:
        nearest = f"就近推荐的是 {best.node_id}" if best else "勘查的接入点均无足够容量"
        reasons.append(
            Reason(
                code="not_nearest",
                field="reason",
                message=f"{nearest}，选定 {shown(node_id)} 须说明原因",
                clause=CLAUSE,
                remedy="请填写原因，或改选推荐的接入点",
            )
        )
    if Checkpoint.PLAN_CONFIRMATION in case.ticket.passed_checkpoints:
        reasons.append(reason_missing("供电方案确定后改变接入点"))
    if reasons:
        raise RefusedError(reasons)


def _as_points(stored: Iterable[StoredPoint]) -> list[ConnectionPoint]:
    return [
        ConnectionPoint(
            node_id=each.node_id,
            distance_m=each.distance_m,
            free_kva=each.free_kva,
            is_public=each.is_public,
        )
        for each in stored
    ]


def _name(work: GridWork, node_id: str) -> str:
    node = work.topology.find_node(node_id)
    return node.name if node is not None else node_id
