"""The ledger's entries of one ticket as acts that can be done again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.application import ConnectionApplication, ServiceRequest
from engine.ticket import Act, Actor, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from engine.ledger import LedgerEntry

Facts = dict[str, Any]
"""One event as the ledger keeps it, by field; `event` names its kind."""

Request = ConnectionApplication | ServiceRequest
BEFORE, AFTER = 0, 1
"""Places in a recorded change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One entry of a ticket's stream. `kind` is that of its first event, empty if it has none."""

    seq: int
    act: Act
    definition_ref: str
    events: tuple[Facts, ...]

    @property
    def kind(self) -> str:
        """What the entry is about."""
        return str(self.events[0]["event"]) if self.events else ""

    def first(self, kind: str) -> Facts | None:
        """The first event of that kind, if there is one."""
        return next(iter(self.every(kind)), None)

    def every(self, kind: str) -> list[Facts]:
        """All events of that kind."""
        return [each for each in self.events if each["event"] == kind]


def recorded(entry: LedgerEntry) -> Recorded:
    """The entry, done by the person it names, who may do everything: roles are not on record."""
    actor = Actor(user_id=entry.actor_id, name=entry.actor_name, roles=frozenset(Role))
    return Recorded(
        seq=entry.seq,
        act=Act(actor=actor, at=entry.at),
        definition_ref=entry.definition_ref,
        events=tuple(entry.facts.get("events", ())),
    )


def first_request(request: Request, course: Iterable[Recorded]) -> Request:
    """What was applied for, before the corrections and entries that `course` tells of."""
    for each in reversed(tuple(course)):
        amended, entered = each.first("ApplicationAmended"), each.first("DetailsRecorded")
        if amended is not None:
            request = corrected(request, amended["changes"], BEFORE)
        if entered is not None and isinstance(request, ServiceRequest):
            details = request.details | {key: was for key, (was, _) in entered["changes"].items()}
            known = {key: value for key, value in details.items() if value}
            request = replace(request, details=known)
    return request


def corrected(request: Request, changes: Mapping[str, tuple[str, str]], which: int) -> Request:
    """The request with the facts before or after a recorded correction."""
    texts = {field: pair[which] for field, pair in changes.items()}
    contact = {field: texts.pop(field) for field in ("name", "phone") if field in texts}
    facts = {field: _READERS.get(field, str)(text) for field, text in texts.items()}
    return replace(request, contact=replace(request.contact, **contact), **facts)


_READERS: dict[str, Callable[[str], Any]] = {
    "requested_capacity_kw": Decimal,
    "expected_energization_on": lambda text: date.fromisoformat(text) if text else None,
}
"""Facts that are kept as text and are none."""
