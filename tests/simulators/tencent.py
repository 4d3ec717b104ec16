"""Tencent Cloud SMS as its documentation describes it: signatures, limits, reports."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from app.clock import system_clock
from tests.simulators.serving import Call, Fault, Reply, State, serving
from tests.simulators.signatures import tc3_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY_ID, SECRET, APP_ID = "AKID-test", "a secret of Tencent", "1400006666"
SIGN_NAME = "示例供电"
TEMPLATES = {"2001": "您的用电申请{1}进入{2}，最迟{3}。", "2002": "{1}计划停电，{2}，详询95598。"}


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One message that the service has taken."""

    phone: str
    content: str
    serial: str
    context: str
    at: int


@dataclass
class Tencent:
    """The service. `per_day` is its limit for one number."""

    state: State = field(default_factory=State)
    per_day: int = 10
    balance: int = 1_000_000
    blacklist: set[str] = field(default_factory=set)
    taken: list[Taken] = field(default_factory=list)
    reported: dict[str, bool] = field(default_factory=dict)
    _sent: Counter[str] = field(default_factory=Counter)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def answer(self, call: Call) -> Reply:
        problem = tc3_problem(call, {KEY_ID: SECRET})
        if problem:
            return _fault(problem)
        assert call.headers["x-tc-version"] == "2021-01-11"
        action = {
            "SendSms": self._send,
            "PullSmsSendStatusByPhoneNumber": self._pull,
            "DescribeSmsTemplateList": lambda _: _answer(DescribeTemplateStatusSet=[]),
        }[call.headers["x-tc-action"]]
        return action(call.json())

    def refusal(self, fault: Fault) -> Reply:
        if fault is Fault.THROTTLE:
            return _fault("RequestLimitExceeded")
        if fault is Fault.BROKEN:
            return _fault("InternalError.OtherError")
        return Reply(value="Service Unavailable", status=503, content_type="text/plain")

    def report(self, *messages: Taken, failed: tuple[str, ...] = ()) -> bytes:
        """What the service pushes for messages, in that order."""
        self.reported |= {each.serial: each.phone not in failed for each in messages}
        reports = [
            {
                "user_receive_time": "2015-10-17 08:03:04",
                "nationcode": "86",
                "mobile": each.phone.removeprefix("+86"),
                "report_status": "FAIL" if each.phone in failed else "SUCCESS",
                "errmsg": "MK:0001" if each.phone in failed else "DELIVRD",
                "description": "空号" if each.phone in failed else "用户短信送达成功",
                "sid": each.serial,
            }
            for each in messages
        ]
        return json.dumps(reports, ensure_ascii=False).encode()

    def _send(self, given: dict[str, Any]) -> Reply:
        phones = given["PhoneNumberSet"]
        if len(phones) > 200:
            return _fault("LimitExceeded.PhoneNumberCountLimit")
        if given["SmsSdkAppId"] != APP_ID:
            return _fault("InvalidParameterValue.SdkAppIdNotExist")
        if len(given.get("SessionContext", "").encode()) >= 512:
            return _fault("InvalidParameterValue.ContentLengthLimit")
        return _answer(SendStatusSet=[self._take(phone, given) for phone in phones])

    def _take(self, phone: str, given: dict[str, Any]) -> dict[str, Any]:
        problem = self._problem(phone, given)
        serial = "" if problem else f"5000:{next(self._numbers):024}"
        context = given.get("SessionContext", "")
        if not problem:
            self._sent[phone] += 1
            self.balance -= 1
            params = given["TemplateParamSet"]
            text = re.sub(
                r"\{(\d+)\}",
                lambda found: params[int(found[1]) - 1],
                TEMPLATES[given["TemplateId"]],
            )
            self.taken.append(
                Taken(
                    phone=phone,
                    content=f"【{given['SignName']}】{text}",
                    serial=serial,
                    context=context,
                    at=int(system_clock().timestamp()),
                )
            )
        return {
            "SerialNo": serial,
            "PhoneNumber": phone,
            "Fee": 0 if problem else 1,
            "SessionContext": context,
            "Code": problem or "Ok",
            "Message": "refused" if problem else "send success",
            "IsoCode": "CN",
        }

    def _problem(self, phone: str, given: dict[str, Any]) -> str:
        text = TEMPLATES.get(given["TemplateId"], "")
        wanted, params = set(re.findall(r"\{\d+\}", text)), given["TemplateParamSet"]
        is_bad = {
            "FailedOperation.TemplateIncorrectOrUnapproved": not text,
            "FailedOperation.SignatureIncorrectOrUnapproved": given["SignName"] != SIGN_NAME,
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": len(params) != len(wanted),
            "InvalidParameterValue.IncorrectPhoneNumber": not re.fullmatch(
                r"\+861[3-9]\d{9}", phone
            ),
            "FailedOperation.PhoneNumberInBlacklist": phone in self.blacklist,
            "LimitExceeded.PhoneNumberDailyLimit": self._sent[phone] >= self.per_day,
            "FailedOperation.InsufficientBalanceInSmsPackage": self.balance <= 0,
        }
        return next((each for each, bad in is_bad.items() if bad), "")

    def _pull(self, given: dict[str, Any]) -> Reply:
        found = [
            each
            for each in self.taken
            if each.phone == given["PhoneNumber"]
            and given["BeginTime"] <= each.at <= given["EndTime"]
            and each.serial in self.reported
        ]
        return _answer(
            PullSmsSendStatusSet=[
                {
                    "UserReceiveTime": each.at,
                    "CountryCode": "86",
                    "SubscriberNumber": each.phone.removeprefix("+86"),
                    "PhoneNumber": each.phone,
                    "SerialNo": each.serial,
                    "ReportStatus": "SUCCESS" if self.reported[each.serial] else "FAIL",
                    "Description": "DELIVRD",
                    "SessionContext": each.context,
                }
                for each in found
            ]
        )


def reply_of(phone: str, text: str, at: int = 1457336869) -> bytes:
    """What the service pushes when somebody writes back."""
    item = {
        "extend": "",
        "mobile": phone,
        "nationcode": "86",
        "sign": SIGN_NAME,
        "text": text,
        "time": at,
    }
    return json.dumps(item, ensure_ascii=False).encode()


def _answer(**fields: Any) -> Reply:
    return Reply(value={"Response": {**fields, "RequestId": "r"}})


def _fault(code: str) -> Reply:
    return _answer(Error={"Code": code, "Message": "fault"})


@contextmanager
def tencent() -> Iterator[Tencent]:
    """The service on a free port of this machine."""
    provider = Tencent()
    with serving(provider):
        yield provider
