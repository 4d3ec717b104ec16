"""Submitting, opening, moving, assigning, extending: clauses M0-M3, T1b, T2a, T2b, Q12, Q15."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.application import AreaClass, ServiceScheme
from engine.errors import MalformedError, NotFoundError, RefusedError
from engine.ticket import SYSTEM, FlagCode, ManagerPair
from tests.applicants import (
    COUNTER,
    HIGH_VOLTAGE_PAPERS,
    OTHER_PAIR,
    PAIR,
    PHONES,
    PROJECT,
    SECTION,
    WHO,
    a_business,
    a_factory,
    a_hospital,
    a_quarter,
    a_resident,
    an_enterprise,
)
from tests.application import codes

if TYPE_CHECKING:
    from engine.ticket import Ticket
    from tests.application import Office

RURAL, TOWN, SEAT = AreaClass.RURAL, AreaClass.TOWN, AreaClass.COUNTY_SEAT


def kw(number: str, area: AreaClass = SEAT, **facts: Any) -> Any:
    return a_business(requested_capacity_kw=Decimal(number), area_class=area, **facts)


CLASSIFIED = (
    ("M0 shop in town", "2022-01-10", kw("8"), "lv_business_three_zero"),
    ("before the duty", "2021-12-30", kw("8"), "lv_business"),
    ("M3 rural, first day", "2021-12-31", kw("100.0", RURAL), "lv_business_three_zero"),
    ("M3 rural, above", "2022-06-01", kw("100.1", RURAL), "lv_business"),
    ("Q14 town is not urban", "2022-03-01", kw("120", TOWN), "lv_business"),
    ("Q14 town, later", "2023-01-05", kw("120", TOWN), "lv_business_three_zero"),
    ("M3 rural, second day", "2022-12-30", kw("160", RURAL), "lv_business"),
    ("M3 rural, widened", "2022-12-31", kw("160", RURAL), "lv_business_three_zero"),
    ("M3 urban", "2022-06-01", kw("160"), "lv_business_three_zero"),
    ("D1 above the cap", "2022-12-31", kw("160.1", RURAL), "hv_single_supply"),
    ("Q15 total counts", "2022-06-01", kw("70", existing_capacity_kw=Decimal(100)),
     "hv_single_supply"),
    ("not small", "2022-06-01", an_enterprise(), "lv_business"),
    ("resident", "2021-08-02", a_resident(), "lv_resident"),
    ("two sources", "2021-08-02", a_hospital(), "hv_dual_supply"),
    ("Q12 three sources", "2021-08-02", a_hospital(supply_sources=3), "hv_dual_supply"),
)  # fmt: skip


def test_every_application_gets_exactly_one_definition_by_rule(office: Office) -> None:
    found = []
    for case, day, application, _ in CLASSIFIED:
        office.at(f"{day} 10:00")
        ticket = office.submit(application, papers=("property_proof",))
        assert ticket.classification is not None
        assert ticket.classification.reasons
        found.append((case, ticket.definition_id))
        assert (ticket.boundary == "extended") is (
            ticket.classification.service_scheme is ServiceScheme.THREE_ZERO
        )
    assert found == [(case, expected) for case, _, _, expected in CLASSIFIED]


def test_above_10_kv_no_process_applies_and_nothing_is_kept(office: Office) -> None:
    before = office.verify()
    with pytest.raises(RefusedError, match="无适用流程") as refused:
        office.submit(a_factory(requested_voltage_kv=Decimal(35)), papers=HIGH_VOLTAGE_PAPERS)
    assert codes(refused) == {"no_applicable_workflow"}
    assert (office.verify(), office.messages()) == (before, [])


def test_ticket_numbers_count_by_branch_and_shanghai_day(office: Office) -> None:
    office.at("2021-09-06 23:59")
    numbers = [office.submit(a_resident(address=f"{n}号")).ticket_no for n in range(2)]
    numbers.append(office.submit(actor=WHO["ll-counter"]).ticket_no)
    numbers.append(office.at("2021-09-07 00:00").submit(kw("8")).ticket_no)
    assert numbers == [
        "TC-20210906-0001",
        "TC-20210906-0002",
        "LL-20210906-0001",
        "TC-20210907-0001",
    ]


# --- T1b (2), R-5.2: no restart ---------------------------------------------------------------


def aborted(office: Office) -> Ticket:
    """A ticket of 6 September that was aborted on the 10th at noon, overdue."""
    ticket = office.at("2021-09-06 10:00").submit()
    return office.at("2021-09-10 12:00").fire(ticket, "abort", reason="客户撤回申请")


def test_a_second_application_after_an_abort_is_linked_and_flagged(office: Office) -> None:
    first = aborted(office)
    second = office.at("2021-09-13 09:00").submit()
    assert second.linked_to == first.ticket_no
    assert [flag.code for flag in second.flags] == [FlagCode.RESTARTED]
    assert first.ticket_no in second.flags[0].note
    assert "TicketFlagged" in [
        event["event"] for event in office.entries(second)[0].facts["events"]
    ]


@pytest.mark.parametrize(
    ("when", "is_linked"),
    [("2021-12-09 12:00", True), ("2021-12-09 12:01", False)],
    ids=["on the 90th day", "after it"],
)
def test_an_abort_is_remembered_for_90_days(office: Office, when: str, is_linked: bool) -> None:
    first = aborted(office)
    second = office.at(when).submit()
    assert second.linked_to == (first.ticket_no if is_linked else "")
    assert bool(second.flags) is is_linked


def test_a_second_application_beside_an_open_one_is_linked(office: Office) -> None:
    first = office.at("2021-09-06 10:00").submit()
    second = office.at("2022-09-06 10:00").submit(a_resident(address=" 示例县城和畅路１８号 "))
    assert second.linked_to == first.ticket_no


def test_others_and_other_addresses_are_not_linked(office: Office) -> None:
    aborted(office)
    office.at("2021-09-13 09:00")
    neighbour = office.submit(a_resident(id_number="530599199309270281"))
    elsewhere = office.submit(a_resident(address="示例县城和畅路19号"))
    finished = office.submit(a_business())
    office.fire(finished, "complete_intake", "finish_site_visit", "release_works", "finish_works")
    office.fire(finished, "energize")
    later = office.submit(a_business())
    assert [(t.linked_to, t.flags) for t in (neighbour, elsewhere, later)] == [("", ())] * 3


# --- other processes --------------------------------------------------------------------------


def test_another_process_is_opened_without_an_application(office: Office) -> None:
    ticket = office.application.tickets.open(
        "asset_transfer", a_quarter(), branch="tengchong", actor=COUNTER
    )
    assert (ticket.state, ticket.revision, ticket.classification) == (
        "awaiting_assessment",
        1,
        None,
    )
    assert office.dues(ticket) == {}


def test_a_connection_cannot_be_opened_without_its_application(office: Office) -> None:
    with pytest.raises(MalformedError) as malformed:
        office.application.tickets.open(
            "lv_resident", a_quarter(), branch="tengchong", actor=COUNTER
        )
    assert codes(malformed) == {"needs_application"}


def test_opening_an_unknown_process_or_in_an_unknown_branch_is_not_found(office: Office) -> None:
    tickets = office.application.tickets
    with pytest.raises(NotFoundError):
        tickets.open("unheard_of", a_quarter(), branch="tengchong", actor=COUNTER)
    with pytest.raises(NotFoundError):
        tickets.open("asset_transfer", a_quarter(), branch="nowhere", actor=SYSTEM)


# --- moving -----------------------------------------------------------------------------------


def test_an_unknown_trigger_is_malformed_and_one_out_of_turn_refused(office: Office) -> None:
    ticket = office.submit()
    with pytest.raises(MalformedError, match="complete_intake") as malformed:
        office.application.tickets.advance(ticket.ticket_no, "fly", actor=COUNTER)
    assert codes(malformed) == {"unknown_trigger"}
    with pytest.raises(RefusedError, match="待受理") as refused:
        office.application.tickets.advance(ticket.ticket_no, "energize", actor=PROJECT)
    assert codes(refused) == {"trigger_not_allowed"}
    assert office.ticket(ticket).revision == 1


def test_a_refusal_names_everything_at_once_and_changes_nothing(office: Office) -> None:
    ticket = office.at("2021-09-06 10:00").submit(papers=("identity",))
    ticket = office.fire(ticket, "complete_intake", "finish_site_visit")
    entries, messages = office.verify(), office.messages()
    with pytest.raises(RefusedError) as refused:
        office.application.tickets.advance(ticket.ticket_no, "release_works", actor=COUNTER)
    assert codes(refused) == {"role_not_allowed", "document_missing"}
    assert (office.verify(), office.messages()) == (entries, messages)
    offers = office.application.tickets.offers(ticket.ticket_no, actor=COUNTER)
    blocked = next(each for each in offers if each.transition.trigger == "release_works")
    assert set(blocked.reasons) == set(refused.value.reasons)


def test_aborting_needs_a_reason_and_ends_everything(office: Office) -> None:
    ticket = office.at("2021-09-06 10:00").submit()
    with pytest.raises(RefusedError) as refused:
        office.fire(ticket, "abort", reason="  ")
    assert codes(refused) == {"reason_missing"}
    office.told()
    ended = office.at("2021-09-07 10:00").fire(ticket, "abort", reason="客户撤回申请。")
    assert (ended.state, ended.ended_at) == ("aborted", office.clock())
    assert office.told() == [("customer", "ticket_aborted")]
    assert "原因：客户撤回申请。如非您本人意愿" in office.text(ticket, "ticket_aborted")
    with pytest.raises(RefusedError) as refused:
        office.supply(ticket, "identity")
    assert codes(refused) == {"ticket_ended"}


# --- the two managers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "expected"),
    [("", PAIR), ("T1", PAIR), ("G-07", OTHER_PAIR), ("P1", OTHER_PAIR)],
    ids=["no node", "other feeder", "its own cell", "below the cell"],
)
def test_the_grid_presets_the_managers(office: Office, node: str, expected: ManagerPair) -> None:
    ticket = office.submit(a_resident(node_id=node))
    assert ticket.managers == expected
    told = {who for who, template in office.told() if template == "manager_assigned"}
    assert told == {expected.project_manager, expected.account_manager}


def test_a_node_of_another_branch_presets_nobody_of_it(office: Office) -> None:
    ticket = office.submit(a_resident(node_id="G-07"), actor=WHO["ll-counter"])
    assert ticket.managers == ManagerPair(
        project_manager="ll-project", account_manager="ll-account"
    )


def test_intake_does_not_end_before_both_managers_are_named(office: Office) -> None:
    with office.application.database.writing() as work:
        work.grid.set_grid(
            "tc-01", branch="tengchong", name="城区", managers=PAIR, is_default=False
        )
        work.commit()
    ticket = office.submit()
    assert ticket.managers is None
    with pytest.raises(RefusedError) as refused:
        office.fire(ticket, "complete_intake")
    assert codes(refused) == {"managers_missing"}
    office.told()
    assign = office.application.tickets.assign_managers
    named = assign(ticket.ticket_no, PAIR, actor=COUNTER)
    assert named.managers == PAIR
    assert office.told() == [("tc-account", "manager_assigned"), ("tc-project", "manager_assigned")]
    assert office.fire(ticket, "complete_intake").state == "site_visit"


@pytest.mark.parametrize(
    ("project_manager", "account_manager", "reason", "expected"),
    [
        ("tc-project", "tc-account", "轮岗", {"unchanged"}),
        ("tc-project-2", "tc-account-2", " ", {"reason_missing"}),
        ("tc-account", "tc-account", "轮岗", {"managers_identical", "unfit_manager"}),
        ("nobody", "ll-account", "", {"unfit_manager", "reason_missing"}),
    ],
    ids=["the same", "no reason", "one person", "unknown and of another branch"],
)
def test_managers_are_not_replaced_like_that(
    office: Office,
    project_manager: str,
    account_manager: str,
    reason: str,
    expected: set[str],
) -> None:
    ticket = office.submit()
    pair = ManagerPair(project_manager=project_manager, account_manager=account_manager)
    with pytest.raises(RefusedError) as refused:
        office.application.tickets.assign_managers(
            ticket.ticket_no, pair, actor=SECTION, reason=reason
        )
    assert codes(refused) == expected


def test_replacing_managers_keeps_the_former_ones_in_the_ledger(office: Office) -> None:
    ticket = office.submit()
    replaced = office.application.tickets.assign_managers(
        ticket.ticket_no, OTHER_PAIR, actor=SECTION, reason="轮岗"
    )
    assert replaced.managers == OTHER_PAIR
    newest = [m for m in office.messages(ticket) if m.template_key == "manager_assigned"]
    reached = {m.recipient: m.address for m in newest}
    assert reached.items() >= {(who, PHONES[who]) for who in ("tc-project-2", "tc-account-2")}
    (event,) = office.entries(ticket)[-1].facts["events"]
    assert (event["before"]["project_manager"], event["after"]["project_manager"]) == (
        "tc-project",
        "tc-project-2",
    )
