"""Which limits were kept: how often, by definition and clock, and which were missed by how much.

Pure. A ticket that was aborted counts in no rate of what it did not finish, but its missed limits
are listed; a limit that is past counts as missed, finished or not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.clocks import ClockKind, end_to_end_clock, handling_clock, stage_clock
from engine.definition import Ending
from engine.timetable import abandoned_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from app.simulate.figures import Governed, Moment
    from engine.clocks import Clock
    from engine.definition import WorkflowDefinition

CLOCK_NAMES = {ClockKind.HANDLING: "合计办理", ClockKind.END_TO_END: "全过程"}
OUTCOMES = {None: "在办", Ending.COMPLETED: "已送电", Ending.ABORTED: "已中止"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Punctuality:
    """How often one clock of one definition kept its limit.

    `finished` were ended, `on_time` of them within the limit, `overdue_open` are late and go on.
    `rate` is the share that kept the limit, of all that are finished or late; None without any.
    """

    definition: str
    name: str
    clock: str
    clock_name: str
    limit_days: int
    finished: int
    on_time: int
    overdue_open: int
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueClock:
    """A limit that was missed: by how many working days, until its end or until now."""

    ticket_no: str
    name: str
    clock_name: str
    due_on: date
    days: int
    outcome: str


def rates(governed: Iterable[Governed], moment: Moment) -> tuple[Punctuality, ...]:
    """The on-time rate of every limit, by definition in the order of its stages."""
    counted: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    definitions: dict[str, WorkflowDefinition] = {}
    for each in governed:
        definitions[each.definition.id] = each.definition
        given_up_at = abandoned_at(each.ticket, each.definition)
        for clock in _judged_clocks(each):
            if clock.started_on is None or clock.limit_days is None:
                continue
            if clock.ended_at is not None and clock.ended_at == given_up_at:
                continue  # aborted: neither late nor in time
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
            rate=_share(counts["on_time"], counts["finished"] + counts["overdue_open"]),
        )
        for _, definition in sorted(definitions.items())
        for clock, clock_name, limit in _limits(definition)
        if (counts := counted[definition.id, clock])
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


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
        for clock in _all_clocks(each):
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


def _all_clocks(each: Governed) -> tuple[Clock, ...]:
    """Every clock of a ticket, the ended ones too."""
    ticket, definition = each.ticket, each.definition
    stages = (stage_clock(run, definition) for run in ticket.stage_runs)
    return (*stages, handling_clock(ticket, definition), end_to_end_clock(ticket, definition))


def _judged_clocks(each: Governed) -> tuple[Clock, ...]:
    """Without those that were cut off when the ticket was aborted: neither kept nor missed."""
    clocks = _all_clocks(each)
    if each.ending is not Ending.ABORTED:
        return clocks
    finished = len(each.ticket.stage_runs) - 1
    return clocks[:finished]
