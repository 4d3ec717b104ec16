"""`huodian template`: message texts, from the draft to the version in use.

What providers have approved of them is in `app.cli.registration`.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.definition_drafts import DraftNumber, SeenRevision, Why, text_of
from app.cli.session import ActingAs, AsJson, acting, opened, show, table
from app.cli.text import local

if TYPE_CHECKING:
    from app.rules.template_views import TemplateDraft
    from engine.errors import Reason

commands = typer.Typer(no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="KEY", help="For example next_stage.")]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Header and text.")]


@commands.command(name="list")
def list_templates(as_json: AsJson = False) -> None:
    """The message texts in use.

    Example: huodian template list
    """
    from app.labels import AUDIENCES  # noqa: PLC0415
    from notifications.message import Audience  # noqa: PLC0415

    found = opened().templates.listing()
    rows = [
        (
            each.key,
            str(each.version),
            each.title,
            AUDIENCES[Audience(each.audience)],
            each.published_by,
            local(each.published_at),
        )
        for each in found
    ]
    heads = ("消息模板", "版本", "名称", "收件人", "发布人", "发布时间")
    show([asdict(each) for each in found], table(rows, heads), as_json=as_json)


@commands.command(name="show")
def show_template(
    key: Key,
    version: Annotated[int | None, typer.Option(min=1, help="An older version.")] = None,
    as_json: AsJson = False,
) -> None:
    """The text in use, with its header; a good beginning of a draft.

    Example: huodian template show next_stage > next_stage.j2
    """
    source = opened().templates.source(key, version)
    show({"key": key, "source": source}, source.rstrip("\n"), as_json=as_json)


@commands.command()
def check(key: Key, file: File, as_json: AsJson = False) -> None:
    """Every fault of a text at once; exit 3 if there is one.

    Example: huodian template check next_stage next_stage.j2
    """
    faults = opened().templates.check(key, text_of(file))
    show({"ok": not faults, "faults": faults}, told_faults(faults) or "没有问题", as_json=as_json)
    if faults:
        raise typer.Exit(3)


@commands.command()
def preview(
    key: Key,
    ticket_no: Annotated[str, typer.Option("--ticket", help="A real ticket.")],
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="Else the text in use.")
    ] = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """The text as the people of a ticket would read it; what is personal is masked.

    Example: huodian template preview next_stage next_stage.j2 --ticket TC20261123-0001
    """
    application = opened()
    source = application.templates.source(key) if file is None else text_of(file)
    found = application.templates.preview(key, source, ticket_no, actor=acting(application, user))
    lines = [found.text, f"{found.characters} 个字，按短信计 {found.parts} 条"]
    if found.made_up:
        lines.append(f"该工单的消息中还没有这些参数，以〔〕代替：{'、'.join(found.made_up)}")
    show(asdict(found), "\n".join(lines), as_json=as_json)


@commands.command()
def draft(
    key: Key,
    file: File,
    revision: SeenRevision = None,
    rebase: Annotated[
        bool, typer.Option("--rebase", help="The text takes account of the newest version.")
    ] = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Keep a text as a draft beside the one in use.

    Example: huodian template draft next_stage next_stage.j2
    """
    application = opened()
    view = application.templates.save(
        key,
        text_of(file),
        actor=acting(application, user),
        revision=revision,
        rebase=rebase,
    )
    lines = [f"草稿 {view.number} 已保存（第 {view.revision} 次）"]
    if not view.is_current:
        lines.append("注意：依据的版本已不是最新版本，合并后请加 --rebase 保存")
    if view.faults:
        lines += [f"尚有 {len(view.faults)} 个问题，不能发布：", told_faults(view.faults)]
    show(_as_result(view), "\n".join(lines), as_json=as_json)


@commands.command()
def drafts(as_json: AsJson = False) -> None:
    """The open drafts of message texts.

    Example: huodian template drafts
    """
    found = opened().templates.drafts()
    rows = [
        (
            str(each.number),
            each.key,
            each.author,
            str(each.revision),
            f"{each.base_version or '-'}{'' if each.is_current else '（已过时）'}",
            str(len(each.faults) or "-"),
        )
        for each in found
    ]
    heads = ("草稿", "消息模板", "起草人", "保存次数", "依据版本", "问题")
    text = table(rows, heads) if rows else "没有草稿"
    show([_as_result(each) for each in found], text, as_json=as_json)


@commands.command()
def publish(
    number: DraftNumber, revision: SeenRevision = None, user: ActingAs = "", as_json: AsJson = False
) -> None:
    """Publish a draft that another administrator wrote; messages use it from now on.

    Example: huodian template publish 4 --as second-admin
    """
    application = opened()
    version = application.templates.publish(
        number, actor=acting(application, user), revision=revision
    )
    key = application.templates.draft(number).key
    text = f"消息模板 {key} 第 {version} 版已发布，此后的消息按此发送"
    show({"key": key, "version": version}, text, as_json=as_json)


@commands.command()
def discard(number: DraftNumber, reason: Why, user: ActingAs = "", as_json: AsJson = False) -> None:
    """Close a draft without publishing it.

    Example: huodian template discard 4 --reason 沿用原文
    """
    application = opened()
    application.templates.discard(number, actor=acting(application, user), reason=reason)
    show({"draft": number, "outcome": "discarded"}, f"草稿 {number} 已作废", as_json=as_json)


def _as_result(view: TemplateDraft) -> dict[str, object]:
    result = asdict(view)
    del result["source"]
    return result


def told_faults(faults: tuple[Reason, ...]) -> str:
    """Every fault on a line of its own."""
    return "\n".join(f"✕ {fault}" for fault in faults)
