"""The form that opens a ticket of a process that no application starts (立单)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.forms.request_form import FIELDS, parse_request
from app.reading.field_view import field_views
from app.tickets.beginning import may_open, new_token, refuse_opening
from app.web.access import Reader
from app.web.errors import status_of
from app.web.forms import Form, for_a_form
from app.web.pages.new_ticket import given_token
from app.web.rendering import page, see_other
from app.web.serving import application_of
from engine.errors import MalformedError, Reason, RefusedError
from engine.guards import role_reasons

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.people.sessions import SignedIn

router = APIRouter(prefix="/definitions/{definition_id}/open")


@router.get("")
def form(request: Request, definition_id: str, who: Reader) -> Response:
    """An empty form, for whoever may open such a ticket."""
    application = application_of(request)
    definition = application.rulebook.in_force(definition_id)
    act = application.desk.act(who.actor)
    refuse_opening(definition, act, who.actor.branch)
    if not may_open(definition, who.actor):
        raise RefusedError(role_reasons(act, definition.opening.roles, definition.name))
    return _form_page(request, definition_id, who, {})


@router.post("")
def open_ticket(request: Request, definition_id: str, who: Reader, form: Form) -> Response:
    """Open the ticket, or show the form again with everything that is wrong."""
    application = application_of(request)
    tickets = application.tickets
    try:
        asked = parse_request(
            form.fields,
            known_nodes=application.queries.knows_node,
            further=tickets.against_opening(definition_id, form.given, actor=who.actor),
        )
        ticket = tickets.open(
            definition_id,
            asked,
            branch=who.actor.branch or _branch(form.text("branch")),
            actor=who.actor,
            given=form.given,
            token=given_token(form),
        )
    except (MalformedError, RefusedError) as error:
        return _form_page(
            request,
            definition_id,
            who,
            form.fields,
            reasons=error.reasons,
            status=status_of(error),
        )
    return see_other(f"/tickets/{ticket.ticket_no}?done=opened")


def _branch(chosen: str) -> str:
    if chosen:
        return chosen
    raise MalformedError(
        Reason(code="required", field="branch", message="单位不能为空", remedy="请选择单位")
    )


def _form_page(
    request: Request,
    definition_id: str,
    who: SignedIn,
    entered: Mapping[str, str],
    *,
    reasons: tuple[Reason, ...] = (),
    status: int = 200,
) -> Response:
    application = application_of(request)
    definition = application.rulebook.in_force(definition_id)
    fields, opening = definition.field_by_id, definition.opening
    asked = field_views(
        (fields[each] for each in opening.asks), (fields[each] for each in opening.takes), {}
    )
    reasons = for_a_form(reasons, {each.id for each in asked if each.options})
    return page(
        request,
        "open_ticket.html",
        status=status,
        definition=definition,
        asked=asked,
        names=FIELDS,
        entered=entered,
        once=new_token(),
        reasons=reasons,
        problems={reason.field: reason for reason in reversed(reasons) if reason.field},
        branches=application.queries.branches(),
        own_branch=who.actor.branch,
    )
