"""The statements that write the messages of a notice of an outage, by INSERT ... SELECT (N4).

    writing(notice, is_last) -> TextClause               a page of them
    writing_most_at_once(notice) -> TextClause | None    the same, quicker, on PostgreSQL
    SUPERSEDE_LEFT                                       ends what is pending for who left

A message belongs to a contact, so one phone gets one message of a notice however many meters it
has: the number of the contact makes the message's id, and no phone number stands in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Boolean, Integer, String, bindparam, text

from engine.outage import OutageNews
from notifications.message import Audience, Channel, MessageState
from storage.columns import Instant
from storage.outage_told import LAST_TOLD, NEVER_TOLD, TOLD_SINCE_KNOWN

if TYPE_CHECKING:
    from sqlalchemy import TextClause

    from engine.outage import OutageNotice

_TO_COME = "a.withdrawn_at IS NULL AND a.restored_at IS NULL"
_OUT = f"{_TO_COME} AND a.interrupted_at IS NOT NULL"
# Who joined later hears of it by a notice of his own.
_BY_THEN = "a.included_step <= :step"
_HAS_JOINED = f"""(
    a.included_step = :step OR (c.known_at > :known_since AND NOT {TOLD_SINCE_KNOWN}))
  AND (a.interrupted_at IS NOT NULL OR EXISTS (
    SELECT 1 FROM outages AS o WHERE o.ticket_no = a.ticket_no AND o.phase = 'scheduled'))"""  # noqa: S608  (constants)
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
_WHO_IS_IN_IT = {
    OutageNews.ANNOUNCED: f"{_TO_COME} AND {_BY_THEN}",
    OutageNews.CHANGED: f"{_TO_COME} AND {_BY_THEN}",
    OutageNews.REMINDER: f"{_TO_COME} AND {_BY_THEN}",
    OutageNews.STARTED: f"{_OUT} AND {_BY_THEN}",
    OutageNews.ESTIMATE: f"{_OUT} AND {_BY_THEN}",
}
_WHO_ELSE = {
    OutageNews.JOINED: f"{_TO_COME} AND {_HAS_JOINED}",
    OutageNews.CANCELLED: f"a.withdrawn_step = :step AND NOT {_STILL_IN_IT}",
    OutageNews.RESTORED: f"a.restored_step = :step AND NOT {_DARK}",
    OutageNews.RELEASED: f"{_LEFT} AND NOT {_DARK} AND NOT {_STILL_IN_IT} AND {_TOLD}",
}
_WHO = _WHO_IS_IN_IT | _WHO_ELSE
"""Which points of an outage hear of what, as they stand when the message is written.

A point is in an outage once at a time, but it may have left it several times.
"""

_ALL = "true"
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
"""
_UNLESS_THERE = " ON CONFLICT (dedupe_key) DO NOTHING"
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
    of_all = [(news, _ALL) for news in _WHO]
    of_some = [(news, told) for news in _OF_TOLD for told in (NEVER_TOLD, LAST_TOLD)]
    return {
        (news, told): _typed(
            _WRITE + _CONTACTS.format(who=_WHO[news], told=told, up_to=up_to) + _UNLESS_THERE
        )
        for news, told in (*of_all, *of_some)
    }


def _writing_most_at_once(who: str) -> TextClause:
    page = "AND a.node_id <= :last AND c.node_id > :after AND c.node_id <= :last"
    contacts = _WRITE + _CONTACTS.format(who=who, told=_ALL, up_to=page)
    alone, others = "AND NOT c.shares_contact", "AND c.shares_contact"
    return _typed(f"WITH alone AS ({contacts} {alone}) {contacts} {others} {_UNLESS_THERE}")


def _told(notice: OutageNotice) -> str:
    if notice.last_told is None:
        return _ALL
    return LAST_TOLD if notice.last_told else NEVER_TOLD


_WRITE_PAGE = _writing("AND a.node_id <= :last")
_WRITE_REST = _writing("AND c.node_id > :after")
_WRITE_MOST_AT_ONCE = {news: _writing_most_at_once(who) for news, who in _WHO_IS_IN_IT.items()}
SUPERSEDE_LEFT = _typed(_SUPERSEDE.format(left=_LEFT, still_in_it=_STILL_IN_IT))


def writing(notice: OutageNotice, *, is_last: bool) -> TextClause:
    """What writes a page of the messages of a notice; the last page has no end."""
    return (_WRITE_REST if is_last else _WRITE_PAGE)[notice.news, _told(notice)]


def writing_most_at_once(notice: OutageNotice) -> TextClause | None:
    """The same for a page with an end, as PostgreSQL writes it more quickly; None if it cannot.

    Messages of customers who share their contact with nobody are written without looking whether
    they are there, in the same statement and so by the same moment of the database as the others.
    One may be there all the same, if a customer has moved or a contact passed on since an earlier
    page; then nothing is written and the database says so.
    """
    return _WRITE_MOST_AT_ONCE.get(notice.news) if _told(notice) == _ALL else None
