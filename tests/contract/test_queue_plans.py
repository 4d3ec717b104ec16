"""Sending costs the same however many messages were sent before: no statement reads them all."""

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


@pytest.mark.parametrize("name", ACTIONS)
def test_no_statement_of_the_queue_reads_messages_that_ended(tmp_path: Path, name: str) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'huodian.db'}")
    database.migrate()
    statements: list[str] = []
    with database.writing() as work:
        driver: Any = work.connection.connection.driver_connection
        driver.set_trace_callback(statements.append)
        ACTIONS[name](work)
        driver.set_trace_callback(None)
        steps = [
            (step, statement)
            for statement in statements
            for *_, step in driver.execute(f"EXPLAIN QUERY PLAN {statement}")
        ]
    database.close()
    assert steps
    assert [
        (step, statement)
        for step, statement in steps
        if step.startswith("SCAN messages") and not OF_THOSE_ON_THEIR_WAY.search(step)
    ] == []
