"""A migration of a thousand tickets is killed again and again: nothing lost, nothing done twice."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from app.clock import system_clock
from app.people.accounts import NewUser
from app.rules.impact import Wanted
from engine.migration import MigrationVerdict
from engine.ticket import SYSTEM, Role
from tests.applicants import CHIEF, an_enterprise
from tests.daemon_process import HUODIAN, PATIENCE, environment
from tests.drafting import SECOND, published
from tests.migrating import ID, SHORTER

if TYPE_CHECKING:
    from engine.ticket import Ticket
    from tests.application import Office

pytestmark = pytest.mark.slow

TICKETS = 1000
ON_SITE = 100
"""So many are in the stage whose date moves; the others have only limits that do."""
KILLS = 5
EXIT_CLOSED = 5


def waiting(office: Office) -> list[Ticket]:
    """Tickets of today: the command that moves them runs by the real clock."""
    office.at(system_clock())
    tickets = [office.submit(an_enterprise(address=f"示例路{n}号")) for n in range(TICKETS)]
    return [
        office.fire(each, "complete_intake") if n < ON_SITE else each
        for n, each in enumerate(tickets)
    ]


def started(office: Office, number: int) -> subprocess.Popen[bytes]:
    command = [HUODIAN, "definition", "migrate", "--run", str(number), "--as", SECOND.user_id]
    return subprocess.Popen(
        command, env=environment(office), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def moved(office: Office, number: int) -> int:
    return office.application.migrations.get(number).moved


def killed_after(office: Office, number: int, tickets: int) -> int:
    """Let it run until so many more are moved, and a moment longer; how many are by then."""
    target, deadline = moved(office, number) + tickets, time.monotonic() + PATIENCE
    process = started(office, number)
    while moved(office, number) < target and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    assert process.wait(PATIENCE) in {-signal.SIGKILL, 0}
    return moved(office, number)


def test_killed_many_times_and_then_carried_out_by_two_at_once(office: Office) -> None:
    second = NewUser(
        user_id=SECOND.user_id, name=SECOND.name, roles=frozenset({Role.ADMINISTRATOR})
    )
    office.application.accounts.create_user(second, actor=SYSTEM)
    tickets = waiting(office)
    published(office, SHORTER)
    migrations = office.application.migrations
    number = migrations.propose(ID, 2, reason="时限缩短", actor=CHIEF).number
    office.told()
    chance = random.Random(113)  # noqa: S311  (guards no secret)

    reached = [killed_after(office, number, chance.randrange(1, 120)) for _ in range(KILLS)]
    assert reached == sorted(reached)
    assert reached[-1] < TICKETS
    assert migrations.get(number).state == "running"

    both = [started(office, number), started(office, number)]
    assert {each.wait(PATIENCE) for each in both} <= {0, EXIT_CLOSED}
    view = migrations.get(number)
    assert (view.state, view.moved, view.kept) == ("finished", TICKETS, 0)

    results = migrations.results(number, Wanted(limit=2 * TICKETS), actor=SECOND)
    assert [each.ticket_no for each in results] == sorted(each.ticket_no for each in tickets)
    assert {each.verdict for each in results} == {MigrationVerdict.EARLIER}
    for ticket in tickets:
        entries = office.entries(ticket)
        assert [each.action for each in entries].count("migrate") == 1
        assert len(entries) == ticket.revision + 1
    told = Counter(office.told())
    assert told == {("customer", "ticket_migrated"): ON_SITE}
    done = [each.action for each in office.entries("definitions") if "migrat" in each.action]
    assert done == ["propose_migration", "migrate", "finished_migration"]
    assert moved(office, number) == TICKETS
