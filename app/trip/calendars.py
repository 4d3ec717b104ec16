"""The working calendar in force, as the desk needs it (R-2.2).

Built from the shipped years and the administrators' own; a change is noticed by its stamp in the
database. What administrators do to it is in `app.rules.calendar_service`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.calendar_sources import build_calendar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import time

    from app.ports.work import Work
    from engine.calendar import CalendarYear, DayOverride, WorkCalendar


class Calendars:
    """Builds the calendar again only when its stamp in the database changes.

    Args:
        closes: the local time at which a period ends on its last day; None is 24:00 (R-2.1).
    """

    def __init__(self, *, closes: time | None = None) -> None:
        self._closes = closes
        self._known: tuple[str, WorkCalendar] | None = None

    def current(self, work: Work) -> WorkCalendar:
        """The calendar as of this transaction."""
        return self.of(work, work.calendars.stamp())

    def of(self, work: Work, stamp: str) -> WorkCalendar:
        """The same where its stamp has been read already."""
        if self._known is None or self._known[0] != stamp:
            built = self.built(work.calendars.years(), work.calendars.overrides())
            self._known = (stamp, built)
        return self._known[1]

    def built(
        self, years: Iterable[CalendarYear], overrides: Iterable[DayOverride]
    ) -> WorkCalendar:
        """The calendar that these would make in this office."""
        return build_calendar(years, overrides, closes=self._closes)
