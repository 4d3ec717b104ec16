"""The ledger's streams: sealed entries in, entries and findings out; nothing is ever changed.

    append(stream, draft, actor, at, definition_ref="") -> LedgerEntry     streams of no ticket
    entries(stream) -> list[LedgerEntry]
    head(stream) -> LedgerHead
    verify(progress=None) -> Verification(entries, first_broken)
    heads() -> Iterator[LedgerHead]                                        for a checkpoint
    histories(...) -> Iterator[TicketHistory]                              see storage.histories

A ticket's entries are written by `storage.tickets`, whose row holds the head of the stream.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, func, insert, literal, select, union_all, update

from engine.ledger import (
    GENESIS,
    Break,
    BreakKind,
    LedgerEntry,
    LedgerHead,
    broken_end,
    broken_link,
    seal,
)
from engine.values import fields_of
from storage.histories import histories
from storage.tables.tickets import LEDGER, LEDGER_HEADS, TICKETS
from storage.upserts import insert_or_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.engine import Connection

    from engine.ledger import LedgerDraft
    from engine.ticket import Actor
    from storage.histories import TicketHistory

    _Row = Row[*tuple[Any, ...]]

ROUND = 1000
"""Entries fetched at a time while verifying."""

FIELDS = tuple(column.name for column in LEDGER.columns)

INSERT_ENTRY = insert(LEDGER)
_LOCK_HEAD = insert_or_set(LEDGER_HEADS, "stream", values={"seq": LEDGER_HEADS.c.seq})
_MOVE_HEAD = (
    update(LEDGER_HEADS)
    .where(LEDGER_HEADS.c.stream == bindparam("moved_stream"))
    .values(seq=bindparam("new_seq"), hash=bindparam("new_hash"))
)
_OF_STREAM = select(LEDGER).where(LEDGER.c.stream == bindparam("stream")).order_by(LEDGER.c.seq)
_HEADS = union_all(
    select(
        TICKETS.c.ticket_no.label("stream"),
        TICKETS.c.revision.label("seq"),
        TICKETS.c.head_hash.label("hash"),
    ),
    select(LEDGER_HEADS.c.stream, LEDGER_HEADS.c.seq, LEDGER_HEADS.c.hash),
).subquery("heads")
_ALL_HEADS = (
    select(_HEADS.c.stream, _HEADS.c.seq, _HEADS.c.hash)
    .order_by(_HEADS.c.stream)
    .execution_options(yield_per=ROUND)
)
_HEAD = select(_HEADS.c.stream, _HEADS.c.seq, _HEADS.c.hash).where(
    _HEADS.c.stream == bindparam("stream")
)
_WALK = (
    select(
        LEDGER,
        func.coalesce(TICKETS.c.revision, LEDGER_HEADS.c.seq, literal(0)).label("head_seq"),
        func.coalesce(TICKETS.c.head_hash, LEDGER_HEADS.c.hash, literal(GENESIS)).label(
            "head_hash"
        ),
    )
    .select_from(
        LEDGER.outerjoin(TICKETS, TICKETS.c.ticket_no == LEDGER.c.stream).outerjoin(
            LEDGER_HEADS, LEDGER_HEADS.c.stream == LEDGER.c.stream
        )
    )
    .order_by(LEDGER.c.stream, LEDGER.c.seq)
    .execution_options(yield_per=ROUND)
)
_HEADS_WITHOUT_ENTRIES = (
    select(_HEADS.c.stream)
    .where(
        _HEADS.c.seq > 0,
        ~select(LEDGER.c.seq).where(LEDGER.c.stream == _HEADS.c.stream).exists(),
    )
    .order_by(_HEADS.c.stream)
    .limit(1)
)


class Verification(NamedTuple):
    """How many entries were looked at, and the first that is broken, if any."""

    entries: int
    first_broken: Break | None


class Ledger:
    """The streams of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(
        self, stream: str, draft: LedgerDraft, actor: Actor, at: datetime, definition_ref: str = ""
    ) -> LedgerEntry:
        """Seal the draft and append it to a stream that is no ticket's; made on first use.

        The head stays locked until the transaction ends, so two appenders queue and never fork.
        """
        after = self._locked_head(stream)
        entry = seal(draft, after, actor, at, definition_ref)
        self._connection.execute(INSERT_ENTRY, row_of(entry))
        self._connection.execute(
            _MOVE_HEAD, {"moved_stream": stream, "new_seq": entry.seq, "new_hash": entry.hash}
        )
        return entry

    def entries(self, stream: str) -> list[LedgerEntry]:
        """The entries of a stream in their order; none for a stream that does not exist."""
        return [_entry(row) for row in self._connection.execute(_OF_STREAM, {"stream": stream})]

    def head(self, stream: str) -> LedgerHead:
        """The end of a stream as it is kept outside the ledger; number 0 before the first entry."""
        row = self._connection.execute(_HEAD, {"stream": stream}).first()
        return LedgerHead(stream=stream) if row is None else _head(row)

    def heads(self) -> Iterator[LedgerHead]:
        """The end of every stream, for a checkpoint that is kept elsewhere (R-5.4)."""
        with self._connection.execute(_ALL_HEADS) as rows:
            yield from map(_head, rows)

    def histories(
        self,
        *,
        branch: str | None = None,
        definition_id: str | None = None,
        submitted_from: datetime | None = None,
        submitted_before: datetime | None = None,
    ) -> Iterator[TicketHistory]:
        """The entries ticket by ticket, of the tickets that fit every filter."""
        return histories(
            self._connection,
            branch=branch,
            definition_id=definition_id,
            submitted_from=submitted_from,
            submitted_before=submitted_before,
        )

    def verify(self, progress: Callable[[int], None] | None = None) -> Verification:
        """Walk over the whole ledger, however long it is, and stop at the first broken entry.

        `progress` is told now and then how many entries have been looked at.
        """
        with self._connection.execute(_WALK) as rows:
            walked = _walk(rows, progress)
        if walked.first_broken is not None:
            return walked
        emptied = self._connection.execute(_HEADS_WITHOUT_ENTRIES).scalar()
        if emptied is None:
            return walked
        broken = Break(stream=emptied, seq=1, kind=BreakKind.TAIL_MISSING)
        return walked._replace(first_broken=broken)

    def _locked_head(self, stream: str) -> LedgerHead:
        lock = _LOCK_HEAD[self._connection.dialect.name].returning(
            LEDGER_HEADS.c.stream, LEDGER_HEADS.c.seq, LEDGER_HEADS.c.hash
        )
        first = {"stream": stream, "seq": 0, "hash": GENESIS}
        return _head(self._connection.execute(lock, first).one())


