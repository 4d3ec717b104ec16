"""Messages to be sent, and what became of them.

    add(messages) -> int                                     how many were new
    claim(at, by, limit, *, urgent_only) -> list[Message]    each message to one claimer only
    settle(message_id, state, at, *, provider_id, error_code, error_text, next_attempt_at) -> bool
    stale_claims(before) -> list[Message]
    expire(at) -> int
    supersede(topic, at, *, before) -> int
    get(message_id) -> Message                               NotFoundError
    find_by_provider_id(provider_id) -> Message | None
    listing(*, ticket_no, state, branch, limit) -> list[Message]         newest first
    counts_by_state() -> dict[MessageState, int]

A message is written in the transaction that causes it. Every later change repeats in SQL which
states it may follow, so a late receipt can never undo a delivery.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json
from sqlalchemy import (
    JSON,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)

from engine.errors import not_found
from notifications.message import (
    Audience,
    Channel,
    Message,
    MessageKind,
    MessageState,
    SharedNotice,
)
from storage.notices import Notices
from storage.prepared import Prepared
from storage.tables.messages import MESSAGES, NOTICES
from storage.tables.tickets import TICKETS
from storage.upserts import POSTGRESQL, insert_or_skip

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, ColumnElement, FromClause, Row, Update
    from sqlalchemy.dialects.postgresql import Insert as PostgreSQLInsert
    from sqlalchemy.engine import Connection
    from sqlalchemy.sql.dml import ReturningUpdate

FIELDS = tuple(field.name for field in fields(Message))
MESSAGE = "消息"
_values = attrgetter(*FIELDS)

_ADD = Prepared(insert_or_skip(MESSAGES, "dedupe_key"))
# A server gets all rows as one parameter: one round trip, however many messages there are.
_GIVEN = func.json_populate_recordset(
    literal_column("NULL::messages"), cast(bindparam("messages", type_=Text), JSON)
).table_valued(*FIELDS, name="given")


def adding_if(done: FromClause | None = None) -> PostgreSQLInsert:
    """Add the messages given by `as_parameter`, if `done` has a row (if at all, without it)."""
    from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415  (SQLite needs none of it)

    source = _GIVEN if done is None else done.join(_GIVEN, true())
    rows = select(*(_GIVEN.c[name] for name in FIELDS)).select_from(source)
    return (
        insert(MESSAGES)
        .from_select(FIELDS, rows)
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
    )


_ADD_AT_ONCE = Prepared(adding_if)
_GET = select(MESSAGES).where(MESSAGES.c.id == bindparam("message_id"))
_BY_PROVIDER = select(MESSAGES).where(
    MESSAGES.c.provider_id == bindparam("sought"), MESSAGES.c.provider_id != ""
)
# Written out, not a parameter: only so can the partial indexes be used.
_NOTHING: ColumnElement[str] = literal_column("''")
_IS_PENDING = MESSAGES.c.state == literal_column(f"'{MessageState.PENDING}'")
_IS_WAITING = and_(_IS_PENDING, MESSAGES.c.job == _NOTHING)
_IS_SENDING = MESSAGES.c.state == literal_column(f"'{MessageState.SENDING}'")


def _claiming(urgency: ColumnElement[bool]) -> ReturningUpdate[Any]:
    """Take the first messages of an urgency that may be sent now and that nobody else is taking."""
    sendable = (
        select(MESSAGES.c.id)
        .where(
            _IS_WAITING,
            urgency,
            MESSAGES.c.not_before <= bindparam("at"),
            or_(
                MESSAGES.c.next_attempt_at.is_(None),
                MESSAGES.c.next_attempt_at <= bindparam("at"),
            ),
            or_(MESSAGES.c.expires_at.is_(None), MESSAGES.c.expires_at > bindparam("at")),
        )
        .order_by(MESSAGES.c.not_before, MESSAGES.c.created_at, MESSAGES.c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
        .cte("sendable")  # evaluated once; a plain subquery may be run again, beyond the limit
    )
    return (
        update(MESSAGES)
        .where(MESSAGES.c.id.in_(select(sendable.c.id)), _IS_PENDING)
        .values(
            state=MessageState.SENDING.value,
            claimed_at=bindparam("at"),
            claimed_by=bindparam("by"),
            attempts=MESSAGES.c.attempts + 1,
        )
        .returning(*MESSAGES.columns)
    )


_CLAIMS = (_claiming(MESSAGES.c.urgent), _claiming(~MESSAGES.c.urgent))
_STALE = (
    select(MESSAGES)
    .where(_IS_SENDING, MESSAGES.c.claimed_at < bindparam("before"))
    .order_by(MESSAGES.c.claimed_at, MESSAGES.c.id)
)
_EXPIRE = (
    update(MESSAGES)
    .where(
        _IS_PENDING,
        MESSAGES.c.expires_at.is_not(None),  # as the index says it
        MESSAGES.c.expires_at <= bindparam("at"),
    )
    .values(state=MessageState.EXPIRED.value)
)
_OLDER_NOTICES = and_(
    NOTICES.c.topic == bindparam("sought_topic"), NOTICES.c.created_at < bindparam("before")
)
_STOP_NOTICES = (
    update(NOTICES)
    .where(_OLDER_NOTICES, NOTICES.c.superseded_at.is_(None))
    .values(superseded_at=bindparam("at"))
)
_SUPERSEDE = (
    update(MESSAGES)
    .where(
        _IS_PENDING,
        MESSAGES.c.topic != _NOTHING,  # as the index says it
        MESSAGES.c.topic == bindparam("sought_topic"),
        or_(
            MESSAGES.c.created_at < bindparam("before"),
            MESSAGES.c.notice_id.in_(select(NOTICES.c.id).where(_OLDER_NOTICES)),
        ),
    )
    .values(state=MessageState.SUPERSEDED.value)
)
_LISTING = select(MESSAGES).order_by(MESSAGES.c.created_at.desc(), MESSAGES.c.id)
_COUNTS = select(MESSAGES.c.state, func.count()).group_by(MESSAGES.c.state)


def _settling(state: MessageState) -> Update:
    """Enter the state from any that it may follow; what is not known leaves what was known."""

    def kept(name: str) -> ColumnElement[str]:
        given: BindParameter[str] = bindparam(f"new_{name}")
        return case((given != "", given), else_=MESSAGES.c[name])

    allowed = sorted(state.reachable_from)
    return (
        update(MESSAGES)
        .where(and_(MESSAGES.c.id == bindparam("message_id"), MESSAGES.c.state.in_(allowed)))
        .values(
            state=state.value,
            settled_at=bindparam("at"),
            provider_id=kept("provider_id"),
            error_code=bindparam("new_error_code"),
            error_text=bindparam("new_error_text"),
            next_attempt_at=bindparam("new_next_attempt_at"),
        )
    )


_SETTLE = {state: _settling(state) for state in MessageState}


class Outbox:
    """The messages of one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dialect = connection.dialect.name

    def add(self, messages: Sequence[Message]) -> int:
        """Store messages; those whose dedupe key is there already are left as they are.

        Returns how many were new.
        """
        if not messages:
            return 0
        if self._dialect == POSTGRESQL:
            return _ADD_AT_ONCE.run(self._connection, as_parameter(messages))
        return _ADD.run(self._connection, *_rows(messages))

    def claim(
        self, at: datetime, by: str, limit: int, *, urgent_only: bool = False
    ) -> list[Message]:
        """Take messages that may be sent at `at`, urgent ones first; nobody else gets them.

        Commit before sending: a claim that is rolled back would be sent twice.
        """
        claimed: list[Message] = []
        for claim in _CLAIMS[:1] if urgent_only else _CLAIMS:
            parameters = {"at": at, "by": by, "limit": limit - len(claimed)}
            taken = self._messages(self._connection.execute(claim, parameters))
            claimed += sorted(taken, key=attrgetter("not_before", "created_at", "id"))
        return claimed

    def settle(  # noqa: PLR0913  (what a provider may say)
        self,
        message_id: str,
        state: MessageState,
        at: datetime,
        *,
        provider_id: str = "",
        error_code: str = "",
        error_text: str = "",
        next_attempt_at: datetime | None = None,
    ) -> bool:
        """Move the message forward to `state`; False if it is there or further already.

        A message that is to be sent again goes back to PENDING with its `next_attempt_at`. An
        empty `provider_id` keeps the one that is known.
        """
        parameters = {
            "message_id": message_id,
            "at": at,
            "new_provider_id": provider_id,
            "new_error_code": error_code,
            "new_error_text": error_text,
            "new_next_attempt_at": next_attempt_at,
        }
        return self._connection.execute(_SETTLE[state], parameters).rowcount == 1

    def stale_claims(self, before: datetime) -> list[Message]:
        """Messages claimed before that instant and not settled: nobody knows whether they left."""
        return self._messages(self._connection.execute(_STALE, {"before": before}))

    def expire(self, at: datetime) -> int:
        """End the pending messages that would come too late; returns how many."""
        return self._connection.execute(_EXPIRE, {"at": at}).rowcount

    def supersede(self, topic: str, at: datetime, *, before: datetime | None = None) -> int:
        """End what is pending of a topic and older than `before`: newer words say it better.

        Notices of the topic that are still being written stop where they are. `before` is `at`
        unless it is given. Returns how many messages were ended.
        """
        parameters = {"sought_topic": topic, "at": at, "before": before or at}
        self._connection.execute(_STOP_NOTICES, parameters)
        return self._connection.execute(_SUPERSEDE, parameters).rowcount

    def get(self, message_id: str) -> Message:
        """The message.

        Raises:
            NotFoundError: there is none of that id.
        """
        row = self._connection.execute(_GET, {"message_id": message_id}).first()
        if row is None:
            raise not_found(MESSAGE, message_id)
        return self._messages([row])[0]

    def find_by_provider_id(self, provider_id: str) -> Message | None:
        """The message that a provider knows by that id, if any."""
        row = self._connection.execute(_BY_PROVIDER, {"sought": provider_id}).first()
        return None if row is None else self._messages([row])[0]

    def listing(
        self,
        *,
        ticket_no: str | None = None,
        state: str | None = None,
        branch: str | None = None,
        limit: int = 100,
    ) -> list[Message]:
        """Messages, the newest first; `branch` keeps those of the branch's tickets."""
        statement = _LISTING.limit(limit)
        if ticket_no is not None:
            statement = statement.where(MESSAGES.c.ticket_no == ticket_no)
        if state is not None:
            statement = statement.where(MESSAGES.c.state == state)
        if branch is not None:
            of_branch = select(TICKETS.c.ticket_no).where(TICKETS.c.branch == branch)
            statement = statement.where(MESSAGES.c.ticket_no.in_(of_branch))
        return self._messages(self._connection.execute(statement))

    def counts_by_state(self) -> dict[MessageState, int]:
        """How many messages are in each state; states without any are left out."""
        return {MessageState(state): count for state, count in self._connection.execute(_COUNTS)}

    def _messages(self, found: Iterable[Row[*tuple[Any, ...]]]) -> list[Message]:
        """The rows as messages, those of a notice with its words."""
        rows = list(found)
        of_notices = {row.notice_id for row in rows if row.notice_id is not None}
        notices = Notices(self._connection).find(of_notices)
        return [_message(row, notices.get(row.notice_id)) for row in rows]


def as_parameter(messages: Sequence[Message]) -> dict[str, str]:
    """The messages as the one parameter of `adding_if`."""
    return {"messages": to_json(_rows(messages)).decode()}


def _rows(messages: Sequence[Message]) -> list[dict[str, object]]:
    return [dict(zip(FIELDS, _values(message), strict=True)) for message in messages]


def _message(row: Row[*tuple[Any, ...]], notice: SharedNotice | None) -> Message:
    values = {name: getattr(row, name) for name in FIELDS}
    if notice is not None:
        values |= {"params": notice.params, "text": notice.text}
    return Message(
        **values
        | {
            "kind": MessageKind(row.kind),
            "channel": Channel(row.channel),
            "audience": Audience(row.audience),
            "state": MessageState(row.state),
        }
    )
