"""The channels as operators see them: who carries what, where reports are to go, and a test.

listing() -> tuple[ChannelView, ...]
test(channel, user_id, actor=, ...) -> ChannelTest
check() -> dict[str, tuple[Reason, ...]]          asks every provider that can be asked
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from app.authorization import Action, authorize_company_wide
from app.ports.work import Accounts, Work
from app.provider_settings import REGISTERED
from app.receiving.service import GATEWAYS
from app.streams import ADMINISTRATION
from engine.calendar import SHANGHAI
from engine.errors import NotFoundError, Reason, RefusedError
from engine.ledger import LedgerDraft
from notifications.channels.base import Checkable, ReceiptMode, Result, Verdict
from notifications.message import Audience, Channel, Message, MessageKind, MessageState

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

    from app.clock import Clock
    from app.ports.accounts import User
    from app.receiving.service import Receiving
    from app.rules.registrations import RegistrationService
    from app.trip.message_texts import MessageTexts
    from engine.ticket import Actor
    from notifications.channels.base import MessageChannel

# ruff: noqa: D102  (the ports say in their classes what they are)

TEMPLATE = "channel_test"


class People(Accounts, Protocol):
    """The company's people; `get_user` raises NotFoundError."""

    def get_user(self, user_id: str) -> User: ...


class ChannelWork(Work, Protocol):
    """One transaction of a test."""

    @property
    def accounts(self) -> People: ...


