"""`huodian import`: applications, topology and customers from CSV, with a dry run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.session import ActingAs, AsJson, acting, opened, show

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.imports.report import RefusedRow
    from app.imports.service import ImportReport

commands = typer.Typer(no_args_is_help=True)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV, UTF-8 or GB18030.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, change nothing.")]


@commands.command()
def applications(
    file: File,
    dry_run: DryRun = False,
    all_or_nothing: Annotated[
        bool,
        typer.Option(
            "--all-or-nothing/--good-rows", help="With one bad row, import nothing (default)."
        ),
    ] = True,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Turn every row into a ticket; bad rows are named by line and field, all at once.

    Example: huodian import applications applications.csv --dry-run
    """
    application = opened()
    report = application.imports.applications(
        file.read_bytes(),
        dry_run=dry_run,
        all_or_nothing=all_or_nothing,
        actor=acting(application, user),
    )
    finish(report, dry_run=dry_run, as_json=as_json)


@commands.command()
def topology(
    file: File,
    dry_run: DryRun = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Substations, feeders, transformer areas and service points.

    Example: huodian import topology topology.csv
    """
    application = opened()
    report = application.imports.topology(
        file.read_bytes(), dry_run=dry_run, actor=acting(application, user)
    )
    finish(report, dry_run=dry_run, as_json=as_json)


@commands.command()
def customers(
    file: File,
    dry_run: DryRun = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Who is behind each service point, and who wants outage notices.

    Example: huodian import customers customers.csv
    """
    application = opened()
    report = application.imports.customers(
        file.read_bytes(), dry_run=dry_run, actor=acting(application, user)
    )
    finish(report, dry_run=dry_run, as_json=as_json)


@commands.command(name="reliability-base")
def reliability_base(
    file: File,
    dry_run: DryRun = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Reliability figures of the years before the introduction, once; marked as not verified.

    Example: huodian import reliability-base base-2020.csv
    """
    application = opened()
    report = application.outages.reliability_base.enter(
        file.read_bytes(), dry_run=dry_run, actor=acting(application, user)
    )
    finish(report, dry_run=dry_run, as_json=as_json)


def refused_rows(rows: Iterable[RefusedRow]) -> list[dict[str, object]]:
    """Bad rows as programs are told of them."""
    return [{"line": each.line, "field": each.field, "problem": each.problem} for each in rows]


def finish(report: ImportReport, *, dry_run: bool, as_json: bool) -> None:
    """Print what became of a file; leave with 3 if any of it was refused."""
    result = {
        "accepted": report.accepted,
        "unchanged": report.unchanged,
        "refused": refused_rows(report.refused),
        "notes": [{"line": each.line, "note": each.note} for each in report.notes],
        "dry_run": dry_run,
    }
    lines = [f"第 {each.line} 行 {each.field}：{each.problem}" for each in report.refused]
    lines += [f"第 {each.line} 行：{each.note}" for each in report.notes]
    lines.append(
        f"{'可导入' if dry_run else '已导入'} {report.accepted} 条，未变 {report.unchanged} 条，"
        f"问题 {len(report.refused)} 处"
    )
    show(result, "\n".join(lines), as_json=as_json)
    if report.refused:
        raise typer.Exit(3)
