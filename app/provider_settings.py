"""The settings of those who carry messages, and what makes no sense about them."""

from __future__ import annotations

import re
from enum import StrEnum
from importlib.util import find_spec
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode

from engine.errors import Reason
from notifications.channels.base import ErrorClass
from notifications.message import Channel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PREFIX = "HUODIAN_"


class Carrier(StrEnum):
    """Who carries the messages of a channel; the values are also the providers' names."""

    FILE = "file"
    HTTP = "http"
    KANNEL = "kannel"
    ALIYUN = "aliyun"
    TENCENT = "tencent"
    WECHAT = "wechat"
    WECHAT_SUBSCRIPTION = "wechat_subscription"
    WECOM = "wecom"
    APP = "app"
    SMTP = "smtp"
    OFF = "off"


def _listed(value: object) -> object:
    """`a, b` as two values; the environment knows only text."""
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


Carriers = Annotated[tuple[Carrier, ...], NoDecode, BeforeValidator(_listed)]
Ways = Annotated[tuple[Channel, ...], NoDecode, BeforeValidator(_listed)]

GATEWAYS = frozenset({Carrier.HTTP, Carrier.KANNEL})
ALLOWED: Mapping[str, frozenset[Carrier]] = MappingProxyType(
    {
        "sms_carrier": GATEWAYS | {Carrier.FILE, Carrier.ALIYUN, Carrier.TENCENT, Carrier.OFF},
        "wechat_carrier": frozenset(
            {Carrier.FILE, Carrier.WECHAT, Carrier.WECHAT_SUBSCRIPTION, Carrier.OFF}
        ),
        "wecom_carrier": frozenset({Carrier.FILE, Carrier.WECOM, Carrier.OFF}),
        "app_carrier": frozenset({Carrier.FILE, Carrier.APP, Carrier.OFF}),
        "email_carrier": frozenset({Carrier.FILE, Carrier.SMTP, Carrier.OFF}),
    }
)
"""Setting -> who may carry that channel."""
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