class ChannelDatabase(Protocol):
    """Opens transactions."""

    def writing(self) -> AbstractContextManager[ChannelWork]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelView:
    """One provider of one channel.

    Args:
        preference: 1 for the provider that is asked first.
        callback: the address that the provider must be told, a gateway for replies only; empty if
            it tells us nothing.
        unregistered: message texts that the provider has no template for.
        behind: templates that were registered for an older text than the one in use.
    """

    channel: Channel
    provider: str
    preference: int
    same_params: int
    mixed_params: int
    concurrency: int
    per_minute: int | None
    receipts: str
    can_be_asked: bool
    callback: str
    unregistered: tuple[str, ...]
    behind: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTest:
    """What became of a test message; `message_id` finds it in the outbox."""

    message_id: str
    provider: str
    verdict: Verdict
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelService:
    """Looks at the channels and tries them out.

    Args:
        base_url: where providers reach the console.
    """

    database: ChannelDatabase
    receiving: Receiving
    registrations: RegistrationService
    texts: MessageTexts
    clock: Clock
    base_url: str

    def listing(self) -> tuple[ChannelView, ...]:
        """Every provider that is set up, by channel and preference."""
        names = tuple(name for name in self.receiving.carriers if name in REGISTERED)
        lacking = self.registrations.unregistered(names)
        behind = [
            (each.provider, each.template)
            for each in self.registrations.listing()
            if each.is_behind
        ]
        return tuple(
            self._view(channel, carrier, preference, lacking, behind)
            for channel, carriers in self.receiving.channels.items()
            for preference, carrier in enumerate(carriers, start=1)
        )

    def check(self) -> dict[str, tuple[Reason, ...]]:
        """Whether the providers let us in; those that cannot be asked for free are left out."""
        return {
            name: carrier.check()
            for name, carrier in self.receiving.carriers.items()
            if isinstance(carrier, Checkable)
        }

    def test(
        self,
        channel: Channel,
        user_id: str,
        *,
        actor: Actor,
        provider: str = "",
        openid: str = "",
    ) -> ChannelTest:
        """Send one message to a member of staff, as sending does: claim, commit, call, settle.

        Args:
            channel: by which way.
            user_id: to whom.
            actor: who tries.
            provider: which of the channel's providers; the first if empty.
            openid: where WeChat reaches the person; staff have none of their own.

        Raises:
            NotFoundError: no such person, or the channel or provider is not set up.
            RefusedError: the channel does not reach the person.
        """
        authorize_company_wide(actor, Action.MANAGE_MESSAGES)
        carrier = self._carrier(channel, provider)
        at = self.clock()
        with self.database.writing() as work:
            user = work.accounts.get_user(user_id)
            address = openid or _address(user, channel)
            if not address:
                raise _unreachable(user_id, channel)
            message = self._message(work, user, channel, address, carrier.name, at)
            work.outbox.add([message])
            details = {"user_id": user_id, "channel": channel.value, "provider": carrier.name}
            entry = LedgerDraft(action="test_channel", details=details)
            work.ledger.append(ADMINISTRATION, entry, actor, at)
            work.commit()
        result = next(iter(carrier.submit([message])))
        self._settle(result)
        return ChannelTest(
            message_id=message.id,
            provider=carrier.name,
            verdict=result.verdict,
            code=result.code,
            text=result.text,
        )

    def _carrier(self, channel: Channel, provider: str) -> MessageChannel:
        carriers = self.receiving.channels.get(channel, ())
        found = next((each for each in carriers if provider in {"", each.name}), None)
        if found is None:
            known = "、".join(each.name for each in carriers) or "无"
            raise NotFoundError(
                Reason(
                    code="channel_off",
                    message=f"渠道 {channel} 没有启用服务商“{provider or '任何'}”",
                    remedy=f"该渠道已启用的服务商：{known}；见 docs/operations.md",
                )
            )
        return found

    def _message(  # noqa: PLR0913, PLR0917  (what a message consists of)
        self, work: Work, user: User, channel: Channel, address: str, provider: str, at: datetime
    ) -> Message:
        renderer = self.texts.of(work, work.message_templates.stamp())
        template = renderer.get(TEMPLATE)
        params = {"name": user.name, "at": f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"}
        message_id = str(uuid4())
        return Message(
            id=message_id,
            dedupe_key=f"{TEMPLATE}:{message_id}",
            kind=MessageKind.NOTICE,
            template_key=template.key,
            template_version=template.version,
            params=params,
            text=renderer.render(template.key, params),
            channel=channel,
            audience=Audience.STAFF,
            recipient=user.id,
            address=address,
            created_at=at,
            not_before=at,
            state=MessageState.SENDING,
            claimed_at=at,
            claimed_by=TEMPLATE,
            attempts=1,
            provider=provider,
        )

    def _settle(self, result: Result) -> None:
        """Note what became of it; a test that certainly did not go out is not tried again."""
        state = MessageState.FAILED if result.verdict is Verdict.RETRY else result.verdict.state
        with self.database.writing() as work:
            work.outbox.settle(
                result.message_id,
                state,
                self.clock(),
                provider_id=result.provider_id,
                error_code=result.code,
                error_text=result.text,
            )
            work.commit()

    def _view(
        self,
        channel: Channel,
        carrier: MessageChannel,
        preference: int,
        lacking: tuple[tuple[str, str], ...],
        behind: list[tuple[str, str]],
    ) -> ChannelView:
        can = carrier.capabilities
        calls_us = can.receipts is ReceiptMode.PUSH or carrier.name in GATEWAYS
        secret = self.receiving.secret(carrier.name)
        return ChannelView(
            channel=channel,
            provider=carrier.name,
            preference=preference,
            same_params=can.same_params,
            mixed_params=can.mixed_params,
            concurrency=can.concurrency,
            per_minute=can.per_minute,
            receipts=can.receipts.value,
            can_be_asked=can.can_be_asked,
            callback=f"{self.base_url}/receipts/{carrier.name}/{secret}" if calls_us else "",
            unregistered=tuple(key for name, key in lacking if name == carrier.name),
            behind=tuple(key for name, key in behind if name == carrier.name),
        )


def _address(user: User, channel: Channel) -> str:
    addresses = {
        Channel.SMS: user.phone,
        Channel.APP: user.phone,
        Channel.WECOM: user.wecom_id,
        Channel.WECOM_ROBOT: user.branch,
        Channel.EMAIL: user.email,
    }
    return addresses.get(channel, "")


def _unreachable(user_id: str, channel: Channel) -> RefusedError:
    return RefusedError(
        Reason(
            code="unreachable",
            field="user_id",
            message=f"账号 {user_id} 没有登记 {channel} 的地址",
            remedy="请先登记（huodian user set），微信请用 --openid 指定",
        )
    )
