"""Who carries messages, and how they do.

of_channel(channel) -> list[ProviderStanding]           `locked` until the commit, if asked for
all() -> list[ProviderStanding]
add(standing) -> bool                                   False: it is there already
change(standing) -> None
count(channel, name, at, *, accepted, faults) -> None
traffic(channel, at, reporting) -> dict[str, Traffic]
forget_traffic(before) -> int
"""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, delete, func, or_, select, text, update

from notifications.carriage import ProviderStanding, Traffic
from notifications.message import Channel, MessageState
from storage.message_rows import is_state
from storage.tables.messages import MESSAGES
from storage.tables.sending import PROVIDER_TRAFFIC, PROVIDERS
from storage.upserts import POSTGRESQL, insert_or_set, insert_or_skip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row, Select
    from sqlalchemy.engine import Connection

STRETCH = timedelta(seconds=10)
"""Traffic is counted in stretches of this length."""
A_MINUTE = timedelta(minutes=1)
A_QUARTER = timedelta(minutes=15)
SLOW = timedelta(minutes=5)

FIELDS = tuple(field.name for field in fields(ProviderStanding))
_P, _T, _M = PROVIDERS.c, PROVIDER_TRAFFIC.c, MESSAGES.c

_ALL = select(PROVIDERS).order_by(_P.channel, _P.resting_weight.desc(), _P.name)
_OF_CHANNEL = _ALL.where(_P.channel == bindparam("sought"))
_ADD = insert_or_skip(PROVIDERS, "channel", "name")
_CHANGE = (
    update(PROVIDERS)
    .where(_P.channel == bindparam("of_channel"), _P.name == bindparam("of_name"))
    .values({name: bindparam(f"new_{name}") for name in FIELDS[2:]})
)
_COUNT = insert_or_set(
    PROVIDER_TRAFFIC,
    "channel",
    "name",
    "since",
    values={
        "accepted": _T.accepted + bindparam("more_accepted"),
        "faults": _T.faults + bindparam("more_faults"),
    },
)
_FAULTS = (
    select(_T.name, func.sum(_T.faults).label("faults"))
    .where(_T.channel == bindparam("sought"), _T.since > bindparam("since"))
    .group_by(_T.name)
)
_FORGET = delete(PROVIDER_TRAFFIC).where(_T.since < bindparam("before"))


def _deliveries(arrived_late: ColumnElement[bool]) -> Select[str, int, int]:
    """Of messages claimed since: those of which one could know that they arrived, and how late.

    A message of a provider that reports nothing stays accepted for good, and says nothing.
    """
    is_waiting = is_state(MessageState.ACCEPTED) & _M.provider.in_(
        bindparam("reporting", expanding=True)
    )
    is_late = or_(is_waiting, arrived_late)
    return (
        select(_M.provider, func.count(), func.sum(case((is_late, 1), else_=0)))
        .where(
            _M.channel == bindparam("sought"),
            _M.claimed_at.is_not(None),
            _M.claimed_at > bindparam("since"),
            or_(
                is_state(MessageState.DELIVERED),
                is_waiting & (_M.claimed_at < bindparam("slow_before")),
            ),
        )
        .group_by(_M.provider)
    )


_DELIVERIES = {
    "sqlite": _deliveries(
        text(  # type: ignore[arg-type]
            "substr(messages.settled_at, 1, 23)"
            " > strftime('%Y-%m-%d %H:%M:%f', messages.claimed_at, '+5 minutes')"
        )
    ),
    POSTGRESQL: _deliveries(
        text("messages.settled_at > messages.claimed_at + interval '5 minutes'")  # type: ignore[arg-type]
    ),
}


class Providers:
    """The providers of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def all(self) -> list[ProviderStanding]:
        """Every provider, by channel, the preferred one first."""
        return [_standing(row) for row in self._connection.execute(_ALL)]

    def of_channel(self, channel: Channel, *, locked: bool = False) -> list[ProviderStanding]:
        """The providers of a channel, the preferred one first."""
        statement = _OF_CHANNEL.with_for_update() if locked else _OF_CHANNEL
        rows = self._connection.execute(statement, {"sought": channel.value})
        return [_standing(row) for row in rows]

    def add(self, standing: ProviderStanding) -> bool:
        """Store a provider that is met for the first time; one that is known stays as it is."""
        row = asdict(standing) | {"channel": standing.channel.value}
        return self._connection.execute(_ADD[self._dialect], row).rowcount == 1

    def change(self, standing: ProviderStanding) -> None:
        """Store how a provider stands now."""
        values = asdict(standing)
        new = {f"new_{name}": values[name] for name in FIELDS[2:]}
        key = {"of_channel": standing.channel.value, "of_name": standing.name}
        self._connection.execute(_CHANGE, {**key, **new})

    def count(
        self, channel: Channel, name: str, at: datetime, *, accepted: int, faults: int
    ) -> None:
        """Count messages that a provider took, and failures by its own fault."""
        since = at - timedelta(
            seconds=at.timestamp() % STRETCH.total_seconds(),
        )
        row = {
            "channel": channel.value,
            "name": name,
            "since": since.replace(microsecond=0),
            "accepted": accepted,
            "faults": faults,
            "more_accepted": accepted,
            "more_faults": faults,
        }
        self._connection.execute(_COUNT[self._dialect], row)

    def traffic(
        self, channel: Channel, at: datetime, reporting: Sequence[str]
    ) -> dict[str, Traffic]:
        """What the providers of a channel did lately, by name.

        Only of those that report is it known which messages have not arrived yet.
        """
        faults = self._connection.execute(
            _FAULTS, {"sought": channel.value, "since": at - A_MINUTE}
        )
        found = {name: Traffic(faults=count) for name, count in faults}
        deliveries = self._connection.execute(
            _DELIVERIES[self._dialect],
            {
                "sought": channel.value,
                "since": at - A_QUARTER,
                "slow_before": at - SLOW,
                "reporting": list(reporting),
            },
        )
        for name, handed_over, slow in deliveries:
            known = found.get(name, Traffic())
            found[name] = Traffic(faults=known.faults, handed_over=handed_over, slow=slow)
        return found

    def forget_traffic(self, before: datetime) -> int:
        """Remove what was counted before that instant."""
        return self._connection.execute(_FORGET, {"before": before}).rowcount


def _standing(row: Row[*tuple[Any, ...]]) -> ProviderStanding:
    values = {name: getattr(row, name) for name in FIELDS}
    return ProviderStanding(**values | {"channel": Channel(row.channel)})
