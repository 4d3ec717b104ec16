"""What was recorded before an outage was announced, and seen only afterwards.

A long import is of the instant at which it began, and others see it when it ends. Here it is
brought in with the clock put back, which looks the same to whoever comes later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.ticket import SYSTEM
from tests.application import instant
from tests.integration.outages.points import put, stretches, sweep
from tests.outages import (
    CUSTOMERS,
    HOSPITAL,
    ZHU,
    Listener,
    page_of,
    plan_outage,
    report_fault,
)

if TYPE_CHECKING:
    from tests.application import Office

P1_TO_T1 = "P1,service_point,T1,竹溪1号表位,,8,rural,,\n"
TENANT = "13000001014"


def bring_in_tenant(office: Office) -> None:
    head = CUSTOMERS.splitlines(keepends=True)[0]
    rows = head + f"C14,P12,租户,{TENANT},,yes\n"
    office.application.imports.customers(rows.encode(), actor=SYSTEM)


@pytest.mark.parametrize("is_written_before", [True, False])
def test_a_new_customer_hears_once_of_an_outage_that_was_announced_meanwhile(
    grid: Office, hear: Listener, is_written_before: bool
) -> None:
    grid.at("2021-09-01 08:00")
    plan_outage(grid, "T1")
    heard = hear() if is_written_before else []
    grid.at("2021-09-01 07:59")
    bring_in_tenant(grid)
    grid.at("2021-09-01 08:05")
    for _ in range(3):
        sweep(grid)
        heard += hear()
    assert [each for each in heard if each[0] == TENANT] == [(TENANT, "outage_announced")]
    assert len(heard) == 3


def test_a_point_that_was_moved_meanwhile_joins(grid: Office, hear: Listener) -> None:
    grid.at("2021-09-01 08:00")
    planned = plan_outage(grid, "T1")
    hear()
    grid.at("2021-09-01 07:59")
    put(grid, P1_TO_T1)
    grid.at("2021-09-01 08:05")
    sweep(grid)
    assert hear() == [(ZHU, "outage_announced")]
    assert (sweep(grid), hear()) == (0, [])
    assert page_of(grid, planned).line.service_points == 3


@pytest.mark.parametrize(
    ("began", "out_since"), [("08:00", "08:00"), ("07:59", "07:59"), ("07:30", "07:59")]
)
def test_a_point_that_was_moved_meanwhile_is_out_since_then(
    grid: Office, hear: Listener, began: str, out_since: str
) -> None:
    grid.at("2021-09-01 08:00")
    fault = report_fault(grid, "T1", occurred_at=f"2021-09-01 {began}", occurred_source="scada")
    hear()
    grid.at("2021-09-01 07:59")
    put(grid, P1_TO_T1)
    grid.at("2021-09-01 08:05")
    sweep(grid)
    assert hear() == [(ZHU, "outage_fault")]
    assert stretches(grid, fault, "P1") == [(instant(f"2021-09-01 {out_since}"), None)]


def test_a_fault_elsewhere_that_was_recorded_meanwhile_is_seen(
    grid: Office, hear: Listener
) -> None:
    """The hospital lives on its other supply until that is found to be out as well."""
    grid.at("2021-09-01 08:00")
    report_fault(grid, "T1")
    assert HOSPITAL not in {each for each, _ in hear()}
    grid.at("2021-09-01 07:59:30")
    report_fault(grid, "F2")
    grid.at("2021-09-01 08:00:30")
    sweep(grid)
    assert (HOSPITAL, "outage_fault") in hear()


def test_a_move_by_a_clock_that_is_ahead_is_seen_when_it_is_due(
    grid: Office, hear: Listener
) -> None:
    """Clocks of two machines differ a little, and who waits for an import is of before it."""
    grid.at("2021-09-01 08:00:01")
    fault = report_fault(grid, "T1")
    hear()
    grid.at("2021-09-01 08:05:01")
    put(grid, P1_TO_T1)
    grid.at("2021-09-01 08:05:00")
    sweep(grid)
    assert (hear(), stretches(grid, fault, "P1")) == ([], [])
    grid.at("2021-09-01 08:06:00")
    sweep(grid)
    assert hear() == [(ZHU, "outage_fault")]
    assert stretches(grid, fault, "P1") == [(instant("2021-09-01 08:05:01"), None)]


@pytest.mark.parametrize("announced", ["08:00:00", "07:50:00"])
def test_a_customer_by_a_clock_that_is_ahead_hears_when_it_is_due(
    grid: Office, hear: Listener, announced: str
) -> None:
    """Before the announcement or after it; in between nothing is told to nobody."""
    grid.at("2021-09-01 07:50:00")
    if announced == "07:50:00":
        report_fault(grid, "T1")
        hear()
    grid.at("2021-09-01 08:00:10")
    bring_in_tenant(grid)
    grid.at("2021-09-01 08:00:00")
    if announced == "08:00:00":
        report_fault(grid, "T1")
        hear()
    grid.at("2021-09-01 08:00:05")
    assert (sweep(grid), hear()) == (0, [])
    grid.at("2021-09-01 08:01:00")
    sweep(grid)
    assert hear() == [(TENANT, "outage_fault")]
    assert (sweep(grid), hear()) == (0, [])
