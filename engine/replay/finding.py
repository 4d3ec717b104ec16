"""What a replay under other rules shows of one ticket: late, blocked, elsewhere, or the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.application import ConnectionApplication
from engine.calendar import local_date
from engine.clocks import end_to_end_clock, handling_clock, stage_clock, standing
from engine.errors import HuodianError
from engine.replay.record import first_request, recorded
from engine.replay.reenactment import Reenacted, reenact_course

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.ledger import LedgerEntry
    from engine.replay.record import Recorded
    from engine.replay.reenactment import Skip, Stop
    from engine.replay.rules import ReplayRules
    from engine.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFinding:
    """One finished ticket under other rules.

    Args:
        overdue: ids of the clocks that would have been overdue.
        was_overdue: the same under the rules that governed the ticket.
        stop: where it would have been held up, if it would.
        skipped: acts that would have been refused without holding it up.
        unknown: kinds of entries that cannot be done again, so that the finding is not certain.
        definition: the process it began in.
        reclassified: the process that its facts call for by the rules as they are known today.
    """

    ticket_no: str
    branch: str
    overdue: tuple[str, ...]
    was_overdue: tuple[str, ...]
    stop: Stop | None
    skipped: tuple[Skip, ...]
    unknown: tuple[str, ...]
    definition: str
    reclassified: str

    @property
    def newly_overdue(self) -> tuple[str, ...]:
        """Clocks that would have been overdue and were not."""
        return tuple(each for each in self.overdue if each not in self.was_overdue)

    @property
    def no_longer_overdue(self) -> tuple[str, ...]:
        """Clocks that were overdue and would not have been; none if that is not certain."""
        if self.stop is not None or self.unknown:
            return ()
        return tuple(each for each in self.was_overdue if each not in self.overdue)

    @property
    def is_classified_otherwise(self) -> bool:
        """Whether the ticket would have begun in another process."""
        return self.reclassified != self.definition

    @property
    def is_the_same(self) -> bool:
        """Whether nothing would have been otherwise."""
        return self.stop is None and not (
            self.newly_overdue
            or self.no_longer_overdue
            or self.skipped
            or self.unknown
            or self.is_classified_otherwise
        )


def find(
    final: Ticket, entries: Sequence[LedgerEntry], rules: ReplayRules, own: ReplayRules
) -> ReplayFinding:
    """Replay a finished ticket under `rules`; `own` are those that governed it."""
    course = tuple(recorded(each) for each in entries)
    again, end = reenact_course(final, course, rules), course[-1].act.at
    begun_in = course[0].definition_ref.partition("@")[0]
    return ReplayFinding(
        ticket_no=final.ticket_no,
        branch=final.branch,
        overdue=_overdue_of(again, end, rules),
        was_overdue=_overdue(final, end, own),
        stop=again.stop,
        skipped=again.skipped,
        unknown=again.unknown,
        definition=begun_in,
        reclassified=_process_of(final, course, rules, begun_in),
    )


def _overdue_of(again: Reenacted, end: datetime, rules: ReplayRules) -> tuple[str, ...]:
    """A ticket that was held up is judged at the moment at which it was."""
    if again.ticket is None:
        return ()
    return _overdue(again.ticket, again.stop.at if again.stop else end, rules)


def _overdue(ticket: Ticket, at: datetime, rules: ReplayRules) -> tuple[str, ...]:
    definition = rules.governing(ticket.definition_ref).definition
    clocks = (
        *(stage_clock(run, definition) for run in ticket.stage_runs),
        handling_clock(ticket, definition),
        end_to_end_clock(ticket, definition),
    )
    late = (each for each in clocks if standing(each, rules.calendar, at).is_overdue)
    return tuple(dict.fromkeys(each.id for each in late))


def _process_of(
    final: Ticket, course: tuple[Recorded, ...], rules: ReplayRules, begun_in: str
) -> str:
    """Where the application would have gone on its day; empty if nowhere."""
    request = first_request(final.request, course)
    if not isinstance(request, ConnectionApplication):
        return begun_in
    try:
        return rules.classify(request, local_date(final.submitted_at)).definition_id
    except HuodianError:
        return ""
