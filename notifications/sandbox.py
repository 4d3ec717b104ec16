"""The restricted template language: values, conditions and a few filters, and nothing else.

Message texts and gateway addresses can be edited by administrators, so a template is input. It
gets no function, no attribute of a value that Python keeps private, no way to change a value, and
no arithmetic with which a short template could make an endless text.

Nothing else in this package knows the template library.
"""

from __future__ import annotations

from typing import Any

from jinja2 import (
    DictLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    meta,
    select_autoescape,
)
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

__all__ = [
    "MessageSandbox",
    "Template",
    "TemplateError",
    "TemplateSyntaxError",
]

ALLOWED_FILTERS = frozenset({"default", "lower", "tojson", "trim", "upper", "urlencode"})
ALLOWED_TESTS = frozenset({"defined", "eq", "equalto", "in", "ne"})


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
