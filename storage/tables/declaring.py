"""How tables are declared: names of constraints, and columns that several tables have.

Constraints get their names by rule, so that a migration can name them on both databases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from storage.columns import Instant

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import MetaData, Table

METADATA = SQLModel.metadata
METADATA.naming_convention = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}


def instant(
    *, nullable: bool = False, primary_key: bool = False, default: datetime | None = None
) -> Any:  # noqa: ANN401  (what SQLModel gives)
    """A column that holds an instant; `default` is what rows that were there before have."""
    if nullable:
        return Field(default=None, sa_type=Instant, nullable=True)
    if default is not None:
        written = default.isoformat(" ", "microseconds")
        return Field(sa_type=Instant, nullable=False, sa_column_kwargs={"server_default": written})
    return Field(sa_type=Instant, nullable=False, primary_key=primary_key)


def table_of(row: type[SQLModel]) -> Table:
    """The Core table of a row class."""
    return METADATA.tables[str(row.__tablename__)]


_CONDITIONS: list[tuple[Index, str]] = []


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows for which `where` holds."""
    index = Index(name, *columns, unique=unique)
    _CONDITIONS.append((index, where))
    return index


def complete_metadata() -> MetaData:
    """The metadata with the conditions of its partial indexes.

    They are options of a database, so naming them loads both dialects; no statement needs them.
    """
    for index, where in _CONDITIONS:
        for dialect in ("sqlite", "postgresql"):
            index.dialect_options[dialect]["where"] = text(where)
    return METADATA
