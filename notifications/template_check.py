"""Whether a message text may be published: what it is written in, what it says, what it leaves out.

Administrators write templates, so a template is input. The sandbox keeps it from reaching into the
program, but not from running for seconds or filling the memory; so only a short list of elements is
allowed at all, none of which can fail, repeat or multiply. And a text must keep telling what the
plan promises the reader: a stage with its limit and date, what is missing, whom to call (R-6.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import Reason
from notifications.message import Audience
from notifications.renderer import (
    HEADER_ENDS,
    Renderer,
    TemplateFaultsError,
    parse_template,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifications.renderer import MessageTemplate
    from notifications.sandbox import Construct

LONGEST = 2000
"""Characters of a template, header included."""
DEEPEST = 12
"""Elements inside each other; a message needs three."""

ALLOWED_KINDS = frozenset(
    {"And", "Compare", "Const", "Filter", "If", "Name", "Not", "Operand", "Or", "Output"}
) | {"TemplateData"}
ALLOWED_FILTERS = {"default": 1, "lower": 0, "trim": 0, "upper": 0}
"""Filter -> how many arguments it is given at most."""
ALLOWED_COMPARISONS = frozenset({"eq", "ne"})

HOTLINE = "12398"
"""Every message to a customer names the supervision hotline (R-9.2)."""
ESSENTIAL = frozenset(
    {"branch_phone", "clocks", "deferred", "deferred_until", "due", "limit", "missing", "reason"}
    | {"stage", "ticket_no", "was"}
)
"""Parameters that a text must show wherever the shipped text of that key does."""


def template_faults(key: str, source: str, shipped: Renderer) -> tuple[Reason, ...]:
    """Everything that keeps a text from being published under that key.

    `shipped` holds the texts that come with the program: they say which parameters there are.

    Raises:
        NotFoundError: the program knows no message of that key.
    """
    model = shipped.get(key)
    if len(source) > LONGEST:
        message = f"模板有 {len(source)} 个字符，上限 {LONGEST} 个"
        return (_fault(key, "template_too_long", message, remedy="请精简文字"),)
    try:
        template = parse_template(key, source)
    except TemplateFaultsError as error:
        return error.reasons
    forbidden = tuple(dict.fromkeys(_forbidden(template, _first_line(source))))
    if forbidden:  # what is not allowed is not tried out either
        return forbidden
    return (*template.faults(), *_against_model(template, model), *_left_out(template, model))


def _first_line(source: str) -> int:
    """The line of the file in which the body begins."""
    head, ends, body = source.partition(HEADER_ENDS)
    blank = body[: len(body) - len(body.lstrip())]
    return (head + ends + blank).count("\n") + 1


def _forbidden(template: MessageTemplate, first_line: int) -> Iterator[Reason]:
    from notifications.sandbox import (  # noqa: PLC0415  (the command line starts without it)
        MessageSandbox,
        TemplateSyntaxError,
    )

    try:
        constructs = MessageSandbox().constructs_in(template.body)
    except TemplateSyntaxError as error:
        line = first_line + error.lineno - 1
        message = f"语法错误：{error.message}"
        yield _fault(template.key, "template_syntax", message, line=line, remedy="请核对花括号")
        return
    for each in constructs:
        problem = _problem_of(each)
        if problem:
            yield _fault(
                template.key,
                "template_construct",
                problem,
                line=first_line + each.line - 1,
                remedy="只能用 {{ 参数 }}、{% if 参数 %}、and/or/not、==、!= "
                "和过滤器 default、trim、upper、lower",
            )


def _problem_of(construct: Construct) -> str:
    if construct.depth > DEEPEST:
        return f"嵌套超过 {DEEPEST} 层"
    match construct.kind:
        case "Filter" if construct.name not in ALLOWED_FILTERS:
            return f"不允许过滤器“{construct.name}”"
        case "Filter" if construct.arguments > ALLOWED_FILTERS[construct.name]:
            return f"过滤器“{construct.name}”的参数过多"
        case "Operand" if construct.name not in ALLOWED_COMPARISONS:
            return f"不允许比较“{construct.name}”"
        case kind:
            return "" if kind in ALLOWED_KINDS else f"不允许语法“{kind}”"


def _against_model(template: MessageTemplate, model: MessageTemplate) -> Iterator[Reason]:
    if template.audience is not model.audience:
        message = f"audience 应为 {model.audience}，收件人由程序决定"
        yield _fault(template.key, "template_audience", message, remedy="请改回")
    for name in sorted(set(template.params) - set(model.params)):
        yield _fault(
            template.key,
            "template_parameter",
            f"该消息没有参数“{name}”",
            remedy=f"可用的参数：{'、'.join(model.params)}",
        )
    if len(set(template.params)) != len(template.params):
        message = "params 中有重复的参数"
        yield _fault(template.key, "template_parameter", message, remedy="请删去重复项")


def _left_out(template: MessageTemplate, model: MessageTemplate) -> Iterator[Reason]:
    """What the shipped text shows and this one does not, tried out with every parameter given."""
    marks = {name: f"〔{name}〕" for name in template.params}
    renderer = Renderer({})
    renderer.templates[template.key] = template
    try:
        text = renderer.render(template.key, marks)
        renderer.render(template.key, dict.fromkeys(marks, ""))
    except TemplateFaultsError as error:
        yield from error.reasons
        return
    for name in model.params:
        if name in ESSENTIAL and marks.get(name, "〔〕") not in text:
            yield _fault(
                template.key,
                "template_leaves_out",
                f"没有告知“{name}”",
                clause="R-6.2, R-3.4, 四(一)2",
                remedy=f"请在正文中写上 {{{{ {name} }}}}",
            )
    if template.audience is Audience.CUSTOMER and HOTLINE not in text:
        yield _fault(
            template.key,
            "template_leaves_out",
            f"没有写明监管热线 {HOTLINE}",
            clause="R-9.2",
            remedy=f"请在正文中写上“监管热线{HOTLINE}”",
        )


def _fault(  # noqa: PLR0913  (what a reason consists of)
    key: str, code: str, message: str, *, remedy: str, line: int = 0, clause: str = "R-6.4"
) -> Reason:
    place = f"{key}:{line}" if line else key
    return Reason(code=code, field=place, message=message, clause=clause, remedy=remedy)
