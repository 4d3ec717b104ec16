"""What makes no sense about the settings of providers, all of it at once.

It would only come to light with the first message, if it came to light at all.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from app.provider_settings import ALLOWED, GATEWAYS, PREFIX, Carrier, ProviderSettings
from engine.errors import Reason
from notifications.message import Channel
from notifications.wire.addresses import names_private_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NEEDED: Mapping[Carrier, tuple[str, ...]] = MappingProxyType(
    {
        Carrier.HTTP: ("sms_url",),
        Carrier.KANNEL: ("sms_url",),
        Carrier.ALIYUN: ("aliyun_access_key_id", "aliyun_access_key_secret"),
        Carrier.TENCENT: ("tencent_secret_id", "tencent_secret_key", "tencent_app_id"),
        Carrier.WECHAT: ("wechat_app_id", "wechat_app_secret"),
        Carrier.WECHAT_SUBSCRIPTION: ("wechat_app_id", "wechat_app_secret"),
        Carrier.WECOM: ("wecom_corp_id", "wecom_secret", "wecom_agent_id"),
        Carrier.APP: ("app_push_url", "app_push_secret"),
        Carrier.SMTP: ("smtp_host", "mail_from"),
    }
)
"""Carrier -> what must be set for it."""
EXTRAS: Mapping[Carrier, tuple[str, str]] = MappingProxyType(
    {
        Carrier.ALIYUN: ("aliyun", "alibabacloud_dysmsapi20170525"),
        Carrier.TENCENT: ("tencent", "tencentcloud"),
    }
)
"""Carrier -> the extra that must be installed, and a package by which one sees that it is."""
CUSTOMER_WAYS = frozenset({Channel.SMS, Channel.WECHAT, Channel.APP})
AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")


def provider_faults(settings: ProviderSettings) -> Iterator[Reason]:
    """What would only come to light with the first message, if it came to light at all."""
    for name, allowed in ALLOWED.items():
        yield from _wrong_carriers(name, getattr(settings, name), allowed)
    in_use = settings.carriers()
    for carrier in sorted(in_use):
        yield from _missing(settings, carrier)
    if in_use >= GATEWAYS:
        yield reason_of("sms_carrier", "http 和 kannel 使用同一组设置，只能选其一")
    if in_use & GATEWAYS:
        yield from _gateway_faults(settings)
    if Carrier.APP in in_use:
        yield from _webhook_faults(settings)
    if Carrier.SMTP in in_use and not _is_mailbox(settings.mail_from):
        yield reason_of("mail_from", "须形如 name@example.cn，不能有汉字")
    yield from _wechat_faults(settings)
    ways = settings.customer_channels
    if Channel.SMS not in ways or not CUSTOMER_WAYS.issuperset(ways):
        allowed_ways = "、".join(sorted(CUSTOMER_WAYS))
        yield reason_of("customer_channels", f"应由 {allowed_ways} 组成，且必须有 sms")


def _wechat_faults(settings: ProviderSettings) -> Iterator[Reason]:
    key = settings.wechat_aes_key.get_secret_value()
    if key and not AES_KEY.fullmatch(key):
        yield reason_of("wechat_aes_key", "应为 43 位字母和数字（内容保密）")
    if key and find_spec("cryptography") is None:
        yield _not_installed("wechat_aes_key", "wechat")


def reason_of(name: str, problem: str) -> Reason:
    """The reason that a setting is wrong."""
    return Reason(
        code="bad_setting",
        field=PREFIX + name.upper(),
        message=f"设置无效：{problem}",
        remedy="各项设置的含义见 docs/operations.md，或在改正后执行 huodian settings",
    )


def _wrong_carriers(
    name: str, given: tuple[Carrier, ...], allowed: frozenset[Carrier]
) -> Iterator[Reason]:
    wrong = [each for each in given if each not in allowed]
    if wrong or not given:
        expected = "、".join(sorted(allowed))
        yield reason_of(name, f"“{','.join(wrong)}”不能用于该渠道，应为 {expected}")
    if len(set(given)) != len(given) or (Carrier.OFF in given and len(given) > 1):
        yield reason_of(name, "不能重复，off 也不能与其他并列")


def _missing(settings: ProviderSettings, carrier: Carrier) -> Iterator[Reason]:
    for name in NEEDED.get(carrier, ()):
        value = getattr(settings, name)
        text = value.get_secret_value() if isinstance(value, SecretStr) else str(value or "")
        if not text.strip():
            yield reason_of(name, f"由 {carrier} 发送时必须填写")
    extra, package = EXTRAS.get(carrier, ("", ""))
    if package and find_spec(package) is None:
        yield _not_installed("sms_carrier", extra)


def _not_installed(name: str, extra: str) -> Reason:
    return Reason(
        code="missing_extra",
        field=PREFIX + name.upper(),
        message=f"尚未安装 {extra} 所需的软件包",
        remedy=f'请执行 make setup EXTRAS="{extra}" 后重试',
    )


def _webhook_faults(settings: ProviderSettings) -> Iterator[Reason]:
    url = settings.app_push_url
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        yield reason_of("app_push_url", "应为以 https:// 开头的地址")
    elif not settings.app_push_private and (parts.scheme != "https" or names_private_address(url)):
        problem = "应为公网的 https 地址；内网地址须同时设 HUODIAN_APP_PUSH_PRIVATE=true"
        yield reason_of("app_push_url", problem)


def _gateway_faults(settings: ProviderSettings) -> Iterator[Reason]:
    patterns = {
        "sms_success": (settings.sms_success,),
        "sms_id_pattern": (settings.sms_id_pattern,),
        "sms_errors": tuple(settings.sms_errors),
    }
    for name, each in patterns.items():
        for pattern in each:
            fault = _pattern_fault(pattern)
            if fault:
                yield reason_of(name, fault)
    if not _pattern_fault(settings.sms_id_pattern) and _lacks_group(settings.sms_id_pattern):
        problem = "须用一对括号括出短信编号，例如 id=([0-9]+)"
        yield reason_of("sms_id_pattern", problem)
    templates = {
        "sms_url": (settings.sms_url,),
        "sms_body": (settings.sms_body,),
        "sms_headers": tuple(settings.sms_headers.values()),
        "receipt_url": (settings.receipt_url,),
    }
    for name, texts in templates.items():
        for text in texts:
            fault = _template_fault(text)
            if fault:
                yield reason_of(name, fault)


def _pattern_fault(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        return f"不是有效的正则表达式：{error}"
    return ""


def _is_mailbox(address: str) -> bool:
    from notifications.channels.mail import is_mailbox  # noqa: PLC0415  (only who mails needs it)

    return not address or is_mailbox(address)  # that it is missing is said already


def _lacks_group(pattern: str) -> bool:
    return bool(pattern) and re.compile(pattern).groups == 0


def _template_fault(text: str) -> str:
    from notifications.sandbox import MessageSandbox, TemplateSyntaxError  # noqa: PLC0415

    try:
        MessageSandbox().from_string(text)
    except TemplateSyntaxError as error:
        return f"不是有效的模板：{error}"
    return ""
