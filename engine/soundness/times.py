"""What is wrong with the clocks: never started, standing still at the end, waiting for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from engine.soundness.borders import served
from engine.soundness.clock_walk import STANDING_STILL, ClockWalk, Mode
from engine.soundness.finding import Finding, events, in_words
from engine.soundness.ways import completed_ends, reaching, ways_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import WorkflowDefinition
    from engine.soundness.clock_walk import ClockConfiguration
    from engine.soundness.exploration import Exploration
    from engine.soundness.finding import Place, Step

STOPS = "R-1.2, R-2.4, 附件 注2"


def faulty_clocks(definition: WorkflowDefinition) -> Iterator[Finding]:
    """Everything wrong with the clocks; what goes wrong for both kinds of applicants, once."""
    all_clocks = [
        _Clocks(ClockWalk(definition=definition, applicants=each)) for each in served(definition)
    ]
    told: set[tuple[str, Place]] = set()
    for clocks in all_clocks:
        for each in clocks.faults():
            if (each.code, each.at) not in told:
                told.add((each.code, each.at))
                yield each
    modes: dict[str, set[Mode]] = {}
    for clocks in all_clocks:
        for now in clocks.ways.came_from:
            modes.setdefault(now.state, set()).add(now.mode)
    yield from _idle_keys(definition, modes)
    yield from _stages_without_time(definition, modes)


@dataclass(frozen=True)
class _Clocks:
    """The walk of the clocks for one kind of applicants, explored."""

    walk: ClockWalk

    @property
    def definition(self) -> WorkflowDefinition:
        return self.walk.definition

    @cached_property
    def ways(self) -> Exploration[ClockConfiguration]:
        return self.walk.explored()

    @cached_property
    def completed(self) -> frozenset[str]:
        return completed_ends(self.definition)

    def faults(self) -> Iterator[Finding]:
        yield from self._never_started()
        yield from self._standing_still_at_the_end()
        yield from self._whole_time_not_measured()

    def _never_started(self) -> Iterator[Finding]:
        """A limited stage that is left on the way to completion before its clock has started."""
        completing = reaching(self.definition, self.completed)
        for now in self.ways.came_from:
            state = self.definition.state_by_id[now.state]
            stage = self.definition.stage_by_id[state.stage]
            if now.mode is not Mode.NOT_STARTED or state.is_final or stage.limit.days is None:
                continue
            for step, following in self.walk.successors(now):
                target = self.definition.state_by_id[following.state]
                leaves = target.is_final or target.stage != state.stage
                if leaves and following.state in completing:
                    trail = (*self.ways.trail(now), step)
                    what = f"环节“{stage.name}”的时限尚未起算，环节就已结束"
                    yield self._finding("clock_never_started", state.id, what, trail)
                    return

    def _standing_still_at_the_end(self) -> Iterator[Finding]:
        for end in sorted(self.completed):
            found = self.ways.nearest(
                lambda now, end=end: now.state == end and now.mode is Mode.PAUSED  # type: ignore[misc]
            )
            if found is not None:
                what = f"工单办结于“{end}”时，时限仍因客户施工停着，此后的办理不计入时限"
                yield self._finding("clock_stopped_at_end", end, what, self.ways.trail(found))

    def _whole_time_not_measured(self) -> Iterator[Finding]:
        found = self.ways.nearest(lambda now: now.state in self.completed and not now.whole)
        if found is not None:
            trail = self.ways.trail(found)
            yield Finding(
                code="end_to_end_not_started",
                message=f"存在全过程时间从未起算即可办结的路径：{in_words(trail, self.definition)}",
                subject=found.state,
                at=("end_to_end_from",),
                path=events(trail),
                clause="R-1.2, 三(一)",
                remedy="请使每条路径都经过全过程时间的起点",
            )

    def _finding(self, code: str, state_id: str, what: str, trail: tuple[Step, ...]) -> Finding:
        index = [each.id for each in self.definition.states].index(state_id)
        return Finding(
            code=code,
            message=f"{what}：{in_words(trail, self.definition)}",
            subject=state_id,
            at=("states", index),
            path=events(trail),
            clause=STOPS,
            remedy="请在其间设置由公司办理的状态，或在流转上注明收齐资料的 checkpoint",
        )


def _idle_keys(definition: WorkflowDefinition, modes: dict[str, set[Mode]]) -> Iterator[Finding]:
    """Keys about standing clocks in states where no clock could stand still."""
    for index, state in enumerate(definition.states):
        found = modes.get(state.id)
        if found is None:
            continue
        if state.suspendable and (state.is_final or Mode.RUNNING not in found):
            why = "没有走着的时限"
            yield _idle(definition, index, "suspendable", "suspendable_without_clock", why)
        if state.until_received and (state.is_final or not found & STANDING_STILL):
            why = "时限并不停下"
            yield _idle(definition, index, "until_received", "wait_without_effect", why)


def _idle(definition: WorkflowDefinition, index: int, key: str, code: str, why: str) -> Finding:
    state = definition.states[index]
    trail = ways_of(definition).trail(state.id)
    return Finding(
        code=code,
        message=f"在“{state.name}”注明 {key} 没有意义，此时{why}：{in_words(trail, definition)}",
        subject=state.id,
        at=("states", index, key),
        path=events(trail),
        clause=STOPS,
        remedy=f"请删去 {key}",
    )


def _stages_without_time(
    definition: WorkflowDefinition, modes: dict[str, set[Mode]]
) -> Iterator[Finding]:
    for index, stage in enumerate(definition.stages):
        states = [
            each.id
            for each in definition.states
            if each.stage == stage.id and not each.is_final and each.id in modes
        ]
        runs = any(Mode.RUNNING in modes[each] for each in states)
        if stage.limit.days is not None and states and not runs:
            yield Finding(
                code="stage_clock_never_runs",
                message=f"环节“{stage.name}”定有时限，但时限在任何路径上都不走",
                subject=stage.id,
                at=("stages", index, "limit"),
                clause=STOPS,
                remedy="请使其中至少一个状态由公司办理",
            )
