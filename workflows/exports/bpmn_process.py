"""A definition as the elements of a BPMN process: tasks, gateways, events and flows.

A state in which people act is a user task, one in which the customer builds or hands in a paper a
receive task; the moves that leave it are flows, behind an exclusive gateway where there are
several. A stage's limit is a timer on every task of it that counts, beside which the task goes on.
Aborting from everywhere is an event sub-process instead of a flow from every task. A lane is the
role that usually acts; all roles stand at each move.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.definition import Ending
from engine.documents import KEY
from engine.guards import ROLE_NAMES
from engine.ticket import Role
from workflows.diagram import folded_aborts
from workflows.difference_words import CHECKPOINT_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import Stage, State, Transition, WorkflowDefinition


class Kind(StrEnum):
    """The BPMN element that a node is."""

    START = "startEvent"
    USER_TASK = "userTask"
    RECEIVE_TASK = "receiveTask"
    GATEWAY = "exclusiveGateway"
    END = "endEvent"
    TIMER = "boundaryEvent"
    ABORTING = "subProcess"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowNode:
    """A node of the process.

    Args:
        lane: the role in whose lane it stands.
        message: what a receive task, or the start of an aborting sub-process, waits for.
        state: the state it stands for, if it stands for one.
        stage: the stage whose limit a timer is.
        attached_to: the task that a timer, and the end that it leads to, belong to.
        terminates: whether the end is that of an aborted ticket.
    """

    id: str
    kind: Kind
    name: str
    lane: Role
    notes: tuple[str, ...] = ()
    message: str = ""
    state: State | None = None
    stage: Stage | None = None
    attached_to: str = ""
    terminates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A sequence flow; `move` is what it stands for, `chosen` that it leaves a gateway."""

    id: str
    source: str
    target: str
    name: str = ""
    notes: tuple[str, ...] = ()
    move: Transition | None = None
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """All elements; lanes in the order in which they are drawn."""

    definition: WorkflowDefinition
    lanes: tuple[Role, ...]
    nodes: tuple[FlowNode, ...]
    flows: tuple[Flow, ...]


def process_of(definition: WorkflowDefinition) -> Process:
    """The process that a definition describes; every name in it leads somewhere."""
    reading = _Reading(definition)
    nodes, flows = tuple(reading.nodes()), tuple(reading.flows())
    used = {node.lane for node in nodes}
    first = dict.fromkeys(node.lane for node in nodes)
    return Process(
        definition=definition,
        lanes=tuple(role for role in first if role in used),
        nodes=nodes,
        flows=flows,
    )


