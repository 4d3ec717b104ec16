"""A resident's whole trip over a make-up Saturday and the Mid-Autumn holidays (M1b, 容缺受理)."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from engine.ticket import DocumentSource
from notifications.message import MessageState
from tests.applicants import ACCOUNT, WHO

if TYPE_CHECKING:
    from tests.application import Office

TEXTS = {
    "application_received": "您的用电申请已登记，工单号TC-20210917-0001。业务受理，1 个工作日内，"
    "2021-09-18 前。办理进度：* 。咨询0875-0000103，监管热线12398。",
    "application_accepted": "您的用电申请（工单TC-20210917-0001）已受理。下一环节：装表接电，"
    "1 个工作日内，2021-09-22 前。请于安排施工前补齐：用电地址物权证件。"
    "项目经理顾长林，客户经理白若溪，电话0875-0000103。"
    "您享受零上门、零审批、零投资的“三零”服务。进度：* 。监管热线12398。",
    "deferred_documents_due": "工单TC-20210917-0001：尚待补交用电地址物权证件，"
    "请于安排施工前补齐，以免影响接电。可交到营业厅或由客户经理上门收取。进度：* 。"
    "咨询0875-0000103，监管热线12398。",
    "energized": "您的工单TC-20210917-0001已装表接电，感谢您的支持。办理情况：* 。"
    "咨询0875-0000103，监管热线12398。",
}
"""Everything the customer reads; * is the address of the progress page."""


def test_from_a_friday_to_the_wednesday_after_the_holidays(office: Office) -> None:
    ticket = office.at("2021-09-17 16:00").submit(papers=("identity",))
    assert office.told() == [
        ("customer", "application_received"),
        ("tc-account", "manager_assigned"),
        ("tc-project", "manager_assigned"),
    ]
    managers = [("tc-account", "limit_due"), ("tc-project", "limit_due")]
    assert office.tick("2021-09-18 08:30") == managers

    office.at("2021-09-18 10:00").fire(ticket, "complete_intake")
    assert office.told() == [("customer", "application_accepted")]
    office.at("2021-09-18 15:00").fire(ticket, "finish_site_visit")
    assert office.told() == []
    assert office.tick("2021-09-20 12:00") == []
    assert office.tick("2021-09-22 08:30") == sorted(
        [
            *managers,
            ("customer", "deferred_documents_due"),
            ("tc-account", "deferred_documents_collect"),
        ]
    )

    office.at("2021-09-22 10:00")
    office.supply(ticket, "property_proof", source=DocumentSource.ON_SITE, actor=ACCOUNT)
    office.fire(ticket, "release_works", "finish_works")
    assert office.told() == []
    assert office.tick("2021-09-22 15:30") == managers
    ended = office.at("2021-09-22 23:00").fire(ticket, "energize")
    assert office.told() == [("customer", "energized")]
    assert office.tick("2021-12-31 12:00") == []

    assert (ended.state, ended.flags, ended.revision) == ("energized", (), 7)
    assert office.elapsed(ticket) == {
        "stage:intake": 1,
        "stage:metering_and_energization": 1,
        "handling": 2,
        "end_to_end": 2,
    }
    assert not any(clock.is_overdue for clock in office.clocks(ticket).values())


def test_what_the_customer_reads_and_sees(office: Office) -> None:
    ticket = office.at("2021-09-17 16:00").submit(papers=("identity",))
    office.at("2021-09-18 10:00").fire(ticket, "complete_intake", "finish_site_visit")
    office.tick("2021-09-22 08:30")
    office.supply(ticket, "property_proof")
    office.at("2021-09-22 17:00").fire(ticket, "release_works", "finish_works", "energize")
    office.tick("2021-09-23 08:30")

    token = office.application.queries.ticket(ticket.ticket_no, actor=ACCOUNT).progress_token
    url = f"http://127.0.0.1:8000/p/{token}"
    mine = [m for m in office.messages(ticket) if m.audience == "customer"]
    assert {m.template_key: m.text.replace(url, "*") for m in mine} == TEXTS
    assert {(m.address, m.state) for m in mine} == {("13000000301", MessageState.ACCEPTED)}
    path = office.application.settings.var_dir / "messages.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert sorted(line["id"] for line in lines) == sorted(m.id for m in office.messages())

    page = office.application.queries.progress(token)
    shown = [(e.name, str(e.due_on), str(e.done_on), e.is_overdue) for e in page.timetable]
    assert shown == [
        ("业务受理", "2021-09-18", "2021-09-18", False),
        ("装表接电", "2021-09-22", "2021-09-22", False),
    ]
    history = office.application.queries.history(ticket.ticket_no, actor=WHO["auditor"])
    assert [line.seq for line in history] == [7, 6, 5, 4, 3, 2, 1]
    assert not any(re.search("何青山|13000000301", s) for line in history for s in line.sentences)


def test_a_day_late_is_escalated_and_stays_late(office: Office) -> None:
    ticket = office.at("2021-09-17 10:00").submit()
    office.at("2021-09-18 10:00").fire(ticket, "complete_intake", "finish_site_visit")
    office.tick("2021-09-22 08:30")
    assert office.tick("2021-09-23 00:00") == [
        ("tc-account", "limit_overdue"),
        ("tc-project", "limit_overdue"),
        ("tc-section", "limit_overdue_escalated"),
    ]
    office.at("2021-09-23 09:00").fire(ticket, "release_works", "finish_works", "energize")
    assert office.told() == [("customer", "energized")]
    assert office.tick("2021-09-24 08:30") == []
    late = {key for key, clock in office.clocks(ticket).items() if clock.is_overdue}
    assert late == {"stage:metering_and_energization", "handling", "end_to_end"}
