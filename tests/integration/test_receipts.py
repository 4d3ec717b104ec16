"""Reports of one message each: early, late, repeated, in any order, forged (R-6.4)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import NotFoundError
from notifications.channels.base import ReceiptRefusedError
from notifications.message import Channel, MessageState
from tests.application import codes

if TYPE_CHECKING:
    from notifications.message import Message
    from tests.application import Office
    from tests.held_gateway import HeldGateway


def waiting(office: Office) -> list[Message]:
    """Three messages wait in the outbox."""
    office.at("2021-09-06 09:00").submit()
    return office.messages()


def states(office: Office) -> set[MessageState]:
    return {message.state for message in office.messages()}


def receipt(office: Office, message: Message, status: str, **forged: str) -> None:
    """What a gateway reports of a message, by the address that it was given."""
    channel: Any = office.application.channels[Channel.SMS][0]
    given = {"message_id": message.id, "token": channel.token(message.id), "status": status}
    office.application.receiving.take_signed("http", given | forged)


def apply(office: Office) -> dict[str, int]:
    return office.application.receiving.applying.sweep().counts()


def after(office: Office, message: Message) -> MessageState:
    with office.application.database.reading() as work:
        return work.outbox.get(message.id).state


def receipts_kept(office: Office) -> list[str]:
    """The problem of every receipt that was stored, the oldest first."""
    with office.application.database.reading() as work:
        return [each.problem for each in work.receipts.listing()][::-1]


def test_receipts_late_repeated_and_in_any_order(by_gateway: Office) -> None:
    first, second, third = waiting(by_gateway)
    by_gateway.application.sending.dispatch()
    by_gateway.at("2021-09-08 09:00")
    for status in ("8", "1", "1", "2", "8"):
        receipt(by_gateway, first, status)
    receipt(by_gateway, second, "2")
    assert after(by_gateway, second) is MessageState.ACCEPTED
    assert apply(by_gateway)["done"] == 6
    assert after(by_gateway, second) is MessageState.FAILED
    receipt(by_gateway, second, "1")
    assert apply(by_gateway)["done"] == 1
    found = [after(by_gateway, message) for message in (first, second, third)]
    assert found == [MessageState.DELIVERED, MessageState.DELIVERED, MessageState.ACCEPTED]
    assert receipts_kept(by_gateway) == [""] * 7
    assert apply(by_gateway)["done"] == 0


def test_a_receipt_may_come_before_the_answer(by_gateway: Office, gateway: HeldGateway) -> None:
    first, *_ = waiting(by_gateway)
    gateway.hold()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(by_gateway.application.sending.dispatch)
        gateway.wait_for(1)
        early = next(m for m in by_gateway.messages() if gateway.arrived[m.id])
        receipt(by_gateway, early, "1")
        apply(by_gateway)
        assert after(by_gateway, early) is MessageState.DELIVERED
        gateway.release()
        running.result()
    assert after(by_gateway, early) is MessageState.DELIVERED
    assert states(by_gateway) == {MessageState.DELIVERED, MessageState.ACCEPTED}
    assert set(gateway.arrived.values()) == {1}
    assert first.state is MessageState.PENDING


def test_a_receipt_ends_a_doubt(by_gateway: Office, gateway: HeldGateway) -> None:
    first, *_ = waiting(by_gateway)
    gateway.hangs_up = True
    by_gateway.application.sending.dispatch()
    receipt(by_gateway, first, "1")
    apply(by_gateway)
    assert after(by_gateway, first) is MessageState.DELIVERED


def test_forged_and_odd_receipts_change_nothing(by_gateway: Office) -> None:
    first, *_ = waiting(by_gateway)
    by_gateway.application.sending.dispatch()
    for status, forged, code in (
        ("1", {"token": "0" * 64}, "receipt_not_genuine"),
        ("1", {"token": ""}, "receipt_not_genuine"),
        ("1", {"message_id": "another"}, "receipt_not_genuine"),
        ("77", {}, "receipt_unknown_status"),
    ):
        with pytest.raises(ReceiptRefusedError) as refused:
            receipt(by_gateway, first, status, **forged)
        assert codes(refused) == {code}
    assert apply(by_gateway)["done"] == 0
    assert after(by_gateway, first) is MessageState.ACCEPTED
    # Anybody can call the address: strangers leave no row.
    assert receipts_kept(by_gateway) == ["receipt_unknown_status"]


def test_a_provider_that_is_not_set_up_has_no_address(office: Office) -> None:
    for provider in ("http", "aliyun", "", "file/.."):
        with pytest.raises(NotFoundError):
            office.application.receiving.take_signed(provider, {})
        with pytest.raises(NotFoundError):
            office.application.receiving.take(provider, "0" * 32, {}, b"[]")
    assert receipts_kept(office) == []


def test_a_genuine_receipt_for_a_message_nobody_has_is_kept_for_three_days(
    by_gateway: Office,
) -> None:
    first, *_ = waiting(by_gateway)
    receipt(by_gateway, replace(first, id="00000000-0000-5000-8000-000000000000"), "1")
    assert apply(by_gateway)["unchanged"] == 1
    assert (receipts_kept(by_gateway), states(by_gateway)) == ([""], {MessageState.PENDING})
    by_gateway.at("2021-09-09 08:59:59")
    apply(by_gateway)
    by_gateway.at("2021-09-09 09:59:59")
    apply(by_gateway)
    assert receipts_kept(by_gateway) == ["orphan"]
    assert apply(by_gateway) == {"done": 0, "unchanged": 0, "overtaken": 0, "failed": 0}
