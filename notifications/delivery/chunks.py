"""What is handed over together: messages of one provider and template, cut to size.

A chunk is one job. It is cut so that a provider who takes many recipients in one request gets full
requests, and so that the chunks of one second hold no more than the provider takes in it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from datetime import datetime

    from notifications.channels.base import Capabilities
    from notifications.message import Channel, Message

CHUNKS = UUID("0a4a1d0f-3a0e-5b0e-8d7e-5f3a6c1b9d27")
"""Namespace of chunk keys."""
LARGEST = 1000
"""Messages of a chunk at most: what the largest request of any provider takes."""
BROKEN = "job_failed"
"""Error code of a message whose job failed: next time it goes alone, so that it spoils no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Messages that one job hands over.

    Args:
        key: the job's id; follows from the first message, how often that was tried, and the instant
            of handing over.
    """

    key: str
    channel: Channel
    provider: str
    urgent: bool
    messages: tuple[Message, ...]


def chunks(
    messages: Iterable[Message],
    at: datetime,
    *,
    takers_of: Callable[[Message], Hashable],
    provider_of: Callable[[Message], str],
    size_of: Callable[[str, Message], int],
) -> Iterator[Chunk]:
    """The chunks of messages that may be sent now, in the order in which they came.

    `takers_of` says which providers may be chosen, so that whatever is in one chunk may go by the
    same one; `provider_of` chooses who carries a message, once for each group; `size_of` says how
    many such messages a provider gets at most in one chunk.
    """
    groups: dict[tuple[object, ...], list[Message]] = defaultdict(list)
    for message in messages:
        groups[takers_of(message), *_kind(message)].append(message)
    for group in groups.values():
        start = 0
        while start < len(group):
            provider = provider_of(group[start])
            size = size_of(provider, group[start])
            part = group[start : start + size]
            yield _chunk(part, provider, at)
            start += size


def chunk_size(capabilities: Capabilities, message: Message, usual: int) -> int:
    """How many messages like this one a provider gets in one chunk at most."""
    if message.error_code == BROKEN:
        return 1
    is_shared = message.notice_id is not None
    size = max(usual, capabilities.same_params) if is_shared else usual
    return min(size, largest_within_rate(capabilities.per_minute))


def largest_within_rate(per_minute: int | None) -> int:
    """How many messages of a chunk a provider takes in a second, at least one."""
    return LARGEST if per_minute is None else min(LARGEST, max(1, per_minute // 60))


def _kind(message: Message) -> tuple[object, ...]:
    """What the messages of a chunk have in common; one that broke its job is on its own."""
    alone = message.id if message.error_code == BROKEN else ""
    return (
        message.channel,
        message.urgent,
        message.template_key,
        message.template_version,
        message.notice_id,
        message.provider if message.attempts else "",  # to be kept away from that one, or with it
        message.maybe_sent_at is not None,
        alone,
    )


def _chunk(messages: Sequence[Message], provider: str, at: datetime) -> Chunk:
    first = messages[0]
    return Chunk(
        key=str(uuid5(CHUNKS, f"{first.id} {first.attempts} {at.isoformat()}")),
        channel=first.channel,
        provider=provider,
        urgent=first.urgent,
        messages=tuple(messages),
    )
