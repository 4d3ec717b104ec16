"""What administrators look at: people, definitions in force, the calendar. Read-only yet."""

from __future__ import annotations

from calendar import Calendar
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from app.labels import CHECKPOINTS, YEAR_STATUSES
from app.reading.move_view import move_views
from app.tickets.beginning import may_open
from app.web.access import Administrator, Reader
from app.web.rendering import page
from app.web.serving import application_of
from engine.calendar import local_date
from workflows.difference import structural_changes
from workflows.difference_words import FIELD_KIND_NAMES
from workflows.exports.bpmn import bpmn

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
def definition(
    request: Request, definition_id: str, who: Reader, against: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """One definition: its picture, perhaps with the changes since a version, and all in words."""
    application = application_of(request)
    diagram = application.diagrams.of(definition_id, against=str(against) if against else "")
    shown = diagram.definition
    versions = application.drafts.versions(definition_id)
    return page(
        request,
        "definition.html",
        definition=shown,
        picture=Markup(diagram.svg()),  # noqa: S704  (made here, every text escaped)
        diagram=diagram.mermaid(),
        against=against,
        may_open=may_open(shown, who.actor),
        older=[each.version for each in versions if each.version < shown.version],
        changes=structural_changes(diagram.against, shown) if diagram.against else (),
        moves=move_views(shown),
        checkpoints=CHECKPOINTS,
        field_kinds=FIELD_KIND_NAMES,
    )


@router.get("/definitions/{definition_id}/bpmn")
def definition_bpmn(request: Request, definition_id: str, _who: Reader) -> Response:
    """The definition in force as a file for BPMN modelers."""
    found = application_of(request).rulebook.in_force(definition_id)
    name = f"{found.id}-{found.version}.bpmn"
    return Response(
        bpmn(found),
        media_type="application/xml",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
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
