"""Notices of outages, and the messages that they become: page by page, by INSERT ... SELECT (N4).

    add(notice) -> None
    find(notice_id) -> OutageNotice | None
    last_estimate(ticket_no) -> OutageNotice | None
    write_page(notice, shared, *, after, limit, by_wechat, not_before) -> str
    supersede_left(ticket_no, topic, step) -> int

A message belongs to a contact, so one phone gets one message of a notice however many meters it
has: the number of the contact makes the message's id, and no phone number stands in it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Boolean, Integer, String, bindparam, func, select, text, true, tuple_

from engine.outage import OutageNews, OutageNotice
from notifications.message import Audience, Channel, MessageState
from storage.columns import Instant
from storage.tables.outages import OUTAGE_AFFECTED, OUTAGE_NOTICES
from storage.upserts import POSTGRESQL, insert_or_skip

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row, TextClause
    from sqlalchemy.engine import Connection

    from notifications.message import SharedNotice

FIELDS = tuple(field.name for field in fields(OutageNotice))
_N = OUTAGE_NOTICES.c
_ADD = insert_or_skip(OUTAGE_NOTICES, "notice_id")
_FIND = select(OUTAGE_NOTICES).where(_N.notice_id == bindparam("sought"))
_LAST_ESTIMATE = (
    select(OUTAGE_NOTICES)
    .where(_N.ticket_no == bindparam("sought"), _N.estimated_at.is_not(None))
    .order_by(_N.created_at.desc(), _N.notice_id.desc())
    .limit(1)
)
_PLACE = (OUTAGE_AFFECTED.c.ticket_no, OUTAGE_AFFECTED.c.node_id)
_LAST_OF_PAGE = (
    select(*_PLACE)
    .where(
        tuple_(*_PLACE)
        > tuple_(bindparam("sought", type_=String), bindparam("after", type_=String))
    )
    .order_by(*_PLACE)
    .limit(1)
    .offset(bindparam("skipped"))
)
# PostgreSQL knows nothing yet of rows that were written a moment ago, and would sort all of them
# for each page, which the index has done already.
_BY_INDEX = select(
    *(func.set_config(name, bindparam("use"), true()) for name in ("enable_sort", "enable_seqscan"))
)

_TO_COME = "a.withdrawn_at IS NULL AND a.restored_at IS NULL"
_OUT = f"{_TO_COME} AND a.interrupted_at IS NOT NULL"
# Who joined later hears of it by a notice of his own.
_BY_THEN = "a.included_step <= :step"
_HAS_JOINED = """(a.included_step = :step OR c.known_at > :known_since)
  AND (a.interrupted_at IS NOT NULL OR EXISTS (
    SELECT 1 FROM outages AS o WHERE o.ticket_no = a.ticket_no AND o.phase = 'scheduled'))"""
_DARK = """EXISTS (
  SELECT 1 FROM outage_affected AS x WHERE x.node_id = a.node_id
  AND x.interrupted_at IS NOT NULL AND x.restored_at IS NULL AND x.withdrawn_at IS NULL)"""
_LEFT = "(a.withdrawn_step = :step OR a.restored_step = :step)"
_STILL_THERE = """EXISTS (
  SELECT 1 FROM customers AS other
  CROSS JOIN outage_affected AS still
  WHERE other.contact_id = {contact}
  AND still.ticket_no = :ticket_no AND still.node_id = other.node_id
  AND still.restored_at IS NULL AND still.withdrawn_at IS NULL)"""
_STILL_IN_IT = _STILL_THERE.format(contact="c.contact_id")
# One that was superseded may have been so when he left; better once too often than never.
_TOLD = """EXISTS (
  SELECT 1 FROM outage_notices AS n
  CROSS JOIN messages AS m
  WHERE n.ticket_no = :ticket_no AND n.notice_id <> :notice_id
  AND m.id = n.notice_id || '-' || c.contact_id
  AND m.state NOT IN ('expired', 'suppressed', 'cancelled', 'unreachable'))"""
_WHO = {
    OutageNews.ANNOUNCED: f"{_TO_COME} AND {_BY_THEN}",
    OutageNews.CHANGED: f"{_TO_COME} AND {_BY_THEN}",
    OutageNews.REMINDER: f"{_TO_COME} AND {_BY_THEN}",
    OutageNews.CANCELLED: f"a.withdrawn_step = :step AND NOT {_STILL_IN_IT}",
    OutageNews.STARTED: f"{_OUT} AND {_BY_THEN}",
    OutageNews.ESTIMATE: f"{_OUT} AND {_BY_THEN}",
    OutageNews.RESTORED: f"a.restored_step = :step AND NOT {_DARK}",
    OutageNews.JOINED: f"{_TO_COME} AND {_HAS_JOINED}",
    OutageNews.RELEASED: f"{_LEFT} AND NOT {_DARK} AND NOT {_STILL_IN_IT} AND {_TOLD}",
}
"""Which points of an outage hear of what, as they stand when the message is written."""

_CONTACTS = """
FROM outage_affected AS a CROSS JOIN customers AS c
WHERE a.ticket_no = :ticket_no AND c.node_id = a.node_id AND c.contact_id IS NOT NULL
  AND (c.phone <> '' OR :by_wechat) AND (c.outage_notices OR :everybody)
  AND (c.known_at IS NULL OR c.known_at <= :created_at)
  AND a.node_id > :after {up_to} AND {who}
