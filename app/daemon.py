"""The daemon: APScheduler as a mere clock that calls the sweeps, and a node that runs jobs.

What is due, rows decide. The scheduler stores nothing, so any number of daemons may run on one
PostgreSQL database. A sweep that is late runs once (`coalesce`), never twice at a time in one
process, and is never dropped for being late.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED
from apscheduler.schedulers.background import BackgroundScheduler

from app.clock import system_clock
from app.sweeping import log_fault
from engine.errors import RefusedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from apscheduler.events import JobExecutionEvent

    from app.bootstrap import Application
    from app.sweeping import SweepReport
    from app.sweeps import Sweep

logger = logging.getLogger(__name__)

PATIENCE_S = 300.0
"""How long one round waits for the jobs that it has enqueued."""
STOPPING_S = 60.0
"""How long a daemon that is told to stop waits for jobs that have begun."""
LOOKS_WITHIN_GRACE = 20
"""How often within the grace a daemon makes sure that its lock is there."""
LOOK_S = 0.1
STOPPING = (signal.SIGINT, signal.SIGTERM)


def run_once(application: Application) -> list[SweepReport]:
    """One round of every sweep, in the order in which one feeds the next, and of its jobs."""
    if not application.durable:
        return _round(application)
    application.transport.jobs.remember()
    with _as_node_if_free(application) as is_node:
        reports = _round(application)
        of_all = is_node and application.database.now() is None
        deadline = time.monotonic() + PATIENCE_S
        while application.transport.jobs.unfinished(of_all=of_all):
            if time.monotonic() > deadline:
                logger.warning("jobs are still waiting; a daemon goes on with them")
                break
            time.sleep(LOOK_S)
    return reports


def _round(application: Application) -> list[SweepReport]:
    return [application.sweeps.run(sweep) for sweep in application.sweeps.all()]


@contextmanager
def _as_node_if_free(application: Application) -> Iterator[bool]:
    """Run jobs meanwhile, unless a daemon works on this SQLite file: then that one does."""
    try:
        _begin_jobs(application)
    except RefusedError:
        yield False
        return
    try:
        yield True
    finally:
        _end_jobs(application, 0)


def _begin_jobs(application: Application) -> None:
    """Become a node.

    Raises:
        RefusedError: somebody else works on this SQLite file, or has this node's name.
    """
    transport = application.transport
    transport.cluster.join()
    with application.database.writing() as work:
        transport.carriers.adjust(work, application.clock())
        work.commit()
    transport.jobs.start(
        transport.cluster.node_id,
        transport.cluster.version,
        transport.handlers,
        transport.carriers.lanes(),
    )


def _end_jobs(application: Application, patience_s: float) -> None:
    application.transport.jobs.stop(patience_s)
    application.transport.cluster.leave()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningDaemon:
    """Sweeps and jobs in the background of this process."""

    application: Application
    scheduler: BackgroundScheduler
    stopping: threading.Event

    def stop(self) -> None:
        """Finish what has begun, and stop being a node."""
        self.stopping.set()
        self.scheduler.shutdown(wait=True)
        _end_jobs(self.application, STOPPING_S)


def start(application: Application) -> RunningDaemon:
    """Sweep and run jobs in the background until `stop`.

    Raises:
        RefusedError: somebody else works on this SQLite file, or has this node's name.
    """
    _begin_jobs(application)
    scheduler = BackgroundScheduler(
        timezone="Asia/Shanghai",
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    for sweep in application.sweeps.all():
        scheduler.add_job(
            _tick,
            "interval",
            args=(application, sweep),
            id=sweep.name,
            seconds=sweep.every_seconds,
            # The scheduler goes by this machine's clock, whatever the cluster's says.
            next_run_time=system_clock(),
        )
    # A sweep that takes longer than its interval is left alone, which is worth no line each time.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler.add_listener(_report_trouble, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
    scheduler.start()
    daemon = RunningDaemon(application=application, scheduler=scheduler, stopping=threading.Event())
    threading.Thread(target=_hold_on, args=(daemon,), daemon=True).start()
    return daemon


def run_forever(application: Application) -> None:
    """Sweep until the process is told to stop; what has begun is finished first."""
    wait_until_told = _listen()
    daemon = start(application)
    logger.info("daemon started as %s", application.transport.cluster.node_id)
    wait_until_told()
    daemon.stop()
    logger.info("daemon stopped")


def _listen() -> Callable[[], None]:
    """Take note of being told to stop, from now on; gives what waits for that.

    A signal may be taken by any thread, or come just before the main one waits for a lock; its
    handler then runs when that lock is free, which is never. So nobody waits for a lock here: the
    system itself writes the signal's number into a pipe, and that is read.
    """
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    for number in STOPPING:
        signal.signal(number, lambda *_: None)  # else it would end the process

    def wait() -> None:
        while os.read(told, 1)[0] not in STOPPING:
            """Another signal that is of no interest."""

    return wait


def _hold_on(daemon: RunningDaemon) -> None:
    """Hold on to the lock that says this node lives; end the process if it cannot be had.

    Others are about to take over its jobs then, so it must not go on with them.
    """
    cluster = daemon.application.transport.cluster
    pause = cluster.grace.total_seconds() / LOOKS_WITHIN_GRACE
    while not daemon.stopping.wait(pause):
        if not cluster.lives():
            logger.critical("node %s has no lock, or is taken for dead; it ends", cluster.node_id)
            os._exit(1)


def _tick(application: Application, sweep: Sweep) -> None:
    """A database that is away for a moment is no reason to stop ticking."""
    try:
        report = application.sweeps.run(sweep)
    except UnavailableError as error:
        logger.warning("sweep %s could not run, it is tried again: %s", sweep.name, error)
        return
    except Exception as fault:  # noqa: BLE001  (the edge: the next tick tries again)
        log_fault(logger, f"sweep {sweep.name} could not run; it is tried again", fault)
        return
    if report.done or report.failed:
        logger.info("sweep %s: %s", report.name, report.counts())


def _report_trouble(event: JobExecutionEvent) -> None:
    logger.error("sweep %s was missed or failed", event.job_id)
