"""What has happened to a ticket, in the past tense. The ledger keeps it, the planner tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from engine.ticket import Flag, ManagerPair, PauseCause

if TYPE_CHECKING:
    from engine.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSubmitted:
    """An application was entered. `missing` names the key documents that are not there yet."""

    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStarted:
    """A stage's clock began; the day of `at` is not counted."""

    stage: str
    at: datetime
    due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketMoved:
    """A transition was fired."""

    trigger: str
    source: str
    target: str
    stage_ended: str = ""
    stage_entered: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsDeferred:
    """Accepted now, completed later (容缺受理): requirements and the border they are due at."""

    requirements: tuple[str, ...]
    due_before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSupplied:
    """A document was handed in."""

    number: int
    kind: str
    source: str
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentVerified:
    """A document was checked and found good."""

    number: int
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRejected:
    """A document was checked and found wanting; `reason` is told to the customer."""

    number: int
    kind: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockStopped:
    """The company's clocks stand still. `explicit` when an operator suspended the ticket."""

    cause: PauseCause
    explicit: bool
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockResumed:
    """The company's clocks run again."""

    cause: PauseCause
    explicit: bool
    due_on: date | None
    given_back_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundaryExtended:
    """The investment boundary was extended to the customer's own boundary; never reversed."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagersAssigned:
    """A manager pair was named or replaced."""

    before: ManagerPair | None
    after: ManagerPair
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationAmended:
    """Facts of the application were corrected: field -> (before, after) as text (R-5.1b)."""

    changes: dict[str, tuple[str, str]]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsRecorded:
    """Fields were entered or changed: field -> (before, after) as text, before may be empty."""

    changes: dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReclassified:
    """The ticket moved to another definition, with the facts and rules that led there (R-4.4)."""

    before: str
    after: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseChanged:
    """A due date told to the customer moved: the calendar or the version changed; and why."""

    stage: str
    before: date
    after: date
    provisional: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageDeclared:
    """An outage was declared on these nodes, or moved to them (R-7.2).

    `serves` names connection tickets whose works use it.
    """

    nodes: tuple[str, ...]
    serves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyRestored:
    """Supply is back below these nodes; when, by what source, is in the recorded details."""

    nodes: tuple[str, ...]
    means: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermChange:
    """What another version makes of one clock: limit in working days, due date, whether it runs.

    None where there is no limit, or no due date at present.
    """

    clock: str
    limit_before: int | None
    limit_after: int | None
    due_before: date | None = None
    due_after: date | None = None
    runs_before: bool = False
    runs_after: bool = False

    @property
    def is_later(self) -> bool:
        """Whether it gives the company more time than before."""
        if self.limit_before is None:
            return False
        return self.limit_after is None or self.limit_after > self.limit_before

    @property
    def is_earlier(self) -> bool:
        """Whether it gives the company less time than before."""
        if self.limit_after is None:
            return False
        return self.limit_before is None or self.limit_after < self.limit_before


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationAgreed:
    """The customer agreed that the ticket may move to a version, and to what (R-10.2).

    `papers` are the names of those that are asked anew or earlier.
    """

    definition: str
    terms: tuple[TermChange, ...]
    papers: tuple[str, ...]
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketMigrated:
    """The ticket moved to another version of its definition; `migration` numbers the decision.

    `terms` are the clocks whose limit, due date or running it changed; `asked` and `dropped` name
    the papers that are asked anew or earlier, and those that are asked no more.
    """

    before: str
    after: str
    source: str
    target: str
    migration: int
    terms: tuple[TermChange, ...] = ()
    asked: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsRecorded:
    """Something beside the ticket's own course was decided or done; the ticket is as it was.

    `topic` says of what, `facts` are values as text by name; why, where a reason is asked.
    """

    topic: str
    facts: dict[str, str]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFlagged:
    """Something that auditors and follow-up calls look at."""

    flag: Flag


Event = (
    TicketSubmitted
    | ClockStarted
    | TicketMoved
    | DocumentsDeferred
    | DocumentSupplied
    | DocumentVerified
    | DocumentRejected
    | ClockStopped
    | ClockResumed
    | BoundaryExtended
    | ManagersAssigned
    | ApplicationAmended
    | DetailsRecorded
    | TicketReclassified
    | PromiseChanged
    | OutageDeclared
    | SupplyRestored
    | MigrationAgreed
    | TicketMigrated
    | FactsRecorded
    | TicketFlagged
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A new ticket value and what has happened to it. Nothing is stored yet."""

    ticket: Ticket
    events: tuple[Event, ...]

    def first(self, kind: type[Any]) -> Any:  # noqa: ANN401  (narrowed by `kind`)
        """The first event of that kind, or None."""
        return next((event for event in self.events if isinstance(event, kind)), None)
