"""A hospital with two sources, begun when the next year's holidays are not known yet (R-2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.applicants import CHIEF, HIGH_VOLTAGE_PAPERS, a_hospital
from tests.official_calendar import LAW_2027

if TYPE_CHECKING:
    from tests.application import Office

MANAGERS = [("tc-account", "limit_due"), ("tc-project", "limit_due")]
NOTICE = (
    """\
date,kind,note
2027-01-01,off,元旦
2027-01-04,off,元旦
"""
    + LAW_2027
)


def test_over_new_year_with_a_notice_that_comes_late(office: Office) -> None:
    ticket = office.at("2026-11-23 09:00").submit(a_hospital(), papers=HIGH_VOLTAGE_PAPERS)
    office.fire(ticket, "complete_intake")
    office.told()
    assert office.dues(ticket)["stage:supply_plan_reply"] == "2026-12-11"
    assert office.tick("2026-12-03 08:30") == MANAGERS
    office.at("2026-12-10 10:00").fire(ticket, "finish_site_visit", "reply_supply_plan")
    assert office.told() == [("customer", "next_stage")]

    office.at("2026-12-21 09:00").supply(ticket, "completion_report")
    assert office.told() == [("customer", "stage_started")]
    text = office.text(ticket, "stage_started")
    assert "竣工检验和装表接电，15 个工作日内，2027-01-12 前（暂定）。" in text
    office.fire(ticket, "report_completion")
    assert office.tick("2026-12-24 08:29") == []
    assert office.tick("2026-12-24 08:30") == MANAGERS  # half of the company's 30 days is left
    assert "合计办理时间" in office.text(ticket, "limit_due", "tc-project")

    office.at("2026-12-28 10:00")
    office.application.calendars.import_year(NOTICE.encode(), actor=CHIEF, year=2027)
    # Whoever was told the former date hears the new one; the reminder is of another limit now.
    assert office.tick("2026-12-28 10:01") == [("customer", "promise_changed"), *MANAGERS]
    assert "办结日期改为2027-01-13 前（原定2027-01-12）" in office.text(ticket, "promise_changed")
    assert office.tick("2026-12-28 10:02") == []

    assert office.tick("2027-01-05 08:30") == MANAGERS  # eight of 15 days are over
    office.at("2027-01-12 09:00").fire(ticket, "pass_inspection")
    assert office.tick("2027-01-13 08:30") == MANAGERS
    ended = office.at("2027-01-13 17:00").fire(ticket, "energize")
    assert office.told() == [("customer", "energized")]
    assert ended.flags == ()
    assert office.elapsed(ticket) == {
        "stage:intake": 0,
        "stage:supply_plan_reply": 13,
        "stage:inspection_and_energization": 15,
        "handling": 28,
        "end_to_end": 35,
    }
    assert not any(clock.is_overdue for clock in office.clocks(ticket).values())
    actions = [entry.action for entry in office.entries(ticket)]
    assert actions.count("calendar_changed") == 1
