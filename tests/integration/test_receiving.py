"""What the clouds push and can be asked: every order, every loss, and people's replies."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import HuodianError, MalformedError, NotFoundError, RefusedError
from notifications.channels.base import ReceiptRefusedError
from notifications.message import MessageState
from tests.applicants import CHIEF, COUNTER, a_resident
from tests.application import codes
from tests.registrations import SUBMITTED, publish, source, wechat_source
from tests.simulators import aliyun as simulated_aliyun
from tests.simulators import tencent as simulated_tencent
from tests.simulators import weixin as simulated_weixin
from tests.simulators.aliyun import Aliyun, aliyun
from tests.simulators.serving import Fault
from tests.simulators.tencent import Tencent, tencent
from tests.simulators.weixin import weixin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notifications.message import Message
    from tests.application import Office

MORNING = "2021-09-06 09:00"
CUSTOMER = "13000000301"


@contextmanager
def sending_by_aliyun(office: Office, cloud: Aliyun) -> Iterator[Office]:
    publish(office, *(source("aliyun", each) for each in SUBMITTED))
    other = office.another(
        sms_carrier="aliyun",
        aliyun_access_key_id=simulated_aliyun.KEY_ID,
        aliyun_access_key_secret=simulated_aliyun.SECRET,
        aliyun_endpoint=cloud.state.url,
    )
    yield other
    other.close()


@contextmanager
def sending_by_tencent(office: Office, cloud: Tencent) -> Iterator[Office]:
    publish(office, *(source("tencent", each) for each in SUBMITTED))
    other = office.another(
        sms_carrier="tencent",
        tencent_secret_id=simulated_tencent.KEY_ID,
        tencent_secret_key=simulated_tencent.SECRET,
        tencent_app_id=simulated_tencent.APP_ID,
        tencent_endpoint=cloud.state.url,
    )
    yield other
    other.close()


@pytest.fixture
def cloud() -> Iterator[Aliyun]:
    with aliyun() as running:
        yield running


@pytest.fixture
def by_aliyun(office: Office, cloud: Aliyun) -> Iterator[Office]:
    with sending_by_aliyun(office, cloud) as other:
        yield other


def sent(office: Office) -> list[Message]:
    """Three messages that the provider has taken."""
    office.at(MORNING).submit()
    office.application.sending.dispatch()
    found = office.messages()
    assert {each.state for each in found} == {MessageState.ACCEPTED}
    return found


def push(office: Office, body: bytes, provider: str = "aliyun", **query: str) -> str:
    """The provider calls its address."""
    receiving = office.application.receiving
    return receiving.take(provider, receiving.secret(provider), query, body).body


def apply(office: Office) -> dict[str, int]:
    return office.application.receiving.applying.sweep().counts()


def ask(office: Office) -> dict[str, int]:
    return office.application.receiving.inquiries.sweep().counts()


def states(office: Office) -> dict[str, MessageState]:
    return {message.address: message.state for message in office.messages()}


def kept(office: Office) -> list[tuple[str, bool]]:
    """The problem of every report, and whether it still waits; the oldest first."""
    with office.application.database.reading() as work:
        found = work.receipts.listing()
    return [(each.problem, each.next_try_at is not None) for each in found][::-1]


# --- reports -----------------------------------------------------------------------------------


def test_a_push_of_many_reports_moves_each_message(by_aliyun: Office, cloud: Aliyun) -> None:
    sent(by_aliyun)
    phones = [each.phone for each in cloud.taken]
    answer = push(by_aliyun, cloud.report(*cloud.taken, failed=(phones[1],)))
    assert answer == '{"code":0,"msg":"接收成功"}'
    assert set(states(by_aliyun).values()) == {MessageState.ACCEPTED}
    assert apply(by_aliyun)["done"] == 1
    assert states(by_aliyun)[phones[1]] is MessageState.FAILED
    assert [states(by_aliyun)[phones[n]] for n in (0, 2)] == [MessageState.DELIVERED] * 2


def test_reports_that_come_twice_and_in_the_wrong_order_undo_nothing(
    by_aliyun: Office, cloud: Aliyun
) -> None:
    sent(by_aliyun)
    good, bad = cloud.report(*cloud.taken), cloud.report(*cloud.taken, failed=(CUSTOMER,))
    for body in (bad, good, good, bad):
        push(by_aliyun, body)
    apply(by_aliyun)
    assert set(states(by_aliyun).values()) == {MessageState.DELIVERED}
    assert kept(by_aliyun) == [("", False)] * 4


def test_a_report_that_beats_our_own_note_of_the_call_is_tried_again(
    by_aliyun: Office, cloud: Aliyun
) -> None:
    """The provider's id is known to nobody until the answer is written down."""
    told = sent(by_aliyun)
    with by_aliyun.application.database.writing() as work:
        strange = replace(cloud.taken[0], biz_id="9^9", out_id="many-0")
        work.commit()
    push(by_aliyun, cloud.report(strange))
    assert apply(by_aliyun)["unchanged"] == 1
    assert kept(by_aliyun) == [("", True)]
    assert apply(by_aliyun) == {"done": 0, "unchanged": 0, "overtaken": 0, "failed": 0}
    with by_aliyun.application.database.writing() as work:
        message = next(each for each in told if each.address == strange.phone)
        work.outbox.settle(message.id, MessageState.FAILED, by_aliyun.clock(), provider_id="9^9")
        work.commit()
    by_aliyun.at("2021-09-06 09:00:10")
    assert apply(by_aliyun)["done"] == 1
    assert states(by_aliyun)[strange.phone] is MessageState.DELIVERED


