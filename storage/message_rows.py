"""Rows of the outbox as messages, and the states that statements about them name.

States are written out in statements and are no parameters: only so can the partial indexes be used.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, and_, case, literal_column

from notifications.message import Audience, Channel, Message, MessageKind, MessageState
from storage.notices import Notices
from storage.tables.messages import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.engine import Connection

    from notifications.message import SharedNotice

FIELDS = tuple(field.name for field in fields(Message))
_values = attrgetter(*FIELDS)
_COLUMNS = tuple(column.name for column in MESSAGES.columns)
_fields_of_row = itemgetter(*map(_COLUMNS.index, FIELDS))
"""By place: a row finds a column by its name much more slowly, and there are thousands of rows."""
_ENUMS = (
    ("kind", MessageKind),
    ("channel", Channel),
    ("audience", Audience),
    ("state", MessageState),
)

NOTHING: ColumnElement[str] = literal_column("''")


def is_state(*states: MessageState) -> ColumnElement[bool]:
    """Whether a message is in one of these states."""
    named: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in sorted(states)]
    return MESSAGES.c.state == named[0] if len(named) == 1 else MESSAGES.c.state.in_(named)


IS_PENDING = is_state(MessageState.PENDING)
IS_WAITING = and_(IS_PENDING, MESSAGES.c.job == NOTHING)
IS_STILL_PENDING: ColumnElement[bool] = literal_column("messages.state || ''", String) == "pending"
IS_STILL_WAITING = and_(IS_STILL_PENDING, literal_column("messages.job || ''", String) == "")
"""The same of messages that are named by their ids, in words that no partial index answers to.

PostgreSQL takes what is pending for little when much has just been written, and would look through
all of it for the few that are named.
"""
IS_SENDING = is_state(MessageState.SENDING)


def may_become(state: MessageState) -> ColumnElement[bool]:
    """Whether a message is in a state that this one may follow."""
    return is_state(*state.reachable_from)


def kept_if_empty(name: str, given: ColumnElement[str]) -> ColumnElement[str]:
    """What is given, or, if that is empty, what was known."""
    return case((given != "", given), else_=MESSAGES.c[name])


def rows_of(messages: Sequence[Message]) -> list[dict[str, object]]:
    """The messages as rows."""
    return [dict(zip(FIELDS, _values(message), strict=True)) for message in messages]


def messages_of(connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Message]:
    """The rows as messages, those of a notice with its words."""
    of_notices = {row.notice_id for row in rows if row.notice_id is not None}
    notices = Notices(connection).find(of_notices)
    return [_message(row, notices.get(row.notice_id)) for row in rows]


def _message(row: Row[*tuple[Any, ...]], notice: SharedNotice | None) -> Message:
    values = dict(zip(FIELDS, _fields_of_row(row), strict=True))
    for name, enum in _ENUMS:
        values[name] = enum(values[name])
    if notice is not None:
        values["params"], values["text"] = notice.params, notice.text
    return Message(**values)
