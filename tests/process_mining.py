"""pm4py as the tests use it, without its greeting, its progress bars, and warnings from within."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """What happens inside the library is its own business; nothing of ours runs here."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


with _alone():
    import pm4py


def read_bpmn(path: Path) -> Any:
    """The BPMN graph of a file."""
    with _alone():
        return pm4py.read_bpmn(str(path))


class EventLog:
    """A log as a process miner sees it."""

    def __init__(self, path: Path) -> None:
        with _alone():
            self.frame = pm4py.read_xes(str(path))

    def cases(self) -> set[str]:
        """The names of all cases."""
        return set(self.frame["case:concept:name"])

    def variants(self) -> Counter[tuple[str, ...]]:
        """Every course that cases took, and how many took it."""
        with _alone():
            found = pm4py.get_variants_as_tuples(self.frame)
        return Counter(found)

    def follows(self) -> Counter[tuple[str, str]]:
        """How often one activity directly followed another, as discovered."""
        with _alone():
            found, _, _ = pm4py.discover_dfg(self.frame)
        return Counter(found)
