"""The office that tests work in: two branches, their people, network and grids, on each database.

Prepared once a session and copied for each test. When a test ends, the ledger of its office is
verified, and that every ticket has exactly one entry a revision.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from app.bootstrap import Application, build
from app.first_start import prepare
from app.people.accounts import NewUser
from app.people.organisation import NewGrid
from app.settings import Settings
from engine.ticket import SYSTEM, ManagerPair
from tests.applicants import OTHER_PAIR, PAIR, PEOPLE, PHONES
from tests.application import Office, OfficeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.databases import Cluster

NETWORK = """\
node_id,kind,parent_id,name,rated_kva,contract_kw,area_class,important,alternative_node_id
S1,substation,,城东变电站,,,,,
F1,feeder,S1,10千伏城线,,,,,
T1,transformer_area,F1,和畅台区,400,,city_centre,,
F2,feeder,S1,10千伏乡线,,,,,
G-07,transformer_area,F2,竹溪台区,160,,rural,,
P1,service_point,G-07,竹溪1号表位,,8,rural,,
"""
"""Grid tc-02 looks after feeder F2 and all below it, grid tc-01 after the rest of the branch."""


def furnish(application: Application) -> None:
    """Branches, people, network and grids."""
    for branch, code, name, phone in (
        ("tengchong", "TC", "腾冲分公司", "0875-0000103"),
        ("longling", "LL", "龙陵分公司", "0875-0000104"),
    ):
        application.organisation.set_branch(branch, code=code, name=name, phone=phone, actor=SYSTEM)
    for user_id, name, role, branch in PEOPLE:
        user = NewUser(
            user_id=user_id,
            name=name,
            roles=frozenset({role}),
            branch=branch,
            phone=PHONES[user_id],
        )
        application.accounts.create_user(user, actor=SYSTEM)
    report = application.imports.topology(NETWORK.encode(), actor=SYSTEM)
    assert not report.refused
    longling = ManagerPair(project_manager="ll-project", account_manager="ll-account")
    for grid in (
        NewGrid(id="tc-01", branch="tengchong", name="城区", managers=PAIR, is_default=True),
        NewGrid(id="tc-02", branch="tengchong", name="乡镇", managers=OTHER_PAIR, nodes=("F2",)),
        NewGrid(id="ll-01", branch="longling", name="龙陵", managers=longling, is_default=True),
    ):
        application.organisation.set_grid(grid, actor=SYSTEM)


# --- fixtures --------------------------------------------------------------------------------


def _prepare(url: str, var_dir: Path) -> None:
    settings = Settings(database_url=url, var_dir=var_dir, sample=False)
    application = build(settings, clock=OfficeClock())
    try:
        prepare(application)
        furnish(application)
    finally:
        application.database.close()


@pytest.fixture(scope="session")
def furnished_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the office in it."""
    folder = tmp_path_factory.mktemp("office")
    _prepare(f"sqlite:///{folder / 'office.db'}", folder)
    return folder / "office.db"


@pytest.fixture(scope="session")
def furnished_postgresql(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """Makes a PostgreSQL database with the office in it."""
    return copies_of_office(cluster, tmp_path_factory.mktemp("office"))


def copies_of_office(cluster: Cluster, folder: Path) -> Callable[[], str]:
    """What makes databases with the office in them, in that cluster."""
    template = cluster.fresh()
    _prepare(template, folder)
    parts = urlsplit(template)
    name = parts.path.removeprefix("/")
    made = iter(range(1_000_000))
    where = f"host={parse_qs(parts.query)['host'][0]} user={parts.username} dbname=postgres"

    def copy() -> str:
        fresh = f"{name}_{next(made)}"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {fresh} TEMPLATE {name} STRATEGY FILE_COPY")
        return template.replace(f"/{name}?", f"/{fresh}?")

    return copy


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def office_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of each kind with the office in it."""
    if request.param == "sqlite":
        path = tmp_path / "office.db"
        shutil.copyfile(request.getfixturevalue("furnished_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    url = request.getfixturevalue("furnished_postgresql")()
    yield url
    request.getfixturevalue("cluster").drop(url)


@pytest.fixture
def office(office_url: str, tmp_path: Path) -> Iterator[Office]:
    """The office on each kind of database, at 09:00 of the day after the plan."""
    with an_office(office_url, tmp_path) as opened:
        yield opened


@contextmanager
def an_office(url: str, folder: Path) -> Iterator[Office]:
    """The office on that database; its ledger must be whole in the end."""
    settings = Settings(database_url=url, var_dir=folder / "var", sample=False)
    clock = OfficeClock("2021-07-28 09:00")
    opened = Office(application=build(settings, clock=clock, durable=False), clock=clock)
    try:
        yield opened
        opened.verify()
    finally:
        opened.close()
