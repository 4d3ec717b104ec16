"""Who may be the two managers of a ticket: what the engine and what the accounts say, at once.

The engine knows that they are two people and that a replacement has a reason; only the accounts
know who is a manager of that branch (R-6.1, T2a).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.amendments import assign_managers
from engine.errors import Reason, RefusedError

if TYPE_CHECKING:
    from app.ports.work import Work
    from app.trip.case import Case
    from engine.events import Outcome
    from engine.ticket import ManagerPair


def assigned(work: Work, case: Case, pair: ManagerPair) -> Outcome:
    """The ticket with these managers.

    Raises:
        RefusedError: every reason against them.
    """
    reasons: list[Reason] = []
    outcome = None
    try:
        work.accounts.refuse_unfit_managers(pair, case.ticket.branch)
    except RefusedError as unfit:
        reasons += unfit.reasons
    try:
        reason = case.act.reason
        outcome = assign_managers(case.ticket, case.definition, pair, reason=reason)
    except RefusedError as refused:
        reasons += refused.reasons
    if outcome is None or reasons:
        raise RefusedError(reasons)
    return outcome
