"""Which providers carry which channel, by the settings; a part of the composition root.

What a provider needs is imported when it is made, because a command that only looks at a ticket
sends nothing.
"""

# ruff: noqa: PLC0415  (see above)

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from app.provider_settings import Carrier
from notifications.message import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.clock import Clock
    from app.settings import Settings
    from notifications.channels.base import MessageChannel
    from notifications.channels.wechat import WechatKind, WechatSettings
    from notifications.channels.weixin import WeixinAccount
    from notifications.registrations import RegistrationBook
    from notifications.wire.event_loop import EventLoop

CARRIERS: Mapping[Channel, str] = {
    Channel.SMS: "sms_carrier",
    Channel.WECHAT: "wechat_carrier",
    Channel.WECOM: "wecom_carrier",
    Channel.APP: "app_carrier",
    Channel.EMAIL: "email_carrier",
}
"""Channel -> the setting that says who carries it."""


def set_up(settings: Settings) -> frozenset[Channel]:
    """The channels that somebody carries."""
    carried = {
        channel for channel, name in CARRIERS.items() if getattr(settings, name) != (Carrier.OFF,)
    }
    return frozenset(carried | ({Channel.WECOM_ROBOT} if settings.wecom_robots else set()))


@dataclass(frozen=True, kw_only=True)
class Providers:
    """Makes the channels."""

    settings: Settings
    loop: EventLoop
    registrations: RegistrationBook
    clock: Clock

    def all(self) -> Mapping[Channel, tuple[MessageChannel, ...]]:
        """Who carries each channel that is set up, in the order of preference.

        Raises:
            MissingExtraError: a provider's SDK is not installed.
        """
        found = {
            channel: tuple(
                self._carrier(each)
                for each in getattr(self.settings, name)
                if each is not Carrier.OFF
            )
            for channel, name in CARRIERS.items()
        }
        if self.settings.wecom_robots:
            found[Channel.WECOM_ROBOT] = (self._robots(),)
        return {channel: carriers for channel, carriers in found.items() if carriers}

    def _carrier(self, carrier: Carrier) -> MessageChannel:
        makers: Mapping[Carrier, Callable[[], MessageChannel]] = {
            Carrier.FILE: self._file,
            Carrier.HTTP: partial(self._gateway, carrier),
            Carrier.KANNEL: partial(self._gateway, carrier),
            Carrier.ALIYUN: self._aliyun,
            Carrier.TENCENT: self._tencent,
            Carrier.WECHAT: partial(self._wechat, carrier),
            Carrier.WECHAT_SUBSCRIPTION: partial(self._wechat, carrier),
            Carrier.WECOM: self._wecom,
            Carrier.APP: self._app,
            Carrier.SMTP: self._mail,
        }
        return makers[carrier]()

    def _file(self) -> MessageChannel:
        from notifications.channels.file import FileChannel

        return FileChannel(self.settings.var_dir / "messages.jsonl")

    def _gateway(self, carrier: Carrier) -> MessageChannel:
        from notifications.channels.http_sms import HttpSmsChannel, HttpSmsSettings
        from notifications.channels.kannel import kannel_settings

        given = self.settings
        named = {name: each.get_secret_value() for name, each in given.sms_secrets.items()}
        if carrier is Carrier.KANNEL:
            gateway = kannel_settings(
                given.sms_url,
                sender=given.sms_sender,
                secrets=named,
                receipt_base=f"{given.base_url}/receipts/kannel",
                receipt_key=receipt_key(given),
            )
        else:
            gateway = HttpSmsSettings(
                url=given.sms_url,
                method=given.sms_method,
                sender=given.sms_sender,
                body=given.sms_body,
                content_type=given.sms_content_type,
                headers=given.sms_headers,
                secrets=named,
                success=given.sms_success,
                id_pattern=given.sms_id_pattern,
                errors=given.sms_errors,
                receipt_url=given.receipt_url,
                receipt_key=receipt_key(given),
                timeout_s=given.sms_timeout_seconds,
            )
        gateway = replace(gateway, concurrency=given.sms_concurrency)
        return HttpSmsChannel(gateway, self.loop, name=carrier.value)

    def _aliyun(self) -> MessageChannel:
        from notifications.channels.aliyun import AliyunChannel, AliyunSettings

        protocol, host = _endpoint(self.settings.aliyun_endpoint)
        account = AliyunSettings(
            access_key_id=self.settings.aliyun_access_key_id,
            access_key_secret=self.settings.aliyun_access_key_secret.get_secret_value(),
            endpoint=host,
            protocol=protocol.upper(),
            timeout_s=self.settings.provider_timeout_seconds,
        )
        return AliyunChannel(account, self.registrations, self.loop)

    def _tencent(self) -> MessageChannel:
        from notifications.channels.tencent import TencentChannel, TencentSettings

        protocol, host = _endpoint(self.settings.tencent_endpoint)
        account = TencentSettings(
            secret_id=self.settings.tencent_secret_id,
            secret_key=self.settings.tencent_secret_key.get_secret_value(),
            app_id=self.settings.tencent_app_id,
            region=self.settings.tencent_region,
            endpoint=host,
            protocol=protocol,
            timeout_s=self.settings.provider_timeout_seconds,
        )
        return TencentChannel(account, self.registrations, self.loop)

    @cached_property
    def _official_account(self) -> tuple[WechatSettings, WeixinAccount]:
        from notifications.channels.wechat import WechatSettings, official_account

        given = self.settings
        account = WechatSettings(
            app_id=given.wechat_app_id,
            app_secret=given.wechat_app_secret.get_secret_value(),
            token=given.wechat_token.get_secret_value(),
            aes_key=given.wechat_aes_key.get_secret_value(),
            base_url=given.wechat_url.rstrip("/"),
            timeout_s=given.provider_timeout_seconds,
        )
        return account, official_account(account, self.loop)

    def _wechat(self, carrier: Carrier) -> MessageChannel:
        from notifications.channels.wechat import (
            SUBSCRIPTION_MESSAGES,
            TEMPLATE_MESSAGES,
            WechatChannel,
        )

        kind: WechatKind = TEMPLATE_MESSAGES if carrier is Carrier.WECHAT else SUBSCRIPTION_MESSAGES
        return WechatChannel(*self._official_account, self.registrations, kind)

    def _wecom(self) -> MessageChannel:
        from notifications.channels.wecom import WecomChannel, WecomSettings

        application = WecomSettings(
            corp_id=self.settings.wecom_corp_id,
            secret=self.settings.wecom_secret.get_secret_value(),
            agent_id=self.settings.wecom_agent_id,
            base_url=self.settings.wecom_url.rstrip("/"),
            timeout_s=self.settings.provider_timeout_seconds,
        )
        return WecomChannel(application, self.loop)

    def _robots(self) -> MessageChannel:
        from notifications.channels.wecom import WecomRobotChannel

        keys = {name: key.get_secret_value() for name, key in self.settings.wecom_robots.items()}
        return WecomRobotChannel(
            keys,
            self.loop,
            self.settings.wecom_url.rstrip("/"),
            self.settings.provider_timeout_seconds,
        )

    def _app(self) -> MessageChannel:
        from notifications.channels.app_push import AppPushChannel, AppPushSettings

        server = AppPushSettings(
            url=self.settings.app_push_url,
            secret=self.settings.app_push_secret.get_secret_value(),
            private=self.settings.app_push_private,
        )
        return AppPushChannel(server, self.loop, self.clock)

    def _mail(self) -> MessageChannel:
        from notifications.channels.mail import MailChannel, MailSecurity, MailSettings

        server = MailSettings(
            host=self.settings.smtp_host,
            port=self.settings.smtp_port,
            sender=self.settings.mail_from,
            security=MailSecurity(self.settings.smtp_security),
            username=self.settings.smtp_username,
            password=self.settings.smtp_password.get_secret_value(),
            timeout_s=self.settings.provider_timeout_seconds,
        )
        return MailChannel(server, self.clock)


def receipt_key(settings: Settings) -> str:
    """The key that proves receipts: from the settings, else made once and kept in `var_dir`."""
    given = settings.receipt_secret.get_secret_value()
    if given:
        return given
    path = settings.var_dir / "receipt.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(32))
        with suppress(FileExistsError):  # of two that start at once the first one's key counts
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text()


def _endpoint(address: str) -> tuple[str, str]:
    """Protocol and host, as the SDKs want them."""
    protocol, _, host = address.rpartition("://")
    return protocol or "https", host.rstrip("/")
