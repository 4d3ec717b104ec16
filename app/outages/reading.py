"""Reads of outages for screens and commands, limited to the branch of the one who asks.

reader.listing(actor=..., branch="", ended_too=False)     -> tuple[OutageLine, ...]
reader.outage(ticket_no, actor=...)                       -> OutagePage
reader.serving(connection_no, actor=...)                  -> tuple[OutageLine, ...]
reader.unreachable(ticket_no, actor=..., limit=...)       -> UnreachableList
reader.poster(ticket_no, actor=...)                       -> Poster
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.masking import masked_name, masked_phone
from app.outages.planning import nearby
from app.outages.views import (
    NEWS,
    NamedNode,
    OutagePage,
    Poster,
    ToldView,
    UndeliveredView,
    UnreachableList,
    UnreachableView,
    outage_line,
)
from engine.errors import not_found
from engine.outage import OUTAGE_KINDS, Outage, OutagePhase
from notifications.outages import moment, window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.outages.views import OutageLine
    from app.ports.outage_work import OutageDatabase, OutageWork
    from app.trip.desk import Desk
    from engine.definition import WorkflowDefinition
    from engine.ticket import Actor

MOST_LISTED = 200
MOST_UNREACHABLE = 1000
MOST_CONNECTIONS = 50
OUTAGE = "停电"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageReader:
    """All reads of outages; `by_wechat` tells whether customers can be told by WeChat."""

    desk: Desk
    database: OutageDatabase
    nearby_days: int
    by_wechat: bool

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
                    for each in work.outage_reads.without_address(
                        ticket_no, limit, by_wechat=self.by_wechat
                    )
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
