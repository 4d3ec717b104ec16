"""Inserts that tell what to do with a key that exists: each database has its own construct.

A statement is made once a dialect, when it is first asked for: a program that works on SQLite does
not load what PostgreSQL needs.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sqlalchemy import ColumnElement, Insert, Table
    from sqlalchemy.dialects import postgresql

_NOTHING_ELSE: Mapping[str, Callable[..., ColumnElement[object]]] = MappingProxyType({})
POSTGRESQL = "postgresql"
"""Name of the dialect that has more to offer than SQLite's."""


class ByDialect:
    """A statement in the form of each database; its result knows how many rows it wrote."""

    def __init__(self, table: Table, finish: Callable[..., Insert]) -> None:
        self._table = table
        self._finish = finish
        self._forms: dict[str, Insert] = {}

    def __getitem__(self, dialect: str) -> Insert:
        """The form for the dialect of that name."""
        if dialect not in self._forms:
            insert = import_module(f"sqlalchemy.dialects.{dialect}").insert
            form: Insert = self._finish(insert(self._table))
            self._forms[dialect] = form.execution_options(preserve_rowcount=True)
        return self._forms[dialect]


def insert_or_skip(table: Table, *key: str) -> ByDialect:
    """Insert a row unless the key exists; the row count tells."""
    return ByDialect(table, lambda insert: insert.on_conflict_do_nothing(index_elements=key))


def insert_or_update(
    table: Table,
    *key: str,
    only_if: Callable[..., ColumnElement[bool]] | None = None,
    keep: Collection[str] = (),
    other: Mapping[str, Callable[..., ColumnElement[object]]] = _NOTHING_ELSE,
) -> ByDialect:
    """Insert a row, or give the row of that key the new values of all other columns.

    Columns in `keep` are left alone in a row that is there, and get their default in a new one;
    those in `other` get there what is said of them, from the new values.
    """
    others = [column.name for column in table.columns if column.name not in {*key, *keep}]

    def finish(insert: postgresql.Insert) -> Insert:
        return insert.on_conflict_do_update(
            index_elements=key,
            set_={name: insert.excluded[name] for name in others}
            | {name: value(insert.excluded) for name, value in other.items()},
            where=None if only_if is None else only_if(insert.excluded),
        )

    return ByDialect(table, finish)


def insert_or_set(
    table: Table, *key: str, values: Mapping[str, ColumnElement[object]]
) -> ByDialect:
    """Insert a row, or set those columns of the row of that key."""
    return ByDialect(
        table,
        lambda insert: insert.on_conflict_do_update(index_elements=key, set_=dict(values)),
    )
