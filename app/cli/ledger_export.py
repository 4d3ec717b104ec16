"""`huodian ledger export`: histories of tickets for other programs."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from app.cli.session import ActingAs, AsJson, acting, opened, show

if TYPE_CHECKING:
    from collections.abc import Iterator


def register(commands: typer.Typer) -> None:
    """Add the command to `huodian ledger`."""
    commands.command()(export)


class LogFormat(StrEnum):
    """In which format of others histories are written."""

    XES = "xes"


def export(
    style: Annotated[LogFormat, typer.Option("--format", help="XES (IEEE 1849).")],
    output: Annotated[
        Path | None, typer.Option("--output", dir_okay=False, help="A new file; stdout otherwise.")
    ] = None,
    branch: Annotated[str, typer.Option(help="Only of this branch.")] = "",
    definition: Annotated[str, typer.Option(help="Only of this definition.")] = "",
    first_day: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="Submitted on that day or later."),
    ] = None,
    last_day: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="Submitted on that day or earlier."),
    ] = None,
    with_actors: Annotated[
        bool, typer.Option("--actors/--no-actors", help="Tell by user id who acted.")
    ] = True,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Histories of tickets for process mining; no names, no customers. With --json: how much.

    Example: huodian ledger export --format xes --branch tengchong --from 2026-10-01
    --to 2026-12-31 --output 2026-q4.xes
    """
    from app.reading.history_export import ExportFilter  # noqa: PLC0415

    if as_json and output is None:
        message = "--json 只报告导出的数量，须以 --output 指定文件"
        raise typer.BadParameter(message)
    wanted = ExportFilter(
        branch=branch,
        definition_id=definition,
        first_day=first_day.date() if first_day else None,
        last_day=last_day.date() if last_day else None,
        with_actors=with_actors,
    )
    application = opened()
    actor = acting(application, user)
    if output is None:
        application.history_export.write_xes(wanted, sys.stdout.write, actor=actor)
        return
    with _new_file(output) as file:
        report = application.history_export.write_xes(wanted, file.write, actor=actor)
    result = {"output": str(output), "format": style, **asdict(report)}
    text = f"已导出 {report.tickets} 张工单、{report.events} 条记录到 {output}"
    show(result, text, as_json=as_json)


@contextmanager
def _new_file(path: Path) -> Iterator[TextIO]:
    """A file that was not there before, and is not there after a failure."""
    from engine.errors import ConflictError, MalformedError, Reason  # noqa: PLC0415

    try:
        file = path.open("x", encoding="utf-8")
    except FileExistsError:
        raise ConflictError(
            Reason(
                code="file_exists",
                field="--output",
                message=f"文件 {path} 已经存在",
                remedy="请换一个文件名，或先移走该文件",
            )
        ) from None
    except OSError as fault:
        raise MalformedError(
            Reason(
                code="cannot_write",
                field="--output",
                message=f"不能写入文件 {path}（{fault.strerror}）",
                remedy="请核对目录是否存在、是否有写入权限",
            )
        ) from None
    try:
        with file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise
