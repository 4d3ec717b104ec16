"""The floor: what a careful programmer would write by hand for one kind of move, and no more.

It reads the ticket, changes its JSON, continues the hash chain, and writes the same columns of the
same rows into the same tables with the same indexes and triggers, in one commit that is as durable.
It knows beforehand how the move ends, so it decides, checks, plans and renders nothing.
`expect_alike` compares what product and floor have written before anything is measured.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bench.records import Records, as_json, opened, sample_rows
from storage.ticket_writes import MOVING

if TYPE_CHECKING:
    from bench.records import Sample

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

SLACK = 8
"""Characters by which a column may differ: ISO 8601 leaves out microseconds that are zero."""


class ByHand:
    """The moves of a trip, on a connection of its own."""

    def __init__(self, url: str) -> None:
        self._connection, mark = opened(url)
        self._cursor = self._connection.cursor()
        self._records = Records(self._cursor, mark)
        self._begin = "BEGIN IMMEDIATE" if mark == "?" else "BEGIN"
        changes = ", ".join(f"{name} = {mark}" for name in MOVING)
        key = f"ticket_no = {mark}"
        self._select = f"SELECT snapshot, head_hash FROM tickets WHERE {key}"
        self._update = f"UPDATE tickets SET {changes} WHERE {key} AND revision = {mark}"

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def move(self, ticket_no: str, sample: Sample) -> None:
        """Move the ticket as the sample was moved: one durable transaction."""
        cursor = self._cursor
        cursor.execute(self._begin)
        cursor.execute(self._select, (ticket_no,))
        text, head_hash = cursor.fetchone()
        snapshot = json.loads(text)
        loaded_revision = snapshot["revision"]
        revision = loaded_revision + 1
        after = sample.ticket["snapshot"]
        snapshot.update({key: after[key] for key in CHANGED_KEYS})
        snapshot["revision"] = revision
        entry = sample.entry_after(ticket_no, loaded_revision, head_hash)
        changed = sample.ticket | {
            "revision": revision,
            "head_hash": entry["hash"],
            "snapshot": as_json(snapshot),
        }
        changes = [changed[name] for name in MOVING]
        cursor.execute(self._update, (*changes, ticket_no, loaded_revision))
        if cursor.rowcount != 1:
            raise RuntimeError(ticket_no)
        self._records.write(entry, sample.messages_about(ticket_no))
        cursor.execute("COMMIT")


def expect_alike(url: str, of_product: str, of_floor: str) -> None:
    """Make sure that product and floor left rows of the same size for the same move.

    Raises:
        RuntimeError: a column differs, so the comparison would not be fair.
    """
    ours, theirs = sample_rows(url, of_product), sample_rows(url, of_floor)
    pairs = [(ours.ticket, theirs.ticket), (ours.entry, theirs.entry)]
    pairs += list(zip(ours.messages, theirs.messages, strict=True))
    for one, other in pairs:
        for name, value in one.items():
            if abs(len(str(value)) - len(str(other[name]))) > SLACK:
                msg = f"{name}: {value!r} by the product, {other[name]!r} by hand"
                raise RuntimeError(msg)
