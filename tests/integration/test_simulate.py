"""The simulation on both databases: everything arrives, the ledger holds, the figures are true.

What the report says about time is worked out here a second time, from nothing but the ledger and
the State Council's days, one day after the other.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic_core import to_jsonable_python

from app.bootstrap import build
from app.settings import Settings
from app.simulate import SimulationResult, run
from app.simulate.stocktaking import rung_of
from engine.calendar import SHANGHAI, local_date
from engine.machine import TicketMachine
from engine.replay import reenact, replayable
from notifications.message import MessageKind, MessageState
from storage.database import open_database
from tests.official_calendar import official_calendar_years
from tests.replaying import own_rules
from workflows.catalog import load_shipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.ledger import LedgerEntry
    from tests.databases import Cluster

DATA = Path(__file__).parents[1] / "data"
APPLICATIONS = DATA / "applications.csv"
DAYS, SEED = 90, 7
STARTS_ON = date(2026, 9, 1)
LV_CAP_KW = 160
LAST_LV = "metering_and_energization"
SMALL = {"small_micro", "individual_business", "farmers_cooperative"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A whole simulation with the database that it left behind."""

    result: SimulationResult
    url: str


@pytest.fixture(scope="module")
def played_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return _played(f"sqlite:///{tmp_path_factory.mktemp('simulation')}/kept.db")


@pytest.fixture(scope="module")
def played_on_postgresql(cluster: Cluster) -> Iterator[Played]:
    url = cluster.empty()
    yield _played(url)
    cluster.drop(url)


ONCE = {name: pytest.mark.xdist_group(f"played-on-{name}") for name in ("sqlite", "postgresql")}
"""Tests of one database share a worker, so that it is played once."""


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=ONCE["sqlite"]),
        pytest.param("postgresql", marks=[pytest.mark.postgresql, ONCE["postgresql"]]),
    ]
)
def played(request: pytest.FixtureRequest) -> Played:
    """All applications, on each database; played once."""
    found: Played = request.getfixturevalue(f"played_on_{request.param}")
    return found


# --- everything arrives ----------------------------------------------------------------------


@pytest.mark.slow
def test_every_application_becomes_a_ticket_of_its_type(played: Played) -> None:
    expected = Counter(_expected_definition(row) for row in _applications())

    assert played.result.refused_rows == ()
    assert {each.definition: each.submitted for each in played.result.types} == expected
    assert sum(expected.values()) == 300


@pytest.mark.slow
def test_the_numbers_of_a_type_add_up_and_most_tickets_come_to_an_end(played: Played) -> None:
    for each in played.result.types:
        assert each.energized + each.aborted + each.open == each.submitted
        assert each.energized <= each.accepted
    assert sum(each.energized for each in played.result.types) > 250
    assert played.result.papers.completed > 100
    assert sum(each.by_hand for each in played.result.pauses) > 0


@pytest.mark.slow
def test_nothing_fails_in_the_daemon_and_every_message_leaves(played: Played) -> None:
    assert {counts["failed"] for counts in played.result.sweeps.values()} == {0}
    unsent = {MessageState.SENDING, MessageState.IN_DOUBT, MessageState.FAILED}
    assert not unsent & played.result.messages.keys()
    assert played.result.messages[MessageState.ACCEPTED] > 2000


# --- the ledger holds ------------------------------------------------------------------------


@pytest.mark.slow
def test_the_ledger_is_whole_and_lies_within_the_simulated_days(played: Played) -> None:
    database = open_database(played.url)
    with database.reading() as work:
        found = work.ledger.verify()
        streams = [head.stream for head in work.ledger.heads()]
        instants = [entry.at for each in streams for entry in work.ledger.entries(each)]
        mark = work.marks.find("made_by")
    database.close()

    assert (played.result.ledger.ok, played.result.ledger.entries) == (True, found.entries)
    assert found.first_broken is None
    assert len(instants) == found.entries
    begins = datetime.combine(STARTS_ON, datetime.min.time(), tzinfo=SHANGHAI)
    assert begins <= min(instants)
    assert max(instants) < begins + timedelta(days=DAYS)
    assert mark == "simulate"


