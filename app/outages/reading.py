"""Reads of outages for screens and commands, limited to the branch of the one who asks.

reader.listing(actor=..., branch="", ended_too=False)     -> tuple[OutageLine, ...]
reader.outage(ticket_no, actor=...)                       -> OutagePage
reader.serving(connection_no, actor=...)                  -> tuple[OutageLine, ...]
reader.preview(nodes, actor=..., as_of="")                -> AffectedCounts
reader.plan(nodes, begins, ends, actor=...)               -> PlanView
reader.unreachable(ticket_no, actor=..., limit=...)       -> UnreachableList
reader.poster(ticket_no, actor=...)                       -> Poster
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.fields import past_instant
from app.masking import masked_name, masked_phone
from app.outages.places import place_of
from app.outages.planning import nearby
from app.outages.rules import Times, against_window
from app.outages.views import (
    NEWS,
    ConnectionView,
    NamedNode,
    OutagePage,
    PlanView,
    Poster,
    ToldView,
    UndeliveredView,
    UnreachableList,
    UnreachableView,
    outage_line,
)
from engine.errors import MalformedError, RefusedError, not_found
from engine.fields import entered
from engine.network import SupplyView
from engine.outage import DEFINITIONS, OUTAGE_KINDS, Outage, OutageKind, OutagePhase
from notifications.outages import moment, window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from app.outages.views import OutageLine
    from app.ports.outage_work import OutageDatabase, OutageWork
    from app.ports.outages import AffectedCounts
    from app.trip.desk import Desk
    from engine.definition import WorkflowDefinition
    from engine.errors import Reason
    from engine.ticket import Actor

MOST_LISTED = 200
MOST_UNREACHABLE = 1000
MOST_CONNECTIONS = 50
OUTAGE = "停电"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageReader:
    """All reads of outages."""

    desk: Desk
    database: OutageDatabase
    nearby_days: int

    def listing(
        self, *, actor: Actor, branch: str = "", ended_too: bool = False
    ) -> tuple[OutageLine, ...]:
        """Outages that are on and to come; with the ended ones, if asked for, the newest first."""
        authorize(actor, Action.READ)
        with self.database.reading() as work:
            found = work.outages.listing(
                branch=actor.branch or branch or None, open_only=not ended_too, limit=MOST_LISTED
            )
            return _lines(work, found)

    def serving(self, connection_no: str, *, actor: Actor) -> tuple[OutageLine, ...]:
        """The outages that the works of a connection ticket use, the earliest first (R-7.3)."""
        authorize(actor, Action.READ)
        with self.database.reading() as work:
            found = [work.outages.get(each) for each in work.outages.serving(connection_no)]
            seen = [each for each in found if actor.branch in {"", each.branch}]
            return _lines(work, sorted(seen, key=lambda each: (each.begins_at, each.ticket_no)))

    def outage(self, ticket_no: str, *, actor: Actor) -> OutagePage:
        """Everything about one outage.

        Raises:
            NotFoundError: unknown, or another branch's.
        """
        authorize(actor, Action.READ)
        with self.database.reading() as work:
            outage = self._get(work, ticket_no, actor)
            ticket = work.tickets.get(ticket_no)
            definition = self.desk.definitions.of(work, ticket).definition
            tally = work.outage_reads.tally(ticket_no)
            branch = work.grid.branch(outage.branch)
            view = outage.seen_at(self.desk.clock())
            near = nearby(work, outage.nodes, view, self.nearby_days, but=ticket_no)
            return OutagePage(
                line=outage_line(outage, tally.announced, tally.out),
                branch_name=branch.name,
                branch_phone=branch.phone,
                nodes=_named(work, outage.nodes),
                announced_at=outage.announced_at,
                planned_from=outage.planned_from,
                planned_until=outage.planned_until,
                begins_source=_source(definition, "occurred_source", outage.begins_source),
                ends_source=_source(definition, "restored_source", outage.ends_source),
                important=tally.important,
                restored=tally.restored,
                restored_nodes=_named(work, sorted(work.outages.restored_nodes(ticket_no))),
                told=_told(work, ticket_no),
                serves=tuple(work.outages.served(ticket_no)),
                nearby=near if outage.phase.is_open else (),
            )

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

    def unreachable(
        self, ticket_no: str, *, actor: Actor, limit: int = MOST_UNREACHABLE
    ) -> UnreachableList:
        """Whom no message reaches: to be visited, rung up, or told by a poster (R-7.2).

        Raises:
            NotFoundError: unknown, or another branch's.
        """
        authorize(actor, Action.READ)
        with self.database.reading() as work:
            self._get(work, ticket_no, actor)
            return UnreachableList(
                ticket_no=ticket_no,
                limit=limit,
                without_address=tuple(
                    UnreachableView(
                        node_id=each.node_id,
                        node_name=each.node_name,
                        area_name=each.area_name,
                        customer_no=each.customer_no,
                        customer_name=masked_name(each.customer_name),
                    )
                    for each in work.outage_reads.without_address(ticket_no, limit)
                ),
                undelivered=tuple(
                    UndeliveredView(
                        message_id=each.message_id,
                        recipient=masked_name(each.recipient),
                        address=masked_phone(each.address),
                        template_key=each.template_key,
                        problem=each.problem,
                        created_at=each.created_at,
                    )
                    for each in work.outage_reads.undelivered(ticket_no, limit)
                ),
            )

    def poster(self, ticket_no: str, *, actor: Actor) -> Poster:
        """What to hang up where people cannot be reached.

        Raises:
            NotFoundError: unknown, or another branch's.
        """
        authorize(actor, Action.READ)
        with self.database.reading() as work:
            outage = self._get(work, ticket_no, actor)
            branch = work.grid.branch(outage.branch)
        ended = outage.ends_at if outage.phase is OutagePhase.RESTORED else None
        return Poster(
            ticket_no=ticket_no,
            kind_name=OUTAGE_KINDS[outage.kind],
            phase=outage.phase,
            area=outage.area,
            line=outage.line,
            cause=outage.cause,
            window=window(outage.begins_at, outage.planned_until),
            estimate="" if outage.estimated_at is None else moment(outage.estimated_at),
            restored="" if ended is None else moment(ended),
            branch_name=branch.name,
            branch_phone=branch.phone,
            announced_at=outage.announced_at,
        )

    # --- parts of the above --------------------------------------------------------------------

    def _get(self, work: OutageWork, ticket_no: str, actor: Actor) -> Outage:
        outage = work.outages.get(ticket_no)
        if actor.branch and actor.branch != outage.branch:
            raise not_found(OUTAGE, ticket_no)
        return outage

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


def _lines(work: OutageWork, found: Iterable[Outage]) -> tuple[OutageLine, ...]:
    lines = []
    for each in found:
        tally = work.outage_reads.tally(each.ticket_no)
        lines.append(outage_line(each, tally.announced, tally.out))
    return tuple(lines)


def _named(work: OutageWork, node_ids: Iterable[str]) -> tuple[NamedNode, ...]:
    return tuple(NamedNode(node_id=each, name=work.topology.node(each).name) for each in node_ids)


def _source(definition: WorkflowDefinition, field_id: str, value: str) -> str:
    field = definition.field_by_id.get(field_id)
    return value if field is None else field.choices.get(value, value)


def _told(work: OutageWork, ticket_no: str) -> tuple[ToldView, ...]:
    states: dict[str, dict[str, int]] = defaultdict(dict)
    notices = {}
    for each in work.outage_reads.told(ticket_no):
        notices[each.notice_id] = each
        if each.state is not None:
            states[each.notice_id][each.state] = each.messages
    return tuple(
        ToldView(
            news=each.news,
            news_name=NEWS[each.news],
            created_at=each.created_at,
            text=each.text,
            states=states[notice_id],
        )
        for notice_id, each in notices.items()
    )
