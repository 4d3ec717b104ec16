"""Plays a company through many days on a scratch database: `huodian simulate`.

Operators, customers and the daemon act as they would, through the use cases that people use, on a
simulated clock. Nothing sleeps and nothing reads the wall clock, so a seed always tells the same
story. It is a rehearsal: of a definition, of the calendar, of the whole program.
"""

from app.simulate.playing import run
from app.simulate.report import SimulationResult

__all__ = ["SimulationResult", "run"]
