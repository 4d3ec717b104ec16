"""`huodian report`: figures with the records behind them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.session import ActingAs, AsJson, acting, opened, show, table

if TYPE_CHECKING:
    from app.outages.reliability_views import FeederView, FewerView, ReliabilityReport

commands = typer.Typer(no_args_is_help=True)

MOST_LINES = 20
"""So many lines of each list are printed; `--json` gives all of them."""


@commands.callback()
def _reports() -> None:
    """Only its commands do something."""


@commands.command()
def reliability(
    year: Annotated[
        int | None, typer.Option(min=2000, max=2999, help="The running year without it.")
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(
            "--faults-until", formats=["%Y-%m-%d"], help="Last day of the months of faults."
        ),
    ] = None,
    feeder: Annotated[str, typer.Option(help="Print the outages of this line only.")] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Lines with many outages, hours without supply by area class, SAIDI, SAIFI, CAIDI.

    Example: huodian report reliability --year 2026 --json
    """
    from app.outages.reliability_views import plain  # noqa: PLC0415

    application = opened()
    report = application.outages.reliability.report(
        actor=acting(application, user), year=year, day=None if day is None else day.date()
    )
    if feeder:
        found = [each for each in report.feeders if each.feeder_id == feeder]
        text = "\n".join(number for each in found for number in each.outages) or "没有停电"
        show(found, text, as_json=as_json)
        return
    show(plain(report), _text(report), as_json=as_json)


def _text(report: ReliabilityReport) -> str:
    return "\n\n".join(
        [
            f"{report.year} 年供电可靠性",
            "停电次数（25 次及以上为频繁停电线路）\n" + _feeders(report.feeders),
            f"{report.faults_since} 至 {report.faults_until} 故障停电次数"
            "（15 次及以上须集中整治）\n" + _feeders(report.fault_feeders),
            *_fewer(report),
            _areas(report),
            _indices(report),
        ]
    )


def _feeders(found: tuple[FeederView, ...]) -> str:
    if not found:
        return "无"
    rows = [
        (each.feeder_id, each.feeder_name, str(each.count), "⚑" if each.is_frequent else "")
        for each in found[:MOST_LINES]
    ]
    more = len(found) - MOST_LINES
    rest = f"\n…… 另有 {more} 条线路" if more > 0 else ""
    return table(rows, ("线路", "名称", "次数", "")) + rest


def _fewer(report: ReliabilityReport) -> list[str]:
    rows = [
        (
            f"较 {each.base_year} 年下降 {each.percent}%",
            str(each.count),
            *_against_base(each),
            "" if each.decides else "另一种理解，仅供对照",
        )
        for each in report.fewer
    ]
    heads = ("频繁停电线路", "本年", "基数", "目标", "", "")
    return [table(rows, heads)] if rows else []


def _against_base(view: FewerView) -> tuple[str, str, str]:
    """The base, the target that follows from it, and the verdict."""
    from app.outages.reliability_views import rounded  # noqa: PLC0415

    if view.base is None:
        missing = f"缺少 {view.base_year} 年基数（huodian import reliability-base）"
        return missing, "—", "无法判断"
    base = f"{view.base}{'' if view.verified else '（未核实）'}"
    return base, f"不超过 {rounded(view.most)}", "达标" if view.is_good else "未达标"


def _areas(report: ReliabilityReport) -> str:
    from app.outages.reliability_views import rounded  # noqa: PLC0415

    rows = [
        (
            each.area_class_name,
            rounded(each.served) or "",
            rounded(each.hours) or "—",
            f"{each.most_hours}",
            (rounded(each.hours_before) or "—") + ("" if each.before_verified else "（未核实）"),
            "—" if each.fell_percent is None else f"{rounded(each.fell_percent)}%",
            "达标" if each.is_good else "未达标",
        )
        for each in report.areas
    ]
    heads = ("区域", "用户数", "平均停电小时", "上限", "上年", "同比下降", "")
    return table(rows, heads)


def _indices(report: ReliabilityReport) -> str:
    from app.outages.reliability_views import rounded  # noqa: PLC0415

    found = report.indices
    return (
        f"SAIFI {rounded(found.saifi) or '—'} 次/户，SAIDI {rounded(found.saidi_hours) or '—'} "
        f"小时/户，CAIDI {rounded(found.caidi_hours) or '—'} 小时/次（IEEE 1366，不含5分钟以内）"
    )