def test_a_report_that_belongs_to_nobody_is_given_up_after_three_days(
    by_aliyun: Office, cloud: Aliyun
) -> None:
    sent(by_aliyun)
    push(by_aliyun, cloud.report(replace(cloud.taken[0], biz_id="9^9", out_id="many-0")))
    for moment, waits in (
        ("2021-09-09 07:59:59", True),
        ("2021-09-09 08:59:59", True),
        ("2021-09-09 09:59:59", False),
    ):
        by_aliyun.at(moment)
        apply(by_aliyun)
        assert kept(by_aliyun) == [("" if waits else "orphan", waits)]


def test_who_does_not_know_the_secret_leaves_no_trace(by_aliyun: Office, cloud: Aliyun) -> None:
    sent(by_aliyun)
    body = cloud.report(*cloud.taken)
    for secret in ("", "0" * 32, by_aliyun.application.receiving.secret("tencent")):
        with pytest.raises(NotFoundError):
            by_aliyun.application.receiving.take("aliyun", secret, {}, body)
    assert kept(by_aliyun) == []


def test_a_provider_reports_on_nobody_elses_messages(by_aliyun: Office) -> None:
    told = next(each for each in sent(by_aliyun) if each.address == CUSTOMER)
    body = json.dumps(
        [{"report_status": "FAIL", "sid": told.provider_id, "mobile": CUSTOMER, "errmsg": "x"}]
    )
    with tencent() as other_cloud, sending_by_tencent(by_aliyun, other_cloud) as by_tencent:
        push(by_tencent, body.encode(), provider="tencent")
        assert apply(by_tencent)["unchanged"] == 1
    assert set(states(by_aliyun).values()) == {MessageState.ACCEPTED}


@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000])
def test_a_report_that_cannot_be_read_is_kept_and_not_applied(
    by_aliyun: Office, body: bytes
) -> None:
    with pytest.raises(ReceiptRefusedError) as refused:
        push(by_aliyun, body)
    assert codes(refused) == {"receipt_unreadable"}
    assert kept(by_aliyun) == [("receipt_unreadable", False)]


def test_reports_wait_for_a_provider_that_was_switched_off(
    by_aliyun: Office, cloud: Aliyun
) -> None:
    sent(by_aliyun)
    push(by_aliyun, cloud.report(*cloud.taken))
    silent = by_aliyun.another(sms_carrier="off")
    assert apply(silent)["unchanged"] == 1
    silent.close()
    by_aliyun.at("2021-09-06 09:00:10")
    assert apply(by_aliyun)["done"] == 1
    assert set(states(by_aliyun).values()) == {MessageState.DELIVERED}


