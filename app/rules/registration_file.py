"""Reads a registration as an administrator writes it, and says everything that is wrong with it.

    provider: aliyun
    template: next_stage
    template_version: 1
    code: SMS_480000001
    sign_name: 示例供电
    text: 您的用电申请${ticket_no}进入${stage}，最迟${due}。
    fields:
      - {name: ticket_no, value: "{{ ticket_no }}", limit: 20}

The text is the one that the provider has approved, so that people can read and count what is really
sent. The check is ours alone; only the provider knows what it has approved.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from notifications.field_limits import LIMITS, FieldKind, kind_named
from notifications.registrations import (
    CLAUSE,
    Overflow,
    RegisteredField,
    Registration,
    placeholders,
)
from notifications.sandbox import MessageSandbox, TemplateSyntaxError
from workflows.problems import Fault
from workflows.schema import Identifier, Shape
from workflows.shape_check import checked_shape
from workflows.yaml_source import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.errors import Reason
    from notifications.renderer import MessageTemplate
    from workflows.problems import Path

FILE = "registration"
ALIYUN, TENCENT = "aliyun", "tencent"
SMS = (ALIYUN, TENCENT)
WECHAT = ("wechat", "wechat_subscription")
Text = Annotated[str, Field(max_length=500)]


class FieldShape(Shape):
    """One field of the provider's template."""

    name: Annotated[str, Field(pattern=r"^\w{1,40}$")]
    value: Text
    kind: FieldKind | None = None
    limit: Annotated[int, Field(ge=1, le=500)] | None = None
    overflow: Overflow = Overflow.REFUSE

    def kind_for(self, provider: str) -> FieldKind | None:
        """What goes into the field: said, or told by its name, or plain text."""
        return self.kind or (kind_named(self.name) if provider in WECHAT else FieldKind.TEXT)


class RegistrationShape(Shape):
    """The whole file."""

    provider: str
    template: Identifier
    template_version: Annotated[int, Field(ge=1)]
    code: Annotated[str, Field(pattern=r"^\S{1,100}$")]
    sign_name: Annotated[str, Field(max_length=20)] = ""
    text: Text = ""
    link: Text = ""
    fields: list[FieldShape]

    def value(self, version: int) -> Registration:
        """As the channels know it; only a shape without faults has one."""
        return Registration(
            provider=self.provider,
            template_key=self.template,
            template_version=self.template_version,
            version=version,
            code=self.code,
            sign_name=self.sign_name,
            text=self.text,
            link=self.link,
            fields=tuple(self._field(each) for each in self.fields),
        )

    def _field(self, each: FieldShape) -> RegisteredField:
        kind = each.kind_for(self.provider) or FieldKind.TEXT
        return RegisteredField(
            name=each.name,
            value=each.value,
            kind=kind,
            longest=each.limit or LIMITS[kind].longest,
            overflow=each.overflow,
        )


def read_registration(
    source: str, templates: Mapping[str, MessageTemplate]
) -> tuple[RegistrationShape | None, tuple[Reason, ...]]:
    """A registration, and everything that is wrong with it.

    Args:
        source: the file.
        templates: the message texts in use, by key.
    """
    found, problems = read_yaml(source, file=FILE)
    if found is None:
        return None, tuple(each.as_reason() for each in problems)
    shape, faults = checked_shape(found.root, RegistrationShape)
    if shape is not None:
        faults = (*faults, *_faults(shape, templates))
    return shape, tuple(found.problem(each).as_reason() for each in faults)


def parse_registration(source: str, version: int) -> Registration:
    """A published registration. It had no faults when it was published.

    Raises:
        ValueError: this program cannot read it any more.
    """
    found, _ = read_yaml(source, file=FILE)
    shape = None if found is None else checked_shape(found.root, RegistrationShape)[0]
    if shape is None:
        msg = "a published registration cannot be read"
        raise ValueError(msg)
    return shape.value(version)


