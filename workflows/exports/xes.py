"""Histories as an XES log (IEEE 1849), which every process miner reads. Written piece by piece.

One trace a ticket, one event a ledger entry. What the standard's extensions know stands under their
keys (concept, time, lifecycle, org), the rest under `huodian:`. Nothing of a customer is in it: a
case is a ticket number, and who acted is a user id, if that is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from engine.calendar import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="nested-attributes" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
  <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
  <global scope="trace">
    <string key="concept:name" value=""/>
  </global>
  <global scope="event">
    <string key="concept:name" value=""/>
    <date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>
    <string key="lifecycle:transition" value="complete"/>
  </global>
  <classifier name="Activity" scope="event" keys="concept:name"/>
  <classifier name="Action" scope="event" keys="huodian:action"/>
  <string key="concept:name" value="Huodian"/>
"""
TAIL = "</log>\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """One entry of the ledger.

    Args:
        number: of the entry in its ticket's stream.
        name: the activity as people call it.
        action: the trigger, or the name of another change.
        is_move: whether it was a transition of the definition.
        resource: who acted, by user id; empty if that is not to be told.
        stage: the stage in which the ticket was afterwards.
        definition: the version that governed it, for example `lv_resident@1`.
    """

    number: int
    name: str
    action: str
    is_move: bool
    at: datetime
    resource: str
    source: str
    target: str
    stage: str
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedTicket:
    """One ticket; facts that it lacks are empty."""

    ticket_no: str
    branch: str
    definition_id: str
    customer_type: str
    service_scheme: str
    ending: str


def trace(ticket: LoggedTicket, events: Iterable[LoggedEvent]) -> str:
    """One ticket as a piece of the log."""
    return "".join(line + "\n" for line in _trace(ticket, events))


def _trace(ticket: LoggedTicket, events: Iterable[LoggedEvent]) -> Iterator[str]:
    yield "  <trace>"
    yield from _strings(
        4,
        {
            "concept:name": ticket.ticket_no,
            "huodian:branch": ticket.branch,
            "huodian:definition": ticket.definition_id,
            "huodian:customer_type": ticket.customer_type,
            "huodian:service_scheme": ticket.service_scheme,
            "huodian:ending": ticket.ending,
        },
    )
    for event in events:
        yield from _event(event, ticket)
    yield "  </trace>"


def _event(event: LoggedEvent, ticket: LoggedTicket) -> Iterator[str]:
    at = event.at.astimezone(SHANGHAI).isoformat(timespec="milliseconds")
    yield "    <event>"
    yield from _strings(6, {"concept:name": event.name})
    yield f'      <date key="time:timestamp" value="{at}"/>'
    yield from _strings(
        6,
        {
            "lifecycle:transition": "complete",
            "org:resource": event.resource,
            "org:group": ticket.branch,
            "huodian:action": event.action,
            "huodian:source": event.source,
            "huodian:target": event.target,
            "huodian:stage": event.stage,
            "huodian:definition": event.definition,
        },
    )
    yield f'      <boolean key="huodian:is_move" value="{str(event.is_move).lower()}"/>'
    yield f'      <int key="huodian:entry" value="{event.number}"/>'
    yield "    </event>"


def _strings(indent: int, values: dict[str, str]) -> Iterator[str]:
    for key, value in values.items():
        if value:
            yield f'{" " * indent}<string key="{key}" value={quoteattr(value)}/>'
