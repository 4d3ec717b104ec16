"""Applications arrive: online at any waking hour, at the counter and on visits in office hours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from app.imports.report import RefusedRow
from app.simulate.chance import Chance
from app.simulate.customer import brings_missing_papers, finds_mistake
from app.simulate.diary import awake
from app.simulate.office import extends_boundary, handles, hands_over, withdrawn
from app.simulate.temperament import draw
from app.simulate.trip import Trip
from engine.application import IntakeChannel
from engine.errors import MalformedError, RefusedError
from engine.ticket import SYSTEM

if TYPE_CHECKING:
    from datetime import date, datetime

    from app.simulate.agenda import Course
    from app.simulate.arrivals import Arrival
    from app.simulate.trip import Scene
    from engine.ticket import Ticket

ARRIVING_SHARE = 0.6
"""Applications arrive in this share of the days; the rest is for finishing them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """Takes applications in. `refused` collects those that no rule covers, by their line."""

    scene: Scene
    seed: int
    starts_on: date
    days: int
    refused: list[RefusedRow] = field(default_factory=list)

    def receives(self, arrival: Arrival) -> Course:
        """One application arrives, becomes a ticket, and goes its way."""
        chance = Chance(self.seed, arrival.name)
        yield self._arrives_at(arrival, chance)
        ticket = self._submitted(arrival)
        if ticket is None:
            return
        limit = self.scene.definition_of(ticket).end_to_end_limit.days
        application = arrival.form.application
        trip = Trip(
            scene=self.scene,
            name=arrival.name,
            chance=chance,
            temperament=draw(chance, application, is_whole_limited=limit is not None),
            ticket=ticket,
        )
        _begin_what_happens_besides(trip)
        yield from handles(trip)

    def _arrives_at(self, arrival: Arrival, chance: Chance) -> datetime:
        on = self.starts_on + timedelta(days=int(chance.between(0, self.days * ARRIVING_SHARE)))
        if arrival.form.application.channel is IntakeChannel.ONLINE:
            return awake(on, chance.between(0, 1))
        return self.scene.diary.around(on, chance.between(0, 1))

    def _submitted(self, arrival: Arrival) -> Ticket | None:
        form, scene = arrival.form, self.scene
        is_online = form.application.channel is IntakeChannel.ONLINE
        try:
            return scene.application.tickets.submit(
                form.application,
                branch=form.branch,
                documents=form.documents,
                actor=SYSTEM if is_online else scene.staff.operator(form.branch),
            )
        except (MalformedError, RefusedError) as refusal:
            self.refused.extend(
                RefusedRow(line=arrival.line, reason=each) for each in refusal.reasons
            )
            return None


def _begin_what_happens_besides(trip: Trip) -> None:
    lot = trip.temperament
    brings_missing_papers(trip)
    if lot.extends:
        trip.begin("boundary", extends_boundary(trip))
    if lot.correction:
        trip.begin("correction", finds_mistake(trip))
    if lot.changes_managers:
        trip.begin("managers", hands_over(trip))
    if lot.withdraws_after is not None:
        trip.begin("withdrawal", withdrawn(trip, lot.withdraws_after))
