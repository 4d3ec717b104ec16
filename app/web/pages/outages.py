"""The outage desk: what is out and what is to come, one outage, what may be done, a poster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.outages.changing import CHANGE
from app.outages.supply import PROGRESS, RESTORE, RESTORE_PARTIALLY, START
from app.outages.views import PHASES
from app.reading.field_view import field_views
from app.web.access import Reader
from app.web.errors import status_of
from app.web.forms import Form, Submitted, for_a_form
from app.web.rendering import page, see_other
from app.web.serving import application_of
from engine.errors import (
    ConflictError,
    HuodianError,
    MalformedError,
    Reason,
    RefusedError,
    not_found,
)
from engine.outage import DEFINITIONS, OUTAGE_KINDS, OutageKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.bootstrap import Application
    from app.outages.results import OutageResult
    from app.outages.views import PlanView
    from app.people.sessions import SignedIn
    from app.reading.field_view import FieldView

router = APIRouter(prefix="/outages")

TAKING_BACK = frozenset({"cancel", "dismiss"})
MOVE = "办理事项"
DONE = {
    "announced": "已公告，通知正在发给受影响的用户。",
    "moved": "已办理，须告知用户的内容正在发出。",
}
WITH_NODES = {
    CHANGE: "改变停电范围时填写新的全部节点；范围不变的留空。",
    RESTORE_PARTIALLY: "已送电的节点，每行一个编号。",
}
"""Moves that name nodes, and what the form says of them."""
KNOWN_OTHERWISE = frozenset(
    {"affected_area", "affected_line", "occurred_at", "occurred_source"}
    | {"restored_at", "restored_source", "restored_part"}
)
"""Fields that are filled in from the network or the present time where they are left empty."""


@router.get("")
def listing(request: Request, who: Reader, ended: str = "") -> Response:
    """Outages to come and on."""
    application = application_of(request)
    found = application.outages.reader.listing(actor=who.actor, ended_too=bool(ended))
    return page(
        request,
        "outages.html",
        outages=found,
        ended=bool(ended),
        kinds=OUTAGE_KINDS,
        branches=application.queries.branches(),
    )


@router.get("/new")
def new(request: Request, who: Reader, kind: str = OutageKind.FAULT) -> Response:
    """An empty form for one kind of outage."""
    return _new_page(request, who, _kind(kind))


@router.post("/new")
def announce(request: Request, who: Reader, form: Form) -> Response:
    """Announce an outage, or show whom it would concern; the form again with what is wrong."""
    application, kind = application_of(request), _kind(form.text("kind"))
    nodes = _nodes(form)
    try:
        if form.text("step") == "preview":
            plan = _planned(application, kind, nodes, form, who)
            return _new_page(request, who, kind, form=form, plan=plan)
        result = application.outages.announcements.announce(
            kind,
            nodes,
            form.given,
            branch=form.text("branch"),
            serves=form.text("serves").split(),
            actor=who.actor,
        )
    except (MalformedError, RefusedError) as error:
        return _new_page(request, who, kind, form=form, error=error)
    return see_other(f"/outages/{result.outage.ticket_no}?done=announced")


@router.get("/{number}")
def outage(request: Request, number: str, who: Reader, done: str = "") -> Response:
    """One outage, and what may be done next."""
    return _outage_page(request, number, who, done=DONE.get(done, ""))


@router.post("/{number}/moves/{trigger}")
def move(request: Request, number: str, trigger: str, who: Reader, form: Form) -> Response:
    """Do something about an outage."""
    try:
        _moved(application_of(request), number, trigger, who, form)
    except (MalformedError, RefusedError, ConflictError) as error:
        return _outage_page(request, number, who, error=error, form=form)
    return see_other(f"/outages/{number}?done=moved")


@router.get("/{number}/unreachable")
def unreachable(request: Request, number: str, who: Reader) -> Response:
    """Whom to visit and whom to ring up."""
    found = application_of(request).outages.reader.unreachable(number, actor=who.actor)
    return page(request, "outage_unreachable.html", found=found)


@router.get("/{number}/poster")
def poster(request: Request, number: str, who: Reader) -> Response:
    """A page to print and to hang up."""
    found = application_of(request).outages.reader.poster(number, actor=who.actor)
    return page(request, "outage_poster.html", poster=found)


def _moved(
    application: Application, number: str, trigger: str, who: SignedIn, form: Submitted
) -> OutageResult:
    """The use case that a move of the ticket belongs to."""
    supply, outages, actor = (
        application.outages.supply,
        application.outages.announcements,
        who.actor,
    )
    seen, given, reason = form.revision, form.given, form.text("reason")
    if trigger == START:
        return supply.start(number, given, actor=actor, expected_revision=seen)
    if trigger in PROGRESS:
        return supply.report_progress(
            number, given, trigger=trigger, actor=actor, expected_revision=seen
        )
    if trigger in {RESTORE, RESTORE_PARTIALLY}:
        nodes = [] if trigger == RESTORE else _part(form)  # none is everywhere
        return supply.restore(number, given, nodes=nodes, actor=actor, expected_revision=seen)
    if trigger == CHANGE:
        return outages.change(
            number,
            given,
            nodes=_nodes(form),
            reason=reason,
            actor=actor,
            expected_revision=seen,
        )
    if trigger in TAKING_BACK:
        return outages.cancel(number, reason=reason, actor=actor, expected_revision=seen)
    raise not_found(MOVE, trigger)


def _planned(
    application: Application,
    kind: OutageKind,
    nodes: list[str],
    form: Submitted,
    who: SignedIn,
) -> PlanView | None:
    """Whom the outage of the form would concern."""
    plans = application.outages.plans
    if kind is OutageKind.FAULT:
        return plans.now(nodes, actor=who.actor)
    begins, ends = (form.given.get(name, "") for name in ("planned_start_at", "planned_end_at"))
    return plans.plan(nodes, begins, ends, actor=who.actor)


def _new_page(
    request: Request,
    who: SignedIn,
    kind: OutageKind,
    *,
    form: Submitted | None = None,
    plan: PlanView | None = None,
    error: HuodianError | None = None,
) -> Response:
    application = application_of(request)
    definition = application.rulebook.in_force(DEFINITIONS[kind])
    first = definition.edges.get((definition.initial, "announce"))
    asks = dict.fromkeys((*definition.opening.asks, *(first.asks if first else ())))
    takes = dict.fromkeys((*definition.opening.takes, *(first.takes if first else ())))
    known = definition.field_by_id
    further = [known[each] for each in takes if each not in asks]
    wanted = field_views([known[each] for each in asks], further, {})
    fields = _eased(wanted)
    reasons = _reasons(error, fields)
    return page(
        request,
        "outage_new.html",
        status=status_of(error) if error else 200,
        kind=kind,
        kinds=OUTAGE_KINDS,
        fields_asked=fields,
        entered=form.fields if form else {},
        plan=plan,
        reasons=reasons,
        problems={each.field: each for each in reversed(reasons) if each.field},
        branches=application.queries.branches(),
        own_branch=who.actor.branch,
    )


def _outage_page(
    request: Request,
    number: str,
    who: SignedIn,
    *,
    done: str = "",
    error: HuodianError | None = None,
    form: Submitted | None = None,
) -> Response:
    application = application_of(request)
    found = application.outages.reader.outage(number, actor=who.actor)
    ticket = application.queries.ticket(number, actor=who.actor)
    actions = [replace(each, fields=_eased(each.fields)) for each in ticket.actions]
    reasons = _reasons(error, [field for each in actions for field in each.fields])
    return page(
        request,
        "outage.html",
        status=status_of(error) if error else 200,
        outage=found,
        ticket=ticket,
        actions=actions,
        with_nodes=WITH_NODES,
        phases=PHASES,
        history=application.queries.history(number, actor=who.actor),
        done=done,
        reasons=reasons,
        is_conflict=isinstance(error, ConflictError),
        problems={each.field: each for each in reversed(reasons) if each.field},
        entered=form.fields if form else {},
    )


def _reasons(error: HuodianError | None, fields: Iterable[FieldView]) -> tuple[Reason, ...]:
    listed = {each.id for each in fields if each.options}
    return for_a_form(error.reasons, listed) if error else ()


def _eased(fields: Iterable[FieldView]) -> tuple[FieldView, ...]:
    """Without a duty to fill in what is known otherwise."""
    return tuple(
        replace(each, is_required=False) if each.id in KNOWN_OTHERWISE else each for each in fields
    )


def _kind(text: str) -> OutageKind:
    return OutageKind(text) if text in set(OutageKind) else OutageKind.FAULT


def _part(form: Submitted) -> list[str]:
    """The nodes of a part; an empty field must not tell everybody that supply is back."""
    nodes = _nodes(form)
    if not nodes:
        raise MalformedError(
            Reason(
                code="field_missing",
                field="nodes",
                message="尚未填写已送电的节点",
                clause="R-7.2, 四(四)4",
                remedy="请填写节点编号；全部恢复的，请用“全部送电”",
            )
        )
    return nodes


def _nodes(form: Submitted) -> list[str]:
    return form.text("nodes").replace(",", " ").replace("，", " ").replace("、", " ").split()
