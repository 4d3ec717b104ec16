"""The official account and the work account of WeChat: tokens that end, limits, events.

Written from the public descriptions; the events are built and signed as WeChat's servers do.
"""

from __future__ import annotations

import base64
import os
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.simulators.serving import Call, Fault, Reply, State, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

APP_ID, APP_SECRET, TOKEN = "wx0000000000000001", "a secret of WeChat", "callback-token"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
CORP_ID, CORP_SECRET, AGENT_ID = "ww0000000000000001", "a secret of WeCom", 1000002
ROBOT_KEY = "0f1e2d3c-robot"
TEMPLATES = {"tpl-next-stage": {"character_string1", "thing2", "thing3"}}
FORMS = {
    "thing": r".{1,20}",
    "number": r"[-+]?\d{1,32}(\.\d+)?",
    "character_string": r"[ -~]{1,32}",
    "phrase": r"[一-鿿]{1,5}",
}


@dataclass
class Tokens:
    """Lends tokens; `end` makes the one in use worthless, as when its time is over."""

    lent: list[str] = field(default_factory=list)
    _valid: set[str] = field(default_factory=set)

    def lend(self) -> str:
        """The stable token: the same again as long as it works."""
        if not self._valid:
            self.lent.append(f"token-{len(self.lent) + 1}-{'x' * 480}")
            self._valid = {self.lent[-1]}
        return self.lent[-1]

    def end(self) -> None:
        self._valid = set()

    def problem(self, call: Call) -> int:
        given = call.query.get("access_token", "")
        if given in self._valid:
            return 0
        return 42001 if given in self.lent else 40001


@dataclass(frozen=True, kw_only=True)
class Told:
    """One message that was taken."""

    to: str
    text: str
    message_id: str
    client_id: str = ""


@dataclass
class Weixin:
    """Both accounts behind one address.

    `strangers` do not follow the account, `refusing` have refused the template, `members` work for
    the company.
    """

    state: State = field(default_factory=State)
    official: Tokens = field(default_factory=Tokens)
    work: Tokens = field(default_factory=Tokens)
    strangers: set[str] = field(default_factory=set)
    refusing: set[str] = field(default_factory=set)
    banned: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=lambda: {"wang", "li"})
    robot_per_minute: int = 20
    says: dict[str, Any] = field(default_factory=dict)
    taken: list[Told] = field(default_factory=list)
    _seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    _robot_calls: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: count(200_001))

    def answer(self, call: Call) -> Reply:
        doors: dict[str, Callable[[Call], dict[str, Any]]] = {
            "/cgi-bin/stable_token": self._stable_token,
            "/cgi-bin/gettoken": self._get_token,
            "/cgi-bin/message/template/send": self._template,
            "/cgi-bin/message/subscribe/bizsend": self._subscription,
            "/cgi-bin/message/send": self._to_member,
            "/cgi-bin/webhook/send": self._robot,
        }
        return Reply(value=self.says or doors[call.path](call))

    def refusal(self, fault: Fault) -> Reply:
        if fault is Fault.THROTTLE:
            return Reply(value={"errcode": 45009, "errmsg": "reach max api daily quota limit"})
        return Reply(value="oops", status=503 if fault is Fault.UNAVAILABLE else 500)

    def pass_a_minute(self) -> None:
        self._robot_calls = 0

    def _stable_token(self, call: Call) -> dict[str, Any]:
        given = call.json()
        assert given["grant_type"] == "client_credential"
        assert given["force_refresh"] is False
        if given["appid"] != APP_ID:
            return _error(40013)
        if given["secret"] != APP_SECRET:
            return _error(40125)
        return {"access_token": self.official.lend(), "expires_in": 7200}

    def _get_token(self, call: Call) -> dict[str, Any]:
        given = call.query
        if (given["corpid"], given["corpsecret"]) != (CORP_ID, CORP_SECRET):
            return _error(40001)
        return {"errcode": 0, "access_token": self.work.lend(), "expires_in": 7200}

    def _template(self, call: Call) -> dict[str, Any]:
        given = call.json()
        problem = self.official.problem(call) or self._refuses(given)
        if problem:
            return _error(problem)
        # Too long a field of a template message is cut, not refused.
        texts = [each["value"][:20] for each in given["data"].values()]
        client_id = given.get("client_msg_id", "")
        return self._taken(given["touser"], " ".join(texts), client_id)

    def _subscription(self, call: Call) -> dict[str, Any]:
        given = call.json()
        problem = self.official.problem(call) or self._refuses(given)
        for name, each in given["data"].items():
            form = FORMS.get(re.sub(r"\d+$", "", name), ".+")
            if not problem and not re.fullmatch(form, each["value"]):
                problem = 47003
        if problem:
            return _error(problem)
        return self._taken(given["touser"], str(given["data"]), "")

    def _refuses(self, given: dict[str, Any]) -> int:
        code, openid = given["template_id"], given["touser"]
        is_bad = {
            40003: not openid.startswith("o"),
            40037: code not in TEMPLATES,
            43116: code in self.banned,
            43004: openid in self.strangers,
            43101: openid in self.refusing,
            47003: set(given["data"]) != TEMPLATES.get(code),
        }
        return next((each for each, bad in is_bad.items() if bad), 0)

    def _taken(self, to: str, text: str, client_id: str) -> dict[str, Any]:
        if client_id and self._seen[to, client_id]:
            return _error(40241)
        self._seen[to, client_id] += 1
        number = next(self._numbers)
        told = Told(to=to, text=text, message_id=str(number), client_id=client_id)
        self.taken.append(told)
        return {"errcode": 0, "errmsg": "ok", "msgid": number}

    def _to_member(self, call: Call) -> dict[str, Any]:
        given, problem = call.json(), self.work.problem(call)
        if problem:
            return _error(problem)
        assert given["agentid"] == AGENT_ID
        text = given["text"]["content"]
        if len(text.encode()) > 2048:
            return _error(45002)
        if given["touser"] not in self.members:
            return _error(81013)
        repeated = given["enable_duplicate_check"] and self._seen[given["touser"], text]
        if not repeated:
            self._taken(given["touser"], text, text)
        return {"errcode": 0, "errmsg": "ok", "invaliduser": "", "msgid": "MSG-1"}

    def _robot(self, call: Call) -> dict[str, Any]:
        if call.query["key"] != ROBOT_KEY:
            return _error(93000)
        self._robot_calls += 1
        if self._robot_calls > self.robot_per_minute:
            return _error(45009)
        text = call.json()["text"]["content"]
        if len(text.encode()) > 2048:
            return _error(45002)
        self._taken("robot", text, "")
        return {"errcode": 0, "errmsg": "ok"}


