"""Fixtures for every kind of test."""

from tests.databases import (
    cluster,
    database,
    database_url,
    empty_database_url,
    sqlite_template,
)

__all__ = ["cluster", "database", "database_url", "empty_database_url", "sqlite_template"]
