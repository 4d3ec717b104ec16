"""The outbox: one row a key, each row to one claimer, and a state that never goes back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING

import pytest

from engine.errors import NotFoundError
from notifications.message import Audience, Channel, Message, MessageKind, MessageState
from tests.contract.builders import AT, a_message, a_notice, a_ticket, stored

if TYPE_CHECKING:
    from storage.database import Database

HOUR = timedelta(hours=1)
S = MessageState


def added(database: Database, *messages: Message) -> int:
    with database.writing() as work:
        count = work.outbox.add(messages)
        work.commit()
    return count


def test_a_message_comes_back_as_it_went_in(database: Database) -> None:
    message = a_message(
        kind=MessageKind.ESCALATION,
        channel=Channel.WECHAT,
        audience=Audience.STAFF,
        ticket_no="TC-1",
        params={"姓名": "陈水", "q": "\"'\\"},
        urgent=True,
        state=S.FAILED,
        expires_at=AT + HOUR,
        claimed_at=AT,
        claimed_by="node",
        attempts=3,
        next_attempt_at=AT,
        provider_id="p1",
        error_code="16",
        error_text="拒绝",
        settled_at=AT,
        topic="promise:TC-1",
        job="chunk",
        provider="kannel",
        fallback_address="13000000001",
        handled_by="u",
        handled_at=AT,
    )
    assert added(database, message, a_message()) == 2
    with database.reading() as work:
        found = work.outbox.get(message.id)
    assert found == message
    assert found.created_at.utcoffset() == timedelta(0)
    assert isinstance(found.state, MessageState)


def test_an_unknown_message_is_not_found(database: Database) -> None:
    with database.reading() as work, pytest.raises(NotFoundError):
        work.outbox.get("x")


def test_a_key_that_is_there_is_left_as_it_is(database: Database) -> None:
    first = a_message()
    again = a_message(dedupe_key=first.dedupe_key, text="anders")
    assert added(database, first) == 1
    assert added(database, again, a_message()) == 1
    assert added(database) == 0
    with database.reading() as work:
        assert work.outbox.get(first.id).text == first.text
        with pytest.raises(NotFoundError):
            work.outbox.get(again.id)


def test_two_that_add_one_key_at_once_make_one_message(database: Database) -> None:
    messages = [a_message(dedupe_key="one") for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        counts = list(threads.map(lambda message: added(database, message), messages))
    assert sorted(counts) == [0, 0, 0, 1]


def test_states_move_exactly_as_messages_allow(database: Database) -> None:
    pairs = [(a_message(state=before), after) for before, after in product(S, S)]
    added(database, *(message for message, _ in pairs))
    with database.writing() as work:
        moved = {each.id: work.outbox.settle(each.id, after, AT) for each, after in pairs}
        work.commit()
    assert moved == {each.id: each.state.may_become(after) for each, after in pairs}
    with database.reading() as work:
        for message, after in pairs:
            found = work.outbox.get(message.id)
            assert found.state is (after if moved[message.id] else message.state)
            assert found.settled_at == (AT if moved[message.id] else None)


def test_a_receipt_before_the_answer_is_not_undone_by_it(database: Database) -> None:
    message = a_message(state=S.SENDING)
    added(database, message)
    with database.writing() as work:
        assert work.outbox.settle(message.id, S.DELIVERED, AT)
        assert not work.outbox.settle(message.id, S.ACCEPTED, AT, provider_id="p1")
        assert not work.outbox.settle(message.id, S.FAILED, AT, error_code="16")
        work.commit()
    with database.reading() as work:
        assert work.outbox.get(message.id).state is S.DELIVERED


def test_a_receipt_keeps_the_providers_id(database: Database) -> None:
    message = a_message(state=S.SENDING)
    added(database, message)
    with database.writing() as work:
        work.outbox.settle(message.id, S.ACCEPTED, AT, provider_id="p1")
        work.outbox.settle(message.id, S.FAILED, AT, error_code="16", error_text="拒绝")
        work.commit()
    with database.reading() as work:
        found = work.outbox.get(message.id)
    assert (found.provider_id, found.state) == ("p1", S.FAILED)
    assert (found.error_code, found.error_text) == ("16", "拒绝")


def test_what_is_pending_of_a_topic_gives_way_to_newer_words(database: Database) -> None:
    older = a_message(topic="outage:1", created_at=AT - HOUR)
    handed_over = a_message(topic="outage:1", created_at=AT - HOUR, job="chunk")
    sent = a_message(topic="outage:1", created_at=AT - HOUR, state=S.SENDING)
    same = a_message(topic="outage:1", created_at=AT)
    other = a_message(topic="outage:2", created_at=AT - HOUR)
    none = a_message(created_at=AT - HOUR)
    added(database, older, handed_over, sent, same, other, none)
    with database.writing() as work:
        assert work.outbox.supersede("outage:1", AT) == 2
        assert work.outbox.supersede("outage:1", AT, before=AT + HOUR) == 1
        work.commit()
    with database.reading() as work:
        ended = {m.id for m in work.outbox.listing() if m.state is S.SUPERSEDED}
    assert ended == {older.id, handed_over.id, same.id}


# --- one notice to many ------------------------------------------------------------------------


def test_messages_of_a_notice_have_its_words(database: Database) -> None:
    notice = a_notice(params={"时间": "9时"}, text="今日停电")
    told = a_message(notice_id=notice.id, params={}, text="", provider_id="p1")
    alone = a_message()
    with database.writing() as work:
        assert work.notices.add(notice)
        assert not work.notices.add(replace(notice, text="明日停电"))
        work.commit()
    added(database, told, alone)
    with database.writing() as work:
        expected = replace(told, params=notice.params, text=notice.text)
        assert work.notices.get(notice.id) == notice
        assert work.outbox.get(told.id) == expected
        texts = {m.id: m.text for m in work.outbox.listing()}
        assert texts == {told.id: notice.text, alone.id: alone.text}
        assert {m.text for m in work.queue.waiting(AT, 10)} == {notice.text, alone.text}
        with pytest.raises(NotFoundError):
            work.notices.get("x")


def test_a_notice_is_written_page_by_page_until_the_end(database: Database) -> None:
    notice = a_notice()
    with database.writing() as work:
        work.notices.add(notice)
        assert work.notices.take("x") is None
        assert work.notices.take(notice.id) == notice
        work.notices.advance(notice.id, "000500", AT)
        assert work.notices.take(notice.id) == replace(notice, fan_out_after="000500")
        assert work.notices.unfinished() == [notice.id]
        work.notices.advance(notice.id, "", AT)
        assert work.notices.take(notice.id) is None
        assert work.notices.unfinished() == []
        assert work.notices.get(notice.id).fanned_out_at == AT


def test_newer_words_stop_a_notice_that_is_still_being_written(database: Database) -> None:
    """Messages written by a node whose clock is ahead are ended as well."""
    old = a_notice(topic="outage:1", created_at=AT - HOUR)
    new = a_notice(topic="outage:1", created_at=AT)
    early = a_message(topic="outage:1", notice_id=old.id, created_at=AT + HOUR)
    with database.writing() as work:
        work.notices.add(old)
        work.notices.add(new)
        work.outbox.add([early])
        assert work.outbox.supersede("outage:1", AT) == 1
        assert work.notices.take(old.id) is None
        assert work.notices.take(new.id) == new
        assert work.notices.unfinished() == [new.id]
        assert work.notices.get(old.id).superseded_at == AT


def test_whoever_supersedes_waits_for_the_page_that_is_being_written(
    database: Database,
) -> None:
    notice = a_notice(topic="outage:1", created_at=AT - HOUR)
    with database.writing() as work:
        work.notices.add(notice)
        work.commit()

    def supersede() -> int:
        with database.writing() as work:
            count = work.outbox.supersede("outage:1", AT)
            work.commit()
        return count

    page = [a_message(topic="outage:1", notice_id=notice.id, created_at=AT - HOUR)]
    with ThreadPoolExecutor(1) as threads:
        with database.writing() as work:
            assert work.notices.take(notice.id) is not None
            ended = threads.submit(supersede)
            work.outbox.add(page)
            work.commit()
        assert ended.result() == 1


def test_messages_are_listed_the_newest_first(database: Database) -> None:
    ticket = stored(database, a_ticket(branch="longling"))
    old = a_message(ticket_no=ticket.ticket_no)
    new = a_message(created_at=AT + HOUR, state=S.FAILED)
    added(database, old, new)
    with database.reading() as work:
        listing = work.outbox.listing

        def ids(**filters: object) -> list[str]:
            return [message.id for message in listing(**filters)]  # type: ignore[arg-type]

        assert ids() == [new.id, old.id]
        assert ids(limit=1) == [new.id]
        assert ids(state="failed") == [new.id]
        assert ids(ticket_no=ticket.ticket_no) == [old.id]
        assert ids(branch="longling") == [old.id]
        assert ids(branch="tengchong") == []
        assert ids(unhandled=True) == [new.id]
        assert work.outbox.unhandled_by_state() == {S.FAILED: 1}


def test_whoever_sees_to_a_message_first_is_noted(database: Database) -> None:
    message = a_message(state=S.UNREACHABLE)
    added(database, message)
    with database.writing() as work:
        assert work.outbox.handled(message.id, "u-1", AT)
        assert not work.outbox.handled(message.id, "u-2", AT + HOUR)
        assert not work.outbox.handled("unknown", "u-2", AT)
        found = work.outbox.get(message.id)
        assert (found.handled_by, found.handled_at) == ("u-1", AT)
        assert work.outbox.unhandled_by_state() == {}