"""
_BY_WECHAT = ":by_wechat AND c.wechat_openid <> ''"
_WRITE = f"""
INSERT INTO messages (
  id, dedupe_key, notice_id, kind, template_key, template_version, text, params, channel, audience,
  recipient, address, fallback_address, created_at, not_before, expires_at, ticket_no, urgent,
  state, topic, claimed_by, attempts, provider_id, error_code, error_text)
SELECT CAST(:notice_id AS VARCHAR) || '-' || c.contact_id,
  CAST(:notice_id AS VARCHAR) || '-' || c.contact_id,
  :notice_id, :kind, :template_key, :template_version, '', :params,
  CASE WHEN {_BY_WECHAT} THEN '{Channel.WECHAT}' ELSE '{Channel.SMS}' END,
  '{Audience.CUSTOMER}', c.name,
  CASE WHEN {_BY_WECHAT} THEN c.wechat_openid ELSE c.phone END,
  CASE WHEN {_BY_WECHAT} THEN c.phone ELSE '' END,
  :created_at, :not_before, :expires_at, :ticket_no, :urgent, '{MessageState.PENDING}', :topic,
  '', 0, '', '', ''
{{contacts}}
ON CONFLICT (dedupe_key) DO NOTHING
"""
# From each message to its contact, by indexes: PostgreSQL knows nothing yet of messages that were
# written a moment ago, and would go through all of them for each point.
_CONTACT_OF_MESSAGE = "CAST(substr(messages.id, length(messages.notice_id) + 2) AS INTEGER)"
_SUPERSEDE = """
UPDATE messages SET state = 'superseded'
WHERE state = 'pending' AND topic <> '' AND topic = :topic AND notice_id IS NOT NULL
AND EXISTS (
  SELECT 1 FROM customers AS c
  CROSS JOIN outage_affected AS a
  WHERE c.contact_id = {contact} AND a.ticket_no = :ticket_no AND a.node_id = c.node_id AND {left})
