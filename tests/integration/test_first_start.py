"""The first start: everything is there afterwards, once, however often it was interrupted."""

from __future__ import annotations

import random
import subprocess
import time
from typing import TYPE_CHECKING, NoReturn

import pytest

from app.bootstrap import Application, build
from app.first_start import Preparation, prepare
from app.settings import Settings
from engine.errors import RefusedError
from engine.ticket import Role
from tests.application import OfficeClock
from tests.daemon_process import HUODIAN, environment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DEFINITIONS = {
    "asset_transfer@1",
    "hv_dual_supply@1",
    "hv_single_supply@1",
    "lv_business@1",
    "lv_business_three_zero@1",
    "lv_resident@1",
}


class PowerCutError(Exception):
    """The machine stops here."""


class PowerCut(Application):
    """An application that stops when it would import the first file."""

    @property
    def imports(self) -> NoReturn:
        raise PowerCutError


@pytest.fixture
def start(empty_database_url: str, tmp_path: Path) -> Iterator[Callable[..., Application]]:
    """Opens the application on a database without any table."""
    opened = []

    def build_it(*, sample: bool) -> Application:
        settings = Settings(database_url=empty_database_url, var_dir=tmp_path, sample=sample)
        opened.append(build(settings, clock=OfficeClock("2026-11-23 09:00")))
        return opened[-1]

    yield build_it
    for each in opened:
        each.database.close()


def counted(application: Application) -> dict[str, int]:
    with application.database.reading() as work:
        verified = work.ledger.verify()
        assert verified.first_broken is None
        tickets = work.tickets.counts()
        return {
            "tickets": tickets.open,
            "people": len(work.accounts.users()),
            "branches": len(work.grid.branches()),
            "grids": len(work.grid.grids()),
            "messages": sum(work.outbox.counts_by_state().values()),
        }


COMPLETE = {"tickets": 13, "people": 19, "branches": 5, "grids": 6, "messages": 39}


def test_an_empty_database_becomes_ready_with_a_sample(start: Callable[..., Application]) -> None:
    application = start(sample=True)
    done = prepare(application)
    assert set(done.published) >= DEFINITIONS
    assert (done.sample_loaded, counted(application)) == (True, COMPLETE)
    admin = application.accounts.actor("admin")
    assert {Role.ADMINISTRATOR, Role.OPERATOR, Role.PROJECT_MANAGER} <= admin.roles
    assert prepare(application) == Preparation()
    assert counted(application) == COMPLETE


def test_without_the_sample_there_is_one_administrator(start: Callable[..., Application]) -> None:
    application = start(sample=False)
    assert not prepare(application).sample_loaded
    assert counted(application) == {
        "tickets": 0,
        "people": 1,
        "branches": 0,
        "grids": 0,
        "messages": 0,
    }
    assert application.accounts.actor("admin").roles == {Role.ADMINISTRATOR}


def test_people_who_are_there_already_get_no_sample(start: Callable[..., Application]) -> None:
    prepare(start(sample=False))
    application = start(sample=True)
    with application.database.writing() as work:
        work.marks.set("prepared_for", "an older release")
        work.commit()
    assert not prepare(application).sample_loaded
    assert counted(application)["people"] == 1


def test_a_database_of_a_newer_program_is_refused(start: Callable[..., Application]) -> None:
    application = start(sample=False)
    prepare(application)
    with application.database.writing() as work:
        work._connection.exec_driver_sql(  # noqa: SLF001  (what a newer program would do)
            "UPDATE alembic_version SET version_num = '9999'"
        )
        work.commit()
    with pytest.raises(RefusedError, match="请先升级程序"):
        prepare(application)


@pytest.mark.slow
def test_a_start_that_is_killed_is_finished_by_the_next(
    start: Callable[..., Application], empty_database_url: str, tmp_path: Path
) -> None:
    env = environment_of(database_url=empty_database_url, var_dir=tmp_path, sample="true")
    chance = random.Random(2027)  # noqa: S311  (guards no secret)
    for _ in range(4):
        with subprocess.Popen([HUODIAN, "branch", "list"], env=env, stdout=subprocess.PIPE) as one:
            time.sleep(chance.uniform(0.5, 1.6))
            one.kill()
    subprocess.run([HUODIAN, "branch", "list"], env=env, check=True, stdout=subprocess.PIPE)
    application = start(sample=True)
    assert prepare(application) == Preparation()
    assert counted(application) == COMPLETE
    assert Role.PROJECT_MANAGER in application.accounts.actor("admin").roles


@pytest.mark.slow
def test_two_that_start_at_once_prepare_it_once(
    start: Callable[..., Application], empty_database_url: str, tmp_path: Path
) -> None:
    env = environment_of(database_url=empty_database_url, var_dir=tmp_path, sample="true")
    both = [
        subprocess.Popen([HUODIAN, "ticket", "list"], env=env, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    for each in both:
        each.communicate()
    assert [each.returncode for each in both] == [0, 0]
    assert counted(start(sample=True)) == COMPLETE


def test_a_start_that_was_interrupted_in_the_sample_goes_on(
    start: Callable[..., Application],
) -> None:
    """The power goes after the people came in and before the applications do."""
    application = start(sample=True)
    stopped = PowerCut(
        settings=application.settings, clock=application.clock, database=application.database
    )
    with pytest.raises(PowerCutError):
        prepare(stopped)
    assert counted(application)["people"] == COMPLETE["people"] - 1
    assert prepare(application).sample_loaded
    assert counted(application) == COMPLETE
