"""`huodian readiness restricted|works`: what is planned for the supply of one ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.session import ActingAs, AsJson, Revision, acting, opened, show, table

if TYPE_CHECKING:
    from engine.ticket import Ticket

restricted = typer.Typer(no_args_is_help=True)
works = typer.Typer(no_args_is_help=True)

TicketNo = Annotated[str, typer.Argument(metavar="TICKET", help="For example TC-20261123-0001.")]
Why = Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")]
Branch = Annotated[str, typer.Option(help="Branch id.")]
Number = Annotated[int, typer.Argument(min=1, help="Number of the milestone.")]


@restricted.command(name="list")
def list_restricted(
    branch: Branch = "",
    everything: Annotated[bool, typer.Option("--all", help="Settled ones too.")] = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Tickets that are supplied in two steps, and what is still owed; the first promised first.

    Example: huodian readiness restricted list
    """
    application = opened()
    found = application.readiness.restricted.register(
        branch=branch, everything=everything, actor=acting(application, user)
    )
    rows = [
        (
            each.ticket_no,
            each.title,
            f"{each.requested_kw}",
            f"{each.first_kw}（{each.first_by}）",
            f"{each.rest_kw}（{each.full_by}）",
            f"{each.outstanding_kw}",
            each.outcome_name + ("（超期）" if each.is_overdue else ""),
        )
        for each in found
    ]
    heads = ("工单", "户名", "申请 kW", "先行 kW", "其余 kW", "尚欠 kW", "情况")
    show(found, table(rows, heads) if rows else "没有两步供电的工单", as_json=as_json)


@restricted.command()
def plan(
    ticket_no: TicketNo,
    first_kw: Annotated[str, typer.Option(help="The urgent need, kW.")],
    first_by: Annotated[str, typer.Option(help="Promised day of the urgent need.")],
    full_by: Annotated[str, typer.Option(help="Promised day of the full load.")],
    reason: Why = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Plan a two-step supply, or change the plan; the customer is told.

    Example: huodian readiness restricted plan TC-20261123-0001 --first-kw 300
    --first-by 2027-03-01 --full-by 2027-12-31 --reason 10千伏乡线重载，待新建线路
    """
    from app.readiness.restricted import parse_plan  # noqa: PLC0415

    application = opened()
    fields = {"first_kw": first_kw, "first_by": first_by, "full_by": full_by}
    ticket = application.readiness.restricted.plan(
        ticket_no,
        parse_plan(fields),
        reason=reason,
        actor=acting(application, user),
        expected_revision=revision,
    )
    show_changed(ticket, "两步供电已登记", as_json=as_json)


@restricted.command()
def complete(
    ticket_no: TicketNo,
    reason: Why = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Record that the full load is there now; the customer is told.

    Example: huodian readiness restricted complete TC-20261123-0001
    """
    application = opened()
    ticket = application.readiness.restricted.complete(
        ticket_no, reason=reason, actor=acting(application, user), expected_revision=revision
    )
    show_changed(ticket, "满负荷供电已登记", as_json=as_json)


@restricted.command()
def withdraw(
    ticket_no: TicketNo,
    reason: Why = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """The grid can supply the whole at once after all; before energization only.

    Example: huodian readiness restricted withdraw TC-20261123-0001 --reason 线路改造提前完成
    """
    application = opened()
    ticket = application.readiness.restricted.withdraw(
        ticket_no, reason=reason, actor=acting(application, user), expected_revision=revision
    )
    show_changed(ticket, "两步供电已撤销", as_json=as_json)


@works.command(name="list")
def list_works(
    branch: Branch = "",
    red: Annotated[bool, typer.Option("--red", help="Only those that are late.")] = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Matching works of open tickets against the customers' dates.

    Example: huodian readiness works list --red
    """
    application = opened()
    found = application.readiness.works.listing(
        branch=branch, red_only=red, actor=acting(application, user)
    )
    rows = [
        (
            each.ticket_no,
            f"{each.schedule.expected_energization_on}",
            f"{each.schedule.finish_on}",
            "红" if each.schedule.is_red else "正常",
            "；".join(each.schedule.warnings),
        )
        for each in found
    ]
    heads = ("工单", "客户期望", "预计完成", "状态", "说明")
    show(found, table(rows, heads) if rows else "没有配套工程", as_json=as_json)


@works.command(name="plan")
def plan_works(
    ticket_no: TicketNo,
    milestones: Annotated[
        list[str], typer.Argument(metavar="NAME:DAYS...", help="In their order; working days.")
    ],
    reason: Why = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Plan matching works, scheduled back from the customer's date; what is begun stays.

    The date is corrected with `huodian ticket amend TICKET expected_energization_on=...`.

    Example: huodian readiness works plan TC-20261123-0001 设计:5 物资:20 施工:10
    """
    from app.readiness.works import parse_milestones  # noqa: PLC0415

    application = opened()
    ticket = application.readiness.works.plan(
        ticket_no,
        parse_milestones(milestones),
        reason=reason,
        actor=acting(application, user),
        expected_revision=revision,
    )
    show_changed(ticket, "配套工程已倒排", as_json=as_json)


@works.command()
def begin(
    ticket_no: TicketNo,
    number: Number,
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Record that a milestone is begun now.

    Example: huodian readiness works begin TC-20261123-0001 1
    """
    application = opened()
    ticket = application.readiness.works.begin(
        ticket_no, number, actor=acting(application, user), expected_revision=revision
    )
    show_changed(ticket, f"第 {number} 道工序已开工", as_json=as_json)


@works.command()
def finish(
    ticket_no: TicketNo,
    number: Number,
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Record that a milestone is finished now.

    Example: huodian readiness works finish TC-20261123-0001 1
    """
    application = opened()
    ticket = application.readiness.works.finish(
        ticket_no, number, actor=acting(application, user), expected_revision=revision
    )
    show_changed(ticket, f"第 {number} 道工序已完成", as_json=as_json)


def show_changed(ticket: Ticket, news: str, *, as_json: bool) -> None:
    """What a changing command prints."""
    result = {"ticket_no": ticket.ticket_no, "revision": ticket.revision}
    show(result, f"{ticket.ticket_no}  {news}（第 {ticket.revision} 次变更）", as_json=as_json)
