"""Finished tickets done again: exactly as they were, and as a draft would have had them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, get_args

import pytest

from engine.amendments import AMENDABLE
from engine.calendar import DayOverride
from engine.errors import RefusedError
from engine.events import Event
from engine.replay import reenact
from engine.replay.acts import ACTS, CONSEQUENCES
from engine.ticket import PauseCause
from tests.applicants import (
    ACCOUNT,
    CHIEF,
    COUNTER,
    HIGH_VOLTAGE_PAPERS,
    OTHER_PAIR,
    PROJECT,
    SECTION,
    a_business,
    a_factory,
    a_quarter,
    a_resident,
    an_enterprise,
)
from tests.drafting import SECOND, drafted, published
from tests.integration.test_amendments import amend
from tests.integration.test_fields import DISPATCHER, dug
from tests.replaying import done_again, own_rules
from tests.unit.workflows.drafts import edited, shipped_text
from workflows.problems import DefinitionFaultsError

if TYPE_CHECKING:
    from app.rules.replaying import Replay
    from engine.ticket import Ticket
    from tests.application import Office

ID = "lv_business"
LOW = ("complete_intake", "finish_site_visit", "release_works", "finish_works", "energize")
CORRECTIONS = {
    "name": "示例县知行文化传播有限公司",
    "phone": "13000000399",
    "address": "示例县城知行路88号",
    "requested_capacity_kw": "90",
    "expected_energization_on": "2021-10-08",
}
"""One other value of each fact that may be corrected."""
SHORTER = (
    ("limit: {days: 4,", "limit: {days: 2,"),
    ("handling_limit: {days: 5,", "handling_limit: {days: 3,"),
)


def done_alike(office: Office, ticket: Ticket | str) -> None:
    """The stored ticket comes out of its own record, to the last field."""
    number = ticket if isinstance(ticket, str) else ticket.ticket_no
    again = done_again(office.application, number)
    assert again.ticket == office.ticket(number)
    assert (again.stop, again.skipped, again.unknown) == (None, (), ())


def connected(office: Office, *days: str, **facts: Any) -> Ticket:
    """An enterprise's connection; each move on one of the days, from the 6th on."""
    ticket = office.at("2021-09-06 09:00").submit(an_enterprise(**facts))
    for trigger, day in zip(LOW, days, strict=True):
        ticket = office.at(f"2021-09-{day} 10:00").fire(ticket, trigger)
    return ticket


def replay(office: Office, text: str, **page: Any) -> Replay:
    number = drafted(office, text).number
    return office.application.replays.replay(number, actor=SECOND, **page)


# --- as it was ---------------------------------------------------------------------------------


def test_the_plain_course_of_a_connection(office: Office) -> None:
    ticket = connected(office, "06", "07", "07", "08", "08")
    done_alike(office, ticket)


def test_papers_pauses_and_managers(office: Office) -> None:
    documents, tickets = office.application.documents, office.application.tickets
    ticket = office.at("2021-09-06 09:00").submit(a_resident(), papers=())
    number = ticket.ticket_no
    office.at("2021-09-06 10:00").supply(ticket, "identity", expires_on=date(2021, 12, 31))
    documents.reject(number, 1, "看不清", actor=COUNTER)
    office.at("2021-09-07 10:00").supply(ticket, "identity")
    documents.verify(number, 2, actor=COUNTER)
    tickets.assign_managers(number, OTHER_PAIR, actor=SECTION, reason="原经理休假")
    office.fire(ticket, "complete_intake", "finish_site_visit")
    office.at("2021-09-08 10:00").supply(ticket, "property_proof")
    office.fire(ticket, "release_works")
    cause = PauseCause.EXTERNAL_LINE
    tickets.suspend(number, cause, evidence="通知单12号", actor=PROJECT)
    done_alike(office, number)
    tickets.resume(number, actor=office.at("2021-09-14 10:00") and PROJECT)
    office.fire(ticket, "finish_works", "energize")
    done_alike(office, number)


