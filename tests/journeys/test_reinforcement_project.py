"""A project that must be opened stays open until it is opened and its materials are out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.application import Contact, ServiceRequest
from engine.errors import RefusedError
from engine.ticket import SYSTEM
from tests.applicants import COUNTER, PROJECT, SECTION
from tests.application import codes

if TYPE_CHECKING:
    from engine.ticket import Actor, Ticket
    from tests.application import Office

AREA = ServiceRequest(title="和畅台区改造", contact=Contact(name="和畅台区"), node_id="T1")
MUST = {
    "duty": "must",
    "occasion": "load_from_70",
    "measured": "71.5",
    "explanation": "2021年8月最高负载率71.5%",
}


def proposed(office: Office, actor: Actor = SYSTEM) -> Ticket:
    office.at("2021-09-06 09:00")
    return office.application.tickets.open(
        "reinforcement_project", AREA, branch="tengchong", actor=actor, given=MUST
    )


def test_it_is_opened_by_the_system_with_its_reason_and_ends_in_service(office: Office) -> None:
    ticket = proposed(office)
    assert [who for who, _ in office.told()] == ["tc-account", "tc-project"]
    office.fire(ticket, "initiate", project_number="腾供〔2021〕36号", scheme="增容至630千伏安")
    office.fire(ticket, "issue_materials", materials_issue_number="CK20210915-04")
    office.fire(ticket, "report_progress", progress="完成台架基础")
    building = office.fire(ticket, "report_progress", progress="变压器就位")
    assert building.state == "constructing"
    ended = office.fire(ticket, "commission", capacity_after_kva="630")
    assert (ended.state, ended.flags) == ("commissioned", ())
    assert ended.request.details["explanation"] == "2021年8月最高负载率71.5%"
    assert office.told() == []


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"scheme": "增容"}, "project_number"),
        ({"project_number": "36号"}, "scheme"),
    ],
)
def test_it_is_not_opened_without_its_number_and_scheme(
    office: Office, given: dict[str, str], missing: str
) -> None:
    ticket = proposed(office)
    with pytest.raises(RefusedError) as caught:
        office.fire(ticket, "initiate", **given)
    assert [each.field for each in caught.value.reasons] == [missing]


def test_no_way_leads_past_the_materials(office: Office) -> None:
    ticket = proposed(office)
    office.fire(ticket, "initiate", project_number="36号", scheme="增容")
    for trigger in ("commission", "report_progress"):
        with pytest.raises(RefusedError) as caught:
            office.application.tickets.advance(
                ticket.ticket_no, trigger, actor=PROJECT, given={"progress": "完工"}
            )
        assert codes(caught) == {"trigger_not_allowed"}
    with pytest.raises(RefusedError) as caught:
        office.fire(ticket, "issue_materials")
    assert codes(caught) == {"field_missing"}


def test_it_is_cancelled_only_with_a_reason_and_not_by_the_project_manager(
    office: Office,
) -> None:
    ticket = proposed(office)
    cancel = office.application.tickets.advance
    with pytest.raises(RefusedError) as caught:
        cancel(ticket.ticket_no, "abort", actor=PROJECT)
    assert codes(caught) == {"role_not_allowed", "reason_missing"}
    ended = cancel(ticket.ticket_no, "abort", actor=SECTION, reason="并入全区改造")
    assert ended.state == "cancelled"


def test_the_counter_opens_none(office: Office) -> None:
    with pytest.raises(RefusedError) as caught:
        proposed(office, COUNTER)
    assert codes(caught) == {"role_not_allowed"}
