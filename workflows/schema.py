"""The shape of a workflow definition as it stands in a file, and its way into the engine's value.

Shape only: whether the parts fit together is said by `references` and `structure`, whether the
plan allows them by `policy_check`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from engine.definition import (
    Applicants,
    Checkpoint,
    DocumentRequirement,
    Ending,
    FieldKind,
    Opening,
    ReminderRung,
    RungTiming,
    Stage,
    State,
    TimeLimit,
    Transition,
    WorkflowDefinition,
)
from engine.definition import Field as AskedField
from engine.ticket import PauseCause, Role

if TYPE_CHECKING:
    from workflows.problems import Path

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Name = Annotated[str, Field(pattern=r"\S", max_length=60)]
Clause = Annotated[str, Field(max_length=120)]
Days = Annotated[int, Field(ge=1, le=250)]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Shape(BaseModel):
    """Common strictness: nothing unknown, nothing converted, nothing changed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class LimitShape(Shape):
    """A limit in working days; `days: null` is measured without a limit."""

    days: Days | None
    clause: Clause = ""

    def value(self) -> TimeLimit:
        """As the engine knows it."""
        return TimeLimit(days=self.days, clause=self.clause)


class StageShape(Shape):
    """A stage as the customer sees it."""

    id: Identifier
    name: Name
    limit: LimitShape


class StateShape(Shape):
    """A state of the machine."""

    id: Identifier
    name: Name
    stage: Identifier
    held_by_customer: PauseCause | None = None
    until_received: Identifier | None = None
    suspendable: list[PauseCause] = []
    ending: Ending | None = None

    def value(self) -> State:
        """As the engine knows it."""
        return State(
            id=self.id,
            name=self.name,
            stage=self.stage,
            held_by_customer=self.held_by_customer,
            until_received=self.until_received or "",
            suspendable=tuple(self.suspendable),
            ending=self.ending,
        )


class TransitionShape(Shape):
    """A move; `from` may name several states that it leaves in the same way."""

    trigger: Identifier
    name: Name
    sources: Annotated[
        list[Identifier], BeforeValidator(_listed), Field(alias="from", min_length=1)
    ]
    target: Identifier = Field(alias="to")
    roles: list[Role] = Field(min_length=1)
    guards: list[Identifier] = []
    checkpoint: Checkpoint | None = None
    reason_required: bool = False
    asks: list[Identifier] = []
    takes: list[Identifier] = []

    def values(self) -> tuple[Transition, ...]:
        """One transition of the engine per source."""
        return tuple(
            Transition(
                trigger=self.trigger,
                name=self.name,
                source=source,
                target=self.target,
                roles=tuple(self.roles),
                guards=tuple(self.guards),
                checkpoint=self.checkpoint,
                reason_required=self.reason_required,
                asks=tuple(self.asks),
                takes=tuple(self.takes),
            )
            for source in self.sources
        )


class DocumentShape(Shape):
    """A document requirement."""

    id: Identifier
    name: Name
    any_of: list[Identifier] = Field(min_length=1)
    due_at: Checkpoint
    clause: Clause = ""
    applies_to: Applicants = Applicants.ALL
    key: bool = False
    deferrable: bool = False

    def value(self) -> DocumentRequirement:
        """As the engine knows it."""
        return DocumentRequirement(
            id=self.id,
            name=self.name,
            any_of=tuple(self.any_of),
            due_at=self.due_at,
            clause=self.clause,
            applies_to=self.applies_to,
            key=self.key,
            deferrable=self.deferrable,
        )


class FieldShape(Shape):
    """Something that people enter besides documents."""

    id: Identifier
    name: Name
    kind: FieldKind
    choices: dict[Identifier, Name] = {}
    clause: Clause = ""

    def value(self) -> AskedField:
        """As the engine knows it."""
        return AskedField(
            id=self.id,
            name=self.name,
            kind=self.kind,
            choices=dict(self.choices),
            clause=self.clause,
        )