def test_tencents_reports_are_told_apart_by_their_serial_numbers(office: Office) -> None:
    with tencent() as cloud, sending_by_tencent(office, cloud) as by_tencent:
        sent(by_tencent)
        failed = (f"+86{CUSTOMER}",)
        answer = push(by_tencent, cloud.report(*cloud.taken, failed=failed), "tencent")
        assert answer == '{"result":0,"errmsg":"OK"}'
        apply(by_tencent)
        found = states(by_tencent)
    assert found.pop(CUSTOMER) is MessageState.FAILED
    assert set(found.values()) == {MessageState.DELIVERED}


def test_wechats_events_are_told_apart_by_id_and_person(office: Office) -> None:
    contact = replace(a_resident().contact, wechat_openid="o-customer-1")
    with weixin() as account:
        publish(office, wechat_source())
        by_wechat = office.another(
            wechat_carrier="wechat",
            wechat_app_id=simulated_weixin.APP_ID,
            wechat_app_secret=simulated_weixin.APP_SECRET,
            wechat_token=simulated_weixin.TOKEN,
            wechat_aes_key=simulated_weixin.AES_KEY,
            wechat_url=account.state.url,
        )
        by_wechat.at(MORNING).submit(a_resident(contact=contact))
        by_wechat.application.sending.dispatch()
        (told,) = account.taken
        stranger = replace(told, to="o-customer-2")
        for event in (simulated_weixin.finished(stranger), simulated_weixin.finished(told)):
            body, query = simulated_weixin.encrypted(event)
            assert push(by_wechat, body, "wechat", **query) == "success"
        assert apply(by_wechat)["done"] == 1
        assert states(by_wechat)["o-customer-1"] is MessageState.DELIVERED
        assert kept(by_wechat) == [("", True), ("", False)]
        assert push(by_wechat, b"", "wechat", **simulated_weixin.signed(echostr="e")) == "e"
        assert len(kept(by_wechat)) == 2
        by_wechat.close()


def test_an_account_has_one_address_for_the_events_of_both_kinds_of_message(office: Office) -> None:
    contact = replace(a_resident().contact, wechat_openid="o-customer-1")
    with weixin() as account:
        publish(office, wechat_source(provider="wechat_subscription"))
        both = office.another(
            wechat_carrier="wechat,wechat_subscription",
            wechat_app_id=simulated_weixin.APP_ID,
            wechat_app_secret=simulated_weixin.APP_SECRET,
            wechat_token=simulated_weixin.TOKEN,
            wechat_url=account.state.url,
        )
        both.at(MORNING).submit(a_resident(contact=contact))
        both.application.sending.dispatch()
        (told,) = account.taken
        event = simulated_weixin.subscription_sent(told)
        assert push(both, event, "wechat", **simulated_weixin.signed()) == "success"
        assert apply(both)["done"] == 1
        assert states(both)["o-customer-1"] is MessageState.DELIVERED
        # The other kind counts its messages by itself.
        push(both, simulated_weixin.finished(told, "failed"), "wechat", **simulated_weixin.signed())
        assert apply(both)["unchanged"] == 1
        both.close()


# --- old reports -------------------------------------------------------------------------------


def forget(office: Office, days: float) -> int:
    """What the sweep removes so many days after the morning."""
    office.at(MORNING).clock.pass_by(days=days)
    (sweep,) = (each for each in office.application.sweeps.all() if each.name == "old_receipts")
    return sweep.run().done


