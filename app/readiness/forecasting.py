"""What a new low-voltage connection will do to its transformer area (R-9.1, 四(一)4, T4d).

A forecast tells people and opens projects; it never stands in a customer's way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.application import ConnectionApplication, CustomerType
from workflows.readiness import Forecast

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from app.ports.readiness import Area, GridWork
    from app.readiness.meter import Meter
    from engine.ticket import Ticket

LOW_VOLTAGE = frozenset({CustomerType.LV_RESIDENT, CustomerType.LV_BUSINESS})


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketForecast:
    """The load that is to be expected of the area; `forecast` None where `sentence` says why."""

    area: Area | None
    requested_kw: Decimal
    forecast: Forecast | None
    exceeds: bool
    sentence: str


def is_low_voltage(ticket: Ticket) -> bool:
    """Whether the ticket asks for a low-voltage connection."""
    classification = ticket.classification
    return classification is not None and classification.customer_type in LOW_VOLTAGE


def forecast_of(
    work: GridWork, meter: Meter, ticket: Ticket, at: datetime
) -> TicketForecast | None:
    """The forecast for a low-voltage ticket; None for any other."""
    request = ticket.request
    if not isinstance(request, ConnectionApplication) or not is_low_voltage(ticket):
        return None
    requested = request.requested_capacity_kw
    area = work.grid_areas.area_at(supply_node(work, ticket))
    if area is None:
        return _unknown(None, requested, "接入台区未定，不能预计配变负载")
    measured = meter.area(work, area, at)
    if measured.load is None or measured.measured_until is None:
        return _unknown(area, requested, f"{area.name}{measured.gap}，不能预计配变负载")
    rules = meter.rules(at)
    others = work.readiness.committed_kw(
        area.id, since=measured.measured_until, without=ticket.ticket_no
    )
    forecast = Forecast(
        load=measured.load,
        committed_kva=rules.added_kva(others),
        added_kva=rules.added_kva(requested),
    )
    return TicketForecast(
        area=area,
        requested_kw=requested,
        forecast=forecast,
        exceeds=forecast.exceeds(rules),
        sentence=f"{area.name}{forecast.sentence(rules)}",
    )


def supply_node(work: GridWork, ticket: Ticket) -> str:
    """Where the customer is connected: as chosen after the survey, else as the application says."""
    points = work.supply_plans.points(ticket.ticket_no)
    chosen = next((each.node_id for each in points if each.chosen_at is not None), "")
    return chosen or ticket.request.node_id


def _unknown(area: Area | None, requested: Decimal, sentence: str) -> TicketForecast:
    return TicketForecast(
        area=area, requested_kw=requested, forecast=None, exceeds=False, sentence=sentence
    )