class _Reading:
    """Reads a definition once, state by state."""

    def __init__(self, definition: WorkflowDefinition) -> None:
        self.definition = definition
        self.folded = folded_aborts(definition)
        self.open = [state for state in definition.states if not state.is_final]

    def nodes(self) -> Iterator[FlowNode]:
        definition = self.definition
        roles = definition.opening.roles or (Role.OPERATOR,)
        yield FlowNode(
            id="start",
            kind=Kind.START,
            name="立单" if definition.internal else "受理申请",
            lane=roles[0],
            notes=(f"由{_names(roles)}立单",) if definition.opening.roles else (),
        )
        for state in self.open:
            yield self._task(state)
            if self._branches(state):
                lane = self._lane(state)
                yield FlowNode(id=f"choice_{state.id}", kind=Kind.GATEWAY, name="", lane=lane)
            yield from self._timer(state)
        for state in definition.states:
            if state.is_final:
                yield from self._end(state)
        yield from self._aborting()

    def flows(self) -> Iterator[Flow]:
        yield Flow(id="start.flow", source="start", target=_task_id(self.definition.initial))
        for state in self.open:
            source, branches = _task_id(state.id), self._branches(state)
            if branches:
                gateway = f"choice_{state.id}"
                yield Flow(id=f"{source}.flow", source=source, target=gateway)
                source = gateway
            for move in self._moves(state):
                yield Flow(
                    id=f"move_{state.id}.{move.trigger}",
                    source=source,
                    target=self._target(move),
                    name=move.name,
                    notes=tuple(self._about(move)),
                    move=move,
                    chosen=branches,
                )
            if any(True for _ in self._timer(state)):
                timer = f"limit_{state.id}"
                yield Flow(id=f"{timer}.flow", source=timer, target=f"late_{state.id}")

    def _moves(self, state: State) -> list[Transition]:
        offered = self.definition.offered[state.id]
        return [each for each in offered if (each.source, each.trigger) not in self.folded]

    def _branches(self, state: State) -> bool:
        """Whether a gateway stands behind the task; so does one where a move only leads back."""
        moves = self._moves(state)
        return len(moves) > 1 or any(move.target == state.id for move in moves)

    def _lane(self, state: State) -> Role:
        """The role named first for the first move onward."""
        moves = self._moves(state) or self.definition.offered[state.id]
        onward = [move for move in moves if move.target != state.id] or moves
        return onward[0].roles[0] if onward else Role.OPERATOR

    def _task(self, state: State) -> FlowNode:
        awaited = self._awaited(state)
        stage = self.definition.stage_by_id[state.stage]
        notes = [f"环节：{stage.name}"]
        if state.held_by_customer:
            notes.append("客户办理期间公司时限停走")
        if state.suspendable:
            notes.append("可以暂停计时")
        return FlowNode(
            id=_task_id(state.id),
            kind=Kind.RECEIVE_TASK if awaited else Kind.USER_TASK,
            name=state.name,
            lane=self._lane(state),
            notes=tuple(notes),
            message=awaited,
            state=state,
        )

    def _awaited(self, state: State) -> str:
        """What the ticket waits for while the customer holds it; empty if the company does."""
        if state.held_by_customer is None:
            return ""
        if state.until_received == KEY:
            return "收到关键资料"
        for document in self.definition.documents:
            if document.id == state.until_received:
                return f"收到{document.name}"
        return f"客户办完：{state.name}"

    def _timer(self, state: State) -> Iterator[FlowNode]:
        """The limit of the stage on a task that counts, and what happens when it has run out."""
        stage = self.definition.stage_by_id[state.stage]
        days = stage.limit.days
        if days is None or state.held_by_customer is not None:
            return
        lane = self._lane(state)
        yield FlowNode(
            id=f"limit_{state.id}",
            kind=Kind.TIMER,
            name=f"{days} 个工作日",
            lane=lane,
            notes=(
                f"环节“{stage.name}”的时限为 {days} 个工作日，由该环节的各项任务共用",
                "起始日不计，末日 24:00 届满；客户办理和暂停期间不计",
                f"依据 {stage.limit.clause}",
            ),
            stage=stage,
            attached_to=_task_id(state.id),
        )
        yield FlowNode(
            id=f"late_{state.id}",
            kind=Kind.END,
            name="提醒并逐级升级",
            lane=lane,
            notes=("超时后任务继续办理，不因超时而结束",),
            attached_to=_task_id(state.id),
        )

    def _end(self, state: State) -> Iterator[FlowNode]:
        """An end that a flow leads to; one that is only aborted into has its own sub-process."""
        arriving = [
            each
            for each in self.definition.transitions
            if each.target == state.id and (each.source, each.trigger) not in self.folded
        ]
        if not arriving:
            return
        yield FlowNode(
            id=_end_id(state.id),
            kind=Kind.END,
            name=state.name,
            lane=self._lane(self.definition.state_by_id[arriving[0].source]),
            state=state,
            terminates=state.ending is Ending.ABORTED,
        )

    def _aborting(self) -> Iterator[FlowNode]:
        folded = [
            each
            for each in self.definition.transitions
            if (each.source, each.trigger) in self.folded
        ]
        for move in {(each.trigger, each.target): each for each in folded}.values():
            yield FlowNode(
                id=f"aborting_{move.trigger}.{move.target}",
                kind=Kind.ABORTING,
                name=move.name,
                lane=move.roles[0],
                notes=("任一未办结的状态均可中止", *self._about(move)),
                message=move.name,
                state=self.definition.state_by_id[move.target],
                terminates=True,
            )

    def _target(self, move: Transition) -> str:
        is_final = self.definition.state_by_id[move.target].is_final
        return _end_id(move.target) if is_final else _task_id(move.target)

    def _about(self, move: Transition) -> Iterator[str]:
        yield f"由{_names(move.roles)}办理"
        if move.reason_required:
            yield "须写明原因"
        if move.checkpoint is not None:
            yield f"资料关口：{CHECKPOINT_NAMES[move.checkpoint]}，应收的资料在此收齐"
        for what, ids in (("必填", move.asks), ("选填", move.takes)):
            if ids:
                names = "、".join(self.definition.field_by_id[each].name for each in ids)
                yield f"{what}：{names}"


def _task_id(state_id: str) -> str:
    return f"state_{state_id}"


def _end_id(state_id: str) -> str:
    return f"end_{state_id}"


def _names(roles: tuple[Role, ...]) -> str:
    return "、".join(ROLE_NAMES[role] for role in roles)
