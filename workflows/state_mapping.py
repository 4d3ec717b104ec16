"""Which state of a new version takes over from which old one, as a small file: YAML or JSON.

    states:
      grid_works: construction

A state that is not named is taken over by the one with the same id.
"""

from __future__ import annotations

from workflows.problems import DefinitionFaultsError
from workflows.schema import Identifier, Shape
from workflows.shape_check import checked_shape
from workflows.yaml_source import read_yaml


class MappingShape(Shape):
    """The whole file: old state -> new state."""

    states: dict[Identifier, Identifier]


def read_state_mapping(text: str, *, path: str) -> dict[str, str]:
    """The mapping that the text describes; `path` names the file in messages.

    Raises:
        DefinitionFaultsError: it is no such file; every problem, by line.
    """
    source, unreadable = read_yaml(text, file=path)
    if source is None:
        raise DefinitionFaultsError(unreadable)
    shape, faults = checked_shape(source.root, MappingShape)
    if shape is None or faults:
        raise DefinitionFaultsError(source.problem(fault) for fault in faults)
    return dict(shape.states)
