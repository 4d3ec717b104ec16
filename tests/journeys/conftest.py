"""Fixtures for tests of whole trips."""

from tests.application import furnished_postgresql, furnished_sqlite, office, office_url

__all__ = ["furnished_postgresql", "furnished_sqlite", "office", "office_url"]
