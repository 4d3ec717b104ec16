"""The ledger (台账): append-only streams of entries, each carrying the hash of the one before it.

A stream belongs to one ticket, or to one office of the company such as the administration. The
hash of an entry covers every field of it in a canonical form, so whoever holds the last hash of a
stream (its head) can tell whether any entry before it was changed, removed or moved (R-5.4).

Canonical form: JSON with sorted keys, without blanks, non-ASCII characters as they are, in UTF-8;
instants as ISO 8601 in UTC with microseconds, dates as ISO 8601, decimals as their digits, values
as objects of their fields.
An exported stream can be verified with nothing but `json` and `sha256`:

    {"action","actor_id","actor_name","at","definition_ref","details","previous_hash",
     "seq","source_state","stream","target_state"}  ->  canonical form  ->  sha256, hexadecimal

where "details" is the canonical form of the details, as text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from engine.calendar import REMEMBERED
from engine.values import fields_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.ticket import Actor

GENESIS = "0" * 64
"""The previous hash of the first entry of every stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerDraft:
    """What a use case wants recorded; who, when and where in the stream is added on sealing.

    Args:
        action: what was done, a trigger or the name of a use case.
        source_state: the state before, empty where there is none.
        target_state: the state after, empty where there is none.
        details: further facts as JSON values; instants, dates, decimals, sets and values with
            fields may be among them. They can never be changed, so nothing goes in that the law
            may order erased.
    """

    action: str
    source_state: str = ""
    target_state: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerHead:
    """The end of a stream: number and hash of its last entry; number 0 before the first."""

    stream: str
    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One sealed entry. `details` is canonical JSON text, exactly as it was hashed."""

    stream: str
    seq: int
    at: datetime
    actor_id: str
    actor_name: str
    action: str
    source_state: str
    target_state: str
    definition_ref: str
    details: str
    previous_hash: str
    hash: str

    @property
    def facts(self) -> dict[str, Any]:
        """The details as JSON values."""
        facts: dict[str, Any] = json.loads(self.details)
        return facts

    @property
    def head(self) -> LedgerHead:
        """The head of the stream while this entry is its last one."""
        return LedgerHead(stream=self.stream, seq=self.seq, hash=self.hash)


class BreakKind(StrEnum):
    """What is wrong with a stream."""

    CONTENT = "content"
    """The entry's fields do not give its hash."""
    LINK = "link"
    """The entry does not carry the hash of the one before it."""
    GAP = "gap"
    """Numbers do not follow each other: an entry is missing, or two have changed places."""
    TAIL_MISSING = "tail_missing"
    """The stream ends before its head."""
    HEAD_DIFFERS = "head_differs"
    """The stream's last entry is not the one that the head names, or there is no head."""


_REASONS = {
    BreakKind.CONTENT: "内容与校验值不符，已被改动",
    BreakKind.LINK: "与上一条记录的校验值不衔接",
    BreakKind.GAP: "编号不连续，此处有记录缺失或被调换",
    BreakKind.TAIL_MISSING: "应有而缺失，其后的记录已被删去",
    BreakKind.HEAD_DIFFERS: "与登记的末条记录不一致",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first place where a stream is broken."""

    stream: str
    seq: int
    kind: BreakKind

    def __str__(self) -> str:
        """The finding as a sentence for the one who verifies."""
        return f"台账“{self.stream}”第 {self.seq} 条{_REASONS[self.kind]}"


def seal(
    draft: LedgerDraft, after: LedgerHead, actor: Actor, at: datetime, definition_ref: str = ""
) -> LedgerEntry:
    """The draft as the entry that follows `after` in its stream.

    Raises:
        ValueError: `at` or an instant in the details is naive, or a number is not finite.
        TypeError: the details hold something that has no canonical form.
    """
    facts: dict[str, Any] = {
        "stream": after.stream,
        "seq": after.seq + 1,
        "at": at,
        "actor_id": actor.user_id,
        "actor_name": actor.name,
        "action": draft.action,
        "source_state": draft.source_state,
        "target_state": draft.target_state,
        "definition_ref": definition_ref,
        "details": canonical(draft.details),
        "previous_hash": after.hash,
    }
    return LedgerEntry(**facts, hash=_digest(facts))


def entry_hash(entry: LedgerEntry) -> str:
    """The hash that the entry's fields give, whatever hash it carries."""
    facts = fields_of(entry)
    del facts["hash"]
    return _digest(facts)


def first_broken(entries: Iterable[LedgerEntry], head: LedgerHead) -> Break | None:
    """The first break of one stream, whose entries come in the order of their numbers.

    `head` is what is kept outside the stream; a head with number 0 stands for an empty stream.
    """
    last = LedgerHead(stream=head.stream)
    for entry in entries:
        broken = broken_link(last, entry)
        if broken is not None:
            return broken
        last = entry.head
    return broken_end(last, head)


def broken_link(last: LedgerHead, entry: LedgerEntry) -> Break | None:
    """What is wrong with `entry` as the one that follows `last`."""
    if entry.seq != last.seq + 1:
        return Break(stream=last.stream, seq=last.seq + 1, kind=BreakKind.GAP)
    if entry.previous_hash != last.hash:
        return Break(stream=entry.stream, seq=entry.seq, kind=BreakKind.LINK)
    if entry_hash(entry) != entry.hash:
        return Break(stream=entry.stream, seq=entry.seq, kind=BreakKind.CONTENT)
    return None


def broken_end(last: LedgerHead, head: LedgerHead) -> Break | None:
    """What is wrong with a stream that ends in `last` while `head` is kept as its end."""
    if last.seq < head.seq:
        return Break(stream=head.stream, seq=last.seq + 1, kind=BreakKind.TAIL_MISSING)
    if last != head:
        return Break(stream=head.stream, seq=last.seq, kind=BreakKind.HEAD_DIFFERS)
    return None


def canonical(value: object) -> str:
    """The canonical form of JSON values, instants, dates, decimals, sets and values with fields."""
    return _encode(value)


@lru_cache(maxsize=REMEMBERED)
def instant_text(at: datetime) -> str:
    """An instant as ISO 8601 in UTC with microseconds.

    Raises:
        ValueError: it is naive.
    """
    if at.tzinfo is not UTC:
        if at.utcoffset() is None:
            msg = f"{at} has no time zone"
            raise ValueError(msg)
        at = at.astimezone(UTC)
    return at.isoformat(timespec="microseconds")


def _plain(value: object) -> object:
    """What JSON lacks, as something nearer to it."""
    match value:
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case set() | frozenset():
            return sorted(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return fields_of(value)
        case _:
            msg = f"{type(value).__name__} has no canonical form"
            raise TypeError(msg)


_encode = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain
).encode


def _digest(facts: Mapping[str, Any]) -> str:
    return sha256(_encode(facts).encode()).hexdigest()