def test_old_reports_are_removed_and_what_followed_from_them_stays(
    by_aliyun: Office, cloud: Aliyun
) -> None:
    sent(by_aliyun)
    push(by_aliyun, simulated_aliyun.reply_of(CUSTOMER, "TD"))
    push(by_aliyun, cloud.report(*cloud.taken))
    with pytest.raises(ReceiptRefusedError):
        push(by_aliyun, b"{")
    apply(by_aliyun)
    by_aliyun.at(MORNING).clock.pass_by(days=100)
    push(by_aliyun, cloud.report(*cloud.taken))
    apply(by_aliyun)
    assert forget(by_aliyun, 180) == 0
    assert forget(by_aliyun, 180.001) == 3
    assert kept(by_aliyun) == [("", False)]
    assert set(states(by_aliyun).values()) == {MessageState.DELIVERED}
    assert suppressed(by_aliyun, CUSTOMER) == {CUSTOMER}
    assert len(by_aliyun.application.receiving.suppressions.replies(actor=CHIEF)) == 1


def test_a_report_that_still_waits_is_not_old(by_aliyun: Office, cloud: Aliyun) -> None:
    sent(by_aliyun)
    for _ in range(2):
        push(by_aliyun, cloud.report(*cloud.taken))
    assert forget(by_aliyun, 200) == 0


def test_a_reply_after_all_reports_were_removed_is_a_new_one(by_aliyun: Office) -> None:
    """Where a provider numbers no replies, they are told apart by the report's number."""
    reply = json.dumps([{"phone_number": CUSTOMER, "content": "未来电", "sequence_id": None}])
    for days in (0, 300):
        forget(by_aliyun, days)
        push(by_aliyun, reply.encode())
        apply(by_aliyun)
    assert len(by_aliyun.application.receiving.suppressions.replies(actor=CHIEF)) == 2


# --- reports that never come -------------------------------------------------------------------


def test_a_provider_that_never_reported_is_asked_after_ten_minutes(
    by_aliyun: Office, cloud: Aliyun
) -> None:
    sent(by_aliyun)
    cloud.report(*cloud.taken, failed=(CUSTOMER,))  # the push was lost
    by_aliyun.clock.pass_by(minutes=10, seconds=-1)
    assert ask(by_aliyun)["done"] == 0
    by_aliyun.clock.pass_by(seconds=1)
    with_day_of(cloud, by_aliyun)
    assert ask(by_aliyun)["done"] == 3
    found = states(by_aliyun)
    assert found.pop(CUSTOMER) is MessageState.FAILED
    assert set(found.values()) == {MessageState.DELIVERED}


def test_what_is_still_on_its_way_is_asked_about_ever_more_rarely(
    by_aliyun: Office, cloud: Aliyun
) -> None:
    sent(by_aliyun)
    with_day_of(cloud, by_aliyun)
    asked = []
    for moment in (
        "2021-09-06 09:10",
        "2021-09-06 09:59",
        "2021-09-06 10:00",
        "2021-09-06 15:00",
        "2021-09-07 09:00",
        "2021-09-09 09:00",
    ):
        before = len(cloud.state.calls)
        ask(by_aliyun.at(moment))
        asked.append(len(cloud.state.calls) - before)
    assert asked == [3, 0, 3, 3, 3, 0]
    assert set(states(by_aliyun).values()) == {MessageState.ACCEPTED}


def test_a_provider_that_cannot_be_asked_stops_nothing(by_aliyun: Office, cloud: Aliyun) -> None:
    sent(by_aliyun)
    cloud.state.will(Fault.HANG_UP)
    by_aliyun.clock.pass_by(minutes=10)
    assert ask(by_aliyun) == {"done": 0, "unchanged": 2, "overtaken": 0, "failed": 1}


def test_who_reports_nothing_is_never_asked(office: Office) -> None:
    office.at(MORNING).submit()
    office.application.sending.dispatch()
    office.clock.pass_by(minutes=10)
    assert ask(office) == {"done": 0, "unchanged": 0, "overtaken": 0, "failed": 0}


def with_day_of(cloud: Aliyun, office: Office) -> None:
    """The simulator's calendar is the real one; the office's is the test's."""
    day = f"{office.clock():%Y%m%d}"
    cloud.taken[:] = [replace(each, day=day) for each in cloud.taken]


# --- replies -----------------------------------------------------------------------------------


