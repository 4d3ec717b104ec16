"""Which messages newer words have replaced, whatever has become of either since.

    overtake(connection, at) -> int                    ends the pending ones that it can tell of
    overtaken(connection, messages) -> frozenset[str]  which of these are not to be sent

When something newer is told, what is pending ends at once (`Outbox.supersede`). A message that was
with a provider at that moment may come back to be tried again, or by text message, so whoever is
about to send asks here once more.

- Of a shared notice: that notice, or a newer one of its topic, was superseded. Or the notice tells
  of an outage that is over for its recipient, who has supply again at every one of his meters.
- Any other message: there is a newer one of its topic for the same person that reached him, or may.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, func, or_, select, text, update

from notifications.message import Audience, MessageKind, MessageState, notice_of
from storage.among import among
from storage.message_rows import IS_PENDING, NOTHING
from storage.tables.messages import MESSAGES, NOTICES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.engine import Connection

    from notifications.message import Message

_M, _N = MESSAGES.c, NOTICES.c
_NEWER = MESSAGES.alias("newer")
_REACHING = [
    state.value
    for state in (
        MessageState.PENDING,
        MessageState.SENDING,
        MessageState.IN_DOUBT,
        MessageState.ACCEPTED,
        MessageState.DELIVERED,
    )
]
"""States of a message that reached somebody, or may."""
_HAS_NEWER = and_(
    _M.topic != NOTHING,
    _M.notice_id.is_(None),
    _M.kind != MessageKind.OUTAGE.value,  # told by a notice, also where it lost its words
    select(_NEWER.c.id)
    .where(
        _NEWER.c.ticket_no == _M.ticket_no,  # which has an index, whatever became of the message
        _NEWER.c.created_at > _M.created_at,
        _NEWER.c.topic == _M.topic,
        _NEWER.c.state.in_(_REACHING),
        or_(
            _NEWER.c.address == _M.address,
            and_(_NEWER.c.fallback_address != NOTHING, _NEWER.c.fallback_address == _M.address),
            and_(_M.fallback_address != NOTHING, _NEWER.c.address == _M.fallback_address),
        ),
    )
    .exists(),
)
_IS_OF_SUPERSEDED = (
    select(_N.id)
    .where(_N.topic == _M.topic, _N.created_at >= _M.created_at, _N.superseded_at.is_not(None))
    .exists()
)
_OVERTAKE = (
    update(MESSAGES)
    .where(
        IS_PENDING,
        _M.topic != NOTHING,
        or_(
            _HAS_NEWER,
            # What was never tried ended when its notice was superseded.
            and_(_M.attempts > 0, _IS_OF_SUPERSEDED),
        ),
    )
    .values(state=MessageState.SUPERSEDED.value, job=NOTHING, settled_at=bindparam("at"))
)
_WITH_NEWER = select(_M.id).where(among(_M.id, "ids"), _HAS_NEWER)
_SUPERSEDED = (
    select(_N.topic, func.max(_N.created_at).label("newest"))
    .where(among(_N.topic, "topics"), _N.superseded_at.is_not(None))
    .group_by(_N.topic)
)
# Only where supply was restored in part: the end of the whole supersedes every notice.
_RESTORED_IN_PART = text("""
SELECT n.ticket_no FROM outage_notices AS n
WHERE n.notice_id = :notice_id AND n.news NOT IN ('restored', 'cancelled', 'released')
AND (EXISTS (SELECT 1 FROM outage_restorations AS r WHERE r.ticket_no = n.ticket_no)
  OR EXISTS (SELECT 1 FROM outage_notices AS x
    WHERE x.ticket_no = n.ticket_no AND x.news = 'released'))
""")
_HAS_SUPPLY_AGAIN = text("""
SELECT c.contact_id FROM customers AS c CROSS JOIN outage_affected AS a
WHERE c.contact_id IN :contacts AND a.ticket_no = :ticket_no AND a.node_id = c.node_id
AND a.withdrawn_at IS NULL
GROUP BY c.contact_id HAVING count(*) = count(a.restored_at)
""").bindparams(bindparam("contacts", expanding=True))


def overtake(connection: Connection, at: datetime) -> int:
    """End the pending messages that newer words have replaced; returns how many."""
    return connection.execute(_OVERTAKE, {"at": at}).rowcount


def overtaken(connection: Connection, messages: Sequence[Message]) -> frozenset[str]:
    """The ids of those of the messages that are not worth sending any more."""
    shared = [each for each in messages if each.topic and _is_shared(each)]
    others = [each.id for each in messages if each.topic and not _is_shared(each)]
    found: set[str] = set()
    if others:
        found.update(connection.execute(_WITH_NEWER, {"ids": others}).scalars())
    if shared:
        found.update(_of_superseded(connection, shared))
        found.update(_over_for_them(connection, shared))
    return frozenset(found)


def _is_shared(message: Message) -> bool:
    return message.notice_id is not None or message.kind is MessageKind.OUTAGE


def _of_superseded(connection: Connection, messages: Sequence[Message]) -> Iterator[str]:
    topics = sorted({each.topic for each in messages})
    rows = connection.execute(_SUPERSEDED, {"topics": topics})
    newest: dict[str, datetime] = {row.topic: row.newest for row in rows}
    for each in messages:
        if each.topic in newest and each.created_at <= newest[each.topic]:
            yield each.id


def _over_for_them(connection: Connection, messages: Sequence[Message]) -> Iterator[str]:
    """Those whose recipient has supply again although the outage goes on for others."""
    waiting: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in messages:
        notice_id, contact = notice_of(each)
        if each.audience is Audience.CUSTOMER and contact.isdecimal():
            waiting[notice_id][int(contact)].append(each.id)
    for notice_id, by_contact in waiting.items():
        ticket_no = connection.execute(_RESTORED_IN_PART, {"notice_id": notice_id}).scalar()
        if ticket_no is None:
            continue
        parameters = {"ticket_no": ticket_no, "contacts": sorted(by_contact)}
        for contact in connection.execute(_HAS_SUPPLY_AGAIN, parameters).scalars():
            yield from by_contact[contact]
