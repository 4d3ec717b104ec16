"""The working calendar in force, as the desk needs it (R-2.2).

Built from the shipped years and the administrators' own; a change is noticed by its stamp in the
database. What administrators do to it is in `app.rules.calendar_service`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.calendar_sources import build_calendar

if TYPE_CHECKING:
    from app.ports.work import Work
    from engine.calendar import WorkCalendar


class Calendars:
    """Builds the calendar again only when its stamp in the database changes."""

    def __init__(self) -> None:
        self._known: tuple[str, WorkCalendar] | None = None

    def current(self, work: Work) -> WorkCalendar:
        """The calendar as of this transaction."""
        return self.of(work, work.calendars.stamp())

    def of(self, work: Work, stamp: str) -> WorkCalendar:
        """The same where its stamp has been read already."""
        if self._known is None or self._known[0] != stamp:
            built = build_calendar(work.calendars.years(), work.calendars.overrides())
            self._known = (stamp, built)
        return self._known[1]
