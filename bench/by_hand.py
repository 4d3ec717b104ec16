"""The floor: what a careful programmer would write by hand for one kind of move, and no more.

It reads the ticket, changes its JSON, continues the hash chain, and writes the same columns of the
same rows into the same tables with the same indexes, in one commit. It knows beforehand how the
move ends, so it decides, checks, plans and renders nothing.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row
from sqlalchemy.engine import make_url

from bench.servers import driver_dsn, sqlite_path
from storage.tables.messages import MESSAGES
from storage.tables.tickets import LEDGER, TICKETS
from storage.ticket_writes import MOVING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Row = dict[str, Any]

ENTRY = tuple(LEDGER.columns.keys())
MESSAGE = tuple(MESSAGES.columns.keys())
CHANGED_KEYS = (
    "state",
    "entered_at",
    "stage_runs",
    "passed_checkpoints",
    "deferred",
    "ended_at",
    "flags",
)
"""Keys of the snapshot that the moves of the trip change, besides the revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The rows that the product wrote for one move of one ticket."""

    ticket: Row
    entry: Row
    messages: tuple[Row, ...]


class ByHand:
    """The moves of a trip, on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._connection = _sqlite(url) if self._is_sqlite else psycopg.connect(driver_dsn(url))
        self._cursor: Any = self._connection.cursor()
        mark = "?" if self._is_sqlite else "%s"
        changes = ", ".join(f"{name} = {mark}" for name in MOVING)
        key = f"ticket_no = {mark}"
        self._select = f"SELECT snapshot, head_hash FROM tickets WHERE {key}"
        self._update = f"UPDATE tickets SET {changes} WHERE {key} AND revision = {mark}"
        self._insert_entry = _insert(LEDGER.name, ENTRY, mark)
        self._insert_message = _insert(MESSAGES.name, MESSAGE, mark)

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def move(self, ticket_no: str, sample: Sample) -> None:
        """Move the ticket as the sample was moved: one durable transaction."""
        cursor = self._cursor
        if self._is_sqlite:
            cursor.execute("BEGIN IMMEDIATE")
        cursor.execute(self._select, (ticket_no,))
        text, head_hash = cursor.fetchone()
        snapshot = json.loads(text)
        loaded_revision = snapshot["revision"]
        revision = loaded_revision + 1
        after = sample.ticket["snapshot"]
        snapshot.update({key: after[key] for key in CHANGED_KEYS})
        snapshot["revision"] = revision
        entry = _chained(sample.entry, ticket_no, revision, head_hash)
        changed = sample.ticket | {
            "revision": revision,
            "head_hash": entry["hash"],
            "snapshot": _json(snapshot),
        }
        changes = [changed[name] for name in MOVING]
        cursor.execute(self._update, (*changes, ticket_no, loaded_revision))
        if cursor.rowcount != 1:
            raise RuntimeError(ticket_no)
        cursor.execute(self._insert_entry, [entry[name] for name in ENTRY])
        for message in sample.messages:
            addressed = message | {
                "id": f"{ticket_no}-{message['id']}",
                "dedupe_key": f"{ticket_no}:{message['dedupe_key']}",
                "ticket_no": ticket_no,
            }
            cursor.execute(self._insert_message, [addressed[name] for name in MESSAGE])
        self._connection.commit()


def sample_rows(url: str, ticket_no: str) -> Sample:
    """The newest rows of the ticket, as its last move left them."""
    if make_url(url).get_backend_name() == "sqlite":
        connection: Any = _sqlite(url)
        connection.row_factory = lambda cursor, row: {
            column[0]: value for column, value in zip(cursor.description, row, strict=True)
        }
        mark = "?"
    else:
        connection, mark = psycopg.connect(driver_dsn(url), row_factory=dict_row), "%s"

    def read(table: str, key: str, order: str) -> list[Row]:
        sql = f"SELECT * FROM {table} WHERE {key} = {mark} ORDER BY {order} DESC"
        rows: list[Row] = connection.execute(sql, (ticket_no,)).fetchall()
        return rows

    ticket = read(TICKETS.name, "ticket_no", "ticket_no")[0]
    entry = read(LEDGER.name, "stream", "seq")[0]
    messages = [
        row | {"params": row["params"] if isinstance(row["params"], str) else _json(row["params"])}
        for row in read(MESSAGES.name, "ticket_no", "created_at")
        if row["created_at"] == entry["at"]
    ]
    connection.close()
    ticket["snapshot"] = json.loads(ticket["snapshot"])
    return Sample(ticket=ticket, entry=entry, messages=tuple(messages))


def _chained(entry: Mapping[str, Any], stream: str, seq: int, head_hash: str) -> Row:
    linked = {**entry, "stream": stream, "seq": seq, "previous_hash": head_hash}
    hashed = linked | {"at": linked["at"] if isinstance(linked["at"], str) else str(linked["at"])}
    del hashed["hash"]
    linked["hash"] = sha256(_json(hashed, sort_keys=True).encode()).hexdigest()
    return linked


def _json(value: object, *, sort_keys: bool = False) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys)


def _insert(table: str, columns: Sequence[str], mark: str) -> str:
    names = ", ".join(columns)
    marks = ", ".join([mark] * len(columns))
    return f"INSERT INTO {table} ({names}) VALUES ({marks})"


def _sqlite(url: str) -> sqlite3.Connection:
    connection = sqlite3.connect(sqlite_path(url), isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection
