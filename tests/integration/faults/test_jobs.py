"""The queue of jobs itself, on both databases.

Guaranteed: a job exists if, and only if, the transaction that enqueued it was committed; one key is
one job, whoever enqueues it at once; a job that breaks, or breaks its process, comes to an end that
an operator sees; one process at a time runs jobs on a SQLite file.
"""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from app.ports.jobs import Job
from app.sending.fail_points import Point
from app.sending.job_engine import MOST_STARTS, DbosJobs
from app.sending.lost_jobs import LostJobs
from notifications.delivery.chunks import BROKEN
from notifications.message import MessageState
from tests.integration.faults.story import (
    TenAtATime,
    a_notice,
    all_are,
    nothing_lost_nothing_doubled,
    states,
    waiting,
    written,
)
from tests.nodes import a_node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.application import Office
    from tests.held_gateway import HeldGateway

pytestmark = pytest.mark.slow

S = MessageState


@pytest.fixture
def jobs(office: Office) -> Iterator[DbosJobs]:
    """The queue of the office's database."""
    found = DbosJobs(office.application.settings.database_url, poll_s=1)
    yield found
    found.close()


def test_a_job_exists_if_its_transaction_was_committed(office: Office, jobs: DbosJobs) -> None:
    with office.application.database.writing() as work:
        work.marks.set("told", "never")
        jobs.enqueue(work, Job.FAN_OUT, "rolled-back", ("n",))
    assert jobs.unfinished(of_all=True) == 0
    with office.application.database.writing() as work:
        work.marks.set("told", "yes")
        jobs.enqueue(work, Job.FAN_OUT, "committed", ("n",))
        if office.application.database.dialect == "postgresql":
            assert jobs.unfinished(of_all=True) == 0  # nobody else sees it yet
        work.commit()
    assert jobs.unfinished(of_all=True) == 1
    with office.application.database.reading() as work:
        assert work.marks.find("told") == "yes"


def test_only_who_waits_for_jobs_bears_them_in_mind(office: Office, jobs: DbosJobs) -> None:
    """A daemon that ran for a year would remember every job it ever enqueued."""

    def enqueue(key: str) -> None:
        with office.application.database.writing() as work:
            jobs.enqueue(work, Job.FAN_OUT, key, ("n",))
            work.commit()

    enqueue("before")
    assert jobs.unfinished() == 0
    jobs.remember()
    enqueue("after")
    assert jobs.unfinished() == 1
    assert jobs.unfinished(of_all=True) == 2


def test_one_key_enqueued_by_several_at_once_is_one_job(office: Office, jobs: DbosJobs) -> None:
    begin = Barrier(3)

    def enqueue(_number: int) -> None:
        begin.wait()
        with office.application.database.writing() as work:
            jobs.enqueue(work, Job.FAN_OUT, "one", ("n",))
            work.commit()

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(enqueue, range(3)))
    assert jobs.unfinished(of_all=True) == 1


def test_killed_between_two_pages_a_notice_goes_on_and_nobody_is_told_twice(
    office: Office, jobs: DbosJobs
) -> None:
    """A page, its jobs and the place where the next one begins are one transaction."""
    notice = a_notice(office)
    with office.application.database.writing() as work:
        work.notices.add(notice)
        jobs.enqueue(work, Job.FAN_OUT, notice.id, (notice.id,))
        work.commit()
    odd = {"fan_outs": {notice.kind: TenAtATime()}}
    with a_node(office, odd=odd, fail_at=f"{Point.PAGE_WRITTEN}@2") as node:
        assert node.wait_until_dead() == -signal.SIGKILL
    begun = office.messages()
    assert len(begun) == 20
    with a_node(office, "two", odd=odd) as node:
        node.wait_until(lambda: len(office.messages()) == 30 and all_are(office, S.ACCEPTED))
    assert {message.id for message in begun} < {message.id for message in office.messages()}
    nothing_lost_nothing_doubled(office, office.messages())


def test_messages_whose_job_is_gone_are_handed_over_again(office: Office) -> None:
    """Whatever has lost it: they wait for somebody who will never come."""
    messages = waiting(office, tickets=1)
    with office.application.database.writing() as work:
        work.queue.hand_over([each.id for each in messages], "gone", "file")
        work.commit()
    with a_node(office) as node:
        node.wait_until(lambda: all_are(office, S.ACCEPTED))
    nothing_lost_nothing_doubled(office, messages)


def test_messages_whose_job_waits_or_has_failed_are_left_to_it(
    office: Office, jobs: DbosJobs
) -> None:
    """A failed one is mended, which counts as an attempt."""
    messages = waiting(office, tickets=1)
    with office.application.database.writing() as work:
        jobs.enqueue(work, Job.SEND_CHUNK, "waits", ("waits",), lane="file")
        work.queue.hand_over([each.id for each in messages], "waits", "file")
        work.commit()
    lost = LostJobs(database=office.application.database, jobs=jobs)
    assert lost.take_back() == 0
    assert {each.job for each in office.messages()} == {"waits"}
    jobs.forget(["waits"])
    assert lost.take_back() == len(messages)
    assert {(each.job, each.attempts) for each in office.messages()} == {("", 0)}


def test_of_many_jobs_some_are_looked_at_in_each_round(office: Office, jobs: DbosJobs) -> None:
    messages = waiting(office, tickets=2)
    with office.application.database.writing() as work:
        for number, message in enumerate(messages):
            work.queue.hand_over([message.id], f"gone-{number}", "file")
        work.commit()
    lost = LostJobs(database=office.application.database, jobs=jobs, at_a_time=4)
    assert [lost.take_back() for _ in range(4)] == [4, 2, 0, 0]


def test_a_job_that_always_breaks_is_given_up_where_an_operator_sees_it(office: Office) -> None:
    messages = waiting(office, tickets=1)
    with a_node(office, fail_at=f"{Point.JOB_BEGUN}=raise@every") as node:
        node.wait_until(lambda: all_are(office, S.FAILED))
    assert {(m.error_code, m.error_text) for m in office.messages()} == {
        ("job_failed", "发送作业失败（TrippedError）")
    }
    with office.application.database.reading() as work:
        assert work.outbox.unhandled_by_state() == {S.FAILED: len(messages)}
    assert not written(office)


def test_a_job_that_kills_its_process_each_time_is_given_up_and_its_messages_go_alone(
    office: Office,
) -> None:
    """After some deaths nobody begins it again, and its messages are handed over one by one."""
    messages = waiting(office, tickets=1)
    deaths = 0
    while not any(m.error_code == BROKEN for m in office.messages()):
        with a_node(office, fail_at=Point.JOB_BEGUN, node_grace_seconds=1) as node:
            while node.lives() and not any(m.error_code == BROKEN for m in office.messages()):
                time.sleep(0.05)
        deaths += 1
        assert deaths < 20
    assert deaths > MOST_STARTS
    with a_node(office, "healthy", node_grace_seconds=1) as node:
        node.wait_until(lambda: all_are(office, S.ACCEPTED))
    nothing_lost_nothing_doubled(office, messages)


def test_a_provider_that_accepts_and_never_answers_gets_each_message_once(
    by_gateway: Office, gateway: HeldGateway
) -> None:
    messages = waiting(by_gateway)
    gateway.hold()
    settings = {**gateway.settings(), "sms_timeout_seconds": 0.5}
    with a_node(by_gateway, **settings) as node:
        node.wait_until(lambda: all_are(by_gateway, S.IN_DOUBT))
        node.wait_until(lambda: node.log.count("sweep") >= 1)
    assert states(by_gateway) == {S.IN_DOUBT: len(messages)}
    assert set(gateway.arrived.values()) == {1}
    assert len(gateway.arrived) == len(messages)