def test_high_voltage_with_a_failed_inspection_and_an_extended_boundary(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit(a_factory(), papers=HIGH_VOLTAGE_PAPERS)
    office.application.tickets.extend_boundary(
        ticket.ticket_no, reason="三大攻坚战项目", actor=SECTION
    )
    office.fire(ticket, "complete_intake", "finish_site_visit", "reply_supply_plan")
    office.at("2021-09-20 10:00").supply(ticket, "completion_report")
    office.fire(ticket, "report_completion")
    office.fire(ticket, "fail_inspection", reason="接地不良")
    office.at("2021-09-24 10:00")
    office.fire(ticket, "request_reinspection", "pass_inspection", "energize")
    done_alike(office, ticket)


@pytest.mark.parametrize("field", sorted(AMENDABLE))
def test_each_correction(office: Office, field: str) -> None:
    ticket = office.at("2021-09-06 09:00").submit(an_enterprise())
    amend(office, ticket, **{field: CORRECTIONS[field]})
    office.fire(ticket, "complete_intake")
    done_alike(office, ticket)


def test_corrections_that_change_the_process_and_back(office: Office) -> None:
    ticket = office.at("2022-01-10 09:00").submit(a_business(), papers=("business_licence",))
    assert ticket.definition_id == "lv_business_three_zero"
    office.fire(ticket, "complete_intake")
    assert amend(office, ticket, requested_capacity_kw="170").definition_id == "hv_single_supply"
    assert amend(office, ticket, requested_capacity_kw="80").definition_id != "hv_single_supply"
    done_alike(office, ticket)


def test_a_better_rule_that_came_into_force(office: Office) -> None:
    ticket = office.at("2021-12-30 09:00").submit(a_business())
    office.fire(ticket, "complete_intake")
    office.at("2021-12-31 09:00").application.amendments.reevaluate()
    assert office.ticket(ticket).definition_id == "lv_business_three_zero"
    done_alike(office, ticket)


def test_a_second_application_and_an_abort(office: Office) -> None:
    first = office.at("2021-09-06 09:00").submit(a_resident())
    second = office.at("2021-09-07 09:00").submit(a_resident())
    office.fire(first, "abort", reason="客户撤回")
    assert second.linked_to == first.ticket_no
    done_alike(office, first)
    done_alike(office, second)


def test_a_process_with_fields(office: Office) -> None:
    ticket = dug(office, soil="clay", starts_on="2021-10-01")
    advance = office.application.tickets.advance
    advance(ticket.ticket_no, "dig", actor=DISPATCHER, given={"depth_m": "8.5"})
    done_alike(office, ticket)
    given = {"depth_m": "20", "is_dry": "no"}
    advance(ticket.ticket_no, "strike", actor=DISPATCHER, given=given)
    done_alike(office, ticket)


def test_a_service_request_of_the_plan(office: Office) -> None:
    tickets = office.application.tickets
    ticket = tickets.open("asset_transfer", a_quarter(), branch="tengchong", actor=COUNTER)
    office.fire(ticket, "fail_assessment", reason="表箱不合格")
    office.at("2021-08-02 09:00").fire(ticket, "start_rectification", "reassess")
    office.fire(ticket, "pass_assessment", "receive")
    done_alike(office, ticket)


def test_a_migrated_ticket_whose_customer_agreed(office: Office) -> None:
    published(office, edited(ID, *SHORTER))
    ticket = office.at("2021-09-06 09:00").submit(an_enterprise())
    office.fire(ticket, "complete_intake")
    drafts, migrations = office.application.drafts, office.application.migrations
    drafts.publish(drafts.rollback(ID, 1, actor=CHIEF).number, actor=SECOND)
    number = migrations.propose(ID, 3, reason="恢复旧版", actor=CHIEF).number
    migrations.agree(ticket.ticket_no, number, evidence="同意书", actor=ACCOUNT)
    migrations.run(number, actor=SECOND)
    assert office.ticket(ticket).definition_version == 3
    done_alike(office, ticket)
    office.at("2021-09-07 09:00").fire(ticket, "finish_site_visit")
    done_alike(office, ticket)


def test_by_another_calendar_the_same_course_with_the_dates_of_today(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit(an_enterprise())
    office.fire(ticket, "complete_intake")
    day = DayOverride(on=date(2021, 9, 8), is_working=False, note="临时放假")
    office.application.calendars.override(day, actor=CHIEF)
    office.application.calendars.recompute()
    office.at("2021-09-07 09:00").fire(ticket, "finish_site_visit")
    again, stored = done_again(office.application, ticket.ticket_no), office.ticket(ticket)
    assert again.ticket is not None
    assert (again.ticket.state, again.ticket.revision) == (stored.state, stored.revision)
    assert [str(each.due_on) for each in stored.stage_runs[-1].promises] == [
        "2021-09-10",
        "2021-09-13",
    ]
    assert [str(each.due_on) for each in again.ticket.stage_runs[-1].promises] == ["2021-09-13"]


def test_every_event_of_the_engine_can_be_done_again() -> None:
    """Whoever adds an event says how it is done again, or that it follows from what does."""
    assert {each.__name__ for each in get_args(Event)} == (set(ACTS) - {""}) | CONSEQUENCES


def test_what_cannot_be_done_again_is_named_and_does_not_hide_the_rest(office: Office) -> None:
    ticket = connected(office, "06", "07", "07", "08", "08")
    entries = office.entries(ticket)
    strange = json.dumps({"events": [{"event": "MoonRisen"}]})
    course = [*entries[:2], replace(entries[1], details=strange), *entries[2:]]
    with office.application.database.reading() as work:
        again = reenact(ticket, course, own_rules(office.application, work))
    assert again.unknown == ("MoonRisen",)
    assert again.ticket == ticket


# --- as a draft would have had it --------------------------------------------------------------


def test_a_draft_that_changes_nothing_changes_no_ticket(office: Office) -> None:
    connected(office, "06", "07", "07", "08", "14")
    found = replay(office, "# a remark\n" + shipped_text(ID))
    assert (found.totals.examined, found.totals.same, found.tickets) == (1, 1, ())


def test_a_shorter_limit_shows_who_would_have_been_late_and_in_which_stage(office: Office) -> None:
    connected(office, "06", "07", "07", "08", "08")
    late = connected(office, "06", "07", "07", "08", "10", address="示例路1号")
    connected(office, "06", "07", "07", "08", "14", address="示例路2号")  # late by both
    entries = office.verify()
    found = replay(office, edited(ID, *SHORTER))
    assert (found.totals.examined, found.totals.same) == (3, 2)
    assert found.totals.newly_overdue == {"装表接电": 1, "合计办理时间": 1}
    (finding,) = found.tickets
    assert finding.ticket_no == late.ticket_no
    assert finding.newly_overdue == ("stage:metering_and_energization", "handling")
    assert found.clock_names["handling"] == "合计办理时间"
    assert office.verify() == entries


def test_a_longer_limit_shows_who_would_have_been_in_time(office: Office) -> None:
    published(office, edited(ID, *SHORTER))
    connected(office, "06", "07", "07", "08", "10")
    number = office.application.drafts.rollback(ID, 1, actor=CHIEF).number
    totals = office.application.replays.replay(number, actor=SECOND).totals
    assert totals.no_longer_overdue == {"装表接电": 1, "合计办理时间": 1}
    assert totals.newly_overdue == {}


def test_tickets_are_named_page_by_page(office: Office) -> None:
    for number in range(3):
        connected(office, "06", "07", "07", "08", "10", address=f"示例路{number}号")
    connected(office, "06", "07", "07", "08", "08", address="示例路9号")
    number = drafted(office, edited(ID, *SHORTER)).number
    replays = office.application.replays
    first = replays.replay(number, actor=SECOND, limit=2)
    rest = replays.replay(number, actor=SECOND, limit=2, after=first.after)
    assert [len(first.tickets), len(rest.tickets), rest.after] == [2, 1, ""]
    assert first.totals == rest.totals
    assert first.tickets[-1].ticket_no == first.after < rest.tickets[0].ticket_no


def test_open_tickets_and_other_processes_are_no_past(office: Office) -> None:
    connected(office, "06", "07", "07", "08", "08")
    office.submit(an_enterprise(address="示例路3号"))
    office.fire(office.submit(a_resident()), "abort", reason="客户撤回")
    assert replay(office, edited(ID, *SHORTER)).totals.examined == 1


def test_only_administrators_of_the_company_replay_and_only_sound_drafts(office: Office) -> None:
    replays = office.application.replays
    number = drafted(office, edited(ID, *SHORTER)).number
    for who in (COUNTER, replace(SECOND, branch="tengchong")):
        with pytest.raises(RefusedError):
            replays.replay(number, actor=who)
    faulty = drafted(office, edited(ID, ("limit: {days: 4,", "limit: {days: 9,")), revision=1)
    with pytest.raises(DefinitionFaultsError):
        replays.replay(faulty.number, actor=SECOND)
