"""The sweep that mails the daily list of what is overdue (R-6.1): once a working day, from opening.

Heads of sections and branches get their branch's list, the marketing department that of the whole
company; whoever has an e-mail address wants it. A day without anything overdue has no mail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.reading.worklist import WorklistFilter
from app.sweeping import SweepReport
from engine.calendar import SHANGHAI, local_date
from engine.ticket import SYSTEM, Role
from notifications.message import Channel
from notifications.summaries import OverdueTicket, Reader, summary_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from app.ports.queries import QueryUnit
    from app.ports.work import Work
    from app.reading.queries import QueryService
    from app.reading.worklist import WorklistRow
    from app.trip.desk import Desk
    from app.trip.message_texts import MessageTexts
    from engine.calendar import OfficeHours
    from notifications.message import Message
    from notifications.quiet_hours import QuietHours

NAME = "summaries"
MARK = "overdue_summary_of"
"""The day for which the lists are done."""
READERS = (Role.SECTION_HEAD, Role.BRANCH_HEAD, Role.MARKETING)
COMPANY = "全公司"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summaries:
    """Mails the lists. `channels` are those that somebody carries."""

    desk: Desk
    queries: QueryService
    hours: OfficeHours
    quiet: QuietHours
    channels: frozenset[Channel]
    texts: MessageTexts

    def sweep(self) -> SweepReport:
        """Write today's mails, if it is time and they are not written yet."""
        report = SweepReport(name=NAME)
        at = self.desk.clock()
        with self.queries.database.reading() as work:
            if not self._is_time(work, at):
                return report
            readers = tuple(self._readers(work))
        lists = {branch: self._overdue(branch) for branch, _ in readers}
        with self.desk.database.writing() as work:
            mails = [
                self._mail(work, reader, lists[branch], at)
                for branch, reader in readers
                if lists[branch]
            ]
            report.done = work.outbox.add(mails)
            work.marks.set(MARK, f"{local_date(at)}")
            work.commit()
        return report

    def _is_time(self, work: QueryUnit, at: datetime) -> bool:
        today = local_date(at)
        return (
            Channel.EMAIL in self.channels
            and at.astimezone(SHANGHAI).time() >= self.hours.opens
            and self.desk.calendars.current(work).is_working_day(today)
            and work.marks.find(MARK) != f"{today}"
        )

    def _readers(self, work: QueryUnit) -> Iterator[tuple[str, Reader]]:
        """Who wants which branch's list; an empty branch is the whole company."""
        names = {each.id: each.name for each in work.grid.branches()}
        for user in work.accounts.users():
            if user.active and user.email and not user.roles.isdisjoint(READERS):
                scope = names.get(user.branch, COMPANY)
                yield user.branch, Reader(user_id=user.id, email=user.email, scope=scope)

    def _overdue(self, branch: str) -> tuple[OverdueTicket, ...]:
        """What is overdue, the longest first, as the worklist shows it."""
        wanted = WorklistFilter(branch=branch, overdue=True)
        page = self.queries.worklist(wanted, actor=SYSTEM)
        rows = list(page.rows)
        while page.after is not None:
            page = self.queries.worklist(replace(wanted, after=page.after), actor=SYSTEM)
            rows += page.rows
        return tuple(_line(each) for each in rows)

    def _mail(
        self, work: Work, reader: Reader, tickets: tuple[OverdueTicket, ...], at: datetime
    ) -> Message:
        return summary_for(
            reader,
            tickets,
            day=local_date(at),
            at=at,
            quiet=self.quiet,
            renderer=self.texts.of(work, work.message_templates.stamp()),
        )


def _line(row: WorklistRow) -> OverdueTicket:
    return OverdueTicket(
        ticket_no=row.ticket_no,
        what=row.definition_name,
        stage=row.stage_name,
        late=row.urgent.remaining_text,
        managers="/".join(row.managers),
    )
