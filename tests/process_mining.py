"""pm4py as the tests use it, without its greeting and the warnings of what it depends on."""

from __future__ import annotations

import contextlib
import io
import warnings

with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
    warnings.simplefilter("ignore")
    import pm4py

__all__ = ["pm4py"]
