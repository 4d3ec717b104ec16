"""`huodian topology`: the network brought in as a difference, and looked at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.imports import refused_rows
from app.cli.session import ActingAs, AsJson, acting, opened, show, table
from app.cli.text import local

if TYPE_CHECKING:
    from app.imports.network import NetworkReport
    from app.imports.network_difference import NodeChange
    from app.reading.network import NodePage

commands = typer.Typer(no_args_is_help=True)

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV, UTF-8 or GB18030.")]
RetireMissing = Annotated[
    bool,
    typer.Option(
        "--retire-missing", help="The file is the whole network: take out of use what it lacks."
    ),
]
MOST_LINES = 50
"""So many changes are printed; `--json` gives all of them."""


@commands.command(name="import")
def import_network(
    file: File,
    retire_missing: RetireMissing = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and compare only.")] = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Bring the network in: what differs is added, moved, renamed or changed from now on.

    Example: huodian topology import topology.csv --retire-missing --dry-run
    """
    application = opened()
    report = application.network.bring_in(
        file.read_bytes(),
        actor=acting(application, user),
        retire_missing=retire_missing,
        dry_run=dry_run,
    )
    _finish(report, dry_run=dry_run, as_json=as_json)


@commands.command()
def diff(
    file: File, retire_missing: RetireMissing = False, user: ActingAs = "", as_json: AsJson = False
) -> None:
    """What a file would change; changes nothing.

    Example: huodian topology diff topology.csv
    """
    application = opened()
    report = application.network.bring_in(
        file.read_bytes(),
        actor=acting(application, user),
        retire_missing=retire_missing,
        dry_run=True,
    )
    _finish(report, dry_run=True, as_json=as_json)


@commands.command(name="show")
def show_node(
    node: Annotated[str, typer.Argument(help="Node; the substations without one.")] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """A node: what it hangs on, what hangs on it, who is behind it, and where it has stood.

    Example: huodian topology show TC-F1
    """
    application = opened()
    actor = acting(application, user)
    if node:
        page = application.network_reader.node(node, actor=actor)
        show(page, _page(page), as_json=as_json)
        return
    roots = application.network_reader.roots(actor=actor)
    rows = [(each.node_id, each.kind_name, each.name) for each in roots]
    text = table(rows, ("编号", "类型", "名称")) if rows else "尚未导入电网拓扑"
    show(roots, text, as_json=as_json)


def _finish(report: NetworkReport, *, dry_run: bool, as_json: bool) -> None:
    from app.imports.network_difference import NODE_CHANGES  # noqa: PLC0415

    found = report.difference
    counts = {str(kind): count for kind, count in found.counts.items()}
    result = {
        **counts,
        "unchanged": found.unchanged,
        "missing": found.missing,
        "changes": found.changes,
        "refused": refused_rows(report.refused),
        "dry_run": dry_run,
    }
    lines = [f"第 {each.line} 行 {each.field}：{each.problem}" for each in report.refused]
    if not report.refused:
        lines += [_change(each) for each in found.changes[:MOST_LINES]]
        more = len(found.changes) - MOST_LINES
        lines += [f"  …… 另有 {more} 项，见 --json"] if more > 0 else []
        told = "，".join(f"{name} {found.count(kind)}" for kind, name in NODE_CHANGES.items())
        lines.append(f"{'将' if dry_run else '已'}{told}，未变 {found.unchanged}")
        kept = found.missing - len(found.retired)
        lines += [f"文件中没有的节点 {kept} 个，保持在用"] if kept else []
    show(result, "\n".join(lines), as_json=as_json)
    if report.refused:
        raise typer.Exit(3)


def _change(change: NodeChange) -> str:
    from app.imports.network_difference import NODE_CHANGES  # noqa: PLC0415
    from app.imports.topology_file import NODE_FIELDS  # noqa: PLC0415

    kinds = "、".join(NODE_CHANGES[kind] for kind in change.kinds)
    fields = "；".join(
        f"{NODE_FIELDS[name]} {before or '空'} → {after or '空'}"
        for name, (before, after) in change.fields.items()
    )
    return f"  {kinds}  {change.node_id}  {change.name}  {fields}".rstrip()


def _page(page: NodePage) -> str:
    above = " ← ".join(f"{each.name}（{each.node_id}）" for each in page.above)
    facts = (
        ("上级", above),
        ("区域类别", page.area_class_name),
        ("额定容量", "" if page.rated_kva is None else f"{page.rated_kva} 千伏安"),
        ("合同容量", "" if page.contract_kw is None else f"{page.contract_kw} 千瓦"),
        ("重要用户", "是" if page.important else ""),
        ("备用电源", page.alternative_node_id or ""),
        ("已停用", "" if page.retired_at is None else local(page.retired_at)),
        (
            "此处停电影响",
            f"接入点 {page.service_points}，号码 {page.phones}，无号码 {page.without_phone}",
        ),
    )
    lines = [f"{page.node_id}  {page.kind_name}  {page.name}"]
    lines += [f"  {name}：{value}" for name, value in facts if value]
    if page.below:
        lines.append(f"下级 {len(page.below)} 个")
        lines += [
            f"  {each.node_id}  {each.kind_name}  {each.name}" for each in page.below[:MOST_LINES]
        ]
        more = len(page.below) - MOST_LINES
        lines += [f"  …… 另有 {more} 个，见 --json"] if more > 0 else []
    if len(page.stood) > 1:
        lines.append("沿革")
        lines += [
            f"  {local(each.since)} 起"
            f"{'' if each.until is None else f'，至 {local(each.until)}'}"
            f"  上级 {each.parent_id or '无'}"
            for each in page.stood
        ]
    return "\n".join(lines)
