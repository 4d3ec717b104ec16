"""Whether every number and every demand in a definition names the clause it comes from (R-10.3).

Whether the definition is a machine that can be run is proved by `engine.soundness`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workflows.problems import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import TimeLimit, WorkflowDefinition
    from workflows.problems import Path


def uncited(definition: WorkflowDefinition) -> Iterator[Fault]:
    """Every limit, document and deferral without its clause."""
    limits: list[tuple[Path, TimeLimit]] = [
        *((("stages", at, "limit"), each.limit) for at, each in enumerate(definition.stages)),
        (("handling_limit",), definition.handling_limit),
        (("end_to_end_limit",), definition.end_to_end_limit),
    ]
    for path, limit in limits:
        if limit.days is not None and not limit.clause.strip():
            yield _uncited(path, "时限")
    for index, requirement in enumerate(definition.documents):
        if not requirement.clause.strip():
            yield _uncited(("documents", index), f"资料“{requirement.name}”")
    deferrable = any(each.deferrable for each in definition.documents)
    if deferrable and not definition.deferral_clause.strip():
        yield _uncited(("deferral",), "容缺期限")


def _uncited(path: Path, what: str) -> Fault:
    return Fault(
        code="clause_missing",
        message=f"{what}没有注明依据",
        at=path,
        clause="R-10.3",
        remedy="请以 clause 注明条款，例如 clause: R-1, 附件",
    )
