"""A message ready to be sent, and a real HTTP server that answers as a test tells it to."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from notifications.message import Audience, Channel, Message, MessageKind, MessageState

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2021, 9, 6, 2, 0, tzinfo=UTC)


def message(number: int = 1, **more: Any) -> Message:
    facts: dict[str, Any] = {
        "id": f"00000000-0000-5000-8000-{number:012}",
        "dedupe_key": f"T{number}",
        "kind": MessageKind.NOTICE,
        "template_key": "next_stage",
        "template_version": 1,
        "text": "工单已受理，监管热线12398。",
        "channel": Channel.SMS,
        "audience": Audience.CUSTOMER,
        "recipient": "和顺食品厂",
        "address": "13800138000",
        "created_at": AT,
        "not_before": AT,
        "state": MessageState.SENDING,
    }
    return Message(**{**facts, **more})


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Gateway:
    """Answers every request with `status` and `body`; `hangs_up` closes without an answer.

    `takes_s` is how long it takes to answer.
    """

    url: str = ""
    status: int = 202
    body: str = "0: Accepted for delivery"
    hangs_up: bool = False
    takes_s: float = 0
    requests: list[Request] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, seconds: float = 30) -> list[Request]:
        """The requests, once there are that many."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.requests) >= count, seconds), (
                f"{len(self.requests)} of {count} requests came"
            )
            return list(self.requests)


@contextmanager
def gateway() -> Iterator[Gateway]:
    """A gateway on a free port of this machine."""
    state = Gateway()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.take()

        def do_POST(self) -> None:
            self.take()

        def take(self) -> None:
            parts = urlsplit(self.path)
            request = Request(
                method=self.command,
                path=parts.path,
                query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers={key.lower(): value for key, value in self.headers.items()},
                body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
            )
            with state.arrived:
                state.requests.append(request)
                state.arrived.notify_all()
            if state.hangs_up:
                self.close_connection = True
                return
            time.sleep(state.takes_s)
            body = state.body.encode()
            self.send_response(state.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
