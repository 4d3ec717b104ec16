"""Load readings go in whole or not at all, once, and are told of by line (R-9.1)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from engine.errors import MalformedError, NotFoundError, RefusedError
from tests.applicants import CHIEF, COUNTER, WHO
from tests.grid import with_areas

if TYPE_CHECKING:
    from app.imports.report import ImportReport
    from tests.application import Office

HEADER = "node_id,measured_at,peak_kva,peak_kw\n"


def taken(office: Office, *rows: str, dry_run: bool = False) -> ImportReport:
    content = (HEADER + "\n".join(rows)).encode()
    return office.application.loads.import_file(content, actor=COUNTER, dry_run=dry_run)


def peak(office: Office, area: str = "G-07") -> tuple[str | None, str | None]:
    (found,) = (
        each
        for each in office.application.readiness.areas.listing(actor=CHIEF)
        if each.area_id == area
    )
    return found.peak_kva, found.peak_percent


def entries(office: Office) -> list[dict[str, object]]:
    return [each.facts for each in office.entries("readiness") if each.action == "import_loads"]


def test_the_highest_reading_counts_and_the_same_file_again_changes_nothing(
    office: Office,
) -> None:
    rows = ("G-07,2021-07-26,80,", "G-07,2021-07-27 19:30,112,", "G-07,2021-07-28,,63")
    report = taken(office, *rows)
    assert (report.accepted, report.unchanged, report.refused, report.notes) == (3, 0, (), ())
    assert peak(office) == ("112.0", "70.0")
    again = taken(office, *rows)
    assert (again.accepted, again.unchanged) == (0, 3)
    assert [(each["added"], each["corrected"]) for each in entries(office)] == [(3, 0)]


def test_kilowatts_count_by_the_power_factor(office: Office) -> None:
    taken(office, "G-07,2021-07-26,80,", "G-07,2021-07-27,,100.8")
    assert peak(office) == ("112.0", "70.0")


def test_another_value_for_the_same_instant_corrects_it(office: Office) -> None:
    taken(office, "G-07,2021-07-27,112,")
    report = taken(office, "G-07,2021-07-27,,63")
    assert (report.accepted, report.unchanged) == (1, 0)
    assert peak(office) == ("70.0", "43.7")
    assert [(each["added"], each["corrected"]) for each in entries(office)] == [(1, 0), (0, 1)]


def test_everything_wrong_is_said_at_once_and_nothing_goes_in(office: Office) -> None:
    report = taken(
        office,
        "G-07,2021-07-27,80,",
        "F2,2021-07-27,80,",
        "NOPE,2021-07-27,80,",
        "G-07,gestern,80,",
        "G-07,2021-07-28 09:01,80,",
        "G-07,2021-07-26,,",
        "G-07,2021-07-26,80,70",
        "G-07,2021-07-26,-1,",
        "G-07,2021-07-26,12.345,",
        "G-07,2021-07-27,81,",
        "G-07,2021-07-27",
    )
    assert [(each.line, each.field) for each in report.refused] == [
        (3, "node_id"),
        (4, "node_id"),
        (5, "measured_at"),
        (6, "measured_at"),
        (7, "peak_kva"),
        (8, "peak_kva"),
        (9, "peak_kva"),
        (10, "peak_kva"),
        (11, "measured_at"),
        (12, ""),
    ]
    assert report.accepted == 0
    assert peak(office) == (None, None)
    assert entries(office) == []


def test_the_present_instant_may_have_been_measured(office: Office) -> None:
    assert taken(office, "G-07,2021-07-28T01:00:00+00:00,80,").accepted == 1


def test_a_trial_run_keeps_nothing(office: Office) -> None:
    assert taken(office, "G-07,2021-07-27,80,", dry_run=True).accepted == 1
    assert peak(office) == (None, None)


def test_a_column_nobody_knows_and_a_missing_one_are_refused(office: Office) -> None:
    loads = office.application.loads
    report = loads.import_file(
        b"node_id,measured_at,peak_kva,recorded_at\nG-07,2021-07-27,80,2021-07-27\n", actor=COUNTER
    )
    assert [(each.line, each.field) for each in report.refused] == [(1, "recorded_at")]
    with pytest.raises(MalformedError, match="缺少列"):
        loads.import_file(b"node_id,peak_kva\nG-07,80\n", actor=COUNTER)


def test_what_cannot_be_used_yet_is_noted(office: Office) -> None:
    with_areas(office, T9="")
    report = taken(office, "T9,2021-07-27,80,", "T9,2021-07-28,80,", "T1,2021-07-27,80,")
    assert report.accepted == 3
    assert [(each.line, each.note[:9]) for each in report.notes] == [
        (2, "台区“T9”没有额"),
        (4, "台区“T1”未划入"),
    ]


def test_rows_of_another_program_are_judged_alike(office: Office) -> None:
    loads = office.application.loads
    bad = [
        {"node_id": "G-07", "measured_at": "2021-07-27", "peak_kva": "80"},
        {"node_id": "G-07", "measured_at": "2021-07-28", "peak": "80"},
    ]
    report = loads.record(bad, actor=COUNTER, token_id=7)
    assert [(each.line, each.field) for each in report.refused] == [(2, "peak"), (2, "peak_kva")]
    assert loads.record(bad[:1], actor=COUNTER, token_id=7).accepted == 1
    assert loads.record(bad[:1], actor=COUNTER, token_id=7).unchanged == 1
    assert peak(office) == ("80.0", "50.0")
    assert [each["token"] for each in entries(office)] == [7]


def test_people_of_a_branch_measure_their_own_areas(office: Office) -> None:
    content = (HEADER + "G-07,2021-07-27,80,").encode()
    stranger = WHO["ll-counter"]
    report = office.application.loads.import_file(content, actor=stranger)
    assert [each.field for each in report.refused] == ["node_id"]
    with pytest.raises(NotFoundError):
        office.application.readiness.areas.readings("G-07", 5, actor=stranger)
    with pytest.raises(RefusedError):
        office.application.loads.import_file(content, actor=WHO["auditor"])


def test_the_last_readings_of_an_area_are_shown(office: Office) -> None:
    taken(office, "G-07,2021-07-26,80,", "G-07,2021-07-27,,63.5")
    found = office.application.readiness.areas.readings("G-07", 1, actor=COUNTER)
    assert [(each.peak_kva, each.peak_kw) for each in found] == [(None, Decimal("63.5"))]


def test_a_peak_drops_out_of_the_window_after_twelve_months(office: Office) -> None:
    taken(office, "G-07,2021-07-27 19:00,112,")
    office.at("2022-07-26 23:00")
    assert peak(office) == ("112.0", "70.0")
    office.at("2022-07-27 00:00")
    assert peak(office) == (None, None)
