"""Takes stock at the end of a simulation: reads everything back and works the figures out."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

from app.simulate.figures import Governed, Moment
from app.simulate.report import LedgerFigures
from notifications.message import MessageKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.bootstrap import Application
    from engine.ledger import LedgerHead
    from notifications.message import Message

EVERYTHING = 1_000_000
REMINDING = frozenset({MessageKind.REMINDER, MessageKind.ESCALATION})


def governed_tickets(application: Application) -> tuple[Governed, ...]:
    """Every ticket with the definition that governs it."""
    definitions = application.desk.definitions
    with application.database.reading() as work:
        rows = work.tickets.worklist(open_only=False, limit=EVERYTHING)
        return tuple(
            Governed(ticket=row.ticket, definition=definitions.of(work, row.ticket).definition)
            for row in sorted(rows, key=lambda row: row.ticket.ticket_no)
        )


def the_end(application: Application) -> Moment:
    """Now, with the calendar and the office hours in force."""
    return Moment(
        calendar=application.calendars.calendar(),
        at=application.clock(),
    )


def ledger_figures(application: Application) -> LedgerFigures:
    """Verify the whole ledger."""
    with application.database.reading() as work:
        found = work.ledger.verify()
        digest = heads_digest(work.ledger.heads())
    broken = found.first_broken
    return LedgerFigures(
        entries=found.entries,
        ok=broken is None,
        first_broken="" if broken is None else str(broken),
        digest=digest,
    )


def heads_digest(heads: Iterable[LedgerHead]) -> str:
    """SHA-256 over the heads of all streams in the order of their names.

    Equal digests mean equal histories, to the last entry of every stream.
    """
    lines = sorted(f"{head.stream} {head.seq} {head.hash}\n" for head in heads)
    return sha256("".join(lines).encode()).hexdigest()


def message_counts(application: Application) -> tuple[dict[str, int], dict[str, int]]:
    """Messages by state, and reminders by rung."""
    with application.database.reading() as work:
        messages = work.outbox.listing(limit=EVERYTHING)
    states = Counter(message.state.value for message in messages)
    rungs = Counter(rung_of(message) for message in messages if message.kind in REMINDING)
    return dict(sorted(states.items())), dict(sorted(rungs.items()))


def rung_of(message: Message) -> str:
    """The rung that a reminder is about.

    Its dedupe key is `ticket:clock:epoch:rung:template:audience:recipient:channel`, where a clock
    may contain a colon; a later day of a daily rung is written `rung+day`.
    """
    return message.dedupe_key.rsplit(":", 5)[1].partition("+")[0]
