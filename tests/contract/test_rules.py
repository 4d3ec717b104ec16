"""Definitions, the calendar's records, reminders, receipts, heartbeats and marks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from engine.calendar_year import CalendarDay, CalendarYear, DayKind, DayOverride, YearStatus
from engine.definition import (
    Checkpoint,
    DocumentRequirement,
    Ending,
    ReminderRung,
    RungTiming,
    Stage,
    State,
    TimeLimit,
    Transition,
    WorkflowDefinition,
)
from engine.errors import ConflictError, NotFoundError
from engine.ticket import PauseCause, Role
from tests.contract.builders import AT

if TYPE_CHECKING:
    from storage.database import Database

HOUR = timedelta(hours=1)

DEFINITION = WorkflowDefinition(
    id="lv_resident",
    version=1,
    name="低压居民",
    basis="附件",
    stages=(Stage(id="intake", name="业务受理", limit=TimeLimit(days=1, clause="附件")),),
    states=(
        State(
            id="submitted", name="已提交", stage="intake", suspendable=(PauseCause.EXTERNAL_LINE,)
        ),
        State(id="energized", name="已送电", stage="intake", ending=Ending.COMPLETED),
    ),
    initial="submitted",
    transitions=(
        Transition(
            trigger="energize",
            name="送电",
            source="submitted",
            target="energized",
            roles=(Role.OPERATOR,),
            checkpoint=Checkpoint.ENERGIZATION,
        ),
    ),
    documents=(
        DocumentRequirement(
            id="identity",
            name="身份证件",
            any_of=("identity",),
            due_at=Checkpoint.INTAKE,
            clause="四(二)4",
            key=True,
        ),
    ),
    document_names={"identity": "有效身份证件"},
    handling_limit=TimeLimit(days=1, clause="附件"),
    end_to_end_limit=TimeLimit(days=None),
    reminders=(ReminderRung(id="close", timing=RungTiming.BEFORE_CLOSE, hours=2),),
    content_hash="abc",
)


def published(database: Database, *definitions: WorkflowDefinition) -> None:
    with database.writing() as work:
        for number, definition in enumerate(definitions):
            at = AT + HOUR * number
            work.definitions.publish(definition, f"source {definition.ref}", "admin", at)
        work.commit()


def test_a_definition_comes_back_as_published(database: Database) -> None:
    published(database, DEFINITION)
    with database.reading() as work:
        assert work.definitions.get("lv_resident", 1) == DEFINITION
        assert work.definitions.source("lv_resident", 1) == "source lv_resident@1"
        with pytest.raises(NotFoundError, match="lv_resident@2"):
            work.definitions.get("lv_resident", 2)


def test_the_newest_version_begun_by_then_is_in_force(database: Database) -> None:
    other = replace(DEFINITION, id="hv_dual_supply")
    published(database, DEFINITION, replace(DEFINITION, version=2, name="新"), other)
    moment = timedelta(microseconds=1)
    with database.reading() as work:
        definitions = work.definitions
        assert definitions.version_in_force("lv_resident", AT) == 1
        assert definitions.version_in_force("lv_resident", AT + HOUR - moment) == 1
        assert definitions.version_in_force("lv_resident", AT + HOUR) == 2
        assert definitions.in_force("lv_resident", AT + HOUR).name == "新"
        with pytest.raises(NotFoundError, match="lv_resident"):
            definitions.version_in_force("lv_resident", AT - moment)
        in_force = definitions.all_in_force(AT + HOUR * 2)
        assert [each.ref for each in in_force] == ["hv_dual_supply@1", "lv_resident@2"]
        latest = definitions.latest("lv_resident")
        assert latest is not None
        assert latest.version == 2
        assert definitions.latest("x") is None
        first = definitions.versions("lv_resident")[-1]
        assert len(definitions.versions()) == 3
    assert (first.version, first.published_at, first.superseded_at) == (1, AT, AT + HOUR)
    assert (first.published_by, first.content_hash) == ("admin", "abc")


def test_a_version_may_begin_later_than_it_is_published(database: Database) -> None:
    with database.writing() as work:
        work.definitions.publish(DEFINITION, "", "admin", AT, AT + HOUR)
        with pytest.raises(NotFoundError):
            work.definitions.in_force("lv_resident", AT)
        assert work.definitions.in_force("lv_resident", AT + HOUR) == DEFINITION


def test_a_newer_version_may_overtake_one_that_is_planned_for_later(database: Database) -> None:
    with database.writing() as work:
        definitions = work.definitions
        definitions.publish(DEFINITION, "", "admin", AT)
        planned, sooner = replace(DEFINITION, version=2), replace(DEFINITION, version=3)
        definitions.publish(planned, "", "admin", AT, AT + HOUR * 5)
        definitions.publish(sooner, "", "admin", AT, AT + HOUR)
        third, second, first = definitions.versions("lv_resident")
        assert [definitions.version_in_force("lv_resident", AT + HOUR * n) for n in (0, 1, 6)] == [
            1,
            3,
            3,
        ]
    assert first.superseded_at == third.in_force_from == AT + HOUR
    assert second.superseded_at == AT + HOUR
    assert third.superseded_at is None


def test_a_version_is_published_once(database: Database) -> None:
    published(database, DEFINITION)
    with pytest.raises(ConflictError, match="lv_resident@1"):
        published(database, replace(DEFINITION, name="anders"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE definition_versions SET content = ''",
        "UPDATE definition_versions SET in_force_from = published_at",
        "DELETE FROM definition_versions",
    ],
)
def test_the_database_refuses_to_change_a_published_version(
    database: Database, database_url: str, statement: str
) -> None:
    published(database, DEFINITION)
    engine = create_engine(database_url, poolclass=NullPool)
    with pytest.raises(DatabaseError, match="immutable"), engine.begin() as connection:
        connection.execute(text(statement))


YEAR = CalendarYear(
    year=2022,
    status=YearStatus.IMPORTED,
    source="国办发明电",
    days=(
        CalendarDay(on=date(2022, 1, 3), kind=DayKind.HOLIDAY, note="元旦"),
        CalendarDay(on=date(2022, 1, 29), kind=DayKind.MAKE_UP_WORKDAY, note="春节调休"),
    ),
)


def test_the_newest_revision_of_a_year_counts(database: Database) -> None:
    with database.writing() as work:
        assert work.calendars.add_year(replace(YEAR, days=()), "admin", AT) == 1
        assert work.calendars.add_year(YEAR, "admin", AT) == 2
        assert work.calendars.add_year(replace(YEAR, year=2021, days=()), "admin", AT) == 1
        work.commit()
    with database.reading() as work:
        assert work.calendars.years() == [replace(YEAR, year=2021, days=()), YEAR]


def test_a_day_is_overridden_and_left_to_its_year_again(database: Database) -> None:
    on = date(2022, 1, 3)
    with database.writing() as work:
        calendars = work.calendars
        calendars.set_override(DayOverride(on=on, is_working=True, note="a"), "admin", AT)
        calendars.set_override(DayOverride(on=on, is_working=False, note="b"), "admin", AT)
        assert calendars.overrides() == [DayOverride(on=on, is_working=False, note="b")]
        assert calendars.remove_override(on)
        assert not calendars.remove_override(on)
        assert calendars.overrides() == []


def test_the_stamp_changes_with_every_change(database: Database) -> None:
    on = date(2022, 1, 3)
    with database.writing() as work:
        calendars = work.calendars
        stamps = [calendars.stamp(), calendars.stamp()]
        for change in (
            lambda: calendars.add_year(YEAR, "admin", AT),
            lambda: calendars.set_override(
                DayOverride(on=on, is_working=True, note="a"), "admin", AT
            ),
            lambda: calendars.remove_override(on),
            lambda: calendars.remove_override(on),
        ):
            change()
            stamps.append(calendars.stamp())
    assert len(set(stamps)) == 4
    assert stamps[0] == stamps[1]
    assert stamps[-1] == stamps[-2]


def test_a_rung_is_claimed_once_however_many_try(database: Database) -> None:
    def claim(rung: str) -> bool:
        with database.writing() as work:
            claimed = work.reminders.claim("TC-1", "stage:intake", "2021-09-07", rung, AT)
            work.commit()
        return claimed

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(claim, ["last_day"] * 4)) == [False, False, False, True]
    assert claim("overdue")
    assert claim("overdue+1")
    assert not claim("overdue")


def test_a_rung_rolled_back_may_be_claimed_again(database: Database) -> None:
    for commit in (False, True):
        with database.writing() as work:
            assert work.reminders.claim("TC-1", "stage:intake", "2021-09-07", "overdue", AT)
            if commit:
                work.commit()


def test_receipts_are_kept_as_they_came(database: Database) -> None:
    with database.writing() as work:
        first = work.receipts.add("sms", '{"a": "\\u0001 甲"}', AT)
        second = work.receipts.add("sms", "?", AT, problem="signature")
        work.commit()
    with database.reading() as work:
        listed = work.receipts.listing()
        assert len(work.receipts.listing(limit=1)) == 1
    assert [each.id for each in listed] == [second, first]
    assert (listed[0].problem, listed[1].problem) == ("signature", "")
    assert (listed[1].provider, listed[1].body, listed[1].received_at) == (
        "sms",
        '{"a": "\\u0001 甲"}',
        AT,
    )


def test_the_last_run_of_a_sweep_is_kept(database: Database) -> None:
    with database.writing() as work:
        work.sweeps.beat("reminders", AT, AT + HOUR, {"done": 1})
        work.sweeps.beat("reminders", AT + HOUR, None, {})
        work.sweeps.beat("reminders", AT, AT, {"done": 9})
        work.sweeps.beat("dispatch", AT, AT, {})
        work.commit()
    with database.reading() as work:
        dispatch, reminders = work.sweeps.beats()
    assert dispatch.name == "dispatch"
    assert (reminders.started_at, reminders.finished_at, reminders.counts) == (AT + HOUR, None, {})


def test_marks_are_set_and_count(database: Database) -> None:
    with database.writing() as work:
        assert work.marks.find("made_by") is None
        work.marks.set("made_by", "simulate")
        work.marks.set("made_by", "hand")
        assert work.marks.find("made_by") == "hand"
        assert [work.marks.count_up("n") for _ in range(3)] == [1, 2, 3]
