"""Property tests have no time limit: how long one takes says nothing about the engine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("engine", deadline=None)
settings.load_profile("engine")
