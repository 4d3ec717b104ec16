"""Messages on their way: waiting, handed over to jobs, claimed by one, settled.

    expire(at) -> int                                 overtake(at) -> int
    overtaken(messages) -> frozenset[str]
    waiting(at, limit, *, notice_id) -> list[Message]        nobody else is looking at them
    hand_over(message_ids, job, provider) -> int
    to_claim(job, by) -> list[Message]                locked
    claim(message_ids, at, by) -> int                 renew(by, at) -> int
    release(message_ids, until, code, text) -> int    back among the waiting
    end(message_ids, state, at, code, text) -> int    pending ones only
    postpone([(message_id, until)]) -> None
    settle(settlements, at) -> int
    wake(codes) -> int
    claims_since(addresses, since) -> dict[str, list[datetime]]
    depth(at) -> QueueDepth

A message that waits belongs to nobody; `hand_over` gives it to a job, in the transaction that
enqueues that; `claim` says that it is being sent, and is committed before anybody is called.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, func, or_, select, update

from notifications.message import MessageState
from storage.among import among
from storage.message_rows import (
    IS_PENDING,
    IS_SENDING,
    IS_STILL_PENDING,
    IS_STILL_WAITING,
    IS_WAITING,
    NOTHING,
    messages_of,
)
from storage.overtaking import overtake, overtaken
from storage.prepared import Prepared
from storage.settling import expire, settle_all
from storage.tables.messages import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select, Update
    from sqlalchemy.engine import Connection

    from notifications.carriage import Settlement
    from notifications.message import Message

_M = MESSAGES.c
_NOT_WORTHLESS = or_(_M.expires_at.is_(None), _M.expires_at > bindparam("at"))
_OF_IDS = among(_M.id, "ids")
_ORDER = (_M.urgent.desc(), _M.not_before, _M.created_at, _M.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """How much is on its way.

    Args:
        waiting: may be sent now or later, and is not handed over.
        due: of those, how many may be sent now.
        handed_over: belong to jobs that have not claimed them.
        sending: are with a provider.
        oldest_due: since when the oldest message that is due, or handed over, could be sent.
    """

    waiting: int
    due: int
    handed_over: int
    sending: int
    oldest_due: datetime | None


_IS_DUE = and_(
    IS_WAITING,
    _M.not_before <= bindparam("at"),
    or_(_M.next_attempt_at.is_(None), _M.next_attempt_at <= bindparam("at")),
)
_WAITING = (
    select(MESSAGES)
    .where(_IS_DUE, _NOT_WORTHLESS)
    .order_by(*_ORDER)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_WAITING_OF_NOTICE = _WAITING.where(
    _M.notice_id.is_not(None), _M.notice_id == bindparam("sought_notice")
)
_HAND_OVER = Prepared(
    update(MESSAGES)
    .where(_OF_IDS, IS_STILL_WAITING)
    .values(job=bindparam("new_job"), provider=bindparam("new_provider"))
)
_TO_CLAIM = (
    select(MESSAGES)
    .where(IS_PENDING, _M.job == bindparam("sought_job"), _M.job != NOTHING)
    .order_by(_M.created_at, _M.id)
    .with_for_update()
)
# A claim whose commit got no answer is found again by whoever made it. By itself, because no index
# serves both.
_CLAIMED = (
    select(MESSAGES)
    .where(IS_SENDING, _M.job == bindparam("sought_job"), _M.claimed_by == bindparam("by"))
    .with_for_update()
)
_CLAIM = Prepared(
    update(MESSAGES)
    .where(_OF_IDS, IS_STILL_PENDING)
    .values(
        state=MessageState.SENDING.value,
        claimed_at=bindparam("at"),
        claimed_by=bindparam("by"),
        attempts=_M.attempts + 1,
        maybe_sent_at=func.coalesce(_M.maybe_sent_at, bindparam("at", type_=_M.claimed_at.type)),
    )
)
_RENEW = (
    update(MESSAGES)
    .where(IS_SENDING, _M.claimed_by == bindparam("sought_by"))
    .values(claimed_at=bindparam("at"))
)
_RELEASE = (
    update(MESSAGES)
    .where(_OF_IDS, IS_STILL_PENDING)
    .values(
        job="",
        next_attempt_at=bindparam("until"),
        error_code=bindparam("new_code"),
        error_text=bindparam("new_text"),
    )
)
_POSTPONE = Prepared(
    update(MESSAGES)
    .where(_M.id == bindparam("message_id"), IS_STILL_PENDING)
    .values(job=NOTHING, not_before=bindparam("until", type_=_M.not_before.type))
)


def _ending(state: MessageState) -> Update:
    return (
        update(MESSAGES)
        .where(_OF_IDS, IS_STILL_PENDING)
        .values(
            state=state.value,
            job="",
            settled_at=bindparam("at"),
            error_code=bindparam("new_code"),
            error_text=bindparam("new_text"),
        )
    )


_CLAIMS_SINCE = select(_M.address, _M.claimed_at).where(
    among(_M.address, "addresses"),
    _M.claimed_at.is_not(None),
    # Not by the index of instants, which PostgreSQL takes as long as it knows nothing of the last
    # ones: it would read what was sent to anybody.
    func.coalesce(_M.claimed_at, _M.claimed_at) > bindparam("since", type_=_M.claimed_at.type),
)
_WAKE = (
    update(MESSAGES).where(IS_WAITING, among(_M.error_code, "codes")).values(next_attempt_at=None)
)


class MessageQueue:
    """The messages on their way, in one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- waiting ------------------------------------------------------------------------------

    def expire(self, at: datetime) -> int:
        """End the pending messages that would come too late; returns how many.

        Those that may be out already are in doubt instead.
        """
        return expire(self._connection, at)

    def overtake(self, at: datetime) -> int:
        """End the pending messages that newer words have replaced meanwhile; returns how many."""
        return overtake(self._connection, at)

    def overtaken(self, messages: Sequence[Message]) -> frozenset[str]:
        """Which of the messages are not worth sending, because newer words have replaced them."""
        return overtaken(self._connection, messages)

    def waiting(self, at: datetime, limit: int, *, notice_id: str = "") -> list[Message]:
        """The first messages that may be sent at `at`, urgent ones first, locked.

        What somebody else has locked is left out.
        """
        parameters = {"at": at, "limit": limit}
        if not notice_id:
            return self._found(_WAITING, **parameters)
        return self._found(_WAITING_OF_NOTICE, sought_notice=notice_id, **parameters)

    def wake(self, codes: Collection[str]) -> int:
        """Let messages that wait because of one of these codes be tried at once."""
        return self._connection.execute(_WAKE, {"codes": sorted(codes)}).rowcount

    def hand_over(self, message_ids: Sequence[str], job: str, provider: str) -> int:
        """Give waiting messages to a job."""
        parameters = {"ids": list(message_ids), "new_job": job, "new_provider": provider}
        return _HAND_OVER.run(self._connection, parameters)

    # --- the job ------------------------------------------------------------------------------

    def to_claim(self, job: str, by: str) -> list[Message]:
        """The messages of a job that are not sent yet, and those that `by` claimed; locked."""
        # A claim takes all of a job, so whoever finds any has not claimed yet.
        waiting = self._found(_TO_CLAIM, sought_job=job)
        return waiting or self._found(_CLAIMED, sought_job=job, by=by)

    def claim(self, message_ids: Sequence[str], at: datetime, by: str) -> int:
        """Say that the messages are being sent. Commit before sending them."""
        parameters = {"ids": list(message_ids), "at": at, "by": by}
        return _CLAIM.run(self._connection, parameters)

    def renew(self, by: str, at: datetime) -> int:
        """Say that what `by` has claimed is still being sent."""
        return self._connection.execute(_RENEW, {"sought_by": by, "at": at}).rowcount

    def release(self, message_ids: Sequence[str], until: datetime, code: str, text: str) -> int:
        """Take pending messages back from their job; they are tried again at `until`."""
        parameters = {
            "ids": list(message_ids),
            "until": until,
            "new_code": code,
            "new_text": text,
        }
        return self._connection.execute(_RELEASE, parameters).rowcount

    def postpone(self, instants: Iterable[tuple[str, datetime]]) -> None:
        """Take pending messages back; each may be sent from its instant on."""
        rows = [{"message_id": message_id, "until": until} for message_id, until in instants]
        if rows:
            _POSTPONE.run(self._connection, *rows)

    def end(
        self, message_ids: Sequence[str], state: MessageState, at: datetime, code: str, text: str
    ) -> int:
        """End pending messages that were never sent, and say why."""
        parameters = {"ids": list(message_ids), "at": at, "new_code": code, "new_text": text}
        return self._connection.execute(_ending(state), parameters).rowcount

    def settle(self, settlements: Iterable[Settlement], at: datetime) -> int:
        """Write down what is certain of messages; those that are further already stay there.

        Returns how many moved.
        """
        return settle_all(self._connection, settlements, at)

    def claims_since(
        self, addresses: Collection[str], since: datetime
    ) -> dict[str, list[datetime]]:
        """When something was last sent to each address, the oldest first."""
        found: dict[str, list[datetime]] = defaultdict(list)
        if addresses:
            parameters = {"addresses": sorted(addresses), "since": since}
            for address, claimed_at in self._connection.execute(_CLAIMS_SINCE, parameters):
                found[address].append(claimed_at)
        return {address: sorted(instants) for address, instants in found.items()}

    def depth(self, at: datetime) -> QueueDepth:
        """How much is on its way."""
        waiting = self._count(IS_WAITING)
        handed_over = and_(IS_PENDING, _M.job != NOTHING)
        due = select(func.count(), func.min(_M.not_before)).where(_IS_DUE)
        count, oldest_due = self._connection.execute(due, {"at": at}).one()
        oldest = self._connection.execute(select(func.min(_M.not_before)).where(handed_over))
        instants = [each for each in (oldest_due, oldest.scalar()) if each is not None]
        return QueueDepth(
            waiting=waiting,
            due=count,
            handed_over=self._count(handed_over),
            sending=self._count(IS_SENDING),
            oldest_due=min(instants, default=None),
        )

    def _count(self, condition: ColumnElement[bool]) -> int:
        return self._connection.execute(select(func.count()).where(condition)).scalar_one()

    def _found(self, statement: Select[*tuple[object, ...]], **parameters: object) -> list[Message]:
        return messages_of(self._connection, self._connection.execute(statement, parameters).all())
