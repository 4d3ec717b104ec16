"""The migrations make exactly the tables that are declared, on both databases, and undo them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.pool import NullPool

from engine.errors import MalformedError, RefusedError
from storage.database import MIGRATIONS, expected_revision, open_database
from storage.tables import METADATA
from storage.tables.topology import CUSTOMERS
from storage.topology import Customer
from tests.contract.builders import AT, NETWORK, stored
from tests.contract.test_affected_points import an_outage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.database import Database


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    opened = open_database(empty_database_url)
    yield opened
    opened.close()


def tables_of(url: str) -> set[str]:
    engine = create_engine(url, poolclass=NullPool)
    return set(inspect(engine).get_table_names())


def test_migrated_database_equals_the_declared_tables(
    empty: Database, empty_database_url: str
) -> None:
    empty.migrate()

    engine = create_engine(empty_database_url, poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, METADATA)
    assert differences == []


def test_every_migration_goes_down_and_up_again(empty: Database, empty_database_url: str) -> None:
    empty.migrate()
    scripts = ScriptDirectory(str(MIGRATIONS))
    revisions = [script.revision for script in scripts.walk_revisions()]

    for revision in [*revisions[1:], "base"]:
        empty.migrate_to(revision)
        assert empty.revision() == (None if revision == "base" else revision)
    assert tables_of(empty_database_url) == {"alembic_version"}

    for revision in reversed(revisions):
        empty.migrate_to(revision)
        assert empty.revision() == revision
    assert tables_of(empty_database_url) == {*METADATA.tables, "alembic_version"}


def test_migrating_marks_who_shares_a_contact(database: Database) -> None:
    phones = {"C1": "13000000001", "C2": "13000000001", "C3": "13000000003", "C4": "", "C5": ""}
    customers = [
        Customer(
            customer_no=number,
            node_id="P1",
            name="某某",
            phone=phone,
            wechat_openid="",
            outage_notices=True,
        )
        for number, phone in phones.items()
    ]
    with database.writing() as work:
        work.topology.put_nodes(NETWORK, AT)
        work.topology.put_customers(customers, AT)
        work.commit()

    def sharing() -> set[str]:
        with database.reading() as work:
            who = select(CUSTOMERS.c.customer_no).where(CUSTOMERS.c.shares_contact)
            return set(work.connection.execute(who).scalars())

    assert sharing() == {"C1", "C2"}
    database.migrate_to("0021")
    database.migrate()
    assert sharing() == {"C1", "C2"}


@pytest.mark.parametrize("hours", [-1, 1])
def test_migrating_knows_what_an_outage_had_seen(database: Database, hours: int) -> None:
    """What was imported since its points were determined is still to be seen."""
    changed_at = AT + timedelta(hours=hours)
    number = stored(database).ticket_no
    with database.writing() as work:
        work.topology.put_nodes(NETWORK, changed_at)
        work.outages.add(an_outage(number, "P1", counted_at=AT))
        work.commit()
    database.migrate_to("0023")
    database.migrate()
    with database.reading() as work:
        outage = work.outages.get(number)
        assert outage.network_seen_at == min(changed_at, AT)
        assert work.outages.overtaken(outage) == (changed_at > AT)


def test_two_programs_that_start_at_once_migrate_once(empty_database_url: str) -> None:
    databases = [open_database(empty_database_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        for future in [threads.submit(each.migrate) for each in databases]:
            future.result()

    for each in databases:
        each.check()
        each.close()


def test_migrating_again_changes_nothing(database: Database) -> None:
    before = database.revision()
    database.migrate()
    assert database.revision() == before


def test_check_refuses_tables_that_are_behind(database: Database) -> None:
    database.migrate_to("0001")
    with pytest.raises(RefusedError, match="启动时会自动升级"):
        database.check()


def test_check_refuses_tables_that_are_ahead(database: Database, database_url: str) -> None:
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(RefusedError, match="请先升级程序"):
        database.check()


def test_check_accepts_the_newest_tables(database: Database) -> None:
    database.check()


def test_expected_revision_is_what_the_migration_library_calls_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    heads = ScriptDirectory.from_config(config).get_heads()
    assert heads == [expected_revision()]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "huodian.db",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://h/d",
        "postgresql://h/d",
        "a:b:c",
    ],
)
def test_an_address_that_is_no_database_is_refused(url: str) -> None:
    with pytest.raises(MalformedError) as refusal:
        open_database(url)
    assert refusal.value.reasons[0].field == "HUODIAN_DATABASE_URL"


def test_a_refused_address_is_not_repeated_because_it_may_hold_a_password() -> None:
    with pytest.raises(MalformedError) as refusal:
        open_database("postgres://huodian:geheim@host/name")
    assert "geheim" not in str(refusal.value)


def test_opening_makes_the_directory_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "huodian.db"
    opened = open_database(f"sqlite:///{path}")
    opened.migrate()
    opened.close()
    assert path.exists()
