"""`huodian load`: readings of transformer areas, from CSV."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.imports import DryRun, File, finish
from app.cli.session import ActingAs, AsJson, acting, opened, show, table
from app.cli.text import local

commands = typer.Typer(no_args_is_help=True)


@commands.command(name="import")
def import_loads(
    file: File,
    dry_run: DryRun = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Peaks of transformer areas: node_id, measured_at, and peak_kva or peak_kw; all rows or none.

    Example: huodian load import loads.csv --dry-run
    """
    application = opened()
    report = application.loads.import_file(
        file.read_bytes(), dry_run=dry_run, actor=acting(application, user)
    )
    finish(report, dry_run=dry_run, as_json=as_json)


@commands.command(name="show")
def show_loads(
    area: Annotated[str, typer.Argument(metavar="AREA", help="Transformer area.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """The last readings of an area, the newest first.

    Example: huodian load show TC-T04
    """
    application = opened()
    found = application.readiness.areas.readings(area, limit, actor=acting(application, user))
    rows = [
        (
            local(each.measured_at),
            "-" if each.peak_kva is None else str(each.peak_kva),
            "-" if each.peak_kw is None else str(each.peak_kw),
        )
        for each in found
    ]
    result = [
        {"measured_at": each.measured_at, "peak_kva": each.peak_kva, "peak_kw": each.peak_kw}
        for each in found
    ]
    text = table(rows, ("测量时间", "千伏安", "千瓦")) if rows else "没有负载数据"
    show(result, text, as_json=as_json)
