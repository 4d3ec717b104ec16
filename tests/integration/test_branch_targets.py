"""T3d: a branch may set itself a shorter target for a stage, never a longer one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engine.errors import MalformedError, NotFoundError, RefusedError
from tests.applicants import (
    CHIEF,
    COUNTER,
    HIGH_VOLTAGE_PAPERS,
    SECTION,
    WHO,
    a_factory,
    an_enterprise,
)
from tests.application import codes

if TYPE_CHECKING:
    from engine.ticket import Actor, Ticket
    from tests.application import Office
    from tests.command_line import Shell

HV, REPLY = "hv_single_supply", "supply_plan_reply"
MANAGERS = [("tc-account", "limit_due"), ("tc-project", "limit_due")]


def set_target(
    office: Office,
    days: int | None,
    stage: str = REPLY,
    *,
    branch: str = "tengchong",
    definition: str = HV,
    actor: Actor = SECTION,
) -> int | None:
    return office.application.targets.set(branch, definition, stage, days, actor=actor)


def in_reply(office: Office, when: str = "2021-09-06 09:00", **facts: str) -> Ticket:
    """A factory whose supply plan is due on Friday 10 September 2021."""
    ticket = office.at(when).submit(a_factory(**facts), papers=HIGH_VOLTAGE_PAPERS)
    ticket = office.fire(ticket, "complete_intake")
    office.told()
    return ticket


def rows(office: Office) -> list[tuple[str, str, str]]:
    """Of the worklist: number, what is left by the limit, and by the target."""
    from app.reading.worklist import WorklistFilter  # noqa: PLC0415

    page = office.application.queries.worklist(WorklistFilter(), actor=COUNTER)
    return [
        (
            row.ticket_no,
            row.urgent.remaining_text,
            row.target.remaining_text if row.target else "",
        )
        for row in page.rows
    ]


def sweep(office: Office, when: str) -> list[tuple[str, str]]:
    office.at(when).application.reminders.sweep()
    return office.told()


# --- what may be set -----------------------------------------------------------------------------


def test_3_is_accepted_and_5_is_refused(office: Office) -> None:
    assert set_target(office, 3) is None
    for days in (5, 4, 0, -1):
        with pytest.raises(RefusedError, match="时限为 4 个工作日") as refused:
            set_target(office, days)
        assert codes(refused) == {"not_shorter"}
    assert set_target(office, 1) == 3
    (target,) = office.application.targets.listing("tengchong")
    assert (target.days, target.limit_days, target.is_effective) == (1, 4, True)
    assert office.application.targets.listing("longling") == ()


def test_what_has_no_shorter_target(office: Office) -> None:
    with pytest.raises(RefusedError, match="时限只有 1 个工作日"):
        set_target(office, 1, "intake")
    with pytest.raises(RefusedError, match="不设时限"):
        set_target(office, 3, "receipt", definition="asset_transfer")
    with pytest.raises(MalformedError, match="可选：intake（业务受理）"):
        set_target(office, 3, "design_review")
    with pytest.raises(NotFoundError):
        set_target(office, 3, definition="unheard_of")
    with pytest.raises(NotFoundError):
        set_target(office, 3, branch="nowhere", actor=CHIEF)
    assert office.application.targets.listing() == ()


def test_heads_set_their_own_branchs_and_every_change_is_an_entry(office: Office) -> None:
    set_target(office, 3)
    for actor in (COUNTER, WHO["tc-account"], WHO["auditor"], WHO["ll-section"]):
        with pytest.raises(RefusedError):
            set_target(office, 2, actor=actor)
    set_target(office, 2, actor=WHO["marketing"])
    set_target(office, None, actor=WHO["tc-head"])
    entries = [each for each in office.entries("administration") if each.action == "set_target"]
    assert [
        (each.actor_id, each.target_state, each.facts["before"], each.facts["after"])
        for each in entries
    ] == [
        ("tc-section", "tengchong", None, 3),
        ("marketing", "tengchong", 3, 2),
        ("tc-head", "tengchong", 2, None),
    ]
    assert entries[0].facts["definition"] == "hv_single_supply@1"
    with pytest.raises(RefusedError, match="无需取消"):
        set_target(office, None)


def test_a_changed_branch_keeps_its_targets(office: Office) -> None:
    set_target(office, 3)
    office.application.organisation.set_branch(
        "tengchong", code="TX", name="腾冲分公司", phone="0875-0000113", actor=CHIEF
    )
    assert [each.days for each in office.application.targets.listing()] == [3]


# --- what it does ---------------------------------------------------------------------------------


def test_the_people_of_the_branch_are_reminded_by_it_and_nobody_else(office: Office) -> None:
    set_target(office, 3)
    ticket = in_reply(office)
    promise = office.dues(ticket)
    assert sweep(office, "2021-09-09 08:29") == []
    assert sweep(office, "2021-09-09 08:30") == MANAGERS
    both = office.text(ticket, "limit_due", "tc-project")
    assert "供电方案答复应于 2021-09-10 前办结" in both  # half of the limit, on the same morning
    assert "供电方案答复内部目标应于 2021-09-09 前办结" in both
    assert sweep(office, "2021-09-09 15:30") == MANAGERS
    assert "内部目标今日到期，距下班不足 2 小时" in office.text(ticket, "limit_due", "tc-project")
    assert sweep(office, "2021-09-10 00:00") == MANAGERS
    assert (
        "供电方案答复内部目标应于 2021-09-09 前办结。已过内部目标日期，请抓紧办结"
        in office.text(ticket, "limit_due", "tc-project")
    )
    assert sweep(office, "2021-09-10 08:30") == MANAGERS
    assert "供电方案答复应于 2021-09-10 前办结。今日到期" in office.text(
        ticket, "limit_due", "tc-project"
    )
    assert office.dues(ticket) == promise
    assert office.overdue() == []
    assert sweep(office, "2021-09-11 00:00") == [
        ("tc-account", "limit_overdue"),
        ("tc-project", "limit_overdue"),
        ("tc-section", "limit_overdue_escalated"),
    ]
    assert "内部目标" not in office.text(ticket, "limit_overdue_escalated", "tc-section")
    assert office.overdue() == [ticket.ticket_no]


def test_a_missed_target_is_still_sent_after_its_day(office: Office) -> None:
    set_target(office, 3)
    ticket = in_reply(office)
    sweep(office, "2021-09-09 08:30")
    office.told()
    sweep(office, "2021-09-10 00:00")
    missed = [m for m in office.messages(ticket) if "已过内部目标" in m.text]
    assert {message.expires_at for message in missed} == {None}


def test_the_customer_is_told_and_shown_nothing_of_it(office: Office) -> None:
    set_target(office, 3)
    ticket = office.at("2021-09-06 09:00").submit(a_factory(), papers=("business_licence",))
    office.fire(ticket, "complete_intake")
    office.application.tickets.extend_boundary(ticket.ticket_no, reason="重点项目", actor=SECTION)
    assert "供电方案答复，4 个工作日内，2021-09-10 前" in office.text(
        ticket, "application_accepted"
    )
    office.told()
    told = sweep(office, "2021-09-09 00:00")
    assert "customer" not in dict(told)
    with office.application.database.reading() as work:
        token = work.tickets.progress_token(ticket.ticket_no)
    reply = office.application.queries.progress(token).timetable[1]
    assert (reply.limit_days, str(reply.due_on)) == (4, "2021-09-10")


def test_the_worklist_is_sorted_and_marked_by_it(office: Office) -> None:
    first = in_reply(office, "2021-09-06 09:00")
    second = office.at("2021-09-06 10:00").submit(an_enterprise())
    second = office.fire(second, "complete_intake")
    office.at("2021-09-07 09:00")
    numbers = [first.ticket_no, second.ticket_no]
    assert rows(office) == [(number, "剩 3 个工作日", "") for number in numbers]
    set_target(office, 2, "metering_and_energization", definition="lv_business")
    assert office.application.calendars.recompute().unchanged == 1
    assert rows(office) == [
        (second.ticket_no, "剩 3 个工作日", "剩 1 个工作日"),
        (first.ticket_no, "剩 3 个工作日", ""),
    ]
    office.at("2021-09-08 12:00")
    assert rows(office)[0] == (second.ticket_no, "剩 2 个工作日", "今日到期")
    office.at("2021-09-09 00:00")
    assert rows(office)[0] == (second.ticket_no, "剩 1 个工作日", "已过目标 1 个工作日")
    office.at("2021-09-10 00:00")
    assert rows(office)[0] == (second.ticket_no, "今日到期", "已过目标 2 个工作日")
    assert office.overdue() == []
    page = office.application.queries.ticket(second.ticket_no, actor=COUNTER)
    (clock,) = (each for each in page.clocks if each.is_target)
    assert (clock.id, clock.name) == ("target:metering_and_energization", "本环节内部目标")
    assert (clock.limit_days, page.urgent.remaining_text) == (2, "今日到期")
    explained = office.application.queries.clocks(second.ticket_no, actor=COUNTER)
    assert clock.id in {each.clock.id for each in explained}


def test_open_tickets_follow_a_target_that_is_set_or_taken_back(office: Office) -> None:
    ticket = in_reply(office)
    revision = ticket.revision
    office.at("2021-09-07 09:00")
    set_target(office, 2)
    office.application.calendars.recompute()
    assert sweep(office, "2021-09-08 08:30") == MANAGERS
    set_target(office, None)
    office.application.calendars.recompute()
    assert sweep(office, "2021-09-08 23:59") == []
    assert sweep(office, "2021-09-09 08:30") == MANAGERS
    assert office.ticket(ticket).revision == revision
    assert rows(office) == [(ticket.ticket_no, "剩 1 个工作日", "")]


def test_another_branch_is_not_concerned(office: Office) -> None:
    set_target(office, 3)
    office.at("2021-09-06 09:00")
    factory, counter = a_factory(), WHO["ll-counter"]
    ticket = office.submit(factory, papers=HIGH_VOLTAGE_PAPERS, actor=counter)
    office.fire(ticket, "complete_intake")
    office.told()
    assert sweep(office, "2021-09-08 12:00") == []


# --- the command line ----------------------------------------------------------------------------


def test_the_commands(shell: Shell) -> None:
    target = ("branch", "target", "tengchong", HV, REPLY)
    assert shell.json(*target, "3", user="tc-section") == {
        "branch": "tengchong",
        "definition": HV,
        "stage": REPLY,
        "days": 3,
        "former_days": None,
    }
    assert shell.fails(3, *target, "5", user="tc-section").codes == {"not_shorter"}
    assert shell.fails(2, *target, user="tc-section").codes == {"wrong_call"}
    assert shell.fails(2, *target, "3", "--clear", user="tc-section").codes == {"wrong_call"}
    assert shell.fails(3, *target, "2", user="tc-counter").codes == {"not_permitted"}
    assert shell.json("branch", "targets") == [
        {
            "branch": "tengchong",
            "definition": HV,
            "stage": REPLY,
            "days": 3,
            "limit_days": 4,
            "effective": True,
        }
    ]
    assert "供电方案答复" in shell.run("branch", "targets", "tengchong").out
    assert shell.json(*target, "--clear", user="tc-section")["former_days"] == 3
    assert shell.run("branch", "targets").out == "没有内部目标\n"
    assert json.loads(shell.fails(4, "branch", "targets", "nowhere").err)
