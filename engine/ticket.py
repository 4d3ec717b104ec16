"""A ticket (工单) as one frozen value, with everything the engine needs to decide about it.

A ticket is loaded and saved whole. Due dates are not in it: they are derived from what is
(starts, ends and pauses of its stages) by `engine.clocks`, so they can never disagree with it.
It and its parts have no slots, so that `engine.values.changed` can copy them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.application import (
    ConnectionApplication,
    CustomerType,
    InvestmentBoundary,
    ServiceRequest,
    ServiceScheme,
)


class Role(StrEnum):
    """What somebody may do; definitions name these in their transitions."""

    OPERATOR = "operator"
    ACCOUNT_MANAGER = "account_manager"
    PROJECT_MANAGER = "project_manager"
    SECTION_HEAD = "section_head"
    BRANCH_HEAD = "branch_head"
    MARKETING = "marketing"
    DISPATCHER = "dispatcher"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    CUSTOMER = "customer"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts. `branch` is empty for people of the company as a whole."""

    user_id: str
    name: str
    roles: frozenset[Role]
    branch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who does something, at which instant of the server's clock, and why if a reason is asked."""

    actor: Actor
    at: datetime
    reason: str = ""


SYSTEM = Actor(user_id="system", name="系统", roles=frozenset({Role.SYSTEM}))


@dataclass(frozen=True, kw_only=True)
class ManagerPair:
    """双经理: two different people, by user id (R-6.1, T2a)."""

    project_manager: str
    account_manager: str


class DocumentSource(StrEnum):
    """How a document reached the company (R-3.6)."""

    COUNTER = "counter"
    ONLINE = "online"
    ON_SITE = "on_site"
    E_CERTIFICATE = "e_certificate"


class DocumentStatus(StrEnum):
    """What is known of a document that was supplied."""

    SUPPLIED = "supplied"
    VERIFIED = "verified"
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True)
class StoredFile:
    """A file kept by content hash outside the database (R-3.6); size in bytes."""

    sha256: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, kw_only=True)
class DocumentRecord:
    """One paper that was handed in. `number` counts a ticket's documents from 1."""

    number: int
    kind: str
    source: DocumentSource
    received_at: datetime
    received_by: str
    status: DocumentStatus = DocumentStatus.SUPPLIED
    note: str = ""
    expires_on: date | None = None
    file: StoredFile | None = None


class PauseCause(StrEnum):
    """Why the company's clocks stand still; there is no third cause (R-2.4, 附件 注2)."""

    EXTERNAL_LINE = "external_line"
    CUSTOMER_WORKS = "customer_works"


@dataclass(frozen=True, kw_only=True)
class Pause:
    """A stretch in which the company did not hold the ticket.

    `explicit` is a suspension that an operator entered with evidence; the others follow from a
    state in which the customer builds or repairs.
    """

    suspended_at: datetime
    cause: PauseCause
    resumed_at: datetime | None = None
    evidence: str = ""
    suspended_by: str = ""
    explicit: bool = False


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A due date that was told to the customer, and when (R-6.2)."""

    due_on: date
    provisional: bool
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class StageRun:
    """The ticket's passage through one stage. `started_at` is None while nothing may be counted."""

    stage_id: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""
    pauses: tuple[Pause, ...] = ()
    promises: tuple[Promise, ...] = ()


class FlagCode(StrEnum):
    """What is kept for the auditors and for follow-up calls (R-5.2, R-5.3, R-8.1)."""

    RESTARTED = "restarted"
    UNUSUALLY_FAST = "unusually_fast"
    BOUNDARY_NOT_EXTENDED = "boundary_not_extended"


@dataclass(frozen=True, kw_only=True)
class Flag:
    """A flag with its explanation in Chinese."""

    code: FlagCode
    note: str


@dataclass(frozen=True, kw_only=True)
class Classification:
    """Who the customer is, and every fact and rule that led to it (R-4.4)."""

    customer_type: CustomerType
    service_scheme: ServiceScheme
    investment_boundary: InvestmentBoundary
    definition_id: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The customer agreed to what a version asks more than was promised, with evidence (R-10.2)."""

    definition_ref: str
    evidence: str
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """One run of a definition.

    `revision` counts the changes; entry number `revision` of the ticket's ledger stream is the
    last one. `end_to_end_started_at` is None until a key document is there (R-1.2).
    `deferred` names the requirements that were deferred at intake (容缺受理).
    """

    ticket_no: str
    branch: str
    definition_id: str
    definition_version: int
    request: ConnectionApplication | ServiceRequest
    state: str
    entered_at: datetime
    submitted_at: datetime
    revision: int = 0
    classification: Classification | None = None
    boundary: InvestmentBoundary = InvestmentBoundary.STANDARD
    managers: ManagerPair | None = None
    documents: tuple[DocumentRecord, ...] = ()
    deferred: tuple[str, ...] = ()
    stage_runs: tuple[StageRun, ...] = ()
    end_to_end_started_at: datetime | None = None
    ended_at: datetime | None = None
    passed_checkpoints: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    linked_to: str = ""
    agreements: tuple[Agreement, ...] = ()

    @property
    def current_run(self) -> StageRun | None:
        """The stage that is not ended yet, if any."""
        last = self.stage_runs[-1] if self.stage_runs else None
        return last if last is not None and last.ended_at is None else None

    @property
    def open_pause(self) -> Pause | None:
        """The pause that is in effect, if any."""
        run = self.current_run
        last = run.pauses[-1] if run is not None and run.pauses else None
        return last if last is not None and last.resumed_at is None else None

    @property
    def is_suspended(self) -> bool:
        """Whether an operator suspended it; a state in which the customer builds is not that."""
        pause = self.open_pause
        return pause is not None and pause.explicit

    @property
    def definition_ref(self) -> str:
        """Definition and version as written in the ledger, for example `lv_resident@1`."""
        return f"{self.definition_id}@{self.definition_version}"
