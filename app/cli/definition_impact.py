"""`huodian definition`: impact, replay: what a draft would do, and what it would have done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.definition_drafts import DraftNumber, text_of
from app.cli.session import ActingAs, AsJson, acting, opened, show, table
from engine.errors import MalformedError, Reason
from engine.migration import MigrationVerdict

if TYPE_CHECKING:
    from app.rules.impact import Impact, TicketImpact
    from app.rules.replaying import Replay, ReplayTotals
    from engine.replay import ReplayFinding

Mapped = Annotated[
    list[str] | None,
    typer.Option(
        "--map", metavar="OLD=NEW", help="The state that takes over; the same id otherwise."
    ),
]
MappingFile = Annotated[
    Path | None,
    typer.Option(
        "--mapping", exists=True, dir_okay=False, help="The same as a file: `states: {old: new}`."
    ),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="Name so many tickets.")]
After = Annotated[str, typer.Option("--after", metavar="TICKET", help="Go on after this number.")]
Verdicts = Annotated[
    list[MigrationVerdict] | None, typer.Option("--verdict", help="Only tickets of this verdict.")
]


def register(commands: typer.Typer) -> None:
    """Add the commands to `huodian definition`."""
    commands.command()(impact)
    commands.command()(replay)


def impact(
    number: DraftNumber,
    mapped: Mapped = None,
    mapping: MappingFile = None,
    verdicts: Verdicts = None,
    limit: Limit = 50,
    after: After = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """What a draft would do to every ticket in flight if it were moved; changes nothing.

    Example: huodian definition impact 3 --map grid_works=construction --verdict refused
    """
    from app.rules.impact import Wanted  # noqa: PLC0415

    application = opened()
    candidate = application.impact.of_draft(number, state_mapping(mapped, mapping))
    wanted = Wanted(after=after, limit=limit, verdicts=frozenset(verdicts or ()))
    found = application.impact.impact(candidate, wanted, actor=acting(application, user))
    show(impact_result(found), impact_text(found), as_json=as_json)


def replay(
    number: DraftNumber,
    limit: Limit = 50,
    after: After = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """What a draft would have done to every finished ticket, from the ledger; changes nothing.

    Example: huodian definition replay 3 --json
    """
    application = opened()
    found = application.replays.replay(
        number, actor=acting(application, user), after=after, limit=limit
    )
    show(_replay_result(found), _replay_text(found), as_json=as_json)


def state_mapping(mapped: list[str] | None, file: Path | None) -> Mapping[str, str]:
    """The mapping of a file, with what the command line names beside or instead.

    Raises:
        MalformedError: an option is not of the form OLD=NEW.
        DefinitionFaultsError: the file is no mapping.
    """
    from workflows.state_mapping import read_state_mapping  # noqa: PLC0415

    found = {} if file is None else read_state_mapping(text_of(file), path=file.name)
    wrong = []
    for each in mapped or ():
        old, equals, new = (part.strip() for part in each.partition("="))
        if not (old and equals and new):
            wrong.append(_malformed(each))
        found[old] = new
    if wrong:
        raise MalformedError(wrong)
    return found


def _malformed(option: str) -> Reason:
    return Reason(
        code="malformed_mapping",
        field="map",
        message=f"状态对应“{option}”应写作“旧状态=新状态”",
        clause="R-10.2",
        remedy="例如 --map grid_works=construction",
    )


# --- impact -------------------------------------------------------------------------------------


def impact_result(found: Impact) -> dict[str, object]:
    """The impact as `--json` prints it."""
    return {
        "of": found.title,
        "definition": found.definition_id,
        "note": found.note,
        "examined": found.examined,
        "totals": found.totals,
        "tickets": found.tickets,
        "after": found.after,
    }


def impact_text(found: Impact) -> str:
    """Totals by verdict, then a paragraph a ticket."""
    from app.rules.impact_words import VERDICT_NAMES, counted  # noqa: PLC0415

    head = f"{found.title}：尚未采用它的在途工单 {found.examined} 张，{counted(found.totals)}"
    lines = [head, *([f"  注意：{found.note}"] if found.note else [])]
    for each in found.tickets:
        lines += ["", *_ticket_lines(each, VERDICT_NAMES[each.verdict])]
    if found.after:
        lines += ["", f"…… 后面还有，请加 --after {found.after}"]
    return "\n".join(lines)


def _ticket_lines(each: TicketImpact, verdict: str) -> list[str]:
    head = f"{each.ticket_no}  第 {each.version} 版  {each.state_name}  {verdict}"
    return [
        head,
        *(f"      ✕ {reason}" for reason in each.reasons),
        *(f"      {change}" for change in each.changes),
    ]


# --- replay -------------------------------------------------------------------------------------


def _replay_result(found: Replay) -> dict[str, object]:
    return {
        "of": found.title,
        "definition": found.definition_id,
        "totals": found.totals,
        "tickets": found.tickets,
        "after": found.after,
    }


def _replay_text(found: Replay) -> str:
    totals = found.totals
    lines = [f"{found.title}：重演已结束的工单 {totals.examined} 张，与原来一致 {totals.same} 张"]
    lines += [f"  {line}" for line in _totals_lines(totals)]
    rows = [
        (each.ticket_no, each.branch, "；".join(_told(each, found.clock_names)))
        for each in found.tickets
    ]
    if rows:
        lines += ["", table(rows, ("工单", "单位", "如按草稿办理"))]
    if found.after:
        lines.append(f"…… 后面还有，请加 --after {found.after}")
    return "\n".join(lines)


def _totals_lines(totals: ReplayTotals) -> list[str]:
    lines = [f"将超时（原未超时）：{name} {n}" for name, n in totals.newly_overdue.items()]
    lines += [f"不再超时：{name} {n}" for name, n in totals.no_longer_overdue.items()]
    for move, causes in totals.blocked.items():
        lines += [f"“{move}”将受阻：{cause} {n}" for cause, n in causes.items()]
    lines += [f"没有“{move}”这一步可走：{n}" for move, n in totals.unreachable.items()]
    if totals.classified_otherwise:
        lines.append(f"按现有规则归类不同：{totals.classified_otherwise}")
    if totals.uncertain:
        lines.append(f"含有无法重演的记录，结论不确定：{totals.uncertain}")
    return lines


def _told(finding: ReplayFinding, clocks: Mapping[str, str]) -> list[str]:
    parts = []
    newly = [clocks[each] for each in finding.newly_overdue]
    no_longer = [clocks[each] for each in finding.no_longer_overdue]
    if finding.stop is not None:
        stop = finding.stop
        causes = stop.papers or tuple(each.message for each in stop.reasons)
        verb = "走不到" if stop.is_unreachable else "受阻于"
        parts.append(f"{verb}“{stop.name}”（{'、'.join(causes)}）")
    parts += [f"将超时 {'、'.join(newly)}"] if newly else []
    parts += [f"不再超时 {'、'.join(no_longer)}"] if no_longer else []
    if finding.is_classified_otherwise:
        parts.append(f"归入 {finding.reclassified or '无适用流程'}（原 {finding.definition}）")
    parts += [f"{each.kind} 将被拒绝" for each in finding.skipped]
    parts += [f"无法重演 {each}" for each in finding.unknown]
    return parts
