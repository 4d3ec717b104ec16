"""Tells what has happened to an outage: one notice for all, and a word about important users.

The words are stored once. Whom they are for is found out when they are sent, by `fan_out`, so who
has got supply again by switching until then is not told that it is out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ports.jobs import Job
from engine.outage import OUTAGE_KINDS, OutageNews, OutageNotice
from engine.ticket import Role
from notifications.context import Notice, address, staff_member
from notifications.outages import News, as_told, overtaken_topics, shared_notice, window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.ports.jobs import Jobs
    from app.ports.work import Work
    from app.trip.case import Case
    from app.trip.telling import Telling
    from engine.outage import Outage

WITH_ESTIMATE = frozenset({OutageNews.ANNOUNCED, OutageNews.STARTED, OutageNews.ESTIMATE})
"""News with which people are told when supply is expected back."""
MOST_NAMED = 5
"""So many important users are named in one message."""
MOST_IMPORTANT = 500
"""So many of an outage are told of at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageTelling:
    """Writes notices of outages and has them fanned out."""

    telling: Telling
    jobs: Jobs

    def tell_anew(self, work: Work, case: Case, news: News) -> None:
        """Tell that another time is planned than was told, or none: to each what that was to him.

        Who was told of several times reads the last; who was told of none, because no message has
        reached him or the outage concerns him for the first time, reads a plain announcement, or
        nothing where nothing comes of the outage.
        """
        outage = news.outage
        # Afterwards nothing that waits can reach anybody any more without being seen here.
        self._supersede(work, news, case.act.at)
        for number, told in enumerate(work.outage_messages.reaching(outage.ticket_no), start=1):
            heard = as_told(news, told)
            if heard is not None:
                occasion = f"{outage.step}-{number}"
                self._give_out(work, case, heard, occasion, last_told=told.notice_id)
        plain = as_told(news, None)
        if plain is not None:
            self._give_out(work, case, plain, last_told="")

    def tell(self, work: Work, case: Case, news: News, *, occasion: str = "") -> bool:
        """Tell everybody whom the news concerns; False if this was told before.

        `occasion` tells this telling from others of its kind; the outage's step unless given.
        What is still waiting and says less than this is not sent any more, also where this itself
        lies back too far to be told.
        """
        at = case.act.at
        is_stale = news.is_stale(at)
        is_told = not is_stale and self._give_out(work, case, news, occasion)
        if is_stale or is_told:
            self._supersede(work, news, at)
        return is_told

    def _give_out(
        self,
        work: Work,
        case: Case,
        news: News,
        occasion: str = "",
        *,
        last_told: str | None = None,
    ) -> bool:
        """Have a notice fanned out, once; `last_told` says to whom, see `OutageNotice`."""
        outage, at = news.outage, case.act.at
        notice_id = f"outage-{outage.ticket_no}-{occasion or outage.step}-{news.kind}"
        notice = OutageNotice(
            notice_id=notice_id,
            ticket_no=outage.ticket_no,
            news=news.kind,
            step=outage.step,
            everybody=news.is_by_law,
            created_at=at,
            estimated_at=outage.estimated_at if news.kind in WITH_ESTIMATE else None,
            planned_from=outage.planned_from,
            planned_until=outage.planned_until,
            last_told=last_told,
            known_since=news.known_since,
        )
        if not work.outage_messages.add(notice):
            return False
        context = self.telling.context(work, case, case.definition)
        work.notices.add(shared_notice(news, notice_id, context))
        self.jobs.enqueue(work, Job.FAN_OUT, notice_id, (notice_id,))
        return True

    def tell_staff(self, work: Work, case: Case, outage: Outage, *, since_step: int = 0) -> int:
        """Tell those who look after important users which of them are concerned (R-7.2).

        With `since_step` only of those who are so since that step. Returns how many there are.
        """
        users = work.affected.important(outage.ticket_no, MOST_IMPORTANT, since_step=since_step)
        if not users:
            return 0
        context = self.telling.context(work, case, case.definition)
        named: dict[str, list[str]] = defaultdict(list)
        for each in users:
            for user_id in self._looking_after(work, outage.branch, each.node_id):
                named[user_id].append(each.customer_name or each.node_name)
        messages = [
            address(
                _staff_notice(outage, names),
                staff_member(user_id, context),
                outage.ticket_no,
                context,
            )
            for user_id, names in sorted(named.items())
        ]
        work.outbox.add(messages)
        return len(users)

    def _supersede(self, work: Work, news: News, at: datetime) -> None:
        """End what is waiting and says less, for those whom the news is for."""
        outage = news.outage
        for topic in overtaken_topics(outage.ticket_no, news.kind):
            if news.part:
                work.outage_messages.supersede_left(outage.ticket_no, topic, outage.step)
            else:
                work.outbox.supersede(topic, at)

    def _looking_after(self, work: Work, branch: str, node_id: str) -> Sequence[str]:
        """The account manager of the grid, else the section heads of the branch."""
        pair = work.grid.managers_for(node_id, branch)
        if pair is not None:
            return (pair.account_manager,)
        return tuple(each.id for each in work.accounts.with_role(Role.SECTION_HEAD, branch))


def _staff_notice(outage: Outage, names: Sequence[str]) -> Notice:
    users = "、".join(names[:MOST_NAMED])
    params: Mapping[str, str] = {
        "kind": OUTAGE_KINDS[outage.kind],
        "line": outage.line,
        "time": window(outage.begins_at, outage.planned_until),
        "users": users if len(names) <= MOST_NAMED else f"{users}等",
        "count": str(len(names)),
    }
    return Notice(
        template="outage_important_users",
        occasion=str(outage.step),
        params=params,
        urgent=outage.planned_from is None,
    )
