"""What every simulated provider shares: a real HTTP server, and a script of what goes wrong.

A simulator answers each call as the provider would; the next fault of its script, if any, is what
happens instead. What it has taken stays in `taken`, so a test can count what would have reached
handsets.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 30


class Fault(StrEnum):
    """What goes wrong with one call."""

    THROTTLE = "throttle"
    """The provider takes no more for now."""
    UNAVAILABLE = "unavailable"
    """503, before anything is looked at."""
    BROKEN = "broken"
    """500 with an error that says nothing; nothing was taken."""
    GARBLED = "garbled"
    """200 with a body that nobody understands; the message was taken."""
    HANG = "hang"
    """The message is taken, and the answer never comes."""
    HANG_UP = "hang_up"
    """The message is taken, and the connection ends without an answer."""
    SLOW = "slow"
    """The answer comes late."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def raw_query(self) -> str:
        return urlsplit(self.target).query

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a simulator answers."""

    value: Any
    status: int = 200
    content_type: str = "application/json"

    def content(self) -> bytes:
        if isinstance(self.value, bytes):
            return self.value
        if isinstance(self.value, str):
            return self.value.encode()
        return json.dumps(self.value, ensure_ascii=False).encode()


class Provider(Protocol):
    """What stands behind the server."""

    state: State

    def answer(self, call: Call) -> Reply:
        """The provider's answer, when nothing goes wrong."""

    def refusal(self, fault: Fault) -> Reply:
        """How this provider says that it is busy, away or broken."""


@dataclass
class State:
    """What all simulators know of themselves."""

    url: str = ""
    script: deque[Fault] = field(default_factory=deque)
    calls: list[Call] = field(default_factory=list)
    slow_s: float = 0.2
    """How late a slow answer is; `always_slow` makes every answer so late."""
    always_slow: bool = False
    at_once: int = 0
    most_at_once: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        """Name and port, as SDKs want them."""
        return self.url.removeprefix("http://")

    def will(self, *faults: Fault) -> None:
        """What happens to the next calls."""
        self.script.extend(faults)

    def begin(self, call: Call) -> Fault | None:
        """A call has come; what is to go wrong with it."""
        with self.changed:
            self.calls.append(call)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.changed.notify_all()
            return self.script.popleft() if self.script else None

    def end(self) -> None:
        """A call has been dealt with."""
        with self.changed:
            self.at_once -= 1

    def wait(self, fault: Fault | None) -> None:
        """Hold an answer back, unless the test is over."""
        if fault is Fault.HANG:
            self.released.wait(PATIENCE_S)
        elif fault is Fault.SLOW or self.always_slow:
            self.released.wait(self.slow_s)

    def wait_for(self, count: int) -> None:
        """Wait until so many calls have come."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.calls) >= count, PATIENCE_S)


class Server(ThreadingHTTPServer):
    """Serves one provider."""

    request_queue_size = 256
    daemon_threads = True

    def __init__(self, provider: Provider) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.provider = provider

    def handle_error(self, *_: Any) -> None:
        """Callers that give up leave broken connections."""


class Handler(BaseHTTPRequestHandler):
    """Lets the provider answer, unless its script says otherwise."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.take()

    def do_POST(self) -> None:
        self.take()

    def take(self) -> None:
        state = self.server.provider.state
        call = Call(
            method=self.command,
            target=self.path,
            headers={key.lower(): value for key, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
        )
        fault = state.begin(call)
        try:
            self.reply(call, fault)
        except ConnectionError:
            """Whoever asked has gone."""
        finally:
            state.end()

    def reply(self, call: Call, fault: Fault | None) -> None:
        provider = self.server.provider
        if fault in {Fault.THROTTLE, Fault.UNAVAILABLE, Fault.BROKEN}:
            self.send(provider.refusal(fault))
            return
        with provider.state.changed:
            answer = provider.answer(call)
        provider.state.wait(fault)
        if fault in {Fault.HANG, Fault.HANG_UP}:
            self.close_connection = True
            return
        self.send(Reply(value="<html>ok</html>") if fault is Fault.GARBLED else answer)

    def send(self, reply: Reply) -> None:
        content = reply.content()
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@contextmanager
def serving(provider: Provider) -> Iterator[None]:
    """Serve a provider on a free port of this machine."""
    with Server(provider) as server:
        provider.state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield
        finally:
            provider.state.released.set()
            server.shutdown()
            thread.join()
