"""Plays the days: builds the application, lets everybody act, and takes stock in the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from app.simulate import figures, punctuality
from app.simulate.agenda import Agenda
from app.simulate.arrivals import lay_network, read_arrivals
from app.simulate.chance import Chance
from app.simulate.clock import SimulatedClock
from app.simulate.diary import Diary
from app.simulate.reception import Reception
from app.simulate.report import RefusedApplication, SimulationResult
from app.simulate.scratch import scratch_application
from app.simulate.staff import engage
from app.simulate.stocktaking import (
    governed_tickets,
    ledger_figures,
    message_counts,
    the_end,
)
from app.simulate.trip import Scene
from app.simulate.upkeep import Upkeep, down_days
from engine.calendar import start_of_day

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.simulate.arrivals import Arrivals

STARTS_ON = date(2026, 9, 1)
"""A fixed day, so that a seed tells the same story whenever it is played; Mid-Autumn and National
Day with their make-up days lie in the weeks that follow."""
DATABASE_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


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
        database_url: an empty database, which is kept and marked; None: a temporary one.
        start: the first day.
        topology: CSV file of the network; without it the nodes of applications are left empty.
        progress: told each day when it begins.

    Raises:
        MalformedError: a file is not what it should be.
        RefusedError: the database is in use, or a row of the network is wrong.
    """
    play = _Play(seed=seed, days=days, starts_on=start or STARTS_ON, told=progress or _silent)
    clock = SimulatedClock(start_of_day(play.starts_on))
    with scratch_application(database_url, clock) as application:
        staff = engage(application)
        if topology is not None:
            lay_network(application, topology.read_bytes())
        arrivals = read_arrivals(application, applications.read_bytes())
        diary = Diary(
            calendar=application.calendars.calendar(), hours=application.settings.office_hours
        )
        agenda = Agenda(clock)
        scene = Scene(application=application, agenda=agenda, diary=diary, staff=staff)
        return play.with_arrivals(scene, arrivals)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Play:
    """The choices of one simulation."""

    seed: int
    days: int
    starts_on: date
    told: Callable[[date], None]

    def with_arrivals(self, scene: Scene, arrivals: Arrivals) -> SimulationResult:
        """Let the applications arrive, everybody act until the last day is over, and count."""
        reception = Reception(scene=scene, seed=self.seed, starts_on=self.starts_on, days=self.days)
        for arrival in arrivals.expected:
            scene.agenda.begin(arrival.name, reception.receives(arrival))
        upkeep = Upkeep(scene)
        down = down_days(self.starts_on, self.days, Chance(self.seed, "daemon").between(0, 1))
        scene.agenda.begin("", upkeep.course(self.starts_on, self.days, down, self.told))
        scene.agenda.run_until(start_of_day(self.starts_on + timedelta(days=self.days)))
        return self._result(scene, arrivals, reception, upkeep)

    def _result(
        self, scene: Scene, arrivals: Arrivals, reception: Reception, upkeep: Upkeep
    ) -> SimulationResult:
        application = scene.application
        governed, moment = governed_tickets(application), the_end(application)
        messages, reminders = message_counts(application)
        bad_lines = {row.line for row in arrivals.refused}
        return SimulationResult(
            seed=self.seed,
            days=self.days,
            starts_on=self.starts_on,
            database=DATABASE_NAMES[application.database.dialect],
            applications=len(arrivals.expected) + len(bad_lines),
            types=figures.by_type(governed, moment),
            punctuality=punctuality.rates(governed, moment),
            overdue=punctuality.overdue(governed, moment),
            papers=figures.papers(governed, moment),
            pauses=figures.pauses(governed),
            ledger=ledger_figures(application),
            reminders=reminders,
            messages=messages,
            flags=figures.flags(governed),
            refusals=dict(sorted(scene.refusals.items())),
            sweeps={name: dict(counts) for name, counts in upkeep.counts.items()},
            refused_rows=tuple(
                RefusedApplication(line=each.line, field=each.field, problem=each.problem)
                for each in (*arrivals.refused, *reception.refused)
            ),
            notes=arrivals.notes,
        )


def _silent(_day: date) -> None:
    """Nobody asked to be told."""
