"""The settings of those who carry messages."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode

from notifications.channels.base import ErrorClass
from notifications.message import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping

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
REGISTERED = frozenset(
    {Carrier.ALIYUN, Carrier.TENCENT, Carrier.WECHAT, Carrier.WECHAT_SUBSCRIPTION}
)
"""Who sends registered templates only."""


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
        "quota, account, provider, auth or unknown_outcome",
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
        """Everybody who carries something that they can carry."""
        return frozenset(
            each
            for name, allowed in ALLOWED.items()
            for each in getattr(self, name)
            if each in allowed
        )
