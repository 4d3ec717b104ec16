"""Every setting, once: read from the environment (`HUODIAN_*`), validated, then frozen."""

from __future__ import annotations

from datetime import time, timedelta
from enum import StrEnum
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.audit_flags import FastPolicy
from engine.calendar import OfficeHours
from engine.errors import MalformedError, Reason
from notifications.channels.base import ErrorClass

PREFIX = "HUODIAN_"


class Carrier(StrEnum):
    """What carries the messages of a channel."""

    FILE = "file"
    HTTP = "http"
    KANNEL = "kannel"
    OFF = "off"


class Settings(BaseSettings):
    """The settings of one installation. Times of day are Asia/Shanghai."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    database_url: str = Field(
        "sqlite:///var/huodian.db",
        description="SQLite file or postgresql+psycopg://user:password@host/name",
    )
    var_dir: Path = Field(Path("var"), description="where files and messages are kept")
    host: str = Field("127.0.0.1", description="address that the console listens on")
    port: int = Field(8000, ge=1, le=65535, description="port that the console listens on")
    public_url: str = Field(
        "", description="address under which customers reach the console; empty: host and port"
    )
    behind_https: bool = Field(
        default=False, description="the console is reached by HTTPS: secure cookies, no banner"
    )
    actor: str = Field("admin", description="user id on whose behalf commands act by default")
    sample: bool = Field(default=True, description="load the sample branch into an empty database")

    office_opens: time = Field(time(8, 30), description="start of office hours (R-6.3a)")
    office_closes: time = Field(time(17, 30), description="close of business (R-6.3a)")
    ends_at_close: bool = Field(
        default=False, description="periods end at close of business instead of 24:00 (R-2.1)"
    )
    quiet_from: time = Field(time(21, 0), description="start of the quiet hours (R-6.4)")
    quiet_until: time = Field(time(8, 0), description="end of the quiet hours (R-6.4)")

    restart_window_days: int = Field(
        90, ge=0, description="days after an abort in which a new application is linked (R-5.2)"
    )
    fast_floor_percent: int = Field(
        10, ge=0, le=100, description="share of the limit below which a ticket is flagged (Q18)"
    )
    fast_same_person_minutes: int = Field(
        5, ge=0, description="two stages by one person within this time are flagged (Q18)"
    )

    sweep_seconds: int = Field(30, ge=1, description="how often reminders are looked for")
    dispatch_seconds: int = Field(5, ge=1, description="how often the outbox is looked at")
    claim_limit: int = Field(200, ge=1, le=10_000, description="messages claimed at a time")
    in_doubt_minutes: int = Field(
        10, ge=1, description="a message claimed this long without an answer is in doubt"
    )

    sms_carrier: Carrier = Field(
        Carrier.FILE, description="what carries SMS: file, http, kannel or off"
    )
    wechat_carrier: Carrier = Field(Carrier.FILE, description="what carries WeChat: file or off")
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
        description="JSON object: pattern in an answer -> recipient, content, throttle, account, "
        "provider, auth or unknown_outcome",
    )
    sms_secrets: dict[str, SecretStr] = Field(
        default_factory=dict, description="JSON object of secrets that the templates may use"
    )
    sms_timeout_seconds: float = Field(10.0, gt=0, description="time-out of the SMS gateway")
    receipt_url: str = Field(
        "",
        description="template of the address for receipts; knows message_id and token; "
        "empty: the gateway reports nothing",
    )
    receipt_secret: SecretStr = Field(
        SecretStr(""), description="secret that signs receipt addresses; empty: kept in var_dir"
    )

    @field_validator("public_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @property
    def office_hours(self) -> OfficeHours:
        """When the office is open, and whether that ends a period."""
        return OfficeHours(
            opens=self.office_opens, closes=self.office_closes, ends_at_close=self.ends_at_close
        )

    @property
    def fast_policy(self) -> FastPolicy:
        """When a ticket counts as unusually fast."""
        return FastPolicy(
            floor_percent=self.fast_floor_percent,
            same_person_within=timedelta(minutes=self.fast_same_person_minutes),
        )

    @property
    def base_url(self) -> str:
        """The console's address in messages to customers."""
        return self.public_url or f"http://{self.host}:{self.port}"


def read_settings(**overrides: object) -> Settings:
    """The settings from the environment.

    Raises:
        MalformedError: naming every variable that is wrong, what was expected and what came.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise MalformedError(
            Reason(
                code="bad_setting",
                field=PREFIX + "_".join(str(part) for part in fault["loc"]).upper(),
                message=f"设置无效：{fault['msg']}（现为 {fault['input']!r}）",
                remedy="请用 huodian settings 查看各项设置的含义",
            )
            for fault in error.errors()
        ) from None