@pytest.mark.slow
@pytest.mark.parametrize("by", ["its own version", "a draft of the same content"])
def test_every_ticket_comes_out_of_its_own_record(played: Played, tmp_path: Path, by: str) -> None:
    application = build(Settings(database_url=played.url, var_dir=tmp_path, sample=False))
    drafts = {each.id: TicketMachine(replayable(each, [each])) for each, _ in load_shipped()}
    draft = None if by == "its own version" else lambda ref: drafts[ref.partition("@")[0]]
    with application.database.reading() as work:
        rules = own_rules(application, work, draft)
        for row in work.tickets.worklist(open_only=False, limit=1000):
            again = reenact(row.ticket, work.ledger.entries(row.ticket.ticket_no), rules)
            assert again.ticket == row.ticket
            assert (again.stop, again.skipped, again.unknown) == (None, (), ())
    application.database.close()


# --- the figures are true --------------------------------------------------------------------


@pytest.mark.slow
def test_intake_is_on_time_as_often_as_the_ledger_says(played: Played) -> None:
    counted: dict[str, Counter[str]] = {}
    for entries in _streams(played.url):
        started = _first(entries, "ClockStarted", stage="intake")
        accepted = next((each for each in entries if each.action == "complete_intake"), None)
        if started is None or accepted is None:
            continue
        used = _naive_working_days(local_date(started.at), local_date(accepted.at))
        definition = _definition(entries)
        verdicts = counted.setdefault(definition, Counter())
        verdicts["finished"] += 1
        verdicts["on_time"] += used <= 1

    said = {
        each.definition: Counter(finished=each.finished, on_time=each.on_time)
        for each in played.result.punctuality
        if each.clock == "stage:intake"
    }
    assert said == counted
    assert any(each["on_time"] < each["finished"] for each in counted.values())


@pytest.mark.slow
def test_the_whole_process_is_on_time_as_often_as_the_ledger_says(played: Played) -> None:
    limits = {"lv_resident": 2, "lv_business_three_zero": 5}
    days: dict[str, list[int]] = {name: [] for name in limits}
    for entries in _streams(played.url):
        started, last = _first(entries, "ClockStarted", stage="intake"), entries[-1]
        if started is not None and last.target_state == "energized":
            used = _naive_working_days(local_date(started.at), local_date(last.at))
            days.setdefault(_definition(entries), []).append(used)

    for name, limit in limits.items():
        said = next(
            each
            for each in played.result.punctuality
            if (each.definition, each.clock) == (name, "end_to_end")
        )
        on_time = sum(used <= limit for used in days[name])
        assert (said.finished, said.on_time) == (len(days[name]), on_time)
        assert 0 < on_time < len(days[name])
    means = {name: round(sum(used) / len(used), 2) for name, used in days.items() if used}
    assert {each.definition: each.mean_days for each in played.result.types} == means


@pytest.mark.slow
def test_the_last_stage_counts_the_company_s_days_only(played: Played) -> None:
    stages = {"hv_single_supply": "inspection_and_energization", "lv_business": LAST_LV}
    limits = {"hv_single_supply": 10, "lv_business": 4}
    for name, stage in stages.items():
        used = [
            _days_without_pauses(entries, stage)
            for entries in _streams(played.url)
            if _definition(entries) == name and entries[-1].target_state == "energized"
        ]
        said = next(
            each
            for each in played.result.punctuality
            if (each.definition, each.clock) == (name, f"stage:{stage}")
        )
        on_time = sum(days <= limits[name] for days in used)
        assert (said.finished, said.on_time) == (len(used), on_time)


@pytest.mark.slow
def test_whoever_is_reminded_of_an_overdue_limit_is_on_the_overdue_list(played: Played) -> None:
    database = open_database(played.url)
    with database.reading() as work:
        messages = work.outbox.listing(limit=100_000)
    database.close()
    reminding = [
        each for each in messages if each.kind in {MessageKind.REMINDER, MessageKind.ESCALATION}
    ]
    late = {each.ticket_no for each in reminding if rung_of(each).startswith("overdue")}

    assert Counter(rung_of(each) for each in reminding) == played.result.reminders
    assert set(played.result.reminders) == {
        "half_left",
        "last_day",
        "before_close",
        "overdue",
        "overdue_daily",
    }
    assert late
    assert late <= {each.ticket_no for each in played.result.overdue}


