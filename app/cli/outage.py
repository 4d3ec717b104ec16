"""`huodian outage announce|change|cancel|start|progress|restore`: what dispatchers do."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli import outage_reads
from app.cli.outage_reads import Nodes, TicketNo
from app.cli.outage_text import show_result
from app.cli.session import ActingAs, AsJson, Revision, acting, opened, pairs
from engine.outage import OutageKind, RestorationMeans

commands = typer.Typer(no_args_is_help=True)
outage_reads.register(commands)

SomeNodes = Annotated[
    list[str] | None, typer.Option("--node", help="Node; may be given several times.")
]
Fields = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FIELD=VALUE]...", help="Any other field of the definition."),
]
Begins = Annotated[str, typer.Option("--from", help="Planned beginning, 2021-09-08 08:00.")]
Ends = Annotated[str, typer.Option("--until", help="Planned end.")]
Occurred = Annotated[
    str, typer.Option("--occurred", help="When supply went out, as reported; now without it.")
]
Restored = Annotated[
    str, typer.Option("--restored", help="When supply came back, as reported; now without it.")
]
Source = Annotated[
    str, typer.Option(help="Source of the reported time: scada, metering, field_crew, customer.")
]
Estimate = Annotated[str, typer.Option(help="When supply is expected back.")]
Area = Annotated[str, typer.Option(help="Area as customers are told; else from the network.")]
Line = Annotated[str, typer.Option(help="Line as customers are told; else from the network.")]
LateReason = Annotated[
    str, typer.Option("--late-reason", help="Why it is announced or entered later than it must be.")
]
Why = Annotated[str, typer.Option("--reason", help="Why.")]


@commands.command()
def announce(
    kind: Annotated[OutageKind, typer.Option(help="planned, temporary or fault.")],
    node: Nodes,
    fields: Fields = None,
    *,
    begins: Begins = "",
    ends: Ends = "",
    occurred: Occurred = "",
    source: Source = "",
    cause: Annotated[str, typer.Option(help="See `huodian definition show planned_outage`.")] = "",
    works: Annotated[str, typer.Option(help="What is done.")] = "",
    area: Area = "",
    line: Line = "",
    live_work: Annotated[
        str, typer.Option("--live-work", help="adopted, not_feasible or not_needed.")
    ] = "",
    live_work_considered: Annotated[
        str, typer.Option("--live-work-considered", help="Why it cannot be done live (能带则带).")
    ] = "",
    late_reason: LateReason = "",
    estimate: Estimate = "",
    serves: Annotated[
        list[str] | None,
        typer.Option(help="Connection ticket whose works use the outage; may be repeated."),
    ] = None,
    branch: Annotated[str, typer.Option(help="Branch id, where it does not follow.")] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Announce a planned or temporary outage, or enter a fault; whom it concerns is told.

    Example: huodian outage announce --kind planned --node TC-T03 --from "2026-12-08 08:00"
    --until "2026-12-08 18:00" --cause maintenance --live-work not_feasible
    --live-work-considered 线路间距不足 --as tc-dispatch

    Example: huodian outage announce --kind fault --node TC-F2 --occurred "2026-11-25 03:00"
    --source scada --as tc-dispatch
    """
    is_fault = kind is OutageKind.FAULT
    given = {
        "planned_start_at": begins,
        "planned_end_at": ends,
        "occurred_at": occurred,
        "occurred_source": source,
        "fault_cause" if is_fault else "cause": cause,
        "symptom" if is_fault else "works": works,
        "affected_area": area,
        "affected_line": line,
        "live_work": live_work,
        "live_work_considered": live_work_considered,
        "late_entry_reason" if is_fault else "late_announcement_reason": late_reason,
        "estimated_restoration_at": estimate,
    }
    application = opened()
    result = application.outages.announcements.announce(
        kind,
        node,
        _given(given, fields),
        branch=branch,
        serves=serves or (),
        actor=acting(application, user),
    )
    show_result(result, as_json=as_json)


