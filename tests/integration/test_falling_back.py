"""When a text message takes the place of one that would come too late, and who is paced (R-6.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from notifications.channels.base import ErrorClass
from notifications.message import Audience, Channel, MessageState
from tests.applicants import CHIEF
from tests.application import instant
from tests.courier import Courier, dispatcher
from tests.integration.test_sending_ways import by_both, by_wechat, counts, providers
from tests.waiting_messages import AT, MINUTE, NOON, a_message, added, found

if TYPE_CHECKING:
    from tests.application import Office

S = MessageState


def others_by_wechat(*, urgent: bool = False) -> dict[str, object]:
    return {
        "channel": Channel.WECHAT,
        "address": "openid-2",
        "fallback_address": "13000000002",
        "urgent": urgent,
    }


def test_a_used_up_quota_ends_wechat_until_midnight_and_everybody_gets_a_text(
    office: Office,
) -> None:
    first = by_wechat()
    added(office, first)
    wechat, sms = Courier("wechat", error=ErrorClass.QUOTA), Courier("sms")
    by = by_both(office, wechat, sms)
    by.round(NOON)
    assert found(office, first).state is S.FAILED
    assert providers(office)["wechat"] == (100, False)
    added(office, a_message(2, **others_by_wechat()))
    by.round(AT + MINUTE)
    by.round(AT + 2 * MINUTE)
    assert counts(wechat, sms) == (1, 2)  # the second one was not even tried
    office.at("2021-09-06 23:59:59")
    assert not providers(office)["wechat"][1]
    wechat.error = None
    last = a_message(3, **others_by_wechat(urgent=True))
    added(office, last)
    by.round(instant("2021-09-07 00:00"))
    assert found(office, last).state is S.ACCEPTED


@pytest.mark.parametrize(("urgent", "texts"), [(True, 1), (False, 0)])
def test_who_has_had_too_much_by_wechat_gets_what_is_urgent_by_text_at_once(
    office: Office, urgent: bool, texts: int
) -> None:
    message = by_wechat(urgent=urgent)
    added(office, message)
    wechat, sms = Courier("wechat", error=ErrorClass.FREQUENCY), Courier("sms")
    by = by_both(office, wechat, sms)
    by.round(NOON)
    by.round(AT + MINUTE / 2)
    assert counts(wechat, sms) == (1, texts)
    assert found(office, message).state is (S.FAILED if urgent else S.PENDING)
    assert providers(office)["wechat"] == (100, True)


@pytest.mark.parametrize(("urgent", "texts"), [(True, 1), (False, 0)])
def test_what_is_urgent_does_not_wait_for_an_account_that_is_refused(
    office: Office, urgent: bool, texts: int
) -> None:
    added(office, by_wechat(urgent=urgent))
    wechat, sms = Courier("wechat", error=ErrorClass.AUTH), Courier("sms")
    by = by_both(office, wechat, sms)
    for minutes in range(4):
        by.round(AT + minutes * MINUTE)
    assert counts(wechat, sms) == (1, texts)


def test_while_an_operator_has_paused_wechat_its_messages_wait(office: Office) -> None:
    message = by_wechat(urgent=True)
    wechat, sms = Courier("wechat"), Courier("sms")
    by = by_both(office, wechat, sms)
    office.at(NOON)
    by.transport.queue.pause("wechat", "核对模板", actor=CHIEF)
    added(office, message)
    for minutes in range(10):
        by.round(AT + minutes * MINUTE)
    assert counts(wechat, sms) == (0, 0)
    assert found(office, message).state is S.PENDING


def test_a_member_of_staff_gets_by_wecom_what_wecom_delivers(office: Office) -> None:
    """Thirty a minute; what is beyond them would be dropped in silence."""
    staff = {"channel": Channel.WECOM, "audience": Audience.STAFF}
    added(
        office,
        *(a_message(n, **staff, address="wang", template_key="limit_due") for n in range(20)),
        *(a_message(n, **staff, address="wang") for n in range(20, 70)),
        *(a_message(n, **staff, address=f"li-{n}") for n in range(70, 80)),
    )
    courier = Courier("wecom")
    by = dispatcher(office, {Channel.WECOM: (courier,)})
    seen = []
    for seconds in range(0, 300, 30):
        by.round(AT + seconds * MINUTE / 60)
        seen.append(courier.arrived.total())
    assert seen == [40, 40, 40, 70, 70, 70, 80, 80, 80, 80]
    assert set(courier.arrived.values()) == {1}
