"""What the use cases of outages share: loading and keeping, whom it concerns, the estimate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.fields import missing_field
from engine.outage import (
    Outage,
    OutageNews,
    OutagePhase,
    ToldEstimate,
    is_estimate_due,
)
from notifications.outages import News

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from app.outages.in_step import InStep
    from app.outages.telling import OutageTelling
    from app.ports.outage_work import OutageDatabase, OutageWork
    from app.trip.case import Case
    from app.trip.desk import Desk
    from engine.definition import WorkflowDefinition
    from engine.errors import Reason
    from engine.events import Outcome
    from engine.ticket import Act
    from workflows.outage_policy import OutagePolicy

BY_DISPATCHER = "dispatcher"
"""The source of a time that nobody reported: whoever enters it saw it happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageDesk:
    """The straight line of every change of an outage.

    `nearby_days` is within how many days another outage of the same customers is near.
    """

    desk: Desk
    database: OutageDatabase
    telling: OutageTelling
    in_step: InStep
    policy: OutagePolicy
    nearby_days: int

    def loaded(
        self, work: OutageWork, ticket_no: str, act: Act, expected_revision: int | None
    ) -> tuple[Case, Outage]:
        """The ticket with its outage.

        Raises:
            NotFoundError: there is none of that number, or it is another branch's.
        """
        case = self.desk.load(work, ticket_no, act, expected_revision=expected_revision)
        return case, work.outages.take(ticket_no)

    def kept(self, work: OutageWork, case: Case, outcome: Outcome, action: str) -> Case:
        """The ticket moved and stored; whoever was slower is told so here."""
        ticket = self.desk.recorder.keep(work, case, outcome, action=action)
        return replace(case, ticket=ticket)

    def tell_estimate(
        self, work: OutageWork, case: Case, outage: Outage, progress: Callable[[], str]
    ) -> bool:
        """Tell when supply is expected back, if that is due to be told now (R-7.2).

        `progress` says how far the works were when the estimate was entered.
        """
        at = case.act.at
        if outage.estimated_at is None or outage.phase is not OutagePhase.IN_PROGRESS:
            return False
        last = work.outage_messages.last_estimate(outage.ticket_no)
        told = None
        if last is not None:
            told = ToldEstimate(estimated_at=last.estimated_at, told_at=last.created_at)
        if not is_estimate_due(outage.estimated_at, told, self.policy.estimate_policy, at):
            return False
        news = News(
            kind=OutageNews.ESTIMATE, outage=outage, cause=outage.cause, progress=progress()
        )
        return self.telling.tell(work, case, news, occasion=f"{at:%Y%m%dT%H%M%S}")


def with_source(given: Mapping[str, str], event: str, act: Act) -> dict[str, str]:
    """Without a reported time the present one counts, and the dispatcher as its source."""
    filled = {name: raw for name, raw in given.items() if raw.strip()}
    if f"{event}_at" not in filled:
        filled[f"{event}_at"] = act.at.isoformat(timespec="seconds")
        filled.setdefault(f"{event}_source", BY_DISPATCHER)
    return filled


def against_borrowed_source(
    filled: Mapping[str, str], event: str, definition: WorkflowDefinition
) -> Iterator[Reason]:
    """A time comes with its own source: that of an earlier one says nothing about it (R-5.1a)."""
    field = f"{event}_source"
    if f"{event}_at" in filled and field not in filled:
        yield missing_field(definition.field_by_id[field])
