"""`huodian template register|registrations|confirm|withdraw`: what providers have approved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli.definition_drafts import DraftNumber, SeenRevision, Why, text_of
from app.cli.session import ActingAs, AsJson, acting, opened, show, table
from app.cli.template import commands, told_faults
from app.cli.text import local

File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="Registration as a YAML file.")
]


@commands.command()
def register(
    file: File,
    check: Annotated[bool, typer.Option("--check", help="Only look; keep nothing.")] = False,
    revision: SeenRevision = None,
    rebase: Annotated[
        bool, typer.Option("--rebase", help="It takes account of the newest version.")
    ] = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Lay what a provider has approved before a second person; exit 3 if something is wrong.

    Example: huodian template register aliyun-next_stage.yaml
    """
    application = opened()
    source = text_of(file)
    found = application.registrations.check(source)
    if found.faults or check:
        text = told_faults(found.faults) or _preview(found.text, found.parts)
        show(found, text, as_json=as_json)
        if found.faults:
            raise typer.Exit(3)
        return
    draft = application.registrations.register(
        source, actor=acting(application, user), revision=revision, rebase=rebase
    )
    lines = [
        f"登记 {draft.number}（{draft.key}）待另一名管理员确认",
        _preview(found.text, found.parts),
    ]
    show(draft, "\n".join(lines), as_json=as_json)


@commands.command()
def registrations(as_json: AsJson = False) -> None:
    """What is registered with providers, and what waits for a second person.

    Example: huodian template registrations
    """
    application = opened()
    in_use = application.registrations.listing()
    waiting = application.registrations.drafts()
    rows = [
        (
            each.provider,
            each.template,
            str(each.version),
            f"{each.template_version}{'（正文已更新）' if each.is_behind else ''}",
            each.code,
            each.sign_name or "-",
            each.published_by,
            local(each.published_at),
        )
        for each in in_use
    ]
    heads = ("服务商", "消息模板", "版本", "对应正文", "模板编号", "签名", "确认人", "时间")
    lines = [table(rows, heads) if rows else "尚无登记"]
    lines += [f"待确认 {each.number}：{each.key}，登记人 {each.author}" for each in waiting]
    show({"in_use": in_use, "waiting": waiting}, "\n".join(lines), as_json=as_json)


@commands.command()
def confirm(
    number: DraftNumber, revision: SeenRevision = None, user: ActingAs = "", as_json: AsJson = False
) -> None:
    """Publish a registration that another administrator wrote.

    Example: huodian template confirm 7 --as second-admin
    """
    application = opened()
    key, version = application.registrations.confirm(
        number, actor=acting(application, user), revision=revision
    )
    show({"key": key, "version": version}, f"{key} 第 {version} 版已启用", as_json=as_json)


@commands.command()
def withdraw(
    number: DraftNumber, reason: Why, user: ActingAs = "", as_json: AsJson = False
) -> None:
    """Drop a registration that waits, without publishing it.

    Example: huodian template withdraw 7 --reason 模板编号有误
    """
    application = opened()
    application.registrations.withdraw(number, actor=acting(application, user), reason=reason)
    show({"draft": number, "outcome": "discarded"}, f"登记 {number} 已作废", as_json=as_json)


def _preview(text: str, parts: int) -> str:
    return f"{text}\n（按短信计 {parts} 条）" if parts else text
