"""From the text of a definition to the engine's value, or to everything that is wrong with it.

The checks run from the form to the meaning: YAML, shape, references, citations, proof, policy.
Whatever can still be checked is checked, so that an administrator reads all problems at once
(R-10.1).
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

from workflows.caps import shipped_caps
from workflows.policy_check import policy_faults
from workflows.policy_conduct import conduct_faults
from workflows.policy_exceptions import unexcepted
from workflows.problems import DefinitionFaultsError, Fault, Problem
from workflows.references import reference_faults
from workflows.schema import DefinitionShape, Draft, draft_of
from workflows.shape_check import checked_shape
from workflows.soundness_check import soundness_faults
from workflows.structure import uncited
from workflows.yaml_source import YamlSource, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import WorkflowDefinition


LATER_KEYS = frozenset({"asks", "exceptions", "fields", "internal", "opening", "takes"})
"""Keys that definitions had not always; unused they leave the hash of a published version alone."""


def load_definition(text: str, *, path: str) -> WorkflowDefinition:
    """The definition that the YAML `text` describes; `path` names the file in messages.

    Raises:
        DefinitionFaultsError: it cannot be read, does not fit together, or the plan forbids it;
            all problems at once.
    """
    draft, problems = _examined(text, path)
    if problems or draft is None:
        raise DefinitionFaultsError(problems)
    return draft.definition


def check_definition(text: str, path: str) -> tuple[Problem, ...]:
    """Everything that is wrong with the definition, by line; empty if it may be published."""
    return _examined(text, path)[1]


def definition_hash(shape: DefinitionShape) -> str:
    """SHA-256 of the content: comments, order of keys and defaults make no difference."""
    content = shape.model_dump(mode="json", by_alias=True)
    for part in (content, *content["transitions"]):
        for key in LATER_KEYS & part.keys():
            if _is_unused(part[key]):
                del part[key]
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()


def _is_unused(value: object) -> bool:
    return not any(value.values()) if isinstance(value, dict) else not value


def _examined(text: str, path: str) -> tuple[Draft | None, tuple[Problem, ...]]:
    source, unreadable = read_yaml(text, file=path)
    if source is None:
        return None, unreadable
    shape, faults = checked_shape(source.root, DefinitionShape)
    if shape is None:
        return None, _located(source, faults)
    draft = draft_of(shape, definition_hash(shape))
    return draft, _located(source, (*faults, *_semantic_faults(draft)))


def _semantic_faults(draft: Draft) -> Iterator[Fault]:
    """References, citations, proof, policy with its exceptions."""
    definition, caps = draft.definition, shipped_caps()
    yield from reference_faults(draft)
    yield from uncited(definition)
    yield from soundness_faults(draft, caps)
    policy = (*policy_faults(draft, caps), *conduct_faults(draft, caps))
    yield from unexcepted(draft, policy, caps)


def _located(source: YamlSource, faults: tuple[Fault, ...]) -> tuple[Problem, ...]:
    problems = {source.problem(fault): None for fault in faults}
    return tuple(sorted(problems, key=lambda problem: problem.line))
