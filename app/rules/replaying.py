"""Finished tickets done again under a draft: how many would have been late, blocked, elsewhere.

Everything is taken from the ledger and done again with the engine itself, see `engine.replay`.
Nothing is written. Tickets are read page by page, each page in a transaction of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from app.authorization import Action, authorize_company_wide
from engine.clocks import clock_title
from engine.machine import TicketMachine
from engine.replay import ReplayRules, find, replayable
from workflows.classification import ConnectionFacts, classify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from app.ports.migrations import SurveyDatabase, SurveyUnit
    from app.rules.drafts import DraftService
    from app.settings import Settings
    from app.trip.desk import Desk
    from engine.application import ConnectionApplication
    from engine.definition import WorkflowDefinition
    from engine.replay import ReplayFinding
    from engine.ticket import Actor, Classification
    from workflows.classification import EligibilityPolicy

PAGE = 200
"""Tickets read at a time, each with its whole stream."""
NAMED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayTotals:
    """How many tickets were done again, and what would have been otherwise.

    Args:
        same: nothing would have been otherwise.
        newly_overdue: by clock (its Chinese name) that would have been late and was not.
        no_longer_overdue: by clock that was late and would not have been.
        blocked: by move and paper (or other reason) that would have held the ticket up.
        unreachable: by move that would not have been there.
        classified_otherwise: would have begun in another process by the rules known today.
        uncertain: have entries that cannot be done again.
    """

    examined: int
    same: int
    newly_overdue: Mapping[str, int]
    no_longer_overdue: Mapping[str, int]
    blocked: Mapping[str, Mapping[str, int]]
    unreachable: Mapping[str, int]
    classified_otherwise: int
    uncertain: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A draft's replay: totals, and the tickets that would have gone otherwise, by number.

    `clock_names` are those of the clocks that the findings name; `after` continues the list, empty
    at the end.
    """

    title: str
    definition_id: str
    totals: ReplayTotals
    tickets: tuple[ReplayFinding, ...]
    clock_names: Mapping[str, str]
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayService:
    """Past tickets under drafts."""

    desk: Desk
    database: SurveyDatabase
    drafts: DraftService
    policy: Callable[[], EligibilityPolicy]
    settings: Settings

    def replay(self, number: int, *, actor: Actor, after: str = "", limit: int = NAMED) -> Replay:
        """Do every finished ticket of the draft's definition again, and name those affected.

        Raises:
            DefinitionFaultsError: the draft has faults.
        """
        authorize_company_wide(actor, Action.MANAGE_DEFINITIONS)
        draft = self.drafts.definition(number)
        tally = _Tally(draft)
        named: list[ReplayFinding] = []
        for finding in self._findings(draft):
            tally.count(finding)
            if not finding.is_the_same and finding.ticket_no > after and len(named) <= limit:
                named.append(finding)
        shown = tuple(named[:limit])
        clocks = {each for finding in shown for each in (*finding.overdue, *finding.was_overdue)}
        return Replay(
            title=f"草稿 {number}（{draft.id}）",
            definition_id=draft.id,
            totals=tally.totals(),
            tickets=shown,
            clock_names={each: _clock_name(each, draft) for each in sorted(clocks)},
            after=shown[-1].ticket_no if len(named) > len(shown) else "",
        )

    def _findings(self, draft: WorkflowDefinition) -> Iterator[ReplayFinding]:
        with self.database.reading() as work:
            versions = [
                self.desk.definitions.get(work, draft.id, each.version).definition
                for each in work.definitions.versions(draft.id)
            ]
        machine = TicketMachine(replayable(draft, versions))
        after = ""
        while page := self._page(machine, after):
            yield from page
            after = page[-1].ticket_no

    def _page(self, machine: TicketMachine, after: str) -> list[ReplayFinding]:
        draft = machine.definition
        with self.database.reading() as work:
            published = partial(self.desk.definitions.named, work)
            own = self._rules(work, published)
            rules = self._rules(
                work,
                lambda ref: machine if ref.partition("@")[0] == draft.id else published(ref),
            )
            tickets = work.tickets.of_definition(draft.id, ended=True, after=after, limit=PAGE)
            return [
                find(ticket, tuple(work.ledger.entries(ticket.ticket_no)), rules, own)
                for ticket in tickets
            ]

    def _rules(self, work: SurveyUnit, governing: Callable[[str], TicketMachine]) -> ReplayRules:
        return ReplayRules(
            governing=governing,
            classify=self._classified,
            calendar=self.desk.calendars.current(work),
            hours=self.settings.office_hours,
            fast=self.settings.fast_policy,
        )

    def _classified(self, request: ConnectionApplication, on: date) -> Classification:
        return classify(ConnectionFacts.from_application(request), on, self.policy())


class _Tally:
    """Adds findings up."""

    def __init__(self, draft: WorkflowDefinition) -> None:
        self._draft = draft
        self._plain: Counter[str] = Counter()
        self._newly: Counter[str] = Counter()
        self._no_longer: Counter[str] = Counter()
        self._blocked: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._unreachable: Counter[str] = Counter()

    def count(self, finding: ReplayFinding) -> None:
        """One more."""
        self._plain["examined"] += 1
        self._plain["same"] += finding.is_the_same
        self._plain["classified"] += finding.is_classified_otherwise
        self._plain["uncertain"] += bool(finding.unknown)
        self._newly.update(self._names(finding.newly_overdue))
        self._no_longer.update(self._names(finding.no_longer_overdue))
        stop = finding.stop
        if stop is not None and stop.is_unreachable:
            self._unreachable[stop.name] += 1
        elif stop is not None:
            causes = stop.papers or tuple(each.message for each in stop.reasons)
            self._blocked[stop.name].update(causes)

    def totals(self) -> ReplayTotals:
        """What they add up to."""
        return ReplayTotals(
            examined=self._plain["examined"],
            same=self._plain["same"],
            newly_overdue=dict(self._newly),
            no_longer_overdue=dict(self._no_longer),
            blocked={move: dict(causes) for move, causes in self._blocked.items()},
            unreachable=dict(self._unreachable),
            classified_otherwise=self._plain["classified"],
            uncertain=self._plain["uncertain"],
        )

    def _names(self, clocks: tuple[str, ...]) -> list[str]:
        return [_clock_name(each, self._draft) for each in clocks]


def _clock_name(clock_id: str, draft: WorkflowDefinition) -> str:
    """As the draft calls it; a stage that it does not have keeps its id."""
    stage_id = clock_id.partition(":")[2]
    is_known = stage_id in {"", *draft.stage_by_id}
    return clock_title(clock_id, draft) if is_known else stage_id
