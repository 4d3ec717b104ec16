"""A mobile app's server, as the operations manual asks it to be: signatures, and each id once."""

from __future__ import annotations

import hmac
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from app.clock import system_clock
from tests.simulators.serving import Call, Fault, Reply, State, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

SECRET = "a secret of the app"
FRESH_S = 300


@dataclass
class AppServer:
    """Knows its users by phone number, and the time by `now`."""

    state: State = field(default_factory=State)
    now: Callable[[], datetime] = system_clock
    users: set[str] = field(default_factory=lambda: {"13800138000"})
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, call: Call) -> Reply:
        stamp = call.headers.get("x-huodian-timestamp", "0")
        if not hmac.compare_digest(
            signed(stamp, call.body), call.headers.get("x-huodian-signature", "")
        ):
            return Reply(value="bad signature", status=401)
        if abs(self.now().timestamp() - int(stamp)) > FRESH_S:
            return Reply(value="stale", status=401)
        given = call.json()
        assert given["id"] == call.headers["idempotency-key"]
        if given["to"] not in self.users:
            return Reply(value="no such user", status=404)
        if given["id"] in self.shown:
            return Reply(value="known", status=409)
        self.shown[given["id"]] = given
        return Reply(value={"ok": True})

    def refusal(self, fault: Fault) -> Reply:
        status = {Fault.THROTTLE: 429, Fault.UNAVAILABLE: 503, Fault.BROKEN: 500}[fault]
        return Reply(value="not now", status=status)


def report(*items: dict[str, str]) -> bytes:
    """What the app's server tells of messages."""
    return json.dumps(items).encode()


def signed(stamp: str, body: bytes, secret: str = SECRET) -> str:
    """The signature of either side."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, sha256).hexdigest()


@contextmanager
def app_server() -> Iterator[AppServer]:
    """The server on a free port of this machine."""
    provider = AppServer()
    with serving(provider):
        yield provider
