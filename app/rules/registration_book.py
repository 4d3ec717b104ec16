"""What is registered now, as channels look it up while they send.

Read again when its stamp in the database changes. The stamp is looked at once a second at most,
because a channel asks for every message; a new registration is in use a second later.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from notifications.registrations import Registered

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.ports.drafts import PublishedTemplate, RegistrationsDatabase
    from notifications.registrations import Registration

logger = logging.getLogger(__name__)

LOOKED_AT_EVERY_S = 1.0


class StoredRegistrations:
    """The registrations in the database. Safe to share between threads."""

    def __init__(self, database: RegistrationsDatabase) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._stamp: str | None = None
        self._registered = Registered()
        self._looked_at = 0.0

    def current(self) -> Registered:
        """What is registered now."""
        with self._lock:
            now = time.monotonic()
            if self._stamp is None or now - self._looked_at >= LOOKED_AT_EVERY_S:
                self._look()
                self._looked_at = now
            return self._registered

    def _look(self) -> None:
        with self._database.reading() as work:
            stamp = work.registrations.stamp()
            if stamp != self._stamp:
                self._registered = registered_from(work.registrations.all())
                self._stamp = stamp


def registered_from(texts: Iterable[PublishedTemplate]) -> Registered:
    """Published registrations as values."""
    return Registered(tuple(_readable(texts)))


def _readable(texts: Iterable[PublishedTemplate]) -> Iterator[Registration]:
    # Costly to import, and not needed by who registers nothing or sends nothing.
    from app.rules.registration_file import parse_registration  # noqa: PLC0415

    for each in texts:
        try:
            yield parse_registration(each.source, each.version)
        except ValueError:
            logger.warning("registration %s@%s cannot be read", each.key, each.version)
