"""Corrections of open tickets, and better rules that come into force: R-5.1b, R-4.4, M3."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from engine.application import AreaClass, ConnectionApplication, ServiceScheme
from engine.errors import ConflictError, MalformedError, RefusedError
from engine.ticket import FlagCode
from tests.applicants import (
    COUNTER,
    HIGH_VOLTAGE_PAPERS,
    a_business,
    a_factory,
    a_quarter,
    a_resident,
)
from tests.application import codes

if TYPE_CHECKING:
    from engine.ticket import Ticket
    from tests.application import Office

TO_PLAN = ("complete_intake", "finish_site_visit")


def amend(office: Office, ticket: Ticket, reason: str = "客户申请更正", **fields: str) -> Ticket:
    return office.application.amendments.amend(
        ticket.ticket_no, fields, reason=reason, actor=COUNTER
    )


def last_events(office: Office, ticket: Ticket) -> list[str]:
    return [event["event"] for event in office.entries(ticket)[-1].facts["events"]]


# --- facts that classify nobody ----------------------------------------------------------------


def test_a_correction_shows_before_and_after_and_moves_no_clock(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit()
    before = office.dues(ticket)
    office.told()
    office.at("2021-09-06 15:00")
    amended = amend(
        office, ticket, name="何青川", phone="13000000399", address="示例县城和畅路28号"
    )
    assert amended.request.contact.name == "何青川"
    (event,) = office.entries(ticket)[-1].facts["events"]
    assert event["changes"] == {
        "name": ["何青山", "何青川"],
        "phone": ["13000000301", "13000000399"],
        "address": ["示例县城和畅路18号", "示例县城和畅路28号"],
    }
    assert (event["reason"], office.dues(ticket)) == ("客户申请更正", before)
    assert office.told() == [("customer", "application_amended"), ("customer", "phone_changed")]
    reached = {m.template_key: m.address for m in office.messages()}
    assert reached["application_amended"] == "13000000399"
    assert reached["phone_changed"] == "13000000301"
    text = office.text(ticket, "application_amended")
    assert "已更正您的户名、联系电话、用电地址。" in text
    assert "/p/" in text


def test_after_a_corrected_address_a_second_application_there_is_linked(office: Office) -> None:
    first = office.submit()
    amend(office, first, address="示例县城和畅路28号")
    at_the_former = office.submit()
    at_the_corrected = office.submit(a_resident(address="示例县城和畅路28号"))
    assert (at_the_former.linked_to, at_the_corrected.linked_to) == ("", first.ticket_no)


def test_every_bad_field_is_named_at_once(office: Office) -> None:
    ticket = office.submit()
    with pytest.raises(MalformedError) as malformed:
        amend(office, ticket, phone="12345", id_number="x", requested_capacity_kw="-1", at="now")
    fields = {reason.field for reason in malformed.value.reasons}
    assert fields == {"phone", "id_number", "requested_capacity_kw", "at"}
    assert "time_claimed" in codes(malformed)


def test_nothing_to_correct_or_no_reason_is_refused(office: Office) -> None:
    ticket = office.submit()
    with pytest.raises(RefusedError) as refused:
        amend(office, ticket, reason=" ", name="何青山")
    assert codes(refused) == {"unchanged", "reason_missing"}
    with pytest.raises(RefusedError) as refused:
        amend(office, ticket, requested_capacity_kw="8.00")
    assert codes(refused) == {"unchanged"}
    with pytest.raises(RefusedError) as refused:
        office.application.amendments.amend(ticket.ticket_no, {}, reason="", actor=COUNTER)
    assert codes(refused) == {"unchanged", "reason_missing"}


def test_what_cannot_be_amended(office: Office) -> None:
    transfer = office.application.tickets.open(
        "asset_transfer", a_quarter(), branch="tengchong", actor=COUNTER
    )
    with pytest.raises(RefusedError) as refused:
        amend(office, transfer, name="示例小区二期")
    assert codes(refused) == {"not_amendable"}
    ended = office.fire(office.submit(), "abort", reason="客户撤回")
    with pytest.raises(RefusedError) as refused:
        amend(office, ended, name="何青川")
    assert codes(refused) == {"ticket_ended"}
    with pytest.raises(RefusedError) as refused:
        amend(office, ended, requested_capacity_kw="12")
    assert codes(refused) == {"ticket_ended"}


def test_an_amendment_of_something_older_is_a_conflict(office: Office) -> None:
    ticket = office.fire(office.submit(), "complete_intake")
    with pytest.raises(ConflictError):
        office.application.amendments.amend(
            ticket.ticket_no, {"name": "何"}, reason="录错", actor=COUNTER, expected_revision=1
        )


# --- another capacity --------------------------------------------------------------------------


def test_a_capacity_within_the_same_rules_changes_no_definition(office: Office) -> None:
    ticket = office.at("2022-01-10 09:00").submit(a_business())
    before = office.dues(ticket)
    amended = amend(office, ticket, requested_capacity_kw="120.5")
    assert isinstance(amended.request, ConnectionApplication)
    assert amended.request.requested_capacity_kw == Decimal("120.5")
    assert (amended.definition_id, amended.flags) == ("lv_business_three_zero", ())
    assert amended.classification is not None
    assert "120.5 kW" in amended.classification.reasons[0]
    assert office.dues(ticket) == before


def test_more_than_the_cap_makes_it_high_voltage_and_clocks_keep_running(office: Office) -> None:
    ticket = office.at("2022-01-10 09:00").submit(a_business(), papers=("business_licence",))
    ticket = office.at("2022-01-11 09:00").fire(ticket, *TO_PLAN)
    office.told()
    moved = office.at("2022-01-12 09:00")
    amended = amend(moved, ticket, requested_capacity_kw="200")
    assert (amended.definition_id, amended.state) == ("hv_single_supply", "plan_confirmation")
    assert last_events(office, ticket) == [
        "ApplicationAmended",
        "TicketReclassified",
        "TicketFlagged",
    ]
    assert office.dues(ticket) == {
        "stage:intake": "2022-01-11",
        "stage:supply_plan_reply": "2022-01-17",
        "handling": "2022-01-29",
    }
    assert office.told() == [
        ("customer", "application_amended"),
        ("customer", "ticket_reclassified"),
    ]
    assert "已改按高压单电源用电报装办理，原计时连续计算" in office.text(
        ticket, "ticket_reclassified"
    )
    # The boundary stays extended, so all that high voltage asks is due at the reply.
    with pytest.raises(RefusedError) as refused:
        office.fire(ticket, "reply_supply_plan")
    assert len(refused.value.reasons) == 2
    office.supply(ticket, "property_proof", "project_approval")
    assert office.fire(ticket, "reply_supply_plan").state == "customer_works"


def test_out_of_three_zero_is_flagged_and_keeps_its_boundary(office: Office) -> None:
    rural = a_business(area_class=AreaClass.RURAL, requested_capacity_kw=Decimal(90))
    ticket = office.at("2022-01-10 09:00").submit(rural)
    amended = amend(office, ticket, requested_capacity_kw="120")
    assert (amended.definition_id, amended.boundary) == ("lv_business", "extended")
    assert amended.classification is not None
    assert amended.classification.service_scheme is ServiceScheme.STANDARD
    assert [flag.code for flag in amended.flags] == [FlagCode.BOUNDARY_NOT_EXTENDED]
    assert "end_to_end" not in office.dues(ticket)


def test_less_capacity_brings_it_to_low_voltage_with_shorter_limits(office: Office) -> None:
    factory = a_factory(requested_capacity_kw=Decimal(200))
    ticket = office.at("2022-01-10 09:00").submit(factory, papers=HIGH_VOLTAGE_PAPERS)
    office.fire(ticket, "complete_intake")
    before = office.dues(ticket)
    amended = amend(office, ticket, requested_capacity_kw="150")
    assert (amended.definition_id, amended.state) == ("lv_business", "site_visit")
    after = office.dues(ticket)
    assert after["stage:metering_and_energization"] == before["stage:supply_plan_reply"]
    assert (before["handling"], after["handling"]) == ("2022-01-29", "2022-01-17")
    done = office.fire(ticket, "finish_site_visit", "release_works", "finish_works", "energize")
    assert done.state == "energized"


def test_after_the_plan_only_what_keeps_the_definition_is_amended(office: Office) -> None:
    ticket = office.at("2022-01-10 09:00").submit(a_business())
    office.fire(ticket, *TO_PLAN, "release_works")
    entries = office.verify()
    with pytest.raises(RefusedError) as refused:
        amend(office, ticket, requested_capacity_kw="200", name="新名")
    assert codes(refused) == {"plan_confirmed"}
    assert (office.ticket(ticket).request, office.verify()) == (ticket.request, entries)
    assert amend(office, ticket, requested_capacity_kw="110").definition_id == ticket.definition_id


# --- a better rule -----------------------------------------------------------------------------


def rural_120_kw(office: Office, when: str) -> Ticket:
    application = a_business(area_class=AreaClass.RURAL, requested_capacity_kw=Decimal(120))
    return office.at(when).submit(application, papers=("business_licence",))


def test_a_better_rule_reaches_open_tickets_on_its_first_day(office: Office) -> None:
    ticket = rural_120_kw(office, "2022-12-30 09:00")
    office.fire(ticket, "complete_intake")
    before = office.dues(ticket)
    office.told()
    reevaluate = office.application.amendments.reevaluate
    office.at("2022-12-30 23:59")
    assert (reevaluate().counts()["done"], office.told()) == (0, [])
    office.at("2022-12-31 00:00")
    assert reevaluate().counts() == {"done": 1, "unchanged": 0, "overtaken": 0, "failed": 0}

    moved = office.ticket(ticket)
    assert (moved.definition_id, moved.boundary) == ("lv_business_three_zero", "extended")
    assert moved.state == "site_visit"
    entry = office.entries(ticket)[-1]
    assert (entry.action, entry.actor_id) == ("reclassification", "system")
    (event,) = entry.facts["events"]
    assert (event["before"], event["after"]) == ("lv_business@1", "lv_business_three_zero@1")
    assert any("2022-12-31" in reason for reason in event["reasons"])
    after = office.dues(ticket)
    assert {key: after[key] for key in before} == before
    assert after["end_to_end"] == "2023-01-09"
    assert office.told() == [("customer", "ticket_reclassified")]
    assert (reevaluate().counts()["done"], office.told()) == (0, [])


def test_a_better_rule_comes_too_late_once_the_plan_is_confirmed(office: Office) -> None:
    ticket = rural_120_kw(office, "2022-12-30 09:00")
    office.fire(ticket, *TO_PLAN, "release_works")
    office.at("2022-12-31 00:00")
    office.application.amendments.reevaluate()
    assert office.ticket(ticket).definition_id == "lv_business"


def test_nobody_is_moved_to_his_disadvantage_or_out_of_an_ended_ticket(office: Office) -> None:
    ended = rural_120_kw(office, "2022-12-30 09:00")
    office.fire(ended, "abort", reason="客户撤回")
    good = office.submit(a_business(address="别处"))
    factory = office.submit(a_factory())
    transfer = office.application.tickets.open(
        "asset_transfer", a_quarter(), branch="tengchong", actor=COUNTER
    )
    everything = [office.ticket(t) for t in (ended, good, factory, transfer)]
    office.at("2023-01-05 09:00")
    assert office.application.amendments.reevaluate().counts()["done"] == 0
    assert [office.ticket(t) for t in everything] == everything
