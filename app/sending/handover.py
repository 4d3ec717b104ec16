"""Gives waiting messages to jobs: chooses who carries them, cuts them into chunks, enqueues.

One transaction marks the messages and enqueues the job that sends them, so neither is ever there
without the other. What cannot be sent at all ends here, with the reason that an operator reads.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid5

from app.ports.jobs import Job
from app.sending.takers import Takers
from notifications.delivery.chunks import CHUNKS, chunks
from notifications.delivery.fallback import cannot_wait
from notifications.delivery.permission import Ended, Held, Rules, unreachable
from notifications.delivery.providers import choose, usable_again
from notifications.message import MessageState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from app.ports.jobs import Jobs
    from app.ports.sending import SendingWork
    from app.sending.carriers import Carriers
    from app.trip.message_texts import MessageTexts
    from notifications.carriage import ProviderStanding
    from notifications.delivery.chunks import Chunk
    from notifications.message import Message
    from notifications.renderer import Renderer

    Key = TypeVar("Key")

LOOK_AGAIN = timedelta(minutes=1)
"""After this long one looks whether a provider may be used again."""
CHANNEL_OFF, NO_PROVIDER = "channel_off", "no_provider"
WAITING_CODES = frozenset({CHANNEL_OFF, NO_PROVIDER})
"""Why messages wait that could go as soon as a provider is usable."""
BAD_ADDRESS = "bad_address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Gives messages to jobs, a page at a time, in the caller's transaction."""

    carriers: Carriers
    jobs: Jobs
    rules: Rules
    texts: MessageTexts

    def page(
        self, work: SendingWork, at: datetime, limit: int, *, notice_id: str = ""
    ) -> tuple[int, int]:
        """Look at the first messages that are due, of one notice or of all.

        Returns how many were looked at, fewer than `limit` if there are no more, and how many of
        them were given to jobs.
        """
        messages = work.queue.waiting(at, limit, notice_id=notice_id)
        known = {
            channel: self.carriers.standings(work, channel)
            for channel in sorted({message.channel for message in messages})
        }
        takers = Takers(channels=self.carriers.channels)

        def standings_of(message: Message) -> list[ProviderStanding]:
            willing = takers.of(message).willing
            return [each for each in known[message.channel] if each.name in willing]

        def provider_of(message: Message) -> str:
            if message.maybe_sent_at is not None:  # nobody else would notice that it comes twice
                usable = (each.name for each in known[message.channel] if each.is_usable(at))
                return message.provider if message.provider in usable else ""
            avoided = message.provider if message.attempts else ""
            lot = uuid5(CHUNKS, message.id)
            chosen = choose(standings_of(message), lot, at, avoid=avoided)
            return chosen.name if chosen is not None else ""

        wanted = self._wanted(work, self._sendable(work, messages, at), takers, at)
        cut = chunks(
            wanted,
            at,
            takers_of=lambda message: takers.of(message).willing,
            provider_of=provider_of,
            size_of=self.carriers.size,
        )
        handed_over = sum(
            self._enqueue(work, chunk, standings_of(chunk.messages[0]), at) for chunk in cut
        )
        return len(messages), handed_over

    def _sendable(
        self, work: SendingWork, messages: Sequence[Message], at: datetime
    ) -> list[Message]:
        """What may go now; the rest is ended, or held until morning."""
        found: list[Message] = []
        ended = ended_by_newer(work, messages)
        held: list[Held] = []
        overtaken = {each.message_id for each in ended}
        for message in messages:
            if message.id in overtaken:
                continue
            problem = unreachable(message)
            night = self.rules.held_by_night(message, at)
            if problem:
                ended.append(
                    Ended(
                        message_id=message.id,
                        state=MessageState.UNREACHABLE,
                        code=BAD_ADDRESS,
                        text=problem,
                    )
                )
            elif night is not None:
                held.append(night)
            else:
                found.append(message)
        end_all(work, ended, at)
        hold_all(work, held)
        return found

    def _wanted(
        self, work: SendingWork, messages: Sequence[Message], takers: Takers, at: datetime
    ) -> list[Message]:
        """What some provider would take; the rest is ended."""
        renderer = self.texts.of(work, work.message_templates.stamp())
        judged = [(each, _fault(each, takers, renderer)) for each in messages]
        end_all(work, [fault for _, fault in judged if fault is not None], at)
        return [message for message, fault in judged if fault is None]

    def _enqueue(
        self, work: SendingWork, chunk: Chunk, standings: Sequence[ProviderStanding], at: datetime
    ) -> int:
        """Give a chunk to a job; returns how many messages went into it."""
        if not chunk.provider:
            _keep_waiting(work, chunk.messages, standings, at)
            return 0
        ids = [message.id for message in chunk.messages]
        work.queue.hand_over(ids, chunk.key, chunk.provider)
        self.jobs.enqueue(
            work,
            Job.SEND_CHUNK,
            chunk.key,
            (chunk.key,),
            lane=chunk.provider,
            urgent=chunk.urgent,
        )
        return len(ids)


