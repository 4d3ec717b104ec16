"""The daemon: APScheduler as a mere clock that calls the sweeps. What is due, rows decide.

No job store, so any number of daemons may run on one database. A sweep that is late runs once
(`coalesce`), never twice at a time in one process, and is never dropped for being late.
"""

from __future__ import annotations

import logging
import signal
import threading
from typing import TYPE_CHECKING

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED
from apscheduler.schedulers.background import BackgroundScheduler

from engine.errors import UnavailableError

if TYPE_CHECKING:
    from apscheduler.events import JobExecutionEvent

    from app.bootstrap import Application
    from app.sweeping import SweepReport
    from app.sweeps import Sweep

logger = logging.getLogger(__name__)


def run_once(application: Application) -> list[SweepReport]:
    """One round of every sweep, in the order in which one feeds the next."""
    return [application.sweeps.run(sweep) for sweep in application.sweeps.all()]


def start(application: Application) -> BackgroundScheduler:
    """Start sweeping in the background; the caller shuts the scheduler down."""
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
            next_run_time=application.clock(),
        )
    scheduler.add_listener(_report_trouble, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
    scheduler.start()
    return scheduler


def run_forever(application: Application) -> None:
    """Sweep until the process is told to stop; a sweep that has begun is finished first."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    scheduler = start(application)
    logger.info("daemon started as %s", application.sending.node)
    stop.wait()
    scheduler.shutdown(wait=True)
    logger.info("daemon stopped")


def _tick(application: Application, sweep: Sweep) -> None:
    """A database that is away for a moment is no reason to stop ticking."""
    try:
        report = application.sweeps.run(sweep)
    except UnavailableError as error:
        logger.warning("sweep %s could not run, it is tried again: %s", sweep.name, error)
        return
    except Exception:
        logger.exception("sweep %s could not run; it is tried again at the next tick", sweep.name)
        return
    if report.done or report.failed:
        logger.info("sweep %s: %s", report.name, report.counts())


def _report_trouble(event: JobExecutionEvent) -> None:
    logger.error("sweep %s was missed or failed", event.job_id)
