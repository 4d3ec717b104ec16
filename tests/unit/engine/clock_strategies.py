"""Random clocks: any start in five years, any limit of the plan and beyond, pauses in any order."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from engine.calendar import start_of_day
from engine.clocks import Clock, ClockKind, PauseDays
from engine.ticket import PauseCause
from tests.unit.engine.oracle import Stop

STARTS = st.dates(date(2021, 1, 1), date(2025, 9, 30))
NEAR_A_BREAK = st.sampled_from(
    [
        date(2021, 2, 10),
        date(2021, 9, 17),
        date(2021, 9, 25),
        date(2021, 9, 30),
        date(2021, 12, 31),
        date(2022, 1, 28),
        date(2022, 12, 30),
        date(2024, 2, 8),
        date(2025, 1, 24),
    ]
)
LIMITS = st.sampled_from([1, 2, 4, 5, 10, 14, 15, 30]) | st.integers(1, 40)
AROUND_CLOSE = st.sampled_from([0, 9 * 60, 17 * 60 + 29, 17 * 60 + 30, 17 * 60 + 31, 24 * 60 - 1])
MINUTES = AROUND_CLOSE | st.integers(0, 24 * 60 - 1)
"""Of a day: any, and those at which something ends."""


@st.composite
def stops(draw: st.DrawFn, start: date, *, may_be_open: bool = True) -> list[Stop]:
    """Pauses one after the other: of the same day, adjacent, over weekends and holidays, open."""
    found: list[Stop] = []
    day = start
    for wait, length, minute in draw(
        st.lists(st.tuples(st.integers(0, 12), st.integers(0, 15), MINUTES), max_size=6)
    ):
        from_on = day + timedelta(days=wait)
        day = from_on + timedelta(days=length)
        found.append(Stop(start_of_day(from_on) + timedelta(minutes=minute), day))
    if found and may_be_open and draw(st.booleans()):
        found[-1] = Stop(found[-1].from_at, None)
    return found


@st.composite
def cases(draw: st.DrawFn, *, may_be_open: bool = True) -> tuple[date, int, list[Stop]]:
    """A start, a limit in working days, and pauses."""
    start = draw(STARTS | NEAR_A_BREAK)
    return start, draw(LIMITS), draw(stops(start, may_be_open=may_be_open))


def a_clock(start: date, limit: int | None, paused: list[Stop], **more: object) -> Clock:
    """The engine's clock for a case of the oracle."""
    return Clock(
        kind=ClockKind.STAGE,
        stage_id="intake",
        limit_days=limit,
        started_on=start,
        pauses=tuple(
            PauseDays(from_at=each.from_at, to_on=each.to_on, cause=PauseCause.EXTERNAL_LINE)
            for each in paused
        ),
        **more,  # type: ignore[arg-type]
    )
