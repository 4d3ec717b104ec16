"""Plausible values for whatever a move or an opening asks, for tests that are not about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.definition import FieldKind

if TYPE_CHECKING:
    from engine.definition import Field, Opening, Transition, WorkflowDefinition

VALUES = {
    FieldKind.TEXT: "示例内容",
    FieldKind.DATE: "2021-12-01",
    FieldKind.INSTANT: "2021-12-01 08:00",
    FieldKind.NUMBER: "12.5",
    FieldKind.YES_NO: "no",
}


def filled_in(asking: Transition | Opening, definition: WorkflowDefinition) -> dict[str, str]:
    """A value for everything that is asked."""
    return {each: _value(definition.field_by_id[each]) for each in asking.asks}


def _value(field: Field) -> str:
    return next(iter(field.choices), "") or VALUES[field.kind]
