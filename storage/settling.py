"""Writes down what became of messages that were handed over, and ends what would come too late.

Each update repeats which states its state may follow, so a late receipt can never undo a delivery.
"""

from __future__ import annotations

from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, and_, bindparam, column, func, literal_column, update

from notifications.carriage import TOO_LATE, TOO_LATE_TEXT
from notifications.message import MessageState
from storage.message_rows import IS_PENDING, NOTHING, kept_if_empty, may_become
from storage.prepared import Prepared
from storage.tables.messages import MESSAGES
from storage.upserts import POSTGRESQL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement, Update
    from sqlalchemy.engine import Connection
    from sqlalchemy.types import TypeEngine

    from notifications.carriage import Settlement

_M = MESSAGES.c


_GIVEN: Mapping[str, TypeEngine[Any]] = MappingProxyType(
    {
        "message_id": _M.id.type,
        "new_provider_id": _M.provider_id.type,
        "new_error_code": _M.error_code.type,
        "new_error_text": _M.error_text.type,
        "new_next_attempt_at": _M.next_attempt_at.type,
        "new_maybe_sent_at": _M.maybe_sent_at.type,
    }
)
"""What is said of each message."""


def _settling(state: MessageState, given: Mapping[str, ColumnElement[Any]]) -> Update:
    """Enter the state from any that it may follow; what is not known leaves what was known.

    A message that is to be tried again belongs to no job any more. Of a doubt one has heard nothing
    since it was first taken for sending.
    """
    also: dict[str, object] = {}
    if state is MessageState.PENDING:
        maybe_sent_at = given["new_maybe_sent_at"]
        also = {"job": "", "claimed_at": None, "claimed_by": "", "maybe_sent_at": maybe_sent_at}
    if state is MessageState.IN_DOUBT:
        also = {"claimed_at": func.coalesce(_M.maybe_sent_at, _M.claimed_at)}
    return (
        update(MESSAGES)
        .where(_M.id == given["message_id"], may_become(state))
        .values(
            state=literal_column(f"'{state}'"),
            settled_at=bindparam("at", type_=_M.settled_at.type),
            provider_id=kept_if_empty("provider_id", given["new_provider_id"]),
            error_code=given["new_error_code"],
            error_text=given["new_error_text"],
            next_attempt_at=given["new_next_attempt_at"],
            **also,
        )
    )


def _one_by_one(state: MessageState) -> Update:
    """One message: SQLite is in this process, where repeating a statement costs next to nothing."""
    return _settling(state, {name: bindparam(name, type_=kind) for name, kind in _GIVEN.items()})


def _all_at_once(state: MessageState) -> Update:
    """Many messages, what is said of them in arrays: to a server each statement is a journey."""
    arrays = [bindparam(name, type_=ARRAY(kind)) for name, kind in _GIVEN.items()]
    columns = [column(name, kind) for name, kind in _GIVEN.items()]
    given = func.unnest(*arrays).table_valued(*columns).render_derived(name="given")
    return _settling(state, dict(given.c.items()))


_IS_WORTHLESS = and_(
    IS_PENDING,
    _M.expires_at.is_not(None),  # as the index says it
    _M.expires_at <= bindparam("at"),
)
_EXPIRE = (
    update(MESSAGES)
    .where(_IS_WORTHLESS, _M.maybe_sent_at.is_(None))
    .values(
        state=MessageState.EXPIRED.value,
        job=NOTHING,
        settled_at=bindparam("at"),
        error_code=TOO_LATE,
        error_text=TOO_LATE_TEXT,
    )
)
# What may be out already did not expire unsent: it is a doubt that is not tried again.
_EXPIRE_IN_DOUBT = (
    update(MESSAGES)
    .where(_IS_WORTHLESS, _M.maybe_sent_at.is_not(None))
    .values(
        state=MessageState.IN_DOUBT.value,
        claimed_at=_M.maybe_sent_at,
        settled_at=bindparam("at"),
        next_attempt_at=bindparam("at"),
    )
)

_SETTLE = {state: Prepared(_one_by_one(state)) for state in MessageState}
_SETTLE_ALL = {state: Prepared(_all_at_once(state)) for state in MessageState}


def settle_all(connection: Connection, settlements: Iterable[Settlement], at: datetime) -> int:
    """Settle messages, each of them once; those that are further already stay there.

    Returns how many moved.
    """
    by_state: dict[MessageState, list[dict[str, object]]] = defaultdict(list)
    for each in settlements:
        by_state[each.state].append(
            {
                "message_id": each.message_id,
                "new_provider_id": each.provider_id,
                "new_error_code": each.error_code,
                "new_error_text": each.error_text,
                "new_next_attempt_at": each.next_attempt_at,
                "new_maybe_sent_at": each.maybe_sent_at,
            }
        )
    if connection.dialect.name == POSTGRESQL:
        return sum(
            _SETTLE_ALL[state].run(
                connection, {"at": at, **{name: [row[name] for row in rows] for name in _GIVEN}}
            )
            for state, rows in by_state.items()
        )
    return sum(
        _SETTLE[state].run(connection, *({"at": at, **row} for row in rows))
        for state, rows in by_state.items()
    )


def expire(connection: Connection, at: datetime) -> int:
    """End the pending messages that would come too late; returns how many.

    Those that may be out already are in doubt instead.
    """
    doubts = connection.execute(_EXPIRE_IN_DOUBT, {"at": at})
    return doubts.rowcount + connection.execute(_EXPIRE, {"at": at}).rowcount
