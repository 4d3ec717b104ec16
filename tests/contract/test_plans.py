"""What is asked often costs the same however much was stored before: no statement reads it all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from notifications.message import MessageState
from storage.database import open_database
from tests.contract.builders import AT, a_message, a_notice

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.unit_of_work import UnitOfWork

OF_THOSE_ON_THEIR_WAY = re.compile(
    r"USING (COVERING )?INDEX ix_messages_(waiting|job|topic|sending_\w+)"
)
MESSAGE = a_message(topic="t", attempts=1)
NOTICE = a_notice()
OF_NOTICE = a_message(notice_id=NOTICE.id, topic="outage")

ACTIONS: dict[str, Callable[[UnitOfWork], object]] = {
    "hand_over": lambda work: work.queue.hand_over([MESSAGE.id], "job", "kannel"),
    "to_claim": lambda work: work.queue.to_claim("job", "node"),
    "claim": lambda work: work.queue.claim([MESSAGE.id], AT, "node"),
    "renew": lambda work: work.queue.renew("node", AT),
    "release": lambda work: work.queue.release([MESSAGE.id], AT, "cap", "稍后"),
    "postpone": lambda work: work.queue.postpone([(MESSAGE.id, AT)]),
    "end": lambda work: work.queue.end([MESSAGE.id], MessageState.CANCELLED, AT, "c", "误发"),
    "overtaken": lambda work: work.queue.overtaken([MESSAGE, OF_NOTICE]),
    "claims_since": lambda work: work.queue.claims_since([MESSAGE.address], AT),
    "waiting": lambda work: work.queue.waiting(AT, 10),
    "waiting of a notice": lambda work: work.queue.waiting(AT, 10, notice_id=NOTICE.id),
    "wake": lambda work: work.queue.wake(["cap"]),
    "depth": lambda work: work.queue.depth(AT),
    "expire": lambda work: work.queue.expire(AT),
    "overtake": lambda work: work.queue.overtake(AT),
}


def planned(tmp_path: Path, action: Callable[[UnitOfWork], object]) -> list[tuple[str, str]]:
    """Each step of the plan of each statement that the action executes, with the statement."""
    database = open_database(f"sqlite:///{tmp_path / 'huodian.db'}")
    database.migrate()
    statements: list[str] = []
    with database.writing() as work:
        driver: Any = work.connection.connection.driver_connection
        driver.set_trace_callback(statements.append)
        action(work)
        driver.set_trace_callback(None)
        steps = [
            (step, statement)
            for statement in statements
            for *_, step in driver.execute(f"EXPLAIN QUERY PLAN {statement}")
        ]
    database.close()
    return steps


@pytest.mark.parametrize("name", ACTIONS)
def test_no_statement_of_the_queue_reads_messages_that_ended(tmp_path: Path, name: str) -> None:
    steps = planned(tmp_path, ACTIONS[name])
    assert steps
    assert [
        (step, statement)
        for step, statement in steps
        if step.startswith("SCAN messages") and not OF_THOSE_ON_THEIR_WAY.search(step)
    ] == []


def test_important_users_are_found_without_reading_all_points_of_an_outage(tmp_path: Path) -> None:
    steps = planned(tmp_path, lambda work: work.affected.important("TC-1", 10))
    assert [step for step, _ in steps if "ix_outage_affected_important" in step] != []
    assert [step for step, _ in steps if "sqlite_autoindex_outage_affected" in step] == []
