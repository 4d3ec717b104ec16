"""In whatever order things happen, the evidence says who was out and when, to the minute (R-7.1).

Outages are entered late and restored in parts, the network is switched, points lose and regain
their other supply. In the end each point of each outage was without supply for exactly the minutes
for which a plain search in the graph of that minute says so, once everything is known.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.outages.points import keep, refresh, restored_in_part
from engine.network import NodeKind
from engine.outage import Outage, OutageKind, OutagePhase
from storage.topology import Node
from tests.contract.builders import stored
from tests.contract.test_affected_points import an_outage, below, restored

if TYPE_CHECKING:
    from storage.database import Database
    from storage.unit_of_work import UnitOfWork

BEGAN = datetime(2021, 8, 1, tzinfo=UTC)
EVENTS, MOST_MINUTES = 20, 6
AREAS, POINTS_OF_AN_AREA = ("T1", "T2", "T3", "T4"), 3
FEEDERS = ("F1", "F2")
WINDOW = (10_000, 10_060)
"""When the outage takes place that is only announced."""


def minute(number: int) -> datetime:
    return BEGAN + timedelta(minutes=number)


def number_of(at: datetime) -> int:
    return int((at - BEGAN).total_seconds()) // 60


def a_node(node_id: str, kind: NodeKind, parent: str | None, other: str | None = None) -> Node:
    return Node(
        id=node_id,
        kind=kind,
        parent_id=parent,
        name=node_id,
        rated_kva=None,
        contract_kw=None,
        area_class="rural",
        important=False,
        alternative_node_id=other,
    )


def a_network() -> dict[str, Node]:
    """Two feeders, four areas, twelve points, of which every third has another supply."""
    nodes = [a_node("S", NodeKind.SUBSTATION, None)]
    nodes += [a_node(each, NodeKind.FEEDER, "S") for each in FEEDERS]
    for count, area in enumerate(AREAS):
        nodes.append(a_node(area, NodeKind.TRANSFORMER_AREA, FEEDERS[count // 2]))
        others = (None, None, FEEDERS[1 - count // 2])
        nodes += [
            a_node(f"{area}P{point}", NodeKind.SERVICE_POINT, area, others[point])
            for point in range(POINTS_OF_AN_AREA)
        ]
    return {each.id: each for each in nodes}


@dataclass
class Truth:
    """What happened, minute by minute, as it is known in the end."""

    networks: list[tuple[int, dict[str, Node]]]
    outages: dict[str, Outage] = field(default_factory=dict)
    parts: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def network(self, at: int) -> dict[str, Node]:
        return [nodes for since, nodes in self.networks if since <= at][-1]

    def _dark(self, outage: Outage, at: int, known_at: int) -> set[str]:
        graph = below(self.network(known_at))
        back = [node for node, since in self.parts[outage.ticket_no].items() if since <= at]
        left = nx.restricted_view(graph, [each for each in back if each in graph], [])
        chosen = [each for each in outage.nodes if each in left]
        return set(chosen).union(*(nx.descendants(left, each) for each in chosen))

    def _out(self, subject: Outage, others: list[Outage], at: int, known_at: int) -> set[str]:
        nodes = self.network(known_at)
        dark = {each.ticket_no: self._dark(each, at, known_at) for each in [subject, *others]}
        everywhere = set().union(*dark.values())
        return {
            each
            for each in dark[subject.ticket_no]
            if nodes[each].kind is NodeKind.SERVICE_POINT
            and (
                nodes[each].alternative_node_id is None
                or nodes[each].alternative_node_id in everywhere
            )
        }

    def minutes(self, subject: Outage, now: int) -> dict[str, set[int]]:
        """Point -> the minutes in which it was without supply by the outage."""
        found: dict[str, set[int]] = defaultdict(set)
        ends = now if subject.ends_at is None else number_of(subject.ends_at)
        for at in range(number_of(subject.begins_at), ends):
            others = [each for each in self.outages.values() if self._is_on(each, subject, at)]
            for point in self._out(subject, others, at, at):
                found[point].add(at)
        return found

    def _is_on(self, other: Outage, subject: Outage, at: int) -> bool:
        return (
            other.ticket_no != subject.ticket_no
            and other.phase in {OutagePhase.IN_PROGRESS, OutagePhase.RESTORED}
            and number_of(other.begins_at) <= at
            and (other.ends_at is None or number_of(other.ends_at) > at)
        )

    def announced(self, subject: Outage, now: int) -> set[str]:
        """Whom the outage that is to come will leave without supply, as far as is known."""
        expected = [
            each
            for each in self.outages.values()
            if each.phase is OutagePhase.IN_PROGRESS
            and (each.estimated_at is None or number_of(each.estimated_at) > WINDOW[0])
        ]
        return self._out(subject, expected, now, now)


class Play:
    """Things happen, and are entered at once or later."""

    def __init__(self, work: UnitOfWork, tickets: list[str], chance: Random) -> None:
        self.work = work
        self.chance = chance
        self.now = 0
        self.truth = Truth(networks=[(0, a_network())])
        *self.tickets, planned = tickets
        work.topology.put_nodes(list(self.truth.networks[0][1].values()), minute(0))
        self.planned = an_outage(
            planned,
            chance.choice(AREAS),
            kind=OutageKind.PLANNED,
            phase=OutagePhase.SCHEDULED,
            begins_at=minute(WINDOW[0]),
            ends_at=minute(WINDOW[1]),
            planned_from=minute(WINDOW[0]),
            planned_until=minute(WINDOW[1]),
        )
        work.outages.add(self.planned)
        keep(work, self.planned, minute(0), is_new=True)

    def happen(self) -> None:
        self.now += self.chance.randint(1, MOST_MINUTES)
        doings = (self.break_down, self.restore, self.restore_a_part, self.switch, self.dismiss)
        self.chance.choices(doings, weights=(4, 3, 3, 4, 1))[0]()
        if self.chance.random() < 0.5:
            self.catch_up()

    def _open(self) -> list[Outage]:
        outages = self.truth.outages.values()
        return [each for each in outages if each.phase is OutagePhase.IN_PROGRESS]

    def _earlier(self, least: int) -> int:
        """A minute that is reported now: this one, or one that lies back."""
        return self.chance.choice((self.now, self.chance.randint(least, self.now)))

    def _keep(self, outage: Outage) -> Outage:
        """The outage changed; those that are over learn of it, as the use cases have them do."""
        outage = replace(outage, changed_at=minute(self.now), step=outage.step + 1)
        self.truth.outages[outage.ticket_no] = outage
        self.work.outages.save(outage)
        return outage

    def _correct(self, changed: Outage) -> None:
        for each in self.truth.outages.values():
            if each.phase is OutagePhase.RESTORED and each.ticket_no != changed.ticket_no:
                refresh(self.work, self.work.outages.get(each.ticket_no), minute(self.now))

    def break_down(self) -> None:
        if not self.tickets:
            return
        begins = self._earlier(0)
        estimated = self.chance.choice((None, minute(WINDOW[0] - 1), minute(WINDOW[0] + 1)))
        outage = an_outage(
            self.tickets.pop(),
            *self.chance.sample((*FEEDERS, *AREAS, "T1P0", "T3P2"), self.chance.randint(1, 2)),
            begins_at=minute(begins),
            announced_at=minute(self.now),
            changed_at=minute(self.now),
            counted_at=minute(self.now),
            estimated_at=estimated,
        )
        self.truth.outages[outage.ticket_no] = outage
        self.work.outages.add(outage)
        keep(self.work, outage, minute(self.now), is_new=True)
        self._correct(outage)

    def restore(self) -> None:
        if not self._open():
            return
        outage = self._caught_up(self.chance.choice(self._open()))
        ends = minute(self._earlier(number_of(outage.begins_at)))
        outage = self._keep(replace(outage, phase=OutagePhase.RESTORED, ends_at=ends))
        self.work.affected.restore_all(outage.ticket_no, ends, outage.step)
        self._correct(outage)

    def restore_a_part(self) -> None:
        if not self._open():
            return
        outage = self._caught_up(self.chance.choice(self._open()))
        since = self._earlier(number_of(outage.begins_at))
        node = self.chance.choice((*AREAS, "T1P0", "T2P2", "T4P1"))
        if node in self.truth.parts[outage.ticket_no]:
            return
        self.truth.parts[outage.ticket_no][node] = since
        outage = self._keep(outage)
        back = replace(restored(minute(since)), recorded_at=minute(self.now), step=outage.step)
        self.work.outages.add_restorations(outage.ticket_no, [node], back)
        restored_in_part(self.work, outage, minute(since), minute(self.now))
        self._correct(outage)

    def switch(self) -> None:
        """A point hangs on another area, or an area on another feeder, or gets another supply."""
        nodes = dict(self.truth.network(self.now))
        node = nodes[
            self.chance.choice([*AREAS, *(f"{each}P{n}" for each in AREAS for n in (0, 2))])
        ]
        places = AREAS if node.kind is NodeKind.SERVICE_POINT else FEEDERS
        moved = replace(node, parent_id=self.chance.choice(places))
        if node.kind is NodeKind.SERVICE_POINT and self.chance.random() < 0.3:
            moved = replace(node, alternative_node_id=self.chance.choice((None, *FEEDERS, *AREAS)))
        nodes[node.id] = moved
        self.truth.networks.append((self.now, nodes))
        self.work.topology.put_nodes([moved], minute(self.now))

    def dismiss(self) -> None:
        if not self._open():
            return
        outage = self._keep(replace(self.chance.choice(self._open()), phase=OutagePhase.CANCELLED))
        self.work.affected.withdraw_all(outage.ticket_no, minute(self.now), outage.step)
        self._correct(outage)

    def _caught_up(self, outage: Outage) -> Outage:
        shift = refresh(self.work, self.work.outages.get(outage.ticket_no), minute(self.now))
        self.truth.outages[outage.ticket_no] = shift.outage
        return shift.outage

    def catch_up(self) -> None:
        """What the sweep does."""
        for each in self._open():
            self._caught_up(each)
        refresh(self.work, self.work.outages.get(self.planned.ticket_no), minute(self.now))

    # --- what is kept ---------------------------------------------------------------------------

    def kept_minutes(self, ticket_no: str) -> dict[str, set[int]]:
        rows = self.work.connection.execute(
            text(
                "SELECT node_id, interrupted_at, restored_at FROM outage_affected"
                " WHERE ticket_no = :number"
            ),
            {"number": ticket_no},
        )
        found: dict[str, set[int]] = defaultdict(set)
        for node_id, begins, ends in rows:
            since = number_of(datetime.fromisoformat(str(begins)))
            until = self.now if ends is None else number_of(datetime.fromisoformat(str(ends)))
            found[node_id] |= set(range(since, until))
        return {node_id: minutes for node_id, minutes in found.items() if minutes}

    def kept_announced(self) -> set[str]:
        rows = self.work.connection.execute(
            text(
                "SELECT node_id FROM outage_affected"
                " WHERE ticket_no = :number AND withdrawn_at IS NULL"
            ),
            {"number": self.planned.ticket_no},
        )
        return set(rows.scalars())


def play(database: Database, tickets: list[str], seed: int) -> None:
    chance = Random(seed)  # noqa: S311
    with database.writing() as work:  # never committed
        playing = Play(work, tickets, chance)
        for _ in range(EVENTS):
            playing.happen()
        playing.now += 1
        playing.catch_up()
        for outage in playing.truth.outages.values():
            if outage.phase is OutagePhase.CANCELLED:
                continue
            assert playing.kept_minutes(outage.ticket_no) == playing.truth.minutes(
                outage, playing.now
            )
        assert playing.kept_announced() == playing.truth.announced(playing.planned, playing.now)


@pytest.mark.slow
def test_the_evidence_is_what_happened_in_whatever_order_it_became_known(
    database: Database,
) -> None:
    tickets = [stored(database).ticket_no for _ in range(5)]

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(min_value=0, max_value=2**32))
    def in_any_order(seed: int) -> None:
        play(database, tickets, seed)

    in_any_order()


def test_who_writes_messages_does_not_wait_for_who_changes_the_outage(database: Database) -> None:
    if database.dialect == "sqlite":
        pytest.skip("one writer at a time")
    number = stored(database).ticket_no
    with database.writing() as work:
        work.topology.put_nodes(list(a_network().values()), minute(0))
        work.outages.add(an_outage(number, "T1"))
        work.commit()
    with database.writing() as changing, database.writing() as telling:
        assert changing.outages.take(number).ticket_no == number
        assert telling.outages.take_if_free(number) is None
        changing.commit()
        assert telling.outages.take_if_free(number) is not None