class ProviderSettings(BaseSettings):
    """Who carries what, and how they are reached."""

    sms_carrier: Carriers = Field(
        (Carrier.FILE,),
        description="who carries SMS, in the order of preference: aliyun, tencent, http, kannel, "
        "file, off",
    )
    wechat_carrier: Carriers = Field(
        (Carrier.FILE,),
        description="who carries WeChat: wechat (template messages), wechat_subscription, file, "
        "off",
    )
    wecom_carrier: Carriers = Field(
        (Carrier.FILE,), description="who carries WeCom, for staff: wecom, file, off"
    )
    app_carrier: Carriers = Field(
        (Carrier.OFF,), description="who carries the mobile app's messages: app, file, off"
    )
    email_carrier: Carriers = Field(
        (Carrier.FILE,), description="who carries e-mail, for reports to staff: smtp, file, off"
    )
    customer_channels: Ways = Field(
        (Channel.WECHAT, Channel.SMS),
        description="by which ways customers are told, the first that reaches them: wechat, app, "
        "sms",
    )
    provider_timeout_seconds: float = Field(
        10.0, gt=0, description="time-out of Aliyun, Tencent, WeChat, WeCom and the mail server"
    )

    sms_method: str = Field("GET", pattern="^(GET|POST)$", description="method of the SMS gateway")
    sms_url: str = Field(
        "", description="SMS gateway: Jinja2 template of the address, or Kannel's base address"
    )
    sms_body: str = Field("", description="Jinja2 template of the body, for POST")
    sms_content_type: str = Field("", description="content type of the body, for POST")
    sms_headers: dict[str, str] = Field(
        default_factory=dict, description="further headers as a JSON object of templates"
    )
    sms_sender: str = Field("", description="sender number given to the gateway")
    sms_success: str = Field("", description="pattern in the body of an accepted message")
    sms_id_pattern: str = Field("", description="its first group is the gateway's message id")
    sms_errors: dict[str, ErrorClass] = Field(
        default_factory=dict,
        description="JSON object: pattern in an answer -> recipient, frequency, content, throttle, "
        "account, provider, auth or unknown_outcome",
    )
    sms_secrets: dict[str, SecretStr] = Field(
        default_factory=dict, description="JSON object of secrets that the templates may use"
    )
    sms_timeout_seconds: float = Field(10.0, gt=0, description="time-out of the SMS gateway")
    sms_concurrency: int = Field(
        20, ge=1, le=1000, description="most requests to the SMS gateway at once"
    )
    receipt_url: str = Field(
        "",
        description="template of the address for receipts; knows message_id and token; "
        "empty: the gateway reports nothing",
    )
    receipt_secret: SecretStr = Field(
        SecretStr(""),
        description="secret from which the addresses for receipts are made; empty: kept in var_dir",
    )

    aliyun_access_key_id: str = Field("", description="AccessKey ID of a RAM user for SMS")
    aliyun_access_key_secret: SecretStr = Field(SecretStr(""), description="its AccessKey Secret")
    aliyun_endpoint: str = Field(
        "https://dysmsapi.aliyuncs.com", description="where Aliyun SMS is reached"
    )
    tencent_secret_id: str = Field("", description="SecretId of a CAM user for SMS")
    tencent_secret_key: SecretStr = Field(SecretStr(""), description="its SecretKey")
    tencent_app_id: str = Field("", description="SmsSdkAppId of the SMS application")
    tencent_region: str = Field("ap-guangzhou", description="region of the SMS application")
    tencent_endpoint: str = Field(
        "https://sms.tencentcloudapi.com", description="where Tencent SMS is reached"
    )

    wechat_app_id: str = Field("", description="AppID of the official account")
    wechat_app_secret: SecretStr = Field(SecretStr(""), description="its AppSecret")
    wechat_token: SecretStr = Field(
        SecretStr(""), description="token that signs the account's events; empty: none come"
    )
    wechat_aes_key: SecretStr = Field(
        SecretStr(""), description="EncodingAESKey, where the account is set to safe mode"
    )
    wechat_url: str = Field("https://api.weixin.qq.com", description="where WeChat is reached")
    wecom_corp_id: str = Field("", description="企业ID of the work account")
    wecom_secret: SecretStr = Field(SecretStr(""), description="Secret of the application")
    wecom_agent_id: int = Field(0, ge=0, description="AgentId of the application")
    wecom_robots: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="JSON object: branch id -> key of its group's robot, for what is overdue",
    )
    wecom_url: str = Field("https://qyapi.weixin.qq.com", description="where WeCom is reached")

    app_push_url: str = Field("", description="address that shows messages in the mobile app")
    app_push_secret: SecretStr = Field(SecretStr(""), description="what both sides sign with")
    app_push_private: bool = Field(
        default=False, description="that address may lie in our own network, and be plain HTTP"
    )
    smtp_host: str = Field("", description="mail server")
    smtp_port: int = Field(587, ge=1, le=65535, description="its port")
    smtp_security: str = Field(
        "starttls",
        pattern="^(starttls|tls|none)$",
        description="starttls, tls, or none within our own network",
    )
    smtp_username: str = Field("", description="user of the mail server; empty: no sign-in")
    smtp_password: SecretStr = Field(SecretStr(""), description="its password")
    mail_from: str = Field("", description="address that mail comes from")

    def carriers(self) -> frozenset[Carrier]:
        """Everybody who carries something."""
        return frozenset(each for name in ALLOWED for each in getattr(self, name))


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
        yield reason_of(name, f"“{','.join(wrong)}”不能承运该渠道，应为 {expected}")
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
    from urllib.parse import urlsplit  # noqa: PLC0415

    url = settings.app_push_url
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        yield reason_of("app_push_url", "应为以 https:// 开头的地址")
    elif not settings.app_push_private and parts.scheme != "https":
        yield reason_of("app_push_url", "公网地址必须使用 https；内网地址请设 APP_PUSH_PRIVATE")


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


def _template_fault(text: str) -> str:
    from notifications.sandbox import MessageSandbox, TemplateSyntaxError  # noqa: PLC0415

    try:
        MessageSandbox().from_string(text)
    except TemplateSyntaxError as error:
        return f"不是有效的模板：{error}"
    return ""
