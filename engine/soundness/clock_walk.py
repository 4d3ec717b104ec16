"""The walk of the clocks: waiting, running, paused, suspended, in every state that can be reached.

Follows `engine.clock_keeping.keep_clocks`. The papers stand in no configuration, they are implied:
a clock that waits for papers waits because they are missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from engine.definition import Checkpoint, Ending
from engine.documents import KEY
from engine.soundness.borders import applies, demanded
from engine.soundness.exploration import Exploration, explore
from engine.soundness.finding import EXTEND, RECEIVE, RESUME, SUSPEND, Step, firing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import (
        Applicants,
        DocumentRequirement,
        State,
        Transition,
        WorkflowDefinition,
    )


class Mode(StrEnum):
    """How the clock of the current stage stands."""

    NOT_STARTED = "not_started"
    RUNNING = "running"
    PAUSED = "paused"
    SUSPENDED = "suspended"


STANDING_STILL = frozenset({Mode.NOT_STARTED, Mode.PAUSED})


class ClockConfiguration(NamedTuple):
    """A ticket as far as its clocks are concerned.

    In a final state `mode` is how the clock stood when the ticket ended. `whole` tells whether the
    end-to-end clock has started; `planned` whether the boundary is fixed.
    """

    state: str
    mode: Mode
    whole: bool
    extended: bool
    planned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockWalk:
    """The walk of the clocks for residents, or for organisations."""

    definition: WorkflowDefinition
    applicants: Applicants

    def explored(self) -> Exploration[ClockConfiguration]:
        """Everything that can happen to the clocks, from the submission on."""
        initial = self.definition.state_by_id[self.definition.initial]
        starts = (
            self._kept(
                ClockConfiguration(initial.id, Mode.NOT_STARTED, False, extended, False),  # noqa: FBT003
                holds=holds,
                moved=True,
            )
            for extended in (False, True)
            for holds in self._holds(initial, None, extended=extended)
        )
        return explore(starts, self.successors)

    def awaited(self, state: State) -> tuple[DocumentRequirement, ...]:
        """The documents that the clock of a state waits for."""
        if state.until_received == KEY:
            documents = (each for each in self.definition.documents if each.key)
            return tuple(each for each in documents if applies(each, self.applicants))
        return tuple(each for each in self.definition.documents if each.id == state.until_received)

    def successors(self, now: ClockConfiguration) -> Iterator[tuple[Step, ClockConfiguration]]:
        """Every step from here that concerns a clock."""
        state = self.definition.state_by_id[now.state]
        if state.is_final:
            return
        for transition in self.definition.offered[now.state]:
            if self._may_fire(now, state, transition):
                for following in self._fired(now, state, transition):
                    yield firing(transition), following
        yield from self._standing_by(now, state)

    def _standing_by(
        self, now: ClockConfiguration, state: State
    ) -> Iterator[tuple[Step, ClockConfiguration]]:
        """What changes a clock, or the boundary, without a move."""
        if self.awaited(state):
            yield RECEIVE, self._kept(now, holds=True, moved=False)
        if now.mode is Mode.RUNNING and state.suspendable:
            yield SUSPEND, now._replace(mode=Mode.SUSPENDED)
        if now.mode is Mode.SUSPENDED:
            yield RESUME, now._replace(mode=Mode.RUNNING)
        if not now.extended and not now.planned:
            yield EXTEND, now._replace(extended=True)

    def _may_fire(self, now: ClockConfiguration, state: State, transition: Transition) -> bool:
        """A suspended ticket is only aborted; a border is not crossed while its papers lack."""
        if now.mode is Mode.SUSPENDED:
            return self.definition.state_by_id[transition.target].ending is Ending.ABORTED
        missing = self._missing(now, state)
        return not missing or not self._demands(transition, missing, extended=now.extended)

    def _fired(
        self, now: ClockConfiguration, state: State, transition: Transition
    ) -> Iterator[ClockConfiguration]:
        target = self.definition.state_by_id[transition.target]
        planned = now.planned or transition.checkpoint is Checkpoint.PLAN_CONFIRMATION
        moved = now._replace(state=target.id, planned=planned)
        if target.is_final:
            yield moved
            return
        if target.stage != state.stage:
            moved = moved._replace(mode=Mode.NOT_STARTED)
        missing = self._missing(now, state)
        still_missing = bool(missing) and set(missing) <= set(self.awaited(target))
        for holds in self._holds(target, transition, extended=now.extended):
            if not (holds and still_missing):
                yield self._kept(moved, holds=holds, moved=True)

    def _missing(self, now: ClockConfiguration, state: State) -> tuple[DocumentRequirement, ...]:
        """What the clock waits for now: not all of it is there. Empty if it does not wait."""
        return self.awaited(state) if now.mode in STANDING_STILL else ()

    def _demands(
        self, transition: Transition, papers: tuple[DocumentRequirement, ...], *, extended: bool
    ) -> bool:
        border, definition = transition.checkpoint, self.definition
        return all(
            applies(each, self.applicants) and demanded(each, border, definition, extended=extended)
            for each in papers
        )

    def _holds(
        self, state: State, entering: Transition | None, *, extended: bool
    ) -> tuple[bool, ...]:
        """Whether the company holds a ticket that enters the state; both if papers decide it."""
        if not state.until_received:
            return (state.held_by_customer is None,)
        papers = self.awaited(state)
        surely = not papers or (
            entering is not None and self._demands(entering, papers, extended=extended)
        )
        return (True,) if surely else (True, False)

    def _kept(self, now: ClockConfiguration, *, holds: bool, moved: bool) -> ClockConfiguration:
        """As `keep_clocks` keeps them, for a state that is not final."""
        mode = now.mode
        if holds and mode in STANDING_STILL:
            mode = Mode.RUNNING
        elif moved and not holds and mode is Mode.RUNNING and self._is_held(now.state):
            mode = Mode.PAUSED
        begins = self.definition.end_to_end_from in {"", now.state}
        return now._replace(mode=mode, whole=now.whole or (holds and begins))

    def _is_held(self, state_id: str) -> bool:
        return self.definition.state_by_id[state_id].held_by_customer is not None