def _fault(message: Message, takers: Takers, renderer: Renderer) -> Ended | None:
    """Why the message is never sent."""
    if message.template_key not in renderer.templates:
        code, text = "unknown_template", f"没有“{message.template_key}”这个消息模板"
    elif (answers := takers.of(message)).is_refused:
        code, text = answers.code, answers.text
    else:
        return None
    return Ended(message_id=message.id, state=MessageState.FAILED, code=code, text=text)


def _keep_waiting(
    work: SendingWork,
    messages: Sequence[Message],
    standings: Sequence[ProviderStanding],
    at: datetime,
) -> None:
    """Look again in a while; but what a text message can take the place of does not wait long."""
    code, text = _why_nobody(standings)
    until = usable_again(standings)
    failed = [each.id for each in messages if cannot_wait(each, until, at)]
    waiting = [each.id for each in messages if not cannot_wait(each, until, at)]
    work.queue.end(failed, MessageState.FAILED, at, code, text)
    work.queue.release(waiting, at + LOOK_AGAIN, code, text)


def _why_nobody(standings: Sequence[ProviderStanding]) -> tuple[str, str]:
    """Code and text for messages that nobody may carry now."""
    if not standings:
        return CHANNEL_OFF, "该渠道未启用"
    reasons = "；".join(f"{each.name}：{each.reason}" for each in standings if each.reason)
    return NO_PROVIDER, f"没有可用的服务商（{reasons}）"


def end_all(work: SendingWork, ended: Iterable[Ended], at: datetime) -> None:
    """End messages, those that end alike together."""
    alike: Mapping[tuple[MessageState, str, str], list[str]] = _alike(
        ((each.state, each.code, each.text), each.message_id) for each in ended
    )
    for (state, code, text), ids in alike.items():
        work.queue.end(ids, state, at, code, text)


def hold_all(work: SendingWork, held: Iterable[Held]) -> None:
    """Put messages back: those held by night to their instants, the others with their reason."""
    nights: list[tuple[str, datetime]] = []
    reasons: list[tuple[tuple[datetime, str, str], str]] = []
    for each in held:
        if each.code:
            reasons.append(((each.until, each.code, each.text), each.message_id))
        else:
            nights.append((each.message_id, each.until))
    work.queue.postpone(nights)
    for (until, code, text), ids in _alike(reasons).items():
        work.queue.release(ids, until, code, text)


def ended_by_newer(work: SendingWork, messages: Sequence[Message]) -> list[Ended]:
    """Those of the messages that newer words have replaced."""
    overtaken = work.queue.overtaken(messages)
    return [
        Ended(
            message_id=each.id,
            state=MessageState.SUPERSEDED,
            code="superseded",
            text="已有更新的通知，不再发送",
        )
        for each in messages
        if each.id in overtaken
    ]


def _alike(pairs: Iterable[tuple[Key, str]]) -> dict[Key, list[str]]:
    groups: dict[Key, list[str]] = defaultdict(list)
    for key, message_id in pairs:
        groups[key].append(message_id)
    return groups