def suppressed(office: Office, *phones: str) -> frozenset[str]:
    with office.application.database.reading() as work:
        return work.suppressions.of(phones)


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("TD", True),
        ("t", True),
        (" ｔｄ。", True),
        ("退订", True),
        ("退订吧", False),
        ("未来电", False),
        ("", False),
    ],
)
def test_a_reply_that_says_stop_ends_messages(by_aliyun: Office, text: str, ends: bool) -> None:
    push(by_aliyun, simulated_aliyun.reply_of(CUSTOMER, text))
    apply(by_aliyun)
    assert (suppressed(by_aliyun, CUSTOMER) == {CUSTOMER}) is ends
    entries = by_aliyun.entries("suppressions")
    assert [each.action for each in entries] == (["suppress"] if ends else [])
    assert CUSTOMER not in repr(entries)


def test_a_stop_word_of_nobody_known_ends_nothing_and_says_so(by_aliyun: Office) -> None:
    push(by_aliyun, simulated_aliyun.reply_of("", "TD"))
    apply(by_aliyun)
    (found,) = by_aliyun.application.receiving.suppressions.replies(actor=CHIEF)
    assert (found.text, found.effect) == ("TD", "")
    assert by_aliyun.entries("suppressions") == []


def test_a_reply_that_is_pushed_twice_is_one_reply(by_aliyun: Office) -> None:
    for sequence in (1, 1, 2):
        push(by_aliyun, simulated_aliyun.reply_of(CUSTOMER, "TD", sequence))
    apply(by_aliyun)
    found = by_aliyun.application.receiving.suppressions.replies(actor=CHIEF)
    assert [(each.address, each.text, each.effect) for each in found] == [
        ("130****0301", "TD", "suppressed")
    ] * 2
    assert len(by_aliyun.entries("suppressions")) == 1


def test_somebody_is_taken_off_the_list_with_a_reason(office: Office) -> None:
    service = office.at(MORNING).application.receiving.suppressions
    service.add(f"+86 {CUSTOMER}", reason="来电要求不再收短信", actor=CHIEF)
    assert suppressed(office, CUSTOMER, "13000000302") == {CUSTOMER}
    (listed,) = service.listing(actor=CHIEF)
    assert (listed.address, listed.reason) == ("130****0301", "来电要求不再收短信")
    service.remove(CUSTOMER, reason="客户到营业厅申请恢复", actor=CHIEF)
    assert suppressed(office, CUSTOMER) == frozenset()
    entries = office.entries("suppressions")
    assert [each.action for each in entries] == ["suppress", "lift_suppression"]
    added, lifted = (json.loads(each.details) for each in entries)
    assert added["digest"] == lifted["digest"]
    assert CUSTOMER not in repr(entries)


@pytest.mark.parametrize(
    ("what", "kind", "code"),
    [
        ({"phone": "12345"}, MalformedError, {"not_a_mobile"}),
        ({"reason": " "}, MalformedError, {"reason_missing"}),
        ({"actor": COUNTER}, RefusedError, {"not_permitted"}),
    ],
)
def test_the_list_is_changed_by_those_who_may_and_with_a_reason(
    office: Office, what: dict[str, Any], kind: type[HuodianError], code: set[str]
) -> None:
    service = office.application.receiving.suppressions
    facts: dict[str, Any] = {"phone": CUSTOMER, "reason": "客户要求", "actor": CHIEF}
    facts |= what
    phone = facts.pop("phone")
    for change in (service.add, service.remove):
        with pytest.raises(kind) as refused:
            change(phone, **facts)
        assert codes(refused) == code


def test_what_changes_nothing_is_refused(office: Office) -> None:
    service = office.application.receiving.suppressions
    with pytest.raises(RefusedError) as refused:
        service.remove(CUSTOMER, reason="客户要求", actor=CHIEF)
    assert codes(refused) == {"not_suppressed"}
    service.add(CUSTOMER, reason="客户要求", actor=CHIEF)
    with pytest.raises(RefusedError) as refused:
        service.add(CUSTOMER, reason="客户要求", actor=CHIEF)
    assert codes(refused) == {"already_suppressed"}
