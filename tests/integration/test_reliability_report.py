"""The indicators of the plan, with the examples of the clause table (M4a, M4b, N2a)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from app.outages.reliability_views import plain, rounded
from engine.errors import RefusedError
from engine.outage import OutageKind
from tests.applicants import CHIEF, COUNTER, WHO
from tests.application import codes, instant
from tests.outages import DISPATCHER, PLANNED, furnish_outages, report_fault, restore

if TYPE_CHECKING:
    from app.outages.reliability_views import AreaView, ReliabilityReport
    from tests.application import Office

HEAD = "year,figure,area_class,value,source\n"


@pytest.fixture
def grid(office: Office) -> Office:
    furnish_outages(office)
    return office.at("2021-09-01 08:00")


def fault(office: Office, node: str, begins: str, ends: str) -> str:
    """A fault that was reported with both its times; its number."""
    given = {"occurred_at": begins, "occurred_source": "scada", "late_entry_reason": "示例"}
    entered = report_fault(office, node, **given)
    restore(office, entered, restored_at=ends, restored_source="scada")
    return entered.outage.ticket_no


def planned(office: Office, begins: str, ends: str) -> str:
    """A planned outage on T2 that took place as announced, for a recorded reason of being late."""
    office.at(begins).clock.pass_by(hours=-1)
    result = office.application.outages.announcements.announce(
        OutageKind.PLANNED,
        ["T2"],
        PLANNED
        | {
            "planned_start_at": begins,
            "planned_end_at": ends,
            "late_announcement_reason": "示例",
        },
        actor=DISPATCHER,
    )
    office.at(begins)
    office.application.outages.supply.start(result.outage.ticket_no, {}, actor=DISPATCHER)
    office.at(ends)
    restore(office, result)
    return result.outage.ticket_no


def report(office: Office, year: int, **how: object) -> ReliabilityReport:
    return office.application.outages.reliability.report(actor=COUNTER, year=year, **how)  # type: ignore[arg-type]


def area(found: ReliabilityReport, name: str) -> AreaView:
    return next(each for each in found.areas if each.area_class == name)


def enter_base(office: Office, rows: str) -> None:
    entered = office.application.outages.reliability_base.enter((HEAD + rows).encode(), actor=CHIEF)
    assert entered.refused == ()


# --- lines with many faults (N2a) -----------------------------------------------------------------


def test_fifteen_faults_in_six_months_make_a_line_a_case_for_repair(grid: Office) -> None:
    days = ["2021-03-02", *(f"2021-0{month}-1{day}" for month in (4, 5, 6) for day in range(4))]
    days += ["2021-08-15", "2021-09-01"]
    numbers = [fault(grid, "T1", f"{day} 06:00", f"{day} 07:00") for day in days]
    found = report(grid, 2021).fault_feeders
    assert [(e.feeder_id, e.count, e.is_frequent) for e in found] == [("F1", 15, True)]
    assert found[0].outages == tuple(numbers)
    grid.at("2021-09-02 12:00")
    assert report(grid, 2021).fault_feeders[0].count == 15  # six months to the day still count
    grid.at("2021-09-03 12:00")
    [fewer] = report(grid, 2021).fault_feeders
    assert (fewer.count, fewer.is_frequent) == (14, False)


def test_planned_outages_are_no_faults(grid: Office) -> None:
    for day in range(10, 24):
        fault(grid, "T2", f"2021-08-{day} 06:00", f"2021-08-{day} 07:00")
    for day in range(2, 12):
        planned(grid, f"2021-09-{day:02} 08:00", f"2021-09-{day:02} 09:00")
    found = report(grid, 2021)
    assert [(e.count, e.is_frequent) for e in found.fault_feeders] == [(14, False)]
    assert [(e.count, e.is_frequent) for e in found.feeders] == [(24, False)]
    fault(grid, "F1", "2021-09-11 07:00", "2021-09-11 07:30")
    assert [(e.count, e.is_frequent) for e in report(grid, 2021).feeders] == [(25, True)]


def test_an_outage_of_the_substation_counts_on_each_of_its_lines(grid: Office) -> None:
    fault(grid, "S1", "2021-08-10 06:00", "2021-08-10 07:00")
    assert [each.feeder_id for each in report(grid, 2021).feeders] == ["F1", "F2"]


# --- fewer of them (M4a, Q23) ---------------------------------------------------------------------


def test_the_base_of_2020_is_entered_once_and_marked_as_not_verified(grid: Office) -> None:
    enter_base(grid, "2020,frequent_outage_feeders,,40,2020年年报\n")
    [verdict] = report(grid, 2021).fewer
    assert (verdict.base, verdict.verified, verdict.most, verdict.is_good) == (
        40,
        False,
        36,
        True,
    )
    grid.at("2022-12-31 12:00")
    on_base, on_year_before = report(grid, 2022).fewer
    assert (on_base.base_year, on_base.most, on_base.decides) == (2020, 32, True)
    assert (on_year_before.base_year, on_year_before.base, on_year_before.decides) == (
        2021,
        0,
        False,
    )
    assert report(grid, 2023).fewer == ()  # the plan has no target for it


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("2020,frequent_outage_feeders,,41,再报", "year"),
        ("2021,frequent_outage_feeders,,41,年报", "year"),
        ("2020,average_outage_hours,,5,年报", "area_class"),
        ("2019,frequent_outage_feeders,,1.5,年报", "value"),
        ("2019,frequent_outage_feeders,rural,1,年报", "area_class"),
        ("2019,nonsense,,1,年报", "figure"),
        ("2019,frequent_outage_feeders,,1,", "source"),
    ],
)
def test_a_claim_that_will_not_do_is_named_by_line_and_field(
    grid: Office, row: str, field: str
) -> None:
    enter_base(grid, "2020,frequent_outage_feeders,,40,2020年年报\n")
    refused = grid.application.outages.reliability_base.enter(
        (HEAD + row).encode(), actor=CHIEF
    ).refused
    assert [(each.line, each.field) for each in refused] == [(2, field)]


def test_nothing_is_claimed_of_a_year_with_records_of_its_own(grid: Office) -> None:
    fault(grid, "T1", "2021-08-10 06:00", "2021-08-10 07:00")
    grid.at("2022-01-05 09:00")
    rows = (HEAD + "2021,frequent_outage_feeders,,3,年报").encode()
    refused = grid.application.outages.reliability_base.enter(rows, actor=CHIEF).refused
    assert "系统已有该年的停电记录" in refused[0].problem


def test_only_the_company_enters_claims(grid: Office) -> None:
    for who in ("tc-counter", "tc-dispatch"):
        with pytest.raises(RefusedError) as caught:
            grid.application.outages.reliability_base.enter(HEAD.encode(), actor=WHO[who])
        assert codes(caught) & {"company_wide", "not_permitted"}


# --- hours (M4b) and indices ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("took", "fell", "good"),
    [
        ("11:30", "8.3333", True),  # 5.50 h
        ("11:31:48", "7.8333", False),  # 5.53 h
        ("11:31:12", "8.0000", True),  # 5.52 h, exactly 8 %
        ("11:00", "16.6667", True),  # 5.00 h, within the limit
        ("12:01", "-0.2778", False),
    ],
)
def test_hours_of_an_average_customer_of_the_county(
    grid: Office, took: str, fell: str, good: bool
) -> None:
    grid.at("2022-09-01 09:00")  # the network was the same all year
    enter_base(grid, "2021,average_outage_hours,county_seat,6.00,2021年年报\n")
    number = fault(grid, "T2", "2022-08-10 06:00", f"2022-08-10 {took}")
    grid.at("2023-03-01 09:00")
    found = area(report(grid, 2022), "county_seat")
    assert (rounded(found.fell_percent), found.is_good) == (fell, good)
    assert (found.served, found.before_verified) == (4, False)
    [record] = found.records
    assert (record.ticket_no, record.points) == (number, 4)
    assert record.customer_hours == found.customer_hours == found.hours * 4


def test_parts_that_are_restored_end_part_by_part(grid: Office) -> None:
    grid.at("2022-09-01 08:00")
    entered = report_fault(
        grid,
        "F1",
        occurred_at="2022-09-01 02:00",
        occurred_source="scada",
        estimated_restoration_at="2022-09-01 12:00",
    )
    restore(grid, entered, "T1", restored_at="2022-09-01 03:00", restored_source="scada")
    restore(grid, entered, restored_at="2022-09-01 06:00", restored_source="scada")
    grid.at("2023-01-01 00:00")
    found = report(grid, 2022)
    assert area(found, "city_centre").customer_hours == 2 * 1  # the hospital kept its supply
    assert area(found, "county_seat").customer_hours == 4 * 4
    assert found.indices.interruptions == 6
    assert found.indices.saifi == Fraction(6, 8)
    assert found.indices.saidi_hours == Fraction(18, 8)
    assert found.indices.caidi_hours == Fraction(18, 6)


def test_what_is_not_longer_than_five_minutes_is_no_sustained_interruption(grid: Office) -> None:
    fault(grid, "T2", "2021-08-10 06:00", "2021-08-10 06:05")
    fault(grid, "T2", "2021-08-11 06:00", "2021-08-11 06:05:01")
    grid.at("2022-01-01 00:00")
    found = report(grid, 2021)
    assert found.indices.interruptions == 4
    assert area(found, "county_seat").customer_hours == Fraction(4 * (300 + 301), 3600)


def test_what_lasts_over_new_year_counts_its_hours_in_both_years(grid: Office) -> None:
    grid.at("2022-01-01 04:00")
    fault(grid, "T2", "2021-12-31 22:00", "2022-01-01 03:00")
    before, after = report(grid, 2021), report(grid, 2022)
    assert area(before, "county_seat").customer_hours == 4 * 2
    assert area(after, "county_seat").customer_hours == 4 * 3
    assert (before.indices.interruptions, after.indices.interruptions) == (4, 0)
    assert before.indices.customer_hours == 4 * 5  # IEEE 1366: all of it where it began


def test_what_is_still_out_counts_until_now(grid: Office) -> None:
    report_fault(grid, "T2", occurred_at="2021-09-01 02:00", occurred_source="scada")
    grid.at("2021-09-01 10:00")
    found = report(grid, 2021)
    assert found.until == instant("2021-09-01 10:00")
    assert area(found, "county_seat").customer_hours == 4 * 8
    grid.at("2021-09-01 11:00")
    assert area(report(grid, 2021), "county_seat").customer_hours == 4 * 9


def test_the_report_is_plain_values_for_programs(grid: Office) -> None:
    number = fault(grid, "T2", "2021-08-10 06:00", "2021-08-10 07:00")
    found = plain(report(grid, 2021))
    [county] = [e for e in found["areas"] if e["area_class"] == "county_seat"]  # type: ignore[attr-defined]
    assert county["customer_hours"] == "4.0000"
    assert county["records"] == [{"ticket_no": number, "points": 4, "customer_hours": "4.0000"}]
