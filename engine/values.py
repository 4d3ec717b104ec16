"""How a frozen value is taken apart, and changed: by a copy, and one that costs little.

`dataclasses.replace` makes the value anew, field by field. A ticket has twenty fields and every
move copies it more than once, so that took longer than all the rest of the move.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, TypeVar

__all__ = ["changed", "fields_of"]

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Value = TypeVar("Value")


def fields_of(value: DataclassInstance) -> dict[str, object]:
    """What the value holds, by field; values inside it stay as they are."""
    return {name: getattr(value, name) for name in _names(type(value))}


@cache
def _names(kind: type[DataclassInstance]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind))


if TYPE_CHECKING:  # so that names and types of the fields are checked as for `replace`
    from dataclasses import replace as changed
else:

    def changed(value: Value, /, **changes: object) -> Value:
        """A copy of the value, a dataclass without slots, with some fields changed.

        Raises:
            TypeError: it has no such field.
        """
        fields = vars(value)
        if not changes.keys() <= fields.keys():
            msg = f"{type(value).__name__} has no field {sorted(changes.keys() - fields.keys())}"
            raise TypeError(msg)
        copy = object.__new__(type(value))
        vars(copy).update(fields, **changes)
        return copy
