"""Who is written to and how often; words that give way to newer ones; bad input (R-6.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.ports.jobs import Job
from app.sending.fan_out import FanOutRunner
from engine.errors import Reason
from notifications.channels.base import Capabilities
from notifications.message import (
    Audience,
    Message,
    MessageKind,
    MessageState,
    SharedNotice,
)
from storage.suppressions import Suppressions
from tests.courier import Courier, Dispatcher
from tests.waiting_messages import AT, MINUTE, NOON, S, a_message, added, by_sms, found

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.ports.work import Work
    from tests.application import Office


# --- caps and people who said no -----------------------------------------------------------------


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


# --- words that give way to newer ones -----------------------------------------------------------


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

    def page(self, work: Work, notice: SharedNotice, limit: int) -> str:
        after = notice.fan_out_after
        if after == self.dies_at:
            raise DiedError
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


def ended(office: Office, message: Message, *couriers: Courier) -> tuple[MessageState, str, str]:
    added(office, message)
    by_sms(office, *couriers).round(NOON)
    seen = found(office, message)
    assert not any(each.arrived for each in couriers)
    return seen.state, seen.error_code, seen.error_text


# --- bad input -----------------------------------------------------------------------------------


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