def row_of(entry: LedgerEntry) -> dict[str, object]:
    """The entry as the parameters of `INSERT_ENTRY`."""
    return fields_of(entry)


def _walk(rows: Iterable[_Row], progress: Callable[[int], None] | None) -> Verification:
    counted = 0

    def counting() -> Iterator[_Row]:
        nonlocal counted
        for row in rows:
            counted += 1
            if progress is not None and counted % ROUND == 0:
                progress(counted)
            yield row

    for _, of_stream in groupby(counting(), key=attrgetter("stream")):
        broken = _first_broken(of_stream)
        if broken is not None:
            return Verification(entries=counted, first_broken=broken)
    return Verification(entries=counted, first_broken=None)


def _first_broken(rows: Iterable[_Row]) -> Break | None:
    """The first break of one stream, from rows that each carry the head of the stream."""
    last = head = None
    for row in rows:
        entry = _entry(row)
        head = LedgerHead(stream=entry.stream, seq=row.head_seq, hash=row.head_hash)
        broken = broken_link(last or LedgerHead(stream=entry.stream), entry)
        if broken is not None:
            return broken
        last = entry.head
    return None if last is None or head is None else broken_end(last, head)


def _entry(row: _Row) -> LedgerEntry:
    return LedgerEntry(**{name: getattr(row, name) for name in FIELDS})


def _head(row: _Row) -> LedgerHead:
    return LedgerHead(stream=row.stream, seq=row.seq, hash=row.hash)
