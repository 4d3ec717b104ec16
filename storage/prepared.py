"""Statements of the hot path: declared in Core, compiled once, and run by the driver itself.

What SQLAlchemy does around each execution (finding the compiled form, contexts, results, events)
costs several times as much as such a statement itself, and a statement that never varies needs
nothing of it. `bench/RESULTS.md` has the figures. Whatever varies by its arguments, or returns
anything but texts and numbers, goes the usual way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storage.upserts import ByDialect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Executable
    from sqlalchemy.engine import Connection, Dialect

    Parameters = Mapping[str, object]
    Statement = Executable | ByDialect | Callable[[], Executable]


class Prepared:
    """One statement, in the form of each database that it has met.

    It may be given as a function that makes it, where a database never met needs none of it.
    """

    def __init__(self, statement: Statement) -> None:
        self._statement = statement
        self._forms: dict[str, _Form] = {}

    def first(self, connection: Connection, parameters: Parameters) -> tuple[Any, ...] | None:
        """The first row as the driver gives it, None if there is none."""
        form, cursor = self._begun(connection)
        cursor.execute(form.text, form.bound(parameters))
        row: tuple[Any, ...] | None = cursor.fetchone()
        cursor.close()
        return row

    def column(self, connection: Connection, parameters: Parameters) -> list[Any]:
        """The first column of every row."""
        form, cursor = self._begun(connection)
        cursor.execute(form.text, form.bound(parameters))
        rows = cursor.fetchall()
        cursor.close()
        return [row[0] for row in rows]

    def run(self, connection: Connection, *rows: Parameters) -> int:
        """Run it, once for each row of parameters; returns how many rows it wrote."""
        form, cursor = self._begun(connection)
        if len(rows) == 1:
            cursor.execute(form.text, form.bound(rows[0]))
        else:
            cursor.executemany(form.text, [form.bound(row) for row in rows])
        written: int = cursor.rowcount
        cursor.close()
        return written

    def _begun(self, connection: Connection) -> tuple[_Form, Any]:
        """The form for this database, and a cursor of its driver inside the transaction."""
        dialect = connection.dialect
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = _Form(self._statement, dialect)
        return form, connection.connection.cursor()


class _Form:
    """The text for one database, and how the parameters are handed to its driver."""

    def __init__(self, statement: Statement, dialect: Dialect) -> None:
        compiled = _chosen(statement, dialect).compile(dialect=dialect)
        binds = compiled.binds
        self.text: str = compiled.string
        self._in_order: list[str] | None = compiled.positiontup
        self._constants = {name: bind.value for name, bind in binds.items() if not bind.required}
        self._conversions: list[tuple[Any, Callable[[object], object]]] = []
        places = enumerate(self._in_order) if self._in_order else ((name, name) for name in binds)
        for place, name in places:
            convert = binds[name].type.dialect_impl(dialect).bind_processor(dialect)
            if convert is not None:
                self._conversions.append((place, convert))

    def bound(self, parameters: Parameters) -> object:
        """The values as the driver takes them: by name, or in order."""
        given = {**self._constants, **parameters} if self._constants else parameters
        values: Any = (
            dict(given) if self._in_order is None else [given[name] for name in self._in_order]
        )
        for place, convert in self._conversions:
            values[place] = convert(values[place])
        return values


def _chosen(statement: Statement, dialect: Dialect) -> Any:  # noqa: ANN401  (anything compilable)
    if isinstance(statement, ByDialect):
        return statement[dialect.name]
    return statement() if callable(statement) else statement