@commands.command()
def change(
    number: TicketNo,
    fields: Fields = None,
    *,
    reason: Why = "",
    node: SomeNodes = None,
    begins: Begins = "",
    ends: Ends = "",
    area: Area = "",
    line: Line = "",
    late_reason: LateReason = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Announce another time, other nodes or other words; the news quotes what was told before.

    Example: huodian outage change TC-20261125-0001 --from "2026-12-09 08:00"
    --until "2026-12-09 18:00" --reason 天气原因延期 --as tc-dispatch
    """
    given = {
        "planned_start_at": begins,
        "planned_end_at": ends,
        "affected_area": area,
        "affected_line": line,
        "late_announcement_reason": late_reason,
    }
    application = opened()
    result = application.outages.announcements.change(
        number,
        _given(given, fields),
        nodes=node or (),
        reason=reason,
        actor=acting(application, user),
        expected_revision=revision,
    )
    show_result(result, as_json=as_json)


@commands.command()
def cancel(
    number: TicketNo,
    reason: Why = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Call an outage off, or take back a fault that proved to be none.

    Example: huodian outage cancel TC-20261125-0001 --reason 检修取消 --as tc-dispatch
    """
    application = opened()
    result = application.outages.announcements.cancel(
        number, reason=reason, actor=acting(application, user), expected_revision=revision
    )
    show_result(result, as_json=as_json)


@commands.command()
def start(
    number: TicketNo,
    fields: Fields = None,
    *,
    occurred: Occurred = "",
    source: Source = "",
    estimate: Estimate = "",
    early_reason: Annotated[
        str,
        typer.Option(
            "--early-reason", "--start-reason", help="Why it began outside the announced time."
        ),
    ] = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Supply has gone out as announced.

    Example: huodian outage start TC-20261125-0001 --as tc-dispatch
    """
    given = {
        "occurred_at": occurred,
        "occurred_source": source,
        "estimated_restoration_at": estimate,
        "early_start_reason": early_reason,
    }
    application = opened()
    result = application.outages.supply.start(
        number,
        _given(given, fields),
        actor=acting(application, user),
        expected_revision=revision,
    )
    show_result(result, as_json=as_json)


@commands.command()
def progress(
    number: TicketNo,
    fields: Fields = None,
    *,
    estimate: Estimate = "",
    note: Annotated[str, typer.Option(help="How far the works are.")] = "",
    crew: Annotated[str, typer.Option(help="A crew is sent (faults).")] = "",
    cause: Annotated[str, typer.Option(help="The cause is found (faults): lightning, …")] = "",
    found: Annotated[str, typer.Option(help="Where, and what is done about it.")] = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Send a crew, name the cause, give an estimate; customers hear of it if it is worth it.

    Example: huodian outage progress TC-20261125-0001 --estimate "2026-11-25 06:00" --as tc-dispatch
    """
    given = {
        "estimated_restoration_at": estimate,
        "progress": note,
        "crew": crew,
        "fault_cause": cause,
        "fault_point": found,
    }
    trigger = "find_cause" if found else "dispatch_crew" if crew and not note else "report_progress"
    application = opened()
    result = application.outages.supply.report_progress(
        number,
        _given(given, fields),
        trigger=trigger,
        actor=acting(application, user),
        expected_revision=revision,
    )
    show_result(result, as_json=as_json)


@commands.command()
def restore(
    number: TicketNo,
    fields: Fields = None,
    *,
    node: SomeNodes = None,
    restored: Restored = "",
    source: Source = "",
    by: Annotated[
        RestorationMeans | None, typer.Option("--by", help="repair, or switching to another line.")
    ] = None,
    estimate: Annotated[str, typer.Option(help="When the rest is expected back.")] = "",
    cause: Annotated[str, typer.Option(help="Cause of a fault: lightning, trees, …")] = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Supply is back: below some nodes, or everywhere without --node.

    Example: huodian outage restore TC-20261125-0001 --node TC-T03 --by switching --as tc-dispatch
    """
    given = {
        "restored_at": restored,
        "restored_source": source,
        "restoration_means": str(by or ""),
        "estimated_restoration_at": estimate,
        "fault_cause": cause,
    }
    application = opened()
    result = application.outages.supply.restore(
        number,
        _given(given, fields),
        nodes=node or (),
        actor=acting(application, user),
        expected_revision=revision,
    )
    show_result(result, as_json=as_json)


def _given(options: dict[str, str], fields: list[str] | None) -> dict[str, str]:
    """What was entered by options, and by field; a field by its own name counts."""
    return {name: raw for name, raw in options.items() if raw} | pairs(fields or [])
