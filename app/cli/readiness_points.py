"""`huodian readiness points`: where a customer could be connected, and where he is."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.readiness_plans import TicketNo, Why, show_changed
from app.cli.session import ActingAs, AsJson, Revision, acting, opened, pairs, show
from app.cli.text import points_text

commands = typer.Typer(no_args_is_help=True)


@commands.command()
def survey(
    ticket_no: TicketNo,
    surveyed: Annotated[
        list[str],
        typer.Argument(
            metavar="POINT...",
            help="node=ID,distance_m=METRES[,free_kva=KVA][,public=yes|no]; metres along the way.",
        ),
    ],
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Record the candidates found on site, in place of those recorded before.

    The free capacity of a measured transformer area need not be given.

    Example: huodian readiness points survey TC-20261123-0001 node=TC-F1,distance_m=300,free_kva=900
    node=TC-T03,distance_m=120
    """
    application = opened()
    fields = [pairs([part for part in each.split(",") if part]) for each in surveyed]
    ticket = application.readiness.points.survey(
        ticket_no, fields, actor=acting(application, user), expected_revision=revision
    )
    show_changed(ticket, "接入点勘查已登记", as_json=as_json)


@commands.command(name="show")
def show_points(ticket_no: TicketNo, user: ActingAs = "", as_json: AsJson = False) -> None:
    """The candidates, the preferred first: existing public lines, then the nearest.

    Example: huodian readiness points show TC-20261123-0001
    """
    application = opened()
    found = application.readiness.tickets.of_ticket(ticket_no, actor=acting(application, user))
    show(found.points, points_text(found.points) or "没有勘查接入点", as_json=as_json)


@commands.command()
def choose(
    ticket_no: TicketNo,
    node: Annotated[str, typer.Argument(metavar="NODE", help="One of the surveyed nodes.")],
    reason: Why = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Choose where to connect; another point than the proposed one needs a reason.

    Example: huodian readiness points choose TC-20261123-0001 TC-F1
    """
    application = opened()
    ticket = application.readiness.points.choose(
        ticket_no,
        node,
        reason=reason,
        actor=acting(application, user),
        expected_revision=revision,
    )
    show_changed(ticket, f"接入点已选定为 {node}", as_json=as_json)
