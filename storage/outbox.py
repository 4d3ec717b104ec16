"""Messages: what was planned, what became of it, and what is no longer to be told.

    add(messages) -> int                                     how many were new
    settle(message_id, state, at, *, provider_id, error_code, error_text, next_attempt_at) -> bool
    supersede(topic, at, *, before) -> int
    handled(message_id, by, at) -> bool
    get(message_id) -> Message                               NotFoundError
    find(message_id) -> Message | None
    newer(message) -> bool
    listing(*, ticket_no, state, branch, unhandled, limit) -> list[Message]      newest first
    counts_by_state() -> dict[MessageState, int]
    unhandled_by_state() -> dict[MessageState, int]

A message is written in the transaction that causes it. Every later change repeats in SQL which
states it may follow, so a late receipt can never undo a delivery. Sending it is the business of
`storage.message_queue`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import to_json
from sqlalchemy import (
    JSON,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
    true,
    update,
)

from engine.errors import not_found
from notifications.carriage import Settlement
from notifications.message import Audience, MessageState
from storage.message_rows import (
    FIELDS,
    IS_PENDING,
    NOTHING,
    messages_of,
    rows_of,
)
from storage.prepared import Prepared
from storage.settling import settle_all
from storage.tables.messages import MESSAGES, NOTICES, UNHANDLED
from storage.tables.tickets import TICKETS
from storage.upserts import POSTGRESQL, insert_or_skip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import FromClause
    from sqlalchemy.dialects.postgresql import Insert as PostgreSQLInsert
    from sqlalchemy.engine import Connection

    from notifications.message import Message

MESSAGE = "消息"

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
_NEWER = (
    select(MESSAGES.c.id)
    .where(
        MESSAGES.c.ticket_no == bindparam("ticket_no"),
        MESSAGES.c.created_at > bindparam("since"),
        MESSAGES.c.topic == bindparam("sought_topic"),
        MESSAGES.c.audience == bindparam("audience"),
        or_(
            # A ticket has one customer, whose name may have been corrected.
            MESSAGES.c.audience == Audience.CUSTOMER.value,
            MESSAGES.c.recipient == bindparam("recipient"),
        ),
        MESSAGES.c.state != MessageState.CANCELLED.value,
    )
    .limit(1)
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
        IS_PENDING,
        MESSAGES.c.topic != NOTHING,  # as the index says it
        MESSAGES.c.topic == bindparam("sought_topic"),
        or_(
            MESSAGES.c.created_at < bindparam("before"),
            MESSAGES.c.notice_id.in_(select(NOTICES.c.id).where(_OLDER_NOTICES)),
        ),
    )
    .values(state=MessageState.SUPERSEDED.value)
)
_HANDLED = (
    update(MESSAGES)
    .where(MESSAGES.c.id == bindparam("message_id"), MESSAGES.c.handled_at.is_(None))
    .values(handled_by=bindparam("by"), handled_at=bindparam("at"))
)
_LISTING = select(MESSAGES).order_by(MESSAGES.c.created_at.desc(), MESSAGES.c.id)
_COUNTS = select(MESSAGES.c.state, func.count()).group_by(MESSAGES.c.state)
_UNHANDLED_COUNTS = _COUNTS.where(text(UNHANDLED))


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
        return _ADD.run(self._connection, *rows_of(messages))

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

        An empty `provider_id` keeps the one that is known.
        """
        settlement = Settlement(
            message_id=message_id,
            state=state,
            provider_id=provider_id,
            error_code=error_code,
            error_text=error_text,
            next_attempt_at=next_attempt_at,
        )
        return settle_all(self._connection, [settlement], at) == 1

    def supersede(self, topic: str, at: datetime, *, before: datetime | None = None) -> int:
        """End what is pending of a topic and older than `before`: newer words say it better.

        Notices of the topic that are still being written stop where they are. `before` is `at`
        unless it is given. Returns how many messages were ended.
        """
        parameters = {"sought_topic": topic, "at": at, "before": before or at}
        self._connection.execute(_STOP_NOTICES, parameters)
        return self._connection.execute(_SUPERSEDE, parameters).rowcount

    def handled(self, message_id: str, by: str, at: datetime) -> bool:
        """Note who saw to a message by hand; False if somebody has already."""
        parameters = {"message_id": message_id, "by": by, "at": at}
        return self._connection.execute(_HANDLED, parameters).rowcount == 1

    def get(self, message_id: str) -> Message:
        """The message.

        Raises:
            NotFoundError: there is none of that id.
        """
        message = self.find(message_id)
        if message is None:
            raise not_found(MESSAGE, message_id)
        return message

    def find(self, message_id: str) -> Message | None:
        """The message, if there is one of that id."""
        row = self._connection.execute(_GET, {"message_id": message_id}).first()
        return None if row is None else messages_of(self._connection, [row])[0]

    def newer(self, message: Message) -> bool:
        """Whether there is a newer message of its topic for the same person, by whatever way.

        What was called off does not count, nor what takes the place of the message itself: its key
        begins with that of the message.
        """
        if not message.topic:
            return False
        parameters = {
            "ticket_no": message.ticket_no,
            "sought_topic": message.topic,
            "since": message.created_at,
            "audience": message.audience.value,
            "recipient": message.recipient,
        }
        of_others = ~MESSAGES.c.dedupe_key.startswith(message.dedupe_key, autoescape=True)
        statement = _NEWER.where(of_others)
        return self._connection.execute(statement, parameters).first() is not None

    def listing(
        self,
        *,
        ticket_no: str | None = None,
        state: str | None = None,
        branch: str | None = None,
        unhandled: bool = False,
        limit: int = 100,
    ) -> list[Message]:
        """Messages, the newest first; `branch` keeps those of the branch's tickets."""
        statement = _LISTING.limit(limit)
        if ticket_no is not None:
            statement = statement.where(MESSAGES.c.ticket_no == ticket_no)
        if state is not None:
            statement = statement.where(MESSAGES.c.state == state)
        if unhandled:
            statement = statement.where(text(UNHANDLED))
        if branch is not None:
            of_branch = select(TICKETS.c.ticket_no).where(TICKETS.c.branch == branch)
            statement = statement.where(MESSAGES.c.ticket_no.in_(of_branch))
        return messages_of(self._connection, self._connection.execute(statement).all())

    def counts_by_state(self) -> dict[MessageState, int]:
        """How many messages are in each state; states without any are left out."""
        return {MessageState(state): count for state, count in self._connection.execute(_COUNTS)}

    def unhandled_by_state(self) -> dict[MessageState, int]:
        """How many messages wait for a person, by state."""
        found = self._connection.execute(_UNHANDLED_COUNTS)
        return {MessageState(state): count for state, count in found}


def as_parameter(messages: Sequence[Message]) -> dict[str, str]:
    """The messages as the one parameter of `adding_if`."""
    return {"messages": to_json(rows_of(messages)).decode()}
