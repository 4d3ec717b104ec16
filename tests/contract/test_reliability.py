"""What the database counts equals a search minute by minute, point by point (R-7.4)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from engine.outage import OutageKind, OutagePhase
from engine.reliability import ClaimedFigure
from storage.tables.outages import OUTAGE_AFFECTED
from tests.contract.builders import AT, a_node, stored
from tests.contract.test_affected_points import an_outage

if TYPE_CHECKING:
    from storage.database import Database
    from storage.unit_of_work import UnitOfWork

BEGAN = datetime(2021, 12, 31, 14, 0, tzinfo=UTC)
"""Two hours before a year ends in Shanghai."""
SINCE = datetime(2021, 12, 31, 16, 0, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=3)
NOW = SINCE + timedelta(hours=6)
AREAS = {"P1": "rural", "P2": "rural", "P3": "town", "P4": "county_seat"}
LAST = int((NOW - BEGAN).total_seconds()) // 60
MOMENTARY = 5
"""Minutes."""


def minute(number: int) -> datetime:
    return BEGAN + timedelta(minutes=number)


@dataclass(frozen=True)
class Stretch:
    """A point without supply by an outage, in minutes from `BEGAN`; no end is still without."""

    outage: int
    point: str
    begins: int
    ends: int | None
    episode: int = 1


def keep(work: UnitOfWork, tickets: list[str], stretches: list[Stretch]) -> None:
    for number in tickets:
        work.outages.add(an_outage(number, "F1"))
    rows = [
        {
            "ticket_no": tickets[each.outage],
            "node_id": each.point,
            "episode": each.episode,
            "included_step": 1,
            "area_class": AREAS[each.point],
            "important": False,
            "included_at": BEGAN,
            "interrupted_at": minute(each.begins),
            "restored_at": None if each.ends is None else minute(each.ends),
        }
        for each in stretches
    ]
    if rows:
        work.connection.execute(insert(OUTAGE_AFFECTED), rows)


def minute_by_minute(
    stretches: list[Stretch],
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """By area class: seconds in the period, sustained interruptions, and their seconds.

    An interruption belongs to the period in which it begins, with all that prolongs it later.
    """
    since, until = (int((each - BEGAN).total_seconds()) // 60 for each in (SINCE, UNTIL))
    last = LAST
    seconds: dict[str, int] = defaultdict(int)
    sustained: dict[str, int] = defaultdict(int)
    sustained_seconds: dict[str, int] = defaultdict(int)
    for point, area in AREAS.items():
        dark = [
            any(
                e.point == point and e.begins <= m < (last if e.ends is None else e.ends)
                for e in stretches
            )
            for m in range(last)
        ]
        seconds[area] += 60 * sum(dark[since:until])
        begins = None
        for m, is_dark in enumerate([*dark, False]):
            if is_dark and begins is None:
                begins = m
            elif not is_dark and begins is not None:
                if since <= begins < until and m - begins > MOMENTARY:
                    sustained[area] += 1
                    sustained_seconds[area] += 60 * (m - begins)
                begins = None
    return seconds, sustained, sustained_seconds


def test_interruptions_equal_a_search_minute_by_minute(  # noqa: PLR0915  (one story)
    database: Database,
) -> None:
    tickets = [stored(database).ticket_no for _ in range(3)]
    with database.writing() as work:
        work.topology.put_nodes([a_node("S1", None, "substation"), a_node("F1", "S1")], AT)
        work.commit()

    @settings(max_examples=60, deadline=None)
    @example(1347070820)  # one ends where the period and another one begin
    @given(st.integers(min_value=0, max_value=2**32))
    def for_any_stretches(seed: int) -> None:
        chance = Random(seed)  # noqa: S311
        stretches = []
        for outage in range(len(tickets)):
            for point in chance.sample(sorted(AREAS), chance.randint(0, len(AREAS))):
                begins = chance.randrange(0, 310, 5)  # so that some end where others begin
                takes = chance.choice((1, 4, 5, 6, 30, 120, 200))
                ends = None if chance.random() < 0.1 else min(begins + takes, LAST)
                stretches.append(Stretch(outage, point, begins, ends))
                if ends is not None and ends < LAST and chance.random() < 0.4:  # out once more
                    again = chance.randrange(ends, LAST)
                    stretches.append(Stretch(outage, point, again, None, episode=2))
        with database.writing() as work:  # never committed
            keep(work, tickets, stretches)
            found = work.reliability.interruptions(SINCE, UNTIL, NOW, MOMENTARY * 60)
            shares = work.reliability.shares(SINCE, UNTIL, NOW)
            sustained_shares = work.reliability.sustained_shares(SINCE, UNTIL, NOW, MOMENTARY * 60)
        seconds, sustained, sustained_seconds = minute_by_minute(stretches)
        counted = {each.area_class: each for each in found}
        for area in set(AREAS.values()):
            row = counted.get(area)
            assert (row.customer_seconds if row else 0) == seconds[area]
            assert (row.sustained if row else 0) == sustained[area]
            assert (row.sustained_seconds if row else 0) == sustained_seconds[area]
            of_area = [each for each in shares if each.area_class == area]
            assert sum(each.customer_seconds for each in of_area) == seconds[area]
            assert all(each.points <= list(AREAS.values()).count(area) for each in of_area)
            of_area = [each for each in sustained_shares if each.area_class == area]
            assert sum(each.interruptions for each in of_area) == sustained[area]
            assert sum(each.customer_seconds for each in of_area) == sustained_seconds[area]

    for_any_stretches()


@pytest.mark.parametrize(("begins", "sustained"), [(169, 1), (170, 1), (171, 2)])
def test_supply_that_never_came_back_in_between_was_out_once(
    database: Database, begins: int, sustained: int
) -> None:
    numbers = [stored(database).ticket_no for _ in range(2)]
    with database.writing() as work:
        work.topology.put_nodes([a_node("S1", None, "substation"), a_node("F1", "S1")], AT)
        keep(work, numbers, [Stretch(0, "P1", 130, 170), Stretch(1, "P1", begins, 200)])
        [found] = work.reliability.interruptions(SINCE, UNTIL, NOW, 0)
    assert found.sustained == sustained
    assert found.customer_seconds == 60 * (70 - max(0, begins - 170))


def test_what_was_withdrawn_was_never_without_supply(database: Database) -> None:
    number = stored(database).ticket_no
    with database.writing() as work:
        work.topology.put_nodes([a_node("S1", None, "substation"), a_node("F1", "S1")], AT)
        keep(work, [number], [Stretch(0, "P1", 130, None)])
        assert work.reliability.interruptions(SINCE, UNTIL, NOW, 0) != []
        work.affected.withdraw_all(number, NOW, 2)
        assert work.reliability.interruptions(SINCE, UNTIL, NOW, 0) == []


def test_customers_are_served_for_as_long_as_they_are_in_the_network(database: Database) -> None:
    day = timedelta(days=1)
    network = [
        a_node("S1", None, "substation"),
        replace(a_node("P1", "S1", "service_point"), area_class="rural"),
        replace(a_node("P2", "S1", "service_point"), area_class="town"),
    ]
    with database.writing() as work:
        work.topology.put_nodes(network, SINCE - 9 * day)
        added = replace(a_node("P3", "S1", "service_point"), area_class="rural")
        work.topology.put_nodes([added], SINCE + day)
        work.topology.retire(["P2"], SINCE + 3 * day)
        work.topology.put_nodes([replace(added, area_class="town")], SINCE + 2 * day)
        served = work.reliability.served_seconds(SINCE, SINCE + 4 * day)
    hours = {area: seconds / 3600 for area, seconds in served.items()}
    assert hours == {"rural": (4 + 1) * 24, "town": (3 + 2) * 24}


def test_outages_are_counted_on_each_feeder_that_they_touch(database: Database) -> None:
    numbers = [stored(database).ticket_no for _ in range(4)]
    phases = [
        (OutagePhase.RESTORED, OutageKind.FAULT, SINCE),
        (OutagePhase.IN_PROGRESS, OutageKind.PLANNED, UNTIL - timedelta(seconds=1)),
        (OutagePhase.CANCELLED, OutageKind.FAULT, SINCE),
        (OutagePhase.RESTORED, OutageKind.FAULT, UNTIL),
    ]
    with database.writing() as work:
        work.topology.put_nodes(
            [a_node("S1", None, "substation"), a_node("F1", "S1"), a_node("F2", "S1")], AT
        )
        for number, (phase, kind, begins) in zip(numbers, phases, strict=True):
            work.outages.add(an_outage(number, "F1", phase=phase, kind=kind, begins_at=begins))
            work.outages.set_feeders(number, ["F1", "F2"])
        found = work.reliability.feeder_outages(SINCE, UNTIL)
        faults = work.reliability.feeder_outages(SINCE, UNTIL, faults_only=True)
    assert [(each.feeder_id, each.ticket_no) for each in found] == [
        ("F1", numbers[0]),
        ("F1", numbers[1]),
        ("F2", numbers[0]),
        ("F2", numbers[1]),
    ]
    assert [(each.feeder_id, each.ticket_no) for each in faults] == [
        ("F1", numbers[0]),
        ("F2", numbers[0]),
    ]


def test_a_claimed_figure_is_kept_once(database: Database) -> None:
    figure = ClaimedFigure(
        year=2020,
        figure="frequent_outage_feeders",
        subject="",
        value="40",
        source="2020年年报",
        entered_by="chief",
        entered_at=AT,
    )
    with database.writing() as work:
        assert work.reliability.add_base([figure]) == []
        assert work.reliability.add_base([replace(figure, value="41")]) != []
        assert work.reliability.base(2020) == [figure]
        assert work.reliability.base(2021) == []
