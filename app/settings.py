"""Every setting, once: read from the environment (`HUODIAN_*`), validated, then frozen."""

from __future__ import annotations

from datetime import time, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import SettingsConfigDict, SettingsError

from app.forms.type_words import expected
from app.provider_faults import provider_faults, reason_of
from app.provider_settings import ALLOWED, PREFIX, ProviderSettings
from engine.audit_flags import FastPolicy
from engine.calendar import OfficeHours
from engine.errors import MalformedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic_core import ErrorDetails

    from engine.errors import Reason

TRACEBACK = "HUODIAN_TRACEBACK"
"""Shows where an internal fault happened; no setting of an installation."""

SECRET_FIELDS = frozenset(
    {"database_url", "sms_secrets", "wecom_robots"}
    | {name for name, each in ProviderSettings.model_fields.items() if each.annotation is SecretStr}
)
"""What is not repeated when it is wrong, and not shown when it is right."""


class Settings(ProviderSettings):
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
    quiet_spread_minutes: int = Field(
        10, ge=0, le=120, description="what waited for the morning goes out in the course of these"
    )
    phone_cap: int = Field(
        6, ge=1, description="messages to one number within 24 hours, but for urgent ones (R-6.4)"
    )
    give_up_hours: int = Field(
        72, ge=1, description="a message that cannot be sent, or is never confirmed, is given up"
    )

    restart_window_days: int = Field(
        90, ge=0, description="days after an abort in which a new application is linked (R-5.2)"
    )
    fast_floor_percent: int = Field(
        10, ge=0, le=100, description="share of the limit below which a ticket is flagged (Q18)"
    )
    fast_same_person_minutes: int = Field(
        5, ge=0, description="two stages by one person within this time are flagged (Q18)"
    )

    nearby_outage_days: int = Field(
        30, ge=0, description="another outage of the same customers within so many days is shown"
    )
    load_window_months: int = Field(
        12, ge=1, le=120, description="months back in which a measured peak load counts (Q22)"
    )

    sweep_seconds: float = Field(30, ge=0.1, description="how often reminders are looked for")
    dispatch_seconds: float = Field(5, ge=0.1, description="how often the outbox is looked at")
    claim_limit: int = Field(
        200, ge=1, le=1000, description="messages of one job, if the provider takes no more at once"
    )
    in_doubt_minutes: float = Field(
        10, gt=0, description="a message claimed this long without an answer is in doubt"
    )
    retry_minutes: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (1, 5, 15, 60),
        min_length=1,
        description="JSON list: minutes before what was certainly not sent is tried again",
    )
    node: str = Field(
        "", pattern="^[A-Za-z0-9._-]{0,40}$", description="name of this daemon among its like"
    )
    node_grace_seconds: float = Field(
        30, ge=1, description="a daemon without a sign of life for so long is taken for dead"
    )
    jobs_at_once: int = Field(
        8, ge=1, le=100, description="jobs of one provider that one daemon runs at the same time"
    )
    job_poll_seconds: float = Field(
        0.5, ge=0.05, le=60, description="how often a daemon looks for jobs"
    )
    stalled_seconds: float = Field(
        60,
        ge=0.1,
        le=86400,
        description="PostgreSQL undoes a transaction in which nothing happens for so long",
    )
    jobs_kept_days: int = Field(7, ge=1, description="how long ended jobs are kept")
    receipts_kept_days: int = Field(
        180, ge=7, description="how long providers' reports are kept word for word (R-6.4)"
    )
    provider_weights: dict[str, Annotated[int, Field(ge=0, le=100)]] = Field(
        default_factory=dict,
        description="JSON object: provider -> its share at rest, in proportion to the others",
    )
    provider_rates: dict[str, Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict,
        description="JSON object: provider -> messages a minute, over all daemons",
    )

    @field_validator("public_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @property
    def office_hours(self) -> OfficeHours:
        """When the office is open."""
        return OfficeHours(opens=self.office_opens, closes=self.office_closes)

    @property
    def day_closes(self) -> time | None:
        """At which local time a period ends on its last day; None is 24:00 (R-2.1)."""
        return self.office_closes if self.ends_at_close else None

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
        settings = Settings(**overrides)  # type: ignore[arg-type]
    except SettingsError as error:
        raise MalformedError(_not_json(str(error))) from None
    except ValidationError as error:
        raise MalformedError(_invalid(fault) for fault in error.errors()) from None
    reasons = [*_contradictions(settings), *provider_faults(settings)]
    if reasons:
        raise MalformedError(reasons)
    return settings


def unknown_variables(environment: Iterable[str]) -> dict[str, str]:
    """Variables of ours that mean nothing, each with the one that may have been meant."""
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {TRACEBACK}
    return {
        name: next(iter(get_close_matches(name, known, n=1)), "")
        for name in sorted(environment)
        if name.startswith(PREFIX) and name not in known
    }


def _invalid(fault: ErrorDetails) -> Reason:
    name, *inside = (str(part) for part in fault["loc"])
    shown = "内容保密" if name in SECRET_FIELDS else f"现为“{fault['input']}”"
    where = f"其中 {'.'.join(inside)} " if inside and name not in ALLOWED else ""
    wanted = "、".join(sorted(ALLOWED[name])) if name in ALLOWED else expected(fault)
    return reason_of(name, f"{where}{f'应为 {wanted}' if wanted else '不符合要求'}（{shown}）")


def _not_json(message: str) -> Reason:
    """For fields that are JSON the library says no more than the name, inside a sentence."""
    name = next((each for each in Settings.model_fields if f'"{each}"' in message), "settings")
    return reason_of(name, "应为 JSON 对象，例如 {}")


def _contradictions(settings: Settings) -> Iterator[Reason]:
    """Values that are right one by one and make no sense together."""
    if settings.office_opens >= settings.office_closes:
        yield reason_of("office_opens", f"须早于 HUODIAN_OFFICE_CLOSES（{settings.office_closes}）")
    if settings.quiet_from == settings.quiet_until:
        yield reason_of("quiet_from", "不能与 HUODIAN_QUIET_UNTIL 相同")
