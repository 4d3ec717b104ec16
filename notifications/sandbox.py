"""The restricted template language: values, conditions and a few filters, and nothing else.

Message texts and gateway addresses can be edited by administrators, so a template is input. It
gets no function, no attribute of a value that Python keeps private, no way to change a value, and
no arithmetic with which a short template could make an endless text.

Nothing else in this package knows the template library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jinja2 import (
    DictLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    meta,
    nodes,
    select_autoescape,
)
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

__all__ = [
    "Construct",
    "MessageSandbox",
    "Template",
    "TemplateError",
    "TemplateSyntaxError",
]

ALLOWED_FILTERS = frozenset({"default", "lower", "tojson", "trim", "upper", "urlencode"})
ALLOWED_TESTS = frozenset({"defined", "eq", "equalto", "in", "ne"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Construct:
    """One element of the language in a template, so that others can judge it by its name.

    Args:
        kind: the library's name of it, for example `If`, `Name`, `Filter`, `Operand`.
        name: of a filter, of a parameter, of a comparison (`eq`); else empty.
        line: in the template, from 1.
        depth: how many elements stand around it.
        arguments: how many a filter is given, named ones included.
    """

    kind: str
    name: str
    line: int
    depth: int
    arguments: int = 0


class MessageSandbox(ImmutableSandboxedEnvironment):
    """Jinja2 without calls, globals and repetition; a name that was not given is an error."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(
            loader=DictLoader({}),
            undefined=StrictUndefined,
            autoescape=select_autoescape(enabled_extensions=(), default_for_string=False),
            keep_trailing_newline=False,
        )
        self.globals = {}
        self.filters = {name: self.filters[name] for name in ALLOWED_FILTERS}
        self.tests = {name: self.tests[name] for name in ALLOWED_TESTS}

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401, ARG002  (the library's signature)
        """Refuse what can multiply a text."""
        msg = f"operator {operator} is not allowed in a template"
        raise SecurityError(msg)

    def is_safe_callable(self, obj: Any) -> bool:  # noqa: ANN401, ARG002  (the library's signature)
        """Nothing may be called."""
        return False

    def names_in(self, source: str) -> set[str]:
        """The parameters that a template uses.

        Raises:
            TemplateSyntaxError: it is not valid.
        """
        return meta.find_undeclared_variables(self.parse(source))

    def constructs_in(self, source: str) -> list[Construct]:
        """Every element of a template; nothing of it is evaluated.

        Raises:
            TemplateSyntaxError: it is not valid, or nested beyond all measure.
        """
        try:
            root = self.parse(source)
        except RecursionError:
            msg = "nested too deeply"
            raise TemplateSyntaxError(msg, 1) from None
        found: list[Construct] = []
        waiting: list[tuple[nodes.Node, int, int]] = [(root, 0, 1)]
        while waiting:
            parent, depth, line = waiting.pop()
            for node in parent.iter_child_nodes():
                inner = node.lineno or line  # comparisons have no line of their own
                found.append(_construct(node, depth + 1, inner))
                waiting.append((node, depth + 1, inner))
        return sorted(found, key=lambda each: each.line)


def _construct(node: nodes.Node, depth: int, line: int) -> Construct:
    name, arguments = "", 0
    match node:
        case nodes.Filter():
            name, arguments = node.name, len(node.args) + len(node.kwargs)
        case nodes.Name():
            name = node.name
        case nodes.Operand():
            name = node.op
        case _:
            pass
    kind = type(node).__name__
    return Construct(kind=kind, name=name, line=line, depth=depth, arguments=arguments)
