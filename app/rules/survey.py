"""The open tickets of a definition looked at for one version: what the preview and the run share.

    of_draft(...) / of_version(...) -> Candidate      a version that tickets might move to
    examinations(candidate, act, after="")            one ticket after the other, by number
    examined(case, plan) -> Examination               one ticket

Tickets are read page by page, each page in a transaction of its own, so their number costs time
and no memory.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.trip.case import Case
from engine.migration import Circumstances, MigrationPlan, examine, refuse_lost_states

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.ports.migrations import SurveyDatabase, SurveyUnit
    from app.trip.desk import Desk
    from engine.definition import WorkflowDefinition
    from engine.migration import Examination
    from engine.ticket import Act

PAGE = 500
"""Tickets read at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A version that tickets might move to, published or not; `title` names it.

    `from_version` 0 looks at tickets of every other version. `note` says what stands in the way of
    all of them; empty if nothing does.
    """

    title: str
    plan: MigrationPlan
    from_version: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One ticket examined, with the version it is on."""

    examination: Examination
    before: WorkflowDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Reads the tickets that a candidate concerns."""

    desk: Desk
    database: SurveyDatabase

    def of_draft(
        self, number: int, draft: WorkflowDefinition, mapping: Mapping[str, str]
    ) -> Candidate:
        """A draft, as the version that it would become.

        Raises:
            MalformedError: the mapping names a state that is not there.
        """
        with self.database.reading() as work:
            versions = work.definitions.versions(draft.id)
            latest = max((each.version for each in versions), default=0)
            to = replace(draft, version=latest + 1)
            return self._candidate(work, f"草稿 {number}（{draft.id}）", to, mapping)

    def of_version(
        self,
        definition_id: str,
        version: int,
        mapping: Mapping[str, str],
        from_version: int = 0,
    ) -> Candidate:
        """A published version.

        Raises:
            NotFoundError: it was never published, or `from_version` was not.
            MalformedError: the mapping names a state that is not there.
        """
        with self.database.reading() as work:
            to = self.desk.definitions.get(work, definition_id, version).definition
            if from_version:
                self.desk.definitions.get(work, definition_id, from_version)
            candidate = self._candidate(work, to.ref, to, mapping)
            current = work.definitions.version_in_force(definition_id, self.desk.clock())
        note = (
            ""
            if current == version
            else f"现行的是第 {current} 版，生效前不能迁移到第 {version} 版"
        )
        return replace(candidate, from_version=from_version, note=note)

    def examinations(
        self, candidate: Candidate, act: Act, *, after: str = ""
    ) -> Iterator[Examined]:
        """Every open ticket on another version, by number from `after` on."""
        while page := self._page(candidate, act, after):
            yield from page
            after = page[-1].examination.ticket.ticket_no

    def _candidate(
        self, work: SurveyUnit, title: str, to: WorkflowDefinition, mapping: Mapping[str, str]
    ) -> Candidate:
        plan = MigrationPlan(to=to, mapping=dict(mapping))
        refuse_lost_states(plan, self._known_states(work, to))
        return Candidate(title=title, plan=plan)

    def _known_states(self, work: SurveyUnit, to: WorkflowDefinition) -> set[str]:
        """The states of every published version but that one."""
        others = [each for each in work.definitions.versions(to.id) if each.version != to.version]
        definitions = (self.desk.definitions.get(work, to.id, each.version) for each in others)
        return {state.id for each in definitions for state in each.definition.states}

    def _page(self, candidate: Candidate, act: Act, after: str) -> list[Examined]:
        to = candidate.plan.to
        with self.database.reading() as work:
            tickets = work.tickets.of_definition(
                to.id,
                ended=False,
                after=after,
                limit=PAGE,
                other_than=to.version,
                of=candidate.from_version,
            )
            calendar = self.desk.calendars.current(work)
            cases = [
                Case(
                    ticket=each,
                    machine=self.desk.definitions.of(work, each),
                    calendar=calendar,
                    act=act,
                )
                for each in tickets
            ]
        return [
            Examined(examination=self.examined(case, candidate.plan), before=case.definition)
            for case in cases
        ]

    def examined(self, case: Case, plan: MigrationPlan) -> Examination:
        """What moving the ticket would do, and whether it may."""
        around = Circumstances(calendar=case.calendar, act=case.act)
        return examine(case.ticket, case.definition, plan, around)
