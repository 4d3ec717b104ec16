from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from notifications.quiet_hours import QuietHours, next_chance, not_before
from tests.unit.notifications.high_voltage import local

QUIET = QuietHours()


@pytest.mark.parametrize(
    ("planned", "sent"),
    [
        ("2021-09-06 20:59:59.999999", "2021-09-06 20:59:59.999999"),
        ("2021-09-06 21:00:00", "2021-09-07 08:00"),
        ("2021-09-06 23:59:59", "2021-09-07 08:00"),
        ("2021-09-07 00:00:00", "2021-09-07 08:00"),
        ("2021-09-07 07:59:59", "2021-09-07 08:00"),
        ("2021-09-07 08:00:00", "2021-09-07 08:00"),
        ("2021-12-31 22:00:00", "2022-01-01 08:00"),
    ],
)
def test_what_is_not_urgent_waits_until_morning(planned: str, sent: str) -> None:
    at = not_before(local(planned), urgent=False, quiet=QUIET)
    assert at == local(sent)
    assert at.tzinfo is UTC


def test_what_is_urgent_goes_out_at_night() -> None:
    at = local("2021-09-07 03:00")
    assert not_before(at, urgent=True, quiet=QUIET) == at


def test_quiet_hours_may_lie_within_a_day() -> None:
    quiet = QuietHours(starts=time(12), ends=time(14))
    assert not_before(local("2021-09-06 12:00"), urgent=False, quiet=quiet) == local(
        "2021-09-06 14:00"
    )
    late = local("2021-09-06 22:00")
    assert not_before(late, urgent=False, quiet=quiet) == late


def test_hours_that_would_never_end_are_refused() -> None:
    with pytest.raises(ValueError, match="two different local times"):
        QuietHours(starts=time(8), ends=time(8))


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        not_before(datetime(2021, 9, 6, 12), urgent=False, quiet=QUIET)  # noqa: DTZ001


# --- the next chance ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "wanted", "useful_until", "goes"),
    [
        # Waiting for the morning is in time.
        ("2021-09-06 18:00", "2021-09-06 21:30", "2021-09-07 08:00:01", "2021-09-07 08:00"),
        ("2021-09-06 18:00", "2021-09-06 21:30", None, "2021-09-07 08:00"),
        # It would be too late: pulled forward to before the quiet hours.
        ("2021-09-06 18:00", "2021-09-06 21:30", "2021-09-07 08:00", "2021-09-06 20:55"),
        ("2021-09-06 18:00", "2021-09-07 03:00", "2021-09-07 06:00", "2021-09-06 20:55"),
        ("2021-09-06 20:55", "2021-09-06 21:04", "2021-09-07 00:00", "2021-09-06 20:57:30"),
        ("2021-09-06 20:59", "2021-09-06 21:04", "2021-09-07 00:00", "2021-09-06 20:59:30"),
        # It is night already: nobody is woken, it expires.
        ("2021-09-06 21:00", "2021-09-06 21:00", "2021-09-07 00:00", "2021-09-07 08:00"),
        # By day nothing is moved.
        ("2021-09-06 09:00", "2021-09-06 12:00", "2021-09-06 13:00", "2021-09-06 12:00"),
    ],
)
def test_the_next_chance(now: str, wanted: str, useful_until: str | None, goes: str) -> None:
    found = next_chance(
        local(wanted),
        local(now),
        urgent=False,
        useful_until=None if useful_until is None else local(useful_until),
        quiet=QUIET,
    )
    assert found == local(goes)


@pytest.mark.parametrize(
    ("now", "useful_until", "goes"),
    [
        # The usual hour at which works begin: in the morning everybody would be in the dark.
        ("2021-09-06 21:30", "2021-09-07 08:00", "2021-09-06 21:30"),
        ("2021-09-06 23:00", "2021-09-07 06:00", "2021-09-06 23:00"),
        ("2021-09-07 03:00", "2021-09-07 08:04:59", "2021-09-07 03:00"),
        # The morning is in time.
        ("2021-09-06 21:30", "2021-09-07 08:05", "2021-09-07 08:00"),
        ("2021-09-06 21:30", "2021-09-08 08:00", "2021-09-07 08:00"),
        ("2021-09-06 21:30", None, "2021-09-07 08:00"),
        # By day nothing is moved.
        ("2021-09-06 20:59:59", "2021-09-07 08:00", "2021-09-06 20:59:59"),
    ],
)
def test_what_the_law_demands_goes_at_night_if_the_morning_is_too_late(
    now: str, useful_until: str | None, goes: str
) -> None:
    found = next_chance(
        local(now),
        local(now),
        urgent=False,
        useful_until=None if useful_until is None else local(useful_until),
        quiet=QUIET,
        by_law=True,
    )
    assert found == local(goes)


def test_what_is_pulled_forward_comes_before_the_quiet_hours_however_often_it_fails() -> None:
    now, useful_until = local("2021-09-06 20:52"), local("2021-09-07 07:00")
    attempts = []
    while len(attempts) < 6:
        now = next_chance(
            now + timedelta(minutes=15), now, urgent=False, useful_until=useful_until, quiet=QUIET
        )
        attempts.append(now)
    assert attempts == sorted(set(attempts))
    assert attempts[0] == local("2021-09-06 20:56")
    assert all(each < local("2021-09-06 21:00") for each in attempts)


@pytest.mark.parametrize("seconds", [1, 30, 300, 3600])
def test_no_spread_makes_a_message_worthless_that_could_go(seconds: int) -> None:
    quiet = QuietHours(spread=timedelta(minutes=10))
    now, morning = local("2021-09-06 22:00"), local("2021-09-07 08:00")
    useful_until = morning + timedelta(seconds=seconds)
    instants = [
        next_chance(
            now, now, urgent=False, useful_until=useful_until, quiet=quiet, lot=f"m{number}"
        )
        for number in range(1000)
    ]
    assert min(instants) >= morning
    assert max(instants) < useful_until
    assert len(set(instants)) > min(seconds, 600) / 3


def test_the_end_of_the_night_is_spread_evenly_and_the_same_for_all_nodes() -> None:
    quiet = QuietHours(spread=timedelta(minutes=10))
    at, morning = local("2021-09-06 23:00"), local("2021-09-07 08:00")
    instants = [not_before(at, urgent=False, quiet=quiet, lot=f"m{n}") for n in range(200)]
    assert instants == [not_before(at, urgent=False, quiet=quiet, lot=f"m{n}") for n in range(200)]
    assert min(instants) >= morning
    assert max(instants) < morning + timedelta(minutes=10)
    first_half = sum(instant < morning + timedelta(minutes=5) for instant in instants)
    assert 70 < first_half < 130
