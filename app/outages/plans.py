"""What an outage would mean before there is one: whom it hits, and what it could serve (R-7.3).

plans.preview(nodes, actor=..., as_of="")          -> AffectedCounts
plans.now(nodes, actor=...)                        -> PlanView
plans.plan(nodes, begins, ends, actor=...)         -> PlanView
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.fields import past_instant
from app.masking import masked_name
from app.outages.places import place_of
from app.outages.planning import nearby
from app.outages.rules import Times, against_window
from app.outages.views import ConnectionView, PlanView
from engine.errors import MalformedError, RefusedError
from engine.fields import entered
from engine.network import SupplyView
from engine.outage import DEFINITIONS, OutageKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from app.ports.outage_work import OutageDatabase, OutageWork
    from app.ports.outages import AffectedCounts
    from app.trip.desk import Desk
    from engine.definition import WorkflowDefinition
    from engine.errors import Reason
    from engine.ticket import Actor

MOST_CONNECTIONS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class OutagePlans:
    """Looks ahead, and writes nothing."""

    desk: Desk
    database: OutageDatabase
    nearby_days: int

    def preview(self, nodes: Sequence[str], *, actor: Actor, as_of: str = "") -> AffectedCounts:
        """Whom an outage on these nodes would leave without supply, now or at a past instant.

        Raises:
            RefusedError: a node is unknown.
            MalformedError: `as_of` is no past instant.
        """
        authorize(actor, Action.READ)
        at = self.desk.clock()
        view = SupplyView.at(past_instant(as_of, "as_of", at) if as_of else at)
        with self.database.reading() as work:
            place = place_of(work, nodes, view)
            if place.reasons:
                raise RefusedError(place.reasons)
            return work.affected.preview(place.nodes, view)

    def now(self, nodes: Sequence[str], *, actor: Actor) -> PlanView:
        """What a fault on these nodes means, at this moment.

        Raises:
            RefusedError: a node is unknown.
        """
        authorize(actor, Action.READ)
        view = SupplyView.at(self.desk.clock())
        with self.database.reading() as work:
            return self._plan(work, nodes, view, ())

    def plan(self, nodes: Sequence[str], begins: str, ends: str, *, actor: Actor) -> PlanView:
        """What an outage on these nodes at that time would mean, before it is announced (R-7.3).

        Raises:
            RefusedError: a node is unknown, or the times cannot be.
            MalformedError: the times cannot be read.
        """
        authorize(actor, Action.READ)
        at = self.desk.clock()
        with self.database.reading() as work:
            machine = self.desk.definitions.in_force(work, DEFINITIONS[OutageKind.PLANNED], at)
            times, against, malformed = _window(machine.definition, begins, ends, at)
            view = SupplyView(
                as_of=at, since=times.planned_from or at, until=times.planned_until or at
            )
            if malformed:
                reasons = (*place_of(work, nodes, view).reasons, *against)
                kind = RefusedError if reasons else MalformedError
                raise kind((*reasons, *malformed))
            return self._plan(work, nodes, view, against)

    # --- parts of the above --------------------------------------------------------------------

    def _plan(
        self, work: OutageWork, nodes: Sequence[str], view: SupplyView, against: tuple[Reason, ...]
    ) -> PlanView:
        place = place_of(work, nodes, view)
        if place.reasons or against:
            raise RefusedError((*place.reasons, *against))
        counts = work.affected.preview(place.nodes, view)
        return PlanView(
            service_points=counts.service_points,
            phones=counts.phones,
            important=counts.important,
            without_phone=counts.without_phone,
            area=place.area,
            line=place.line,
            nearby=nearby(work, place.nodes, view, self.nearby_days),
            connections=self._connections(work, place.nodes, view),
        )

    def _connections(
        self, work: OutageWork, nodes: Sequence[str], view: SupplyView
    ) -> tuple[ConnectionView, ...]:
        found = work.outage_reads.connections_below(nodes, view, MOST_CONNECTIONS)
        definitions = {
            (each.definition_id, each.definition_version): self.desk.definitions.get(
                work, each.definition_id, each.definition_version
            ).definition
            for each in found
        }
        return tuple(
            ConnectionView(
                ticket_no=each.ticket_no,
                title=masked_name(each.title),
                state_name=definitions[each.definition_id, each.definition_version]
                .state_by_id[each.state]
                .name,
                node_id=each.node_id,
            )
            for each in found
        )


def _window(
    definition: WorkflowDefinition, begins: str, ends: str, at: datetime
) -> tuple[Times, tuple[Reason, ...], tuple[Reason, ...]]:
    """The planned times, why they will not do, and what of them cannot be read."""
    given = {"planned_start_at": begins, "planned_end_at": ends}
    read = entered(given, definition.opening, definition, {})
    times = Times.of(read.details)
    missing = (each for each in read.missing if each.field in given)
    return times, (*missing, *against_window(times, at)), tuple(read.malformed)
