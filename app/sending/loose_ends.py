"""Looks after messages whose story is not over, once the job that sent them has ended or died.

A claim that was never settled, a doubt, silence, a job that failed, a WeChat message that did not
get through: each is brought to a state that says what is known, and never by sending a text message
again of which nobody knows whether it went out.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from app.ports.jobs import Job
from app.sweeping import SweepReport
from engine.ticket import SYSTEM
from notifications.carriage import NO_RECEIPT, Settlement
from notifications.channels.base import Verdict, unknown
from notifications.delivery.attempts import may_repeat
from notifications.delivery.chunks import BROKEN
from notifications.delivery.fallback import URGENT_WAIT, fallback_of, may_fall_back
from notifications.message import MessageState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.clock import Clock
    from app.ports.jobs import FailedJob, JobEngine
    from app.ports.sending import SendingDatabase
    from app.sending.carriers import Carriers
    from app.sending.lost_jobs import LostJobs
    from notifications.channels.base import MessageChannel, Result
    from notifications.delivery.attempts import AttemptPolicy
    from notifications.message import Message

logger = logging.getLogger(__name__)

NAME = "loose_ends"
AT_A_TIME = 500
"""Messages looked at in one step of a round; the rest comes with the next."""
MOST_FAILURES = 5
"""A message whose jobs failed so often is given up, for a person to look at."""
ASKED_WITHIN = timedelta(minutes=30)
"""Who cannot be asked about a claim for so long leaves a doubt, which an operator sees."""
LONGEST_SILENCE = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseEnds:
    """One round over everything that is left to find out or to mend.

    Args:
        in_doubt_after: a claim of this age without an answer belongs to somebody who died.
        lost: takes messages back whose job is gone.
    """

    database: SendingDatabase
    jobs: JobEngine
    carriers: Carriers
    clock: Clock
    attempts: AttemptPolicy
    in_doubt_after: timedelta
    lost: LostJobs

    def sweep(self) -> SweepReport:
        """Everything once; `failed` counts providers that could not be asked."""
        report = SweepReport(name=NAME)
        self._mend_jobs(report)
        report.done += self.lost.take_back()
        self._ask_about_stale_claims(report)
        self._doubt_what_may_not_be_repeated(report)
        self._ask_about_doubts(report)
        self._end_silence(report)
        self._fall_back(report)
        self._resume_notices()
        return report

    # --- jobs that failed ---------------------------------------------------------------------

    def _mend_jobs(self, report: SweepReport) -> None:
        failed = self.jobs.failed(AT_A_TIME)
        for each in failed:
            if each.job is Job.SEND_CHUNK:
                report.done += self._free(each)
        self.jobs.forget([each.key for each in failed])

    def _free(self, failed: FailedJob) -> int:
        """Take the messages of a failed job back, each to go alone; give up what failed often."""
        at = self.clock()
        text = f"发送作业失败（{failed.problem}）"
        with self.database.writing() as work:
            messages = work.loose_ends.of_jobs([failed.key])
            hopeless = [each.id for each in messages if each.attempts + 1 >= MOST_FAILURES]
            work.queue.end(hopeless, MessageState.FAILED, at, BROKEN, text)
            for attempts in {each.attempts for each in messages}:
                again = [
                    each.id
                    for each in messages
                    if each.attempts == attempts and each.id not in hopeless
                ]
                until = at + self.attempts.wait(attempts + 1, has_alternative=False)
                work.loose_ends.broke(again, until, BROKEN, text)
            work.commit()
        return len(messages)

    # --- claims without an answer -------------------------------------------------------------

    def _ask_about_stale_claims(self, report: SweepReport) -> None:
        at = self.clock()
        earliest = min([self.in_doubt_after, *self._windows()])
        with self.database.reading() as work:
            claimed = work.loose_ends.stale_claims(at - earliest, AT_A_TIME)
        for message in claimed:
            adapter = self.carriers.find(message.channel, message.provider)
            age = at - (message.claimed_at or at)
            if age < self._patience_with(adapter):
                continue
            found = self._asked(message, adapter, report)
            if found:
                self._settle(message, found, report)
            elif found is not None or age >= self.in_doubt_after + ASKED_WITHIN:
                silence = unknown(message.id, "no_answer")
                window = None if adapter is None else adapter.capabilities.idempotent_for
                self._settle(message, silence, report, repeatable_for=window)

    def _windows(self) -> list[timedelta]:
        return [
            self._patience_with(adapter)
            for adapters in self.carriers.channels.values()
            for adapter in adapters
        ]

    def _patience_with(self, adapter: MessageChannel | None) -> timedelta:
        """How long a claim may be without an answer.

        Where the provider itself removes what comes twice within some time, one is sure earlier,
        as long as half of that time is left.
        """
        window = None if adapter is None else adapter.capabilities.idempotent_for
        return self.in_doubt_after if window is None else min(self.in_doubt_after, window / 2)

    def _doubt_what_may_not_be_repeated(self, report: SweepReport) -> None:
        """What was to be repeated while its provider would notice, and was not in time."""
        at = self.clock()
        with self.database.writing() as work:
            doubts = []
            for message in work.loose_ends.to_be_repeated(AT_A_TIME):
                adapter = self.carriers.find(message.channel, message.provider)
                window = None if adapter is None else adapter.capabilities.idempotent_for
                since = message.maybe_sent_at or at
                if not may_repeat(since, at, window):
                    doubts.append(self.attempts.doubt(message, at))
            report.done += work.queue.settle(doubts, at)
            work.commit()

    def _ask_about_doubts(self, report: SweepReport) -> None:
        at = self.clock()
        with self.database.reading() as work:
            doubts = work.loose_ends.doubts(at, AT_A_TIME)
        for message in doubts:
            adapter = self.carriers.find(message.channel, message.provider)
            found = self._asked(message, adapter, report)
            if found:
                self._settle(message, found, report)
            else:
                with self.database.writing() as work:
                    next_ask = self.attempts.next_ask(message, at, was_heard=found is not None)
                    work.loose_ends.ask_again(message.id, next_ask)
                    work.commit()

    def _asked(
        self, message: Message, adapter: MessageChannel | None, report: SweepReport
    ) -> Result | tuple[()] | None:
        """What the provider knows; empty if it knows nothing, None if it could not be asked."""
        if adapter is None or not adapter.capabilities.can_be_asked:
            return ()
        try:
            return adapter.find(message) or ()
        except Exception as fault:  # noqa: BLE001  (the next round asks again)
            kind = type(fault).__name__
            logger.error("channel %s could not be asked: %s", adapter.name, kind)  # noqa: TRY400
            report.failed += 1
            return None

    def _settle(
        self,
        message: Message,
        result: Result,
        report: SweepReport,
        *,
        repeatable_for: timedelta | None = None,
    ) -> None:
        """Write down what a provider knows, or that nobody knows anything."""
        at = self.clock()
        if result.verdict is not Verdict.UNKNOWN:  # of every attempt, if it was asked
            message = replace(message, maybe_sent_at=None)
        settlement = self.attempts.settlement(
            message, result, at, has_alternative=False, repeatable_for=repeatable_for
        )
        with self.database.writing() as work:
            report.done += work.queue.settle([settlement], at)
            work.commit()

    # --- silence ------------------------------------------------------------------------------

    def _end_silence(self, report: SweepReport) -> None:
        """Give up messages of which nothing was heard for days; a late receipt still counts."""
        at = self.clock()
        with self.database.reading() as work:
            silent = work.loose_ends.silent(
                at - LONGEST_SILENCE,
                at - self.attempts.give_up_after,
                self._reporting(),
                AT_A_TIME,
            )
        if not silent:
            return
        text = f"{self.attempts.give_up_after // timedelta(hours=1)} 小时内没有回执"
        ends = [
            Settlement(
                message_id=each.id,
                state=MessageState.FAILED,
                error_code=NO_RECEIPT,
                error_text=text,
            )
            for each in silent
        ]
        with self.database.writing() as work:
            report.done += work.queue.settle(ends, at)
            work.commit()

    def _reporting(self) -> list[str]:
        """The providers from which one hears of every message."""
        return self.carriers.reporting()

    # --- WeChat that did not get through --------------------------------------------------------

    def _fall_back(self, report: SweepReport) -> None:
        at = self.clock()
        with self.database.reading() as work:
            failed = work.loose_ends.undelivered(AT_A_TIME)
            silent = work.loose_ends.unconfirmed(
                at - self.attempts.give_up_after, at - URGENT_WAIT, self._reporting(), AT_A_TIME
            )
        report.done += self._instead(failed, at, in_doubt=False)
        report.done += self._instead(silent, at, in_doubt=True)

    def _instead(self, messages: Sequence[Message], at: datetime, *, in_doubt: bool) -> int:
        """Text messages in their place; none where newer words have been told meanwhile."""
        replaced = [each for each in messages if may_fall_back(each)]
        if not replaced:
            return 0
        with self.database.writing() as work:
            overtaken = work.queue.overtaken(replaced)
            current = [each for each in replaced if each.id not in overtaken]
            work.outbox.add([fallback_of(each, at, in_doubt=in_doubt) for each in current])
            for each in replaced:
                work.outbox.handled(each.id, SYSTEM.user_id, at)
            work.commit()
        return len(replaced)

    # --- notices ------------------------------------------------------------------------------

    def _resume_notices(self) -> None:
        """A notice whose job failed or was lost goes on; one whose job waits or runs is known."""
        with self.database.writing() as work:
            for notice_id in work.notices.unfinished():
                self.jobs.enqueue(work, Job.FAN_OUT, notice_id, (notice_id,))
            work.commit()
