"""A point is in an outage as often as it goes out (R-7.1)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from tests.application import instant
from tests.integration.outages.points import put, stretches, sweep
from tests.outages import (
    DISPATCHER,
    HOSPITAL,
    JIANG,
    Listener,
    page_of,
    report_fault,
    restore,
)

if TYPE_CHECKING:
    from tests.application import Office


P12_TO_T2 = "P12,service_point,T2,和畅2号表位,,8,city_centre,,\n"


def hours(office: Office, area_class: str) -> Fraction:
    report = office.application.outages.reliability.report(actor=DISPATCHER, year=2021)
    [found] = [each for each in report.areas if each.area_class == area_class]
    return sum((each.customer_hours for each in found.records), Fraction())


def test_a_point_that_goes_out_a_second_time_is_out(grid: Office, hear: Listener) -> None:
    fault = report_fault(grid, "T1")
    hear()
    for hour, goes_out in ((9, True), (10, False), (11, True)):
        grid.at(f"2021-09-01 {hour:02}:00")
        if goes_out:
            other = report_fault(grid, "F2")
        else:
            restore(grid, other)
        sweep(grid)
        assert page_of(grid, fault).line.out == (3 if goes_out else 2)
        assert (HOSPITAL, "outage_fault" if goes_out else "outage_restored") in hear()
    grid.at("2021-09-01 13:00")
    restore(grid, fault)
    assert (HOSPITAL, "outage_restored") in hear()
    assert stretches(grid, fault, "P13") == [
        (instant("2021-09-01 09:00"), instant("2021-09-01 10:00")),
        (instant("2021-09-01 11:00"), instant("2021-09-01 13:00")),
    ]
    page = page_of(grid, fault)
    assert (page.line.service_points, page.line.out, page.restored) == (3, 0, 3)
    assert hours(grid, "city_centre") == 5 + 5 + 1 + 2


def test_a_restored_point_that_is_moved_to_what_is_still_out_is_out(
    grid: Office, hear: Listener
) -> None:
    fault = report_fault(grid, "F1", estimated_restoration_at="2021-09-01 18:00")
    grid.at("2021-09-01 09:00")
    restore(grid, fault, "T1", restoration_means="switching")
    hear()
    grid.at("2021-09-01 10:00")
    put(grid, P12_TO_T2)
    sweep(grid)
    assert page_of(grid, fault).line.out == 5
    assert hear() == [(JIANG, "outage_fault")]
    grid.at("2021-09-01 12:00")
    restore(grid, fault)
    assert (JIANG, "outage_restored") in hear()
    assert stretches(grid, fault, "P12") == [
        (instant("2021-09-01 08:00"), instant("2021-09-01 09:00")),
        (instant("2021-09-01 10:00"), instant("2021-09-01 12:00")),
    ]


def test_a_point_goes_out_when_it_did_not_when_that_was_noticed(grid: Office) -> None:
    fault = report_fault(grid, "T1")
    grid.at("2021-09-01 09:30")
    other = report_fault(grid, "F2", occurred_at="2021-09-01 09:00", occurred_source="scada")
    sweep(grid)
    grid.at("2021-09-01 11:30")
    restore(grid, other, restored_at="2021-09-01 11:00", restored_source="scada")
    grid.at("2021-09-01 11:40")
    sweep(grid)
    assert stretches(grid, fault, "P13") == [
        (instant("2021-09-01 09:00"), instant("2021-09-01 11:00"))
    ]
