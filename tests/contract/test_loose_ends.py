"""Messages whose story is not over are found, and only those."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from notifications.carriage import NO_RECEIPT
from notifications.message import Channel, Message, MessageState
from tests.contract.builders import AT, a_message

if TYPE_CHECKING:
    from storage.database import Database

HOUR, A_BIT = timedelta(hours=1), timedelta(microseconds=1)
S = MessageState


def added(database: Database, *messages: Message) -> None:
    with database.writing() as work:
        work.outbox.add(messages)
        work.commit()


def ids(messages: list[Message]) -> list[str]:
    return [each.id for each in messages]


def test_a_claim_without_an_answer_becomes_stale(database: Database) -> None:
    stale = a_message(state=S.SENDING, claimed_at=AT - A_BIT)
    older = a_message(state=S.SENDING, claimed_at=AT - HOUR)
    added(
        database,
        stale,
        older,
        a_message(state=S.SENDING, claimed_at=AT),
        a_message(state=S.ACCEPTED, claimed_at=AT - HOUR),
    )
    with database.reading() as work:
        assert ids(work.loose_ends.stale_claims(AT, 10)) == [older.id, stale.id]
        assert ids(work.loose_ends.stale_claims(AT, 1)) == [older.id]


def test_a_doubt_is_asked_about_when_its_time_has_come(database: Database) -> None:
    due = a_message(state=S.IN_DOUBT, next_attempt_at=AT)
    added(
        database,
        due,
        a_message(state=S.IN_DOUBT, next_attempt_at=AT + A_BIT),
        a_message(state=S.IN_DOUBT),
        a_message(next_attempt_at=AT),
    )
    with database.writing() as work:
        assert ids(work.loose_ends.doubts(AT, 10)) == [due.id]
        work.loose_ends.ask_again(due.id, AT + HOUR)
        assert ids(work.loose_ends.doubts(AT, 10)) == []
        assert due.id in ids(work.loose_ends.doubts(AT + HOUR, 10))
        work.loose_ends.ask_again(due.id, None)
        assert due.id not in ids(work.loose_ends.doubts(AT + HOUR, 10))


def test_silence_is_that_of_doubts_and_of_those_who_report(database: Database) -> None:
    doubt = a_message(state=S.IN_DOUBT, claimed_at=AT - HOUR)
    awaited = a_message(state=S.ACCEPTED, claimed_at=AT - HOUR, provider="aliyun")
    added(
        database,
        doubt,
        awaited,
        a_message(state=S.ACCEPTED, claimed_at=AT - HOUR, provider="file"),
        a_message(state=S.DELIVERED, claimed_at=AT - HOUR, provider="aliyun"),
        a_message(state=S.IN_DOUBT, claimed_at=AT),
        a_message(state=S.IN_DOUBT, claimed_at=AT - 3 * HOUR),
    )
    with database.reading() as work:
        found = work.loose_ends.silent(AT - 2 * HOUR, AT, ["aliyun"], 10)
        assert sorted(ids(found)) == sorted([doubt.id, awaited.id])
        assert ids(work.loose_ends.silent(AT - 2 * HOUR, AT, [], 10)) == [doubt.id]


def by_wechat(**facts: Any) -> Message:
    return a_message(channel=Channel.WECHAT, fallback_address="13000000001", **facts)


def test_failed_wechat_messages_that_a_text_message_can_replace(database: Database) -> None:
    failed = by_wechat(state=S.FAILED)
    added(
        database,
        failed,
        by_wechat(state=S.FAILED, handled_at=AT),
        by_wechat(state=S.FAILED, error_code=NO_RECEIPT),
        by_wechat(state=S.ACCEPTED),
        a_message(state=S.FAILED, channel=Channel.WECHAT),
        a_message(state=S.FAILED, fallback_address="13000000001"),
    )
    with database.reading() as work:
        assert ids(work.loose_ends.undelivered(10)) == [failed.id]


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, True),
        ({"state": S.IN_DOUBT}, True),
        ({"urgent": False}, False),
        ({"handled_at": AT}, False),
        ({"state": S.DELIVERED}, False),
        ({"provider": "file"}, False),
        ({"claimed_at": AT}, False),
        ({"fallback_address": ""}, False),
        ({"channel": Channel.SMS}, False),
    ],
)
def test_urgent_wechat_messages_without_a_sign(
    database: Database, facts: dict[str, Any], found: bool
) -> None:
    usual: dict[str, Any] = {
        "channel": Channel.WECHAT,
        "fallback_address": "13000000001",
        "state": S.ACCEPTED,
        "urgent": True,
        "claimed_at": AT - HOUR,
        "provider": "wechat",
    }
    added(database, a_message(**usual | facts))
    with database.reading() as work:
        silent = work.loose_ends.unconfirmed(AT - 2 * HOUR, AT, ["wechat"], 10)
    assert bool(silent) is found


def test_what_a_failed_job_had_not_claimed_is_taken_back(database: Database) -> None:
    left, claimed = a_message(job="j1"), a_message(job="j1", state=S.SENDING)
    other, waiting = a_message(job="j2"), a_message()
    added(database, left, claimed, other, waiting)
    with database.writing() as work:
        assert ids(work.loose_ends.of_jobs(["j1"])) == [left.id]
        assert work.loose_ends.of_jobs([]) == []
        assert work.loose_ends.of_jobs([""]) == []
        assert work.loose_ends.broke([left.id, claimed.id], AT + HOUR, "job_failed", "x") == 1
        again = work.queue.waiting(AT + HOUR, 10)
    assert {(m.id, m.attempts, m.error_code) for m in again} == {
        (left.id, 1, "job_failed"),
        (waiting.id, 0, ""),
    }


def test_the_jobs_that_messages_wait_for_are_named_page_by_page(database: Database) -> None:
    added(
        database,
        *(a_message(job=job) for job in ("b", "a", "c", "a")),
        a_message(job="claimed", state=S.SENDING),
        a_message(),
    )
    with database.reading() as work:
        assert work.loose_ends.jobs_named("", 2) == ["a", "b"]
        assert work.loose_ends.jobs_named("b", 2) == ["c"]


def test_only_what_a_lost_job_has_not_claimed_is_taken_back(database: Database) -> None:
    lost, kept = a_message(job="a", attempts=2, error_code="busy"), a_message(job="b")
    claimed = a_message(job="a", state=S.SENDING)
    added(database, lost, kept, claimed)
    with database.writing() as work:
        assert work.loose_ends.take_back({"a", "c"}) == 1
        work.commit()
    with database.reading() as work:
        assert work.outbox.get(lost.id) == replace(lost, job="")
        assert work.outbox.get(kept.id) == kept
        assert work.outbox.get(claimed.id) == claimed
