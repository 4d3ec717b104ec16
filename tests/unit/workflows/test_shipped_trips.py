"""Tickets on the shipped definitions: conditional acceptance holds at its borders (C4a, Q1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.application import InvestmentBoundary
from engine.errors import RefusedError
from engine.machine import TicketMachine
from tests.builders import CALENDAR, a_business, a_ticket, an_act, an_application
from workflows.catalog import load_shipped

if TYPE_CHECKING:
    from engine.ticket import Ticket

MACHINES = {definition.id: TicketMachine(definition) for definition, _ in load_shipped()}
EXTENDED, STANDARD = InvestmentBoundary.EXTENDED, InvestmentBoundary.STANDARD
TO_PLAN = ("complete_intake", "finish_site_visit")
LOW_WORKS = (*TO_PLAN, "release_works", "finish_works")
HIGH_WORKS = (*TO_PLAN, "reply_supply_plan", "report_completion", "pass_inspection")


def submitted(definition_id: str, boundary: InvestmentBoundary, *papers: str) -> Ticket:
    """A ticket that came in with these papers: from a resident at low voltage, else a business."""
    resident = definition_id == "lv_resident"
    ticket = a_ticket(
        definition=MACHINES[definition_id].definition,
        request=an_application() if resident else a_business(),
        boundary=boundary,
        papers=papers,
    )
    act = an_act("2021-09-06 09:00")
    return MACHINES[definition_id].submit(ticket, act, CALENDAR).ticket


def moved(ticket: Ticket, *triggers: str) -> Ticket:
    """The ticket after these moves, one day later."""
    for trigger in triggers:
        act = an_act("2021-09-07 10:00")
        ticket = MACHINES[ticket.definition_id].fire(ticket, trigger, act, CALENDAR).ticket
    return ticket


def missing(ticket: Ticket, trigger: str) -> list[str]:
    """What the refusal of this move says is missing."""
    with pytest.raises(RefusedError) as refusal:
        moved(ticket, trigger)
    return [reason.message for reason in refusal.value.reasons]


PROPERTY = "缺少用电地址物权证件"
APPROVAL = "缺少用电工程项目批准文件"


@pytest.mark.parametrize(
    ("definition_id", "key", "lacking"),
    [
        ("lv_resident", "identity", ("property_proof",)),
        ("lv_business", "business_licence", ("property_proof",)),
        ("lv_business", "organization_code", ("property_proof",)),
        ("hv_dual_supply", "business_licence", ("property_proof", "project_approval")),
    ],
)
def test_the_key_document_alone_is_accepted_and_the_rest_deferred(
    definition_id: str, key: str, lacking: tuple[str, ...]
) -> None:
    accepted = moved(submitted(definition_id, STANDARD, key), "complete_intake")
    assert accepted.deferred == lacking


def test_the_owners_id_card_does_not_replace_the_licence() -> None:
    ticket = submitted("hv_single_supply", STANDARD, "identity")
    assert missing(ticket, "complete_intake") == ["缺少营业执照或组织机构代码证"]


def test_an_extended_customer_completes_before_works_are_released() -> None:
    ticket = moved(submitted("lv_resident", EXTENDED, "identity"), *TO_PLAN)
    assert missing(ticket, "release_works") == [PROPERTY]
    complete = moved(submitted("lv_resident", EXTENDED, "identity", "property_proof"), *LOW_WORKS)
    assert moved(complete, "energize").state == "energized"


def test_any_other_customer_completes_before_energization() -> None:
    ticket = moved(submitted("lv_business", STANDARD, "business_licence"), *LOW_WORKS)
    assert missing(ticket, "energize") == [PROPERTY]


def test_an_extended_high_voltage_customer_completes_before_the_reply() -> None:
    ticket = moved(submitted("hv_single_supply", EXTENDED, "business_licence"), *TO_PLAN)
    assert missing(ticket, "reply_supply_plan") == [PROPERTY, APPROVAL]


def test_high_voltage_works_do_not_wait_for_the_project_approval() -> None:
    papers = ("business_licence", "completion_report")
    ticket = moved(submitted("hv_single_supply", STANDARD, *papers), *HIGH_WORKS)
    assert missing(ticket, "energize") == [PROPERTY, APPROVAL]


def test_the_completion_report_is_due_at_the_inspection() -> None:
    papers = ("business_licence", "property_proof", "project_approval")
    ticket = moved(submitted("hv_dual_supply", STANDARD, *papers), *TO_PLAN, "reply_supply_plan")
    assert missing(ticket, "report_completion") == ["缺少工程竣工报告（含竣工图纸）"]
