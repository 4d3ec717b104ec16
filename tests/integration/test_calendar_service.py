"""Years that are not known yet, their import, and what follows for open tickets (R-2.2, R-2.3)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from engine.calendar import DayOverride, YearStatus
from engine.errors import MalformedError, RefusedError
from notifications.message import MessageKind
from tests.applicants import CHIEF, COUNTER, HIGH_VOLTAGE_PAPERS, a_hospital
from tests.application import codes, instant
from tests.official_calendar import LAW_2027

if TYPE_CHECKING:
    from engine.ticket import Ticket
    from tests.application import Office

HEADER = "date,kind,note\n"
AS_EXPECTED = HEADER + "2027-01-01,off,元旦\n" + LAW_2027
"""January as the law lets one expect it: no date of January 2027 moves."""
LONGER = HEADER + "2027-01-01,off,元旦\n2027-01-04,off,元旦\n2027-01-09,make_up,\n" + LAW_2027
"""Monday the 4th is off, Saturday the 9th is worked."""


def import_2027(office: Office, content: str, **options: bool) -> None:
    office.application.calendars.import_year(content.encode(), actor=CHIEF, year=2027, **options)


def dual(office: Office, when: str) -> Ticket:
    """A ticket whose plan is due 14 working days after that day."""
    ticket = office.at(when).submit(a_hospital(), papers=HIGH_VOLTAGE_PAPERS)
    return office.fire(ticket, "complete_intake")


def provisional(office: Office, ticket: Ticket) -> set[str]:
    return {key for key, found in office.clocks(ticket).items() if found.provisional}


# --- before the notice -------------------------------------------------------------------------


def test_a_limit_that_reaches_into_an_unknown_year_is_provisional(office: Office) -> None:
    ticket = dual(office, "2026-11-23 09:00")
    assert office.dues(ticket) == {
        "stage:intake": "2026-11-24",
        "stage:supply_plan_reply": "2026-12-11",
        "handling": "2027-01-05",
    }
    assert provisional(office, ticket) == {"handling"}
    assert "（暂定）" not in office.text(ticket, "application_accepted")
    late = dual(office, "2026-12-21 09:00")
    assert "14 个工作日内，2027-01-11 前（暂定）" in office.text(late, "application_accepted")


@pytest.mark.parametrize(
    ("when", "is_warned"),
    [("2026-11-30 23:59", False), ("2026-12-01 00:00", True)],
    ids=["last of November", "first of December"],
)
def test_administrators_are_warned_in_december(office: Office, when: str, is_warned: bool) -> None:
    office.at(when)
    assert bool(office.application.calendars.warning()) is is_warned
    import_2027(office, AS_EXPECTED)
    assert office.application.calendars.warning() == ""


# --- the notice comes --------------------------------------------------------------------------


def test_importing_a_year_moves_promises_and_tells_the_customer(office: Office) -> None:
    ticket = dual(office, "2026-12-21 09:00")
    due_at = instant("2027-01-12 00:00")
    assert due_at_of(office, ticket) == due_at
    office.told()
    office.at("2026-12-28 10:00")
    import_2027(office, LONGER)
    assert office.application.calendars.recompute().counts()["done"] == 1
    assert office.dues(ticket)["stage:supply_plan_reply"] == "2027-01-11"

    import_2027(office, LONGER.replace("2027-01-09,make_up,\n", ""))
    assert office.told() == []
    assert office.application.calendars.recompute().counts()["done"] == 1
    assert office.dues(ticket)["stage:supply_plan_reply"] == "2027-01-12"
    assert provisional(office, ticket) == set()
    assert office.told() == [("customer", "promise_changed")]
    assert "供电方案答复办结日期改为2027-01-12 前（原定2027-01-11）" in office.text(
        ticket, "promise_changed"
    )
    entry = office.entries(ticket)[-1]
    (event,) = entry.facts["events"]
    assert event["reason"] == "导入 2027 年放假安排；导入 2027 年放假安排"
    assert (entry.action, entry.actor_id) == ("calendar_changed", "system")
    assert (event["before"], event["after"], event["provisional"]) == (
        "2027-01-11",
        "2027-01-12",
        False,
    )
    assert due_at_of(office, ticket) == instant("2027-01-13 00:00")


def due_at_of(office: Office, ticket: Ticket) -> object:
    """The instant by which the queue sorts the ticket."""
    with office.application.database.reading() as work:
        (row,) = work.tickets.worklist(text=ticket.ticket_no)
    return row.pressing_at


def test_a_provisional_date_that_turns_out_right_leaves_a_trace_and_no_message(
    office: Office,
) -> None:
    ticket = dual(office, "2026-12-21 09:00")
    elsewhere = dual(office, "2026-12-01 09:00")
    office.told()
    import_2027(office, AS_EXPECTED)
    recompute = office.application.calendars.recompute
    assert recompute().counts() == {"done": 1, "unchanged": 1, "overtaken": 0, "failed": 0}
    assert (provisional(office, ticket), office.told()) == (set(), [])
    assert [entry.action for entry in office.entries(ticket)][2:] == ["calendar_changed"]
    assert len(office.entries(elsewhere)) == 2
    assert recompute().counts()["done"] == 0


def test_a_single_day_moves_promises_too(office: Office) -> None:
    ticket = dual(office, "2026-11-23 09:00")
    day = DayOverride(on=date(2026, 12, 1), is_working=False, note="临时放假")
    office.application.calendars.override(day, actor=CHIEF)
    office.application.calendars.recompute()
    assert office.dues(ticket)["stage:supply_plan_reply"] == "2026-12-14"
    assert "（原定2026-12-11）" in office.text(ticket, "promise_changed")


def test_after_a_change_reminders_follow_the_new_date(office: Office) -> None:
    ticket = dual(office, "2026-11-23 09:00")
    day = DayOverride(on=date(2026, 12, 11), is_working=False, note="临时放假")
    office.application.calendars.override(day, actor=CHIEF)
    office.application.calendars.recompute()
    office.at("2026-12-11 08:30").application.reminders.sweep()
    kinds = {m.kind for m in office.messages(ticket) if m.created_at == office.clock()}
    assert kinds <= {MessageKind.REMINDER}
    assert not any("供电方案答复应于 2026-12-11" in m.text for m in office.messages(ticket))
    office.at("2026-12-14 08:30").application.reminders.sweep()
    assert "供电方案答复应于 2026-12-14 前办结" in office.text(ticket, "limit_due", "tc-project")


def test_ended_tickets_are_left_as_they_are(office: Office) -> None:
    ticket = office.fire(dual(office, "2026-12-21 09:00"), "abort", reason="客户撤回")
    import_2027(office, LONGER)
    assert office.application.calendars.recompute().counts() == {
        "done": 0,
        "unchanged": 0,
        "overtaken": 0,
        "failed": 0,
    }
    assert office.ticket(ticket) == ticket


# --- beforehand --------------------------------------------------------------------------------


def test_an_import_shows_beforehand_whose_dates_move(office: Office) -> None:
    early, late = dual(office, "2026-11-23 09:00"), dual(office, "2026-12-21 09:00")
    office.at("2026-12-28 10:00")
    calendars = office.application.calendars
    off = LONGER.replace("2027-01-09,make_up,\n", "")
    shown = calendars.import_year(off.encode(), actor=CHIEF, dry_run=True).impact
    assert shown.examined == 2
    assert [(m.ticket_no, m.clock, str(m.before), str(m.after)) for m in shown.moves] == [
        (early.ticket_no, "handling", "2027-01-05", "2027-01-06"),
        (late.ticket_no, "stage:supply_plan_reply", "2027-01-11", "2027-01-12"),
        (late.ticket_no, "handling", "2027-02-02", "2027-02-03"),
    ]
    assert (shown.tickets, shown.overdue, shown.told) == (2, (), (late.ticket_no,))
    assert office.dues(late)["stage:supply_plan_reply"] == "2027-01-11"

    assert calendars.import_year(off.encode(), actor=CHIEF).impact == shown
    office.told()
    calendars.recompute()
    assert office.told() == [("customer", "promise_changed")]
    moved = {(m.ticket_no, m.clock): str(m.after) for m in shown.moves}
    for (number, clock), after in moved.items():
        assert office.dues(number)[clock] == after
    assert calendars.import_year(off.encode(), actor=CHIEF, dry_run=True).impact.moves == ()


def test_a_day_shows_beforehand_who_becomes_overdue(office: Office) -> None:
    ticket = dual(office, "2026-11-23 09:00")
    calendars = office.application.calendars
    saturday = DayOverride(on=date(2026, 12, 5), is_working=True, note="抢险")
    office.at("2026-12-11 00:00")
    shown = calendars.override(saturday, actor=CHIEF, dry_run=True)
    assert (shown.overdue, shown.told) == ((ticket.ticket_no,), (ticket.ticket_no,))
    assert office.entries("calendar") == []
    office.at("2026-12-10 23:59")
    assert calendars.override(saturday, actor=CHIEF).overdue == ()
    assert len(office.entries("calendar")) == 1
    calendars.recompute()
    (event,) = office.entries(ticket)[-1].facts["events"]
    assert event["reason"] == "2026-12-05 改为工作日（抢险）"
    assert office.dues(ticket)["stage:supply_plan_reply"] == "2026-12-10"


def test_tickets_that_have_ended_do_not_count(office: Office) -> None:
    office.fire(dual(office, "2026-12-21 09:00"), "abort", reason="客户撤回")
    day = DayOverride(on=date(2026, 12, 22), is_working=False, note="临时放假")
    shown = office.application.calendars.override(day, actor=CHIEF, dry_run=True)
    assert (shown.examined, shown.moves) == (0, ())


# --- what administrators do --------------------------------------------------------------------


def test_an_import_is_recorded_and_the_latest_counts(office: Office) -> None:
    calendars = office.application.calendars
    office.at("2026-12-28 10:00")
    assert calendars.calendar().year(2027).status is YearStatus.PROVISIONAL
    result = calendars.import_year(LONGER.encode(), actor=CHIEF, dry_run=True)
    assert result.summary.make_up_days == (date(2027, 1, 9),)
    assert result.missing_holidays == ()
    assert calendars.calendar().year(2027).status is YearStatus.PROVISIONAL
    import_2027(office, LONGER)
    import_2027(office, AS_EXPECTED)
    assert calendars.calendar().year(2027).status is YearStatus.IMPORTED
    assert calendars.calendar().is_working_day(date(2027, 1, 4))
    entries = office.entries("calendar")
    assert [(each.action, each.actor_id, each.target_state) for each in entries] == [
        ("import_year", "chief", "2027")
    ] * 2


WITHOUT_SPRING = LONGER.replace("2027-02-05,off,农历除夕\n", "").replace(
    "2027-02-08,off,春节\n", ""
)


def test_a_year_without_a_holiday_of_the_law_is_refused(office: Office) -> None:
    """A file with a late change only would make workdays of the others: it replaces the year."""
    calendars = office.at("2026-12-28 10:00").application.calendars
    missing = ("2027-02-05 农历除夕", "2027-02-08 春节")
    shown = calendars.import_year(WITHOUT_SPRING.encode(), actor=CHIEF, dry_run=True)
    assert shown.missing_holidays == missing
    for blank in ("", "  "):
        with pytest.raises(RefusedError) as refused:
            calendars.import_year(WITHOUT_SPRING.encode(), actor=CHIEF, incomplete=blank)
        assert codes(refused) == {"holiday_missing"}
        assert all(day in str(refused.value) for day in missing)
    assert calendars.calendar().year(2027).status is YearStatus.PROVISIONAL
    assert office.entries("calendar") == []


def test_with_a_reason_it_is_taken_and_the_reason_kept(office: Office) -> None:
    calendars = office.at("2026-12-28 10:00").application.calendars
    calendars.import_year(WITHOUT_SPRING.encode(), actor=CHIEF, incomplete="国务院另有安排")
    assert calendars.calendar().is_working_day(date(2027, 2, 8))
    calendars.import_year(LONGER.encode(), actor=CHIEF, incomplete="国务院另有安排")
    first, second = (entry.facts for entry in office.entries("calendar"))
    assert first["reason"] == "国务院另有安排"
    assert first["missing"] == ["2027-02-05 农历除夕", "2027-02-08 春节"]
    assert "reason" not in second


def test_another_process_sees_the_import_at_once(office: Office) -> None:
    other = office.another()
    assert other.application.calendars.calendar().is_working_day(date(2027, 1, 4))
    import_2027(office, LONGER)
    assert not other.application.calendars.calendar().is_working_day(date(2027, 1, 4))
    other.close()


def test_a_bad_file_changes_nothing_and_names_every_line(office: Office) -> None:
    version = office.application.calendars.calendar().version
    bad = HEADER + "2027-13-01,off,\n2027-01-04,make_up,\n2026-01-01,off,\n"
    with pytest.raises(RefusedError) as refused:
        import_2027(office, bad)
    assert {reason.field.split()[0] for reason in refused.value.reasons} == {
        "第2行",
        "第3行",
        "第4行",
    }
    with pytest.raises(RefusedError) as refused:
        office.application.calendars.import_year(LONGER.encode(), actor=COUNTER)
    assert codes(refused) == {"not_permitted"}
    assert office.application.calendars.calendar().version == version
    assert office.entries("calendar") == []


def test_a_word_on_a_day_needs_its_reason(office: Office) -> None:
    day = DayOverride(on=date(2027, 2, 22), is_working=False, note="  ")
    with pytest.raises(MalformedError) as malformed:
        office.application.calendars.override(day, actor=CHIEF)
    assert codes(malformed) == {"note_missing"}
    assert office.entries("calendar") == []
