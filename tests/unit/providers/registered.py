"""Registrations and messages for tests of cloud providers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from notifications.field_limits import FieldKind
from notifications.message import Channel
from notifications.registrations import Overflow, Registered, RegisteredField, Registration
from tests.simulators import aliyun as simulated_aliyun
from tests.simulators import tencent as simulated_tencent
from tests.unit.notifications.sms import message

if TYPE_CHECKING:
    from notifications.message import Message
    from notifications.registrations import RegistrationBook


class Book:
    """A book that says what a test wrote into it."""

    def __init__(self, *registrations: Registration) -> None:
        self._registered = Registered(registrations)

    def current(self) -> Registered:
        return self._registered


def sms_field(name: str, value: str, longest: int = 35, **more: Any) -> RegisteredField:
    facts: dict[str, Any] = {"kind": FieldKind.TEXT, "longest": longest, **more}
    return RegisteredField(name=name, value=value, **facts)


NEXT_STAGE_FIELDS = (
    sms_field("ticket_no", "{{ ticket_no }}"),
    sms_field("stage", "{{ stage }}", longest=10, overflow=Overflow.CUT),
    sms_field("due", "{{ due or '另行通知' }}"),
)
OUTAGE_FIELDS = (sms_field("place", "{{ place }}"), sms_field("when", "{{ when }}"))


def book(provider: str) -> RegistrationBook:
    """What is registered with one of the two clouds."""
    codes = {"aliyun": ("SMS_1001", "SMS_1002"), "tencent": ("2001", "2002")}[provider]
    texts = {"aliyun": simulated_aliyun.TEMPLATES, "tencent": simulated_tencent.TEMPLATES}
    return Book(
        *(
            Registration(
                provider=provider,
                template_key=key,
                template_version=1,
                version=1,
                code=code,
                fields=fields,
                sign_name="示例供电",
                text=texts[provider][code],
            )
            for key, code, fields in (
                ("next_stage", codes[0], NEXT_STAGE_FIELDS),
                ("planned_outage", codes[1], OUTAGE_FIELDS),
            )
        )
    )


def personal(number: int, **more: Any) -> Message:
    """A message that is like no other."""
    params = {
        "ticket_no": f"TC-20210906-{number:04}",
        "stage": "供电方案答复",
        "due": "2021-09-10 前",
    }
    facts = {"address": f"138{number:08}", "params": params, "provider_id": ""}
    return message(number, **{**facts, **more})


def outage(number: int, **more: Any) -> Message:
    """A message that says the same to everybody."""
    params = {"place": "城线和畅台区", "when": "9月20日8时至12时"}
    facts = {"address": f"139{number:08}", "template_key": "planned_outage", "params": params}
    return message(number, **{**facts, **more})


def wechat(told: Message, openid: str) -> Message:
    """The same message by WeChat."""
    return replace(told, channel=Channel.WECHAT, address=openid)
