"""A real SMS gateway for a test: Kannel's bearerbox and smsbox, and its fake message centre.

All three run as children in a temporary folder on free ports of this machine, and end with the
test. Numbers that begin with 199 cannot be routed.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PROGRAMS = {
    "bearerbox": "/usr/sbin/bearerbox",
    "smsbox": "/usr/sbin/smsbox",
    "fakesmsc": "/usr/lib/kannel/test/fakesmsc",
}
READY_WITHIN_S = 30
USERNAME, PASSWORD = "tester", "foobar"

# Groups must be separated by a blank line; without the last two lines of smsbox a receipt is lost
# when its receiver is down for a moment.
CONFIGURATION = """\
group = core
admin-port = {admin}
admin-password = adminpw
status-password = statuspw
admin-interface = "127.0.0.1"
smsbox-port = {smsbox}
smsbox-interface = "127.0.0.1"
box-allow-ip = "127.0.0.1"
store-type = file
store-location = "{folder}/store"
dlr-storage = internal

group = smsc
smsc = fake
smsc-id = fake1
port = {centre}
denied-prefix = "199"
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {smsbox}
sendsms-port = {sendsms}
sendsms-interface = "127.0.0.1"
global-sender = 95598
http-request-retry = 5
http-queue-delay = 1

group = sendsms-user
username = {username}
password = {password}
max-messages = 10
concatenation = true
user-allow-ip = "127.0.0.1"
forced-smsc = fake1

group = sms-service
keyword = default
{answer}
max-messages = 0
"""


@dataclass
class Kannel:
    """A running gateway. Its message centre is down until `centre_up`."""

    folder: Path
    ports: dict[str, int]
    children: ExitStack
    logs: dict[str, Path] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where messages are handed over."""
        return f"http://127.0.0.1:{self.ports['sendsms']}"

    def start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one of the programs; it ends with the test."""
        self.logs[program] = self.folder / f"{program}.log"
        with self.logs[program].open("wb") as log:
            child = subprocess.Popen(
                [PROGRAMS[program], *arguments],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.children.callback(end, child)
        return child

    def centre_up(self, *, reply: str = "") -> None:
        """Connect the fake message centre; somebody may write back once, `number text`."""
        sender, _, text = reply.partition(" ")
        how_many, uplink = ("1", f"{sender} 95598 text {text}") if reply else ("0", "1 2 text x")
        arguments = ("-r", str(self.ports["centre"]), "-i", "0.1", "-m", how_many, uplink)
        self.start("fakesmsc", "-H", "127.0.0.1", *arguments)
        self.wait_until(lambda: "fake1" in self.status() and "online" in self.centre_status())

    def centre_received(self) -> str:
        """What the fake message centre has printed."""
        return self.logs["fakesmsc"].read_text(encoding="utf-8", errors="replace")

    def status(self) -> str:
        """The gateway's own status page, or nothing while it starts."""
        url = f"http://127.0.0.1:{self.ports['admin']}/status.txt?password=statuspw"
        try:
            return httpx.get(url, trust_env=False).text
        except httpx.TransportError:
            return ""

    def centre_status(self) -> str:
        """The line of the status page about the message centre."""
        return next((line for line in self.status().splitlines() if "fake1" in line), "")

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait for a condition.

        Raises:
            AssertionError: it did not come about; with the programs' logs.
        """
        deadline = time.monotonic() + READY_WITHIN_S
        while not holds():
            if time.monotonic() > deadline:
                logs = [path.read_text(errors="replace")[-2000:] for path in self.logs.values()]
                raise AssertionError("\n\n".join(["the gateway did not get ready", *logs]))
            time.sleep(0.05)


@contextmanager
def kannel(folder: Path, replies_to: str = "") -> Iterator[Kannel]:
    """A gateway that takes messages; skips where Kannel is not installed, but not with CI=true.

    `replies_to` is called with what people write back.
    """
    missing = [path for path in PROGRAMS.values() if shutil.which(path) is None]
    if missing:
        reason = (
            f"Kannel is not installed: {', '.join(missing)} (apt-get install kannel kannel-extras)"
        )
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    ports = dict(zip(("admin", "smsbox", "centre", "sendsms"), free_ports(4), strict=True))
    configuration = folder / "kannel.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder,
            username=USERNAME,
            password=PASSWORD,
            answer=f'get-url = "{replies_to}?from=%p&text=%b&id=%I"'
            if replies_to
            else 'text = "ok"',
            **ports,
        ),
        encoding="utf-8",
    )
    with ExitStack() as children:
        running = Kannel(folder=folder, ports=ports, children=children)
        running.start("bearerbox", "-v", "1", str(configuration))
        running.wait_until(lambda: bool(running.status()))
        running.start("smsbox", "-v", "1", str(configuration))
        running.wait_until(lambda: "smsbox:" in running.status() and listens(ports["sendsms"]))
        yield running


def end(child: subprocess.Popen[bytes]) -> None:
    """End a child, by force if it does not go."""
    child.terminate()
    try:
        child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def listens(port: int) -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
