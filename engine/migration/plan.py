"""To which version tickets are to move, and which of its states takes over from which."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from engine.definition import Checkpoint
from engine.errors import MalformedError, Reason
from engine.soundness.ways import completed_ends, reaching

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from engine.calendar import WorkCalendar
    from engine.definition import State, WorkflowDefinition
    from engine.ticket import Act


@dataclass(frozen=True, kw_only=True)
class MigrationPlan:
    """A version, and the state mapping (状态对应): old state -> new one, the same id unless named.

    `number` is that of the decision, 0 as long as none was taken.
    """

    to: WorkflowDefinition
    mapping: Mapping[str, str] = field(default_factory=dict)
    number: int = 0

    def target(self, state_id: str) -> State | None:
        """The state that takes over from an old one; None if there is none."""
        return self.to.state_by_id.get(self.mapping.get(state_id, state_id))

    @cached_property
    def behind(self) -> dict[Checkpoint, frozenset[str]]:
        """Borders that no completed ticket avoids -> the states that may lie behind each of them.

        From such a state a completed end is reached without crossing the border any more.
        """
        ends = completed_ends(self.to)
        found = {each: reaching(self.to, ends, around=each) for each in Checkpoint}
        return {each: states for each, states in found.items() if self.to.initial not in states}


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What an examination depends on besides the ticket: calendar, who and when."""

    calendar: WorkCalendar
    act: Act


def refuse_lost_states(plan: MigrationPlan, known: Collection[str]) -> None:
    """See that every state that the mapping names is there; `known` are those of old versions.

    Raises:
        MalformedError: every name that leads nowhere.
    """
    reasons = []
    for old, new in plan.mapping.items():
        if old not in known:
            reasons.append(_lost(old, "原版本", known))
        if new not in plan.to.state_by_id:
            reasons.append(_lost(new, "新版本", plan.to.state_by_id))
    if reasons:
        raise MalformedError(reasons)


def _lost(state_id: str, where: str, known: Collection[str]) -> Reason:
    return Reason(
        code="unknown_state",
        field="map",
        message=f"{where}没有状态“{state_id}”",
        clause="R-10.2",
        remedy=f"{where}的状态：{'、'.join(sorted(known))}",
    )