def _faults(shape: RegistrationShape, templates: Mapping[str, MessageTemplate]) -> Iterator[Fault]:
    if shape.provider not in {*SMS, *WECHAT}:
        known = "、".join((*SMS, *WECHAT))
        yield _fault(
            "unknown_provider", f"没有需要登记模板的服务商“{shape.provider}”", ("provider",), known
        )
        return
    template = templates.get(shape.template)
    if template is None:
        message = f"没有消息模板“{shape.template}”"
        yield _fault("unknown_template", message, ("template",), "见 huodian template list")
    for index, each in enumerate(shape.fields):
        yield from _field_faults(shape, each, ("fields", index), template)
    yield from _value_faults(shape.link, ("link",), template)
    for name, times in Counter(each.name for each in shape.fields).items():
        if times > 1:
            yield _fault("duplicate_field", f"字段“{name}”重复", ("fields",), "请删去重复的字段")
    yield from (_sms_faults if shape.provider in SMS else _wechat_faults)(shape)


def _field_faults(
    shape: RegistrationShape, each: FieldShape, at: Path, template: MessageTemplate | None
) -> Iterator[Fault]:
    yield from _value_faults(each.value, (*at, "value"), template)
    kind = each.kind_for(shape.provider)
    if kind is None:
        message = f"无法从字段名“{each.name}”看出类型"
        yield _fault("kind_missing", message, at, "请写明 kind，例如 kind: thing")
        return
    if shape.provider in SMS and each.limit is None:
        yield _fault(
            "limit_missing", f"字段“{each.name}”没有写明 limit", at, "请按审核结果填写最多字数"
        )
    if each.limit is not None and each.limit > LIMITS[kind].longest:
        message = f"字段“{each.name}”的 limit 超过该类型的上限 {LIMITS[kind].longest}"
        yield _fault("limit_too_high", message, at, "请改小")


def _value_faults(value: str, at: Path, template: MessageTemplate | None) -> Iterator[Fault]:
    try:
        used = MessageSandbox().names_in(value)
    except TemplateSyntaxError as fault:
        yield _fault("template_syntax", f"不是有效的模板：{fault.message}", at, "请核对花括号")
        return
    for name in sorted(used - set(() if template is None else template.params)):
        if template is not None:
            remedy = f"可用的参数：{'、'.join(template.params)}"
            yield _fault("template_parameter", f"该消息没有参数“{name}”", at, remedy)


def _sms_faults(shape: RegistrationShape) -> Iterator[Fault]:
    if not shape.sign_name.strip():
        yield _fault("sign_name_missing", "短信必须有签名", ("sign_name",), "请填写审核通过的签名")
    if not shape.text.strip():
        yield _fault(
            "text_missing", "缺少审核通过的正文", ("text",), "请照抄服务商审核通过的模板正文"
        )
        return
    if "【" in shape.text or "【" in shape.sign_name:
        yield _fault("brackets", "签名的【】由服务商添加", ("text",), "请删去【】")
    given = [each.name for each in shape.fields]
    if shape.provider == TENCENT:
        given = [str(position) for position in range(1, len(given) + 1)]
    wanted = set(placeholders(shape.text))
    for name in sorted(wanted - set(given)):
        message = f"正文中的变量“{name}”没有对应的字段"
        yield _fault("field_missing", message, ("fields",), "请补上")
    for name in sorted(set(given) - wanted):
        yield _fault(
            "field_unused", f"字段“{name}”在正文中没有对应的变量", ("fields",), "请删去或核对"
        )


def _wechat_faults(shape: RegistrationShape) -> Iterator[Fault]:
    for name in ("sign_name", "text"):
        if getattr(shape, name):
            yield _fault("not_for_wechat", f"微信模板没有 {name}", (name,), "请删去")
    if not shape.fields:
        yield _fault("no_fields", "至少要有一个字段", ("fields",), "请照模板填写字段")


def _fault(code: str, message: str, at: Path, remedy: str) -> Fault:
    return Fault(code=code, message=message, at=at, clause=CLAUSE, remedy=remedy)