AND NOT {still_in_it}
"""

_TYPES: dict[str, Any] = {
    "ticket_no": String,
    "notice_id": String,
    "kind": String,
    "template_key": String,
    "template_version": Integer,
    "params": JSON,
    "topic": String,
    "after": String,
    "last": String,
    "step": Integer,
    "by_wechat": Boolean,
    "everybody": Boolean,
    "urgent": Boolean,
    "created_at": Instant,
    "known_since": Instant,
    "not_before": Instant,
    "expires_at": Instant,
}


def _typed(statement: str) -> TextClause:
    clause = text(statement)
    names = clause.compile().params
    return clause.bindparams(*(bindparam(name, type_=_TYPES[name]) for name in names))


def _writing(up_to: str) -> dict[OutageNews, TextClause]:
    return {
        news: _typed(_WRITE.format(contacts=_CONTACTS.format(who=who, up_to=up_to)))
        for news, who in _WHO.items()
    }


_WRITE_PAGE = _writing("AND a.node_id <= :last")
_WRITE_REST = _writing("")
_SUPERSEDE_LEFT = _typed(
    _SUPERSEDE.format(
        contact=_CONTACT_OF_MESSAGE,
        left=_LEFT,
        still_in_it=_STILL_THERE.format(contact=_CONTACT_OF_MESSAGE),
    )
)


class OutageMessages:
    """What is told of outages, in one transaction's view."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, notice: OutageNotice) -> bool:
        """Note whom a shared notice is for; False if it is there already."""
        values = {name: getattr(notice, name) for name in FIELDS}
        statement = _ADD[self._connection.dialect.name]
        return self._connection.execute(statement, values).rowcount == 1

    def find(self, notice_id: str) -> OutageNotice | None:
        """Whom the notice is for, if it is one of an outage."""
        row = self._connection.execute(_FIND, {"sought": notice_id}).first()
        return None if row is None else _notice(row)

    def last_estimate(self, ticket_no: str) -> OutageNotice | None:
        """The newest notice of an outage with which an estimate was told."""
        row = self._connection.execute(_LAST_ESTIMATE, {"sought": ticket_no}).first()
        return None if row is None else _notice(row)

    def write_page(  # noqa: PLR0913  (what of it, to whom, when)
        self,
        notice: OutageNotice,
        shared: SharedNotice,
        *,
        after: str,
        limit: int,
        by_wechat: bool,
        not_before: datetime,
    ) -> str:
        """Write the next messages of a notice; writing them again changes nothing.

        Args:
            notice: whom it is for.
            shared: its words.
            after: the service point after which to go on; empty at first.
            limit: how many service points; there may be more customers behind one.
            by_wechat: whether WeChat is set up.
            not_before: from when the messages may be sent.

        Returns:
            Where to go on; empty at the end.
        """
        last = self._last_of_page(notice.ticket_no, after, limit)
        who = {
            "ticket_no": notice.ticket_no,
            "everybody": notice.everybody,
            "step": notice.step,
            "known_since": notice.known_since,
            "by_wechat": by_wechat,
            "after": after,
            "last": last,
        }
        what: dict[str, object] = {
            "notice_id": notice.notice_id,
            "kind": shared.kind.value,
            "template_key": shared.template_key,
            "template_version": shared.template_version,
            "params": {},
            "created_at": shared.created_at,
            "not_before": not_before,
            "expires_at": shared.expires_at,
            "urgent": shared.urgent,
            "topic": shared.topic,
        }
        write = _WRITE_REST if last is None else _WRITE_PAGE
        self._connection.execute(write[notice.news], {**who, **what})
        return last or ""

    def _last_of_page(self, ticket_no: str, after: str, limit: int) -> str | None:
        """The service point that ends the next page; None if the rest is one page."""
        place = {"sought": ticket_no, "after": after, "skipped": limit - 1}
        is_postgresql = self._connection.dialect.name == POSTGRESQL
        if is_postgresql:
            self._connection.execute(_BY_INDEX, {"use": "off"})
        found = self._connection.execute(_LAST_OF_PAGE, place).first()
        if is_postgresql:
            self._connection.execute(_BY_INDEX, {"use": "on"})
        return found.node_id if found and found.ticket_no == ticket_no else None

    def supersede_left(self, ticket_no: str, topic: str, step: int) -> int:
        """End what is pending for those who left the outage at that step; returns how many.

        Somebody with another meter that is still in it goes on being told.
        """
        parameters = {"ticket_no": ticket_no, "topic": topic, "step": step}
        return self._connection.execute(_SUPERSEDE_LEFT, parameters).rowcount


def _notice(row: Row[*tuple[Any, ...]]) -> OutageNotice:
    values = {name: getattr(row, name) for name in FIELDS}
    return OutageNotice(**values | {"news": OutageNews(row.news)})
