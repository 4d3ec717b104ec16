"""Who was told which time of an outage, as the statements that write its messages ask it.

A customer reads a change as a change of what he was told, so each change is written once for those
whom each earlier notice was the last to reach, and once for those whom none has reached. These
parts are written one after the other while messages move on. Whoever is just being sent something
counts as told where a part is for those who were, and as not told where it is for the others, so
that he is in one of them whatever comes of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.outage import TELLING_OFF, OutageNews
from notifications.message import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterable

_CERTAINLY = (MessageState.IN_DOUBT, MessageState.ACCEPTED, MessageState.DELIVERED)
"""States of a message that reached somebody, as far as one will ever know."""


def _reached(*states: MessageState) -> str:
    """Whether the message `m` reached its recipient; a telephone call did so too."""
    named = ", ".join(f"'{state}'" for state in states)
    return f"(m.state IN ({named}) OR (m.handled_at IS NOT NULL AND m.handled_by <> 'system'))"


def _told_by(notice_id: str, reached: str) -> str:
    """Whether a notice reached the customer `c`, perhaps by text message in place of another."""
    key = f"{notice_id} || '-' || c.contact_id"
    return (
        f"EXISTS (SELECT 1 FROM messages AS m"  # noqa: S608  (constants)
        f" WHERE m.dedupe_key IN ({key}, {key} || '\\:sms') AND {reached})"
    )


def _among(news: Iterable[OutageNews]) -> str:
    return "(" + ", ".join(f"'{each}'" for each in sorted(news)) + ")"


_OFF = _among(TELLING_OFF)
_ON = _among({OutageNews.ANNOUNCED, OutageNews.CHANGED, OutageNews.JOINED, OutageNews.STARTED})
_OF_TIME = _among({OutageNews.ANNOUNCED, OutageNews.CHANGED, OutageNews.JOINED} | TELLING_OFF)
_EARLIER = f"""
SELECT 1 FROM outage_notices AS n WHERE n.ticket_no = :ticket_no AND n.step < :step
AND n.news IN {_OF_TIME}"""  # noqa: S608  (constants)
_BY_IT = _told_by("CAST(:last_told AS VARCHAR)", _reached(MessageState.SENDING, *_CERTAINLY))
_BY_ONE = _told_by("n.notice_id", _reached(*_CERTAINLY))

NEVER_TOLD = f"NOT EXISTS ({_EARLIER} AND {_BY_ONE})"
"""Whether no notice of an outage before its `:step` has reached the customer `c`."""
LAST_TOLD = f"""({_BY_IT} AND NOT EXISTS ({_EARLIER}
AND (n.step > :told_step OR (n.step = :told_step AND :told_off AND n.news NOT IN {_OFF}))
AND {_BY_ONE}))"""
"""Whether the notice `:last_told` was the last one to reach the customer `c`.

It was of the step `:told_step`; `:told_off` says that it told that nothing comes of the outage,
which counts less than what is told of the rest of it at the same step.
"""
TOLD_SINCE_KNOWN = f"""EXISTS (
  SELECT 1 FROM outage_notices AS n
  CROSS JOIN messages AS m
  WHERE n.ticket_no = :ticket_no AND n.notice_id <> :notice_id AND n.news IN {_ON}
  AND n.created_at >= c.known_at AND m.id = n.notice_id || '-' || c.contact_id)"""  # noqa: S608  (constants)
"""Whether the customer `c` was told of an outage after the instant since when he is known.

He was brought in by an import that began before the notice and was committed before his page.
"""
REACHING = f"""
SELECT n.* FROM outage_notices AS n WHERE n.ticket_no = :ticket_no
AND n.news IN {_OF_TIME}
AND EXISTS (SELECT 1 FROM messages AS m
  WHERE m.notice_id = n.notice_id AND {_reached(MessageState.SENDING, *_CERTAINLY)})
ORDER BY n.step DESC, n.notice_id
"""  # noqa: S608  (constants)
"""The notices of an outage's time that reached somebody, or may have, the newest first."""
