"""Hands all tickets of one manager over to another: who leaves must not leave tickets behind.

Each ticket is a change of its own, with its own ledger entry and its own result: one that cannot
be handed over does not keep the others back (R-6.1, T2a).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.tickets.manager_pairs import assigned
from app.trip.desk import stale
from engine.errors import HuodianError, RefusedError, not_found
from engine.managers import against_hand_over, duties_of

if TYPE_CHECKING:
    from app.ports.work import Work
    from app.trip.case import Case
    from app.trip.desk import Desk
    from engine.errors import Reason
    from engine.events import Outcome
    from engine.ticket import Act, Actor, ManagerPair


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """What became of one ticket: its managers now, or every reason against it."""

    ticket_no: str
    managers: ManagerPair | None
    reasons: tuple[Reason, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether somebody else looks after the ticket now."""
        return not self.reasons


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Replaces a manager on every open ticket that names that person."""

    desk: Desk

    def all_of(self, user_id: str, to: str, *, reason: str, actor: Actor) -> tuple[HandedOver, ...]:
        """Put `to` in the place of `user_id` on every open ticket that the actor may know of.

        Raises:
            RefusedError: the actor may not, no reason is given, or they are one person.
            NotFoundError: either is unknown.
        """
        authorize(actor, Action.ASSIGN_MANAGERS)
        act = self.desk.act(actor, reason)
        careless = against_hand_over(user_id, to, act.reason)
        if careless:
            raise RefusedError(careless)
        with self.desk.database.reading() as work:
            _refuse_unknown(work, user_id, to)
            numbers = work.tickets.managed_by(user_id, actor.branch or None)
        return tuple(self._one(ticket_no, user_id, to, act) for ticket_no in numbers)

    def _one(self, ticket_no: str, user_id: str, to: str, act: Act) -> HandedOver:
        try:
            with self.desk.database.writing() as work:
                ticket = self.desk.change_in(
                    work,
                    ticket_no,
                    act,
                    Action.ASSIGN_MANAGERS,
                    lambda case: _replaced(work, case, user_id, to),
                )
                work.commit()
        except HuodianError as refused:
            return HandedOver(ticket_no=ticket_no, managers=None, reasons=refused.reasons)
        return HandedOver(ticket_no=ticket_no, managers=ticket.managers)


def _replaced(work: Work, case: Case, user_id: str, to: str) -> Outcome:
    """The ticket with the new manager; the other one is not judged, his own turn may come."""
    pair = case.ticket.managers
    places = () if pair is None else duties_of(user_id, pair)
    if pair is None or not places:
        raise stale(case.ticket.ticket_no)
    return assigned(work, case, replace(pair, **dict.fromkeys(places, to)), places)


def _refuse_unknown(work: Work, *user_ids: str) -> None:
    known = work.accounts.people(user_ids)
    unknown = [user_id for user_id in user_ids if user_id not in known]
    if unknown:
        what = "账号"
        raise not_found(what, "、".join(unknown))
