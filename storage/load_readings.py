"""Load readings by transformer area: peaks at instants, and the highest of a window.

put(readings) -> Changes                    `readings`: anything with the attributes of `Reading`
peaks(since, until, node_ids=None) -> dict[str, Peak]          by area
latest(node_id, limit) -> list[Reading]                        newest first

The same reading again changes nothing; another value for the same area and instant replaces it.
Both ends of a window belong to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import bindparam, func, or_, select

from storage.tables.readiness import LOAD_READINGS
from storage.topology import Changes
from storage.upserts import insert_or_skip, insert_or_update

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

THOUSAND = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The peak of an area at an instant, in kVA or in kW: exactly one of the two."""

    node_id: str
    measured_at: datetime
    peak_kva: Decimal | None
    peak_kw: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The highest readings of an area in a window, and when the last one was taken."""

    kva: Decimal | None
    kw: Decimal | None
    measured_until: datetime


class ReadingFacts(Protocol):
    """What is asked of a reading that is put in."""

    @property
    def node_id(self) -> str:
        """The transformer area."""
        ...

    @property
    def measured_at(self) -> datetime:
        """When it was measured."""
        ...

    @property
    def peak_kva(self) -> Decimal | None:
        """Apparent power."""
        ...

    @property
    def peak_kw(self) -> Decimal | None:
        """Active power."""
        ...


_R = LOAD_READINGS.c
_ADD = insert_or_skip(LOAD_READINGS, "node_id", "measured_at")
_CORRECT = insert_or_update(
    LOAD_READINGS,
    "node_id",
    "measured_at",
    only_if=lambda new: or_(
        _R.peak_va.is_distinct_from(new.peak_va), _R.peak_w.is_distinct_from(new.peak_w)
    ),
)
_PEAKS = (
    select(
        _R.node_id,
        func.max(_R.peak_va).label("va"),
        func.max(_R.peak_w).label("w"),
        func.max(_R.measured_at).label("measured_until"),
    )
    .where(_R.measured_at >= bindparam("since"), _R.measured_at <= bindparam("until"))
    .group_by(_R.node_id)
)
_PEAKS_OF = _PEAKS.where(_R.node_id.in_(bindparam("node_ids", expanding=True)))
_LATEST = (
    select(LOAD_READINGS)
    .where(_R.node_id == bindparam("sought"))
    .order_by(_R.measured_at.desc())
    .limit(bindparam("most"))
)


class LoadReadings:
    """The readings of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, readings: Iterable[ReadingFacts]) -> Changes:
        """Add readings, or correct those of the same area and instant."""
        rows = [
            {
                "node_id": each.node_id,
                "measured_at": each.measured_at,
                "peak_va": _thousandfold(each.peak_kva),
                "peak_w": _thousandfold(each.peak_kw),
            }
            for each in readings
        ]
        if not rows:
            return Changes(added=0, changed=0, unchanged=0)
        dialect = self._connection.dialect.name
        added = self._connection.execute(_ADD[dialect], rows).rowcount
        # Those that were just added are as they should be, so only others are written again.
        changed = self._connection.execute(_CORRECT[dialect], rows).rowcount
        return Changes(added=added, changed=changed, unchanged=len(rows) - added - changed)

    def peaks(
        self, since: datetime, until: datetime, node_ids: Sequence[str] | None = None
    ) -> dict[str, Peak]:
        """The peaks of every area that was measured in the window, or of some areas."""
        statement = _PEAKS if node_ids is None else _PEAKS_OF
        sought = {"since": since, "until": until}
        if node_ids is not None:
            sought["node_ids"] = list(node_ids)  # type: ignore[assignment]
        return {
            row.node_id: Peak(
                kva=_thousandth(row.va), kw=_thousandth(row.w), measured_until=row.measured_until
            )
            for row in self._connection.execute(statement, sought)
        }

    def latest(self, node_id: str, limit: int) -> list[Reading]:
        """The last readings of an area, the newest first."""
        rows = self._connection.execute(_LATEST, {"sought": node_id, "most": limit})
        return [
            Reading(
                node_id=row.node_id,
                measured_at=row.measured_at,
                peak_kva=_thousandth(row.peak_va),
                peak_kw=_thousandth(row.peak_w),
            )
            for row in rows
        ]


def _thousandfold(value: Decimal | None) -> int | None:
    return None if value is None else int(value * THOUSAND)


def _thousandth(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value) / THOUSAND
