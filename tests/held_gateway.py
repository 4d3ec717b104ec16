"""An SMS gateway whose answers a test can hold back, to catch a sender between two steps."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 60
"""Seconds for which a test waits for what must happen before it fails."""


@dataclass
class HeldGateway:
    """Counts what arrives by message id, and lets requests wait for their answer.

    `status` and `body` are the answer; `hangs_up` closes the connection instead. `receipts` are the
    addresses at which a report is wanted, by message id.
    """

    url: str = ""
    status: int = 202
    body: str = "0: Accepted for delivery"
    hangs_up: bool = False
    arrived: Counter[str] = field(default_factory=Counter)
    receipts: dict[str, str] = field(default_factory=dict)
    _held_from: float = inf
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def hold(self, after: int = 0) -> None:
        """Answer so many more requests; let all that follow wait for their answer."""
        with self._changed:
            self._held_from = self.arrived.total() + after + 1

    def release(self) -> None:
        """Answer those who wait, and whoever comes."""
        with self._changed:
            self._held_from = inf
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        """Wait until that many requests have arrived."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.arrived.total() >= count, PATIENCE)

    def take(self, message_id: str) -> None:
        """A request has arrived; it may have to wait."""
        with self._changed:
            self.arrived[message_id] += 1
            number = self.arrived.total()
            self._changed.notify_all()
            self._changed.wait_for(lambda: number < self._held_from, PATIENCE)

    def settings(self, *, console: str = "http://127.0.0.1:1", **more: Any) -> dict[str, Any]:
        """How an application sends by this gateway, with a console at that address."""
        return {
            "sms_carrier": "http",
            "sms_url": self.url + "/send?to={{ to | urlencode }}&ref={{ message_id }}"
            "&report={{ receipt_url | urlencode }}",
            "sms_success": "^0:",
            "receipt_url": console + "/receipts/http/{{ message_id }}/{{ token }}?status=1",
            **more,
        }


@contextmanager
def held_gateway() -> Iterator[HeldGateway]:
    """A gateway on a free port of this machine."""
    state = HeldGateway()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            state.receipts[query["ref"][0]] = query["report"][0]
            state.take(query["ref"][0])
            if state.hangs_up:
                self.close_connection = True
                return
            try:
                self.send_response(state.status)
                self.end_headers()
                self.wfile.write(state.body.encode())
            except ConnectionError:
                """Whoever asked was killed meanwhile."""

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A sender that is killed leaves broken connections; that is what is tested."""

    with Server(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield state
        finally:
            state.release()
            server.shutdown()
            thread.join()