@pytest.mark.slow
def test_the_report_can_be_read_by_people_and_by_programs(played: Played) -> None:
    text = played.result.as_text()
    parsed = json.loads(json.dumps(to_jsonable_python(played.result)))

    assert "申请 300 件" in text
    assert f"完整，共 {played.result.ledger.entries} 条" in text
    assert all(late.ticket_no in text for late in played.result.overdue)
    assert parsed["ledger"]["digest"] == played.result.ledger.digest
    assert parsed["types"][0]["submitted"] == played.result.types[0].submitted


# --- same seed, same result ------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.postgresql
def test_both_databases_tell_the_same_story(
    played_on_sqlite: Played, played_on_postgresql: Played
) -> None:
    on_sqlite, on_postgresql = played_on_sqlite.result, played_on_postgresql.result

    assert replace(on_sqlite, database="") == replace(on_postgresql, database="")
    assert (on_sqlite.database, on_postgresql.database) == ("SQLite", "PostgreSQL")


# --- the second way to the same figures ------------------------------------------------------


def _played(url: str) -> Played:
    result = run(APPLICATIONS, days=DAYS, seed=SEED, database_url=url)
    return Played(result=result, url=url)


def _applications() -> list[dict[str, str]]:
    return list(csv.DictReader(APPLICATIONS.read_text(encoding="utf-8").splitlines()))


def _expected_definition(row: dict[str, str]) -> str:
    """The rules of R-4.1 and R-4.2 as they are since 2022-12-31."""
    if int(row["supply_sources"]) > 1:
        return "hv_dual_supply"
    total = Decimal(row["requested_capacity_kw"]) + Decimal(row["existing_capacity_kw"])
    if total > LV_CAP_KW:
        return "hv_single_supply"
    if row["applicant_kind"] == "resident":
        return "lv_resident"
    return "lv_business_three_zero" if row["applicant_kind"] in SMALL else "lv_business"


def _streams(url: str) -> list[list[LedgerEntry]]:
    """The entries of every ticket."""
    database = open_database(url)
    with database.reading() as work:
        rows = work.tickets.worklist(open_only=False, limit=1000)
        streams = [work.ledger.entries(row.ticket.ticket_no) for row in rows]
    database.close()
    return streams


def _definition(entries: list[LedgerEntry]) -> str:
    return entries[-1].definition_ref.partition("@")[0]


def _events(entry: LedgerEntry) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = entry.facts["events"]
    return events


def _first(entries: list[LedgerEntry], kind: str, **facts: str) -> LedgerEntry | None:
    for entry in entries:
        for event in _events(entry):
            if event["event"] == kind and facts.items() <= event.items():
                return entry
    return None


def _naive_working_days(start: date, end: date) -> int:
    return sum(_is_worked(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def _days_without_pauses(entries: list[LedgerEntry], stage: str) -> int:
    """Working days after the start that do not lie strictly inside a stop of the clock."""
    started = _first(entries, "ClockStarted", stage=stage)
    assert started is not None
    begins, ends = local_date(started.at), local_date(entries[-1].at)
    stops: list[tuple[date, date]] = []
    stopped: date | None = None
    for entry in entries:
        for event in _events(entry):
            if event["event"] == "ClockStopped":
                stopped = local_date(entry.at)
            if event["event"] == "ClockResumed" and stopped is not None:
                stops.append((stopped, local_date(entry.at)))
    return sum(
        _is_worked(day) and not any(since < day < until for since, until in stops)
        for day in (begins + timedelta(days=n) for n in range(1, (ends - begins).days + 1))
    )


EXCEPTIONS = {day.on: day.is_working for year in official_calendar_years() for day in year.days}


def _is_worked(on: date) -> bool:
    return EXCEPTIONS.get(on, on.weekday() < 5)
