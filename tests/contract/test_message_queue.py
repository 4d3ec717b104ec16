"""The queue of messages: waiting, given to one job, claimed once, settled, and never back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import product
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from notifications.carriage import Settlement
from notifications.message import Message, MessageState
from tests.contract.builders import AT, a_message, a_notice

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Database

HOUR, A_BIT = timedelta(hours=1), timedelta(microseconds=1)
S = MessageState


def added(database: Database, *messages: Message) -> None:
    with database.writing() as work:
        assert work.outbox.add(messages) == len(messages)
        work.commit()


def stored(database: Database, message: Message) -> Message:
    with database.reading() as work:
        return work.outbox.get(message.id)


def in_job(database: Database, *messages: Message, job: str = "job") -> None:
    added(database, *messages)
    with database.writing() as work:
        work.queue.hand_over([each.id for each in messages], job, "kannel")
        work.commit()


# --- waiting -----------------------------------------------------------------------------------


def test_only_what_may_be_sent_now_waits_urgent_first(database: Database) -> None:
    plain = a_message(not_before=AT)
    older = a_message(not_before=AT - HOUR, next_attempt_at=AT, expires_at=AT + A_BIT)
    urgent = a_message(urgent=True)
    added(
        database,
        a_message(not_before=AT + A_BIT),
        a_message(next_attempt_at=AT + A_BIT),
        a_message(expires_at=AT),
        a_message(state=S.ACCEPTED),
        a_message(job="somebody's"),
        plain,
        older,
        urgent,
    )
    with database.writing() as work:
        assert work.queue.waiting(AT, 10) == [urgent, older, plain]
        assert work.queue.waiting(AT, 2) == [urgent, older]


def test_those_of_one_notice_wait_apart(database: Database) -> None:
    notice = a_notice()
    mine, other = a_message(notice_id=notice.id), a_message()
    added(database, mine, other)
    with database.writing() as work:
        work.notices.add(notice)
        found = work.queue.waiting(AT, 10, notice_id=notice.id)
        assert [each.id for each in found] == [mine.id]


def test_an_expired_message_never_left(database: Database) -> None:
    late, still = a_message(expires_at=AT), a_message(expires_at=AT + A_BIT)
    sent, handed_over = a_message(expires_at=AT, state=S.SENDING), a_message(expires_at=AT, job="j")
    added(database, late, still, sent, handed_over)
    with database.writing() as work:
        assert work.queue.expire(AT) == 2
        work.commit()
    assert [stored(database, m).state for m in (late, still, sent, handed_over)] == [
        S.EXPIRED,
        S.PENDING,
        S.SENDING,
        S.EXPIRED,
    ]


def test_a_newer_message_of_a_topic_overtakes_a_pending_older_one_to_the_same_address(
    database: Database,
) -> None:
    old, new = (a_message(topic="promise:TC-1", created_at=AT + n * HOUR) for n in (0, 1))
    other_topic = a_message(topic="promise:TC-2", created_at=AT - HOUR)
    other_person = a_message(topic="promise:TC-1", address="13000000002", created_at=AT - HOUR)
    none = a_message(created_at=AT - HOUR)
    sent = a_message(topic="promise:TC-1", created_at=AT - HOUR, state=S.SENDING)
    of_notice = a_message(topic="promise:TC-1", created_at=AT - HOUR, notice_id="n-1", text="")
    added(database, old, new, other_topic, other_person, none, sent, of_notice)
    with database.writing() as work:
        assert work.queue.overtake(AT) == 1
        work.commit()
    assert stored(database, old).state is S.SUPERSEDED
    assert stored(database, sent).state is S.SENDING


@pytest.mark.parametrize(
    ("facts", "is_overtaken"),
    [
        ({"state": S.PENDING}, True),
        ({"state": S.SENDING}, True),
        ({"state": S.IN_DOUBT}, True),
        ({"state": S.ACCEPTED}, True),
        ({"state": S.DELIVERED}, True),
        ({"state": S.FAILED}, False),
        ({"state": S.CANCELLED}, False),
        ({"state": S.SUPPRESSED}, False),
        ({"created_at": AT}, False),
        ({"topic": "promise:TC-2"}, False),
        ({"ticket_no": "TC-2"}, False),
        ({"address": "13000000002"}, False),
        # The same person, by another way.
        ({"address": "openid", "fallback_address": "13000000001"}, True),
        ({"address": "13000000002", "fallback_address": ""}, False),
    ],
)
def test_what_came_back_is_overtaken_by_what_reached_the_person_or_may(
    database: Database, facts: dict[str, Any], is_overtaken: bool
) -> None:
    usual = {"topic": "promise:TC-1", "ticket_no": "TC-1", "address": "13000000001"}
    old = a_message(**usual)
    added(database, old, a_message(**usual | {"created_at": AT + HOUR} | facts))
    with database.writing() as work:
        assert work.queue.overtaken([old]) == ({old.id} if is_overtaken else set())
        work.queue.overtake(AT)
        work.commit()
    assert (stored(database, old).state is S.SUPERSEDED) is is_overtaken


@pytest.mark.parametrize("attempts", [0, 1])
def test_nothing_of_a_superseded_notice_is_sent(database: Database, attempts: int) -> None:
    old, new = a_message(notice_id="n-1", text=""), a_message(notice_id="n-2", text="")
    told = [
        replace(each, topic="outage:1", attempts=attempts, created_at=AT + n * HOUR)
        for n, each in enumerate((old, new))
    ]
    with database.writing() as work:
        for each in told:
            work.notices.add(
                a_notice(id=each.notice_id, topic="outage:1", created_at=each.created_at)
            )
        work.outbox.supersede("outage:1", AT + HOUR)  # while both are with a provider
        work.outbox.add(told)
        work.commit()
    with database.writing() as work:
        assert work.queue.overtaken(told) == {old.id}
        assert work.queue.overtake(AT + HOUR) == attempts
        work.commit()
    assert stored(database, new).state is S.PENDING


@pytest.mark.parametrize(("maybe_sent_at", "state"), [(None, S.EXPIRED), (AT - HOUR, S.IN_DOUBT)])
def test_what_may_be_out_did_not_expire_unsent(
    database: Database, maybe_sent_at: datetime | None, state: MessageState
) -> None:
    message = a_message(expires_at=AT, maybe_sent_at=maybe_sent_at)
    added(database, message)
    with database.writing() as work:
        assert work.queue.expire(AT) == 1
        work.commit()
    found = stored(database, message)
    assert (found.state, found.claimed_at) == (state, maybe_sent_at)


def test_what_waits_for_a_reason_is_woken_when_that_is_gone(database: Database) -> None:
    blocked = a_message(next_attempt_at=AT + HOUR, error_code="no_provider")
    failed = a_message(next_attempt_at=AT + HOUR, error_code="503")
    added(database, blocked, failed)
    with database.writing() as work:
        assert work.queue.wake({"no_provider", "channel_off"}) == 1
        assert [each.id for each in work.queue.waiting(AT, 10)] == [blocked.id]


# --- handed over -------------------------------------------------------------------------------


def test_a_message_is_given_to_one_job(database: Database) -> None:
    message = a_message()
    added(database, message)
    with database.writing() as work:
        assert work.queue.hand_over([message.id], "one", "aliyun") == 1
        assert work.queue.hand_over([message.id], "two", "tencent") == 0
        assert work.queue.waiting(AT, 10) == []
        work.commit()
    found = stored(database, message)
    assert (found.job, found.provider, found.state) == ("one", "aliyun", S.PENDING)


def test_sweeps_side_by_side_give_each_message_away_once(database: Database) -> None:
    added(database, *(a_message() for _ in range(120)))
    begin = Barrier(4)

    def sweep(name: str) -> list[str]:
        begin.wait()
        mine: list[str] = []
        while True:
            with database.writing() as work:
                ids = [each.id for each in work.queue.waiting(AT, 7)]
                assert work.queue.hand_over(ids, name, "p") == len(ids)
                work.commit()
            if not ids:
                return mine
            mine += ids

    with ThreadPoolExecutor(4) as threads:
        shares = list(threads.map(sweep, "abcd"))
    everything = [message_id for share in shares for message_id in share]
    assert len(everything) == len(set(everything)) == 120


# --- claimed -----------------------------------------------------------------------------------


def test_a_claim_marks_who_when_and_how_often(database: Database) -> None:
    message = a_message()
    in_job(database, message)
    with database.writing() as work:
        (found,) = work.queue.to_claim("job", "node/1")
        assert work.queue.claim([found.id], AT, "node/1") == 1
        work.commit()
    assert stored(database, message) == replace(
        message,
        state=S.SENDING,
        job="job",
        provider="kannel",
        claimed_at=AT,
        claimed_by="node/1",
        attempts=1,
        maybe_sent_at=AT,
    )


def test_whoever_claimed_finds_his_claim_again_and_nobody_else_does(database: Database) -> None:
    """The commit of a claim may have been lost on the way back."""
    message = a_message()
    in_job(database, message)
    with database.writing() as work:
        work.queue.claim([message.id], AT, "node/1")
        assert [m.id for m in work.queue.to_claim("job", "node/1")] == [message.id]
        assert work.queue.to_claim("job", "node/2") == []
        assert work.queue.claim([message.id], AT, "node/2") == 0


def test_a_claim_is_renewed_by_whoever_made_it(database: Database) -> None:
    mine, other = a_message(), a_message()
    in_job(database, mine, other)
    with database.writing() as work:
        work.queue.claim([mine.id], AT, "node/1")
        work.queue.claim([other.id], AT, "node/2")
        assert work.queue.renew("node/1", AT + HOUR) == 1
        assert [m.id for m in work.loose_ends.stale_claims(AT + HOUR, 10)] == [other.id]


def test_what_was_ended_meanwhile_is_not_claimed(database: Database) -> None:
    cancelled, kept = a_message(), a_message()
    in_job(database, cancelled, kept)
    with database.writing() as work:
        assert work.queue.end([cancelled.id], S.CANCELLED, AT, "cancelled", "误发") == 1
        assert [m.id for m in work.queue.to_claim("job", "node")] == [kept.id]
        work.queue.claim([kept.id], AT, "node")
        assert work.queue.end([kept.id], S.CANCELLED, AT, "cancelled", "误发") == 0
        work.commit()
    found = stored(database, cancelled)
    assert (found.state, found.error_text, found.job) == (S.CANCELLED, "误发", "")


def test_two_that_run_one_job_at_once_claim_each_message_once(database: Database) -> None:
    in_job(database, *(a_message() for _ in range(50)))
    begin = Barrier(4)

    def run(name: str) -> int:
        begin.wait()
        with database.writing() as work:
            ids = [each.id for each in work.queue.to_claim("job", name)]
            claimed = work.queue.claim(ids, AT, name)
            work.commit()
        return claimed

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(run, "abcd")) == [0, 0, 0, 50]


def test_released_and_postponed_messages_wait_again(database: Database) -> None:
    released, postponed = a_message(), a_message()
    in_job(database, released, postponed)
    with database.writing() as work:
        work.queue.release([released.id], AT + HOUR, "phone_cap", "稍后")
        work.queue.postpone([(postponed.id, AT + 2 * HOUR)])
        assert work.queue.waiting(AT, 10) == []
        assert [m.id for m in work.queue.waiting(AT + HOUR, 10)] == [released.id]
        assert len(work.queue.waiting(AT + 2 * HOUR, 10)) == 2
        work.commit()
    assert stored(database, released).error_text == "稍后"
    assert stored(database, postponed).not_before == AT + 2 * HOUR
    assert stored(database, released).attempts == 0


# --- settled -----------------------------------------------------------------------------------


def test_states_move_exactly_as_messages_allow(database: Database) -> None:
    pairs = [(a_message(state=before), after) for before, after in product(S, S)]
    added(database, *(message for message, _ in pairs))
    settlements = [Settlement(message_id=m.id, state=after) for m, after in pairs]
    with database.writing() as work:
        moved = work.queue.settle(settlements, AT)
        work.commit()
    allowed = {m.id: m.state.may_become(after) for m, after in pairs}
    assert moved == sum(allowed.values())
    for message, after in pairs:
        found = stored(database, message)
        assert found.state is (after if allowed[message.id] else message.state)
        assert found.settled_at == (AT if allowed[message.id] else None)


def test_what_certainly_was_not_sent_is_free_again_and_counts_as_never_sent(
    database: Database,
) -> None:
    message = a_message()
    in_job(database, message)
    again = Settlement(
        message_id=message.id, state=S.PENDING, error_code="503", next_attempt_at=AT + HOUR
    )
    with database.writing() as work:
        work.queue.claim([message.id], AT, "node")
        assert work.queue.claims_since({message.address}, AT - HOUR) == {message.address: [AT]}
        assert work.queue.settle([again], AT) == 1
        assert work.queue.claims_since({message.address}, AT - HOUR) == {}
        assert work.queue.waiting(AT, 10) == []
        (found,) = work.queue.waiting(AT + HOUR, 10)
    assert (found.attempts, found.job, found.provider) == (1, "", "kannel")


def test_an_answer_keeps_what_is_known(database: Database) -> None:
    message = a_message()
    in_job(database, message)
    accepted = Settlement(message_id=message.id, state=S.ACCEPTED, provider_id="p1")
    failed = Settlement(message_id=message.id, state=S.FAILED, error_code="16", error_text="拒绝")
    with database.writing() as work:
        work.queue.claim([message.id], AT, "node")
        assert work.queue.settle([accepted, failed], AT) == 2
        work.commit()
    found = stored(database, message)
    assert (found.provider_id, found.error_code, found.state) == ("p1", "16", S.FAILED)


def test_claims_are_counted_by_address_since_an_instant(database: Database) -> None:
    times = [AT - 3 * HOUR, AT - HOUR, AT]
    added(
        database,
        *(a_message(state=S.ACCEPTED, claimed_at=at) for at in times),
        a_message(state=S.ACCEPTED, claimed_at=AT, address="13000000002"),
        a_message(),
    )
    with database.reading() as work:
        found = work.queue.claims_since({"13000000001", "13000000009"}, AT - 3 * HOUR)
        assert found == {"13000000001": times[1:]}
        assert work.queue.claims_since(set(), AT) == {}


def test_depth(database: Database) -> None:
    added(
        database,
        a_message(not_before=AT - HOUR),
        a_message(not_before=AT + HOUR),
        a_message(not_before=AT - 2 * HOUR, job="j"),
        a_message(state=S.SENDING),
        a_message(state=S.ACCEPTED, not_before=AT - 9 * HOUR),
    )
    with database.reading() as work:
        depth = work.queue.depth(AT)
    assert (depth.waiting, depth.due, depth.handed_over, depth.sending) == (2, 1, 1, 1)
    assert depth.oldest_due == AT - 2 * HOUR


def test_an_empty_queue_has_no_oldest(database: Database) -> None:
    with database.reading() as work:
        assert work.queue.depth(AT).oldest_due is None
