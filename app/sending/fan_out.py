"""The job that writes the messages of a notice, page by page, and hands each page over.

Each page is a transaction of its own: its messages, the jobs that send them, and the place where
the next one goes on. Whoever dies is followed by somebody who goes on there, so millions of
messages never sit in one transaction, and none is written twice. Nor need anybody wait until a
page lies on disk: if it is lost, so is its place, and every claim that was built on it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.sending.fail_points import Point, passing
from app.sending.patience import patiently

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.clock import Clock
    from app.ports.jobs import FanOut
    from app.ports.sending import SendingDatabase
    from app.sending.handover import Handover
    from notifications.message import MessageKind

logger = logging.getLogger(__name__)

PAGE = 5000
"""Messages of one transaction."""
PATIENCE_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOutRunner:
    """Writes notices.

    Args:
        fan_outs: who knows whom a notice of that kind is for.
        page_size: messages written in one transaction.
    """

    database: SendingDatabase
    clock: Clock
    handover: Handover
    fan_outs: Mapping[MessageKind, FanOut]
    page_size: int = PAGE

    def run(self, notice_id: str) -> None:
        """Write what is left of a notice; nothing if it is written, or superseded."""
        while patiently(lambda: self._page(notice_id), limit_s=PATIENCE_S):
            passing(Point.PAGE_WRITTEN)

    def _page(self, notice_id: str) -> bool:
        """Write one page; whether there are more."""
        at = self.clock()
        with self.database.writing(lasting=False) as work:
            notice = work.notices.take(notice_id)
            if notice is None:
                return False
            after = self.fan_outs[notice.kind].page(work, notice, self.page_size)
            work.notices.advance(notice_id, after, at)
            self.handover.page(work, at, self.page_size, notice_id=notice_id)
            work.commit()
        return bool(after)
