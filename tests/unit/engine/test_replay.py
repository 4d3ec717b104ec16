"""What is on record done again under other rules: late, blocked, lost, or classified otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic_core import to_jsonable_python

from engine.amendments import amend
from engine.application import (
    ConnectionApplication,
    CustomerType,
    InvestmentBoundary,
    ServiceScheme,
)
from engine.audit_flags import FastPolicy
from engine.definition import Checkpoint, TimeLimit
from engine.ledger import LedgerDraft, LedgerHead, seal
from engine.machine import TicketMachine
from engine.replay import ReplayFinding, ReplayRules, find, replayable
from engine.ticket import PauseCause
from tests.builders import (
    CALENDAR,
    EVERYBODY,
    HOURS,
    PAIR,
    a_classification,
    a_ticket,
    instant,
)
from tests.unit.engine.definitions import (
    HV_SINGLE,
    LV_STANDARD,
    LV_THREE_ZERO,
    document,
    stage,
)
from tests.unit.engine.migrating import renamed, version, with_state
from tests.unit.engine.test_migration_promises import without
from tests.unit.engine.trip import Trip

if TYPE_CHECKING:
    from datetime import date

    from engine.definition import WorkflowDefinition
    from engine.ledger import LedgerEntry
    from engine.ticket import Classification

LICENCE, PROOF = "business_licence", "property_proof"
LAST = "stage:metering_and_energization"
COURSE = ("complete_intake", "finish_site_visit", "release_works", "finish_works", "energize")
DAYS = ("06", "07", "08", "09", "10")
STANDARD = a_classification(
    service_scheme=ServiceScheme.STANDARD,
    investment_boundary=InvestmentBoundary.STANDARD,
    definition_id=LV_STANDARD.id,
)


@dataclass
class Record:
    """A trip whose every act is put on record."""

    trip: Trip
    entries: list[LedgerEntry] = field(default_factory=list)

    def act(self, when: str) -> None:
        """Seal what the last call has done."""
        events = [
            {"event": type(each).__name__, **to_jsonable_python(each)} for each in self.trip.events
        ]
        head = self.entries[-1].head if self.entries else LedgerHead(stream="T")
        draft = LedgerDraft(action="act", details={"events": events})
        ref = self.trip.ticket.definition_ref
        self.entries.append(seal(draft, head, EVERYBODY, instant(when), ref))
        self.trip.ticket = replace(self.trip.ticket, revision=len(self.entries))

    def fire(self, when: str, *triggers: str) -> Record:
        for trigger in triggers:
            self.trip.fire(trigger, when)
            self.act(when)
        return self

    def supply(self, when: str, kind: str) -> Record:
        self.trip.supply(kind, when)
        self.act(when)
        return self


def begun(definition: WorkflowDefinition = LV_STANDARD) -> Record:
    """Entered on Monday the 6th without any paper, which comes an hour later."""
    ticket = a_ticket(definition=definition, classification=STANDARD, managers=None)
    record = Record(Trip(definition=definition, ticket=ticket).submit("2021-09-06 09:00"))
    record.act("2021-09-06 09:00")
    record.trip.assign(PAIR)
    record.act("2021-09-06 09:00")
    return record.supply("2021-09-06 10:00", LICENCE)


def completed(*, proof_on: str = "2021-09-06 11:00") -> Record:
    """Visited on Tuesday, works released; the proof comes when it comes; done on Friday."""
    record = begun()
    done = {trigger: f"2021-09-{day} 15:00" for trigger, day in zip(COURSE, DAYS, strict=True)}
    waiting = [(proof_on, "")] + [(when, trigger) for trigger, when in done.items()]
    for when, trigger in sorted(waiting):
        if trigger:
            record.fire(when, trigger)
        else:
            record.supply(when, PROOF)
    return record


def own(definition: WorkflowDefinition = LV_STANDARD) -> ReplayRules:
    return rules({each.ref: each for each in (LV_STANDARD, LV_THREE_ZERO, HV_SINGLE, definition)})


def rules(
    known: dict[str, WorkflowDefinition], classification: Classification = STANDARD
) -> ReplayRules:
    machines = {ref: TicketMachine(each) for ref, each in known.items()}
    return ReplayRules(
        governing=machines.__getitem__,
        classify=lambda _request, _on: classification,
        calendar=CALENDAR,
        hours=HOURS,
        fast=FastPolicy(),
    )


def under(
    record: Record, draft: WorkflowDefinition, classification: Classification = STANDARD
) -> ReplayFinding:
    """The finding under a draft that takes the place of every version."""
    again = replayable(draft, [record.trip.definition])
    machine = {"lv_business@1": again, again.ref: again}
    return find(record.trip.ticket, record.entries, rules(machine, classification), own())


def test_under_its_own_rules_it_is_the_same() -> None:
    record = completed()
    assert record.trip.ticket.ended_at is not None
    assert under(record, LV_STANDARD).is_the_same


def test_late_by_a_shorter_limit_and_no_longer_late_by_a_longer_one() -> None:
    record = completed()
    shorter = version(LV_STANDARD, stages=(stage("intake", 1), stage(LAST.partition(":")[2], 3)))
    found = under(record, shorter)
    assert (found.newly_overdue, found.no_longer_overdue) == ((LAST,), ())
    assert not found.is_the_same
    tight = find(record.trip.ticket, record.entries, own(), rules({"lv_business@1": shorter}))
    assert (tight.newly_overdue, tight.no_longer_overdue) == ((), (LAST,))


def test_blocked_where_a_paper_came_later_than_the_draft_wants_it() -> None:
    sooner = version(LV_STANDARD, deferral_standard=Checkpoint.PLAN_CONFIRMATION)
    late, early = completed(proof_on="2021-09-08 15:01"), completed(proof_on="2021-09-08 14:59")
    assert under(early, sooner).is_the_same
    stop = under(late, sooner).stop
    assert stop is not None
    assert (stop.trigger, stop.name, stop.papers) == (
        "release_works",
        "办理release_works",
        ("用电地址物权证件",),
    )
    assert (stop.is_unreachable, stop.at) == (False, instant("2021-09-08 15:00"))
    assert [reason.code for reason in stop.reasons] == ["document_missing"]


def test_all_that_would_have_been_missing_is_named() -> None:
    more = version(
        LV_STANDARD,
        documents=(*LV_STANDARD.documents, document("project_approval")),
        deferral_standard=Checkpoint.PLAN_CONFIRMATION,
    )
    stop = under(completed(proof_on="2021-09-09 10:00"), more).stop
    assert stop is not None
    assert stop.trigger == "complete_intake"
    assert stop.papers == ("用电工程项目批准文件",)


def test_a_move_that_is_not_there_leads_nowhere() -> None:
    arrows = tuple(each for each in LV_STANDARD.transitions if each.trigger != "finish_works")
    found = under(completed(), version(LV_STANDARD, transitions=arrows))
    assert found.stop is not None
    assert (found.stop.trigger, found.stop.is_unreachable) == ("finish_works", True)
    elsewhere = tuple(
        replace(each, source="plan_confirmation") if each.trigger == "finish_works" else each
        for each in LV_STANDARD.transitions
    )
    stop = under(completed(), version(LV_STANDARD, transitions=elsewhere)).stop
    assert stop is not None
    assert stop.is_unreachable


def test_states_may_have_other_names_as_long_as_the_moves_lead_on() -> None:
    assert under(completed(), renamed(LV_STANDARD, "grid_works", "works")).is_the_same


def test_a_ticket_that_was_held_up_is_judged_when_it_was() -> None:
    sooner = version(
        LV_STANDARD,
        stages=(stage("intake", 1), stage(LAST.partition(":")[2], 1)),
        handling_limit=TimeLimit(days=2),
        deferral_standard=Checkpoint.PLAN_CONFIRMATION,
    )
    found = under(completed(proof_on="2021-09-10 10:00"), sooner)
    assert found.stop is not None
    assert found.newly_overdue == (LAST,)  # due on the 7th; handling is due on the 8th itself
    assert found.no_longer_overdue == ()


def test_a_pause_that_would_not_have_been_allowed_gives_nothing_back() -> None:
    record = begun().supply("2021-09-06 11:00", PROOF)
    record.fire("2021-09-06 15:00", "complete_intake")
    record.fire("2021-09-07 10:00", "finish_site_visit", "release_works")
    record.trip.suspend("2021-09-07 12:00", PauseCause.EXTERNAL_LINE)
    record.act("2021-09-07 12:00")
    record.trip.resume("2021-09-13 12:00")
    record.act("2021-09-13 12:00")
    record.fire("2021-09-13 15:00", "finish_works", "energize")
    found = under(record, with_state(LV_STANDARD, "grid_works", suspendable=()))
    assert [each.kind for each in found.skipped] == ["ClockStopped", "ClockResumed"]
    assert (found.stop, found.newly_overdue) == (None, (LAST,))


def test_a_paper_nobody_asks_for_any_more_was_handed_in_all_the_same() -> None:
    names = {kind: name for kind, name in LV_STANDARD.document_names.items() if kind != PROOF}
    draft = replace(without(LV_STANDARD, PROOF), document_names=names)
    assert under(completed(), draft).is_the_same


def test_a_ticket_whose_beginning_is_not_on_record_is_not_judged() -> None:
    record = completed()
    found = find(record.trip.ticket, record.entries[1:], own(), own())
    assert (found.unknown, found.stop, found.overdue) == (("ManagersAssigned",), None, ())
    late = own(version(LV_STANDARD, 1, handling_limit=TimeLimit(days=1)))
    uncertain = find(record.trip.ticket, record.entries[1:], own(), late)
    assert (uncertain.was_overdue, uncertain.no_longer_overdue) == (("handling",), ())
    assert not found.is_the_same


def test_what_people_would_only_have_had_to_write_down_holds_nobody_up() -> None:
    arrows = tuple(replace(each, reason_required=True) for each in LV_STANDARD.transitions)
    assert under(completed(), version(LV_STANDARD, transitions=arrows)).is_the_same


def test_a_ticket_that_would_have_begun_in_another_process() -> None:
    high = a_classification(customer_type=CustomerType.HV_SINGLE_SUPPLY, definition_id=HV_SINGLE.id)
    found = under(completed(), LV_STANDARD, high)
    assert found.is_classified_otherwise
    assert (found.definition, found.reclassified) == ("lv_business", "hv_single_supply")
    assert not found.is_the_same


def test_the_facts_of_the_day_classify_and_not_those_corrected_since() -> None:
    record = begun()
    applied_for = record.trip.ticket.request
    assert isinstance(applied_for, ConnectionApplication)
    larger = replace(applied_for, requested_capacity_kw=Decimal(120))
    amended = amend(record.trip.ticket, LV_STANDARD, larger, reason="客户申请更正")
    record.trip.ticket, record.trip.events = amended.ticket, amended.events
    record.act("2021-09-06 12:00")
    record.trip.fire("abort", "2021-09-06 13:00", reason="客户撤回")
    record.act("2021-09-06 13:00")
    asked: list[Decimal] = []

    def classify(request: ConnectionApplication, _on: date) -> Classification:
        asked.append(request.requested_capacity_kw)
        return STANDARD

    find(record.trip.ticket, record.entries, replace(own(), classify=classify), own())
    assert asked == [Decimal(100)]
