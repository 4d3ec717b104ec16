"""Fixtures for tests of whole trips."""

from tests.furnished import furnished_postgresql, furnished_sqlite, office, office_url

__all__ = ["furnished_postgresql", "furnished_sqlite", "office", "office_url"]
