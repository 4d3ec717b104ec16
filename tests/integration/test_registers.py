"""Registers of undervoltage areas and of complaints by community (N2a, M4c, R-7.4)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import ConflictError, HuodianError, MalformedError, NotFoundError, RefusedError
from tests.applicants import CHIEF, COUNTER, WHO
from tests.application import codes

if TYPE_CHECKING:
    from app.registers.complaints import CommunityRank
    from tests.application import Office

LOW = {"area": "G-07", "source": "patrol", "lowest_v": "187", "note": "末端用户晚高峰电压低"}


def low(office: Office, **changes: str) -> int:
    return office.application.registers.undervoltage.open(LOW | changes, actor=COUNTER)


def actions(office: Office) -> list[str]:
    return [each.action for each in office.entries("registers")]


def test_an_area_is_entered_once_until_it_is_put_right(office: Office) -> None:
    register = office.application.registers.undervoltage
    number = low(office)
    (entry,) = register.listing(actor=CHIEF)
    assert (entry.area_name, entry.branch, entry.source_name) == (
        "竹溪台区",
        "tengchong",
        "巡视检测",
    )
    assert entry.lowest_v == Decimal(187)
    with pytest.raises(RefusedError) as refusal:
        low(office)
    assert codes(refusal) == {"open_already"}
    register.close(number, result="更换导线，实测 215 伏", actor=COUNTER)
    assert register.listing(actor=CHIEF) == ()
    assert low(office, lowest_v="") != number
    assert len(register.listing(actor=CHIEF, everything=True)) == 2
    assert actions(office) == ["open_undervoltage", "close_undervoltage", "open_undervoltage"]


def test_an_entry_is_closed_once_and_with_a_result(office: Office) -> None:
    register = office.application.registers.undervoltage
    number = low(office)
    with pytest.raises(MalformedError):
        register.close(number, result=" ", actor=COUNTER)
    register.close(number, result="已治理", actor=COUNTER)
    with pytest.raises(ConflictError):
        register.close(number, result="已治理", actor=COUNTER)
    with pytest.raises(NotFoundError):
        register.close(99, result="已治理", actor=COUNTER)


def test_two_people_enter_one_area_once(office: Office) -> None:
    def attempt(_: int) -> bool:
        try:
            low(office)
        except HuodianError:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(attempt, range(2))) == [False, True]


def test_all_that_is_wrong_is_named(office: Office) -> None:
    with pytest.raises(MalformedError) as refusal:
        low(office, area="F2", source="hearsay", lowest_v="viel", note="", opened_at="2021-01-01")
    assert {each.field for each in refusal.value.reasons} == {
        "area",
        "source",
        "lowest_v",
        "note",
        "opened_at",
    }
    assert actions(office) == []


def test_more_than_the_nominal_voltage_is_not_too_low(office: Office) -> None:
    with pytest.raises(MalformedError) as refusal:
        low(office, lowest_v="220.5")
    assert [each.field for each in refusal.value.reasons] == ["lowest_v"]
    assert low(office, lowest_v="220")


def test_an_area_in_no_cell_needs_to_be_told_its_branch(office: Office) -> None:
    register = office.application.registers.undervoltage
    with pytest.raises(MalformedError) as refusal:
        register.open(LOW | {"area": "T1"}, actor=WHO["marketing"])
    assert [each.field for each in refusal.value.reasons] == ["branch"]
    register.open(LOW | {"area": "T1", "branch": "longling"}, actor=WHO["marketing"])
    low(office)
    assert [each.area_id for each in register.listing(actor=WHO["ll-head"])] == ["T1"]
    assert len(register.listing(actor=CHIEF)) == 2


def test_another_branch_neither_enters_nor_closes(office: Office) -> None:
    register = office.application.registers.undervoltage
    stranger = WHO["ll-counter"]
    with pytest.raises(RefusedError):
        register.open(LOW, actor=stranger)
    number = low(office)
    with pytest.raises(NotFoundError):
        register.close(number, result="已治理", actor=stranger)
    with pytest.raises(RefusedError):
        register.open(LOW, actor=WHO["auditor"])


# --- complaints ---------------------------------------------------------------------------------


def community(office: Office, name: str, *, old: str = "no", actor: Any = COUNTER) -> str:
    fields = {"id": name, "name": f"{name}花园", "old": old}
    office.application.registers.complaints.set_community(fields, actor=actor)
    return name


def complaint(office: Office, at: str, of: str = "a", **changes: str) -> int:
    fields = {"community": of, "source": "regulator", "subject": "outages", "note": "一周停电三次"}
    complaints = office.at(at).application.registers.complaints
    return complaints.open(fields | changes, actor=COUNTER)


def ranked(office: Office, first: str = "2021-08-01", last: str = "2021-08-31") -> list[Any]:
    complaints = office.application.registers.complaints
    found: tuple[CommunityRank, ...] = complaints.ranking(
        actor=CHIEF, first_day=first, last_day=last
    )
    return [(each.community, each.complaints, each.is_frequent) for each in found]


def test_three_complaints_on_one_community_in_the_period_list_first(office: Office) -> None:
    for name, old in (("a", "no"), ("b", "no"), ("c", "yes"), ("d", "no")):
        community(office, name, old=old)
    complaint(office, "2021-07-31 23:59", "a")
    for of, at in (
        ("a", "2021-08-01 00:00"),
        ("b", "2021-08-02 09:00"),
        ("b", "2021-08-03 09:00"),
        ("b", "2021-08-31 23:59"),
        ("c", "2021-08-04 09:00"),
    ):
        complaint(office, at, of)
    complaint(office, "2021-09-01 00:00", "c")
    assert ranked(office) == [("b", 3, True), ("c", 1, False), ("a", 1, False)]
    assert ranked(office, "2021-07-01", "2021-09-01") == [
        ("b", 3, True),
        ("c", 2, False),
        ("a", 2, False),
    ]
    assert ranked(office, "2021-09-02", "2021-09-03") == []
    assert len(ranked(office, "", "")) == 3


def test_a_rank_tells_what_is_open_and_about_what(office: Office) -> None:
    community(office, "a", old="是")
    first = complaint(office, "2021-08-01 09:00")
    complaint(office, "2021-08-02 09:00", subject="voltage")
    complaint(office, "2021-08-03 09:00")
    complaints = office.application.registers.complaints
    complaints.close(first, result="更换配变，已回访", actor=COUNTER)
    (rank,) = complaints.ranking(actor=CHIEF, first_day="", last_day="")
    assert (rank.is_old, rank.complaints, rank.open_complaints) == (True, 3, 2)
    assert rank.subjects == {"频繁停电": 2, "低电压": 1}
    assert len(complaints.listing(actor=CHIEF)) == 2
    assert len(complaints.listing(actor=CHIEF, everything=True, community="a")) == 3
    assert complaints.listing(actor=CHIEF, community="b") == ()
    with pytest.raises(ConflictError):
        complaints.close(first, result="再办", actor=COUNTER)


def test_a_complaint_needs_a_known_community_and_words(office: Office) -> None:
    with pytest.raises(MalformedError) as refusal:
        complaint(office, "2021-08-01 09:00", "nowhere", source="", subject="weather", note=" ")
    assert {each.field for each in refusal.value.reasons} == {
        "community",
        "source",
        "subject",
        "note",
    }


def test_days_that_make_no_period_are_refused(office: Office) -> None:
    for first, last, field in (
        ("bald", "2021-08-01", "from"),
        ("", "nie", "to"),
        ("2021-08-02", "2021-08-01", "to"),
    ):
        with pytest.raises(MalformedError) as refusal:
            ranked(office, first, last)
        assert field in {each.field for each in refusal.value.reasons}


def test_branches_keep_to_themselves(office: Office) -> None:
    complaints = office.application.registers.complaints
    community(office, "a")
    stranger = WHO["ll-counter"]
    community(office, "z", actor=stranger)
    with pytest.raises(RefusedError):
        community(office, "a", actor=stranger)  # would take it away
    number = complaint(office, "2021-08-01 09:00")
    with pytest.raises(RefusedError):
        complaint(office, "2021-08-01 09:00", "z")
    with pytest.raises(NotFoundError):
        complaints.close(number, result="已办", actor=stranger)
    assert [each.id for each in complaints.communities(actor=stranger)] == ["z"]
    assert complaints.ranking(actor=stranger, first_day="", last_day="") == ()
    assert complaints.listing(actor=stranger) == ()
    assert [each.id for each in complaints.communities(actor=CHIEF)] == ["z", "a"]


def test_a_community_is_changed_and_malformed_ones_are_refused(office: Office) -> None:
    community(office, "a")
    community(office, "a", old="yes")
    complaints = office.application.registers.complaints
    assert [each.is_old for each in complaints.communities(actor=CHIEF)] == [True]
    with pytest.raises(MalformedError) as refusal:
        complaints.set_community({"name": "", "old": "halb"}, actor=WHO["marketing"])
    assert {each.field for each in refusal.value.reasons} == {"id", "name", "old", "branch"}
