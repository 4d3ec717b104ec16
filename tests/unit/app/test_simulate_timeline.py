"""The clock, the agenda, the diary and chance: what a simulation's repeatability rests on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from app.simulate.agenda import Agenda
from app.simulate.chance import Chance
from app.simulate.clock import SimulatedClock
from app.simulate.diary import Diary, awake
from app.simulate.upkeep import down_days
from engine.calendar import SHANGHAI, OfficeHours
from tests.builders import CALENDAR, instant

if TYPE_CHECKING:
    from app.simulate.agenda import Course

START = instant("2026-09-01 00:00")
DIARY = Diary(calendar=CALENDAR, hours=OfficeHours())


def test_the_clock_stands_still_until_it_is_moved_and_speaks_utc() -> None:
    clock = SimulatedClock(START)

    assert clock() == clock() == START
    clock.advance_to(instant("2026-09-01 08:30"))
    assert clock() == datetime(2026, 9, 1, 0, 30, tzinfo=UTC)
    assert clock().tzinfo is UTC


def test_the_clock_never_goes_back() -> None:
    clock = SimulatedClock(START)

    with pytest.raises(ValueError, match="cannot go back"):
        clock.advance_to(START - timedelta(seconds=1))


def test_whoever_wants_to_go_on_first_goes_on_first_and_equals_go_by_name() -> None:
    clock = SimulatedClock(START)
    agenda = Agenda(clock)
    told: list[tuple[str, int]] = []

    def course(name: str, *hours: int) -> Course:
        for hour in hours:
            yield START + timedelta(hours=hour)
            told.append((name, hour))

    agenda.begin("b", course("b", 2, 3))
    agenda.begin("c", course("c", 1, 5))
    agenda.begin("a", course("a", 2))
    agenda.run_until(START + timedelta(hours=5))

    assert told == [("c", 1), ("a", 2), ("b", 2), ("b", 3)]
    assert clock() == START + timedelta(hours=5)


def test_a_course_that_wants_a_past_instant_goes_on_at_once() -> None:
    clock = SimulatedClock(START)
    agenda = Agenda(clock)
    acted_at: list[datetime] = []

    def course() -> Course:
        yield START + timedelta(hours=2)
        yield START
        acted_at.append(clock())

    agenda.begin("late", course())
    agenda.run_until(START + timedelta(hours=3))

    assert acted_at == [START + timedelta(hours=2)]


@pytest.mark.parametrize(
    ("begun", "hours", "done"),
    [
        ("2026-09-01 10:00", 2, "2026-09-01 12:00"),
        ("2026-09-01 05:00", 0, "2026-09-01 08:30"),
        ("2026-09-01 16:30", 1, "2026-09-02 08:30"),  # close of business is not office time
        ("2026-09-01 16:30", 0.5, "2026-09-01 17:00"),
        ("2026-09-24 16:30", 2, "2026-09-28 09:30"),  # Mid-Autumn, Friday to Sunday
        ("2026-09-19 12:00", 1, "2026-09-20 09:30"),  # a Sunday that is worked
        ("2026-09-30 17:00", 9.5, "2026-10-09 08:30"),  # National Day, then a whole day
    ],
)
def test_work_takes_office_time_only(begun: str, hours: float, done: str) -> None:
    assert DIARY.after_work(instant(begun), timedelta(hours=hours)) == instant(done)


def test_the_next_opening_lies_on_a_later_day_even_before_this_day_s() -> None:
    assert DIARY.next_opening(instant("2026-09-30 03:00")) == instant("2026-10-08 08:30")


def test_counters_open_on_working_days_and_people_write_while_awake() -> None:
    assert DIARY.around(date(2026, 9, 26), 0) == instant("2026-09-28 08:30")
    assert DIARY.around(date(2026, 9, 1), 1) < instant("2026-09-01 17:30")
    assert awake(date(2026, 9, 26), 0) == instant("2026-09-26 07:00")
    assert awake(date(2026, 9, 26), 1).astimezone(SHANGHAI).hour == 23


def test_chance_repeats_itself_for_a_name_and_differs_between_names_and_seeds() -> None:
    def drawn(seed: int, name: str) -> list[float]:
        chance = Chance(seed, name)
        return [chance.between(0, 1) for _ in range(5)]

    assert drawn(1, "A0001") == drawn(1, "A0001")
    assert drawn(1, "A0001") != drawn(1, "A0002")
    assert drawn(1, "A0001") != drawn(2, "A0001")


def test_shares_are_about_what_they_say() -> None:
    chance = Chance(1, "shares")

    assert 250 < sum(chance.happens(0.3) for _ in range(1000)) < 350
    assert {chance.one_of("abc") for _ in range(100)} == set("abc")


def test_the_daemon_is_down_for_two_days_of_a_long_time_and_never_in_a_short_one() -> None:
    start = date(2026, 9, 1)

    assert down_days(start, 90, 0.0) == (date(2026, 9, 28), date(2026, 9, 29))
    assert down_days(start, 90, 0.999)[-1] < start + timedelta(days=90)
    assert down_days(start, 7, 0.5) == ()
