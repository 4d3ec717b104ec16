"""`huodian ticket`: submit, look at, move and change tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.hand_over import hand_over_tickets, unclear_reassignment
from app.cli.outage_text import serving_text
from app.cli.session import ActingAs, AsJson, Revision, acting, opened, pairs, show
from app.cli.text import actions_text, grid_text, history_text, ticket_text, worklist_text
from engine.application import InvestmentBoundary
from engine.ticket import ManagerPair, PauseCause

if TYPE_CHECKING:
    from app.bootstrap import Application
    from engine.ticket import Ticket

commands = typer.Typer(no_args_is_help=True)

TicketNo = Annotated[str, typer.Argument(metavar="TICKET", help="For example TC-20261123-0001.")]
Why = Annotated[str, typer.Option("--reason", help="Why; kept in the ledger.")]


@commands.command()
def submit(
    fields: Annotated[
        list[str],
        typer.Argument(metavar="FIELD=VALUE...", help="Fields as the columns of an import file."),
    ],
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Enter one application; the server's clock says when.

    Example: huodian ticket submit applicant_name=李明 applicant_kind=resident
    id_number=11010519491231002X phone=13800138000 branch=tengchong area_class=town
    address=示例路1号 requested_capacity_kw=8 documents=identity
    """
    from app.forms.application_form import parse_application  # noqa: PLC0415

    application = opened()
    actor = acting(application, user)
    form = parse_application(
        pairs(fields),
        known_nodes=application.queries.knows_node,
        branches=application.queries.branches(),
    )
    ticket = application.tickets.submit(
        form.application, branch=form.branch, documents=form.documents, actor=actor
    )
    _show_changed(application, ticket, as_json=as_json)


@commands.command(name="open")
def open_ticket(
    definition: Annotated[str, typer.Argument(help="For example asset_transfer.")],
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FIELD=VALUE]...", help="See `huodian definition show`."),
    ] = None,
    *,
    title: Annotated[str, typer.Option(help="What it is about.")],
    branch: Annotated[str, typer.Option(help="Branch id.")],
    contact: Annotated[str, typer.Option(help="Whom to tell.")] = "",
    phone: Annotated[str, typer.Option(help="Mobile number of the contact.")] = "",
    address: Annotated[str, typer.Option(help="Where.")] = "",
    node: Annotated[str, typer.Option(help="Node of the topology.")] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Open a ticket that does not start from a connection application.

    Example: huodian ticket open asset_transfer --title 示例小区 --branch tengchong

    Example: huodian ticket open temporary_supply_lease capacity_kva=200 --title 示例工地
    --branch tengchong
    """
    from app.forms.request_form import parse_request  # noqa: PLC0415

    application = opened()
    about = {"title": title, "contact": contact, "phone": phone, "address": address, "node": node}
    actor, given = acting(application, user), pairs(fields or [])
    request = parse_request(
        about,
        known_nodes=application.queries.knows_node,
        further=application.tickets.against_opening(definition, given, actor=actor),
    )
    ticket = application.tickets.open(definition, request, branch=branch, actor=actor, given=given)
    _show_changed(application, ticket, as_json=as_json)


@commands.command(name="list")
def list_tickets(
    branch: Annotated[str, typer.Option(help="Branch id.")] = "",
    text: Annotated[str, typer.Option(help="Part of number, name or address.")] = "",
    mine: Annotated[bool, typer.Option("--mine", help="Only where I am a manager.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only overdue ones.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Ended ones too.")] = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """The worklist: least time left first.

    Example: huodian ticket list --branch tengchong --overdue
    """
    from app.reading.worklist import WorklistFilter  # noqa: PLC0415

    application = opened()
    wanted = WorklistFilter(
        branch=branch, text=text, mine=mine, overdue=overdue, ended_too=everything
    )
    page = application.queries.worklist(wanted, actor=acting(application, user))
    show(page, worklist_text(page), as_json=as_json)


@commands.command(name="show")
def show_ticket(
    ticket_no: TicketNo,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Everything about a ticket: stages, clocks, documents, grid, outages, what may be done next.

    Example: huodian ticket show TC-20261123-0001 --json
    """
    from pydantic_core import to_jsonable_python  # noqa: PLC0415

    application = opened()
    actor = acting(application, user)
    page = application.queries.ticket(ticket_no, actor=actor)
    grid = application.readiness.tickets.of_ticket(ticket_no, actor=actor)
    outages = application.outages.reader.serving(ticket_no, actor=actor)
    parts = (ticket_text(page), grid_text(grid), serving_text(outages))
    text = "\n".join(part for part in parts if part)
    show({**to_jsonable_python(page), "grid": grid, "outages": outages}, text, as_json=as_json)


