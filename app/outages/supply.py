"""The course of an outage: supply goes out, the works go on, supply comes back (R-7.2).

    supply.start(ticket_no, given, actor=...)                      -> OutageResult
    supply.report_progress(ticket_no, given, actor=...)            -> OutageResult
    supply.restore(ticket_no, given, nodes=(), actor=...)          -> OutageResult

Reported times stand among the fields with their source, beside the time of the ledger's entry
(R-5.1a); without one the present instant counts, as recorded by the dispatcher.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.outages.desk import against_borrowed_source, with_source
from app.outages.moving import ESTIMATE, cause_of, details_after, details_of, moved
from app.outages.places import place_of
from app.outages.points import keep, restored_in_part
from app.outages.restoring import part_of
from app.outages.results import OutageResult, result_of
from app.outages.rules import (
    OFF_TIME,
    Times,
    against_estimate,
    against_occurrence,
    against_restoration,
    is_after_all_that_was_announced,
)
from engine.events import SupplyRestored
from engine.network import SupplyView
from engine.outage import (
    Outage,
    OutageNews,
    OutagePhase,
    Restoration,
    RestorationMeans,
)
from notifications.outages import News

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.outages.desk import OutageDesk
    from app.outages.restoring import Part
    from app.ports.outage_work import OutageWork
    from app.trip.case import Case
    from engine.ticket import Act, Actor

START, RESTORE, RESTORE_PARTIALLY = "start", "restore", "restore_partially"
REPORT_PROGRESS = "report_progress"
PROGRESS = frozenset({REPORT_PROGRESS, "dispatch_crew", "find_cause"})
"""Moves that say how far the works are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyService:
    """What happens from the moment when supply goes out."""

    outages: OutageDesk

    def start(
        self,
        ticket_no: str,
        given: Mapping[str, str],
        *,
        actor: Actor,
        expected_revision: int | None = None,
    ) -> OutageResult:
        """Supply has gone out as announced; whom it concerns is determined anew."""
        act = self.outages.desk.act(actor)
        with self.outages.database.writing() as work:
            case, before = self.outages.loaded(work, ticket_no, act, expected_revision)
            filled = with_source(given, "occurred", act)
            if before.planned_until is not None and before.planned_until > act.at:
                planned = before.planned_until.isoformat(timespec="seconds")
                filled.setdefault("estimated_restoration_at", planned)
            details = details_after(case, START, filled)
            times, excuse = Times.of(details), details.get(OFF_TIME, "")
            against = (
                *against_occurrence(times, before, excuse, act.at),
                *against_estimate(times.estimated_at, act.at),
            )
            case = self.outages.kept(work, case, moved(case, START, filled, against), START)
            began = times.occurred_at or act.at
            is_unheard_of = is_after_all_that_was_announced(began, before)
            before = self.outages.in_step.bring(work, before, act)
            outage = replace(
                self._placed(work, before, began),
                phase=OutagePhase.IN_PROGRESS,
                begins_at=began,
                late_reason=excuse if is_unheard_of else before.late_reason,
                begins_source=details["occurred_source"],
                ends_at=None,
                estimated_at=times.estimated_at,
                changed_at=act.at,
                counted_at=act.at,
                step=before.step + 1,
            )
            work.outages.save(outage)
            kept = keep(work, outage, act.at)
            self.outages.in_step.correct_others(work, outage, began, act)
            told = News(kind=OutageNews.STARTED, outage=outage, cause=outage.cause)
            self.outages.telling.tell(work, case, told)
            if kept.left_at is not None:
                self.outages.in_step.tell_released(work, outage, kept.left_at, act)
            work.commit()
        return result_of(case, outage, kept.points, told.kind)

    def report_progress(
        self,
        ticket_no: str,
        given: Mapping[str, str],
        *,
        actor: Actor,
        trigger: str = REPORT_PROGRESS,
        expected_revision: int | None = None,
    ) -> OutageResult:
        """Say how far the works are, and until when they will take.

        A new estimate is told if it differs enough from what was told, and not too often; what is
        not told now is told by the daemon when it is time.
        """
        act = self.outages.desk.act(actor)
        with self.outages.database.writing() as work:
            case, before = self.outages.loaded(work, ticket_no, act, expected_revision)
            details = details_after(case, trigger, given)
            # Asked for, it is no answer that an earlier estimate has passed.
            fresh = trigger == REPORT_PROGRESS or bool(given.get(ESTIMATE, "").strip())
            times = Times.of(details)
            against = against_estimate(times.estimated_at, act.at) if fresh else ()
            case = self.outages.kept(work, case, moved(case, trigger, given, against), trigger)
            outage = replace(
                before,
                estimated_at=times.estimated_at,
                cause=cause_of(case.definition, details),
                area=_entered(given, details, "affected_area") or before.area,
                line=_entered(given, details, "affected_line") or before.line,
                step=before.step + 1,
            )
            work.outages.save(outage)
            # What was said with an earlier estimate is old news.
            progress = _entered(given, details, "progress")
            told = self.outages.tell_estimate(work, case, outage, lambda: progress)
            work.commit()
        return result_of(case, outage, 0, OutageNews.ESTIMATE if told else None)

    def restore(
        self,
        ticket_no: str,
        given: Mapping[str, str],
        *,
        actor: Actor,
        nodes: Sequence[str] = (),
        expected_revision: int | None = None,
    ) -> OutageResult:
        """Supply is back: below some of the nodes, or everywhere if none is named."""
        act = self.outages.desk.act(actor)
        with self.outages.database.writing() as work:
            case, before = self.outages.loaded(work, ticket_no, act, expected_revision)
            part = part_of(work, before, nodes)
            trigger = RESTORE if part.whole else RESTORE_PARTIALLY
            filled = _restoration(case, given, part, act)
            details = details_after(case, trigger, filled)
            times = Times.of(details)
            against = (
                *part.reasons,
                *against_borrowed_source(filled, "restored", case.definition),
                *against_restoration(times, before, act.at),
            )
            if not part.whole:
                against = (*against, *against_estimate(times.estimated_at, act.at))
            means = _means(filled, details)
            event = SupplyRestored(nodes=part.nodes, means=means)
            case = self.outages.kept(
                work, case, moved(case, trigger, filled, against, event), trigger
            )
            restored_at = times.restored_at or act.at
            before = self.outages.in_step.bring(work, before, act)
            outage = replace(
                before,
                cause=cause_of(case.definition, details),
                estimated_at=times.estimated_at,
                changed_at=act.at,
                step=before.step + 1,
            )
            restoration = Restoration(
                restored_at=restored_at,
                means=means,
                source=details["restored_source"],
                recorded_at=act.at,
                step=outage.step,
            )
            outage, points = self._restored(work, outage, part, restoration)
            self.outages.in_step.correct_others(work, outage, restored_at, act)
            told = News(
                kind=OutageNews.RESTORED,
                outage=outage,
                cause=outage.cause,
                restored_at=restored_at,
                part=part.names,
            )
            is_told = self.outages.telling.tell(work, case, told)
            work.commit()
        return result_of(case, outage, points, told.kind if is_told else None)

    def _placed(self, work: OutageWork, outage: Outage, began: datetime) -> Outage:
        """The outage where its nodes hung when it began, by the words that follow from that.

        Words that somebody chose himself are left alone.
        """
        before = place_of(work, outage.nodes, SupplyView.at(outage.changed_at))
        now = place_of(work, outage.nodes, SupplyView.at(began))
        work.outages.set_feeders(outage.ticket_no, now.feeders)
        return replace(
            outage,
            area=now.area if outage.area == before.area else outage.area,
            line=now.line if outage.line == before.line else outage.line,
        )

    def _restored(
        self, work: OutageWork, outage: Outage, part: Part, restoration: Restoration
    ) -> tuple[Outage, int]:
        """Write down where supply is back; returns how many points have it again."""
        at, since, number = restoration.recorded_at, restoration.restored_at, outage.ticket_no
        if part.whole:
            outage = replace(
                outage,
                phase=OutagePhase.RESTORED,
                ends_at=since,
                ends_source=restoration.source,
            )
            work.outages.save(outage)
            return outage, work.affected.restore_all(number, since, outage.step)
        work.outages.save(outage)
        work.outages.add_restorations(number, part.nodes, restoration)
        return outage, restored_in_part(work, outage, since, at)


def _entered(given: Mapping[str, str], details: Mapping[str, str], field: str) -> str:
    """What was entered with this move, as it was read; empty if nothing was."""
    return details.get(field, "") if given.get(field, "").strip() else ""


def _means(filled: Mapping[str, str], details: Mapping[str, str]) -> RestorationMeans:
    """How this part came back; how an earlier one did says nothing about it."""
    known = details.get("restoration_means", "") if "restoration_means" in filled else ""
    return RestorationMeans(known) if known else RestorationMeans.REPAIR


def _restoration(case: Case, given: Mapping[str, str], part: Part, act: Act) -> dict[str, str]:
    """What is entered with a restoration, as far as it follows from what is known."""
    filled = with_source(given, "restored", act)
    if not part.whole:
        filled.setdefault("restored_part", "、".join(part.names))
        return filled
    for about_the_rest in ("restored_part", ESTIMATE):
        filled.pop(about_the_rest, None)
    if "fault_cause" in case.definition.field_by_id and "fault_cause" not in details_of(case):
        filled.setdefault("fault_cause", "unknown")
    return filled
