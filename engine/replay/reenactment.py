"""One ticket's acts done again, one after the other, each at its own instant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.calendar import local_date
from engine.documents import missing_at
from engine.errors import HuodianError
from engine.replay.acts import ACTS, Scene, begun
from engine.replay.record import Recorded, recorded

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from engine.errors import Reason
    from engine.ledger import LedgerEntry
    from engine.replay.rules import ReplayRules
    from engine.ticket import Ticket

OPENING = "submit"
"""Stands for the beginning of a ticket where triggers are named."""
NO_WAY = frozenset({"trigger_not_allowed", "unknown_trigger"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Where the ticket would not have gone on as it did.

    `is_unreachable`: there is no such move from the state it would have been in. Else the move is
    there and blocked, by `papers` (their names) among other `reasons`.
    """

    trigger: str
    name: str
    at: datetime
    is_unreachable: bool
    papers: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """An act beside the moves that the rules would have refused; the ticket goes on without it."""

    kind: str
    at: datetime
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reenacted:
    """What became of the ticket: None if it could not even begin.

    `unknown` are kinds of entries that cannot be done again.
    """

    ticket: Ticket | None
    stop: Stop | None = None
    skipped: tuple[Skip, ...] = ()
    unknown: tuple[str, ...] = ()


def reenact(final: Ticket, entries: Iterable[LedgerEntry], rules: ReplayRules) -> Reenacted:
    """Do everything again that is on record of `final`, up to where a move is not possible."""
    return reenact_course(final, tuple(recorded(each) for each in entries), rules)


def reenact_course(final: Ticket, course: tuple[Recorded, ...], rules: ReplayRules) -> Reenacted:
    """The same where the entries have been read already."""
    if course[0].kind != "TicketSubmitted":
        return Reenacted(ticket=None, unknown=(course[0].kind,))
    try:
        ticket = replace(begun(final, course, rules), revision=course[0].seq)
    except HuodianError as refused:
        return Reenacted(ticket=None, stop=_stop(None, course[0], refused))
    skipped: list[Skip] = []
    unknown: list[str] = []
    for entry in course[1:]:
        act = ACTS.get(entry.kind)
        scene = Scene(ticket=ticket, final=final, course=course, rules=rules)
        try:
            ticket = act(scene, entry) if act else ticket
        except HuodianError as refused:
            if entry.kind == "TicketMoved":
                stop = _stop(scene, entry, refused)
                return Reenacted(
                    ticket=ticket, stop=stop, skipped=tuple(skipped), unknown=tuple(unknown)
                )
            skipped.append(Skip(kind=entry.kind, at=entry.act.at, reasons=refused.reasons))
        if act is None:
            unknown.append(entry.kind)
        ticket = replace(ticket, revision=entry.seq)
    return Reenacted(ticket=ticket, skipped=tuple(skipped), unknown=tuple(unknown))


def _stop(scene: Scene | None, entry: Recorded, refused: HuodianError) -> Stop:
    trigger = str(entry.events[0].get("trigger", OPENING))
    return Stop(
        trigger=trigger,
        name=_name(scene, trigger),
        at=entry.act.at,
        is_unreachable=any(each.code in NO_WAY for each in refused.reasons),
        papers=() if scene is None else _missing_papers(scene, entry, trigger),
        reasons=refused.reasons,
    )


def _name(scene: Scene | None, trigger: str) -> str:
    """What people call the move, as far as these rules know it."""
    moves = () if scene is None else scene.machine.definition.transitions
    return next((each.name for each in moves if each.trigger == trigger), trigger)


def _missing_papers(scene: Scene, entry: Recorded, trigger: str) -> tuple[str, ...]:
    definition, ticket = scene.machine.definition, scene.ticket
    edge = definition.edges.get((ticket.state, trigger))
    if edge is None or edge.checkpoint is None:
        return ()
    missing = missing_at(edge.checkpoint, definition, ticket, local_date(entry.act.at))
    return tuple(each.name for each in missing)
