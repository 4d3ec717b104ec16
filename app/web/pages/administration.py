"""What administrators look at: people, definitions in force, the calendar. Read-only yet."""

from __future__ import annotations

from calendar import Calendar
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.labels import CHECKPOINTS, YEAR_STATUSES
from app.web.access import Administrator, Reader
from app.web.rendering import page
from app.web.serving import application_of
from engine.calendar import local_date
from engine.errors import not_found
from workflows.diagram import mermaid

if TYPE_CHECKING:
    from datetime import date

    from engine.calendar import CalendarDay, WorkCalendar

router = APIRouter()

MONDAY = 0


@router.get("/admin/users")
def users(request: Request, who: Administrator) -> Response:
    """Every account with its roles."""
    application = application_of(request)
    return page(
        request,
        "users.html",
        users=application.accounts.listing(actor=who.actor),
        branches=application.queries.branches(),
    )


@router.get("/definitions")
def definitions(request: Request, who: Reader) -> Response:
    """The definitions in force, with stages and limits."""
    found = application_of(request).queries.definitions(actor=who.actor)
    return page(request, "definitions.html", definitions=found)


@router.get("/definitions/{definition_id}")
def definition(request: Request, definition_id: str, who: Reader) -> Response:
    """One definition: stages, moves, documents, and its diagram as text."""
    found = application_of(request).queries.definitions(actor=who.actor)
    shown = next((each for each in found if each.id == definition_id), None)
    if shown is None:
        what = "流程定义"
        raise not_found(what, definition_id)
    return page(
        request,
        "definition.html",
        definition=shown,
        diagram=mermaid(shown),
        checkpoints=CHECKPOINTS,
    )


@router.get("/calendar")
def calendar(request: Request, _who: Reader, year: int = 0) -> Response:
    """A year, day by day, and how sure it is (R-2.3)."""
    application = application_of(request)
    known = application.calendars.calendar()
    today = local_date(application.clock())
    shown = year if year in known.years else today.year
    return page(
        request,
        "calendar.html",
        summary=known.year(shown),
        status_name=YEAR_STATUSES[known.year(shown).status],
        months=[_weeks(known, shown, month) for month in range(1, 13)],
        years=[each for each in known.years if abs(each - today.year) <= NEAR_YEARS],
        today=today,
        warning=application.calendars.warning(),
    )


NEAR_YEARS = 2


def _weeks(known: WorkCalendar, year: int, month: int) -> list[list[CalendarDay | None]]:
    """The month as weeks from Monday; None outside of it."""

    def inside(on: date) -> CalendarDay | None:
        return known.day(on) if on.month == month else None

    weeks = Calendar(MONDAY).monthdatescalendar(year, month)
    return [[inside(on) for on in week] for week in weeks]
