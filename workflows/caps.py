"""The caps of the plan as a value: what a definition may contain at most (R-1, R-3.1, R-10.3).

They stand in `policy/caps.yaml`; `workflows.policy_*` hold definitions against them.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated

from pydantic import Field

from engine.definition import Applicants, Checkpoint, RungTiming
from workflows.problems import DefinitionFaultsError
from workflows.rule_files import policy_text
from workflows.schema import Clause, Days, Identifier, Name, Shape
from workflows.shape_check import checked_shape
from workflows.yaml_source import read_yaml

FILE = "caps.yaml"

Cited = Annotated[Clause, Field(min_length=1)]


class StageCap(Shape):
    """A stage that customers may see, and its longest limit in working days."""

    id: Identifier
    name: Name
    limit_days: Days | None


class RequirementCap(Shape):
    """A document that may be asked: from whom, at the earliest when, and whether it may wait."""

    id: Identifier
    any_of: list[Identifier]
    due_at: Checkpoint
    applies_to: Applicants = Applicants.ALL
    key: bool = False
    deferrable: bool = False


class DeferralCap(Shape):
    """Where deferred documents fall due, by investment boundary."""

    extended: Checkpoint
    standard: Checkpoint
    clause: Cited


class ForbiddenWords(Shape):
    """Words that no name may contain; `only` in these definitions, everywhere if it is empty."""

    words: list[Name]
    demand: Name
    clause: Cited
    only: list[Identifier] = Field(default_factory=list)


class CheckpointGuards(Shape):
    """Guards that a transition across a border must have."""

    guards: dict[Checkpoint, list[Identifier]]
    clause: Cited


class GuardCap(Shape):
    """A condition that a transition may have beside its documents, and at which borders."""

    id: Identifier
    name: Name
    at: list[Checkpoint]
    clause: Cited


class ReminderRule(Shape):
    """Of each group of rungs a ladder has at least one."""

    one_of_each: list[list[RungTiming]]
    clause: Cited


class AskedField(Shape):
    """A field that a process asks on every way to its completion."""

    definition: Identifier
    field: Identifier
    clause: Cited


class FieldRule(Shape):
    """Where people may enter something besides documents, where a reported time, what always."""

    none_in: list[Identifier]
    clause: Cited
    reported_times_in: list[Identifier]
    reported_times_clause: Cited
    always_asked: list[AskedField]


class ExceptionRule(Shape):
    """The rules from which a law may make an exception."""

    rules: list[Identifier]
    clause: Cited


class DefinitionCap(Shape):
    """The caps of one definition."""

    id: Identifier
    customers: Name
    stages: list[StageCap]
    handling_limit_days: Days | None
    end_to_end_limit_days: Days | None
    end_to_end_from: Identifier | None = None
    clock_stops: list[Identifier]
    guards: list[Identifier]
    checkpoints: list[Checkpoint]
    borders: dict[Checkpoint, Identifier] = Field(default_factory=dict)
    requirements: list[Identifier]


class Caps(Shape):
    """The whole file."""

    stages_clause: Cited
    limits_clause: Cited
    documents_clause: Cited
    requirements: list[RequirementCap]
    deferral: DeferralCap
    forbidden_words: list[ForbiddenWords]
    guards: list[GuardCap]
    guards_clause: Cited
    checkpoint_guards: CheckpointGuards
    borders_clause: Cited
    reminders: ReminderRule
    fields: FieldRule
    told_clause: Cited
    exceptions: ExceptionRule
    clock_stops_clause: Cited
    definitions: list[DefinitionCap]

    def of(self, definition_id: str) -> DefinitionCap | None:
        """The caps of a definition; None if the plan says nothing about such a process."""
        return next((each for each in self.definitions if each.id == definition_id), None)

    def allowed_requirements(self, definition_id: str) -> tuple[RequirementCap, ...]:
        """What that definition may ask for; a process the plan does not name, what others may."""
        cap = self.of(definition_id)
        if cap is None:
            return tuple(self.requirements)
        return tuple(each for each in self.requirements if each.id in cap.requirements)


@cache
def shipped_caps() -> Caps:
    """The caps of the plan."""
    return load_caps(policy_text(FILE), path=FILE)


def load_caps(text: str, *, path: str) -> Caps:
    """The caps that the YAML `text` describes.

    Raises:
        DefinitionFaultsError: it cannot be read; all problems at once.
    """
    source, problems = read_yaml(text, file=path)
    if source is None:
        raise DefinitionFaultsError(problems)
    caps, faults = checked_shape(source.root, Caps)
    if caps is None or faults:
        raise DefinitionFaultsError(source.problem(fault) for fault in faults)
    return caps
