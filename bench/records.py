"""What every move leaves besides the ticket, written by hand: a sealed entry, and messages.

The floor and the peer both do this, from the rows that the product wrote for the same move.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
from sqlalchemy.engine import make_url

from bench.servers import driver_dsn, sqlite_path
from storage.sqlite import PRAGMAS
from storage.tables.messages import MESSAGES
from storage.tables.tickets import LEDGER, TICKETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Row = dict[str, Any]

ENTRY = tuple(LEDGER.columns.keys())
MESSAGE = tuple(MESSAGES.columns.keys())


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The rows that the product wrote for one move of one ticket."""

    ticket: Row
    entry: Row
    messages: tuple[Row, ...]

    def entry_after(self, stream: str, seq: int, head_hash: str) -> Row:
        """The same entry as the one that follows entry `seq` of another stream."""
        linked = {**self.entry, "stream": stream, "seq": seq + 1, "previous_hash": head_hash}
        hashed = {**linked, "at": str(linked["at"])}
        del hashed["hash"]
        linked["hash"] = sha256(as_json(hashed, sort_keys=True).encode()).hexdigest()
        return linked

    def messages_about(self, ticket_no: str) -> Iterable[Row]:
        """The same messages about another ticket."""
        for message in self.messages:
            key = message["dedupe_key"].replace(message["ticket_no"], ticket_no)
            yield {**message, "id": str(uuid4()), "dedupe_key": key, "ticket_no": ticket_no}


class Records:
    """Writes entries and messages on a driver's cursor, inside the caller's transaction."""

    def __init__(self, cursor: Any, mark: str) -> None:  # noqa: ANN401  (either driver's)
        self._cursor = cursor
        self._insert_entry = _insert(LEDGER.name, ENTRY, mark)
        self._insert_message = _insert(MESSAGES.name, MESSAGE, mark)

    def write(self, entry: Row, messages: Iterable[Row]) -> None:
        """Append the entry and add the messages."""
        self._cursor.execute(self._insert_entry, [entry[name] for name in ENTRY])
        for message in messages:
            self._cursor.execute(self._insert_message, [message[name] for name in MESSAGE])


def opened(url: str) -> tuple[Any, str]:
    """A connection of the driver, set up as the product's, that begins nothing by itself.

    With it, how parameters are marked in its statements.
    """
    if make_url(url).get_backend_name() == "postgresql":
        return psycopg.connect(driver_dsn(url), autocommit=True), "%s"
    connection = sqlite3.connect(sqlite_path(url), isolation_level=None)
    for setting in PRAGMAS:
        connection.execute(setting)
    return connection, "?"


def sample_rows(url: str, ticket_no: str) -> Sample:
    """The newest rows of the ticket, as its last move left them."""
    connection, mark = opened(url)

    def read(table: str, key: str, order: str) -> list[Row]:
        sql = f"SELECT * FROM {table} WHERE {key} = {mark} ORDER BY {order} DESC"
        cursor = connection.execute(sql, (ticket_no,))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    ticket = read(TICKETS.name, "ticket_no", "revision")[0]
    entry = read(LEDGER.name, "stream", "seq")[0]
    messages = [
        row
        | {"params": row["params"] if isinstance(row["params"], str) else as_json(row["params"])}
        for row in read(MESSAGES.name, "ticket_no", "template_key")
        if row["created_at"] == entry["at"]
    ]
    connection.close()
    ticket["snapshot"] = json.loads(ticket["snapshot"])
    return Sample(ticket=ticket, entry=entry, messages=tuple(messages))


def as_json(value: object, *, sort_keys: bool = False) -> str:
    """The value as JSON without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys)


def _insert(table: str, columns: Sequence[str], mark: str) -> str:
    names = ", ".join(columns)
    marks = ", ".join([mark] * len(columns))
    return f"INSERT INTO {table} ({names}) VALUES ({marks})"
