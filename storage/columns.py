"""Column types that mean the same on SQLite and PostgreSQL.

SQLite has neither time zones nor decimals. Both are kept there as text that sorts, for instants,
like the instants themselves, so a range over an index works the same way.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import TIMESTAMP, Numeric, String
from sqlalchemy.types import TypeDecorator

from engine.calendar import REMEMBERED

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

INSTANT_WIDTH = 32
"""Width of an instant as text: `2021-09-06 01:30:00.000000+00:00`."""


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored and returned in UTC; a naive one is refused."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        """A native instant where the database has one, else text."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(String(INSTANT_WIDTH))  # type: ignore[arg-type]

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """What the driver is given.

        Raises:
            ValueError: the instant is naive.
        """
        if value is None:
            return None
        if value.tzinfo is not UTC:
            if value.utcoffset() is None:
                msg = f"{value} has no time zone; instants are aware"
                raise ValueError(msg)
            value = value.astimezone(UTC)
        if dialect.name == "postgresql":
            return value
        return _as_text(value)

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None]:
        """What reads an instant: one function, because most rows have many and are many."""
        del coltype
        return _in_utc if dialect.name == "postgresql" else _of_text


@lru_cache(maxsize=REMEMBERED)
def _as_text(value: datetime) -> str:
    return value.isoformat(" ", "microseconds")


def _in_utc(value: datetime | None) -> datetime | None:
    """The instant, whatever the session's time zone."""
    return None if value is None else value.astimezone(UTC)


def _of_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal that comes back with the digits it went in with."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Decimal]:
        """Numeric where it is exact, else text."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric())
        return dialect.type_descriptor(String(32))  # type: ignore[arg-type]

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> object:
        """What the driver is given."""
        if value is None or dialect.name == "postgresql":
            return value
        return str(value)

    def process_result_value(self, value: object, dialect: Dialect) -> Decimal | None:
        """The decimal, None for none."""
        del dialect
        return None if value is None else Decimal(str(value))
