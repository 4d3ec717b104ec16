"""What makes two texts the same definition, and how a text gets its version number.

The number is given by the system at publication, so it is no part of the content: two texts with
the same fingerprint say the same, whatever their comments, order of keys or version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode

from workflows.loader import definition_hash
from workflows.problems import DefinitionFaultsError
from workflows.schema import DefinitionShape
from workflows.shape_check import checked_shape
from workflows.yaml_source import read_yaml

if TYPE_CHECKING:
    from engine.definition import WorkflowDefinition
    from workflows.schema import ExceptionShape

BYTE_ORDER_MARK = "\ufeff"
VERSION = "version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a text says of itself; its form is in order, its meaning has not been examined."""

    definition: WorkflowDefinition
    fingerprint: str
    exceptions: tuple[ExceptionShape, ...]


def read_form(text: str, *, path: str) -> Form:
    """The form of a definition, `path` names the file in messages.

    Raises:
        DefinitionFaultsError: it is no YAML of that shape; every problem, by line.
    """
    source, unreadable = read_yaml(text, file=path)
    if source is None:
        raise DefinitionFaultsError(unreadable)
    shape, faults = checked_shape(source.root, DefinitionShape)
    if shape is None or faults:
        raise DefinitionFaultsError(source.problem(fault) for fault in faults)
    return Form(
        definition=shape.value(definition_hash(shape)),
        fingerprint=definition_hash(shape.model_copy(update={VERSION: 0})),
        exceptions=tuple(shape.exceptions),
    )


def exceptions_in(text: str) -> tuple[ExceptionShape, ...]:
    """The exceptions from the caps that a text claims; none if it cannot be read any more."""
    try:
        return read_form(text, path="").exceptions
    except DefinitionFaultsError:
        return ()


def numbered(text: str, version: int) -> str:
    """The text with that version number and nothing else changed; its form must be in order."""
    text = text.removeprefix(BYTE_ORDER_MARK)
    root = YAML(typ="safe", pure=True).compose(text)
    if not isinstance(root, MappingNode):
        msg = "the text has no version"
        raise TypeError(msg)
    value = next(value for key, value in root.value if key.value == VERSION)
    begins, ends = value.start_mark.index, value.end_mark.index
    return f"{text[:begins]}{version}{text[ends:]}"
