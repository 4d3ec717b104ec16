"""What administrators do to the working calendar, and the sweep that follows a change (R-2.3).

Every ticket keeps the version of the calendar its dates were derived with. The sweep `recompute`
brings the others up to date, one ticket a transaction, and may be killed at any time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.fields import remark
from app.rules.calendar_preview import CalendarImpact, impact_of
from app.streams import CALENDAR
from app.sweeping import SweepReport, sweep_each
from engine.calendar import YearStatus, local_date
from engine.clocks import promise_of
from engine.errors import MalformedError, Reason, RefusedError
from engine.events import Outcome, PromiseChanged
from engine.ledger import LedgerDraft
from engine.ticket import SYSTEM
from workflows.calendar_sources import build_calendar, parse_year_csv, statutory_days_missing

if TYPE_CHECKING:
    from datetime import datetime

    from app.trip.case import Case
    from app.trip.desk import Desk
    from engine.calendar import DayOverride, WorkCalendar, YearSummary
    from engine.ledger import LedgerEntry
    from engine.ticket import Act, Actor

NAME = "calendar"
BATCH = 500
IMPORT_YEAR = "import_year"
MOST_CAUSES = 3
"""So many changes of the calendar are named as the cause of a moved date."""

WARN_FROM_MONTH = 12
"""From December administrators are warned while next year is provisional (R-2.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearImport:
    """An imported year, the statutory holidays it does not give off, and whose dates move."""

    summary: YearSummary
    missing_holidays: tuple[str, ...]
    impact: CalendarImpact


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarService:
    """What administrators do to the calendar, and the sweep that follows a change."""

    desk: Desk

    def calendar(self) -> WorkCalendar:
        """The calendar in force."""
        with self.desk.database.reading() as work:
            return self.desk.calendars.current(work)

    def import_year(
        self,
        content: bytes,
        *,
        actor: Actor,
        year: int | None = None,
        incomplete: str = "",
        dry_run: bool = False,
    ) -> YearImport:
        """Take in a year's notice from CSV; it replaces what was known of the year.

        `incomplete` says why statutory holidays are to be worked, where the file has it so.

        Raises:
            RefusedError: every fault of the file, by line; or statutory holidays are missing in it
                and nobody says why. A dry run only shows them.
        """
        act = self.desk.act(actor)
        authorize(actor, Action.MANAGE_CALENDAR)
        imported = parse_year_csv(content, year)
        with self.desk.database.reading() as work:
            others = [each for each in work.calendars.years() if each.year != imported.year]
            overrides = work.calendars.overrides()
            calendar = self.desk.calendars.built([*others, imported], overrides)
            impact = impact_of(self.desk, work, calendar, act.at)
        result = YearImport(
            summary=build_calendar([imported]).year(imported.year),
            missing_holidays=tuple(
                f"{day.on:%Y-%m-%d} {day.note}" for day in statutory_days_missing(imported)
            ),
            impact=impact,
        )
        if dry_run:
            return result
        why = remark(incomplete, "incomplete")
        if result.missing_holidays and not why:
            raise _incomplete(result.missing_holidays)
        details: dict[str, object] = {
            "status": imported.status,
            "days": [str(d.on) for d in imported.days],
        }
        if result.missing_holidays:
            details |= {"missing": result.missing_holidays, "reason": why}
        with self.desk.database.writing() as work:
            work.calendars.add_year(imported, actor.user_id, act.at)
            draft = LedgerDraft(
                action=IMPORT_YEAR,
                source_state="",
                target_state=str(imported.year),
                details=details,
            )
            work.ledger.append(CALENDAR, draft, actor, act.at)
            work.commit()
        return result

    def override(self, day: DayOverride, *, actor: Actor, dry_run: bool = False) -> CalendarImpact:
        """Make one day worked or off, whatever the notice says (R-2.2); returns whose dates move.

        Raises:
            MalformedError: without a note, which explains every due date that the day moves.
        """
        act = self.desk.act(actor)
        authorize(actor, Action.MANAGE_CALENDAR)
        if not day.note.strip():
            raise MalformedError(
                Reason(
                    code="note_missing",
                    field="note",
                    message="须写明原因，它会出现在时限的逐日说明中",
                    clause="R-2.2",
                    remedy="例如：抗震救灾临时放假",
                )
            )
        with self.desk.database.reading() as work:
            others = [each for each in work.calendars.overrides() if each.on != day.on]
            calendar = self.desk.calendars.built(work.calendars.years(), [*others, day])
            impact = impact_of(self.desk, work, calendar, act.at)
        if dry_run:
            return impact
        with self.desk.database.writing() as work:
            work.calendars.set_override(day, actor.user_id, act.at)
            draft = LedgerDraft(
                action="override_day",
                source_state="",
                target_state=day.on.isoformat(),
                details={"is_working": day.is_working, "note": day.note},
            )
            work.ledger.append(CALENDAR, draft, actor, act.at)
            work.commit()
        return impact

    def recompute(self) -> SweepReport:
        """Derive the dates of every open ticket again that another calendar gave them (R-2.3)."""
        act = self.desk.act(SYSTEM)
        with self.desk.database.reading() as work:
            version = self.desk.calendars.current(work).version
            stale_ones = work.tickets.derived_with_other_calendar(version, BATCH)
        return sweep_each(NAME, stale_ones, lambda ticket_no: self._recompute(ticket_no, act))

    def warning(self) -> str:
        """What administrators must know about next year's calendar; empty if nothing (R-2.3)."""
        today = local_date(self.desk.clock())
        next_year = today.year + 1
        if today.month < WARN_FROM_MONTH:
            return ""
        if self.calendar().year(next_year).status is not YearStatus.PROVISIONAL:
            return ""
        return (
            f"{next_year} 年放假安排尚未导入，跨年的办理时限均为暂定，"
            "请管理员在国务院办公厅通知发布后尽快导入"
        )

    def _recompute(self, ticket_no: str, act: Act) -> bool:
        with self.desk.database.writing() as work:
            case = self.desk.load(work, ticket_no, act)
            outcome = _repromised(case, tuple(work.ledger.entries(CALENDAR)))
            if outcome is not None:
                self.desk.recorder.keep(work, case, outcome, action="calendar_changed")
            else:
                standing = self.desk.recorder.standing(case, case.ticket, case.definition)
                work.tickets.refresh_standing(ticket_no, case.ticket.revision, standing)
            work.commit()
        return outcome is not None


def _incomplete(missing: tuple[str, ...]) -> RefusedError:
    """A file replaces the whole year, so one with the late change only makes holidays workdays."""
    return RefusedError(
        Reason(
            code="holiday_missing",
            field="文件",
            message=f"法定节假日 {day} 在文件中不是休息日",
            clause="R-2.2",
            remedy="请按放假通知补齐全年（文件替换整年）；确系另有安排的，用 --incomplete 说明原因"
            "（记入台账）",
        )
        for day in missing
    )


def _repromised(case: Case, changes: tuple[LedgerEntry, ...]) -> Outcome | None:
    """The ticket with its new promise, if the calendar changed the one the customer was told.

    A provisional date that turns out to be right leaves its trace; nobody is told again.
    """
    run = case.ticket.current_run
    if run is None:
        return None
    renewed = promise_of(run, case.definition, case.calendar, case.act.at)
    if renewed == run or not run.promises:
        return None
    before, after = run.promises[-1], renewed.promises[-1]
    changed = PromiseChanged(
        stage=run.stage_id,
        before=before.due_on,
        after=after.due_on,
        provisional=after.provisional,
        reason=_cause(changes, before.made_at),
    )
    runs = (*case.ticket.stage_runs[:-1], renewed)
    events = () if before.due_on == after.due_on else (changed,)
    return Outcome(ticket=replace(case.ticket, stage_runs=runs), events=events)


def _cause(changes: tuple[LedgerEntry, ...], since: datetime) -> str:
    """What was done to the calendar since a promise was made, in words; the latest of it."""
    told = [_told(each) for each in changes if each.at >= since]
    return "；".join(told[-MOST_CAUSES:])


def _told(change: LedgerEntry) -> str:
    if change.action == IMPORT_YEAR:
        return f"导入 {change.target_state} 年放假安排"
    kind = "工作日" if change.facts["is_working"] else "休息日"
    return f"{change.target_state} 改为{kind}（{change.facts['note']}）"
