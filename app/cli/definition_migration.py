"""`huodian definition`: migrate, agree, migration(s), cancel-migration: tickets change versions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.definition_drafts import Why
from app.cli.definition_impact import (
    After,
    Limit,
    Mapped,
    MappingFile,
    Verdicts,
    impact_result,
    impact_text,
    state_mapping,
)
from app.cli.session import ActingAs, AsJson, Revision, acting, opened, show, table
from app.cli.text import local

if TYPE_CHECKING:
    from app.bootstrap import Application
    from app.rules.migration_views import MigrationView, ResultView

DefinitionId = Annotated[
    str | None, typer.Argument(metavar="[ID]", help="For example hv_single_supply.")
]
Number = Annotated[int, typer.Argument(metavar="MIGRATION", min=1, help="Number of a migration.")]


def register(commands: typer.Typer) -> None:
    """Add the commands to `huodian definition`."""
    commands.command()(migrate)
    commands.command()(migrations)
    commands.command()(migration)
    commands.command()(cancel_migration)
    commands.command()(agree)


def migrate(
    definition_id: DefinitionId = None,
    version: Annotated[
        int | None, typer.Option("--to", min=1, help="The version in force, to move tickets to.")
    ] = None,
    from_version: Annotated[
        int, typer.Option("--from", min=0, help="Only tickets of this version.")
    ] = 0,
    mapped: Mapped = None,
    mapping: MappingFile = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="One verdict a ticket; change nothing.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    verdicts: Verdicts = None,
    limit: Limit = 50,
    after: After = "",
    run: Annotated[
        int | None, typer.Option("--run", min=1, help="Carry this migration out, or go on with it.")
    ] = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Move open tickets to the version in force: look, propose, and a second person runs it.

    Example: huodian definition migrate lv_business --to 2 --dry-run

    Example: huodian definition migrate lv_business --to 2 --map grid_works=works --reason 时限缩短

    Example: huodian definition migrate --run 1 --as second-admin
    """
    if run is not None:
        _refuse_more_than_run(definition_id, version, mapped, mapping, dry_run)
        _run(opened(), run, user, as_json=as_json)
        return
    if definition_id is None or version is None:
        message = "拟定或试算请给出流程和 --to 版本；执行已拟定的迁移请用 --run"
        raise typer.BadParameter(message)
    application = opened()
    states = state_mapping(mapped, mapping)
    if dry_run:
        from app.rules.impact import Wanted  # noqa: PLC0415

        candidate = application.impact.of_version(
            definition_id, version, states, from_version=from_version
        )
        wanted = Wanted(after=after, limit=limit, verdicts=frozenset(verdicts or ()))
        found = application.impact.impact(candidate, wanted, actor=acting(application, user))
        show(impact_result(found), impact_text(found), as_json=as_json)
        return
    view = application.migrations.propose(
        definition_id,
        version,
        reason=reason,
        actor=acting(application, user),
        mapping=states,
        from_version=from_version,
    )
    call = f"huodian definition migrate --run {view.number}"
    text = f"迁移 {view.number} 已拟定，须由另一名管理员执行（{call}）"
    show(_result(view), text, as_json=as_json)


def _refuse_more_than_run(*others: object) -> None:
    """What was proposed is carried out as it was proposed."""
    if any(others):
        message = "--run 按拟定的内容执行，不能再指定流程、版本、状态对应或试算"
        raise typer.BadParameter(message)


def cancel_migration(
    number: Number, reason: Why, user: ActingAs = "", as_json: AsJson = False
) -> None:
    """End a migration where it stands; tickets that were moved stay where they are.

    Example: huodian definition cancel-migration 1 --reason 改用新方案
    """
    application = opened()
    view = application.migrations.cancel(number, reason=reason, actor=acting(application, user))
    show(_result(view), _view_text(view), as_json=as_json)


def migrations(definition_id: DefinitionId = None, as_json: AsJson = False) -> None:
    """Every migration, the newest first.

    Example: huodian definition migrations lv_business
    """
    from app.rules.migration_views import STATE_NAMES  # noqa: PLC0415

    found = opened().migrations.listing(definition_id)
    rows = [
        (
            str(each.number),
            _route(each),
            STATE_NAMES[each.state],
            each.proposed_by,
            each.approved_by or "-",
            str(each.moved),
            str(each.kept),
            each.reason,
        )
        for each in found
    ]
    heads = ("迁移", "流程", "情况", "拟定人", "执行人", "已迁移", "未迁移", "原因")
    text = table(rows, heads) if rows else "没有迁移"
    show([_result(each) for each in found], text, as_json=as_json)


