"""Which day an instant belongs to, and when a day, an office and a period end (R-2.1)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from engine.calendar import OfficeHours, WorkCalendar, local_date, start_of_day
from tests.builders import CALENDAR, CLOSING


@pytest.mark.parametrize(
    ("at", "on"),
    [
        (datetime(2021, 9, 6, 15, 59, 59, 999999, tzinfo=UTC), date(2021, 9, 6)),
        (datetime(2021, 9, 6, 16, 0, tzinfo=UTC), date(2021, 9, 7)),
        (datetime(2021, 12, 31, 16, 0, tzinfo=UTC), date(2022, 1, 1)),
        (datetime(2021, 9, 6, 23, 0, tzinfo=timezone(timedelta(hours=-5))), date(2021, 9, 7)),
    ],
)
def test_an_instant_belongs_to_its_day_in_shanghai(at: datetime, on: date) -> None:
    assert local_date(at) == on


def test_a_naive_instant_belongs_to_no_day() -> None:
    naive = datetime(2021, 9, 6, 12, 0, tzinfo=UTC).replace(tzinfo=None)
    with pytest.raises(ValueError, match="naive 2021-09-06T12:00:00"):
        local_date(naive)


def test_a_day_starts_at_midnight_in_shanghai() -> None:
    start = start_of_day(date(2021, 9, 6))
    assert start == datetime(2021, 9, 5, 16, 0, tzinfo=UTC)
    assert start.tzinfo is UTC


def test_office_hours_are_instants_of_the_local_day() -> None:
    hours = OfficeHours()
    assert hours.opening(date(2021, 9, 6)) == datetime(2021, 9, 6, 0, 30, tzinfo=UTC)
    assert hours.closing(date(2021, 9, 6)) == datetime(2021, 9, 6, 9, 30, tzinfo=UTC)


def test_a_period_ends_with_its_last_day() -> None:
    assert CALENDAR.end_of_period(date(2021, 12, 31)) == start_of_day(date(2022, 1, 1))


def test_an_office_may_let_a_period_end_at_close_of_business() -> None:
    closing = WorkCalendar([], closes=time(18, 0))
    assert closing.end_of_period(date(2021, 9, 6)) == datetime(2021, 9, 6, 10, 0, tzinfo=UTC)


def test_when_the_day_ends_is_part_of_what_due_dates_are_derived_from() -> None:
    assert len({CALENDAR.version, CLOSING.version, WorkCalendar([]).version}) == 3


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        (time(8, 30), time(8, 30)),
        (time(9, 0), time(8, 30)),
        (time(8, 30, tzinfo=UTC), time(17, 30, tzinfo=UTC)),
    ],
)
def test_office_hours_that_are_none_are_refused(opens: time, closes: time) -> None:
    with pytest.raises(ValueError, match="expected opens < closes in local time"):
        OfficeHours(opens=opens, closes=closes)
