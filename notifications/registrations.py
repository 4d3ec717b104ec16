"""What a provider has approved: its template code, and how our parameters fill its fields.

Cloud providers send no free text. They send a template that was registered with them, filled with
parameters of ours, each with its own limit. Which template stands for which message is data, with
versions; here it is values, and the one place that says whether a message fits (R-6.4). Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Protocol

from engine.errors import HuodianError, Reason
from notifications.field_limits import FieldKind, problem_of
from notifications.message import segments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from notifications.sandbox import Template

CLAUSE = "R-6.4"
PLACEHOLDER = re.compile(r"\$\{(\w+)\}|\{(\d+)\}")
"""Where a parameter stands in an approved text: `${name}`, or `{1}` where they go by position."""
ELLIPSIS = "…"


class Overflow(StrEnum):
    """What is done with a value that is too long for its field."""

    REFUSE = "refuse"
    CUT = "cut"


class UnfitMessageError(HuodianError):
    """A message does not fit what is registered for it; every reason at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredField:
    """One field of a provider's template.

    Args:
        name: as the provider calls it; where fields go by position, their order counts.
        value: template of its value, from the parameters of the message.
        kind: what the provider takes there.
        longest: characters that it takes.
    """

    name: str
    value: str
    kind: FieldKind
    longest: int
    overflow: Overflow = Overflow.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """A template as one provider has approved it.

    Args:
        provider: name of the channel that sends it, for example `aliyun`.
        template_version: the version of our text that it says the same as; it stands for later
            ones too until another is registered.
        version: of this registration, from 1; given at publication.
        code: the provider's id of its template.
        sign_name: the registered signature (签名), for SMS.
        text: the approved text with its placeholders, for SMS: what is really read.
        link: template of the address that opens on a touch, for WeChat; may be empty.
    """

    provider: str
    template_key: str
    template_version: int
    code: str
    fields: tuple[RegisteredField, ...]
    version: int = 0
    sign_name: str = ""
    text: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A provider's template with its values.

    Args:
        values: field name -> value, in the registered order.
        text: what is read, signature included; empty where the provider shows fields.
        parts: text messages that are charged, by the Chinese rule.
    """

    values: Mapping[str, str]
    text: str = ""
    parts: int = 0
    link: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """Every registration that is in use.

    Args:
        registrations: all versions; the newest that fits a text counts.
    """

    registrations: tuple[Registration, ...] = ()
    _by_use: dict[tuple[str, str], tuple[Registration, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        for each in sorted(self.registrations, key=lambda known: -known.version):
            use = (each.provider, each.template_key)
            self._by_use[use] = (*self._by_use.get(use, ()), each)

    def of(self, provider: str, template_key: str, template_version: int) -> Registration | None:
        """The newest registration with a provider that says what that text says, if any."""
        return next(
            (
                each
                for each in self._by_use.get((provider, template_key), ())
                if each.template_version <= template_version
            ),
            None,
        )

    def fill(
        self, provider: str, template_key: str, template_version: int, params: Mapping[str, str]
    ) -> tuple[Registration, Filled]:
        """The registration and the values for its fields.

        Raises:
            UnfitMessageError: nothing is registered, or a value does not fit its field.
        """
        registration = self.of(provider, template_key, template_version)
        if registration is None:
            raise UnfitMessageError(not_registered(provider, template_key, template_version))
        return registration, fill(registration, params)

    def against(
        self, provider: str, template_key: str, template_version: int, params: Mapping[str, str]
    ) -> tuple[Reason, ...]:
        """Why a provider could not send a message; empty if it can."""
        try:
            self.fill(provider, template_key, template_version, params)
        except UnfitMessageError as refusal:
            return refusal.reasons
        return ()


class RegistrationBook(Protocol):
    """Where a channel looks up what is registered; asked once for each handing-over."""

    def current(self) -> Registered:
        """What is registered now."""


def fill(registration: Registration, params: Mapping[str, str]) -> Filled:
    """The values for every field.

    Raises:
        UnfitMessageError: naming every field that its value does not fit.
    """
    values: dict[str, str] = {}
    reasons: list[Reason] = []
    for each in registration.fields:
        value = _rendered(each.value, params)
        problem = "缺少参数" if value is None else _fitted(each, value, values)
        if problem:
            reasons.append(_unfit(registration, each, problem))
    link = _rendered(registration.link, params)
    if link is None:
        reasons.append(_bad_link(registration))
    if reasons or link is None:
        raise UnfitMessageError(reasons)
    text = _text(registration, tuple(values.values()), values)
    return Filled(values=values, text=text, parts=segments(text) if text else 0, link=link)


def _fitted(each: RegisteredField, value: str, values: dict[str, str]) -> str:
    """Keep the value if it fits, perhaps cut; else what is wrong with it."""
    line = " ".join(value.split())
    if len(line) > each.longest and each.overflow is Overflow.CUT:
        line = line[: each.longest - 1] + ELLIPSIS
    values[each.name] = line
    if not line:
        return "内容为空"
    if len(line) > each.longest:
        return f"有 {len(line)} 个字，上限 {each.longest} 个字"
    return problem_of(each.kind, line)


def preview(registration: Registration, params: Mapping[str, str]) -> str:
    """How the registered template reads with these values, whether or not they fit its fields."""
    values = {each.name: _rendered(each.value, params) or "" for each in registration.fields}
    text = _text(registration, tuple(values.values()), values)
    return text or "\n".join(f"{name}：{value}" for name, value in values.items())


def placeholders(text: str) -> Iterator[str]:
    """The names or positions of the parameters in an approved text, as they come."""
    for match in PLACEHOLDER.finditer(text):
        yield match[1] or match[2]


def _text(registration: Registration, by_position: tuple[str, ...], by_name: dict[str, str]) -> str:
    if not registration.text:
        return ""

    def value(match: re.Match[str]) -> str:
        return by_name[match[1]] if match[1] else by_position[int(match[2]) - 1]

    return f"【{registration.sign_name}】{PLACEHOLDER.sub(value, registration.text)}"


def _rendered(template: str, params: Mapping[str, str]) -> str | None:
    """The value; None if a parameter is missing that it needs."""
    from notifications.sandbox import TemplateError  # noqa: PLC0415  (costs commands time)

    try:
        return _compiled(template).render(params)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError):
        return None


@cache
def _compiled(template: str) -> Template:
    from notifications.sandbox import MessageSandbox  # noqa: PLC0415  (see above)

    return MessageSandbox().from_string(template)


def not_registered(provider: str, template_key: str, template_version: int) -> Reason:
    """The reason that nobody has registered the text with that provider."""
    return Reason(
        code="not_registered",
        message=f"消息模板 {template_key}@{template_version} 尚未在 {provider} 登记",
        clause=CLAUSE,
        remedy="请取得服务商审核通过的模板编号后登记（huodian template register），或电话告知",
    )


def _unfit(registration: Registration, each: RegisteredField, problem: str) -> Reason:
    return Reason(
        code="field_unfit",
        field=each.name,
        message=(f"{registration.provider} 模板 {registration.code} 的字段“{each.name}”{problem}"),
        clause=CLAUSE,
        remedy="请缩短该项内容，或调整登记的字段（huodian template register）",
    )


def _bad_link(registration: Registration) -> Reason:
    return Reason(
        code="link_unfit",
        field="link",
        message=f"{registration.provider} 模板 {registration.code} 的链接缺少参数",
        clause=CLAUSE,
        remedy="请核对登记的 link（huodian template register）",
    )


def newest(registrations: Iterable[Registration]) -> tuple[Registration, ...]:
    """Of each use the registration published last."""
    found: dict[tuple[str, str], Registration] = {}
    for each in sorted(registrations, key=lambda known: known.version):
        found[each.provider, each.template_key] = each
    return tuple(found[use] for use in sorted(found))
