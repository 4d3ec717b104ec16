"""`make cluster-demo`: a cluster on this machine, one daemon of which is killed in its work.

PostgreSQL, a console, two daemons, and a gateway that keeps its answers back until the daemon is
dead, so that it dies with messages of which it does not know what became of them. In the end every
message must have been delivered, and none twice. What is shown is counted at the gateway and read
from the database; the exit code is 1 if it is not so.
"""

# ruff: noqa: T201  (it is there to be watched)

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from app.bootstrap import build
from app.cli.queue import status_text
from app.clock import system_clock
from app.first_start import prepare
from app.settings import Settings
from engine.ticket import SYSTEM
from notifications.message import MessageState
from tests.applicants import a_resident
from tests.application import Office, OfficeClock
from tests.daemon_process import HUODIAN, environment_of, not_quiet_now
from tests.databases import find_binaries, running_cluster
from tests.furnished import furnish
from tests.held_gateway import held_gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.held_gateway import HeldGateway

TICKETS = 40
PATIENCE_S = 120
SENDING, DELIVERED = MessageState.SENDING, MessageState.DELIVERED
SETTINGS = {
    "sweep_seconds": 1,
    "dispatch_seconds": 1,
    "node_grace_seconds": 5,
    "in_doubt_minutes": 0.2,
    "claim_limit": 5,
    "jobs_at_once": 2,
    "sms_concurrency": 100,
    "sms_timeout_seconds": 60,
    "phone_cap": 1000,
}
"""Small chunks, so that much is still waiting when the daemon dies; short waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """The cluster, and an office whose messages it sends."""

    office: Office
    gateway: HeldGateway
    variables: dict[str, str]

    @contextmanager
    def process(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """A `huodian` that is dead in the end."""
        log = self.office.application.settings.var_dir / f"{arguments[-1]}.log"
        with log.open("wb") as output:
            process = subprocess.Popen([HUODIAN, *arguments], env=self.variables, stderr=output)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE_S)

    def states(self) -> Counter[MessageState]:
        """How many messages are in each state."""
        return Counter(each.state for each in self.office.messages())

    def in_flight_of(self, name: str) -> set[str]:
        """The messages that a daemon has claimed and not settled."""
        return {
            each.id
            for each in self.office.messages()
            if each.state is SENDING and each.claimed_by.startswith(f"{name}:")
        }

    def living(self) -> set[str]:
        """The daemons whose lock is held."""
        status = self.office.application.transport.watch.status(actor=SYSTEM)
        return {each.name for each in status.nodes if each.alive}

    def is_at_a_standstill(self) -> bool:
        """Whether both daemons wait for answers to everything they have claimed."""
        claimed = self.states()[SENDING]
        both = self.in_flight_of("one") and self.in_flight_of("two")
        return bool(both) and claimed == len(self.gateway.arrived)

    def report(self) -> None:
        """The gateway tells the console of every message that it has taken."""
        for address in list(self.gateway.receipts.values()):
            with urlopen(address) as answer:  # noqa: S310  (our own console)
                answer.read()


def main() -> int:
    """Show it; returns the exit code."""
    binaries = find_binaries()
    if binaries is None:
        print("PostgreSQL is missing. On Debian: apt-get install postgresql", file=sys.stderr)
        return 1
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="huodian-cluster-")))
        url = stack.enter_context(running_cluster(binaries, synchronous_commit="on")).empty()
        gateway = stack.enter_context(held_gateway())
        port = _free_port()
        settings = {
            "database_url": url,
            "var_dir": folder,
            "port": port,
            **SETTINGS,
            **not_quiet_now(),
            **gateway.settings(console=f"http://127.0.0.1:{port}"),
        }
        office = _office(stack, settings)
        demo = Demo(office=office, gateway=gateway, variables=environment_of(**settings))
        return _play(demo, stack, f"http://127.0.0.1:{port}")


def _play(demo: Demo, stack: ExitStack, console: str) -> int:
    _say("starting a console and the daemons one and two on a PostgreSQL of our own")
    stack.enter_context(demo.process("serve", "--no-daemon"))
    one = stack.enter_context(demo.process("daemon", "--node", "one"))
    stack.enter_context(demo.process("daemon", "--node", "two"))
    _wait_for("the console", lambda: _answers(console + "/readyz"))
    _wait_for("both daemons", lambda: demo.living() == {"one", "two"})

    demo.gateway.hold()
    for number in range(TICKETS):
        demo.office.submit(a_resident(address=f"{number + 1}号"))
    messages = len(demo.office.messages())
    _say(f"{TICKETS} applications were taken in: {messages} messages wait")
    _wait_for("both daemons to be in the middle of their work", demo.is_at_a_standstill)

    lost = demo.in_flight_of("one")
    one.kill()
    one.wait()
    _say(f"daemon one was killed with {len(lost)} messages handed over and no answer seen")
    demo.gateway.release()

    def all_reported() -> bool:
        demo.report()
        return set(demo.states()) == {DELIVERED}

    _wait_for("every message to be delivered", all_reported)
    _wait_for("daemon one to be taken for dead", lambda: demo.living() == {"two"})
    return _prove(demo, messages, lost)


def _prove(demo: Demo, messages: int, lost: set[str]) -> int:
    found = demo.office.messages()
    arrivals = demo.gateway.arrived
    by = Counter(each.claimed_by.partition(":")[0] for each in found)
    status = demo.office.application.transport.watch.status(actor=SYSTEM)
    print()
    print(status_text(status))
    print()
    print(f"messages                             {messages}")
    print(f"  sent by daemon one / two           {by['one']} / {by['two']}")
    print(f"  of those one died with, delivered  {len(lost & set(arrivals))} of {len(lost)}")
    print(f"taken by the gateway                 {len(arrivals)}")
    print(f"taken more than once                 {sum(n > 1 for n in arrivals.values())}")
    states = ", ".join(f"{count} {state}" for state, count in demo.states().items())
    print(f"states                               {states}")
    once = set(arrivals.values()) == {1} and set(arrivals) == {each.id for each in found}
    if once and demo.states() == {DELIVERED: messages}:
        print("Every message was delivered, and none twice.")
        return 0
    print("NOT every message was delivered once.")
    return 1


def _office(stack: ExitStack, settings: dict[str, Any]) -> Office:
    """The office at the counter, by the real clock; its daemons run elsewhere."""
    clock = OfficeClock()
    clock.set(system_clock())
    chosen = {name: value for name, value in settings.items() if name != "sample"}
    application = build(Settings(**chosen, sample=False), clock=clock)
    stack.callback(application.close)
    prepare(application)
    furnish(application)
    return Office(application=application, clock=clock)


def _wait_for(what: str, happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        if time.monotonic() > deadline:
            msg = f"waited in vain for {what}"
            raise SystemExit(msg)
        time.sleep(0.3)


def _answers(address: str) -> bool:
    try:
        with urlopen(address) as answer:  # noqa: S310  (our own console)
            return answer.status == 200
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _say(what: str) -> None:
    print(f"• {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
