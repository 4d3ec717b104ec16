"""What another version changes for one ticket: terms, papers, moves, and who takes it further."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.calendar import local_date
from engine.clocks import due_on, running_clocks
from engine.definition import Ending
from engine.documents import due_checkpoint, requirements, satisfying
from engine.events import TermChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from engine.calendar import WorkCalendar
    from engine.clocks import Clock
    from engine.definition import Checkpoint, DocumentRequirement, WorkflowDefinition
    from engine.ticket import Role, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperChange:
    """A paper that is not there and is asked otherwise than before.

    The border it is due at, before and after; None where it was not asked, or is not any more.
    """

    requirement: str
    name: str
    due_before: Checkpoint | None
    due_after: Checkpoint | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What the version makes of a ticket.

    Args:
        state: where it would stand.
        terms: clocks whose limit, due date or running changes, those of later stages included.
        asked: papers that are asked anew or at an earlier border.
        dropped: papers that are asked no more, or later.
        moves_gone: triggers that leave its present state and would not any more.
        moves_new: triggers that it would gain.
        roles: who would take it further.
    """

    state: str
    terms: tuple[TermChange, ...]
    asked: tuple[PaperChange, ...]
    dropped: tuple[PaperChange, ...]
    moves_gone: tuple[str, ...]
    moves_new: tuple[str, ...]
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Governed:
    """A ticket with the version that governs it."""

    ticket: Ticket
    definition: WorkflowDefinition


def effects_of(before: Governed, after: Governed, calendar: WorkCalendar, at: datetime) -> Effects:
    """The difference between a ticket as it is and as it would be."""
    left = before.definition.offered[before.ticket.state]
    offered = after.definition.offered[after.ticket.state]
    gone = {each.trigger for each in left} - {each.trigger for each in offered}
    new = {each.trigger for each in offered} - {each.trigger for each in left}
    onward = (
        each
        for each in offered
        if after.definition.state_by_id[each.target].ending is not Ending.ABORTED
    )
    return Effects(
        state=after.ticket.state,
        terms=tuple(_terms(before, after, calendar)),
        asked=tuple(_asked(before, after, at)),
        dropped=tuple(_dropped(before, after, at)),
        moves_gone=tuple(sorted(gone)),
        moves_new=tuple(sorted(new)),
        roles=tuple(dict.fromkeys(role for each in onward for role in each.roles)),
    )


# --- terms -------------------------------------------------------------------------------------


def _terms(before: Governed, after: Governed, calendar: WorkCalendar) -> Iterator[TermChange]:
    """The clocks that run in both, then the stages to come in both, where they differ."""
    earlier, later = _clocks(before), _clocks(after)
    for clock_id, clock in later.items():
        if clock_id not in earlier:
            continue
        term = _term(earlier[clock_id], clock, calendar)
        if (term.limit_before, term.due_before, term.runs_before) != (
            term.limit_after,
            term.due_after,
            term.runs_after,
        ):
            yield term
    coming, to_come = _limits_to_come(before), _limits_to_come(after)
    for stage_id, limit in to_come.items():
        if coming.get(stage_id, limit) != limit:
            yield TermChange(
                clock=f"stage:{stage_id}", limit_before=coming[stage_id], limit_after=limit
            )


def _clocks(governed: Governed) -> Mapping[str, Clock]:
    return {each.id: each for each in running_clocks(governed.ticket, governed.definition)}


def _term(before: Clock, after: Clock, calendar: WorkCalendar) -> TermChange:
    return TermChange(
        clock=after.id,
        limit_before=before.limit_days,
        limit_after=after.limit_days,
        due_before=due_on(before, calendar),
        due_after=due_on(after, calendar),
        runs_before=before.started_on is not None and not before.is_paused,
        runs_after=after.started_on is not None and not after.is_paused,
    )


def _limits_to_come(governed: Governed) -> Mapping[str, int | None]:
    """The limits of the stages that have not begun, which the customer's timetable shows."""
    begun = {run.stage_id for run in governed.ticket.stage_runs}
    stages = governed.definition.stages
    return {each.id: each.limit.days for each in stages if each.id not in begun}


# --- papers ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Demand:
    """A requirement that is not met, and the border it is due at."""

    requirement: DocumentRequirement
    due: Checkpoint

    def covers(self, other: _Demand) -> bool:
        """Whether whoever was told of this one is told nothing new by the other."""
        kinds, others = set(self.requirement.any_of), set(other.requirement.any_of)
        return kinds <= others and self.due.rank <= other.due.rank

    def is_about(self, other: _Demand) -> bool:
        """Whether a paper could meet both."""
        return not set(self.requirement.any_of).isdisjoint(other.requirement.any_of)


def _open_demands(governed: Governed, at: datetime) -> list[_Demand]:
    ticket, definition = governed.ticket, governed.definition
    return [
        _Demand(requirement=each, due=due_checkpoint(each, definition, ticket))
        for each in requirements(definition, ticket)
        if satisfying(each, ticket, local_date(at)) is None
    ]


def _asked(before: Governed, after: Governed, at: datetime) -> Iterator[PaperChange]:
    known = _open_demands(before, at)
    for demand in _open_demands(after, at):
        if not any(each.covers(demand) for each in known):
            same = next((each for each in known if each.is_about(demand)), None)
            yield PaperChange(
                requirement=demand.requirement.id,
                name=demand.requirement.name,
                due_before=same.due if same else None,
                due_after=demand.due,
            )


def _dropped(before: Governed, after: Governed, at: datetime) -> Iterator[PaperChange]:
    demands = _open_demands(after, at)
    for demand in _open_demands(before, at):
        same = [each.due for each in demands if each.is_about(demand)]
        latest = max(same, key=lambda due: due.rank, default=None)
        if latest is None or latest.rank > demand.due.rank:
            yield PaperChange(
                requirement=demand.requirement.id,
                name=demand.requirement.name,
                due_before=demand.due,
                due_after=latest,
            )
