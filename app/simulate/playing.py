"""Plays the days: builds the application, lets everybody act, and takes stock in the end."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from app.simulate import figures
from app.simulate.agenda import Agenda
from app.simulate.arrivals import lay_network, read_arrivals
from app.simulate.chance import Chance
from app.simulate.clock import SimulatedClock
from app.simulate.customer import brings_missing_papers, finds_mistake
from app.simulate.diary import Diary, awake
from app.simulate.office import aborts, extends_boundary, handles, hands_over
from app.simulate.report import LedgerFigures, SimulationResult
from app.simulate.scratch import scratch_application
from app.simulate.staff import engage
from app.simulate.temperament import draw
from app.simulate.trip import Scene, Trip
from app.simulate.upkeep import Upkeep, down_days
from engine.application import IntakeChannel
from engine.calendar import start_of_day
from engine.errors import HuodianError
from engine.ticket import SYSTEM
from notifications.message import MessageKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from app.bootstrap import Application
    from app.import_report import RefusedRow
    from app.simulate.agenda import Course
    from app.simulate.arrivals import Arrival, Arrivals

STARTS_ON = date(2026, 9, 1)
"""A fixed day, so that the same seed tells the same story on any day: Mid-Autumn and National Day
with their make-up days lie in the weeks that follow."""
ARRIVING_SHARE = 0.6
"""Applications arrive in this share of the days; the rest is for finishing them."""
EVERYTHING = 1_000_000


def run(  # noqa: PLR0913  (the options of the command)
    applications: Path,
    *,
    days: int,
    seed: int,
    database_url: str | None = None,
    start: date | None = None,
    topology: Path | None = None,
    progress: Callable[[date], None] | None = None,
) -> SimulationResult:
    """Play `days` days with the applications of a CSV file.

    Args:
        applications: CSV file with the columns of an import.
        days: how many days to play.
        seed: the same seed gives the same result.
        database_url: an empty database, which is kept; None: a temporary one.
        start: the first day.
        topology: CSV file of the network; without it the nodes of applications are left empty.
        progress: told each day when it begins.

    Raises:
        MalformedError: a file is not what it should be.
        RefusedError: the database is in use, or a row of the network is wrong.
    """
    starts_on = start or STARTS_ON
    clock = SimulatedClock(start_of_day(starts_on))
    with scratch_application(database_url, clock) as application:
        staff = engage(application)
        if topology is not None:
            lay_network(application, topology.read_bytes())
        arrivals = read_arrivals(application, applications.read_bytes())
        calendar = application.calendars.calendar()
        scene = Scene(
            application=application,
            agenda=Agenda(clock),
            diary=Diary(calendar=calendar, hours=application.settings.office_hours),
            staff=staff,
        )
        reception = Reception(scene=scene, seed=seed, starts_on=starts_on, days=days)
        for arrival in arrivals.expected:
            scene.agenda.begin(arrival.name, reception.receives(arrival))
        upkeep = Upkeep(scene)
        place = Chance(seed, "daemon").between(0, 1)
        down = down_days(starts_on, days, place)
        scene.agenda.begin("", upkeep.course(starts_on, days, down, progress or _silent))
        scene.agenda.run_until(start_of_day(starts_on + timedelta(days=days)))
        ...
