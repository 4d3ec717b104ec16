"""Aliyun SMS as its documentation describes it: signatures, limits, flow control, reports."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from app.clock import system_clock
from engine.calendar import SHANGHAI
from tests.simulators.serving import Call, Fault, Reply, State, serving
from tests.simulators.signatures import acs3_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY_ID, SECRET = "LTAI-test", "a secret of Aliyun"
SIGN_NAME = "示例供电"
TEMPLATES = {
    "SMS_1001": "您的用电申请${ticket_no}进入${stage}，最迟${due}。",
    "SMS_1002": "${place}计划停电，${when}，详询95598。",
}
LONGEST_PARAM = 35


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One message that the service has taken."""

    phone: str
    content: str
    biz_id: str
    out_id: str
    template: str
    day: str


@dataclass
class Aliyun:
    """The service. `per_number` is its flow control, `balance` what is left on the account.

    `keeps_back` is the code with which it refuses questions, if it does.
    """

    state: State = field(default_factory=State)
    per_number: int = 50
    balance: int = 1_000_000
    banned: set[str] = field(default_factory=set)
    keeps_back: str = ""
    taken: list[Taken] = field(default_factory=list)
    reported: dict[str, bool] = field(default_factory=dict)
    _nonces: set[str] = field(default_factory=set)
    _sent: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def answer(self, call: Call) -> Reply:
        problem = acs3_problem(call, {KEY_ID: SECRET})
        if problem:
            return _fault(403 if "Signature" in problem else 404, problem)
        nonce = call.headers["x-acs-signature-nonce"]
        if nonce in self._nonces:
            return _fault(400, "SignatureNonceUsed")
        self._nonces.add(nonce)
        assert call.headers["x-acs-version"] == "2017-05-25"
        action = {
            "SendSms": self._send_sms,
            "SendBatchSms": self._send_batch_sms,
            "QuerySendDetails": self._query,
        }[call.headers["x-acs-action"]]
        return action({**call.query, **call.form})

    def refusal(self, fault: Fault) -> Reply:
        if fault is Fault.THROTTLE:
            return _fault(400, "Throttling.User")
        return _fault(503 if fault is Fault.UNAVAILABLE else 500, "InternalError")

    def report(self, *messages: Taken, failed: tuple[str, ...] = ()) -> bytes:
        """What the service pushes (SmsReport) for messages, in that order."""
        self.reported |= {each.phone: each.phone not in failed for each in messages}
        reports = [
            {
                "phone_number": each.phone,
                "send_time": "2017-01-01 00:00:00",
                "report_time": "2017-01-01 00:00:00",
                "success": each.phone not in failed,
                "err_code": "NOT_ON_SERVICE" if each.phone in failed else "DELIVERED",
                "err_msg": "停机" if each.phone in failed else "用户接收成功",
                "sms_size": "1",
                "biz_id": each.biz_id,
                "out_id": each.out_id,
            }
            for each in messages
        ]
        return json.dumps(reports, ensure_ascii=False).encode()

    def _send_sms(self, given: dict[str, str]) -> Reply:
        phones = given["PhoneNumbers"].split(",")
        params = json.loads(given.get("TemplateParam") or "{}")
        if len(phones) > 1000:
            return _refused("isv.MOBILE_COUNT_OVER_LIMIT")
        return self._take([(phone, given["SignName"], params) for phone in phones], given)

    def _send_batch_sms(self, given: dict[str, str]) -> Reply:
        phones = json.loads(given["PhoneNumberJson"])
        signs = json.loads(given["SignNameJson"])
        params = json.loads(given["TemplateParamJson"])
        if len(phones) > 100:
            return _refused("isv.MOBILE_COUNT_OVER_LIMIT")
        if not len(phones) == len(signs) == len(params):
            return _refused("isv.INVALID_PARAMETERS")
        return self._take(list(zip(phones, signs, params, strict=True)), given)

    def _take(self, wanted: list[tuple[str, str, dict[str, Any]]], given: dict[str, str]) -> Reply:
        code = given["TemplateCode"]
        problems = [self._problem(code, *each) for each in wanted]
        problem = next((each for each in problems if each), "")
        if not problem and self.balance < len(wanted):
            problem = "isv.AMOUNT_NOT_ENOUGH"
        if problem:
            return _refused(problem)
        biz_id = f"{next(self._numbers):018}^0"
        self.balance -= len(wanted)
        for phone, sign, params in wanted:
            self._sent[phone, sign, code] += 1
            text = re.sub(r"\$\{(\w+)\}", lambda found, p=params: p[found[1]], TEMPLATES[code])
            self.taken.append(
                Taken(
                    phone=phone,
                    content=f"【{sign}】{text}",
                    biz_id=biz_id,
                    out_id=given.get("OutId", ""),
                    template=code,
                    day=f"{system_clock().astimezone(SHANGHAI):%Y%m%d}",
                )
            )
        return Reply(value={"Code": "OK", "Message": "OK", "BizId": biz_id, "RequestId": "r"})

    def _problem(self, code: str, phone: str, sign: str, params: dict[str, Any]) -> str:
        text, values = TEMPLATES.get(code, ""), [str(each) for each in params.values()]
        is_bad = {
            "isv.MOBILE_NUMBER_ILLEGAL": not re.fullmatch(r"(\+?86)?1[3-9]\d{9}", phone),
            "isv.SMS_SIGNATURE_ILLEGAL": sign != SIGN_NAME,
            "isv.SMS_TEMPLATE_ILLEGAL": not text or code in self.banned,
            "isv.TEMPLATE_MISSING_PARAMETERS": set(re.findall(r"\$\{(\w+)\}", text)) - set(params),
            "isv.INVALID_JSON_PARAM": "" in values,
            "isv.PARAM_LENGTH_LIMIT": any(len(each) > LONGEST_PARAM for each in values),
            "isv.PARAM_NOT_SUPPORT_URL": any("://" in each for each in values),
            "isv.BUSINESS_LIMIT_CONTROL": self._sent[phone, sign, code] >= self.per_number,
        }
        return next((each for each, bad in is_bad.items() if bad), "")

    def _query(self, given: dict[str, str]) -> Reply:
        if self.keeps_back:
            return _refused(self.keeps_back)
        found = [
            each
            for each in self.taken
            if each.phone == given["PhoneNumber"]
            and each.day == given["SendDate"]
            and given.get("BizId", each.biz_id) == each.biz_id
        ]
        details = [
            {
                "PhoneNum": each.phone,
                "SendStatus": {None: 1, False: 2, True: 3}[self.reported.get(each.phone)],
                "ErrCode": "DELIVERED" if self.reported.get(each.phone) else "",
                "TemplateCode": each.template,
                "Content": each.content,
                "OutId": each.out_id,
            }
            for each in found
        ]
        return Reply(
            value={
                "Code": "OK",
                "Message": "OK",
                "RequestId": "r",
                "TotalCount": len(details),
                "SmsSendDetailDTOs": {"SmsSendDetailDTO": details},
            }
        )


def reply_of(phone: str, text: str, sequence: int = 1) -> bytes:
    """What the service pushes (SmsUp) when somebody writes back."""
    item = {
        "phone_number": phone,
        "send_time": "2017-09-01 11:12:13",
        "content": text,
        "sign_name": SIGN_NAME,
        "dest_code": "1234",
        "sequence_id": sequence,
    }
    return json.dumps([item], ensure_ascii=False).encode()


def _refused(code: str) -> Reply:
    return Reply(value={"Code": code, "Message": "refused", "RequestId": "r"})


def _fault(status: int, code: str) -> Reply:
    return Reply(value={"Code": code, "Message": "fault", "RequestId": "r"}, status=status)


@contextmanager
def aliyun() -> Iterator[Aliyun]:
    """The service on a free port of this machine."""
    provider = Aliyun()
    with serving(provider):
        yield provider
