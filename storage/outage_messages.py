"""Notices of outages, and the messages that they become: page by page, by INSERT ... SELECT (N4).

    add(notice) -> None
    find(notice_id) -> OutageNotice | None
    last_estimate(ticket_no) -> OutageNotice | None
    reaching(ticket_no) -> list[OutageNotice]
    write_page(notice, shared, *, limit, by_wechat, not_before) -> str
    supersede_left(ticket_no, topic, step) -> int
    heard_since(ticket_no, contact, since) -> set[OutageNews]
    contacts(ticket_no, name) -> list[Contact]

What writes the messages stands in `storage.outage_writing`.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import String, bindparam, select, text, tuple_
from sqlalchemy.exc import IntegrityError

from engine.application import Contact
from engine.outage import TELLING_OFF, OutageNews, OutageNotice
from storage.outage_told import REACHING
from storage.outage_writing import SUPERSEDE_LEFT, writing, writing_most_at_once
from storage.planner import LOOPS, SCANS, SORTS, without
from storage.tables.messages import MESSAGES
from storage.tables.outages import OUTAGE_AFFECTED, OUTAGE_NOTICES
from storage.tables.topology import CUSTOMERS
from storage.upserts import POSTGRESQL, insert_or_skip

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
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

    def write_page(
        self,
        notice: OutageNotice,
        shared: SharedNotice,
        *,
        limit: int,
        by_wechat: bool,
        not_before: datetime,
    ) -> str:
        """Write the next messages of a notice.

        Where to go on is to be kept in the same transaction, so that no page is written twice.

        Args:
            notice: whom it is for.
            shared: its words, and the service point after which to go on; none at first.
            limit: how many service points; there may be more customers behind one.
            by_wechat: whether WeChat is set up.
            not_before: from when the messages may be sent.

        Returns:
            Where to go on; empty at the end.
        """
        after = shared.fan_out_after
        who: dict[str, object] = {
            "ticket_no": notice.ticket_no,
            "everybody": notice.everybody,
            "step": notice.step,
            "known_since": notice.known_since,
            "by_wechat": by_wechat,
            "after": after,
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
        parameters = {**who, **self._whom_it_was_told(notice), **what}
        # PostgreSQL takes the page for one point: it would look for the customers of each by
        # itself, and sort what its index has sorted already.
        with without(self._connection, LOOPS, SORTS, SCANS):
            last = self._last_of_page(notice.ticket_no, after, limit)
            parameters["last"] = last
            is_written = last is not None and self._wrote_most_at_once(notice, parameters)
        if not is_written:
            self._connection.execute(writing(notice, is_last=last is None), parameters)
        return last or ""

    def _wrote_most_at_once(self, notice: OutageNotice, parameters: dict[str, object]) -> bool:
        """Write a full page in the quicker way of PostgreSQL, if that is possible."""
        statement = writing_most_at_once(notice)
        if self._connection.dialect.name != POSTGRESQL or statement is None:
            return False
        try:
            with self._connection.begin_nested():
                self._connection.execute(statement, parameters)
        except IntegrityError:
            return False
        return True

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
        found = self._connection.execute(_LAST_OF_PAGE, place).first()
        return found.node_id if found and found.ticket_no == ticket_no else None

    def supersede_left(self, ticket_no: str, topic: str, step: int) -> int:
        """End what is pending for those who left the outage at that step; returns how many.

        Somebody with another meter that is still in it goes on being told.
        """
        parameters = {"ticket_no": ticket_no, "topic": topic, "step": step}
        with without(self._connection, LOOPS):
            return self._connection.execute(SUPERSEDE_LEFT, parameters).rowcount

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
