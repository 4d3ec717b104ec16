"""Takes a database away from a running system for a while, as a careless administrator would."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def database_away(url: str) -> Iterator[None]:
    """Nobody reaches the database meanwhile; then it is back as it was."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = Path(str(parsed.database))
        aside = path.with_name("aside.db")
        path.rename(aside)
        try:
            yield
        finally:
            aside.rename(path)
        return
    where = f"host={parsed.query['host']} user={parsed.username} dbname=postgres"
    with psycopg.connect(where, autocommit=True) as server:
        server.execute(f"ALTER DATABASE {parsed.database} ALLOW_CONNECTIONS false")
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (parsed.database,),
        )
        try:
            yield
        finally:
            server.execute(f"ALTER DATABASE {parsed.database} ALLOW_CONNECTIONS true")