def migration(
    number: Number,
    verdicts: Verdicts = None,
    limit: Limit = 50,
    after: After = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """One migration, with what became of each ticket and why.

    Example: huodian definition migration 1 --verdict refused
    """
    from app.rules.impact import Wanted  # noqa: PLC0415

    application = opened()
    wanted = Wanted(after=after, limit=limit, verdicts=frozenset(verdicts or ()))
    view = application.migrations.get(number)
    found = application.migrations.results(number, wanted, actor=acting(application, user))
    result = {**_result(view), "tickets": found}
    show(result, "\n".join([_view_text(view), *_result_lines(found)]), as_json=as_json)


def agree(
    ticket_no: Annotated[str, typer.Argument(metavar="TICKET", help="Number of a ticket.")],
    number: Annotated[
        int, typer.Option("--migration", min=1, help="The migration that waits for it.")
    ],
    evidence: Annotated[str, typer.Option("--evidence", help="How the customer agreed.")],
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Record that the customer agrees to a later date, before the migration is carried out.

    Example: huodian definition agree TC-20261124-0001 --migration 1 --evidence 客户同意书第5号
    """
    application = opened()
    ticket = application.migrations.agree(
        ticket_no,
        number,
        evidence=evidence,
        actor=acting(application, user),
        expected_revision=revision,
    )
    result = {"ticket_no": ticket_no, "migration": number, "revision": ticket.revision}
    show(result, f"{ticket_no} 客户同意已登记（第 {ticket.revision} 次变更）", as_json=as_json)


def _run(application: Application, number: int, user: str, *, as_json: bool) -> None:
    """Carry it out, and say on stderr how far it is."""
    seen = 0

    def told(tickets: int) -> None:
        nonlocal seen
        seen += tickets
        print(f"已处理 {seen} 张", file=sys.stderr)

    progress = None if as_json else told
    actor = acting(application, user)
    view = application.migrations.run(number, actor=actor, progress=progress)
    show(_result(view), _view_text(view), as_json=as_json)
    if not view.is_done:
        print("✕ 尚有工单未能处理，请再次执行", file=sys.stderr)
        raise typer.Exit(5)


def _result(view: MigrationView) -> dict[str, object]:
    return {
        "number": view.number,
        "definition": view.definition_id,
        "from_version": view.from_version,
        "to_version": view.to_version,
        "mapping": view.mapping,
        "reason": view.reason,
        "state": view.state,
        "proposed_by": view.proposed_by,
        "proposed_at": view.proposed_at,
        "approved_by": view.approved_by,
        "approved_at": view.approved_at,
        "closed_by": view.closed_by,
        "closed_at": view.closed_at,
        "totals": view.totals,
        "moved": view.moved,
        "kept": view.kept,
        "is_done": view.is_done,
    }


def _route(view: MigrationView) -> str:
    source = f"第 {view.from_version} 版" if view.from_version else "各版"
    return f"{view.definition_id} {source} → 第 {view.to_version} 版"


def _view_text(view: MigrationView) -> str:
    from app.rules.impact_words import counted  # noqa: PLC0415
    from app.rules.migration_views import STATE_NAMES  # noqa: PLC0415

    proposed = f"{view.proposed_by} {local(view.proposed_at)} 拟定：{view.reason}"
    lines = [f"迁移 {view.number}  {_route(view)}  {STATE_NAMES[view.state]}", f"  {proposed}"]
    if view.approved_at is not None:
        lines.append(f"  {view.approved_by} {local(view.approved_at)} 执行")
    lines.append(f"  已迁移 {view.moved} 张，未迁移 {view.kept} 张：{counted(view.totals)}")
    return "\n".join(lines)


def _result_lines(found: tuple[ResultView, ...]) -> list[str]:
    from app.rules.impact_words import VERDICT_NAMES  # noqa: PLC0415

    lines = []
    for each in found:
        head = f"{each.ticket_no}  第 {each.from_version} 版  {VERDICT_NAMES[each.verdict]}"
        lines += [head, *(f"      ✕ {reason}" for reason in each.reasons)]
    return lines
