"""Where a customer is connected: surveyed, proposed, chosen (R-9.1b, 四(三)4, D4)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from engine.errors import MalformedError, NotFoundError, RefusedError
from tests.applicants import CHIEF, COUNTER, HIGH_VOLTAGE_PAPERS, PROJECT, WHO, a_factory
from tests.application import codes
from tests.grid import at_area, swept, with_areas, with_readings

if TYPE_CHECKING:
    from app.readiness.points import PointView
    from engine.ticket import Ticket
    from tests.application import Office

D4 = (
    {"node": "F1", "distance_m": "120", "free_kva": "0"},
    {"node": "F2", "distance_m": "300", "free_kva": "900"},
    {"node": "S1", "distance_m": "900", "free_kva": "5000"},
)
"""630 kW need 700 kVA."""


@pytest.fixture
def ticket(office: Office) -> Ticket:
    return office.submit(a_factory(), papers=HIGH_VOLTAGE_PAPERS)


def surveyed(office: Office, ticket: Ticket, *points: dict[str, str]) -> Ticket:
    return office.application.readiness.points.survey(ticket.ticket_no, points or D4, actor=PROJECT)


def choose(office: Office, ticket: Ticket, node: str, reason: str = "") -> Ticket:
    return office.application.readiness.points.choose(
        ticket.ticket_no, node, reason=reason, actor=PROJECT
    )


def seen(office: Office, ticket: Ticket) -> list[PointView]:
    return list(
        office.application.readiness.tickets.of_ticket(ticket.ticket_no, actor=CHIEF).points
    )


def test_120_m_without_room_300_m_and_900_m_propose_300(office: Office, ticket: Ticket) -> None:
    surveyed(office, ticket)
    found = [(each.distance_m, each.is_proposed, each.is_feasible) for each in seen(office, ticket)]
    assert found == [(300, True, True), (900, False, True), (120, False, False)]
    assert seen(office, ticket)[0].name == "10千伏乡线"


def test_the_proposed_point_needs_no_reason_and_another_does(
    office: Office, ticket: Ticket
) -> None:
    surveyed(office, ticket)
    with pytest.raises(RefusedError) as refusal:
        choose(office, ticket, "S1")
    assert codes(refusal) == {"not_nearest"}
    assert "就近推荐的是 F2" in str(refusal.value)
    choose(office, ticket, "F2")
    choose(office, ticket, "S1", "客户要求专线")
    chosen = [(each.node_id, each.reason) for each in seen(office, ticket) if each.is_chosen]
    assert chosen == [("S1", "客户要求专线")]
    line = office.application.queries.history(ticket.ticket_no, actor=CHIEF)[0]
    assert line.sentences == ("选定接入点：接入点 S1，就近推荐 F2，原因：客户要求专线",)
    assert line.action_name == "接入点勘查与选定"


def test_where_nothing_has_room_every_choice_is_explained(office: Office, ticket: Ticket) -> None:
    surveyed(office, ticket, {"node": "F2", "distance_m": "300", "free_kva": "699"})
    with pytest.raises(RefusedError) as refusal:
        choose(office, ticket, "F2")
    assert codes(refusal) == {"not_nearest"}
    choose(office, ticket, "F2", "配套增容后接入")


def test_a_change_after_the_plan_is_confirmed_is_explained(office: Office, ticket: Ticket) -> None:
    surveyed(office, ticket)
    choose(office, ticket, "F2")
    office.fire(ticket, "complete_intake", "finish_site_visit", "reply_supply_plan")
    with pytest.raises(RefusedError) as refusal:
        choose(office, ticket, "F2")
    assert codes(refusal) == {"reason_missing"}


def test_a_survey_takes_the_place_of_the_one_before(office: Office, ticket: Ticket) -> None:
    surveyed(office, ticket)
    choose(office, ticket, "F2")
    surveyed(office, ticket, D4[0])
    assert [(each.node_id, each.is_chosen) for each in seen(office, ticket)] == [("F1", False)]
    with pytest.raises(NotFoundError):
        choose(office, ticket, "F2")


def test_a_measured_area_tells_its_room_itself_less_what_was_promised(office: Office) -> None:
    with_areas(office, T2="400")
    with_readings(office, ("T2", "2021-07-27", "200"))
    first = office.submit(at_area("T2", requested_capacity_kw=Decimal(9)))
    office.fire(first, "complete_intake")
    swept(office)
    second = office.submit(at_area("", address="示例路7号", requested_capacity_kw=Decimal(9)))
    surveyed(office, second, {"node": "T2", "distance_m": "80"})
    (point,) = seen(office, second)
    assert (point.free_kva, point.is_proposed) == ("110.0", True)  # 320 - 200 - 10


def test_the_chosen_area_is_the_one_that_is_forecast(office: Office) -> None:
    with_areas(office, T2="100")
    with_readings(office, ("T2", "2021-07-27", "70"), ("G-07", "2021-07-27", "10"))
    ticket = office.submit(at_area("G-07", requested_capacity_kw=Decimal(18)))
    tickets = office.application.readiness.tickets
    before = tickets.of_ticket(ticket.ticket_no, actor=CHIEF).forecast
    assert before is not None
    assert before.area_id == "G-07"
    surveyed(office, ticket, {"node": "T2", "distance_m": "80", "free_kva": "30"})
    choose(office, ticket, "T2")
    after = tickets.of_ticket(ticket.ticket_no, actor=CHIEF).forecast
    assert after is not None
    assert (after.area_id, after.percent_expected, after.exceeds) == ("T2", "90.0", True)


def test_everything_wrong_with_a_survey_is_said_at_once(office: Office, ticket: Ticket) -> None:
    with pytest.raises(MalformedError) as refusal:
        surveyed(
            office,
            ticket,
            {"node": "NOPE", "distance_m": "10", "free_kva": "1"},
            {"node": "P1", "distance_m": "10", "free_kva": "1"},
            {"node": "F1", "distance_m": "-5", "free_kva": "1"},
            {"node": "F2", "free_kva": "viel", "public": "vielleicht"},
            {"node": "F1", "distance_m": "5"},
            {"node": "S1", "distance_m": "5", "free_kva": "1", "seen_on": "2021-01-01"},
        )
    assert [each.field for each in refusal.value.reasons] == [
        "node",
        "node",
        "distance_m",
        "distance_m",
        "free_kva",
        "public",
        "free_kva",
        "node",
        "seen_on",
    ]
    with pytest.raises(MalformedError):
        office.application.readiness.points.survey(ticket.ticket_no, [], actor=PROJECT)
    assert seen(office, ticket) == []


def test_role_branch_and_end(office: Office, ticket: Ticket) -> None:
    points = office.application.readiness.points
    with pytest.raises(RefusedError):
        points.survey(ticket.ticket_no, D4, actor=COUNTER)
    with pytest.raises(NotFoundError):
        points.survey(ticket.ticket_no, D4, actor=WHO["ll-project"])
    surveyed(office, ticket)
    office.fire(ticket, "abort", reason="客户撤回")
    with pytest.raises(RefusedError) as refusal:
        choose(office, ticket, "F2")
    assert codes(refusal) == {"ended"}
