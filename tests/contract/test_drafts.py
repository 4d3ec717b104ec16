"""Drafts and published message texts, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from engine.errors import ConflictError, NotFoundError
from tests.contract.builders import AT

if TYPE_CHECKING:
    from storage.database import Database

HOUR = timedelta(hours=1)


def begun(database: Database, **facts: Any) -> int | None:
    what = {"subject": "definition", "key": "lv_resident", "kind": "change", "author": "admin"}
    content = {"source": "id: lv_resident", "fingerprint": "f1", "base_version": 1}
    with database.writing() as work:
        number = work.drafts.begin(**{**what, **content, **facts}, at=AT)
        work.commit()
    return number


def saved(database: Database, number: int, revision: int) -> bool:
    with database.writing() as work:
        done = work.drafts.save(
            number, revision, source="new", fingerprint="f2", base_version=2, at=AT + HOUR
        )
        work.commit()
    return done


def closed(database: Database, number: int, revision: int) -> bool:
    with database.writing() as work:
        done = work.drafts.close(
            number, revision, outcome="published", by="second", at=AT + HOUR, published_version=2
        )
        work.commit()
    return done


def test_a_draft_comes_back_as_it_was_saved(database: Database) -> None:
    number = begun(database)
    assert number is not None
    with database.reading() as work:
        first = work.drafts.get(number)
        assert work.drafts.find_open("definition", "lv_resident", "change") == first
        assert work.drafts.find_open("definition", "lv_resident", "rollback") is None
        with pytest.raises(NotFoundError):
            work.drafts.get(number + 1)
    assert (first.revision, first.source, first.begun_at, first.saved_at) == (
        1,
        "id: lv_resident",
        AT,
        AT,
    )
    assert (first.outcome, first.closed_at, first.restores) == ("", None, 0)
    assert saved(database, number, 1)
    assert not saved(database, number, 1)
    with database.reading() as work:
        again = work.drafts.get(number)
    assert (again.revision, again.source, again.fingerprint, again.base_version) == (
        2,
        "new",
        "f2",
        2,
    )
    assert (again.begun_at, again.saved_at) == (AT, AT + HOUR)


def test_one_draft_of_a_kind_is_open_at_a_time(database: Database) -> None:
    number = begun(database)
    assert number is not None
    assert begun(database) is None
    for other in ({"kind": "rollback"}, {"key": "lv_business"}, {"subject": "template"}):
        assert begun(database, **other) is not None
    assert not closed(database, number, 7)
    assert closed(database, number, 1)
    assert not closed(database, number, 1)
    assert not saved(database, number, 1)
    second = begun(database)
    assert second is not None
    with database.reading() as work:
        assert work.drafts.listing("definition")[0].number == second
        everything = work.drafts.listing("definition", open_only=False)
        ended = work.drafts.get(number)
    assert number in {each.number for each in everything}
    assert (ended.outcome, ended.closed_by, ended.published_version) == ("published", "second", 2)
    assert ended.closed_at == AT + HOUR


def test_of_many_who_begin_at_once_one_does(database: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        numbers = list(threads.map(lambda n: begun(database, author=f"admin-{n}"), range(4)))
    assert len([number for number in numbers if number is not None]) == 1


def test_what_was_offered_once_is_known(database: Database) -> None:
    begun(database, kind="upgrade", fingerprint="f9")
    with database.reading() as work:
        asked = work.drafts.was_offered
        assert asked("definition", "lv_resident", "upgrade", "f9")
        assert not asked("definition", "lv_resident", "upgrade", "f8")
        assert not asked("definition", "lv_resident", "change", "f9")


# --- message texts -----------------------------------------------------------------------------


def published(database: Database, key: str = "next_stage", version: int = 1) -> None:
    with database.writing() as work:
        work.message_templates.publish(
            key, version, source=f"text {version}", fingerprint=f"f{version}", by="a", at=AT
        )
        work.commit()


def test_the_newest_text_of_each_is_in_use(database: Database) -> None:
    for key, version in (("next_stage", 1), ("next_stage", 2), ("limit_due", 1)):
        published(database, key, version)
    with database.reading() as work:
        current = work.message_templates.current()
        versions = work.message_templates.versions("next_stage")
    assert [(each.key, each.version) for each in current] == [("limit_due", 1), ("next_stage", 2)]
    assert [(each.version, each.source) for each in versions] == [(2, "text 2"), (1, "text 1")]
    assert (versions[0].published_by, versions[0].published_at) == ("a", AT)


def test_a_version_of_a_text_is_published_once(database: Database) -> None:
    published(database)
    with pytest.raises(ConflictError):
        published(database)


def test_the_stamp_of_the_texts_changes_with_every_publication(database: Database) -> None:
    stamps = []
    for version in (1, 2):
        with database.reading() as work:
            stamps.append(work.message_templates.stamp())
        published(database, version=version)
    with database.reading() as work:
        stamps.append(work.message_templates.stamp())
    assert len(set(stamps)) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE message_templates SET source = ''",
        "DELETE FROM message_templates",
        "REPLACE INTO message_templates SELECT * FROM message_templates",
    ],
)
def test_the_database_refuses_to_change_a_published_text(
    database: Database, database_url: str, statement: str
) -> None:
    published(database)
    if database.dialect == "postgresql":
        statement = statement.replace("REPLACE INTO message_templates SELECT *", "TRUNCATE")
        statement = statement.replace("TRUNCATE FROM", "TRUNCATE")
    engine = create_engine(database_url, poolclass=NullPool)
    with pytest.raises(DatabaseError, match="immutable"), engine.begin() as connection:
        connection.execute(text(statement))
