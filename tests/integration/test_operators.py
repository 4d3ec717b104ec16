"""What operators see of sending and do about it; every act is one entry in the ledger (R-5.4)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app.streams import MESSAGES, PROVIDERS
from engine.errors import NotFoundError, RefusedError
from engine.ticket import Actor, Role
from notifications.channels.base import ErrorClass
from notifications.message import Channel, Message, MessageState
from tests.applicants import CHIEF, COUNTER
from tests.application import codes, instant
from tests.courier import Courier, Dispatcher, dispatcher
from tests.waiting_messages import AT, NOON, a_message, added, found

if TYPE_CHECKING:
    from app.sending.operators import QueueService
    from tests.application import Office

S = MessageState
HEAD = Actor(
    user_id="tc-section", name="科长", roles=frozenset({Role.SECTION_HEAD}), branch="tengchong"
)
STRANGER = Actor(
    user_id="ll-head", name="外人", roles=frozenset({Role.SECTION_HEAD}), branch="longling"
)


def queue(office: Office) -> QueueService:
    return office.application.transport.queue


def acts(office: Office, stream: str = MESSAGES) -> list[tuple[str, str, str]]:
    """Action, actor and reason of every entry."""
    return [
        (entry.action, entry.actor_id, json.loads(entry.details)["reason"])
        for entry in office.entries(stream)
    ]


# --- messages ----------------------------------------------------------------------------------


def test_a_pending_message_is_called_off(office: Office) -> None:
    message = a_message()
    added(office.at(NOON), message)
    queue(office).cancel(message.id, " 误发 ", actor=CHIEF)
    seen = found(office, message)
    assert (seen.state, seen.error_text) == (S.CANCELLED, "误发")
    assert acts(office) == [("cancel_message", "chief", "误发")]
    with pytest.raises(RefusedError) as caught:
        queue(office).cancel(message.id, "误发", actor=CHIEF)
    assert codes(caught) == {"message_state"}
    assert "已取消发送" in str(caught.value)


@pytest.mark.parametrize("state", [S.SENDING, S.IN_DOUBT, S.ACCEPTED, S.DELIVERED, S.FAILED])
def test_what_may_have_gone_out_cannot_be_called_off(office: Office, state: MessageState) -> None:
    message = a_message(state=state)
    added(office.at(NOON), message)
    with pytest.raises(RefusedError):
        queue(office).cancel(message.id, "误发", actor=CHIEF)
    assert found(office, message).state is state
    assert acts(office) == []


@pytest.mark.parametrize("state", [S.FAILED, S.EXPIRED, S.CANCELLED])
def test_what_did_not_arrive_is_sent_anew_as_another_message(
    office: Office, state: MessageState
) -> None:
    message = a_message(state=state, expires_at=AT, error_code="x", attempts=3)
    added(office.at(NOON), message)
    again = queue(office).retry(message.id, "号码已更正", actor=CHIEF)
    assert (again.state, again.attempts, again.expires_at) == (S.PENDING, 0, None)
    assert again.dedupe_key == f"{message.dedupe_key}:again"
    first = found(office, message)
    assert (first.state, first.handled_by) == (state, "chief")
    courier = Courier()
    dispatcher(office, {Channel.SMS: (courier,)}).round(NOON)
    assert set(courier.arrived) == {again.id}
    with pytest.raises(RefusedError):
        queue(office).retry(message.id, "再试", actor=CHIEF)
    assert acts(office) == [("resend_message", "chief", "号码已更正")]


@pytest.mark.parametrize("state", [S.PENDING, S.SENDING, S.IN_DOUBT, S.ACCEPTED, S.DELIVERED])
def test_a_doubt_is_never_sent_anew(office: Office, state: MessageState) -> None:
    message = a_message(state=state)
    added(office.at(NOON), message)
    with pytest.raises(RefusedError, match="不能重发"):
        queue(office).retry(message.id, "再试", actor=CHIEF)
    assert len(office.messages()) == 1


def test_what_was_told_by_telephone_needs_nobody_any_more(office: Office) -> None:
    message = a_message(state=S.UNREACHABLE)
    added(office.at(NOON), message)
    assert office.application.queries.messages(actor=CHIEF, unhandled=True)
    queue(office).handled(message.id, "已电话告知", actor=CHIEF)
    assert office.application.queries.messages(actor=CHIEF, unhandled=True) == ()
    with pytest.raises(RefusedError, match="已有人处理"):
        queue(office).handled(message.id, "已电话告知", actor=CHIEF)
    delivered = a_message(2, state=S.DELIVERED)
    added(office, delivered)
    with pytest.raises(RefusedError, match="不能标记"):
        queue(office).handled(delivered.id, "x", actor=CHIEF)


def test_every_act_needs_a_reason_and_the_right(office: Office) -> None:
    message = a_message(state=S.FAILED)
    added(office.at(NOON), message)
    for act in (queue(office).cancel, queue(office).retry, queue(office).handled):
        with pytest.raises(RefusedError) as caught:
            act(message.id, " ", actor=CHIEF)
        assert codes(caught) == {"reason_missing"}
        with pytest.raises(RefusedError) as caught:
            act(message.id, "原因", actor=COUNTER)
        assert codes(caught) == {"not_permitted"}
        with pytest.raises(NotFoundError):
            act("unknown", "原因", actor=CHIEF)
    assert acts(office) == []


def test_people_of_a_branch_act_on_their_own_messages_only(office: Office) -> None:
    ticket = office.at("2021-09-06 09:00").submit()
    message = office.messages(ticket)[0]
    with pytest.raises(NotFoundError):
        queue(office).cancel(message.id, "误发", actor=STRANGER)
    queue(office).cancel(message.id, "误发", actor=HEAD)
    assert found(office, message).state is S.CANCELLED


def test_a_message_that_is_just_being_claimed_is_not_called_off(office: Office) -> None:
    """Whoever is first wins; here the job was."""
    message = a_message()
    added(office.at(NOON), message)

    def too_late() -> None:
        with pytest.raises(RefusedError):
            queue(office).cancel(message.id, "误发", actor=CHIEF)

    courier = Courier(meanwhile=too_late)
    dispatcher(office, {Channel.SMS: (courier,)}).round(NOON)
    assert found(office, message).state is S.ACCEPTED


# --- providers ---------------------------------------------------------------------------------


def by_two(office: Office) -> tuple[Dispatcher, Courier, Courier]:
    one, two = Courier("one"), Courier("two")
    return dispatcher(office.at(NOON), {Channel.SMS: (one, two)}), one, two


def test_a_paused_provider_gets_nothing_until_it_is_resumed(office: Office) -> None:
    by, one, two = by_two(office)
    by.transport.queue.pause("one", "欠费", actor=CHIEF)
    added(office, *(a_message(n, address=f"130{n:08}") for n in range(9)))
    by.round(NOON)
    assert (one.arrived.total(), two.arrived.total()) == (0, 9)
    by.transport.queue.pause("two", "维护", actor=CHIEF)
    late = a_message(20, address="13000000099")
    added(office, late)
    by.round(NOON)
    waiting = found(office, late)
    assert (waiting.state, waiting.error_code) == (S.PENDING, "no_provider")
    assert "欠费" in waiting.error_text
    assert "维护" in waiting.error_text
    by.transport.queue.resume("one", actor=CHIEF)
    by.round(NOON)
    assert set(one.arrived) == {late.id}
    assert acts(office, PROVIDERS) == [
        ("change_provider", "chief", "欠费"),
        ("change_provider", "chief", "维护"),
        ("change_provider", "chief", ""),
    ]


def test_what_was_queued_for_a_provider_that_is_paused_goes_by_another(office: Office) -> None:
    by, one, two = by_two(office)
    message = a_message()
    added(office, message)
    with office.application.database.writing() as work:
        by.transport.sending.handover.page(work, AT, 10)
        work.commit()
    chosen = found(office, message).provider
    by.transport.queue.pause(chosen, "故障", actor=CHIEF)
    by.transport.jobs.work_off()
    assert found(office, message).job == ""
    by.round("2021-09-06 12:01")
    assert one.arrived.total() + two.arrived.total() == 1
    assert found(office, message).provider != chosen


def test_resuming_ends_a_block(office: Office) -> None:
    only = Courier("only", error=ErrorClass.ACCOUNT)
    by = dispatcher(office.at(NOON), {Channel.SMS: (only,)})
    message = a_message()
    added(office, message)
    by.round(NOON)
    by.round("2021-09-06 12:01")
    assert found(office, message).error_code == "no_provider"
    only.error = None
    by.transport.queue.resume("only", actor=CHIEF)
    by.round("2021-09-06 12:01")
    assert found(office, message).state is S.ACCEPTED


def test_only_the_company_pauses_a_provider_it_has(office: Office) -> None:
    by, _, _ = by_two(office)
    with pytest.raises(RefusedError):
        by.transport.queue.pause("one", "欠费", actor=HEAD)
    with pytest.raises(RefusedError) as caught:
        by.transport.queue.pause("one", "", actor=CHIEF)
    assert codes(caught) == {"reason_missing"}
    with pytest.raises(NotFoundError):
        by.transport.queue.pause("three", "欠费", actor=CHIEF)


# --- status ------------------------------------------------------------------------------------


def test_the_status_counts_what_is_on_its_way(office: Office) -> None:
    def m(n: int, **facts: object) -> Message:
        return a_message(n, **facts)

    added(
        office,
        m(1, not_before=instant("2021-09-06 11:59")),
        m(2, not_before=instant("2021-09-06 12:01")),
        m(3, job="j", not_before=instant("2021-09-06 11:50")),
        m(4, state=S.SENDING),
        m(5, state=S.FAILED),
        m(6, state=S.UNREACHABLE),
        m(7, state=S.IN_DOUBT),
        m(8, state=S.FAILED, handled_at=AT, handled_by="chief"),
    )
    with office.application.database.writing() as work:
        work.cluster_nodes.begin("n1", "east", "1", AT)
        work.commit()
    status = office.at(NOON).application.transport.watch.status(actor=CHIEF)
    assert (status.due, status.later, status.handed_over, status.sending) == (1, 1, 1, 1)
    assert (status.dead_letters, status.in_doubt, status.oldest_due_s) == (2, 1, 600)
    (node,) = status.nodes
    assert (node.name, node.alive, node.ending) == ("east", False, "")
