"""What a simulation has shown, worked out from the tickets as they stand at its end.

Pure: tickets with their definitions in, figures out. A ticket that was aborted counts in no rate,
because its last stage was never finished; a limit that is past counts as missed, finished or not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.calendar import local_date
from engine.clocks import (
    CAUSE_NAMES,
    ClockKind,
    elapsed_days,
    end_to_end_clock,
    handling_clock,
    stage_clock,
    standing,
)
from engine.definition import Checkpoint, Ending
from engine.documents import missing_key_documents, outstanding_deferrals
from engine.ticket import DocumentStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from engine.calendar import OfficeHours, WorkCalendar
    from engine.clocks import Clock, Standing
    from engine.definition import WorkflowDefinition
    from engine.ticket import Ticket

CLOCK_NAMES = {ClockKind.HANDLING: "合计办理", ClockKind.END_TO_END: "全过程"}
OUTCOMES = {None: "在办", Ending.COMPLETED: "已送电", Ending.ABORTED: "已中止"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Governed:
    """A ticket with the definition version that governs it."""

    ticket: Ticket
    definition: WorkflowDefinition

    @property
    def ending(self) -> Ending | None:
        """How it ended; None while it is open."""
        return self.definition.state_by_id[self.ticket.state].ending

    def clocks(self) -> Iterator[Clock]:
        """Every clock that could be kept or missed, those of stages left by aborting excepted."""
        for run in self.ticket.stage_runs:
            left_by_aborting = self.ending is Ending.ABORTED and run is self.ticket.stage_runs[-1]
            if not left_by_aborting:
                yield stage_clock(run, self.definition)
        if self.ending is not Ending.ABORTED:
            yield handling_clock(self.ticket, self.definition)
            yield end_to_end_clock(self.ticket, self.definition)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The end of the simulation, and what tells how late it is then."""

    calendar: WorkCalendar
    hours: OfficeHours
    at: datetime

    @property
    def today(self) -> date:
        """The day in Shanghai."""
        return local_date(self.at)

    def standing(self, clock: Clock) -> Standing:
        """How a clock stands."""
        return standing(clock, self.calendar, self.hours, self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeFigures:
    """Where the tickets of a definition have got to.

    `mean_days` is the whole process of those energized, in working days (R-1.3), beside its limit.
    """

    definition: str
    name: str
    submitted: int
    accepted: int
    energized: int
    aborted: int
    open: int
    waiting_for_key: int
    mean_days: float | None
    limit_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Punctuality:
    """How often one clock of one definition kept its limit.

    `finished` were ended, `on_time` of them within the limit, `overdue_open` are late and go on.
    """

    definition: str
    name: str
    clock: str
    clock_name: str
    limit_days: int
    finished: int
    on_time: int
    overdue_open: int

    @property
    def rate(self) -> float | None:
        """Share that kept the limit, of all that are finished or late; None without any."""
        judged = self.finished + self.overdue_open
        return self.on_time / judged if judged else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueClock:
    """A limit that was missed: by how many working days, until its end or until now."""

    ticket_no: str
    name: str
    clock_name: str
    due_on: date
    days: int
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFigures:
    """Documents, and what conditional acceptance (容缺受理) deferred.

    `lapsed` deferrals are those of tickets that were aborted.
    """

    supplied: int
    rejected: int
    deferred: int
    completed: int
    outstanding: int
    lapsed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseFigures:
    """How often the company's clocks stood still: by hand with evidence, or by the state."""

    cause_name: str
    by_hand: int
    by_state: int


def by_type(governed: Iterable[Governed], moment: Moment) -> tuple[TypeFigures, ...]:
    """One line a definition, by its id."""
    return tuple(
        _type_figures(definition, tickets, moment)
        for definition, tickets in _grouped(governed).items()
    )


def _grouped(governed: Iterable[Governed]) -> dict[str, list[Governed]]:
    groups: dict[str, list[Governed]] = defaultdict(list)
    for each in governed:
        groups[each.definition.id].append(each)
    return dict(sorted(groups.items()))


def _type_figures(definition: str, tickets: Sequence[Governed], moment: Moment) -> TypeFigures:
    endings = Counter(each.ending for each in tickets)
    whole = [
        elapsed_days(end_to_end_clock(each.ticket, each.definition), moment.calendar, moment.today)
        for each in tickets
        if each.ending is Ending.COMPLETED
    ]
    waiting = [
        each
        for each in tickets
        if each.ending is None
        and missing_key_documents(each.definition, each.ticket, moment.today)
        and Checkpoint.INTAKE not in each.ticket.passed_checkpoints
    ]
    newest = max((each.definition for each in tickets), key=lambda each: each.version)
    return TypeFigures(
        definition=definition,
        name=newest.name,
        submitted=len(tickets),
        accepted=sum(Checkpoint.INTAKE in each.ticket.passed_checkpoints for each in tickets),
        energized=endings[Ending.COMPLETED],
        aborted=endings[Ending.ABORTED],
        open=endings[None],
        waiting_for_key=len(waiting),
        mean_days=round(sum(whole) / len(whole), 2) if whole else None,
        limit_days=newest.end_to_end_limit.days,
    )


def punctuality(governed: Iterable[Governed], moment: Moment) -> tuple[Punctuality, ...]:
    """The on-time rate of every limit, by definition in the order of its stages."""
    counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    definitions: dict[str, WorkflowDefinition] = {}
    for each in governed:
        definitions[each.definition.id] = each.definition
        for clock in each.clocks():
            if clock.started_on is None or clock.limit_days is None:
                continue
            is_late = moment.standing(clock).is_overdue
            key = (each.definition.id, clock.id)
            counted[key].update(_verdict(is_ended=clock.ended_at is not None, is_late=is_late))
    return tuple(
        Punctuality(
            definition=definition.id,
            name=definition.name,
            clock=clock,
            clock_name=clock_name,
            limit_days=limit,
            finished=counts["finished"],
            on_time=counts["on_time"],
            overdue_open=counts["overdue_open"],
        )
        for _, definition in sorted(definitions.items())
        for clock, clock_name, limit in _limits(definition)
        if (counts := counted[definition.id, clock])
    )


def _verdict(*, is_ended: bool, is_late: bool) -> tuple[str, ...]:
    if not is_ended:
        return ("overdue_open",) if is_late else ()
    return ("finished",) if is_late else ("finished", "on_time")


def _limits(definition: WorkflowDefinition) -> Iterator[tuple[str, str, int]]:
    """Clock, its name and its limit, for every clock that has one."""
    for stage in definition.stages:
        if stage.limit.days is not None:
            yield f"{ClockKind.STAGE}:{stage.id}", stage.name, stage.limit.days
    wholes = (
        (ClockKind.HANDLING, definition.handling_limit),
        (ClockKind.END_TO_END, definition.end_to_end_limit),
    )
    for kind, limit in wholes:
        if limit.days is not None:
            yield str(kind), CLOCK_NAMES[kind], limit.days


def overdue(governed: Iterable[Governed], moment: Moment) -> tuple[OverdueClock, ...]:
    """Every limit that was missed, aborted tickets included; the latest first."""
    missed = []
    for each in governed:
        names = {clock: name for clock, name, _ in _limits(each.definition)}
        wholes = (
            handling_clock(each.ticket, each.definition),
            end_to_end_clock(each.ticket, each.definition),
        )
        stages = (stage_clock(run, each.definition) for run in each.ticket.stage_runs)
        for clock in (*stages, *wholes):
            found = moment.standing(clock)
            if found.is_overdue and found.due_on is not None:
                until = min(moment.today, clock.ended_on or moment.today)
                late = OverdueClock(
                    ticket_no=each.ticket.ticket_no,
                    name=each.definition.name,
                    clock_name=names[clock.id],
                    due_on=found.due_on,
                    days=moment.calendar.working_days_between(found.due_on, until),
                    outcome=OUTCOMES[each.ending],
                )
                missed.append(late)
    return tuple(sorted(missed, key=lambda late: (-late.days, late.ticket_no, late.clock_name)))


def papers(governed: Iterable[Governed], moment: Moment) -> PaperFigures:
    """Documents and deferrals of all tickets."""
    supplied = rejected = 0
    deferrals: Counter[str] = Counter()
    for each in governed:
        ticket = each.ticket
        supplied += len(ticket.documents)
        rejected += sum(record.status is DocumentStatus.REJECTED for record in ticket.documents)
        out = len(outstanding_deferrals(each.definition, ticket, moment.today))
        deferrals["deferred"] += len(ticket.deferred)
        deferrals["completed"] += len(ticket.deferred) - out
        deferrals["lapsed" if each.ending is Ending.ABORTED else "outstanding"] += out
    return PaperFigures(
        supplied=supplied,
        rejected=rejected,
        deferred=deferrals["deferred"],
        completed=deferrals["completed"],
        outstanding=deferrals["outstanding"],
        lapsed=deferrals["lapsed"],
    )


def pauses(governed: Iterable[Governed]) -> tuple[PauseFigures, ...]:
    """Suspensions by cause."""
    counted = Counter(
        (pause.cause, pause.explicit)
        for each in governed
        for run in each.ticket.stage_runs
        for pause in run.pauses
    )
    return tuple(
        PauseFigures(cause_name=name, by_hand=counted[cause, True], by_state=counted[cause, False])
        for cause, name in CAUSE_NAMES.items()
    )


def flags(governed: Iterable[Governed]) -> dict[str, int]:
    """How many tickets carry each flag, by its code."""
    return dict(Counter(flag.code.value for each in governed for flag in each.ticket.flags))
