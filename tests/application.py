"""A whole office for tests: the wired application with two branches, their people and a clock.

The office is prepared once a session for each kind of database and copied for each test. Its clock
stands still until a test sets it. When a test ends, the ledger of its office is verified, and that
every ticket has exactly one entry a revision.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from app.accounts import NewUser
from app.bootstrap import Application, build
from app.daemon import run_once
from app.first_start import prepare
from app.organisation import NewGrid
from app.settings import Settings
from engine.calendar import SHANGHAI
from engine.clocks import end_to_end_clock, handling_clock, stage_clock, standing
from engine.ticket import SYSTEM, Actor, DocumentSource, ManagerPair, Ticket
from notifications.message import Audience
from tests.applicants import (
    COUNTER,
    LOW_VOLTAGE_PAPERS,
    OTHER_PAIR,
    PAIR,
    PEOPLE,
    PHONES,
    WHO,
    a_resident,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from engine.application import ConnectionApplication
    from engine.clocks import Standing
    from engine.errors import HuodianError
    from engine.ledger import LedgerEntry
    from notifications.message import Message
    from tests.databases import Cluster

BASIS_DAY = "2021-07-27 00:00"
"""The day of the plan: from then on the office exists and its definitions are in force."""

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


def instant(local: str) -> datetime:
    """An instant from Shanghai local time, for example `2021-09-17 10:00`."""
    return datetime.fromisoformat(local).replace(tzinfo=SHANGHAI).astimezone(UTC)


class OfficeClock:
    """Stands still until it is set."""

    def __init__(self, local: str = BASIS_DAY) -> None:
        self._now = instant(local)

    def __call__(self) -> datetime:
        return self._now

    def set(self, local: str | datetime) -> None:
        """Make it that Shanghai local time, or that instant."""
        self._now = local if isinstance(local, datetime) else instant(local)

    def pass_by(self, **time: float) -> None:
        """Let time pass, as `timedelta` counts it."""
        self._now += timedelta(**time)


# --- the office ------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Office:
    """An application with its clock, and the short ways in which tests use it."""

    application: Application
    clock: OfficeClock
    _seen: set[str] = field(default_factory=set)

    def at(self, local: str | datetime) -> Office:
        """Set the clock."""
        self.clock.set(local)
        return self

    def another(self, clock: OfficeClock | None = None, **settings: Any) -> Office:
        """A further process on the same database, with other settings if need be."""
        changed = Settings(**(self.application.settings.model_dump() | settings))
        clock = clock or self.clock
        return Office(application=build(changed, clock=clock), clock=clock)

    def close(self) -> None:
        """Let go of the database."""
        self.application.database.close()

    # what people do

    def submit(
        self,
        application: ConnectionApplication | None = None,
        *,
        papers: Sequence[str] | None = None,
        actor: Actor = COUNTER,
        branch: str = "",
    ) -> Ticket:
        """An application at the counter, with every paper that low voltage asks for."""
        application = application or a_resident()
        if papers is None:
            papers = LOW_VOLTAGE_PAPERS[application.id_kind]
        return self.application.tickets.submit(
            application, branch=branch or actor.branch, documents=papers, actor=actor
        )

    def fire(self, ticket: Ticket | str, *triggers: str, reason: str = "") -> Ticket:
        """Fire the triggers one after the other, each by somebody of the branch who may."""
        moved = self.ticket(ticket)
        for trigger in triggers:
            definition = self.application.rulebook.of(moved)
            roles = definition.edges[moved.state, trigger].roles
            able = (who for who in WHO.values() if who.branch == moved.branch)
            actor = next(who for who in able if not who.roles.isdisjoint(roles))
            moved = self.application.tickets.advance(
                moved.ticket_no, trigger, actor=actor, reason=reason
            )
        return moved

    def supply(self, ticket: Ticket | str, *kinds: str, **facts: Any) -> Ticket:
        """Papers are handed in at the counter."""
        number = _number(ticket)
        source = facts.pop("source", DocumentSource.COUNTER)
        actor = facts.pop("actor", COUNTER)
        for kind in kinds:
            self.application.documents.supply(number, kind, source, actor=actor, **facts)
        return self.ticket(number)

    def tick(self, local: str) -> list[tuple[str, str]]:
        """One round of every sweep at that time, and what it told whom."""
        self.at(local)
        run_once(self.application)
        return self.told()

    # what can be seen

    def ticket(self, ticket: Ticket | str) -> Ticket:
        """The ticket as it is now."""
        with self.application.database.reading() as work:
            return work.tickets.get(_number(ticket))

    def entries(self, stream: Ticket | str) -> list[LedgerEntry]:
        """The entries of a stream."""
        with self.application.database.reading() as work:
            return work.ledger.entries(_number(stream))

    def messages(self, ticket: Ticket | str | None = None) -> list[Message]:
        """Every message, or those of a ticket, the oldest first."""
        number = None if ticket is None else _number(ticket)
        with self.application.database.reading() as work:
            found = work.outbox.listing(ticket_no=number, limit=100_000)
        return sorted(found, key=lambda each: (each.created_at, each.template_key, each.recipient))

    def told(self) -> list[tuple[str, str]]:
        """Whom (`customer` or a user id) what was told since the last look, by template."""
        fresh = [each for each in self.messages() if each.id not in self._seen]
        self._seen.update(each.id for each in fresh)
        return sorted((receiver(each), each.template_key) for each in fresh)

    def text(self, ticket: Ticket | str, template: str, to: str = "customer") -> str:
        """The text of the last message of that template to that person."""
        texts = [
            each.text
            for each in self.messages(ticket)
            if each.template_key == template and receiver(each) == to
        ]
        return texts[-1]

    def clocks(self, ticket: Ticket | str) -> dict[str, Standing]:
        """Every clock the ticket ever had as it stands now: `stage:<id>`, handling, end_to_end."""
        found = self.ticket(ticket)
        definition = self.application.rulebook.of(found)
        hours = self.application.settings.office_hours
        calendar = self.application.calendars.calendar()
        wholes = (handling_clock(found, definition), end_to_end_clock(found, definition))
        stages = (stage_clock(run, definition) for run in found.stage_runs)
        return {
            clock.id: standing(clock, calendar, hours, self.clock()) for clock in (*stages, *wholes)
        }

    def dues(self, ticket: Ticket | str) -> dict[str, str]:
        """The due dates of those of its clocks that have one."""
        return {
            clock_id: str(found.due_on)
            for clock_id, found in self.clocks(ticket).items()
            if found.due_on is not None
        }

    def elapsed(self, ticket: Ticket | str) -> dict[str, int]:
        """Working days that its clocks have counted."""
        return {key: found.elapsed_days for key, found in self.clocks(ticket).items()}

    def verify(self) -> int:
        """How many entries the ledger has, all of which must be sound."""
        with self.application.database.reading() as work:
            found = work.ledger.verify()
            heads = {head.stream: head.seq for head in work.ledger.heads()}
            tickets = [row.ticket for row in work.tickets.worklist(open_only=False, limit=100_000)]
        assert found.first_broken is None
        assert {t.ticket_no: heads[t.ticket_no] for t in tickets} == {
            t.ticket_no: t.revision for t in tickets
        }
        return found.entries


def codes(caught: pytest.ExceptionInfo[HuodianError]) -> set[str]:
    """The codes of every reason of an error that was raised."""
    return {reason.code for reason in caught.value.reasons}


def receiver(message: Message) -> str:
    """Who gets the message: `customer`, or the user id of a member of staff."""
    return "customer" if message.audience is Audience.CUSTOMER else message.recipient


def _number(ticket: Ticket | str) -> str:
    return ticket if isinstance(ticket, str) else ticket.ticket_no


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
    template = cluster.fresh()
    _prepare(template, tmp_path_factory.mktemp("office"))
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
    settings = Settings(database_url=office_url, var_dir=tmp_path / "var", sample=False)
    clock = OfficeClock("2021-07-28 09:00")
    opened = Office(application=build(settings, clock=clock), clock=clock)
    try:
        yield opened
        opened.verify()
    finally:
        opened.close()
