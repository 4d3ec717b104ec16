"""Announcing outages: planned, temporary, a fault; changing and calling off what was announced.

    announcements.announce(kind, nodes, given, actor=..., branch="", serves=())   -> OutageResult
    announcements.change(ticket_no, given, nodes=(), reason=..., actor=...)       -> OutageResult
    announcements.cancel(ticket_no, reason=..., actor=...)                        -> OutageResult

An outage is a ticket; each of these moves it, writes the outage's own rows and tells whom it
concerns, in one transaction. `given` is raw text by field of the outage's definition.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.outages.announcing import ANNOUNCE, Wanted, announcement
from app.outages.changing import CHANGE, changed
from app.outages.desk import with_source
from app.outages.moving import cause_of, moved
from app.outages.places import place_of
from app.outages.planning import nearby
from app.outages.points import keep
from app.outages.results import OutageResult, result_of
from app.tickets.beginning import begin, new_case
from engine.events import OutageDeclared
from engine.outage import DEFINITIONS, OutageKind, OutageNews, OutagePhase
from notifications.outages import AT_YOUR_PLACE, News

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.outages.announcing import Announcement
    from app.outages.desk import OutageDesk
    from app.ports.outage_work import OutageWork
    from app.trip.case import Case
    from engine.outage import Outage
    from engine.ticket import Act, Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcements:
    """What is said of an outage before it begins, or that a fault has occurred."""

    outages: OutageDesk

    def announce(  # noqa: PLR0913  (what, where, with what, by whom, for whom)
        self,
        kind: OutageKind,
        nodes: Sequence[str],
        given: Mapping[str, str],
        *,
        actor: Actor,
        branch: str = "",
        serves: Sequence[str] = (),
    ) -> OutageResult:
        """Announce a planned or temporary outage, or that a fault has occurred.

        Raises:
            RefusedError: every reason against it: unknown nodes, missing fields, too late.
            MalformedError: only fields that cannot be read stand against it.
        """
        act = self.outages.desk.act(actor)
        given = with_source(given, "occurred", act) if kind is OutageKind.FAULT else given
        wanted = Wanted(
            kind=kind,
            nodes=tuple(nodes),
            given=given,
            branch=branch,
            serves=tuple(dict.fromkeys(serves)),
        )
        with self.outages.database.writing() as work:
            definition = self.outages.desk.definitions.in_force(
                work, DEFINITIONS[kind], act.at
            ).definition
            planned = announcement(work, definition, wanted, self.outages.policy, act)
            case = self._opened(work, planned, wanted, act)
            cause = cause_of(definition, planned.details)
            outage = planned.outage(case.ticket.ticket_no, wanted, cause, act)
            outage = work.outages.seeing(outage, act.at)
            view = outage.seen_at(act.at)
            near = nearby(work, outage.nodes, view, self.outages.nearby_days)
            work.outages.add(outage)
            work.outages.serve(outage.ticket_no, wanted.serves)
            work.outages.set_feeders(outage.ticket_no, planned.place.feeders)
            points = keep(work, outage, act.at, is_new=True).points
            self.outages.in_step.correct_others(work, outage, outage.begins_at, act)
            told = News(kind=OutageNews.ANNOUNCED, outage=outage, cause=cause)
            important = 0
            if not planned.is_over:
                self.outages.telling.tell(work, case, told)
                important = self.outages.telling.tell_staff(work, case, outage)
            work.commit()
        return OutageResult(
            outage=outage,
            revision=case.ticket.revision,
            service_points=points,
            told=None if planned.is_over else told.kind,
            important=important,
            late=planned.late,
            nearby=near,
        )

    def change(  # noqa: PLR0913  (what, to what, why, by whom, seen when)
        self,
        ticket_no: str,
        given: Mapping[str, str],
        *,
        actor: Actor,
        reason: str,
        nodes: Sequence[str] = (),
        expected_revision: int | None = None,
    ) -> OutageResult:
        """Announce another time or other nodes; who is no longer concerned is told so too."""
        act = self.outages.desk.act(actor, reason)
        with self.outages.database.writing() as work:
            case, before = self.outages.loaded(work, ticket_no, act, expected_revision)
            outcome, outage, late = changed(
                work, case, before, given=given, nodes=nodes, policy=self.outages.policy
            )
            case = self.outages.kept(work, case, outcome, CHANGE)
            outage = work.outages.seeing(outage, act.at)
            view = outage.seen_at(act.at)
            near = nearby(work, outage.nodes, view, self.outages.nearby_days, but=ticket_no)
            work.outages.save(outage)
            if outage.nodes != before.nodes:
                place = place_of(work, outage.nodes, view)
                work.outages.set_feeders(ticket_no, place.feeders)
            left = work.affected.withdraw_absent(ticket_no, view, outage.step)
            points = keep(work, outage, act.at).points
            told = News(kind=OutageNews.CHANGED, outage=outage, was=before, cause=outage.cause)
            self.outages.telling.tell_anew(work, case, told)
            if left:
                self._tell_off(work, case, before, outage.step)
            important = self.outages.telling.tell_staff(work, case, outage)
            work.commit()
        return OutageResult(
            outage=outage,
            revision=case.ticket.revision,
            service_points=points,
            told=told.kind,
            important=important,
            late=late,
            nearby=near,
        )

    def cancel(
        self, ticket_no: str, *, actor: Actor, reason: str, expected_revision: int | None = None
    ) -> OutageResult:
        """Call off what was announced, or take back a fault that proved to be none."""
        act = self.outages.desk.act(actor, reason)
        with self.outages.database.writing() as work:
            case, before = self.outages.loaded(work, ticket_no, act, expected_revision)
            trigger = "dismiss" if before.kind is OutageKind.FAULT else "cancel"
            case = self.outages.kept(work, case, moved(case, trigger, {}, ()), trigger)
            outage = replace(
                before, phase=OutagePhase.CANCELLED, changed_at=act.at, step=before.step + 1
            )
            work.outages.save(outage)
            points = work.affected.withdraw_all(ticket_no, act.at, outage.step)
            self.outages.in_step.correct_others(work, outage, outage.begins_at, act)
            told = News(kind=OutageNews.CANCELLED, outage=outage, cause=outage.cause)
            if before.planned_from is None:
                self.outages.telling.tell(work, case, told)
            else:
                self.outages.telling.tell_anew(work, case, told)
            work.commit()
        return result_of(case, outage, points, told.kind)

    def _tell_off(self, work: OutageWork, case: Case, before: Outage, step: int) -> None:
        """Tell those who left a changed outage at that step that it is off, where they are."""
        part = work.affected.areas_left(before.ticket_no, step) or (AT_YOUR_PLACE,)
        off = replace(before, step=step)
        news = News(kind=OutageNews.CANCELLED, outage=off, cause=before.cause, part=tuple(part))
        self.outages.telling.tell_anew(work, case, news)

    def _opened(self, work: OutageWork, planned: Announcement, wanted: Wanted, act: Act) -> Case:
        """The outage's ticket, opened and announced."""
        definition_id = DEFINITIONS[wanted.kind]
        case = new_case(
            self.outages.desk, work, definition_id, planned.request, branch=planned.branch, act=act
        )
        # Nobody manages an outage but the dispatchers.
        case = replace(case, ticket=replace(case.ticket, managers=None))
        declared = OutageDeclared(nodes=planned.place.nodes, serves=wanted.serves)
        ticket = begin(self.outages.desk, work, case, events=[declared], given=planned.opening)
        case = self.outages.desk.load(work, ticket.ticket_no, act)
        if (ticket.state, ANNOUNCE) not in case.definition.edges:
            return case
        outcome = moved(case, ANNOUNCE, planned.announcing, ())
        return self.outages.kept(work, case, outcome, ANNOUNCE)
