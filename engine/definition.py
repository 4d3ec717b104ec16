"""What a workflow definition (流程定义) IS: stages, states, transitions, documents, limits.

Values only. `workflows.loader` makes them from YAML and reports what is wrong with a file; a
published version is immutable and known by its content hash (R-10.2).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from engine.ticket import PauseCause, Role


class Checkpoint(StrEnum):
    """A border at which documents are due. `PLAN_CONFIRMATION` is the internal milestone (Q1)."""

    INTAKE = "intake"
    PLAN_CONFIRMATION = "plan_confirmation"
    COMPLETION = "completion"
    ENERGIZATION = "energization"

    @property
    def rank(self) -> int:
        """Its place among the borders that a ticket passes one after the other."""
        return _RANKS[self]


_RANKS = {each: rank for rank, each in enumerate(Checkpoint)}


class Applicants(StrEnum):
    """To whom a document requirement applies."""

    ALL = "all"
    RESIDENT = "resident"
    ORGANISATION = "organisation"


class Ending(StrEnum):
    """How a final state ends a ticket."""

    COMPLETED = "completed"
    ABORTED = "aborted"


class RungTiming(StrEnum):
    """When a rung of the reminder ladder is due, seen from the limit (R-6.3)."""

    HALF_LEFT = "half_left"
    LAST_DAY = "last_day"
    BEFORE_CLOSE = "before_close"
    OVERDUE = "overdue"
    OVERDUE_DAILY = "overdue_daily"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimit:
    """A limit in whole working days with its clause; `days` None is measured without a limit."""

    days: int | None
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the customer sees (环节). `name` is Chinese."""

    id: str
    name: str
    limit: TimeLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A node of the machine; belongs to one stage.

    In a state with `held_by_customer` the company's clocks stand still for that cause, until the
    document `until_received` is there (or, without one, until the state is left).
    `until_received` "key" means the key document of conditional acceptance.
    """

    id: str
    name: str
    stage: str
    held_by_customer: PauseCause | None = None
    until_received: str = ""
    suspendable: tuple[PauseCause, ...] = ()
    ending: Ending | None = None

    @property
    def is_final(self) -> bool:
        """Whether the ticket ends here."""
        return self.ending is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A named, guarded move (流转). One trigger leaves one state by one transition only.

    After it, every field that it `asks` is there: given with the move, or known before. What it
    `takes` may be given too.
    """

    trigger: str
    name: str
    source: str
    target: str
    roles: tuple[Role, ...]
    guards: tuple[str, ...] = ()
    checkpoint: Checkpoint | None = None
    reason_required: bool = False
    asks: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a ticket begins that no application starts (R-1.5): who opens it and what is entered.

    Without `roles` whoever may enter applications opens it.
    """

    roles: tuple[Role, ...] = ()
    asks: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


class FieldKind(StrEnum):
    """What a field holds. Kept as text all the same; `engine.fields` reads and shows it."""

    TEXT = "text"
    CHOICE = "choice"
    DATE = "date"
    INSTANT = "instant"
    """A reported time; only where the policy allows one (R-5.1a)."""
    NUMBER = "number"
    YES_NO = "yes_no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something people enter besides documents (登记项). `choices` maps values to Chinese names."""

    id: str
    name: str
    kind: FieldKind
    choices: dict[str, str] = field(default_factory=dict)
    clause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRequirement:
    """One requirement, satisfied by any of its kinds (business licence OR code certificate).

    `key` marks the key document of conditional acceptance; `deferrable` ones may come later, up
    to the checkpoint that the customer's investment boundary sets (R-3.2).
    """

    id: str
    name: str
    any_of: tuple[str, ...]
    due_at: Checkpoint
    clause: str
    applies_to: Applicants = Applicants.ALL
    key: bool = False
    deferrable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderRung:
    """One step of the ladder; `hours` only for BEFORE_CLOSE. Later rungs are more urgent."""

    id: str
    timing: RungTiming
    hours: int = 0


@dataclass(frozen=True, kw_only=True)
class WorkflowDefinition:
    """A declarative state machine for one kind of ticket.

    `end_to_end_from` names the state whose entry starts the end-to-end clock; empty means the
    application itself. `document_names` maps document kinds to their Chinese names. An `internal`
    process (内部业务) has no customer who follows it: its contact is told nothing of its course.
    """

    id: str
    version: int
    name: str
    basis: str
    stages: tuple[Stage, ...]
    states: tuple[State, ...]
    initial: str
    transitions: tuple[Transition, ...]
    documents: tuple[DocumentRequirement, ...]
    document_names: dict[str, str]
    handling_limit: TimeLimit
    end_to_end_limit: TimeLimit
    end_to_end_from: str = ""
    deferral_extended: Checkpoint = Checkpoint.PLAN_CONFIRMATION
    deferral_standard: Checkpoint = Checkpoint.ENERGIZATION
    deferral_clause: str = ""
    reminders: tuple[ReminderRung, ...] = ()
    fields: tuple[Field, ...] = ()
    opening: Opening = Opening()
    internal: bool = False
    content_hash: str = ""

    @cached_property
    def state_by_id(self) -> dict[str, State]:
        """States by id."""
        return {state.id: state for state in self.states}

    @cached_property
    def stage_by_id(self) -> dict[str, Stage]:
        """Stages by id."""
        return {stage.id: stage for stage in self.stages}

    @cached_property
    def field_by_id(self) -> dict[str, Field]:
        """Fields by id."""
        return {each.id: each for each in self.fields}

    @cached_property
    def edges(self) -> dict[tuple[str, str], Transition]:
        """The transition by (state, trigger)."""
        return {(each.source, each.trigger): each for each in self.transitions}

    @cached_property
    def triggers(self) -> frozenset[str]:
        """Every trigger of the definition."""
        return frozenset(each.trigger for each in self.transitions)

    @cached_property
    def is_managed(self) -> bool:
        """Whether one of the two managers acts in it, so that both are named from the start."""
        managers = {Role.PROJECT_MANAGER, Role.ACCOUNT_MANAGER}
        return any(not managers.isdisjoint(each.roles) for each in self.transitions)

    @cached_property
    def offered(self) -> dict[str, tuple[Transition, ...]]:
        """Transitions that leave a state, by state id."""
        leaving: dict[str, list[Transition]] = {state.id: [] for state in self.states}
        for each in self.transitions:
            leaving[each.source].append(each)
        return {state: tuple(found) for state, found in leaving.items()}

    @cached_property
    def asked_of_organisations(self) -> tuple[DocumentRequirement, ...]:
        """The requirements for organisations."""
        return tuple(d for d in self.documents if d.applies_to is not Applicants.RESIDENT)

    @cached_property
    def asked_of_others(self) -> tuple[DocumentRequirement, ...]:
        """The requirements for residents, and for requests that have no applicant."""
        return tuple(d for d in self.documents if d.applies_to is not Applicants.ORGANISATION)

    @property
    def ref(self) -> str:
        """Definition and version, for example `lv_resident@1`."""
        return f"{self.id}@{self.version}"
