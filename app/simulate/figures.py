"""What a simulation has shown, worked out from the tickets as they stand at its end.

Pure: tickets with their definitions in, figures out. What concerns limits is in `punctuality`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.calendar import local_date
from engine.clocks import (
    CAUSE_NAMES,
    elapsed_days,
    end_to_end_clock,
    standing,
)
from engine.definition import Checkpoint, Ending
from engine.documents import missing_key_documents, outstanding_deferrals
from engine.ticket import DocumentStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from engine.calendar import WorkCalendar
    from engine.clocks import Clock, Standing
    from engine.definition import WorkflowDefinition
    from engine.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Governed:
    """A ticket with the definition version that governs it."""

    ticket: Ticket
    definition: WorkflowDefinition

    @property
    def ending(self) -> Ending | None:
        """How it ended; None while it is open."""
        return self.definition.state_by_id[self.ticket.state].ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The end of the simulation, and what tells how late it is then."""

    calendar: WorkCalendar
    at: datetime

    @property
    def today(self) -> date:
        """The day in Shanghai."""
        return local_date(self.at)

    def standing(self, clock: Clock) -> Standing:
        """How a clock stands."""
        return standing(clock, self.calendar, self.at)


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


def papers(governed: Iterable[Governed], moment: Moment) -> PaperFigures:
    """Documents and deferrals of all tickets."""
    supplied = rejected = 0
    deferrals: Counter[str] = Counter()
    for each in governed:
        ticket = each.ticket
        supplied += len(ticket.documents)
        rejected += sum(record.status is DocumentStatus.REJECTED for record in ticket.documents)
        awaited = outstanding_deferrals(each.definition, ticket, moment.today)
        out = sum(requirement.id in ticket.deferred for requirement in awaited)
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
