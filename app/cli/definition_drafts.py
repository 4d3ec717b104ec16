"""`huodian definition`: draft, drafts, check, diff, publish, rollback, discard, versions."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.session import ActingAs, AsJson, acting, opened, show, table
from app.cli.text import local
from engine.errors import Reason, RefusedError

if TYPE_CHECKING:
    from app.rules.draft_views import Difference, DraftView
    from app.rules.publication import Publication
    from workflows.problems import Problem

DraftNumber = Annotated[int, typer.Argument(metavar="DRAFT", min=1, help="Number of a draft.")]
DefinitionId = Annotated[str, typer.Argument(metavar="ID", help="For example hv_single_supply.")]
Version = Annotated[
    int, typer.Option("--to", min=1, help="The old version, to be published again.")
]
SeenRevision = Annotated[
    int | None, typer.Option("--revision", min=1, help="The draft's revision that you have seen.")
]
Why = Annotated[str, typer.Option("--reason", help="Why.")]


def register(commands: typer.Typer) -> None:
    """Add the commands to `huodian definition`."""
    commands.command()(draft)
    commands.command()(drafts)
    commands.command()(check)
    commands.command()(diff)
    commands.command()(publish)
    commands.command()(rollback)
    commands.command()(discard)
    commands.command()(versions)


def draft(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A YAML file.")],
    revision: SeenRevision = None,
    rebase: Annotated[
        bool, typer.Option("--rebase", help="The file takes account of the newest version.")
    ] = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Keep a definition file as a draft beside the version in force.

    Example: huodian definition draft lv_resident.yaml --as admin
    """
    application = opened()
    view = application.drafts.save(
        text_of(file), actor=acting(application, user), revision=revision, rebase=rebase
    )
    _show_draft(view, f"草稿 {view.number} 已保存（第 {view.revision} 次）", as_json=as_json)


def drafts(as_json: AsJson = False) -> None:
    """The open drafts.

    Example: huodian definition drafts
    """
    from app.rules.drafting import KIND_NAMES  # noqa: PLC0415

    found = opened().drafts.open_drafts()
    rows = [
        (
            str(each.number),
            each.definition_id,
            KIND_NAMES[each.kind],
            each.author,
            str(each.revision),
            f"{each.base_version or '-'}{'' if each.is_current else '（已过时）'}",
            local(each.saved_at),
        )
        for each in found
    ]
    heads = ("草稿", "流程", "种类", "起草人", "保存次数", "依据版本", "保存时间")
    result = [_as_result(each) for each in found]
    show(result, table(rows, heads) if rows else "没有草稿", as_json=as_json)


