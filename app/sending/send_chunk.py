"""The job that sends the messages of one chunk: claim and commit, call, settle as answers come in.

Nobody is called with a transaction open. A message that was claimed and never settled is in doubt,
and that is found out by `app.sending.loose_ends`, never by sending it again.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING
from uuid import uuid4

from app.sending.carriers import record
from app.sending.fail_points import Point, passing
from app.sending.handover import LOOK_AGAIN, NO_PROVIDER, end_all, ended_by_newer, hold_all
from app.sending.patience import patiently
from engine.errors import UnavailableError
from notifications.channels.base import ErrorClass, Verdict, unknown
from notifications.delivery.attempts import may_repeat
from notifications.delivery.permission import CAP_WINDOW, Rules
from notifications.delivery.providers import BLOCKING, block
from notifications.message import Channel, MessageState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from app.clock import Clock
    from app.ports.sending import SendingDatabase, SendingWork
    from app.sending.carriers import Carriers
    from notifications.carriage import Settlement
    from notifications.channels.base import MessageChannel, Result
    from notifications.delivery.attempts import AttemptPolicy
    from notifications.message import Message

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 500
"""Answers that are settled in one transaction."""
CLAIM_PATIENCE_S = 60.0
GATHERED_FOR_S = 0.05
"""After the first answer one waits so long for others to write down together with it."""
RENEWALS = 4
"""How often a claim is renewed within the time after which it is taken for a dead one's."""
SETTLE_PATIENCE_S = 600.0
"""Answers that are not written down are lost, so one waits long for the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkSender:
    """Sends chunks.

    Args:
        node: names this process in the claims.
        in_doubt_after: others take a claim of this age for that of a dead process, so it is renewed
            as long as answers are awaited.
    """

    database: SendingDatabase
    carriers: Carriers
    clock: Clock
    node: Callable[[], str]
    rules: Rules
    attempts: AttemptPolicy
    in_doubt_after: timedelta
    _claiming: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    """Claims keep the processor busy: side by side all would be late, in turn the first is not."""

    def send(self, key: str) -> None:
        """Send what is left of a chunk; harmless if it was sent, or is being sent, already."""
        passing(Point.JOB_BEGUN)
        by = f"{self.node()}/{uuid4().hex[:8]}"
        lease = self.in_doubt_after.total_seconds()
        messages, claimed_at = patiently(lambda: self._claim(key, by), limit_s=CLAIM_PATIENCE_S)
        passing(Point.CLAIMED)
        if not messages:
            return
        if _uptime() - claimed_at > lease / RENEWALS:
            # This machine stood still. Others may think that we are dead, and act on it.
            msg = "the claim is too old to be acted on"
            raise RuntimeError(msg)
        first = messages[0]
        adapter = self.carriers.find(first.channel, first.provider)
        if adapter is None:  # the claim looked, so somebody took it out of the settings meanwhile
            msg = f"provider {first.provider} is gone"
            raise RuntimeError(msg)
        by_id = {each.id: each for each in messages}
        for results in _as_they_come(adapter, messages, pause_s=lease / RENEWALS):
            if results:
                passing(Point.ANSWERED)
                self._settle_patiently(adapter, by_id, results)
                passing(Point.SETTLED)
            if _uptime() - claimed_at > lease / RENEWALS:
                self._renew(by)
                claimed_at = _uptime()

    def _renew(self, by: str) -> None:
        """Say that those of its messages that have no answer yet are still being sent."""
        try:
            with self.database.writing() as work:
                work.queue.renew(by, self.clock())
                work.commit()
        except UnavailableError:
            logger.warning("claims of %s could not be renewed", by)

    # --- claim --------------------------------------------------------------------------------

    def _claim(self, key: str, by: str) -> tuple[list[Message], float]:
        """What may be sent, and when that was made sure: at the instant that others read of it.

        Looked at afterwards, it would hide that this machine stood still, or waited, in between.
        """
        with self._claiming, self.database.writing() as work:
            at, made_at = self.clock(), _uptime()  # after waiting: what has expired is not sent
            found = work.queue.to_claim(key, by)
            # Those that this very call has claimed already: its commit got no answer.
            mine = [each for each in found if each.state is MessageState.SENDING]
            fresh = [each for each in found if each.state is MessageState.PENDING]
            granted = self._permitted(work, fresh, at)
            work.queue.claim([each.id for each in granted], at, by)
            work.commit()
        return mine + [_claimed(each, at, by) for each in granted], made_at - _oldest(mine, at)

    def _permitted(
        self, work: SendingWork, messages: Sequence[Message], at: datetime
    ) -> list[Message]:
        if not messages:
            return []
        first = messages[0]
        if not self._is_usable(work, first.channel, first.provider, at):
            ids = [each.id for each in messages]
            text = f"服务商 {first.provider} 已暂停或停用"
            work.queue.release(ids, at + LOOK_AGAIN, NO_PROVIDER, text)
            return []
        messages = self._worth_sending(work, messages, at)
        addresses = frozenset(each.address for each in messages)
        counted = frozenset(each.address for each in messages if self.rules.limits_of(each))
        permission = self.rules.permit(
            messages,
            at,
            suppressed=work.suppressions.of(addresses),
            recent=work.queue.claims_since(counted, at - CAP_WINDOW),
        )
        end_all(work, permission.ended, at)
        hold_all(work, permission.held)
        return permission.granted

    def _worth_sending(
        self, work: SendingWork, messages: Sequence[Message], at: datetime
    ) -> list[Message]:
        """Without those that newer words have replaced, and those that must not be repeated now."""
        replaced = ended_by_newer(work, messages)
        end_all(work, replaced, at)
        gone = {each.message_id for each in replaced}
        left = [each for each in messages if each.id not in gone]
        doubts = [each for each in left if self._is_doubtful(each, at)]
        work.queue.settle([self.attempts.doubt(each, at) for each in doubts], at)
        return [each for each in left if each not in doubts]

    def _is_doubtful(self, message: Message, at: datetime) -> bool:
        """Whether it may be out already, and its provider would not notice that it comes twice."""
        if message.maybe_sent_at is None:
            return False
        adapter = self.carriers.find(message.channel, message.provider)
        window = None if adapter is None else adapter.capabilities.idempotent_for
        is_worthless = message.expires_at is not None and message.expires_at <= at
        return is_worthless or not may_repeat(message.maybe_sent_at, at, window)

    def _is_usable(self, work: SendingWork, channel: Channel, name: str, at: datetime) -> bool:
        if self.carriers.find(channel, name) is None:
            return False
        # Whoever claims for a member must see what others have claimed for him just before.
        standings = work.providers.of_channel(channel, locked=channel is Channel.WECOM)
        return all(each.is_usable(at) for each in standings if each.name == name)

    # --- settle -------------------------------------------------------------------------------

    def _settle_patiently(
        self, adapter: MessageChannel, messages: Mapping[str, Message], results: Sequence[Result]
    ) -> None:
        patiently(
            lambda: self._settle(adapter, messages, results),
            limit_s=SETTLE_PATIENCE_S,
        )

    def _settle(
        self, adapter: MessageChannel, messages: Mapping[str, Message], results: Sequence[Result]
    ) -> None:
        at = self.clock()
        channel = messages[results[0].message_id].channel
        with self.database.writing() as work:
            self._judge(work, channel, adapter.name, results, at)
            others = [
                each.name
                for each in self.carriers.standings(work, channel)
                if each.name != adapter.name and each.is_usable(at)
            ]
            work.queue.settle(
                [
                    self._settlement(adapter, messages[each.message_id], each, at, others)
                    for each in results
                ],
                at,
            )
            work.commit()

    def _settlement(
        self,
        adapter: MessageChannel,
        message: Message,
        result: Result,
        at: datetime,
        others: Sequence[str],
    ) -> Settlement:
        """What an answer means; `others` are the providers that could be tried at once."""
        is_alternative = result.verdict is Verdict.RETRY and any(
            self.carriers.would_take(name, message) for name in others
        )
        return self.attempts.settlement(
            message,
            result,
            at,
            has_alternative=is_alternative,
            repeatable_for=adapter.capabilities.idempotent_for,
        )

    def _judge(
        self,
        work: SendingWork,
        channel: Channel,
        name: str,
        results: Sequence[Result],
        at: datetime,
    ) -> None:
        """Count what speaks for and against the provider; leave alone one that refuses us."""
        blocking = next((each for each in results if each.error_class in BLOCKING), None)
        if blocking is not None:
            standings = self.carriers.standings(work, channel, locked=True)
            standing = next(each for each in standings if each.name == name)
            if standing.is_usable(at):
                reason = " ".join(filter(None, (blocking.code, blocking.text)))
                logger.error("provider %s refuses us: %s", name, blocking.code)
                kind = blocking.error_class or ErrorClass.ACCOUNT
                record(work, standing, block(standing, at, reason, kind), at)
        if self.carriers.has_several(channel):
            faults = [
                each
                for each in results
                if each.error_class is not None and each.error_class.speaks_against_provider
            ]
            accepted = [each for each in results if each.verdict is Verdict.ACCEPTED]
            work.providers.count(channel, name, at, accepted=len(accepted), faults=len(faults))


def _oldest(claimed: Sequence[Message], at: datetime) -> float:
    """Seconds since the first of the messages was claimed; 0 if there is none."""
    ages = ((at - each.claimed_at).total_seconds() for each in claimed if each.claimed_at)
    return max(ages, default=0.0)


def _claimed(message: Message, at: datetime, by: str) -> Message:
    """The message as it is claimed, but for `maybe_sent_at`: that tells of earlier attempts."""
    return replace(
        message,
        state=MessageState.SENDING,
        claimed_at=at,
        claimed_by=by,
        attempts=message.attempts + 1,
    )


def _as_they_come(
    adapter: MessageChannel, messages: Sequence[Message], *, pause_s: float
) -> Iterator[tuple[Result, ...]]:
    """The results in groups: what came while the group before was written down, or soon after.

    A thread of its own takes them from the channel, so that writing never keeps an answer waiting.
    A group is empty if none came for `pause_s` seconds.
    """
    arrived: SimpleQueue[Result | None] = SimpleQueue()
    all_came = threading.Event()
    taking = (adapter, messages, arrived, all_came)
    thread = threading.Thread(target=_take, args=taking, daemon=True)
    thread.start()
    ended = False
    while not ended:
        group: list[Result | None] = []
        with suppress(Empty):
            group.append(arrived.get(timeout=pause_s))
            all_came.wait(GATHERED_FOR_S)  # asleep: to be woken by each answer costs too much
            while group[-1] is not None and len(group) < MOST_AT_ONCE:
                group.append(arrived.get_nowait())
        ended = bool(group) and group[-1] is None
        yield tuple(each for each in group if each is not None)
    thread.join()


def _uptime() -> float:
    """Seconds that also pass while this process, or the whole machine, stands still."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _take(
    adapter: MessageChannel,
    messages: Sequence[Message],
    arrived: SimpleQueue[Result | None],
    all_came: threading.Event,
) -> None:
    unanswered = {each.id for each in messages}
    try:
        for result in adapter.submit(messages):
            if result.message_id in unanswered:
                unanswered.discard(result.message_id)
                arrived.put(result)
    except Exception as fault:  # noqa: BLE001  (a channel promises never to raise; if it does ...)
        # ... nobody knows what was sent. Its words are not logged, they may name people.
        logger.error("channel %s raised %s", adapter.name, type(fault).__name__)  # noqa: TRY400
    for message_id in sorted(unanswered):
        arrived.put(unknown(message_id, "no_answer"))
    arrived.put(None)
    all_came.set()
