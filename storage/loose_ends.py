"""Messages whose story is not over: sent by somebody who died, in doubt, silent, or stuck in a job.

stale_claims(before, limit) -> list[Message]
doubts(at, limit) -> list[Message]
to_be_repeated(limit) -> list[Message]            locked
ask_again(message_id, at) -> None
silent(after, before, limit) -> list[Message]
undelivered(limit) -> list[Message]
of_jobs(jobs) -> list[Message]                    locked
broke(message_ids, until, code, text) -> int
jobs_named(after, limit) -> list[str]
take_back(jobs) -> int
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, or_, select, update

from notifications.carriage import NO_RECEIPT
from notifications.message import Channel, MessageState
from storage.among import among
from storage.message_rows import IS_PENDING, IS_SENDING, NOTHING, is_state, messages_of
from storage.tables.messages import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.engine import Connection

    from notifications.message import Message

_M = MESSAGES.c
_OF_IDS = among(_M.id, "ids")


def _oldest(*conditions: ColumnElement[bool]) -> Select[*tuple[object, ...]]:
    return (
        select(MESSAGES).where(*conditions).order_by(_M.claimed_at, _M.id).limit(bindparam("limit"))
    )


_STALE = _oldest(IS_SENDING, _M.claimed_at < bindparam("before"))
_DOUBTS = (
    select(MESSAGES)
    .where(is_state(MessageState.IN_DOUBT), _M.next_attempt_at <= bindparam("at"))
    .order_by(_M.next_attempt_at, _M.id)
    .limit(bindparam("limit"))
)
_TO_BE_REPEATED = (
    select(MESSAGES)
    .where(IS_PENDING, _M.maybe_sent_at.is_not(None))
    .order_by(_M.maybe_sent_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_BETWEEN = and_(
    _M.claimed_at.is_not(None),  # as the index says it
    _M.claimed_at < bindparam("before"),
    _M.claimed_at >= bindparam("after"),
)
_IS_UNCONFIRMED = or_(
    is_state(MessageState.IN_DOUBT),
    and_(
        is_state(MessageState.ACCEPTED),
        among(_M.provider, "reporting"),
    ),
)
_SILENT = _oldest(_BETWEEN, _IS_UNCONFIRMED)
_UNCONFIRMED = _oldest(
    _BETWEEN,
    _IS_UNCONFIRMED,
    _M.urgent,
    _M.handled_at.is_(None),
    _M.channel != Channel.SMS.value,
    _M.fallback_address != NOTHING,
)
_UNDELIVERED = (
    select(MESSAGES)
    .where(
        is_state(MessageState.FAILED),
        _M.handled_at.is_(None),
        _M.channel != Channel.SMS.value,
        _M.fallback_address != NOTHING,
        _M.error_code != NO_RECEIPT,
    )
    .order_by(_M.created_at, _M.id)
    .limit(bindparam("limit"))
)
_IS_OF_JOBS = and_(IS_PENDING, _M.job != NOTHING, among(_M.job, "jobs"))
_OF_JOBS = select(MESSAGES).where(_IS_OF_JOBS).with_for_update()
_JOBS_NAMED = (
    select(_M.job)
    .where(IS_PENDING, _M.job != NOTHING, _M.job > bindparam("after"))
    .group_by(_M.job)
    .order_by(_M.job)
    .limit(bindparam("limit"))
)
_TAKE_BACK = update(MESSAGES).where(_IS_OF_JOBS).values(job=NOTHING)
_ASK_AGAIN = (
    update(MESSAGES)
    .where(_M.id == bindparam("message_id"), is_state(MessageState.IN_DOUBT))
    .values(next_attempt_at=bindparam("until"))
)
_BROKE = (
    update(MESSAGES)
    .where(_OF_IDS, IS_PENDING)
    .values(
        job="",
        attempts=_M.attempts + 1,
        next_attempt_at=bindparam("until"),
        error_code=bindparam("new_code"),
        error_text=bindparam("new_text"),
    )
)


class LooseEnds:
    """What is left to find out or to mend, in one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stale_claims(self, before: datetime, limit: int) -> list[Message]:
        """Messages claimed before that instant and not settled: nobody knows whether they left."""
        return self._found(_STALE, before=before, limit=limit)

    def doubts(self, at: datetime, limit: int) -> list[Message]:
        """Messages in doubt about which the provider is to be asked now."""
        return self._found(_DOUBTS, at=at, limit=limit)

    def to_be_repeated(self, limit: int) -> list[Message]:
        """Pending messages that may be out already, the oldest first; locked."""
        return self._found(_TO_BE_REPEATED, limit=limit)

    def ask_again(self, message_id: str, at: datetime | None) -> None:
        """When to ask about a doubt again; None: no more."""
        self._connection.execute(_ASK_AGAIN, {"message_id": message_id, "until": at})

    def silent(
        self, after: datetime, before: datetime, reporting: Sequence[str], limit: int
    ) -> list[Message]:
        """Messages claimed between the two instants of which nobody knows whether they arrived.

        Of accepted ones only those of `reporting` providers, from which one hears in the end.
        """
        return self._found(_SILENT, after=after, before=before, reporting=reporting, limit=limit)

    def unconfirmed(
        self, after: datetime, before: datetime, reporting: Sequence[str], limit: int
    ) -> list[Message]:
        """Of those, the urgent messages that a text message can take the place of."""
        parameters = {"after": after, "before": before, "reporting": reporting}
        return self._found(_UNCONFIRMED, limit=limit, **parameters)

    def undelivered(self, limit: int) -> list[Message]:
        """Failed WeChat messages that a text message can take the place of, and nobody saw to."""
        return self._found(_UNDELIVERED, limit=limit)

    def of_jobs(self, jobs: Collection[str]) -> list[Message]:
        """The messages that these jobs have not claimed, locked."""
        return self._found(_OF_JOBS, jobs=sorted(jobs)) if jobs else []

    def broke(self, message_ids: Sequence[str], until: datetime, code: str, text: str) -> int:
        """The same for messages whose job failed, which counts as an attempt."""
        parameters = {
            "ids": list(message_ids),
            "until": until,
            "new_code": code,
            "new_text": text,
        }
        return self._connection.execute(_BROKE, parameters).rowcount

    def jobs_named(self, after: str, limit: int) -> list[str]:
        """The jobs behind `after` that messages wait for which they have not claimed."""
        parameters = {"after": after, "limit": limit}
        return list(self._connection.execute(_JOBS_NAMED, parameters).scalars())

    def take_back(self, jobs: Collection[str]) -> int:
        """Let the messages that these jobs have not claimed wait for another one."""
        return self._connection.execute(_TAKE_BACK, {"jobs": sorted(jobs)}).rowcount

    def _found(self, statement: Select[*tuple[object, ...]], **parameters: object) -> list[Message]:
        return messages_of(self._connection, self._connection.execute(statement, parameters).all())
