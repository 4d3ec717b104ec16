"""Who is told how often, which words give way to newer ones, who carries them, and bad input."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.ports.jobs import Job
from app.sending.fan_out import FanOutRunner
from app.streams import PROVIDERS
from engine.errors import Reason
from notifications.channels.base import Capabilities, ErrorClass
from notifications.delivery.fallback import MAY_COME_TWICE
from notifications.message import (
    Audience,
    Channel,
    Message,
    MessageKind,
    MessageState,
    SharedNotice,
)
from storage.suppressions import Suppressions
from tests.application import instant
from tests.courier import REPORTING, Courier, Dispatcher, dispatcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.ports.work import Work
    from tests.application import Office

NOON = "2021-09-06 12:00"
AT = instant(NOON)
S = MessageState
MINUTE = timedelta(minutes=1)


def a_message(number: int = 1, **facts: Any) -> Message:
    usual: dict[str, Any] = {
        "id": f"message-{number:06}",
        "dedupe_key": f"key-{number:06}",
        "kind": MessageKind.NOTICE,
        "template_key": "next_stage",
        "template_version": 1,
        "text": f"第 {number} 条",
        "channel": Channel.SMS,
        "audience": Audience.CUSTOMER,
        "recipient": "陈水",
        "address": "13000000001",
        "created_at": AT,
        "not_before": AT,
    }
    return Message(**usual | facts)


def added(office: Office, *messages: Message) -> None:
    with office.application.database.writing() as work:
        work.outbox.add(messages)
        work.commit()


def found(office: Office, message: Message) -> Message:
    with office.application.database.reading() as work:
        return work.outbox.get(message.id)


def by_sms(office: Office, *couriers: Courier, **parts: Any) -> Dispatcher:
    return dispatcher(office, {Channel.SMS: couriers or (Courier(),)}, **parts)


# --- caps and people who said no ---------------------------------------------------------------


def test_a_customer_gets_six_messages_within_any_24_hours(office: Office) -> None:
    added(office, *(a_message(n) for n in range(8)))
    courier = Courier()
    by = by_sms(office, courier)
    by.round(NOON)
    assert courier.arrived.total() == 6
    held = [m for m in office.messages() if m.state is S.PENDING]
    assert {(m.error_code, m.next_attempt_at) for m in held} == {
        ("phone_cap", AT + timedelta(hours=24))
    }
    by.round(AT + timedelta(hours=24) - MINUTE)
    assert courier.arrived.total() == 6
    by.round(AT + timedelta(hours=24))
    assert courier.arrived.total() == 8


def test_urgent_messages_and_those_to_staff_are_not_counted(office: Office) -> None:
    added(
        office,
        *(a_message(n) for n in range(6)),
        *(a_message(n, urgent=True) for n in range(10, 13)),
        *(a_message(n, audience=Audience.STAFF) for n in range(20, 24)),
    )
    courier = Courier()
    by_sms(office, courier).round(NOON)
    assert courier.arrived.total() >= 3 + 4 + 3
    unsent = {m.id for m in office.messages() if m.state is S.PENDING}
    assert unsent < {f"message-{n:06}" for n in range(6)}


def wants_none(address: str, office: Office) -> None:
    with office.application.database.writing() as work:
        work.suppressions.add(address, AT, source="reply", reason="TD", by="system")
        work.commit()


def test_who_said_no_is_told_what_the_law_demands_only(office: Office) -> None:
    service, outage = a_message(1), a_message(2, kind=MessageKind.OUTAGE, by_law=True)
    other = a_message(3, address="13000000002")
    estimate = a_message(4, kind=MessageKind.OUTAGE)
    added(office, service, outage, other, estimate)
    courier = Courier()
    wants_none("13000000001", office)
    by_sms(office, courier).round(NOON)
    assert set(courier.arrived) == {outage.id, other.id}
    assert (found(office, service).state, found(office, service).error_code) == (
        S.SUPPRESSED,
        "suppressed",
    )
    assert found(office, estimate).state is S.SUPPRESSED


# --- words that give way to newer ones ---------------------------------------------------------


def test_a_newer_date_replaces_a_pending_older_one(office: Office) -> None:
    old = a_message(1, topic="promise:TC-1", created_at=AT - MINUTE)
    new = a_message(2, topic="promise:TC-1")
    added(office, old, new)
    courier = Courier()
    by_sms(office, courier).round(NOON)
    assert set(courier.arrived) == {new.id}
    assert found(office, old).state is S.SUPERSEDED


def test_what_is_superseded_in_the_queue_is_not_sent(office: Office) -> None:
    old = a_message(1, topic="outage:1", created_at=AT - MINUTE)
    added(office, old)
    courier = Courier()
    by = by_sms(office, courier)
    office.at(NOON)
    with office.application.database.writing() as work:
        by.transport.sending.handover.page(work, AT, 10)
        work.outbox.supersede("outage:1", AT)
        work.commit()
    by.transport.jobs.work_off()
    assert not courier.arrived
    assert found(office, old).state is S.SUPERSEDED


class ToAll:
    """Tells a notice to so many numbers, a page at a time."""

    def __init__(self, office: Office, people: int) -> None:
        self.office = office
        self.people = people
        self.pages: list[str] = []
        self.dies_at = "never"

    def page(self, work: Work, notice_id: str, after: str, limit: int) -> str:
        if after == self.dies_at:
            raise DiedError
        notice = work.notices.get(notice_id)
        start = int(after or 0)
        end = min(start + limit, self.people)
        work.outbox.add(
            [
                a_message(
                    n,
                    id=f"{notice.id}-{n}",
                    dedupe_key=f"{notice.id}:{n}",
                    kind=notice.kind,
                    text="",
                    address=f"130{n:08}",
                    notice_id=notice.id,
                    topic=notice.topic,
                    urgent=notice.urgent,
                    created_at=notice.created_at,
                )
                for n in range(start, end)
            ]
        )
        self.pages.append(after)
        return "" if end == self.people else str(end)


def a_notice(number: int = 1, **facts: Any) -> SharedNotice:
    return SharedNotice(
        **{
            "id": f"notice-{number}",
            "kind": MessageKind.OUTAGE,
            "template_key": "next_stage",
            "template_version": 1,
            "params": {},
            "text": "和畅台区停电",
            "created_at": AT,
            "topic": "outage:1",
            **facts,
        }
    )


def told(office: Office, by: Dispatcher, notice: SharedNotice) -> None:
    """Somebody announces it: one row and one job, in one transaction."""
    with office.application.database.writing() as work:
        work.notices.add(notice)
        by.transport.jobs.enqueue(work, Job.FAN_OUT, notice.id, (notice.id,))
        work.commit()


def to_all(office: Office, people: int, *couriers: Courier) -> Dispatcher:
    return by_sms(office, *couriers, fan_outs={MessageKind.OUTAGE: ToAll(office, people)})


def test_a_notice_is_told_page_by_page_in_full_requests(office: Office) -> None:
    courier = Courier(capabilities=Capabilities(same_params=1000))
    by = to_all(office.at(NOON), 2500, courier)
    told(office, by, a_notice())
    by.round(NOON)
    assert len(courier.arrived) == 2500
    assert set(courier.arrived.values()) == {1}
    assert courier.sizes == [1000, 1000, 500]
    with office.application.database.reading() as work:
        assert work.notices.get("notice-1").fanned_out_at == AT
        assert work.notices.unfinished() == []


def test_telling_it_again_changes_nothing(office: Office) -> None:
    courier = Courier()
    by = to_all(office.at(NOON), 30, courier)
    told(office, by, a_notice())
    told(office, by, a_notice())
    by.round(NOON)
    by.transport.handlers[Job.FAN_OUT]("notice-1")
    by.pass_by(minutes=1)
    assert len(courier.arrived) == courier.arrived.total() == 30


class DiedError(Exception):
    """Whoever told it is no more."""


def runner(by: Dispatcher, telling: ToAll) -> FanOutRunner:
    return FanOutRunner(
        database=by.transport.database,
        clock=by.transport.clock,
        handover=by.transport.sending.handover,
        fan_outs={MessageKind.OUTAGE: telling},
        page_size=10,
    )


def dead_after_three_pages(office: Office, by: Dispatcher) -> ToAll:
    """Thirty of fifty messages are written when the process dies."""
    telling = ToAll(office, 50)
    telling.dies_at = "30"
    with office.application.database.writing() as work:
        work.notices.add(a_notice())
        work.commit()
    with pytest.raises(DiedError):
        runner(by, telling).run("notice-1")
    telling.dies_at = "never"
    telling.pages.clear()
    return telling


def test_whoever_goes_on_begins_where_the_dead_one_stopped(office: Office) -> None:
    courier = Courier()
    by = by_sms(office.at(NOON), courier)
    telling = dead_after_three_pages(office, by)
    runner(by, telling).run("notice-1")
    by.transport.jobs.work_off()
    assert telling.pages == ["30", "40"]
    assert len(courier.arrived) == courier.arrived.total() == 50


def test_newer_words_stop_a_notice_that_is_still_being_told(office: Office) -> None:
    courier = Courier()
    by = by_sms(office.at(NOON), courier)
    telling = dead_after_three_pages(office, by)
    office.at(AT + MINUTE)
    with office.application.database.writing() as work:
        work.notices.add(a_notice(2, created_at=AT + MINUTE, text="已恢复供电"))
        assert work.outbox.supersede("outage:1", AT + MINUTE) == 30
        work.commit()
    runner(by, telling).run("notice-1")
    by.transport.jobs.work_off()
    assert telling.pages == []
    assert not courier.arrived
    assert {m.state for m in office.messages()} == {S.SUPERSEDED}


# --- WeChat, then SMS --------------------------------------------------------------------------


def by_both(office: Office, wechat: Courier, sms: Courier) -> Dispatcher:
    return dispatcher(office, {Channel.WECHAT: (wechat,), Channel.SMS: (sms,)})


def by_wechat(**facts: Any) -> Message:
    return a_message(
        channel=Channel.WECHAT, address="openid", fallback_address="13000000001", **facts
    )


def test_what_wechat_definitely_refuses_goes_by_sms_once(office: Office) -> None:
    message = by_wechat()
    added(office, message)
    wechat, sms = Courier("wechat", error=ErrorClass.RECIPIENT), Courier("sms")
    by = by_both(office, wechat, sms)
    for minutes in range(4):
        by.round(AT + minutes * MINUTE)
    assert counts(wechat, sms) == (1, 1)
    child = next(m for m in office.messages() if m.channel is Channel.SMS)
    assert (child.dedupe_key, child.address) == (f"{message.dedupe_key}:sms", "13000000001")
    assert child.text == message.text
    parent = found(office, message)
    assert (parent.state, parent.handled_by) == (S.FAILED, "system")


def test_a_success_that_comes_late_makes_no_second_one(office: Office) -> None:
    message = by_wechat()
    added(office, message)
    wechat, sms = Courier("wechat", error=ErrorClass.RECIPIENT), Courier("sms")
    by = by_both(office, wechat, sms)
    by.round(NOON)
    with office.application.database.writing() as work:
        assert work.outbox.settle(message.id, S.DELIVERED, AT)
        work.commit()
    by.round(AT + MINUTE)
    by.round(AT + 2 * MINUTE)
    assert sms.arrived.total() <= 1
    assert found(office, message).state is S.DELIVERED


@pytest.mark.parametrize(("urgent", "texts"), [(True, 1), (False, 0)])
def test_in_doubt_only_what_is_urgent_goes_by_sms_too_and_says_so(
    office: Office, urgent: bool, texts: int
) -> None:
    added(office, by_wechat(urgent=urgent))
    wechat, sms = Courier("wechat", silent=True), Courier("sms")
    by = by_both(office, wechat, sms)
    for minutes in (0, 4, 6, 7, 8, 100):
        by.round(AT + minutes * MINUTE)
    assert counts(wechat, sms) == (1, texts)
    children = [m.text for m in office.messages() if m.channel is Channel.SMS]
    assert all(text.endswith(MAY_COME_TWICE) for text in children)


def test_an_urgent_one_without_a_sign_for_five_minutes_goes_by_sms_too(office: Office) -> None:
    added(office, by_wechat(urgent=True))
    wechat, sms = Courier("wechat", capabilities=REPORTING), Courier("sms")
    by = by_both(office, wechat, sms)
    by.round(NOON)
    by.round(AT + 5 * MINUTE)
    assert counts(wechat, sms) == (1, 0)
    by.round(AT + 5 * MINUTE + timedelta(seconds=1))
    assert counts(wechat, sms) == (1, 1)


def counts(*couriers: Courier) -> tuple[int, ...]:
    return tuple(each.arrived.total() for each in couriers)


# --- several providers -------------------------------------------------------------------------


def providers(office: Office) -> dict[str, tuple[int, bool]]:
    with office.application.database.reading() as work:
        return {p.name: (p.weight, p.is_usable(office.clock())) for p in work.providers.all()}


def reasons(office: Office) -> list[str]:
    return [json.loads(entry.details)["reason"] for entry in office.entries(PROVIDERS)]


@pytest.fixture
def in_small_chunks(office: Office) -> Iterator[Office]:
    """The office with chunks so small that each provider gets some."""
    other = office.another(claim_limit=2)
    yield other
    other.close()


def test_what_one_provider_cannot_send_another_one_sends_at_once(in_small_chunks: Office) -> None:
    office = in_small_chunks
    added(office, *(a_message(n, address=f"130{n:08}") for n in range(40)))
    bad, good = Courier("bad", error=ErrorClass.PROVIDER), Courier("good")
    by = by_sms(office, bad, good)
    by.round(NOON)
    tried = bad.arrived.total()
    assert tried
    by.round(NOON)
    assert len(good.arrived) == good.arrived.total() == 40
    assert {m.state for m in office.messages()} == {S.ACCEPTED}


def test_many_own_faults_move_weight_to_the_other_and_calm_brings_it_back(
    in_small_chunks: Office,
) -> None:
    office = in_small_chunks
    bad, good = Courier("bad", error=ErrorClass.PROVIDER), Courier("good")
    by = by_sms(office, bad, good)
    added(office, *(a_message(n, address=f"130{n:08}") for n in range(200)))
    by.round(NOON)
    by.transport.tending.tend_providers()
    assert bad.arrived.total() > 50
    assert providers(office) == {"bad": (50, True), "good": (50, True)}
    office.at(AT + 15 * MINUTE)
    by.transport.tending.tend_providers()
    assert providers(office) == {"bad": (60, True), "good": (40, True)}
    assert len(reasons(office)) == 4
    assert "faults within a minute" in reasons(office)[0]


def test_faults_of_recipients_and_messages_count_for_nothing(office: Office) -> None:
    for error in (ErrorClass.RECIPIENT, ErrorClass.CONTENT, ErrorClass.FREQUENCY):
        start = 1000 * list(ErrorClass).index(error)
        added(office, *(a_message(start + n, address=f"130{n:08}") for n in range(60)))
        by = by_sms(office, Courier("one", error=error), Courier("two", error=error))
        by.round(NOON)
        by.transport.tending.tend_providers()
    assert providers(office) == {"one": (60, True), "two": (40, True)}


@pytest.mark.parametrize("error", [ErrorClass.ACCOUNT, ErrorClass.AUTH])
def test_an_account_that_refuses_us_is_left_alone_and_its_messages_go_by_the_other(
    in_small_chunks: Office, error: ErrorClass
) -> None:
    office = in_small_chunks
    added(office, *(a_message(n, address=f"130{n:08}") for n in range(10)))
    broke, good = Courier("broke", error=error), Courier("good")
    by = by_sms(office, broke, good)
    by.round(NOON)
    by.round(NOON)
    by.round(AT + MINUTE)
    assert providers(office)["broke"] == (60, False)
    assert len(good.arrived) == good.arrived.total() == 10
    assert reasons(office) == [f"{error.value} scripted"]
    office.at(AT + 15 * MINUTE)
    assert providers(office)["broke"] == (60, True)


def test_without_another_they_wait_with_the_reason_and_go_when_it_is_mended(
    office: Office,
) -> None:
    message = a_message()
    added(office, message)
    only = Courier("only", error=ErrorClass.ACCOUNT)
    by = by_sms(office, only)
    by.round(NOON)
    assert (found(office, message).state, found(office, message).error_code) == (
        S.PENDING,
        "account",
    )
    by.round(AT + MINUTE)
    waiting = found(office, message)
    assert (waiting.state, waiting.error_code) == (S.PENDING, "no_provider")
    assert "account scripted" in waiting.error_text
    assert only.arrived.total() == 1
    only.error = None
    for minutes in range(2, 20):
        by.round(AT + minutes * MINUTE)
    assert found(office, message).state is S.ACCEPTED
    assert only.arrived.total() == 2


# --- bad input ---------------------------------------------------------------------------------


def ended(office: Office, message: Message, *couriers: Courier) -> tuple[MessageState, str, str]:
    added(office, message)
    by_sms(office, *couriers).round(NOON)
    seen = found(office, message)
    assert not any(each.arrived for each in couriers)
    return seen.state, seen.error_code, seen.error_text


def test_an_unknown_template_is_a_failure_that_names_it(office: Office) -> None:
    assert ended(office, a_message(template_key="no_such"), Courier()) == (
        S.FAILED,
        "unknown_template",
        "没有“no_such”这个消息模板",
    )


def test_what_the_provider_would_not_take_fails_before_it_is_sent_with_every_fault(
    office: Office,
) -> None:
    faults = (
        Reason(code="field_too_long", message="“环节”超过 20 个字"),
        Reason(code="parameter_missing", message="缺少“日期”"),
    )
    assert ended(office, a_message(), Courier(faults=faults)) == (
        S.FAILED,
        "field_too_long",
        "“环节”超过 20 个字；缺少“日期”",
    )


@pytest.mark.parametrize("address", ["08752123456", "12345", " "])
def test_a_number_that_cannot_receive_text_messages_is_for_a_call(
    office: Office, address: str
) -> None:
    state, code, text = ended(office, a_message(address=address), Courier())
    assert (state, code) == (S.UNREACHABLE, "bad_address")
    assert "号码" in text


def test_a_message_that_breaks_its_job_goes_alone_is_given_up_and_spoils_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = a_message(1), a_message(2, address="13000000002")
    added(office, bad, good)
    courier = Courier()

    def breaks(_suppressions: object, addresses: Iterable[str]) -> frozenset[str]:
        if bad.address in addresses:
            msg = "poison"
            raise RuntimeError(msg)
        return frozenset()

    monkeypatch.setattr(Suppressions, "of", breaks)
    by = by_sms(office, courier)
    states = []
    by.round(NOON)
    for _ in range(9):
        states.append(found(office, bad).state)
        by.pass_by(hours=1)
    assert set(courier.arrived) == {good.id}
    assert courier.sizes == [1]
    given_up = found(office, bad)
    assert (given_up.state, given_up.error_code) == (S.FAILED, "job_failed")
    assert given_up.error_text == "发送作业失败（RuntimeError）"
    assert states == [S.PENDING] * 9
    assert by.transport.jobs.failed(10) == []
