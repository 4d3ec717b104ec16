"""Who may be the two managers of a ticket: what the engine and what the accounts say, at once.

The engine knows the rule and that a replacement has a reason; only the accounts know who is a
manager of that branch (R-6.1, T2a).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.amendments import assign_managers
from engine.errors import Reason, RefusedError
from engine.managers import DUTIES, unfit_managers

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.ports.work import Work
    from app.trip.case import Case
    from engine.events import Outcome
    from engine.ticket import ManagerPair


def assigned(
    work: Work, case: Case, pair: ManagerPair, places: Collection[str] = DUTIES
) -> Outcome:
    """The ticket with these managers; those in `places` are judged.

    Raises:
        RefusedError: every reason against them.
    """
    known = work.accounts.people((pair.project_manager, pair.account_manager))
    unfit = unfit_managers(pair, known, case.ticket.branch)
    reasons: list[Reason] = [each for each in unfit if each.field in places]
    outcome = None
    try:
        reason = case.act.reason
        outcome = assign_managers(case.ticket, case.definition, pair, reason=reason)
    except RefusedError as refused:
        reasons += refused.reasons
    if outcome is None or reasons:
        raise RefusedError(reasons)
    return outcome
