"""Writes down what became of messages; the one place that moves a message that was handed over.

Each update repeats which states its state may follow, so a late receipt can never undo a delivery.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, literal_column, update

from notifications.message import MessageState
from storage.message_rows import kept_if_empty, may_become
from storage.prepared import Prepared
from storage.tables.messages import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Update
    from sqlalchemy.engine import Connection

    from notifications.carriage import Settlement

_M = MESSAGES.c


def _settling(state: MessageState) -> Update:
    """Enter the state from any that it may follow; what is not known leaves what was known.

    A message that was certainly not sent belongs to no job any more.
    """
    again = state is MessageState.PENDING
    freed = {"job": "", "claimed_at": None, "claimed_by": ""} if again else {}
    return (
        update(MESSAGES)
        .where(_M.id == bindparam("message_id"), may_become(state))
        .values(
            state=literal_column(f"'{state}'"),
            settled_at=bindparam("at", type_=_M.settled_at.type),
            provider_id=kept_if_empty("provider_id", bindparam("new_provider_id")),
            error_code=bindparam("new_error_code"),
            error_text=bindparam("new_error_text"),
            next_attempt_at=bindparam("new_next_attempt_at", type_=_M.settled_at.type),
            **freed,
        )
    )


_SETTLE = {state: Prepared(_settling(state)) for state in MessageState}


def settle_all(connection: Connection, settlements: Iterable[Settlement], at: datetime) -> int:
    """Settle messages; those that are further already stay there. Returns how many moved."""
    by_state: dict[MessageState, list[dict[str, object]]] = defaultdict(list)
    for each in settlements:
        by_state[each.state].append(
            {
                "message_id": each.message_id,
                "at": at,
                "new_provider_id": each.provider_id,
                "new_error_code": each.error_code,
                "new_error_text": each.error_text,
                "new_next_attempt_at": each.next_attempt_at,
            }
        )
    return sum(_SETTLE[state].run(connection, *rows) for state, rows in by_state.items())
