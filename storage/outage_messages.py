"""Notices of outages, and the messages that they become: page by page, by INSERT ... SELECT (N4).

    add(notice) -> None
    find(notice_id) -> OutageNotice | None
    last_estimate(ticket_no) -> OutageNotice | None
    reaching(ticket_no) -> list[OutageNotice]
    write_page(notice, shared, *, after, limit, by_wechat, not_before) -> str
    supersede_left(ticket_no, topic, step) -> int
    heard_since(ticket_no, contact, since) -> set[OutageNews]
    contacts(ticket_no, name) -> list[Contact]

A message belongs to a contact, so one phone gets one message of a notice however many meters it
has: the number of the contact makes the message's id, and no phone number stands in it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Boolean, Integer, String, bindparam, select, text, tuple_

from engine.application import Contact
from engine.outage import TELLING_OFF, OutageNews, OutageNotice
from notifications.message import Audience, Channel, MessageState
from storage.columns import Instant
from storage.outage_told import LAST_TOLD, NEVER_TOLD, REACHING
from storage.planner import LOOPS, SCANS, SORTS, without
from storage.tables.messages import MESSAGES
from storage.tables.outages import OUTAGE_AFFECTED, OUTAGE_NOTICES
from storage.tables.topology import CUSTOMERS
from storage.upserts import insert_or_skip

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
_HEARD = (
    select(_N.news)
    .join(MESSAGES, MESSAGES.c.id == _N.notice_id + "-" + bindparam("contact", type_=String))
    .where(_N.ticket_no == bindparam("sought"), _N.created_at > bindparam("since"))
)
_CONTACTS_OF = (
    select(CUSTOMERS.c.name, CUSTOMERS.c.phone, CUSTOMERS.c.wechat_openid)
    .join(OUTAGE_AFFECTED, OUTAGE_AFFECTED.c.node_id == CUSTOMERS.c.node_id)
    .where(
        OUTAGE_AFFECTED.c.ticket_no == bindparam("sought"),
        CUSTOMERS.c.name == bindparam("name"),
        CUSTOMERS.c.contact_id.is_not(None),
    )
    .distinct()
    .order_by(CUSTOMERS.c.phone, CUSTOMERS.c.wechat_openid)
)
# By name: the order of a table differs from that of its columns here once one was added later.
_REACHING = text(REACHING).columns(**{each.name: each.type for each in OUTAGE_NOTICES.columns})
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
# Counted, so that PostgreSQL asks for one contact after the other by index. It knows nothing yet of
# rows that were written a moment ago, takes them for few, and would read all for each contact.
_STILL_IN_IT = """(
  SELECT count(*) FROM customers AS other
  WHERE other.contact_id = c.contact_id AND (
    SELECT count(*) FROM outage_affected AS still
    WHERE still.ticket_no = :ticket_no AND still.node_id = other.node_id
    AND still.restored_at IS NULL AND still.withdrawn_at IS NULL) > 0) > 0"""
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
  AND a.node_id > :after {up_to} AND {who} AND {told}
"""
_BY_WECHAT = ":by_wechat AND c.wechat_openid <> ''"
_WRITE = f"""
INSERT INTO messages (
  id, dedupe_key, notice_id, kind, template_key, template_version, text, params, channel, audience,
  recipient, address, fallback_address, created_at, not_before, expires_at, ticket_no, urgent,
  state, topic, by_law, claimed_by, attempts, provider_id, error_code, error_text)
SELECT CAST(:notice_id AS VARCHAR) || '-' || c.contact_id,
  CAST(:notice_id AS VARCHAR) || '-' || c.contact_id,
  :notice_id, :kind, :template_key, :template_version, '', :params,
  CASE WHEN {_BY_WECHAT} THEN '{Channel.WECHAT}' ELSE '{Channel.SMS}' END,
  '{Audience.CUSTOMER}', c.name,
  CASE WHEN {_BY_WECHAT} THEN c.wechat_openid ELSE c.phone END,
  CASE WHEN {_BY_WECHAT} THEN c.phone ELSE '' END,
  :created_at, :not_before, :expires_at, :ticket_no, :urgent, '{MessageState.PENDING}', :topic,
  :by_law, '', 0, '', '', ''
{{contacts}}
ON CONFLICT (dedupe_key) DO NOTHING
"""
_SUPERSEDE = """
UPDATE messages SET state = 'superseded'
WHERE state = 'pending' AND topic <> '' AND topic = :topic AND id IN (
  SELECT n.notice_id || '-' || c.contact_id
  FROM outage_affected AS a
  JOIN customers AS c ON c.node_id = a.node_id AND c.contact_id IS NOT NULL
  JOIN outage_notices AS n ON n.ticket_no = a.ticket_no
  WHERE a.ticket_no = :ticket_no AND {left} AND NOT {still_in_it})
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
    "last_told": String,
    "told_step": Integer,
    "told_off": Boolean,
    "by_wechat": Boolean,
    "everybody": Boolean,
    "urgent": Boolean,
    "by_law": Boolean,
    "created_at": Instant,
    "known_since": Instant,
    "not_before": Instant,
    "expires_at": Instant,
}


def _typed(statement: str) -> TextClause:
    clause = text(statement)
    names = clause.compile().params
    return clause.bindparams(*(bindparam(name, type_=_TYPES[name]) for name in names))


_OF_TOLD = frozenset({OutageNews.ANNOUNCED, OutageNews.CHANGED, OutageNews.CANCELLED})


def _writing(up_to: str) -> dict[tuple[OutageNews, str], TextClause]:
    """By news, and by whether it is for all, or for those who were told something or nothing."""
    statements = {(news, "true"): who for news, who in _WHO.items()}
    statements |= {
        (news, told): _WHO[news] for news in _OF_TOLD for told in (NEVER_TOLD, LAST_TOLD)
    }
    return {
        (news, told): _typed(
            _WRITE.format(contacts=_CONTACTS.format(who=who, up_to=up_to, told=told))
        )
        for (news, told), who in statements.items()
    }


def _told(notice: OutageNotice) -> str:
    if notice.last_told is None:
        return "true"
    return LAST_TOLD if notice.last_told else NEVER_TOLD


_WRITE_PAGE = _writing("AND a.node_id <= :last")
_WRITE_REST = _writing("")
_SUPERSEDE_LEFT = _typed(_SUPERSEDE.format(left=_LEFT, still_in_it=_STILL_IN_IT))


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

    def reaching(self, ticket_no: str) -> list[OutageNotice]:
        """The notices of an outage's time that reached anybody, or may have, the newest first."""
        rows = self._connection.execute(_REACHING, {"ticket_no": ticket_no})
        return [_notice(row) for row in rows]

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
            "by_law": shared.by_law,
        }
        write = _WRITE_REST if last is None else _WRITE_PAGE
        whom = {**who, **self._whom_it_was_told(notice)}
        self._connection.execute(write[notice.news, _told(notice)], {**whom, **what})
        return last or ""

    def _whom_it_was_told(self, notice: OutageNotice) -> dict[str, object]:
        told = self.find(notice.last_told) if notice.last_told else None
        if told is None:
            return {}
        return {
            "last_told": told.notice_id,
            "told_step": told.step,
            "told_off": told.news in TELLING_OFF,
        }

    def _last_of_page(self, ticket_no: str, after: str, limit: int) -> str | None:
        """The service point that ends the next page; None if the rest is one page."""
        place = {"sought": ticket_no, "after": after, "skipped": limit - 1}
        with without(self._connection, SORTS, SCANS):  # the index has sorted them already
            found = self._connection.execute(_LAST_OF_PAGE, place).first()
        return found.node_id if found and found.ticket_no == ticket_no else None

    def supersede_left(self, ticket_no: str, topic: str, step: int) -> int:
        """End what is pending for those who left the outage at that step; returns how many.

        Somebody with another meter that is still in it goes on being told.
        """
        parameters = {"ticket_no": ticket_no, "topic": topic, "step": step}
        with without(self._connection, LOOPS):
            return self._connection.execute(_SUPERSEDE_LEFT, parameters).rowcount

    def heard_since(self, ticket_no: str, contact: str, since: datetime) -> set[OutageNews]:
        """What news of the outage there were for that contact after that instant."""
        parameters = {"sought": ticket_no, "contact": contact, "since": since}
        found = self._connection.execute(_HEARD, parameters).scalars()
        return {OutageNews(each) for each in found}

    def contacts(self, ticket_no: str, name: str) -> list[Contact]:
        """How people of that name at the points of an outage are reached now."""
        rows = self._connection.execute(_CONTACTS_OF, {"sought": ticket_no, "name": name})
        return [Contact(**row) for row in rows.mappings()]


def _notice(row: Row[*tuple[Any, ...]]) -> OutageNotice:
    values = {name: getattr(row, name) for name in FIELDS}
    return OutageNotice(**values | {"news": OutageNews(row.news)})
