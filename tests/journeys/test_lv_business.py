"""A larger enterprise at low voltage: no 三零, papers until energization, and one that gives up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.errors import RefusedError
from engine.ticket import FlagCode, PauseCause
from tests.applicants import ACCOUNT, an_enterprise
from tests.application import codes

if TYPE_CHECKING:
    from tests.application import Office

MANAGERS = [("tc-account", "limit_due"), ("tc-project", "limit_due")]
BEGIN = [
    ("customer", "application_received"),
    ("tc-account", "manager_assigned"),
    ("tc-project", "manager_assigned"),
]


def test_the_customers_works_stop_every_clock_with_a_limit(office: Office) -> None:
    enterprise = an_enterprise()
    ticket = office.at("2021-09-27 09:00").submit(enterprise, papers=("organization_code",))
    assert (ticket.definition_id, ticket.boundary) == ("lv_business", "standard")
    assert office.told() == BEGIN
    office.at("2021-09-27 15:00").fire(ticket, "complete_intake")
    assert office.told() == [("customer", "application_accepted")]
    accepted = office.text(ticket, "application_accepted")
    assert (
        "装表接电，4 个工作日内，2021-10-08 前。请于装表接电前补齐：用电地址物权证件。" in accepted
    )
    assert "三零" not in accepted

    office.at("2021-09-28 09:00").fire(ticket, "finish_site_visit", "release_works")
    office.application.tickets.suspend(
        ticket.ticket_no, PauseCause.CUSTOMER_WORKS, evidence="客户配电室改造", actor=ACCOUNT
    )
    assert office.told() == [("customer", "clock_stopped")]
    assert office.tick("2021-10-20 12:00") == []
    office.application.tickets.resume(ticket.ticket_no, actor=ACCOUNT)
    assert office.told() == [("customer", "clock_resumed")]
    assert office.dues(ticket)["stage:metering_and_energization"] == "2021-10-22"

    office.fire(ticket, "finish_works")
    with pytest.raises(RefusedError) as refused:
        office.fire(ticket, "energize")
    assert codes(refused) == {"document_missing"}
    documents = [
        ("customer", "deferred_documents_due"),
        ("tc-account", "deferred_documents_collect"),
    ]
    assert office.tick("2021-10-21 08:30") == sorted([*MANAGERS, *documents])
    office.supply(ticket, "property_proof")
    assert office.tick("2021-10-22 08:30") == MANAGERS
    ended = office.at("2021-10-22 10:00").fire(ticket, "energize")
    assert office.told() == [("customer", "energized")]
    assert (ended.flags, office.elapsed(ticket)) == (
        (),
        {
            "stage:intake": 0,
            "stage:metering_and_energization": 4,
            "handling": 4,
            "end_to_end": 15,
        },
    )


def test_one_that_is_given_up_and_comes_back_is_known_again(office: Office) -> None:
    first = office.at("2021-09-06 09:00").submit(an_enterprise())
    office.told()
    office.at("2021-09-07 10:00").fire(first, "abort", reason="客户资金未到位")
    assert office.told() == [("customer", "ticket_aborted")]
    assert office.tick("2021-09-30 08:30") == []
    second = office.at("2021-10-08 09:00").submit(an_enterprise())
    assert office.told() == BEGIN
    assert (second.linked_to, second.flags[0].code) == (first.ticket_no, FlagCode.RESTARTED)
