"""Real daemons as child processes that a test kills, freezes and watches.

Each is forked from a process that has the libraries loaded already, so that a start costs little;
what runs in it is the command itself, `huodian daemon`.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import UnavailableError
from tests.daemon_process import PATIENCE, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.application import Office

LOADED_BEFORE = (
    "aiohttp",
    "apscheduler.schedulers.background",
    "app.cli.operation",
    "app.daemon",
    "app.first_start",
    "app.providers",
    "app.sending.cluster",
    "app.sending.job_engine",
    "app.sending.loose_ends",
    "app.sending.send_chunk",
    "app.sending.tending",
    "app.transport",
    "dbos",
    "notifications.channels.file",
    "notifications.channels.http_sms",
    "psycopg",
    "sqlalchemy.dialects.postgresql",
    "storage.database",
    "storage.tables.messages",
    "workflows.catalog",
)

QUICK = {
    "sweep_seconds": 0.2,
    "dispatch_seconds": 0.2,
    "job_poll_seconds": 0.05,
    "node_grace_seconds": 2,
    "stalled_seconds": 5,
    "in_doubt_minutes": 0.05,
    "retry_minutes": "[0.005]",
    "phone_cap": 1000,
}
"""Settings with which everything that takes minutes takes seconds."""

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(list(LOADED_BEFORE))


def _run(variables: dict[str, str], arguments: list[str], log: Path, **odd: Any) -> None:
    """The child: become the command with this environment."""
    os.setsid()
    os.environ.clear()
    os.environ.update(variables)
    with log.open("ab") as output:
        os.dup2(output.fileno(), 2)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    if "version" in odd:
        import app.sending.job_engine as engine  # noqa: PLC0415

        engine.VERSION = odd["version"]
    if "ahead" in odd:
        import app.clock as clocks  # noqa: PLC0415

        right = clocks.system_clock
        clocks.system_clock = lambda: right() + odd["ahead"]
    if "fan_outs" in odd:
        from app import bootstrap  # noqa: PLC0415

        bootstrap.Application.fan_outs = odd["fan_outs"]
    from app.cli.main import main  # noqa: PLC0415

    main(arguments)


class Node:
    """One `huodian daemon`."""

    def __init__(self, office: Office, name: str, *, odd: dict[str, Any], **settings: Any) -> None:
        folder = office.application.settings.var_dir
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.log_file = folder / f"{name}.log"
        fail_at = settings.pop("fail_at", "")
        arguments = list(settings.pop("command", ("daemon", "--node", name)))
        variables = environment(office, **{**QUICK, **settings})
        if fail_at:
            variables["HUODIAN_FAIL_POINT"] = fail_at
        self._process = _CONTEXT.Process(
            target=_run, args=(variables, arguments, self.log_file), kwargs=odd
        )
        self._process.start()

    @property
    def log(self) -> str:
        """What it has said."""
        return self.log_file.read_text(encoding="utf-8") if self.log_file.exists() else ""

    def wait_until(self, happened: Callable[[], bool]) -> None:
        """Wait for something that it brings about, as long as it lives."""
        wait_until(happened, lambda: self.log, lives=self.lives)

    def lives(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    def wait_until_started(self) -> None:
        """Wait until it says that it runs."""
        self.wait_until(lambda: "daemon started" in self.log)

    def wait_until_dead(self) -> int:
        """Wait for its end; returns its exit code, negative for a signal."""
        self._process.join(PATIENCE)
        assert self._process.exitcode is not None, self.log
        return self._process.exitcode

    def wait_until_frozen(self) -> None:
        """Wait until it stands still."""
        stat = Path(f"/proc/{self._process.pid}/stat")
        wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", lambda: self.log)

    def kill(self) -> None:
        """Kill it as `kill -9` does: it cannot do anything about it."""
        self.signal(signal.SIGKILL)
        assert self.wait_until_dead() == -signal.SIGKILL

    def stop(self) -> int:
        """Ask it to stop; returns its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait_until_dead()

    def stop_by_another_thread(self) -> int:
        """The same, but one of its other threads hears it: the kernel asks that one first."""
        threads = Path(f"/proc/{self._process.pid}/task").iterdir()
        os.kill(max(int(each.name) for each in threads), signal.SIGTERM)
        return self.wait_until_dead()

    def freeze(self) -> None:
        """Let it stand still."""
        self.signal(signal.SIGSTOP)
        self.wait_until_frozen()

    def thaw(self) -> None:
        """Let it go on."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process.pid is not None
        os.kill(self._process.pid, number)

    def put_away(self) -> None:
        """Make sure that it is dead."""
        if self._process.is_alive():
            self._process.kill()
        self._process.join()


@contextmanager
def a_node(
    office: Office, name: str = "one", *, odd: dict[str, Any] | None = None, **settings: Any
) -> Iterator[Node]:
    """A daemon that is dead in the end, whatever the test did.

    Args:
        office: whose database it works on.
        name: `--node`.
        odd: `version` of the jobs it understands, `ahead` by which its clock is wrong, `fan_outs`
            for kinds of notices that nobody else writes.
        settings: besides `QUICK`; `fail_at` is the fail point, `command` what it runs instead of
            `huodian daemon`.
    """
    node = Node(office, name, odd=odd or {}, **settings)
    try:
        yield node
    finally:
        node.put_away()


def wait_until(
    happened: Callable[[], bool],
    story: Callable[[], str] = lambda: "",
    *,
    lives: Callable[[], bool] = lambda: True,
) -> None:
    """Wait for something; fail if it does not happen in a long time, or whoever does it dies."""
    deadline = time.monotonic() + PATIENCE

    def has_happened() -> bool:
        try:
            return happened()
        except UnavailableError:
            return False  # the first look after the server was restarted

    while not has_happened():
        assert lives() or has_happened(), story()
        assert time.monotonic() < deadline, story()
        time.sleep(0.02)
