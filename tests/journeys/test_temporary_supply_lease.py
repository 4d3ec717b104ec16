"""Equipment for a building site is leased by the month, kept longer, and handed back (四(三)5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.application import Contact, ServiceRequest
from engine.errors import RefusedError
from tests.applicants import COUNTER
from tests.application import codes

if TYPE_CHECKING:
    from engine.ticket import Ticket
    from tests.application import Office

SITE = ServiceRequest(
    title="示例工地",
    contact=Contact(name="示例建筑有限公司", phone="13000000311"),
    address="示例县城望江路东侧",
    node_id="T1",
)
WISH = {
    "purpose": "construction",
    "capacity_kva": "200",
    "starts_on": "2021-09-13",
    "ends_on": "2021-12-12",
}
CONTRACT = {"contract_number": "LZ-2021-018", "billing_period": "month", "rent_per_period": "3800"}


def applied(office: Office, **wish: str) -> Ticket:
    office.at("2021-09-06 09:00")
    return office.application.tickets.open(
        "temporary_supply_lease", SITE, branch="tengchong", actor=COUNTER, given=WISH | wish
    )


def test_equipment_is_leased_renewed_and_returned(office: Office) -> None:
    ticket = applied(office)
    assert ("customer", "application_received") in office.told()
    assert office.text(ticket, "application_received").startswith("您的临时用电租赁申请已登记")

    office.fire(ticket, "accept", equipment="200千伏安箱式变压器 XB-07")
    office.at("2021-09-08 10:00").fire(ticket, "sign_contract", **CONTRACT)
    office.at("2021-09-13 10:00").fire(ticket, "finish_installation")
    office.told()
    renewed = office.at("2021-12-01 10:00").fire(
        ticket, "renew", reason="工期延长", ends_on="2022-02-28"
    )
    assert (renewed.state, office.told()) == ("in_use", [])
    office.at("2022-02-25 10:00").fire(ticket, "end_lease")
    ended = office.at("2022-03-02 16:00").fire(
        ticket, "take_back", equipment_condition="worn", settlement="已付清6期"
    )
    assert (ended.state, ended.ended_at is not None) == ("returned", True)
    assert ended.request.details == {
        **WISH,
        **CONTRACT,
        "ends_on": "2022-02-28",
        "equipment": "200千伏安箱式变压器 XB-07",
        "equipment_condition": "worn",
        "settlement": "已付清6期",
    }
    assert "您的工单TC-20210906-0001已办结" in office.text(ticket, "energized")
    assert office.dues(ticket) == {}
    assert office.elapsed(ticket)["end_to_end"] > 100


def test_every_stage_is_told_to_the_customer(office: Office) -> None:
    ticket = applied(office)
    office.fire(ticket, "accept", equipment="箱变")
    office.fire(ticket, "sign_contract", **CONTRACT)
    office.fire(ticket, "finish_installation")
    office.fire(ticket, "end_lease")
    stages = [
        message.params["stage"]
        for message in office.messages(ticket)
        if message.template_key == "next_stage"
    ]
    assert sorted(stages) == sorted(["签约安装", "租用", "拆除归还"])


def test_a_contract_without_its_terms_is_not_signed(office: Office) -> None:
    ticket = applied(office)
    office.fire(ticket, "accept", equipment="箱变")
    with pytest.raises(RefusedError) as caught:
        office.fire(ticket, "sign_contract", rent_per_period="三千八")
    assert [(each.code, each.field) for each in caught.value.reasons] == [
        ("field_missing", "contract_number"),
        ("field_missing", "billing_period"),
        ("field_malformed", "rent_per_period"),
    ]


def test_a_lease_is_not_broken_off_while_the_equipment_is_out(office: Office) -> None:
    ticket = applied(office)
    office.fire(ticket, "accept", equipment="箱变")
    office.fire(ticket, "sign_contract", **CONTRACT)
    office.fire(ticket, "finish_installation")
    with pytest.raises(RefusedError) as caught:
        office.application.tickets.advance(
            ticket.ticket_no, "abort", actor=COUNTER, reason="客户退租"
        )
    assert codes(caught) == {"trigger_not_allowed"}