class OpeningShape(Shape):
    """Who opens a ticket that no application starts, and what is entered then."""

    roles: list[Role] = []
    asks: list[Identifier] = []
    takes: list[Identifier] = []

    def value(self) -> Opening:
        """As the engine knows it."""
        return Opening(roles=tuple(self.roles), asks=tuple(self.asks), takes=tuple(self.takes))


class DeferralShape(Shape):
    """Where deferred documents fall due, by investment boundary (R-3.2)."""

    extended: Checkpoint
    standard: Checkpoint
    clause: Clause = ""


class RungShape(Shape):
    """One rung of the reminder ladder; `hours` before the close of business."""

    id: Identifier
    timing: RungTiming
    hours: Annotated[int, Field(ge=1, le=8)] | None = None

    def value(self) -> ReminderRung:
        """As the engine knows it."""
        return ReminderRung(id=self.id, timing=self.timing, hours=self.hours or 0)


class ExceptionShape(Shape):
    """One exception from the caps: which rule, for what, by which law, approved by whom (R-10.3).

    `subject` is the id of the stage, document, state or trigger, or the key of a limit.
    """

    rule: Identifier
    subject: Identifier
    law: Clause
    reason: Name
    approved_by: Annotated[str, Field(max_length=60)]


class DefinitionShape(Shape):
    """A whole file."""

    id: Identifier
    version: Annotated[int, Field(ge=1, le=999_999)]
    name: Name
    basis: Name
    internal: bool = False
    stages: list[StageShape] = Field(min_length=1)
    handling_limit: LimitShape
    end_to_end_limit: LimitShape
    end_to_end_from: Identifier | None = None
    initial: Identifier
    opening: OpeningShape = OpeningShape()
    fields: list[FieldShape] = []
    states: list[StateShape] = Field(min_length=1)
    transitions: list[TransitionShape] = Field(min_length=1)
    document_names: dict[Identifier, Name] = {}
    documents: list[DocumentShape] = []
    deferral: DeferralShape | None = None
    reminders: list[RungShape] = []
    exceptions: list[ExceptionShape] = []

    def value(self, content_hash: str) -> WorkflowDefinition:
        """As the engine knows it; references are taken as they stand."""
        deferral = self.deferral or DeferralShape(
            extended=Checkpoint.PLAN_CONFIRMATION, standard=Checkpoint.ENERGIZATION
        )
        return WorkflowDefinition(
            id=self.id,
            version=self.version,
            name=self.name,
            basis=self.basis,
            stages=tuple(
                Stage(id=each.id, name=each.name, limit=each.limit.value()) for each in self.stages
            ),
            states=tuple(each.value() for each in self.states),
            initial=self.initial,
            transitions=tuple(value for each in self.transitions for value in each.values()),
            documents=tuple(each.value() for each in self.documents),
            document_names=dict(self.document_names),
            handling_limit=self.handling_limit.value(),
            end_to_end_limit=self.end_to_end_limit.value(),
            end_to_end_from=self.end_to_end_from or "",
            deferral_extended=deferral.extended,
            deferral_standard=deferral.standard,
            deferral_clause=deferral.clause,
            reminders=tuple(each.value() for each in self.reminders),
            fields=tuple(each.value() for each in self.fields),
            opening=self.opening.value(),
            internal=self.internal,
            content_hash=content_hash,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A definition under examination; `transition_paths` tell where each transition stands."""

    definition: WorkflowDefinition
    transition_paths: tuple[Path, ...]
    exceptions: tuple[ExceptionShape, ...] = ()


def draft_of(shape: DefinitionShape, content_hash: str) -> Draft:
    """The draft with the place of every transition in the file."""
    paths: list[Path] = []
    for index, each in enumerate(shape.transitions):
        paths.extend(("transitions", index, "from", part) for part in range(len(each.sources)))
    return Draft(
        definition=shape.value(content_hash),
        transition_paths=tuple(paths),
        exceptions=tuple(shape.exceptions),
    )
