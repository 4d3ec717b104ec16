"""`huodian branch target|targets`: what branches set themselves for a stage (T3d)."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.session import ActingAs, AsJson, acting, opened, show, table


def register(branches: typer.Typer) -> None:
    """Add the commands to `huodian branch`."""
    branches.command(name="target")(target)
    branches.command(name="targets")(list_targets)


def target(
    branch_id: Annotated[str, typer.Argument(metavar="BRANCH")],
    definition_id: Annotated[str, typer.Argument(metavar="ID", help="A definition.")],
    stage_id: Annotated[str, typer.Argument(metavar="STAGE", help="One of its stages.")],
    days: Annotated[
        int | None, typer.Argument(metavar="DAYS", help="Working days, fewer than the limit.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Instead of DAYS: no target.")] = False,
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Set a branch's own target for a stage: shorter than its limit, for its people only.

    Example: huodian branch target tengchong hv_single_supply supply_plan_reply 3
    """
    if (days is None) is not clear:
        message = "请给出工作日数，或用 --clear 取消目标"
        raise typer.BadParameter(message)
    application = opened()
    former = application.targets.set(
        branch_id, definition_id, stage_id, days, reason=reason, actor=acting(application, user)
    )
    result = {
        "branch": branch_id,
        "definition": definition_id,
        "stage": stage_id,
        "days": days,
        "former_days": former,
    }
    told = "已取消" if days is None else f"已设为 {days} 个工作日"
    was = "" if former is None else f"（原为 {former} 个工作日）"
    show(result, f"{branch_id} {definition_id} {stage_id} 的内部目标{told}{was}", as_json=as_json)


def list_targets(
    branch_id: Annotated[str, typer.Argument(metavar="BRANCH")] = "",
    as_json: AsJson = False,
) -> None:
    """The targets that branches have set themselves, beside the limits in force.

    Example: huodian branch targets tengchong
    """
    found = opened().targets.listing(branch_id)
    result = [
        {
            "branch": each.branch,
            "definition": each.definition_id,
            "stage": each.stage_id,
            "days": each.days,
            "limit_days": each.limit_days,
            "effective": each.is_effective,
        }
        for each in found
    ]
    rows = [
        (
            each.branch,
            each.definition_id,
            f"{each.stage_id}（{each.stage_name}）",
            str(each.days),
            str(each.limit_days),
            "是" if each.is_effective else "否，时限已不长于目标",
        )
        for each in found
    ]
    heads = ("单位", "流程", "环节", "目标", "时限", "起作用")
    show(result, table(rows, heads) if rows else "没有内部目标", as_json=as_json)