@commands.command()
def history(
    ticket_no: TicketNo,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """The ledger of a ticket in sentences, the latest first.

    Example: huodian ticket history TC-20261123-0001
    """
    application = opened()
    lines = application.queries.history(ticket_no, actor=acting(application, user))
    show(lines, history_text(lines), as_json=as_json)


@commands.command()
def allowed(
    ticket_no: TicketNo,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """What may be done next, and of what may not: every reason.

    Example: huodian ticket allowed TC-20261123-0001
    """
    application = opened()
    page = application.queries.ticket(ticket_no, actor=acting(application, user))
    result = [
        {
            "trigger": each.key,
            "name": each.name,
            "to": each.target,
            "allowed": each.is_allowed,
            "reason_required": each.reason_required,
            "fields": each.fields,
            "reasons": each.reasons,
        }
        for each in page.actions
    ]
    show(result, actions_text(page.actions) or "没有可办理的操作", as_json=as_json)


@commands.command()
def advance(
    ticket_no: TicketNo,
    trigger: Annotated[str, typer.Argument(help="See `huodian ticket allowed`.")],
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FIELD=VALUE]...", help="What the move asks for."),
    ] = None,
    reason: Why = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Fire a transition, with what it asks to be filled in.

    Example: huodian ticket advance TC-20261123-0001 complete_intake
    """
    application = opened()
    ticket = application.tickets.advance(
        ticket_no,
        trigger,
        actor=acting(application, user),
        reason=reason,
        given=pairs(fields or []),
        expected_revision=revision,
    )
    _show_changed(application, ticket, as_json=as_json)


@commands.command()
def abort(
    ticket_no: TicketNo,
    reason: Why = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """End a ticket for good; the customer is called back.

    Example: huodian ticket abort TC-20261123-0001 --reason 客户撤回申请
    """
    advance(ticket_no, "abort", None, reason, revision, user, as_json)


@commands.command()
def suspend(
    ticket_no: TicketNo,
    cause: Annotated[PauseCause, typer.Option(help="There is no third cause.")],
    evidence: Annotated[str, typer.Option(help="For example the number of the works notice.")],
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Stop the company's clocks for external-line or customer works.

    Example: huodian ticket suspend TC-20261123-0001 --cause external_line
    --evidence 外线施工通知单12号
    """
    application = opened()
    ticket = application.tickets.suspend(
        ticket_no,
        cause,
        evidence=evidence,
        actor=acting(application, user),
        expected_revision=revision,
    )
    _show_changed(application, ticket, as_json=as_json)


@commands.command()
def resume(
    ticket_no: TicketNo,
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Let the company's clocks run again.

    Example: huodian ticket resume TC-20261123-0001
    """
    application = opened()
    ticket = application.tickets.resume(
        ticket_no, actor=acting(application, user), expected_revision=revision
    )
    _show_changed(application, ticket, as_json=as_json)


@commands.command()
def reassign(
    ticket_no: Annotated[str, typer.Argument(metavar="TICKET", help="One ticket.")] = "",
    project_manager: Annotated[str, typer.Option(help="User id.")] = "",
    account_manager: Annotated[str, typer.Option(help="User id.")] = "",
    all_of: Annotated[
        str, typer.Option(metavar="USER", help="Instead of TICKET: all open ones of that manager.")
    ] = "",
    to: Annotated[str, typer.Option(metavar="USER", help="Who takes them over.")] = "",
    reason: Why = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Name or replace the two managers of a ticket, or hand over all tickets of one manager.

    Example: huodian ticket reassign TC-20261123-0001 --project-manager tc.pm1
    --account-manager tc.am1 --reason 轮岗

    Example: huodian ticket reassign --all-of tc.am1 --to tc.am2 --reason 调离
    """
    one = (ticket_no, project_manager, account_manager)
    if all_of and to and not any(one) and revision is None:
        hand_over_tickets(all_of, to, reason, user, as_json=as_json)
        return
    if all_of or to or not all(one):
        raise unclear_reassignment()
    application = opened()
    pair = ManagerPair(project_manager=project_manager, account_manager=account_manager)
    ticket = application.tickets.assign_managers(
        ticket_no,
        pair,
        reason=reason,
        actor=acting(application, user),
        expected_revision=revision,
    )
    _show_changed(application, ticket, as_json=as_json)


@commands.command()
def extend(
    ticket_no: TicketNo,
    reason: Why = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Decide on an extended investment boundary, before the plan is confirmed; never reversed.

    Example: huodian ticket extend TC-20261123-0001 --reason 污染防治项目优先延伸
    """
    application = opened()
    ticket = application.tickets.extend_boundary(
        ticket_no, reason=reason, actor=acting(application, user), expected_revision=revision
    )
    _show_changed(application, ticket, as_json=as_json)


@commands.command()
def amend(
    ticket_no: TicketNo,
    corrections: Annotated[
        list[str],
        typer.Argument(
            metavar="FIELD=VALUE...",
            help="name, phone, address, requested_capacity_kw, expected_energization_on.",
        ),
    ],
    reason: Why = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Correct facts of the application; before and after are kept, clocks keep running.

    Example: huodian ticket amend TC-20261123-0001 phone=13800138001 --reason 客户换号
    """
    application = opened()
    ticket = application.amendments.amend(
        ticket_no,
        pairs(corrections),
        reason=reason,
        actor=acting(application, user),
        expected_revision=revision,
    )
    _show_changed(application, ticket, as_json=as_json)


def _show_changed(application: Application, ticket: Ticket, *, as_json: bool) -> None:
    """What a changing command prints: number, revision, state."""
    definition = application.rulebook.of(ticket)
    state = definition.state_by_id[ticket.state]
    result = {
        "ticket_no": ticket.ticket_no,
        "revision": ticket.revision,
        "state": ticket.state,
        "stage": state.stage,
        "definition": ticket.definition_ref,
        "boundary": ticket.boundary,
        "suspended": ticket.is_suspended,
    }
    notes = [f"第 {ticket.revision} 次变更"]
    if ticket.is_suspended:
        notes.append("暂停计时中")
    if ticket.boundary is InvestmentBoundary.EXTENDED:
        notes.append("投资界面已延伸")
    text = f"{ticket.ticket_no}  {definition.name}  {state.name}（{'，'.join(notes)}）"
    show(result, text, as_json=as_json)