# --- what WeChat's servers send us ----------------------------------------------------------------


def finished(told: Told, status: str = "success") -> bytes:
    """The event that a template message has been dealt with."""
    return _event(
        FromUserName=told.to,
        MsgType="event",
        Event="TEMPLATESENDJOBFINISH",
        MsgID=told.message_id,
        Status=status,
    )


def subscription_sent(told: Told, error: str = "0", status: str = "success") -> bytes:
    """The event that a subscription message has been dealt with."""
    inner = (
        "<SubscribeMsgSentEvent><List><TemplateId>tpl</TemplateId>"
        f"<MsgID>{told.message_id}</MsgID><ErrorCode>{error}</ErrorCode>"
        f"<ErrorStatus>{status}</ErrorStatus></List></SubscribeMsgSentEvent>"
    )
    event = _event(FromUserName=told.to, MsgType="event", Event="subscribe_msg_sent_event")
    return event.replace(b"</xml>", f"{inner}</xml>".encode())


def consent_changed(openid: str) -> bytes:
    """Somebody has refused a subscription template."""
    return _event(FromUserName=openid, MsgType="event", Event="subscribe_msg_change_event")


def written(openid: str, text: str, number: int = 1) -> bytes:
    """Somebody writes to the account."""
    return _event(FromUserName=openid, MsgType="text", Content=text, MsgId=str(number))


def signed(token: str = TOKEN, **more: str) -> dict[str, str]:
    """The parameters with which WeChat signs a call."""
    query = {"timestamp": "1630900000", "nonce": "1320562132"}
    return {**query, "signature": _sha1(token, *query.values()), "openid": "o-1", **more}


def encrypted(
    event: bytes, *, key: str = AES_KEY, app_id: str = APP_ID, token: str = TOKEN
) -> tuple[bytes, dict[str, str]]:
    """An event in safe mode: the body, and the parameters of the address."""
    secret = base64.b64decode(key + "=")
    plain = os.urandom(16) + len(event).to_bytes(4, "big") + event + app_id.encode()
    padding = 32 - len(plain) % 32
    cipher = Cipher(algorithms.AES(secret), modes.CBC(secret[:16])).encryptor()
    secret_text = cipher.update(plain + bytes([padding]) * padding) + cipher.finalize()
    text = base64.b64encode(secret_text).decode()
    query = signed(token, encrypt_type="aes")
    query["msg_signature"] = _sha1(token, query["timestamp"], query["nonce"], text)
    return _event(Encrypt=text), query


def address(query: dict[str, str]) -> str:
    """The parameters as they stand in an address."""
    return urlencode(query)


def _event(**fields: str) -> bytes:
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return f"<xml><ToUserName><![CDATA[gh_1]]></ToUserName>{inner}</xml>".encode()


def _sha1(*parts: str) -> str:
    return sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324  (theirs)


def _error(code: int) -> dict[str, Any]:
    return {"errcode": code, "errmsg": "refused"}


@contextmanager
def weixin() -> Iterator[Weixin]:
    """Both accounts on a free port of this machine."""
    provider = Weixin()
    with serving(provider):
        yield provider
