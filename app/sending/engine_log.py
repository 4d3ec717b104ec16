"""How the library of the jobs logs: as everybody here does, and only what matters."""

from __future__ import annotations

import logging

LIBRARY = "dbos"
TRACEBACK = "Traceback (most recent call last):"


def tame_library_log() -> None:
    """Have the library log warnings, each in a line.

    Without a handler it would make one of its own, which also hides its records from ours.
    """
    its_own = logging.getLogger(LIBRARY)
    if not its_own.handlers:
        its_own.addHandler(logging.NullHandler())
    its_own.setLevel(logging.WARNING)
    if _in_a_line not in its_own.filters:
        its_own.addFilter(_in_a_line)


def _in_a_line(record: logging.LogRecord) -> bool:
    """Of a fault its kind: it is tried again, and its words may repeat what a statement carried."""
    said, *traces = record.getMessage().split(TRACEBACK)
    kinds = [_kind(traces[-1])] if traces else []
    if record.exc_info and record.exc_info[0] is not None:
        kinds.append(record.exc_info[0].__name__)
    if kinds:
        record.msg, record.args = f"{said.strip().rstrip(':')}: {', '.join(kinds)}", ()
        record.exc_info = record.exc_text = None
    return True


def _kind(trace: str) -> str:
    """Where the indented lines of a traceback end, the fault begins; its words may have lines."""
    faults = [line for line in trace.splitlines() if line and not line[0].isspace()]
    return faults[0].partition(":")[0] if faults else "Exception"
