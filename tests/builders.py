"""Values for tests: a definition, an application, a ticket, an act, each with sensible facts.

Tests name only what they are about. The definitions are shaped like the shipped ones but written
here, so that the engine is tested without reading a file.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.application import (
    ApplicantKind,
    AreaClass,
    ConnectionApplication,
    Contact,
    CustomerType,
    IdKind,
    InvestmentBoundary,
    ServiceRequest,
    ServiceScheme,
)
from engine.calendar import (
    SHANGHAI,
    CalendarDay,
    CalendarYear,
    DayKind,
    OfficeHours,
    WorkCalendar,
    YearStatus,
)
from engine.ticket import (
    Act,
    Actor,
    Classification,
    DocumentRecord,
    DocumentSource,
    ManagerPair,
    Role,
    Ticket,
)
from tests.official_calendar import official_calendar_years
from tests.unit.engine.definitions import LV_THREE_ZERO

if TYPE_CHECKING:
    from engine.definition import WorkflowDefinition

UNKNOWN_2027 = CalendarYear(
    year=2027,
    status=YearStatus.PROVISIONAL,
    source="按法定节假日推算",
    days=(CalendarDay(on=date(2027, 1, 1), kind=DayKind.HOLIDAY, note="元旦"),),
)
YEARS = (*official_calendar_years(), UNKNOWN_2027)
CALENDAR = WorkCalendar(YEARS)
"""The official years 2021 to 2026, and 2027 as a projection."""
CLOSING = WorkCalendar(YEARS, closes=time(17, 30))
"""The same in an office that lets a period end at its close of business (R-2.1)."""
HOURS = OfficeHours()
PAIR = ManagerPair(project_manager="u-project", account_manager="u-account")
EVERYBODY = Actor(user_id="u-all", name="全能员", roles=frozenset(Role))
"""Holds every role, for tests that are not about roles."""


def instant(text: str) -> datetime:
    """An instant from Shanghai local time, for example `2021-09-17 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def a_definition(like: WorkflowDefinition = LV_THREE_ZERO, **changes: Any) -> WorkflowDefinition:
    """The three-zero definition for businesses, or one like another, with changes."""
    return replace(like, **changes)


def an_actor(*roles: Role, user_id: str = "u-1", name: str = "张三") -> Actor:
    """Somebody with exactly these roles."""
    return Actor(user_id=user_id, name=name, roles=frozenset(roles))


def an_act(when: str | datetime, *, actor: Actor = EVERYBODY, reason: str = "") -> Act:
    """Somebody acts at an instant or at a Shanghai local time."""
    return Act(actor=actor, at=instant(when) if isinstance(when, str) else when, reason=reason)


def an_application(**facts: Any) -> ConnectionApplication:
    """A resident in the city asks for 8 kW, unless told otherwise."""
    usual: dict[str, Any] = {
        "contact": Contact(name="李四", phone="13800000001"),
        "applicant_kind": ApplicantKind.RESIDENT,
        "id_kind": IdKind.RESIDENT_ID,
        "id_number": "53050219900101001X",
        "address": "保山市隆阳区正阳南路1号",
        "area_class": AreaClass.CITY_CENTRE,
        "requested_capacity_kw": Decimal(8),
    }
    return ConnectionApplication(**usual | facts)


def a_business(**facts: Any) -> ConnectionApplication:
    """A small enterprise asks for 100 kW."""
    usual: dict[str, Any] = {
        "contact": Contact(name="保山某某商贸有限公司", phone="13800000002"),
        "applicant_kind": ApplicantKind.SMALL_MICRO,
        "id_kind": IdKind.USCC,
        "id_number": "91530500MA6K00001X",
        "requested_capacity_kw": Decimal(100),
    }
    return an_application(**usual | facts)


def a_service_request(**facts: Any) -> ServiceRequest:
    """A new residential quarter hands over its installations."""
    contact = Contact(name="某某物业", phone="13800000003")
    usual: dict[str, Any] = {"title": "某某小区", "contact": contact}
    return ServiceRequest(**usual | facts)


def a_classification(**facts: Any) -> Classification:
    """Three-zero business at low voltage."""
    usual: dict[str, Any] = {
        "customer_type": CustomerType.LV_BUSINESS,
        "service_scheme": ServiceScheme.THREE_ZERO,
        "investment_boundary": InvestmentBoundary.EXTENDED,
        "definition_id": LV_THREE_ZERO.id,
        "reasons": ("容量不超过 160 千瓦",),
    }
    return Classification(**usual | facts)


def a_document(kind: str, when: str = "2021-09-06 09:00", **facts: Any) -> DocumentRecord:
    """A paper handed in over the counter."""
    usual: dict[str, Any] = {
        "number": 1,
        "kind": kind,
        "source": DocumentSource.COUNTER,
        "received_at": instant(when),
        "received_by": "u-1",
    }
    return DocumentRecord(**usual | facts)


def a_ticket(when: str = "2021-09-06 09:00", **facts: Any) -> Ticket:
    """A ticket of the three-zero business definition that was entered but not submitted yet.

    `definition` may be given instead of its id, version and initial state; `papers` are kinds of
    documents that came along.
    """
    definition = facts.pop("definition", LV_THREE_ZERO)
    papers = facts.pop("papers", ())
    usual: dict[str, Any] = {
        "ticket_no": "TC20210906001",
        "branch": "tengchong",
        "definition_id": definition.id,
        "definition_version": definition.version,
        "request": a_business(),
        "state": definition.initial,
        "entered_at": instant(when),
        "submitted_at": instant(when),
        "managers": PAIR,
    }
    ticket = Ticket(**usual | facts)
    records = (
        a_document(kind, when, number=len(ticket.documents) + n)
        for n, kind in enumerate(papers, start=1)
    )
    return replace(ticket, documents=(*ticket.documents, *records))
