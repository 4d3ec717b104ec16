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
        ("2021-09-06 18:00", "2021-09-06 21:30", "2021-09-07 08:00", "2021-09-06 20:59:59"),
        ("2021-09-06 18:00", "2021-09-07 03:00", "2021-09-07 06:00", "2021-09-06 20:59:59"),
        ("2021-09-06 20:59:59", "2021-09-06 21:04", "2021-09-07 00:00", "2021-09-06 20:59:59"),
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


def test_the_end_of_the_night_is_spread_evenly_and_the_same_for_all_nodes() -> None:
    quiet = QuietHours(spread=timedelta(minutes=10))
    at, morning = local("2021-09-06 23:00"), local("2021-09-07 08:00")
    instants = [not_before(at, urgent=False, quiet=quiet, lot=f"m{n}") for n in range(200)]
    assert instants == [not_before(at, urgent=False, quiet=quiet, lot=f"m{n}") for n in range(200)]
    assert min(instants) >= morning
    assert max(instants) < morning + timedelta(minutes=10)
    first_half = sum(instant < morning + timedelta(minutes=5) for instant in instants)
    assert 70 < first_half < 130
