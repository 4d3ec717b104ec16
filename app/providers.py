"""Which providers carry which channel, by the settings; a part of the composition root.

What a provider needs is imported when it is made, because a command that only looks at a ticket
sends nothing.
"""

# ruff: noqa: PLC0415  (see above)

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from app.settings import Carrier, Settings
from engine.errors import place_unusable
from notifications.message import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from notifications.channels.base import MessageChannel
    from notifications.wire.event_loop import EventLoop


def set_up(settings: Settings) -> frozenset[Channel]:
    """The channels that something carries."""
    carriers = {Channel.SMS: settings.sms_carrier, Channel.WECHAT: settings.wechat_carrier}
    return frozenset(each for each, carrier in carriers.items() if carrier is not Carrier.OFF)


def providers(settings: Settings, loop: EventLoop) -> Mapping[Channel, tuple[MessageChannel, ...]]:
    """What carries each channel that is set up, in the order of preference."""
    from notifications.channels.file import FileChannel

    found: dict[Channel, tuple[MessageChannel, ...]] = {}
    outgoing = FileChannel(settings.var_dir / "messages.jsonl")
    if settings.sms_carrier in {Carrier.HTTP, Carrier.KANNEL}:
        found[Channel.SMS] = (_sms_gateway(settings, loop),)
    elif settings.sms_carrier is Carrier.FILE:
        found[Channel.SMS] = (outgoing,)
    if settings.wechat_carrier is Carrier.FILE:
        found[Channel.WECHAT] = (outgoing,)
    return found


def _sms_gateway(settings: Settings, loop: EventLoop) -> MessageChannel:
    from notifications.channels.http_sms import HttpSmsChannel, HttpSmsSettings
    from notifications.channels.kannel import kannel_settings

    secrets_by_name = {
        name: secret.get_secret_value() for name, secret in settings.sms_secrets.items()
    }
    if settings.sms_carrier is Carrier.KANNEL:
        preset = kannel_settings(
            settings.sms_url,
            sender=settings.sms_sender,
            secrets=secrets_by_name,
            receipt_base=f"{settings.base_url}/receipts/sms",
            receipt_key=receipt_key(settings),
        )
        return HttpSmsChannel(replace(preset, concurrency=settings.sms_concurrency), loop)
    return HttpSmsChannel(
        HttpSmsSettings(
            url=settings.sms_url,
            method=settings.sms_method,
            sender=settings.sms_sender,
            body=settings.sms_body,
            content_type=settings.sms_content_type,
            headers=settings.sms_headers,
            secrets=secrets_by_name,
            success=settings.sms_success,
            id_pattern=settings.sms_id_pattern,
            errors=settings.sms_errors,
            receipt_url=settings.receipt_url,
            receipt_key=receipt_key(settings),
            timeout_s=settings.sms_timeout_seconds,
            concurrency=settings.sms_concurrency,
        ),
        loop,
    )


def receipt_key(settings: Settings) -> str:
    """The key that proves receipts: from the settings, else made once and kept in `var_dir`."""
    given = settings.receipt_secret.get_secret_value()
    if given:
        return given
    path = settings.var_dir / "receipt.key"
    try:
        if not path.exists():
            _make_key(path)
        return path.read_text()
    except OSError as fault:
        what = f"回执密钥 {path} 不能读写"
        remedy = "请授予该文件和目录读写权限，或设置 HUODIAN_RECEIPT_SECRET"
        raise place_unusable(what, fault, code="var_dir_unusable", remedy=remedy) from fault


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_urlsafe(32))
    with suppress(FileExistsError):  # of two that start at once the first one's key counts
        path.hardlink_to(fresh)
    fresh.unlink()
