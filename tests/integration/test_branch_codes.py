"""Another code for a branch: numbers say branch and date, without a gap and without a double."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from engine.errors import HuodianError, MalformedError, RefusedError
from engine.ticket import SYSTEM
from tests.applicants import CHIEF, COUNTER, WHO, a_resident
from tests.application import codes

if TYPE_CHECKING:
    from tests.application import Office
    from tests.command_line import Shell

SUBMISSIONS = 6


def set_code(office: Office, branch: str, code: str) -> str:
    return office.application.organisation.set_branch(
        branch, code=code, name=branch, phone="0875-0000103", actor=CHIEF
    )


def numbers(office: Office, *addresses: str) -> list[str]:
    return [office.submit(a_resident(address=each)).ticket_no for each in addresses]


def test_a_new_code_begins_at_one_and_the_old_one_stays_with_its_branch(office: Office) -> None:
    office.at("2021-09-06 09:00")
    assert numbers(office, "甲", "乙") == ["TC-20210906-0001", "TC-20210906-0002"]
    assert set_code(office, "tengchong", "TX") == "TC"
    assert numbers(office, "丙") == ["TX-20210906-0001"]
    with pytest.raises(RefusedError) as refused:
        set_code(office, "longling", "TC")
    assert codes(refused) == {"branch_code_used"}
    assert office.submit(actor=WHO["ll-counter"]).ticket_no == "LL-20210906-0001"
    set_code(office, "tengchong", "TC")
    assert numbers(office, "丁") == ["TC-20210906-0003"]
    office.at("2021-09-07 09:00")
    assert numbers(office, "戊") == ["TC-20210907-0001"]
    changes = [each.facts for each in office.entries("administration")]
    assert [each["former_code"] for each in changes if each.get("id") == "tengchong"] == [
        "",
        "TC",
        "TX",
    ]


def test_a_branch_without_numbers_gives_its_code_back(office: Office) -> None:
    set_code(office, "longling", "LX")
    assert set_code(office, "changning", "LL") == ""
    ticket = office.application.tickets.submit(a_resident(), branch="changning", actor=SYSTEM)
    assert ticket.ticket_no.startswith("LL-")


@pytest.mark.parametrize("code", ["", "T", "TCX", "tc", "T1", "腾冲"])
def test_a_code_is_two_capital_letters(office: Office, code: str) -> None:
    with pytest.raises(MalformedError) as malformed:
        set_code(office, "tengchong", code)
    assert codes(malformed) <= {"bad_code", "required"}


@pytest.mark.parametrize("branch", ["", "T", "Tengchong", "腾冲", "teng chong"])
def test_a_branch_is_called_by_a_plain_id(office: Office, branch: str) -> None:
    with pytest.raises(MalformedError) as malformed:
        set_code(office, branch, "TX")
    assert {each.field for each in malformed.value.reasons} >= {"id"}


def test_codes_that_change_while_tickets_come_in_leave_no_gap(office: Office) -> None:
    office.at("2021-09-06 09:00")
    gate = Barrier(SUBMISSIONS + 2)

    def submit(address: int) -> None:
        gate.wait()
        office.application.tickets.submit(
            a_resident(address=f"{address}号"), branch="tengchong", actor=COUNTER
        )

    def give_away() -> None:
        gate.wait()
        set_code(office, "tengchong", "TX")

    def take_over() -> None:
        gate.wait()
        try:
            set_code(office, "longling", "TC")
        except HuodianError as error:
            assert {each.code for each in error.reasons} <= {  # noqa: PT017  (either may win)
                "branch_code_taken",
                "branch_code_used",
            }

    with ThreadPoolExecutor(SUBMISSIONS + 2) as pool:
        futures = [pool.submit(submit, n) for n in range(SUBMISSIONS)]
        futures += [pool.submit(give_away), pool.submit(take_over)]
        for each in futures:
            each.result()
    with office.application.database.reading() as work:
        found = work.tickets.open_numbers()
    assert len(found) == SUBMISSIONS
    for code in ("TC", "TX"):
        own = [each for each in found if each.startswith(code)]
        assert own == [f"{code}-20210906-{n:04}" for n in range(1, len(own) + 1)]


def test_an_older_database_goes_on_counting_where_it_was(office: Office) -> None:
    office.at("2021-09-06 09:00")
    before = numbers(office, "甲", "乙")
    office.submit(actor=WHO["ll-counter"])
    database = office.application.database
    database.migrate_to("0006")
    database.migrate()
    assert before[-1] == "TC-20210906-0002"
    assert numbers(office, "丙") == ["TC-20210906-0003"]
    set_code(office, "tengchong", "TX")
    with pytest.raises(RefusedError):
        set_code(office, "changning", "TC")


def test_the_command_says_what_becomes_of_the_numbers(shell: Shell) -> None:
    branch = ("branch", "set", "tengchong", "--name", "腾冲分公司", "--phone", "0875-0000103")
    same = shell.run(*branch, "--code", "TC", user="chief")
    assert same.out == "腾冲分公司已保存\n"
    changed = shell.run(*branch, "--code", "TX", user="chief")
    assert "今后的工单编号以 TX 开头；已发出的 TC 编号不变，TC 仍归本单位" in changed.out
    assert shell.json(*branch, "--code", "TX", user="chief")["former_code"] == "TX"
