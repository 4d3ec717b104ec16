"""The indicators of the plan, with the examples of the clause table (M4a, M4b, N2a)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from app.outages.reliability_views import plain, rounded
from engine.errors import MalformedError, NotFoundError, RefusedError
from engine.outage import OutageKind
from engine.reliability import ClaimedFigure
from engine.ticket import SYSTEM
from tests.applicants import CHIEF, COUNTER, WHO
from tests.application import codes, instant
from tests.outages import (
    DISPATCHER,
    PLANNED,
    plan_outage,
    report_fault,
    restore,
)

if TYPE_CHECKING:
    from app.outages.reliability_views import AreaView, ReliabilityReport
    from tests.application import Office

HEAD = "year,figure,area_class,value,source\n"


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


# --- lines with many faults (N2a) ----------------------------------------------------------------


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


# --- announced in time (R-7.2) -------------------------------------------------------------------


def test_outages_that_were_not_announced_in_time_are_counted_with_their_reasons(
    grid: Office,
) -> None:
    in_time = plan_outage(grid, "T1")
    late = planned(grid, "2021-09-02 08:00", "2021-09-02 09:00")
    grid.at("2021-09-03 08:00")
    fault(grid, "T2", "2021-09-03 06:00", "2021-09-03 07:00")
    before = {each.kind: each for each in report(grid, 2021).announced}
    assert (before["planned"].count, before["temporary"].count) == (1, 0)  # one is yet to come
    grid.at("2021-09-08 08:00")
    grid.application.outages.supply.start(in_time.outage.ticket_no, {}, actor=DISPATCHER)
    grid.at("2021-09-08 09:00")
    [of_plans, _] = report(grid, 2021).announced
    assert of_plans.count == 2
    assert [(each.ticket_no, each.reason) for each in of_plans.late] == [(late, "示例")]


# --- fewer of them (M4a, Q23) --------------------------------------------------------------------


def test_the_base_of_2020_is_entered_once_and_marked_as_not_verified(grid: Office) -> None:
    enter_base(grid, "2020,frequent_outage_feeders,,40,2020年年报\n")
    [verdict] = report(grid, 2021).fewer
    assert (verdict.base, verdict.verified, verdict.most, verdict.is_good) == (
        40,
        False,
        36,
        True,
    )
    fault(grid, "T2", "2021-08-10 06:00", "2021-08-10 07:00")
    grid.at("2022-12-31 12:00")
    on_base, on_year_before = report(grid, 2022).fewer
    assert (on_base.base_year, on_base.most, on_base.decides) == (2020, 32, True)
    assert (on_year_before.base_year, on_year_before.base, on_year_before.decides) == (
        2021,
        0,
        False,
    )
    assert report(grid, 2023).fewer == ()  # the plan has no target for it


def test_without_a_base_nothing_is_judged_and_the_report_says_what_is_missing(
    grid: Office,
) -> None:
    grid.at("2022-08-01 12:00")
    on_base, on_year_before = report(grid, 2022).fewer
    for verdict in (on_base, on_year_before):
        assert (verdict.base, verdict.most, verdict.is_good) == (None, None, None)
        assert not verdict.verified
    fault(grid, "T2", "2021-08-10 06:00", "2021-08-10 07:00")
    _, on_year_before = report(grid, 2022).fewer
    assert (on_year_before.base, on_year_before.verified, on_year_before.is_good) == (0, True, True)


def test_a_count_is_a_whole_number_however_it_was_written(grid: Office) -> None:
    enter_base(grid, "2020,frequent_outage_feeders,,40.00,2020年年报\n")
    [verdict] = report(grid, 2021).fewer
    assert (verdict.base, verdict.most) == (40, 36)
    with grid.application.database.reading() as work:
        assert [each.value for each in work.reliability.base(2020)] == ["40"]


def test_a_count_that_was_kept_with_decimals_is_read_as_one(grid: Office) -> None:
    old = ClaimedFigure(
        year=2020,
        figure="frequent_outage_feeders",
        subject="",
        value="40.00",
        source="2020年年报",
        entered_by="chief",
        entered_at=grid.clock(),
    )
    with grid.application.database.writing() as work:
        work.reliability.add_base([old])
        work.commit()
    [verdict] = report(grid, 2021).fewer
    assert (verdict.base, verdict.most) == (40, 36)


def test_two_rows_of_one_figure_are_refused_and_nothing_is_entered(grid: Office) -> None:
    rows = (
        "2020,frequent_outage_feeders,,40,年报\n2020,average_outage_hours,rural,9,年报\n"
        "2020,frequent_outage_feeders,,30,月报\n"
    )
    entered = grid.application.outages.reliability_base.enter((HEAD + rows).encode(), actor=CHIEF)
    assert [(each.line, each.field) for each in entered.refused] == [(4, "year")]
    assert "与第2行" in entered.refused[0].problem
    assert report(grid, 2021).fewer[0].base is None


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


# --- hours (M4b) and indices ---------------------------------------------------------------------


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


def test_an_outage_that_goes_on_into_the_next_year_prolongs_what_began_before_it(
    grid: Office,
) -> None:
    """T2 out 23:00-01:00, then F1 00:30-03:00: four hours of four customers, begun in 2021."""
    grid.at("2022-01-01 12:00")
    first = fault(grid, "T2", "2021-12-31 23:00", "2022-01-01 01:00")
    second = fault(grid, "F1", "2022-01-01 00:30", "2022-01-01 03:00")
    before, after = (area(report(grid, year), "county_seat").indices for year in (2021, 2022))
    assert (before.interruptions, before.customer_hours) == (4, 16)
    assert (after.interruptions, after.customer_hours) == (0, 0)
    shares = {each.ticket_no: (each.interruptions, each.customer_hours) for each in before.records}
    assert shares == {first: (4, 8), second: (0, 8)}
    assert [each.ticket_no for each in area(report(grid, 2021), "county_seat").records] == [first]


def test_the_indices_lead_to_their_own_outages(grid: Office) -> None:
    grid.at("2022-01-01 12:00")
    fault(grid, "T2", "2021-08-11 06:00", "2021-08-11 06:05")  # no sustained one
    whole = fault(grid, "F1", "2021-08-10 06:00", "2021-08-10 08:00")
    new_year = fault(grid, "T2", "2021-12-31 22:00", "2022-01-01 03:00")
    indices = report(grid, 2021).indices
    assert [(e.ticket_no, e.interruptions, e.customer_hours) for e in indices.records] == [
        (new_year, 4, 20),
        (whole, 6, 12),
    ]
    assert sum(each.interruptions for each in indices.records) == indices.interruptions
    assert sum(each.customer_hours for each in indices.records) == indices.customer_hours


def test_points_of_no_area_class_are_seen_though_no_average_has_them(grid: Office) -> None:
    rows = (
        "node_id,kind,parent_id,name,area_class\n"
        "T8,transformer_area,F2,无类别台区,\nP81,service_point,T8,无类别表位,\n"
        "T9,transformer_area,F2,城镇台区,town\nP91,service_point,T9,城镇表位,\n"
    )
    grid.at("2021-09-01 00:00")
    assert not grid.application.imports.topology(rows.encode(), actor=SYSTEM).refused
    grid.at("2021-09-10 00:00")
    assert area(report(grid, 2021), "town").customer_hours == 0
    both = fault(grid, "F2", "2021-09-02 06:00", "2021-09-02 10:00")
    found = report(grid, 2021)
    assert area(found, "town").customer_hours == 4  # the point has the class of its area
    assert found.unclassified is not None
    assert [(e.ticket_no, e.customer_hours) for e in found.unclassified.records] == [(both, 4)]
    assert found.unclassified.served > 0
    known = "node_id,kind,parent_id,name,area_class\nP81,service_point,T8,无类别表位,town\n"
    assert not grid.application.imports.topology(known.encode(), actor=SYSTEM).refused
    grid.at("2022-03-01 00:00")
    assert report(grid, 2022).unclassified is None


def test_a_line_leads_to_the_outages_of_its_year_and_to_its_faults(grid: Office) -> None:
    grid.at("2022-02-01 09:00")
    old = fault(grid, "T2", "2021-08-10 06:00", "2021-08-10 07:00")
    new = fault(grid, "F1", "2022-01-10 06:00", "2022-01-10 07:00")
    feeder = grid.application.outages.reliability.feeder
    found = feeder("F1", actor=COUNTER)
    assert (found.year, found.outages, found.faults) == (2022, (new,), (old, new))
    assert feeder("F2", actor=COUNTER).outages == ()
    for unknown in ("F9", "T2"):
        with pytest.raises(NotFoundError):
            feeder(unknown, actor=COUNTER)


@pytest.mark.parametrize(
    ("year", "day"), [(1999, None), (3000, None), (2021, "0001-01-01"), (2021, "9999-12-31")]
)
def test_no_year_is_counted_that_nobody_has_records_of(
    grid: Office, year: int, day: str | None
) -> None:
    last = None if day is None else date.fromisoformat(day)
    with pytest.raises(MalformedError) as caught:
        report(grid, year, day=last)
    assert codes(caught) == {"out_of_range"}
