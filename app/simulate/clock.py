"""The clock of a simulation: it stands still until the simulation moves it, and never goes back."""

from __future__ import annotations

from datetime import UTC, datetime


class SimulatedClock:
    """Gives the simulated instant; used wherever a running system would read the server's time.

    Args:
        starts_at: aware instant of the beginning.
    """

    def __init__(self, starts_at: datetime) -> None:
        self._now = starts_at.astimezone(UTC)

    def __call__(self) -> datetime:
        """The present instant of the simulation, in UTC."""
        return self._now

    def advance_to(self, at: datetime) -> None:
        """Let time pass until `at`.

        Raises:
            ValueError: that instant lies in the past.
        """
        if at < self._now:
            msg = f"time cannot go back from {self._now} to {at}"
            raise ValueError(msg)
        self._now = at.astimezone(UTC)
