"""The counter's form for a new application (营业厅受理)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.forms.application_form import FIELDS, INTAKE_DOCUMENTS, parse_application
from app.labels import CHANNELS
from app.tickets.beginning import new_token
from app.web.access import Submitter
from app.web.errors import status_of
from app.web.forms import Form, Submitted, for_a_form
from app.web.rendering import page, see_other
from app.web.serving import application_of
from engine.application import APPLICANT_KINDS, AREA_CLASSES
from engine.errors import MalformedError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from app.people.sessions import SignedIn
    from engine.errors import Reason

router = APIRouter()

TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
OWN_FIELDS = frozenset({"once", "documents"})
"""Fields of this page that are not the application's."""

CHOSEN_FIELDS = frozenset({"applicant_kind", "area_class", "branch", "channel", "major_campaign"})


@router.get("/tickets/new")
def form(request: Request, who: Submitter) -> Response:
    """An empty form."""
    return _form_page(request, who, {})


@router.post("/tickets")
def submit(request: Request, who: Submitter, form: Form) -> Response:
    """Turn the form into a ticket, or show it again with everything that is wrong."""
    application = application_of(request)
    fields = _fields(form, who)
    try:
        parsed = parse_application(
            fields,
            known_nodes=application.queries.knows_node,
            branches=application.queries.branches(),
        )
        ticket = application.tickets.submit(
            parsed.application,
            branch=parsed.branch,
            documents=parsed.documents,
            actor=who.actor,
            token=given_token(form),
        )
    except (MalformedError, RefusedError) as error:
        return _form_page(
            request,
            who,
            fields,
            documents=form.several.get("documents", ()),
            reasons=error.reasons,
            status=status_of(error),
        )
    return see_other(f"/tickets/{ticket.ticket_no}?done=submitted")


def given_token(form: Submitted) -> str:
    """The token that this form was made with, if it is one; a second click sends it again."""
    given = form.text("once")
    return given if TOKEN.fullmatch(given) else ""


def _fields(form: Submitted, who: SignedIn) -> dict[str, str]:
    """The fields as an import file has them; people of a branch enter for their own branch."""
    fields = {name: value for name, value in form.fields.items() if name not in OWN_FIELDS}
    fields["documents"] = ";".join(form.several.get("documents", ()))
    if who.actor.branch:
        fields["branch"] = who.actor.branch
    return fields


def _form_page(
    request: Request,
    who: SignedIn,
    entered: Mapping[str, str],
    *,
    documents: Collection[str] = (),
    reasons: tuple[Reason, ...] = (),
    status: int = 200,
) -> Response:
    reasons = for_a_form(reasons, CHOSEN_FIELDS)
    return page(
        request,
        "new_ticket.html",
        status=status,
        entered=entered,
        once=new_token(),
        chosen_documents=documents,
        reasons=reasons,
        problems={reason.field: reason for reason in reversed(reasons) if reason.field},
        names=FIELDS,
        branches=application_of(request).queries.branches(),
        own_branch=who.actor.branch,
        applicant_kinds=APPLICANT_KINDS,
        area_classes=AREA_CLASSES,
        channels=CHANNELS,
        documents=INTAKE_DOCUMENTS,
    )
