"""Targets that a branch sets itself: shorter than a stage's limit, never longer (T3d, 四(一)3).

A target is for the branch's own people: it reminds them and sorts their worklist. What customers
are promised and what is overdue stays with the definition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.fields import remark
from app.streams import ADMINISTRATION
from engine.errors import MalformedError, Reason, RefusedError
from engine.ledger import LedgerDraft

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.clock import Clock
    from app.ports.organisation import Branch
    from app.ports.targets import TargetsDatabase
    from app.trip.definitions import Rulebook
    from engine.definition import Stage, WorkflowDefinition
    from engine.ticket import Actor

CLAUSE = "R-10.3, 四(一)3"


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchTarget:
    """What a branch has set itself for one stage, beside the limit in force; in working days.

    `is_effective` is False where a new version of the definition is as short by now.
    """

    branch: str
    definition_id: str
    stage_id: str
    stage_name: str
    days: int
    limit_days: int | None

    @property
    def is_effective(self) -> bool:
        """Whether it asks for more than the limit does."""
        return self.limit_days is not None and self.days < self.limit_days


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetService:
    """Sets, takes back and lists targets."""

    database: TargetsDatabase
    rulebook: Rulebook
    clock: Clock

    def set(  # noqa: PLR0913  (which target, how many days, by whom and why)
        self,
        branch: str,
        definition_id: str,
        stage_id: str,
        days: int | None,
        *,
        actor: Actor,
        reason: str = "",
    ) -> int | None:
        """Set a target, or take it back with None; returns the former one.

        Open tickets are sorted and reminded by it from the next sweep of the daemon on.

        Raises:
            NotFoundError: no such branch or definition.
            MalformedError: the definition has no such stage.
            RefusedError: not shorter than the limit, or there is nothing to take back.
        """
        authorize(actor, Action.SET_TARGETS, branch=branch)
        why, at = remark(reason, "reason"), self.clock()
        definition = self.rulebook.in_force(definition_id)
        stage = _stage(definition, stage_id)
        if days is not None:
            _refuse_unless_shorter(stage, days)
        with self.database.writing() as work:
            targets = {key: dict(each) for key, each in work.grid.branch(branch).targets.items()}
            own = targets.setdefault(definition_id, {})
            former = own.pop(stage_id, None)
            if days is not None:
                own[stage_id] = days
            elif former is None:
                raise _nothing_set(branch, stage)
            work.grid.set_targets(branch, {key: each for key, each in targets.items() if each})
            work.tickets.derive_again(branch, definition_id)
            details = {
                "definition": definition.ref,
                "stage": stage_id,
                "limit_days": stage.limit.days,
                "before": former,
                "after": days,
                "reason": why,
            }
            draft = LedgerDraft(action="set_target", target_state=branch, details=details)
            work.ledger.append(ADMINISTRATION, draft, actor, at)
            work.commit()
        return former

    def listing(self, branch: str = "") -> tuple[BranchTarget, ...]:
        """What every branch, or one, has set itself.

        Raises:
            NotFoundError: there is no such branch.
        """
        governing = {each.id: each for each in self.rulebook.all_in_force()}
        with self.database.reading() as work:
            branches = [work.grid.branch(branch)] if branch else work.grid.branches()
        return tuple(target for each in branches for target in _targets_of(each, governing))


def _targets_of(
    branch: Branch, governing: Mapping[str, WorkflowDefinition]
) -> tuple[BranchTarget, ...]:
    return tuple(
        BranchTarget(
            branch=branch.id,
            definition_id=definition_id,
            stage_id=stage_id,
            stage_name=stage.name,
            days=days,
            limit_days=stage.limit.days,
        )
        for definition_id, stages in sorted(branch.targets.items())
        for stage_id, days in stages.items()
        if (stage := governing[definition_id].stage_by_id.get(stage_id)) is not None
    )


def _stage(definition: WorkflowDefinition, stage_id: str) -> Stage:
    stage = definition.stage_by_id.get(stage_id)
    if stage is None:
        known = "、".join(f"{each.id}（{each.name}）" for each in definition.stages)
        raise MalformedError(
            Reason(
                code="unknown_stage",
                field="stage",
                message=f"流程“{definition.name}”没有环节“{stage_id}”",
                remedy=f"可选：{known}",
            )
        )
    return stage


def _refuse_unless_shorter(stage: Stage, days: int) -> None:
    limit = stage.limit.days
    if limit is None or limit == 1:
        problem = "不设时限" if limit is None else "时限只有 1 个工作日"
        message, remedy = f"“{stage.name}”{problem}，不能设更短的内部目标", ""
    elif not 0 < days < limit:
        message = f"“{stage.name}”时限为 {limit} 个工作日，内部目标不能为 {days} 个工作日"
        remedy = f"只能设得更短：1 至 {limit - 1}；要取消目标请用 --clear"
    else:
        return
    raise RefusedError(
        Reason(code="not_shorter", field="days", message=message, clause=CLAUSE, remedy=remedy)
    )


def _nothing_set(branch: str, stage: Stage) -> RefusedError:
    message = f"{branch} 没有为“{stage.name}”设内部目标，无需取消"
    return RefusedError(Reason(code="unchanged", message=message, clause=CLAUSE))
