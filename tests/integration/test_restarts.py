"""A correction that shows a restart: R-5.2, T1b; on submission see `test_ticket_use_cases`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.ticket import FlagCode
from tests.applicants import COUNTER, a_business, a_resident

if TYPE_CHECKING:
    from engine.ticket import Ticket
    from tests.application import Office

HERE, ELSEWHERE = "示例县城和畅路18号", "示例县城和畅路28号"


def amend(office: Office, ticket: Ticket, **fields: str) -> Ticket:
    return office.application.amendments.amend(
        ticket.ticket_no, fields, reason="客户申请更正", actor=COUNTER
    )


def aborted(office: Office) -> Ticket:
    """A ticket of 6 September at `HERE` that was aborted on the 10th at noon."""
    ticket = office.at("2021-09-06 10:00").submit(a_resident(address=HERE))
    return office.at("2021-09-10 12:00").fire(ticket, "abort", reason="客户撤回申请")


def test_correcting_the_address_to_that_of_an_aborted_ticket_is_flagged(office: Office) -> None:
    first = aborted(office)
    second = office.at("2021-09-13 09:00").submit(a_resident(address=ELSEWHERE))
    assert (second.linked_to, second.flags) == ("", ())
    before = office.dues(second)
    # Written in another way, and long after: what counts is when the second one was submitted.
    amended = amend(office.at("2022-03-01 09:00"), second, address=" 示例县城 和畅路１８号")
    assert amended.linked_to == first.ticket_no
    (flag,) = amended.flags
    assert flag.code is FlagCode.RESTARTED
    assert flag.note == (f"更正后与工单 {first.ticket_no} 为同一申请人、同一用电地址，疑似重走流程")
    events = [each["event"] for each in office.entries(second)[-1].facts["events"]]
    assert events == ["ApplicationAmended", "TicketFlagged"]
    assert office.dues(second) == before


@pytest.mark.parametrize(
    ("submitted", "is_linked"),
    [("2021-12-09 12:00", True), ("2021-12-09 12:01", False)],
    ids=["on the 90th day", "after it"],
)
def test_the_window_ends_with_the_submission_not_with_the_correction(
    office: Office, submitted: str, is_linked: bool
) -> None:
    first = aborted(office)
    second = office.at(submitted).submit(a_resident(address=ELSEWHERE))
    amended = amend(office.at("2021-12-10 09:00"), second, address=HERE)
    assert amended.linked_to == (first.ticket_no if is_linked else "")
    assert bool(amended.flags) is is_linked


def test_one_that_was_open_then_and_is_completed_now_counts(office: Office) -> None:
    first = office.at("2021-09-06 10:00").submit(a_resident(address=HERE))
    second = office.at("2021-09-06 11:00").submit(a_resident(address=ELSEWHERE))
    office.at("2021-09-06 12:00").fire(
        first, "complete_intake", "finish_site_visit", "release_works", "finish_works", "energize"
    )
    third = office.at("2021-09-06 12:00").submit(a_resident(address="第三处"))
    assert amend(office, second, address=HERE).linked_to == first.ticket_no
    fourth = office.at("2021-09-06 12:01").submit(a_resident(address="第四处"))
    assert amend(office, fourth, address="第三处").linked_to == third.ticket_no
    late = office.at("2021-09-07 09:00").submit(a_resident(address="第五处"))
    amended = amend(office, late, address=HERE)
    assert amended.linked_to == second.ticket_no  # open at that address; the completed one is not


def test_a_correction_towards_a_later_application_is_flagged_as_well(office: Office) -> None:
    first = office.at("2021-09-06 10:00").submit(a_resident(address=ELSEWHERE))
    second = office.at("2021-09-07 10:00").submit(a_resident(address=HERE))
    assert second.linked_to == ""
    amended = amend(office, first, address=HERE)
    assert amended.linked_to == second.ticket_no


def test_the_first_of_two_linked_ones_is_not_flagged_for_the_second(office: Office) -> None:
    first = office.at("2021-09-06 10:00").submit(a_resident(address=HERE))
    second = office.at("2021-09-07 10:00").submit(a_resident(address=HERE))
    assert second.linked_to == first.ticket_no
    amend(office, first, address=ELSEWHERE)
    back = amend(office, first, address=HERE)
    assert (back.linked_to, back.flags) == ("", ())
    # The second one keeps its link, and is not flagged twice for the same ticket.
    amend(office, second, address=ELSEWHERE)
    again = amend(office, second, address=HERE)
    assert (again.linked_to, len(again.flags)) == (first.ticket_no, 1)


def test_other_people_and_other_corrections_link_nothing(office: Office) -> None:
    aborted(office)
    office.at("2021-09-13 09:00")
    neighbour = office.submit(a_resident(id_number="530599199309270281", address=ELSEWHERE))
    assert amend(office, neighbour, address=HERE).flags == ()
    same_house = office.submit(a_resident(address=ELSEWHERE))
    assert amend(office, same_house, name="何青川", phone="13000000399").flags == ()


def test_a_correction_that_reclassifies_and_restarts_says_both(office: Office) -> None:
    first = office.at("2022-01-10 09:00").submit(a_business(address=HERE))
    second = office.at("2022-01-10 10:00").submit(a_business(address=ELSEWHERE))
    amended = amend(office, second, address=HERE, requested_capacity_kw="200")
    assert (amended.definition_id, amended.linked_to) == ("hv_single_supply", first.ticket_no)
    assert {flag.code for flag in amended.flags} == {
        FlagCode.BOUNDARY_NOT_EXTENDED,
        FlagCode.RESTARTED,
    }
