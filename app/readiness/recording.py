"""How decisions about a ticket's supply enter its ledger, beside its own course.

The ticket itself does not change; its revision counts up, and that guards what is kept beside it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.application import ConnectionApplication
from engine.definition import Ending
from engine.errors import Reason, RefusedError
from engine.events import FactsRecorded, Outcome
from engine.ticket import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.trip.case import Case
    from engine.ticket import Act


def recorded(case: Case, topic: str, facts: Mapping[str, object]) -> Outcome:
    """The ticket as it was, with what was decided and why."""
    event = FactsRecorded(
        topic=topic,
        facts={name: str(value) for name, value in facts.items()},
        reason=case.act.reason,
    )
    return Outcome(ticket=case.ticket, events=(event,))


def by_system(act: Act) -> Act:
    """The same act of the system: a list shows what its reader may see, row by row."""
    return replace(act, actor=SYSTEM)


def ending_of(case: Case) -> Ending | None:
    """How the ticket ended; None while it is open."""
    return case.definition.state_by_id[case.ticket.state].ending


def is_energized(case: Case) -> bool:
    """Whether the customer is connected."""
    return ending_of(case) is Ending.COMPLETED


def refuse_if_ended(case: Case) -> None:
    """Nothing more is planned for a ticket that has ended.

    Raises:
        RefusedError: it has.
    """
    if ending_of(case) is None:
        return
    state = case.definition.state_by_id[case.ticket.state].name
    message = f"工单 {case.ticket.ticket_no} {state}，不能再办理"
    raise RefusedError(Reason(code="ended", message=message, remedy="请核对工单编号"))


def reason_missing(what: str) -> Reason:
    """What must be explained was not."""
    return Reason(
        code="reason_missing",
        field="reason",
        message=f"{what}必须说明原因",
        clause="R-5.4",
        remedy="请填写原因",
    )


def application_of(case: Case) -> ConnectionApplication:
    """What the customer applied for.

    Raises:
        RefusedError: the ticket is about something else.
    """
    request = case.ticket.request
    if isinstance(request, ConnectionApplication):
        return request
    raise RefusedError(
        Reason(
            code="no_application",
            message=f"工单 {case.ticket.ticket_no} 不是用电申请",
            remedy="请核对工单编号",
        )
    )