def check(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="A YAML file.")
    ] = None,
    number: Annotated[int | None, typer.Option("--draft", min=1, help="Or a draft.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every fault of a definition at once, with line and clause; exit 3 if there is one.

    Example: huodian definition check draft.yaml
    """
    from workflows.loader import check_definition  # noqa: PLC0415

    if (file is None) == (number is None):
        message = "请给出一个文件，或用 --draft 指定一份草稿"
        raise typer.BadParameter(message)
    problems: tuple[Problem, ...] = ()
    if file is not None:
        problems = check_definition(text_of(file), file.name)
    elif number is not None:
        problems = opened().drafts.get(number).problems
    result = {"ok": not problems, "problems": problems}
    show(result, _told(problems) or "没有问题", as_json=as_json)
    if problems:
        raise typer.Exit(3)


def diff(
    what: Annotated[
        str, typer.Argument(metavar="DRAFT|ID", help="Number of a draft, or a definition.")
    ],
    first: Annotated[int | None, typer.Option("--from", min=1, help="Older version.")] = None,
    second: Annotated[int | None, typer.Option("--to", min=1, help="Newer version.")] = None,
    as_json: AsJson = False,
) -> None:
    """A draft against the newest version, or two versions: sentences, text and diagram.

    Example: huodian definition diff 3

    Example: huodian definition diff lv_resident --from 1 --to 2
    """
    if what.isdecimal():
        found = opened().drafts.difference(int(what))
    elif first is None or second is None:
        message = "比较两个版本须给出 --from 和 --to；比较草稿请给出草稿编号"
        raise typer.BadParameter(message)
    else:
        found = opened().drafts.between(what, first, second)
    result = {**asdict(found), "loosened": found.loosened}
    show(result, _difference_text(found), as_json=as_json)


def publish(
    number: DraftNumber,
    revision: SeenRevision = None,
    day: Annotated[
        datetime | None,
        typer.Option("--in-force-from", formats=["%Y-%m-%d"], help="A day to come; else at once."),
    ] = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Publish a draft that another administrator wrote, as the next version.

    Example: huodian definition publish 3 --revision 2 --as second-admin
    """
    application = opened()
    published = application.drafts.publish(
        number,
        actor=acting(application, user),
        revision=revision,
        in_force_from=None if day is None else day.date(),
    )
    show(_publication(published), _publication_text(published), as_json=as_json)


def rollback(
    definition_id: DefinitionId, version: Version, user: ActingAs = "", as_json: AsJson = False
) -> None:
    """Prepare an old version's content as the next version; another administrator publishes it.

    Example: huodian definition rollback lv_resident --to 1
    """
    application = opened()
    view = application.drafts.rollback(definition_id, version, actor=acting(application, user))
    text = f"已准备恢复第 {version} 版内容：草稿 {view.number}，须由另一名管理员发布"
    _show_draft(view, text, as_json=as_json)


def discard(number: DraftNumber, reason: Why, user: ActingAs = "", as_json: AsJson = False) -> None:
    """Close a draft without publishing it.

    Example: huodian definition discard 3 --reason 改用新方案
    """
    application = opened()
    application.drafts.discard(number, actor=acting(application, user), reason=reason)
    show({"draft": number, "outcome": "discarded"}, f"草稿 {number} 已作废", as_json=as_json)


def versions(
    definition_id: Annotated[str | None, typer.Argument(metavar="ID")] = None,
    as_json: AsJson = False,
) -> None:
    """Published versions: by whom, and from when to when each governs.

    Example: huodian definition versions lv_resident
    """
    found = opened().drafts.versions(definition_id)
    rows = [
        (
            f"{each.id}@{each.version}",
            each.content_hash[:12],
            local(each.in_force_from),
            "-" if each.superseded_at is None else local(each.superseded_at),
            each.published_by,
            local(each.published_at),
        )
        for each in found
    ]
    heads = ("版本", "内容校验", "生效", "失效", "发布人", "发布时间")
    result = [
        {
            "id": each.id,
            "version": each.version,
            "content_hash": each.content_hash,
            "in_force_from": each.in_force_from,
            "superseded_at": each.superseded_at,
            "published_by": each.published_by,
            "published_at": each.published_at,
        }
        for each in found
    ]
    show(result, table(rows, heads), as_json=as_json)


def text_of(file: Path) -> str:
    """The text of a file that people wrote.

    Raises:
        RefusedError: it is not UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise RefusedError(
            Reason(
                code="encoding",
                field=f"{file.name}:{line}",
                message="文件不是 UTF-8 编码",
                remedy="请另存为 UTF-8 后重试",
            )
        ) from None


def _show_draft(view: DraftView, text: str, *, as_json: bool) -> None:
    lines = [text]
    if not view.is_current:
        lines.append(
            f"注意：依据的第 {view.base_version} 版已不是最新版本，合并后请加 --rebase 保存"
        )
    if view.problems:
        lines += [f"尚有 {len(view.problems)} 个问题，不能发布：", _told(view.problems)]
    show(_as_result(view), "\n".join(lines), as_json=as_json)


def _as_result(view: DraftView) -> dict[str, object]:
    result = asdict(view)
    del result["source"]
    return result


def _told(problems: tuple[Problem, ...]) -> str:
    return "\n".join(
        f"{f'第 {each.line} 行 {each.path}'.rstrip()}：{each.message}（{each.clause or each.code}）"
        for each in problems
    )


def _difference_text(found: Difference) -> str:
    before = found.before or "（新流程）"
    parts = [f"{before} → {found.after}"]
    parts += [f"  {each.sentence}" for each in found.changes]
    if not found.changes:
        parts.append("  结构没有变化" + ("，仅注释、顺序或例外有变化，见下" if found.text else ""))
    return "\n".join([*parts, "", found.text, "", found.diagram])


def _publication(published: Publication) -> dict[str, object]:
    return {
        "ref": published.definition.ref,
        "content_hash": published.definition.content_hash,
        "in_force_from": published.in_force_from,
        "supersedes": published.supersedes,
        "restores": published.restores,
    }


def _publication_text(published: Publication) -> str:
    since = local(published.in_force_from)
    replaced = f"，取代 {published.supersedes}" if published.supersedes else ""
    return f"{published.definition.ref} 已发布，自 {since} 起生效{replaced}"
