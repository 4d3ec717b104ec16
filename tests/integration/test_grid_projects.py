"""Projects open by themselves where they must, once, and stay on the list until both 立项 and 出库
are recorded (R-9.1, R-9.1a, 四(一)4, T4a-T4d, N2b)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.application import Contact, ServiceRequest
from engine.errors import NotFoundError, RefusedError
from tests.applicants import CHIEF, PROJECT, SECTION, WHO, a_business
from tests.application import codes
from tests.grid import at_area, swept, with_areas, with_readings

if TYPE_CHECKING:
    from app.readiness.duties import Duty
    from engine.ticket import Ticket
    from tests.application import Office


def duties(office: Office, **wanted: Any) -> list[Duty]:
    return list(office.application.readiness.duties.listing(actor=CHIEF, **wanted))


def projects(office: Office) -> list[Ticket]:
    with office.application.database.reading() as work:
        return [
            work.tickets.get(each) for each in work.tickets.open_numbers("reinforcement_project")
        ]


def details(ticket: Ticket) -> dict[str, str]:
    assert isinstance(ticket.request, ServiceRequest)
    return ticket.request.details


def advanced(office: Office, ticket: Ticket, trigger: str, **given: str) -> Ticket:
    tickets = office.application.tickets
    return tickets.advance(ticket.ticket_no, trigger, actor=PROJECT, given=given)


def initiated(office: Office, ticket: Ticket) -> Ticket:
    return advanced(office, ticket, "initiate", project_number="2021-17", scheme="增容至315")


def issued(office: Office, ticket: Ticket) -> Ticket:
    return advanced(office, ticket, "issue_materials", materials_issue_number="CK-9")


# --- the load rate of an area ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kva", "rule", "opens"),
    [("79.8", "", 0), ("80", "may_open", 0), ("111.8", "may_open", 0), ("112", "must_open", 1)],
    ids=["49.9", "50.0", "69.9", "70.0"],
)
def test_an_area_is_listed_from_50_percent_and_opened_from_70(
    office: Office, kva: str, rule: str, opens: int
) -> None:
    with_areas(office, T2="400")
    with_readings(office, ("G-07", "2021-07-27", kva), ("T2", "2021-07-27", "10"))
    assert swept(office)["done"] == opens
    listed = [each for each in duties(office, everything=True) if each.subject_kind == "area"]
    assert [each.rule for each in listed] == ([rule] if rule else [])
    assert len(projects(office)) == opens


def test_a_project_opens_itself_once_with_its_reason(office: Office) -> None:
    with_readings(office, ("G-07", "2021-07-27", "120"))
    assert swept(office) == {"done": 1, "unchanged": 0, "overtaken": 0, "failed": 0}
    assert swept(office)["done"] == 0
    with_readings(office, ("G-07", "2021-07-28", "130"))
    assert swept(office)["done"] == 0
    (ticket,) = projects(office)
    assert (ticket.branch, ticket.request.node_id, ticket.state) == (
        "tengchong",
        "G-07",
        "proposed",
    )
    assert ticket.managers is not None
    assert ticket.managers.project_manager == "tc-project-2"
    found = details(ticket)
    assert (found["duty"], found["occasion"]) == ("must", "load_from_70")
    assert "最高负载率 75.0%" in found["explanation"]
    assert {each.recipient for each in office.messages(ticket)} == {"tc-project-2", "tc-account-2"}


def test_two_daemons_open_one_project(office: Office) -> None:
    with_areas(office, T2="100", T3="100")
    areas = ("G-07", "T2", "T3")
    with_readings(office, *((area, "2021-07-27", "120") for area in areas))
    others = [office.another() for _ in range(2)]
    with ThreadPoolExecutor(2) as threads:
        reports = list(threads.map(swept, others))
    for each in others:
        each.close()
    assert sum(each["done"] for each in reports) == 3
    assert not any(each["failed"] for each in reports)
    assert sorted(each.request.node_id for each in projects(office)) == sorted(areas)


def test_the_duty_stays_until_opening_and_issue_are_recorded(office: Office) -> None:
    with_areas(office, T2="1000")
    with_readings(office, ("G-07", "2021-07-27", "112"), ("T2", "2021-07-27", "10"))
    swept(office)
    (ticket,) = projects(office)
    (duty,) = duties(office)
    assert (duty.rule, duty.project_no) == ("must_open", ticket.ticket_no)
    assert (duty.is_opened, duty.is_issued) == (False, False)
    initiated(office, ticket)
    (duty,) = duties(office)
    assert (duty.is_opened, duty.is_issued, duty.project_state) == (True, False, "待出库")
    issued(office, ticket)
    assert duties(office) == []
    (settled,) = duties(office, everything=True)
    assert (settled.is_settled, settled.is_opened, settled.is_issued) == (True, True, True)


def test_a_duty_outlives_the_load_that_caused_it(office: Office) -> None:
    with_areas(office, T2="1000")
    with_readings(office, ("G-07", "2021-07-27", "112"), ("T2", "2021-07-27", "10"))
    swept(office)
    office.at("2022-09-01 09:00")  # the reading is out of the window
    (duty,) = duties(office)
    assert (duty.rule, duty.is_settled) == ("must_open", False)
    assert "最高负载率 70.0%" in duty.message


def test_an_overdue_project_is_listed_and_its_managers_hear_of_it(office: Office) -> None:
    with_areas(office, T2="1000")
    with_readings(office, ("G-07", "2021-07-27", "112"), ("T2", "2021-07-27", "10"))
    swept(office)
    (duty,) = duties(office)
    assert str(duty.due_on) == "2021-08-25"  # 20 working days
    assert duties(office, overdue=True) == []
    office.at("2021-08-25 23:59")
    assert duties(office, overdue=True) == []
    office.at("2021-08-26 00:00")
    assert [each.project_no for each in duties(office, overdue=True)] == [duty.project_no]
    told = office.tick("2021-08-26 09:00")
    assert {("tc-project-2", "limit_overdue"), ("tc-section", "limit_overdue_escalated")} <= set(
        told
    )


def test_after_a_project_only_what_is_measured_then_opens_another(office: Office) -> None:
    with_readings(office, ("G-07", "2021-07-27", "112"))
    swept(office)
    (ticket,) = projects(office)
    issued(office, initiated(office, ticket))
    office.at("2021-10-08 09:00")
    advanced(office, ticket, "commission", capacity_after_kva="160")
    assert swept(office)["done"] == 0
    assert [each for each in duties(office, everything=True) if each.subject_kind == "area"] == []
    office.at("2021-10-09 09:00")
    with_readings(office, ("G-07", "2021-10-08 19:00", "112"))
    assert swept(office)["done"] == 1
    assert [each.ticket_no for each in projects(office)] != [ticket.ticket_no]


def test_giving_a_project_up_does_not_end_the_duty(office: Office) -> None:
    """What was measured before still stands, because nothing was built (R-9.1a)."""
    with_areas(office, T2="1000")
    with_readings(office, ("G-07", "2021-07-27", "112"), ("T2", "2021-07-27", "10"))
    swept(office)
    (ticket,) = projects(office)
    office.clock.pass_by(hours=1)
    office.fire(ticket, "abort", reason="没有资金")
    (duty,) = duties(office)
    assert (duty.rule, duty.project_no, duty.is_settled) == ("must_open", "", False)
    office.clock.pass_by(hours=1)
    assert swept(office)["done"] == 1
    (again,) = projects(office)
    assert again.ticket_no != ticket.ticket_no
    assert "最高负载率 70.0%" in details(again)["explanation"]
    assert [each.project_no for each in duties(office)] == [again.ticket_no]
    assert swept(office)["done"] == 0


def test_who_gives_a_project_up_and_corrects_the_reading_is_rid_of_the_duty(
    office: Office,
) -> None:
    with_areas(office, T2="1000")
    with_readings(office, ("G-07", "2021-07-27", "112"), ("T2", "2021-07-27", "10"))
    swept(office)
    (ticket,) = projects(office)
    with_readings(office, ("G-07", "2021-07-27", "11.2"))
    office.fire(ticket, "abort", reason="抄录错误")
    assert duties(office) == []
    assert swept(office)["done"] == 0


def test_giving_a_project_up_after_one_was_built_looks_at_what_came_since(office: Office) -> None:
    with_readings(office, ("G-07", "2021-07-27", "112"))
    swept(office)
    (first,) = projects(office)
    issued(office, initiated(office, first))
    office.at("2021-10-08 09:00")
    advanced(office, first, "commission", capacity_after_kva="160")
    second = office.application.readiness.projects.open("G-07", reason="线路老化", actor=PROJECT)
    office.at("2021-10-08 10:00")
    office.fire(second, "abort", reason="另行安排")
    assert swept(office)["done"] == 0


def test_giving_a_project_up_leaves_what_a_connection_will_do(office: Office) -> None:
    with_areas(office, T2="1000")
    with_readings(office, ("G-07", "2021-07-27", "111.68"), ("T2", "2021-07-27", "10"))
    ticket = office.submit(at_area(requested_capacity_kw=Decimal(20)))
    office.fire(ticket, "complete_intake")
    swept(office)
    (project,) = projects(office)
    office.fire(project, "abort", reason="没有资金")
    assert [(each.rule, each.project_no) for each in duties(office)] == [("forecast", "")]
    assert swept(office)["done"] == 1
    (again,) = projects(office)
    assert details(again)["occasion"] == "predicted_above_80"
    issued(office, initiated(office, again))
    office.at("2021-10-08 09:00")
    advanced(office, again, "commission", capacity_after_kva="315")
    assert swept(office)["done"] == 0  # it was built for this very connection
    assert duties(office) == []


def test_exactly_80_percent_of_kilowatts_do_not_open_a_project(office: Office) -> None:
    with_areas(office, A5="50")
    content = b"node_id,measured_at,peak_kw\nA5,2021-07-27,7\n"
    assert not office.application.loads.import_file(content, actor=CHIEF).refused
    first = office.submit(at_area("A5", requested_capacity_kw=Decimal(14)))
    office.fire(first, "complete_intake")
    swept(office)
    second = office.submit(
        at_area("A5", requested_capacity_kw=Decimal(15), address="示例县城和畅路19号")
    )
    office.fire(second, "complete_intake")
    swept(office)
    found = forecast(office, second)
    assert (found.percent_expected, found.exceeds) == ("80.0", False)
    assert projects(office) == []


def test_an_area_in_no_cell_is_seen_and_cannot_open_itself(office: Office) -> None:
    with_readings(office, ("T1", "2021-07-27", "400"))
    assert swept(office) == {"done": 0, "unchanged": 0, "overtaken": 0, "failed": 0}
    (duty,) = duties(office)
    assert (duty.subject_id, duty.branch, duty.project_no) == ("T1", "", "")


# --- opened by people ---------------------------------------------------------------------------


def test_people_open_what_may_be_opened(office: Office) -> None:
    with_readings(office, ("G-07", "2021-07-27", "80"))
    opening = office.application.readiness.projects
    number = opening.open("G-07", reason="", actor=PROJECT)
    (ticket,) = projects(office)
    assert ticket.ticket_no == number
    assert (details(ticket)["duty"], details(ticket)["occasion"]) == ("may", "load_from_50")
    with pytest.raises(RefusedError) as refusal:
        opening.open("G-07", reason="再来一个", actor=PROJECT)
    assert codes(refusal) == {"open_already"}


def test_without_a_rule_a_project_needs_a_reason_and_with_one_a_role(office: Office) -> None:
    opening = office.application.readiness.projects
    with pytest.raises(RefusedError) as refusal:
        opening.open("T1", reason="", actor=CHIEF)
    assert codes(refusal) == {"reason_missing", "no_cell"}
    with pytest.raises(RefusedError):
        opening.open("G-07", reason="频繁故障", actor=WHO["tc-counter"])
    with pytest.raises(NotFoundError):
        opening.open("F2", reason="频繁故障", actor=PROJECT)
    opening.open("G-07", reason="频繁故障", actor=SECTION)
    assert details(projects(office)[0])["occasion"] == "other"


def test_a_project_opened_like_any_ticket_is_counted_in(office: Office) -> None:
    request = ServiceRequest(title="竹溪改造", contact=Contact(name="竹溪"), node_id="P1")
    given = {"duty": "may", "occasion": "other", "explanation": "线路老化"}
    office.application.tickets.open(
        "reinforcement_project", request, branch="tengchong", actor=PROJECT, given=given
    )
    with_readings(office, ("G-07", "2021-07-27", "112"))
    assert swept(office)["done"] == 1  # adopted, so that none is opened
    assert len(projects(office)) == 1
    (duty,) = [each for each in duties(office) if each.subject_kind == "area"]
    assert (duty.rule, duty.project_no) == ("must_open", projects(office)[0].ticket_no)


# --- cells --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kva", "early"), [("160", False), ("160.1", True)], ids=["160.0", "159.9"]
)
def test_a_cell_below_160_kva_is_controlled_early(office: Office, kva: str, early: bool) -> None:
    with_areas(office, T2="400", T3="")
    with_readings(
        office,
        ("G-07", "2021-07-27", "159"),  # nothing free
        ("T2", "2021-07-27", kva),
        ("T3", "2021-07-27", "1"),
    )
    found = [each for each in duties(office) if each.subject_kind == "cell"]
    assert [each.subject_id for each in found] == (["tc-02"] if early else [])
    if early:
        assert (found[0].rule, found[0].is_duty) == ("early_control", True)
        assert "159.9 kVA，小于 160 kVA" in found[0].message
        assert "1 个台区没有负载数据" in found[0].message


def test_a_project_in_the_cell_settles_its_early_control(office: Office) -> None:
    with_readings(office, ("G-07", "2021-07-27", "60"))  # 37.5 %, 68 kVA free
    assert swept(office)["done"] == 0
    (duty,) = duties(office)
    assert (duty.subject_kind, duty.project_no) == ("cell", "")
    number = office.application.readiness.projects.open("G-07", reason="", actor=PROJECT)
    (ticket,) = projects(office)
    assert (details(ticket)["duty"], details(ticket)["occasion"]) == ("must", "cell_below_160")
    assert {each.project_no for each in duties(office)} == {number}
    issued(office, initiated(office, ticket))
    assert duties(office) == []


# --- forecasts ----------------------------------------------------------------------------------


def forecast(office: Office, ticket: Ticket) -> Any:
    return office.application.readiness.tickets.of_ticket(ticket.ticket_no, actor=CHIEF).forecast


def test_a_connection_that_overloads_its_area_opens_a_project_early(office: Office) -> None:
    """The simbench example: 69.8 % and 20 kW make 83.7 % (T4d)."""
    with_readings(office, ("G-07", "2021-07-27", "111.68"))
    ticket = office.submit(at_area(requested_capacity_kw=Decimal(20)))
    assert swept(office)["done"] == 0  # not accepted yet
    found = forecast(office, ticket)
    assert (found.percent_now, found.percent_expected) == ("69.8", "83.7")
    assert (found.exceeds, found.project_no) == (True, "")
    office.fire(ticket, "complete_intake")
    assert swept(office)["done"] == 1
    (project,) = projects(office)
    assert (details(project)["duty"], details(project)["occasion"]) == (
        "must",
        "predicted_above_80",
    )
    assert ticket.ticket_no in details(project)["explanation"]
    assert forecast(office, ticket).project_no == project.ticket_no
    assert [each.rule for each in duties(office) if each.subject_kind == "area"] == ["forecast"]
    told = [each for each in office.entries("readiness") if each.action == "forecast_load"]
    assert [each.facts["ticket_no"] for each in told] == [ticket.ticket_no]
    assert swept(office)["done"] == 0


@pytest.mark.parametrize(("kw", "opens"), [("28.80", 0), ("28.95", 1)], ids=["80.0", "80.1"])
def test_80_percent_do_not_open_and_more_do(office: Office, kw: str, opens: int) -> None:
    with_readings(office, ("G-07", "2021-07-27", "96"))
    ticket = office.submit(at_area(requested_capacity_kw=Decimal(kw)))
    office.fire(ticket, "complete_intake")
    swept(office)
    assert forecast(office, ticket).exceeds is bool(opens)
    assert len(projects(office)) == opens


def test_a_forecast_never_stands_in_the_way(office: Office) -> None:
    with_readings(office, ("G-07", "2021-07-27", "159"))
    ticket = office.submit(at_area(requested_capacity_kw=Decimal(100)))
    ended = office.fire(
        ticket, "complete_intake", "finish_site_visit", "release_works", "finish_works", "energize"
    )
    assert ended.state == "energized"
    assert forecast(office, ticket) is None


def test_who_was_accepted_before_is_counted_and_who_is_connected_until_measured(
    office: Office,
) -> None:
    with_readings(office, ("G-07", "2021-07-27", "90"))
    first = office.submit(at_area(requested_capacity_kw=Decimal(18)))
    second = office.submit(
        a_business(node_id="P1", requested_capacity_kw=Decimal(18)), papers=("business_licence",)
    )
    assert forecast(office, second).percent_expected == "68.8"  # the first is not accepted yet
    office.fire(first, "complete_intake")
    swept(office)
    assert forecast(office, second).percent_expected == "81.3"
    assert "在途容量 20.0 kVA" in forecast(office, second).sentence
    office.fire(first, "finish_site_visit", "release_works", "finish_works", "energize")
    assert forecast(office, second).percent_expected == "81.3"
    office.at("2021-07-29 09:00")
    with_readings(office, ("G-07", "2021-07-28 20:00", "110"))
    assert "在途" not in forecast(office, second).sentence
    assert forecast(office, second).percent_expected == "81.3"


def test_a_ticket_is_forecast_again_where_the_plan_is_confirmed(office: Office) -> None:
    ticket = office.submit(at_area(requested_capacity_kw=Decimal(20)))
    office.fire(ticket, "complete_intake")
    assert swept(office)["done"] == 1
    with_readings(office, ("G-07", "2021-07-27", "111.68"))
    assert swept(office)["done"] == 0
    office.fire(ticket, "finish_site_visit", "release_works")
    assert swept(office)["done"] == 1
    assert [details(each)["occasion"] for each in projects(office)] == ["predicted_above_80"]


def test_a_corrected_capacity_is_forecast_again(office: Office) -> None:
    with_readings(office, ("G-07", "2021-07-27", "111.68"))
    ticket = office.submit(at_area(requested_capacity_kw=Decimal(2)))
    office.fire(ticket, "complete_intake")
    swept(office)
    assert projects(office) == []
    office.application.amendments.amend(
        ticket.ticket_no, {"requested_capacity_kw": "20"}, reason="录错", actor=WHO["tc-counter"]
    )
    swept(office)
    assert len(projects(office)) == 1


def test_a_ticket_that_becomes_high_voltage_weighs_on_its_area_no_more(office: Office) -> None:
    with_areas(office, T2="1000")
    with_readings(office, ("G-07", "2021-07-27", "60"), ("T2", "2021-07-27", "10"))
    ticket = office.submit(
        a_business(node_id="P1", requested_capacity_kw=Decimal(100)), papers=("business_licence",)
    )
    office.fire(ticket, "complete_intake")
    swept(office)
    assert "预计配变最高负载率" in duties(office)[0].message
    office.application.amendments.amend(
        ticket.ticket_no, {"requested_capacity_kw": "200"}, reason="录错", actor=WHO["tc-counter"]
    )
    assert forecast(office, ticket) is None
    other = office.submit(at_area(requested_capacity_kw=Decimal(1)))
    assert "在途" not in forecast(office, other).sentence


def test_what_is_not_known_is_said(office: Office) -> None:
    with_areas(office, T9="")
    nowhere = office.submit()
    unrated = office.submit(at_area("T9", address="示例路9号"))
    assert forecast(office, nowhere).sentence == "接入台区未定，不能预计配变负载"
    assert forecast(office, unrated).sentence == "T9台区没有额定容量，不能预计配变负载"
    assert not forecast(office, nowhere).exceeds
    office.fire(nowhere, "complete_intake")
    assert swept(office) == {"done": 1, "unchanged": 1, "overtaken": 0, "failed": 0}


def test_people_of_another_branch_see_their_own_duties_only(office: Office) -> None:
    with_readings(office, ("G-07", "2021-07-27", "112"))
    listing = office.application.readiness.duties.listing
    assert listing(actor=WHO["ll-head"]) == ()
    assert len(listing(actor=WHO["tc-head"])) == 2  # the area and its cell
