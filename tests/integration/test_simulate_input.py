"""What a simulation is given: files good and bad, a seed, a database that nobody needs."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.simulate import run
from app.simulate.stocktaking import heads_digest
from engine.errors import MalformedError, RefusedError
from notifications.message import MessageState
from storage.database import open_database

DATA = Path(__file__).parents[1] / "data"
APPLICATIONS = DATA / "applications.csv"


@pytest.fixture(scope="module")
def some_applications(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every seventh application, so that all types and the missing papers are among them."""
    rows = _rows(APPLICATIONS)
    path = tmp_path_factory.mktemp("applications") / "some.csv"
    _write(path, [rows[0], *rows[1::7]])
    return path


def test_same_seed_same_result(empty_database_url: str, some_applications: Path) -> None:
    kept = run(some_applications, days=6, seed=3, database_url=empty_database_url)
    temporary = run(some_applications, days=6, seed=3)

    assert replace(kept, database="") == replace(temporary, database="")


@pytest.mark.slow
def test_the_order_of_the_rows_changes_nothing_and_the_seed_a_lot(
    tmp_path: Path, some_applications: Path
) -> None:
    rows = _rows(some_applications)
    turned_round = tmp_path / "turned-round.csv"
    _write(turned_round, [rows[0], *reversed(rows[1:])])

    first = run(some_applications, days=6, seed=3)
    second = run(turned_round, days=6, seed=3)
    other_seed = run(some_applications, days=6, seed=4)

    assert first.ledger.digest == second.ledger.digest
    assert first.ledger.digest != other_seed.ledger.digest


# --- a scratch database, and nothing else ----------------------------------------------------


def test_a_database_that_holds_tickets_is_refused_and_left_alone(
    empty_database_url: str, some_applications: Path
) -> None:
    before = run(some_applications, days=2, seed=1, database_url=empty_database_url)

    with pytest.raises(RefusedError, match=r"已有 \d+ 张工单.*请指定一个空数据库") as refused:
        run(some_applications, days=2, seed=1, database_url=empty_database_url)

    assert [each.code for each in refused.value.reasons] == ["database_in_use"]
    database = open_database(empty_database_url)
    with database.reading() as work:
        assert heads_digest(work.ledger.heads()) == before.ledger.digest
    database.close()


def test_a_database_that_somebody_has_set_up_is_refused(
    database_url: str, some_applications: Path
) -> None:
    database = open_database(database_url)
    with database.writing() as work:
        work.grid.set_branch("tengchong", code="TC", name="腾冲分公司", phone="0875-0000103")
        work.commit()
    database.close()

    with pytest.raises(RefusedError, match="1 个单位"):
        run(some_applications, days=1, seed=1, database_url=database_url)


def test_a_database_of_another_revision_is_refused_and_not_migrated(
    empty_database_url: str, some_applications: Path
) -> None:
    database = open_database(empty_database_url)
    database.migrate_to("0001")

    with pytest.raises(RefusedError):
        run(some_applications, days=1, seed=1, database_url=empty_database_url)

    assert database.revision() == "0001"
    database.close()


def test_no_message_leaves_the_machine_whatever_carries_the_real_ones(
    monkeypatch: pytest.MonkeyPatch, some_applications: Path
) -> None:
    monkeypatch.setenv("HUODIAN_SMS_CARRIER", "http")
    monkeypatch.setenv("HUODIAN_SMS_URL", "http://127.0.0.1:9/")

    result = run(some_applications, days=3, seed=1)

    assert result.messages.keys() <= {MessageState.ACCEPTED, MessageState.PENDING}
    assert result.messages[MessageState.ACCEPTED] > 0


# --- input -----------------------------------------------------------------------------------


def test_bad_rows_are_named_and_the_good_ones_are_played() -> None:
    result = run(DATA / "applications-bad.csv", days=10, seed=1)

    problems = {(row.line, row.field) for row in result.refused_rows}
    assert {(2, "requested_capacity_kw"), (14, "requested_voltage_kv"), (8, "branch")} <= problems
    assert result.applications == 22
    submitted = sum(each.submitted for each in result.types)
    assert submitted == 22 - len({row.line for row in result.refused_rows})


def test_an_external_number_that_comes_twice_or_not_at_all_is_refused(tmp_path: Path) -> None:
    header, first, second, third = _rows(APPLICATIONS)[:4]
    second[0], third[0] = first[0], ""
    path = tmp_path / "twice.csv"
    _write(path, [header, first, second, third])

    result = run(path, days=1, seed=1)

    assert [(row.line, row.field) for row in result.refused_rows] == [
        (3, "external_ref"),
        (4, "external_ref"),
    ]


def test_a_file_that_claims_times_is_refused(tmp_path: Path) -> None:
    header, first = _rows(APPLICATIONS)[:2]
    path = tmp_path / "claimed.csv"
    _write(path, [[*header, "submitted_at"], [*first, "2026-09-01"]])

    with pytest.raises((MalformedError, RefusedError), match=r"R-5\.1"):
        run(path, days=1, seed=1)


def test_nodes_are_kept_where_a_network_is_given(some_applications: Path) -> None:
    with_network = run(some_applications, days=1, seed=1, topology=DATA / "topology.csv")
    without = run(some_applications, days=1, seed=1)

    assert (with_network.notes, with_network.refused_rows) == ((), ())
    assert "供电节点" in without.notes[0]


def test_each_day_is_told_as_it_begins(some_applications: Path) -> None:
    days: list[date] = []

    run(some_applications, days=3, seed=1, start=date(2026, 9, 28), progress=days.append)

    assert days == [date(2026, 9, 28), date(2026, 9, 29), date(2026, 9, 30)]


def _rows(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
