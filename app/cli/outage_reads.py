"""`huodian outage preview|list|show|unreachable`: outages to look at."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.outage_text import (
    counts_text,
    listing_text,
    nearby_lines,
    page_text,
    unreachable_text,
)
from app.cli.session import ActingAs, AsJson, acting, opened, show
from engine.errors import MalformedError, Reason

TicketNo = Annotated[str, typer.Argument(metavar="NO", help="The outage's ticket number.")]
Nodes = Annotated[list[str], typer.Option("--node", help="Node; may be given several times.")]


def register(commands: typer.Typer) -> None:
    """Add the commands of this module to the group."""
    commands.command()(preview)
    commands.command(name="list")(list_outages)
    commands.command(name="show")(show_outage)
    commands.command()(unreachable)


def preview(
    node: Nodes,
    as_of: Annotated[str, typer.Option("--as-of", help="A past instant; now without it.")] = "",
    begins: Annotated[str, typer.Option("--from", help="Planned beginning.")] = "",
    ends: Annotated[str, typer.Option("--until", help="Planned end.")] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Whom an outage would leave without supply; with a time, also whom it would hit twice.

    Example: huodian outage preview --node TC-F1 --json

    Example: huodian outage preview --node TC-F1 --from "2026-12-08 08:00"
    --until "2026-12-08 18:00"
    """
    if as_of and (begins or ends):
        raise MalformedError(
            Reason(
                code="exclusive",
                field="as_of",
                message="过去的时间（--as-of）与计划时间（--from、--until）不能同时给出",
                remedy="请只给出其中一种",
            )
        )
    application = opened()
    actor = acting(application, user)
    if begins or ends:
        plan = application.outages.plans.plan(node, begins, ends, actor=actor)
        lines = [
            f"停电区域 {plan.area}；线路 {plan.line}",
            counts_text(plan.service_points, plan.phones, plan.important, plan.without_phone),
            *nearby_lines(plan.nearby),
        ]
        lines += [
            f"在办用电申请 {each.ticket_no}（{each.title}，{each.state_name}，{each.node_id}）"
            "可能需要停电配合；公告时用 --serves 关联"
            for each in plan.connections
        ]
        show(plan, "\n".join(lines), as_json=as_json)
        return
    found = application.outages.plans.preview(node, actor=actor, as_of=as_of)
    counts = {
        "service_points": found.service_points,
        "phones": found.phones,
        "important": found.important,
        "without_phone": found.without_phone,
    }
    show(counts, counts_text(*counts.values()), as_json=as_json)


def list_outages(
    ended_too: Annotated[bool, typer.Option("--ended-too", help="Ended ones as well.")] = False,
    branch: Annotated[str, typer.Option(help="Only of this branch.")] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Outages that are on and to come, the earliest first; with the ended ones the latest.

    Example: huodian outage list
    """
    application = opened()
    found = application.outages.reader.listing(
        actor=acting(application, user), branch=branch, ended_too=ended_too
    )
    show(found, listing_text(found), as_json=as_json)


def show_outage(number: TicketNo, user: ActingAs = "", as_json: AsJson = False) -> None:
    """Everything about one outage: whom it concerns, what was told, what may be done next.

    Example: huodian outage show TC-20261125-0001
    """
    application = opened()
    page = application.outages.reader.outage(number, actor=acting(application, user))
    show(page, page_text(page), as_json=as_json)


def unreachable(
    number: TicketNo,
    limit: Annotated[int, typer.Option(min=1, help="At most so many of each list.")] = 1000,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Who is to be visited, rung up or told by a poster, because no message reaches them.

    Example: huodian outage unreachable TC-20261125-0001
    """
    application = opened()
    found = application.outages.reader.unreachable(
        number, actor=acting(application, user), limit=limit
    )
    show(found, unreachable_text(found), as_json=as_json)
