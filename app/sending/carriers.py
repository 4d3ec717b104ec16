"""The providers of each channel as sending uses them: what they are, and how they stand.

The adapters come from the settings, how they stand from the database. A provider that is met for
the first time gets its weight at rest; one that is no longer in the settings is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.ports.jobs import Lane
from app.sending.takers import refusal_of
from app.streams import PROVIDERS
from engine.ledger import LedgerDraft
from engine.ticket import SYSTEM
from notifications.carriage import ProviderStanding
from notifications.channels.base import ReceiptMode
from notifications.delivery.chunks import chunk_size, largest_within_rate
from notifications.delivery.providers import resting_weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from app.ports.sending import SendingWork
    from engine.ticket import Actor
    from notifications.channels.base import MessageChannel
    from notifications.message import Channel, Message

SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriers:
    """Who carries what.

    Args:
        channels: the adapters of each channel that is set up, in the order of preference.
        weights: weights at rest by provider, where they differ from the usual ones.
        per_minute: messages a minute over all nodes by provider, where that differs from what the
            adapter says.
        usual_size: messages of one chunk, unless the provider takes more in one request.
        at_once: chunks of one provider that one node sends at the same time.
    """

    channels: Mapping[Channel, tuple[MessageChannel, ...]]
    weights: Mapping[str, int]
    per_minute: Mapping[str, int]
    usual_size: int
    at_once: int

    def find(self, channel: Channel, name: str) -> MessageChannel | None:
        """The adapter of that name, None if the settings do not know it."""
        return next((each for each in self.channels.get(channel, ()) if each.name == name), None)

    def would_take(self, name: str, message: Message) -> bool:
        """Whether a provider of its channel would carry the message."""
        adapter = self.find(message.channel, name)
        return adapter is not None and not refusal_of(adapter, message)

    def reporting(self) -> list[str]:
        """The providers from which one hears of every message."""
        return [
            adapter.name
            for adapters in self.channels.values()
            for adapter in adapters
            if adapter.capabilities.receipts is not ReceiptMode.NONE
        ]

    def has_several(self, channel: Channel) -> bool:
        """Whether there is anybody to fail over to."""
        return len(self.channels.get(channel, ())) > 1

    def standings(
        self, work: SendingWork, channel: Channel, *, locked: bool = False
    ) -> list[ProviderStanding]:
        """How the providers of a channel stand; those met for the first time are stored."""
        names = [each.name for each in self.channels.get(channel, ())]
        known = {each.name: each for each in work.providers.of_channel(channel, locked=locked)}
        for name, resting in resting_weights(names, self.weights).items():
            if name not in known:
                known[name] = ProviderStanding(
                    channel=channel, name=name, weight=resting, resting_weight=resting
                )
                work.providers.add(known[name])
        return [known[name] for name in names]

    def adjust(self, work: SendingWork, at: datetime) -> None:
        """Store the weights at rest that the settings give now, and begin from them."""
        for channel in self.channels:
            names = [each.name for each in self.channels[channel]]
            resting = resting_weights(names, self.weights)
            for each in self.standings(work, channel, locked=True):
                if each.resting_weight != resting[each.name]:
                    weight = resting[each.name]
                    changed = replace(each, weight=weight, resting_weight=weight, reason="settings")
                    record(work, each, changed, at)

    def size(self, provider: str, message: Message) -> int:
        """How many messages like this one a provider gets in one chunk at most."""
        adapter = self.find(message.channel, provider)
        if adapter is None:
            return self.usual_size
        size = chunk_size(adapter.capabilities, message, self.usual_size)
        return min(size, largest_within_rate(self._per_minute(adapter)))

    def lanes(self) -> list[Lane]:
        """The queues of the providers with their limits over all nodes."""
        adapters = {each.name: each for many in self.channels.values() for each in many}
        return [self._lane(each) for each in adapters.values()]

    def _lane(self, adapter: MessageChannel) -> Lane:
        per_minute = self._per_minute(adapter)
        if per_minute is None:
            return Lane(name=adapter.name, at_once=self.at_once)
        # No chunk is larger than this, so that many starts hold no more than the provider takes.
        largest = largest_within_rate(per_minute)
        period = max(1.0, SECONDS * largest / per_minute)
        starts = max(1, int(per_minute * period / SECONDS) // largest)
        return Lane(name=adapter.name, at_once=self.at_once, starts=starts, period_s=period)

    def _per_minute(self, adapter: MessageChannel) -> int | None:
        return self.per_minute.get(adapter.name, adapter.capabilities.per_minute)


def record(
    work: SendingWork,
    before: ProviderStanding,
    after: ProviderStanding,
    at: datetime,
    actor: Actor = SYSTEM,
) -> None:
    """Store how a provider stands now, with an entry in the ledger."""
    work.providers.change(after)
    draft = LedgerDraft(
        action="change_provider",
        source_state=_state(before, at),
        target_state=_state(after, at),
        details={
            "channel": after.channel.value,
            "provider": after.name,
            "weight": [before.weight, after.weight],
            "blocked_until": after.blocked_until,
            "reason": after.reason,
        },
    )
    work.ledger.append(PROVIDERS, draft, actor, at)


def record_all(
    work: SendingWork,
    before: Iterable[ProviderStanding],
    after: Iterable[ProviderStanding],
    at: datetime,
) -> int:
    """The same for several providers of one channel; returns how many have changed."""
    known = {each.name: each for each in before}
    changed = list(after)
    for each in changed:
        record(work, known[each.name], each, at)
    return len(changed)


def _state(standing: ProviderStanding, at: datetime) -> str:
    if standing.paused_by:
        return "paused"
    return "in_use" if standing.is_usable(at) else "blocked"
