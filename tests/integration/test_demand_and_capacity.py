"""What is asked of the grid by cell and month, and what the public sees of its room (N1, I1b)."""

from __future__ import annotations

import csv
from dataclasses import asdict
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from app.readiness.demand import CellDemand, as_csv
from engine.errors import MalformedError
from tests.applicants import (
    CHIEF,
    HIGH_VOLTAGE_PAPERS,
    WHO,
    a_business,
    a_factory,
    a_quarter,
    a_resident,
)
from tests.grid import at_area, with_areas, with_readings

if TYPE_CHECKING:
    from app.readiness.capacity import AreaCapacity
    from tests.application import Office


def some_tickets(office: Office) -> None:
    """In two months, two branches and three cells, one aborted, one connected."""
    office.at("2021-08-31 23:59")
    connected = office.submit(at_area("P1", requested_capacity_kw=Decimal("8.50")))
    office.fire(
        connected,
        "complete_intake",
        "finish_site_visit",
        "release_works",
        "finish_works",
        "energize",
    )
    office.at("2021-09-01 00:00")
    office.submit(a_business(node_id="G-07", requested_capacity_kw=Decimal(90)))
    aborted = office.submit(a_factory(node_id="F2"), papers=HIGH_VOLTAGE_PAPERS)
    office.fire(aborted, "abort", reason="客户撤回")
    office.submit(a_resident(node_id="T1", address="示例县城和畅路20号"))
    office.submit(a_resident(address="示例镇1号"), actor=WHO["ll-counter"])
    office.application.tickets.open(
        "asset_transfer", a_quarter(), branch="tengchong", actor=WHO["tc-counter"]
    )


def demand(office: Office, first: str = "2021-08", last: str = "2021-09") -> list[CellDemand]:
    return list(office.application.readiness.demand.by_cell(first, last, actor=CHIEF))


def test_the_sums_by_cell_and_month_are_those_of_the_tickets(office: Office) -> None:
    some_tickets(office)
    found = [(each.cell, each.month, each.tickets, each.requested_kw) for each in demand(office)]
    assert found == [
        ("ll-01", "2021-09", 1, Decimal(8)),
        ("tc-01", "2021-09", 1, Decimal(8)),
        ("tc-02", "2021-08", 1, Decimal("8.50")),
        ("tc-02", "2021-09", 2, Decimal(720)),
    ]
    with office.application.database.reading() as work:
        rows = work.tickets.worklist(open_only=False, limit=100)
        requests = [each.ticket.request for each in rows]
    asked = sum(getattr(each, "requested_capacity_kw", Decimal(0)) for each in requests)
    assert sum(each.requested_kw for each in demand(office)) == asked
    last = demand(office)[-1]
    assert (last.open_kw, last.connected_kw, last.aborted_kw) == (90, 0, 630)
    assert demand(office)[2].connected_kw == Decimal("8.50")


def test_the_csv_says_the_same(office: Office) -> None:
    some_tickets(office)
    rows = list(csv.DictReader(StringIO(as_csv(demand(office)))))
    assert sum(Decimal(row["requested_kw"]) for row in rows) == Decimal("744.50")
    assert rows[0]["cell_name"] == "龙陵"


def test_a_cell_of_the_csv_starts_no_formula() -> None:
    nothing = dict.fromkeys(("requested_kw", "open_kw", "connected_kw", "aborted_kw"), Decimal(0))
    row = CellDemand(
        branch="b", cell="=1+1", cell_name="@SUM(A1)", month="2021-09", tickets=0, **nothing
    )
    (line,) = csv.DictReader(StringIO(as_csv([row])))
    assert (line["cell"], line["cell_name"]) == ("'=1+1", "'@SUM(A1)")


def test_the_last_month_ends_with_its_last_day_in_shanghai(office: Office) -> None:
    some_tickets(office)
    assert [each.month for each in demand(office, "2021-08", "2021-08")] == ["2021-08"]
    assert demand(office, "2021-10", "2021-12") == []
    assert len(demand(office, "", "")) == 4


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [("2021-13", "2021-09", "from"), ("2021-09", "bald", "to"), ("2021-09", "2021-08", "to")],
)
def test_months_that_are_none_are_refused(
    office: Office, first: str, last: str, field: str
) -> None:
    with pytest.raises(MalformedError) as refusal:
        demand(office, first, last)
    assert [each.field for each in refusal.value.reasons] == [field]


def test_a_year_back_counts_from_the_last_month(office: Office) -> None:
    assert demand(office, "", "2020-05") == []
    assert demand(office, "", "2000-03") == []
    assert demand(office, "2999-12", "2999-12") == []


def test_people_of_a_branch_see_its_demand_only(office: Office) -> None:
    some_tickets(office)
    found = office.application.readiness.demand.by_cell("", "", actor=WHO["ll-head"])
    assert [each.branch for each in found] == ["longling"]


# --- open capacity ------------------------------------------------------------------------------


def capacity(office: Office, **wanted: str) -> dict[str, AreaCapacity]:
    found = office.application.readiness.capacity.open_capacity(**wanted)
    return {each.area_id: each for each in found}


def test_the_public_sees_room_colour_and_restriction(office: Office) -> None:
    with_areas(office, T2="200", T3="200", T4="")
    with_readings(
        office,
        ("G-07", "2021-07-27", "79.9"),
        ("T2", "2021-07-27", "100"),
        ("T3", "2021-07-27", "160"),
        ("T4", "2021-07-27", "10"),
    )
    found = {
        area: (each.colour, each.open_kva, each.is_restricted)
        for area, each in capacity(office).items()
    }
    assert found == {
        "G-07": ("green", "48.1", False),
        "T1": ("unknown", None, None),
        "T2": ("yellow", "60.0", False),
        "T3": ("red", "0.0", True),
        "T4": ("unknown", None, None),
    }
    assert str(capacity(office)["G-07"].measured_on) == "2021-07-27"


def test_nothing_of_it_is_personal(office: Office) -> None:
    office.submit(at_area("P1"))
    with_readings(office, ("G-07", "2021-07-27", "80"))
    told = str([asdict(each) for each in capacity(office).values()])
    assert not any(word in told for word in ("何青山", "和畅路", "13000000301", "P1"))


def test_areas_are_found_by_name_feeder_and_branch(office: Office) -> None:
    assert set(capacity(office, text="乡线")) == {"G-07"}
    assert set(capacity(office, text="和畅")) == {"T1"}
    assert set(capacity(office, branch="tengchong")) == {"G-07"}
