"""Message texts: one file a template, rendered from declared parameters only.

A template says in its header what it is for and which parameters it takes, because a provider
registers a template with exactly these, and because a text must never be sent with a hole in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

from engine.errors import MalformedError, Reason, not_found
from notifications.message import Audience

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from notifications.sandbox import Template

HEADER_BEGINS, HEADER_ENDS = "{#", "#}"
HEADER_FIELDS = frozenset({"title", "version", "audience", "params"})
SUFFIX = ".j2"


class TemplateFaultsError(MalformedError):
    """A template, or what it was to be rendered with, is wrong; all faults at once."""


@dataclass(frozen=True, kw_only=True)
class MessageTemplate:
    """A template and its header. `params` in the order in which a provider registers them."""

    key: str
    title: str
    version: int
    audience: Audience
    params: tuple[str, ...]
    body: str

    @cached_property
    def compiled(self) -> Template:
        """The body, compiled once.

        Raises:
            TemplateFaultsError: the body is not valid.
        """
        from notifications.sandbox import (  # noqa: PLC0415  (the command line starts without it)
            MessageSandbox,
            TemplateSyntaxError,
        )

        try:
            return MessageSandbox().from_string(self.body)
        except TemplateSyntaxError as fault:
            raise TemplateFaultsError(
                _reason(self.key, f"第 {fault.lineno} 行：{fault}")
            ) from fault

    def faults(self) -> tuple[Reason, ...]:
        """Everything wrong with the template itself: syntax, undeclared and unused parameters."""
        from notifications.sandbox import MessageSandbox, TemplateSyntaxError  # noqa: PLC0415

        try:
            used = MessageSandbox().names_in(self.body)
        except TemplateSyntaxError as fault:
            return (_reason(self.key, f"第 {fault.lineno} 行：{fault}"),)
        return tuple(_differences(self.key, set(self.params), used, "已声明但未使用", "未声明"))


class Renderer:
    """Every template by its key.

    Args:
        sources: key -> text of the template file, header included.

    Raises:
        TemplateFaultsError: headers that cannot be read, all of them.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        faults: list[Reason] = []
        self.templates: dict[str, MessageTemplate] = {}
        for key, source in sorted(sources.items()):
            try:
                self.templates[key] = parse_template(key, source)
            except TemplateFaultsError as error:
                faults.extend(error.reasons)
        if faults:
            raise TemplateFaultsError(faults)

    def get(self, key: str) -> MessageTemplate:
        """The template.

        Raises:
            NotFoundError: there is none with that key.
        """
        try:
            return self.templates[key]
        except KeyError:
            what = "消息模板"
            raise not_found(what, key) from None

    def render(self, key: str, params: Mapping[str, str]) -> str:
        """The text. Every declared parameter must be given, an empty one as an empty text.

        Raises:
            NotFoundError: there is no such template.
            TemplateFaultsError: parameters are missing or not declared, or the template attempts
                what the sandbox forbids.
        """
        from notifications.sandbox import TemplateError  # noqa: PLC0415

        template = self.get(key)
        expected = set(template.params)
        if expected != params.keys():
            raise TemplateFaultsError(_differences(key, expected, set(params), "缺少", "多余"))
        try:
            return template.compiled.render(params).strip()
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise TemplateFaultsError(_reason(key, f"无法生成：{error}")) from error

    def faults(self) -> tuple[Reason, ...]:
        """Everything wrong with any template (R-10.4)."""
        return tuple(fault for each in self.templates.values() for fault in each.faults())


@cache
def shipped_sources() -> Mapping[str, str]:
    """The files that come with the product, by key."""
    folder = files("notifications") / "templates"
    return {
        each.name.removesuffix(SUFFIX): each.read_text(encoding="utf-8")
        for each in folder.iterdir()
        if each.name.endswith(SUFFIX)
    }


@cache
def shipped_renderer() -> Renderer:
    """The templates that come with the product."""
    return Renderer(shipped_sources())


def parse_template(key: str, source: str) -> MessageTemplate:
    """Read a template file: a header in a comment, then the body.

    Raises:
        TemplateFaultsError: the header is missing or incomplete.
    """
    head, found, body = source.partition(HEADER_ENDS)
    if not found or not head.startswith(HEADER_BEGINS):
        raise TemplateFaultsError(_reason(key, "缺少文件头"))
    lines = head.removeprefix(HEADER_BEGINS).strip().splitlines()
    fields = {name.strip(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    faults = list(_differences(key, HEADER_FIELDS, set(fields), "文件头缺少", "文件头多余"))
    if fields.get("audience") not in set(Audience):
        faults.append(_reason(key, f"audience 应为 {'、'.join(Audience)}"))
    if not fields.get("version", "").isdecimal():
        faults.append(_reason(key, "version 应为正整数"))
    if faults:
        raise TemplateFaultsError(faults)
    return MessageTemplate(
        key=key,
        title=fields["title"],
        version=int(fields["version"]),
        audience=Audience(fields["audience"]),
        params=tuple(fields["params"].replace(",", " ").split()),
        body=body.strip(),
    )


def _differences(
    key: str, expected: set[str] | frozenset[str], given: set[str], missing: str, unknown: str
) -> Iterator[Reason]:
    for name in sorted(expected - given):
        yield _reason(key, f"{missing} {name}")
    for name in sorted(given - expected):
        yield _reason(key, f"{unknown} {name}")


def _reason(key: str, problem: str) -> Reason:
    return Reason(
        code="template_fault",
        field=key,
        message=f"消息模板“{key}”{problem}",
        clause="R-6.4",
        remedy="请核对模板文件头中的 params 与正文",
    )
