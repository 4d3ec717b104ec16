"""What a version would do to every ticket in flight if it were moved, before anything is decided.

    of_draft(number, mapping) / of_version(id, version, mapping)   -> Candidate
    impact(candidate, wanted, actor=)  -> Impact                   every ticket counted
    page(candidate, wanted, actor=)    -> tuple[TicketImpact, ...] only the next page of them

Nothing is written. The migration itself asks the same question again, of each ticket as it then is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from app.authorization import Action, authorize_company_wide
from app.rules.impact_words import told
from engine.migration import MigrationVerdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.rules.drafts import DraftService
    from app.rules.survey import Candidate, Examined, Survey
    from engine.errors import Reason
    from engine.migration import Effects
    from engine.ticket import Actor

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which tickets are to be named: by number from `after` on, of these verdicts (none: all)."""

    after: str = ""
    limit: int = PAGE_SIZE
    verdicts: frozenset[MigrationVerdict] = frozenset()

    def takes(self, examined: Examined) -> bool:
        """Whether the ticket is among them."""
        if examined.examination.ticket.ticket_no <= self.after:
            return False
        return not self.verdicts or examined.examination.verdict in self.verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketImpact:
    """What the version would do to one ticket; `effects` None where no state takes over.

    `changes` tells the effects in sentences.
    """

    ticket_no: str
    branch: str
    version: int
    state: str
    state_name: str
    verdict: MigrationVerdict
    reasons: tuple[Reason, ...]
    changes: tuple[str, ...]
    effects: Effects | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """How many tickets were examined, with which verdict, and the first page of those wanted.

    `after` continues the pages, empty at the end; `note` is that of the candidate.
    """

    title: str
    definition_id: str
    note: str
    examined: int
    totals: Mapping[MigrationVerdict, int]
    tickets: tuple[TicketImpact, ...]
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactService:
    """The effect of drafts and of published versions on tickets in flight."""

    survey: Survey
    drafts: DraftService

    def of_draft(self, number: int, mapping: Mapping[str, str] | None = None) -> Candidate:
        """A draft as a version to move to.

        Raises:
            DefinitionFaultsError: it has faults.
            MalformedError: the mapping names a state that is not there.
        """
        return self.survey.of_draft(number, self.drafts.definition(number), mapping or {})

    def of_version(
        self,
        definition_id: str,
        version: int,
        mapping: Mapping[str, str] | None = None,
        *,
        from_version: int = 0,
    ) -> Candidate:
        """A published version to move to.

        Raises:
            NotFoundError: it was never published.
            MalformedError: the mapping names a state that is not there.
        """
        return self.survey.of_version(definition_id, version, mapping or {}, from_version)

    def impact(self, candidate: Candidate, wanted: Wanted | None = None, *, actor: Actor) -> Impact:
        """Examine every ticket; count them all, name those wanted."""
        authorize_company_wide(actor, Action.MANAGE_DEFINITIONS)
        wanted = wanted or Wanted()
        totals: Counter[MigrationVerdict] = Counter()
        named: list[TicketImpact] = []
        for each in self.survey.examinations(candidate, self.survey.desk.act(actor)):
            totals[each.examination.verdict] += 1
            if wanted.takes(each) and len(named) <= wanted.limit:
                named.append(_impact(each, candidate))
        shown = tuple(named[: wanted.limit])
        return Impact(
            title=candidate.title,
            definition_id=candidate.plan.to.id,
            note=candidate.note,
            examined=totals.total(),
            totals={each: totals[each] for each in MigrationVerdict},
            tickets=shown,
            after=shown[-1].ticket_no if len(named) > len(shown) else "",
        )

    def page(
        self, candidate: Candidate, wanted: Wanted, *, actor: Actor
    ) -> tuple[TicketImpact, ...]:
        """The next tickets of those wanted, without counting the others."""
        authorize_company_wide(actor, Action.MANAGE_DEFINITIONS)
        return tuple(islice(self._wanted(candidate, wanted, actor), wanted.limit))

    def _wanted(self, candidate: Candidate, wanted: Wanted, actor: Actor) -> Iterator[TicketImpact]:
        act = self.survey.desk.act(actor)
        for each in self.survey.examinations(candidate, act, after=wanted.after):
            if wanted.takes(each):
                yield _impact(each, candidate)


def _impact(examined: Examined, candidate: Candidate) -> TicketImpact:
    examination, before = examined.examination, examined.before
    ticket, effects = examination.ticket, examination.effects
    return TicketImpact(
        ticket_no=ticket.ticket_no,
        branch=ticket.branch,
        version=ticket.definition_version,
        state=ticket.state,
        state_name=before.state_by_id[ticket.state].name,
        verdict=examination.verdict,
        reasons=examination.reasons,
        changes=told(effects, before, candidate.plan.to, ticket.state) if effects else (),
        effects=effects,
    )
