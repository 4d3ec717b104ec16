"""People, their sign-in, branches and service grids."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import DBAPIError

from engine.errors import ConflictError, NotFoundError
from engine.ticket import ManagerPair, Role
from tests.contract.builders import AT, NETWORK

if TYPE_CHECKING:
    from storage.database import Database
    from storage.unit_of_work import UnitOfWork

HOUR = timedelta(hours=1)
PM, AM = Role.PROJECT_MANAGER, Role.ACCOUNT_MANAGER


def add_user(work: UnitOfWork, user_id: str, *roles: Role, branch: str = "tengchong") -> None:
    work.accounts.add_user(
        user_id,
        name=f"某{user_id}",
        phone="13000000001",
        roles=frozenset(roles),
        branch=branch,
        at=AT,
    )


def test_a_user_comes_back_as_added(database: Database) -> None:
    with database.writing() as work:
        add_user(work, "a", PM, Role.OPERATOR)
        add_user(work, "m", Role.MARKETING, branch="")
        work.commit()
    with database.reading() as work:
        user = work.accounts.get_user("a")
        assert work.accounts.find_user("x") is None
        with pytest.raises(NotFoundError, match="x"):
            work.accounts.get_user("x")
        assert [each.id for each in work.accounts.users()] == ["m", "a"]
        assert work.accounts.get_user("m").branch == ""
    assert (user.roles, user.branch, user.active) == (
        frozenset({PM, Role.OPERATOR}),
        "tengchong",
        True,
    )
    assert (user.password_hash, user.created_at) == (None, AT)


def test_a_user_id_is_taken_once(database: Database) -> None:
    with database.writing() as work:
        add_user(work, "a")
        with pytest.raises(ConflictError, match="a"):
            add_user(work, "a")


def test_users_change(database: Database) -> None:
    with database.writing() as work:
        add_user(work, "a")
        work.accounts.set_roles("a", frozenset({AM}))
        work.accounts.set_active("a", active=False)
        work.accounts.set_password_hash("a", "hash")
        work.commit()
    with database.reading() as work:
        user = work.accounts.get_user("a")
    assert (user.roles, user.active, user.password_hash) == (frozenset({AM}), False, "hash")
    with database.writing() as work, pytest.raises(NotFoundError):
        work.accounts.set_active("x", active=True)


def test_holders_of_a_role_are_active_people_of_the_branch(database: Database) -> None:
    with database.writing() as work:
        add_user(work, "here", Role.SECTION_HEAD)
        add_user(work, "there", Role.SECTION_HEAD, branch="longling")
        add_user(work, "other", Role.OPERATOR)
        add_user(work, "gone", Role.SECTION_HEAD)
        work.accounts.set_active("gone", active=False)
        add_user(work, "company", Role.MARKETING, branch="")
        with_role = work.accounts.with_role
        assert [each.id for each in with_role(Role.SECTION_HEAD, "tengchong")] == ["here"]
        assert [each.id for each in with_role(Role.MARKETING, "")] == ["company"]
        assert with_role(Role.MARKETING, "tengchong") == []


def test_people_are_found_by_their_ids_active_or_not(database: Database) -> None:
    with database.writing() as work:
        add_user(work, "pm", PM)
        add_user(work, "gone", AM, branch="")
        work.accounts.set_active("gone", active=False)
        found = work.accounts.people(("pm", "gone", "nobody"))
        assert {each.id: (each.active, each.branch) for each in found.values()} == {
            "pm": (True, "tengchong"),
            "gone": (False, ""),
        }
        assert work.accounts.people(()) == {}


def test_a_link_is_used_once_however_many_try(database: Database) -> None:
    with database.writing() as work:
        add_user(work, "a")
        work.accounts.add_link("hash", user_id="a", at=AT, expires_at=AT + HOUR)
        work.commit()

    def use(_: int) -> bool:
        with database.writing() as work:
            used = work.accounts.use_link("hash", AT)
            work.commit()
        return used

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(use, range(4))) == [False, False, False, True]
    with database.reading() as work:
        link = work.accounts.find_link("hash")
        assert work.accounts.find_link("x") is None
    assert link is not None
    assert (link.user_id, link.expires_at, link.used_at) == ("a", AT + HOUR, AT)


def test_a_token_is_revoked_once_however_many_try_and_never_used_back_in_time(
    database: Database,
) -> None:
    with database.writing() as work:
        add_user(work, "a")
        first, second = (
            work.api_tokens.add(
                name, name=name, user_id="a", scopes=("x", "b"), at=AT, expires_at=AT + HOUR
            )
            for name in ("one", "two")
        )
        work.api_tokens.touch(first.id, AT + HOUR)
        work.api_tokens.touch(first.id, AT)
        work.commit()
    assert first.id != second.id
    assert (first.scopes, first.last_used_at, first.revoked_at) == (("b", "x"), None, None)

    def revoke(minutes: int) -> bool:
        with database.writing() as work:
            done = work.api_tokens.revoke(first.id, AT + timedelta(minutes=minutes))
            work.commit()
        return done

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(revoke, range(4))) == [False, False, False, True]
    with database.reading() as work:
        ended = work.api_tokens.find("one")
        assert work.api_tokens.get(second.id) == second
        assert [each.id for each in work.api_tokens.listing()] == [second.id, first.id]
        assert work.api_tokens.find("x") is None
        with pytest.raises(NotFoundError):
            work.api_tokens.get(second.id + 1)
    assert ended is not None
    assert ended.last_used_at == AT + HOUR
    assert ended.revoked_at is not None
    assert not revoke(9)


@pytest.mark.parametrize(("token", "user_id"), [("one", "nobody"), ("taken", "a")])
def test_a_token_needs_its_user_and_a_hash_of_its_own(
    database: Database, token: str, user_id: str
) -> None:
    with database.writing() as work:
        add_user(work, "a")
        facts = {"name": "n", "scopes": (), "at": AT, "expires_at": AT}
        work.api_tokens.add("taken", user_id="a", **facts)
        with pytest.raises(DBAPIError):
            work.api_tokens.add(token, user_id=user_id, **facts)


def test_a_link_needs_its_user(database: Database) -> None:
    with database.writing() as work, pytest.raises(DBAPIError):
        work.accounts.add_link("hash", user_id="nobody", at=AT, expires_at=AT)


def test_sessions_are_seen_and_end(database: Database) -> None:
    with database.writing() as work:
        add_user(work, "a")
        for token in ("one", "two"):
            work.accounts.add_session(
                token, user_id="a", csrf_token=f"csrf-{token}", at=AT, expires_at=AT + HOUR
            )
        work.accounts.touch_session("two", AT + timedelta(minutes=2))
        work.accounts.touch_session("two", AT)
        work.accounts.revoke_session("one", AT)
        work.accounts.revoke_sessions("a", AT + HOUR)
        work.commit()
    with database.reading() as work:
        one, two = work.accounts.find_session("one"), work.accounts.find_session("two")
        assert work.accounts.find_session("x") is None
        assert work.accounts.sessions("a") == [two, one]
    assert one is not None
    assert two is not None
    assert (one.csrf_token, one.last_seen_at, one.revoked_at) == ("csrf-one", AT, AT)
    assert (two.last_seen_at, two.revoked_at) == (AT + timedelta(minutes=2), AT + HOUR)


def test_branches_are_set_and_their_codes_differ(database: Database) -> None:
    with database.writing() as work:
        work.grid.set_branch("tengchong", code="TC", name="腾冲", phone="1")
        work.grid.set_branch("tengchong", code="TC", name="腾冲分公司", phone="2")
        with pytest.raises(ConflictError, match="腾冲分公司"):
            work.grid.set_branch("longling", code="TC", name="龙陵", phone="3")
        work.commit()
    with database.reading() as work:
        branch = work.grid.branch("tengchong")
        assert work.grid.branches() == [branch]
        with pytest.raises(NotFoundError, match="分公司"):
            work.grid.branch("longling")
    assert (branch.code, branch.name, branch.phone) == ("TC", "腾冲分公司", "2")


def pair(name: str) -> ManagerPair:
    return ManagerPair(project_manager=f"pm-{name}", account_manager=f"am-{name}")


def test_managers_come_from_the_nearest_grid_of_the_branch(database: Database) -> None:
    with database.writing() as work:
        work.topology.put_nodes(NETWORK, AT)
        grid = work.grid
        assert grid.managers_for("P1", "tengchong") is None
        for name, nodes in (("wide", ["S1"]), ("near", ["T1"]), ("default", [])):
            grid.set_grid(
                name,
                branch="tengchong",
                name=name,
                managers=pair(name),
                nodes=nodes,
                is_default=name == "default",
            )
        work.commit()
    with database.reading() as work:
        managers_for = work.grid.managers_for
        assert managers_for("P1", "tengchong") == pair("near")
        assert managers_for("T1", "tengchong") == pair("near")
        assert managers_for("F1", "tengchong") == pair("wide")
        assert managers_for("unknown", "tengchong") == pair("default")
        assert managers_for("", "tengchong") == pair("default")
        assert managers_for("P1", "longling") is None


def test_a_grid_gets_other_managers_and_keeps_everything_else(database: Database) -> None:
    with database.writing() as work:
        facts = {"branch": "tengchong", "name": "x"}
        work.topology.put_nodes(NETWORK, AT)
        work.grid.set_grid("a", managers=pair("a"), nodes=["T1"], is_default=True, **facts)
        work.grid.set_managers("a", pair("b"))
        (found,) = work.grid.grids()
        assert (found.project_manager, found.account_manager) == ("pm-b", "am-b")
        assert (found.name, found.is_default) == ("x", True)
        assert work.grid.managers_for("P1", "tengchong") == pair("b")


def test_a_node_lies_in_one_grid_and_a_branch_has_one_default(database: Database) -> None:
    facts = {"branch": "tengchong", "name": "x"}
    with database.writing() as work:
        grid = work.grid
        grid.set_grid("a", managers=pair("a"), nodes=["S1", "F1"], is_default=True, **facts)
        grid.set_grid("b", managers=pair("b"), nodes=["F1"], is_default=True, **facts)
        grid.set_grid("b", managers=pair("c"), nodes=["F1"], is_default=True, **facts)
        work.topology.put_nodes(NETWORK, AT)
        work.commit()
    with database.reading() as work:
        found = {each.id: (each.is_default, each.project_manager) for each in work.grid.grids()}
        assert work.grid.managers_for("P1", "tengchong") == pair("c")
        assert work.grid.managers_for("S1", "tengchong") == pair("a")
    assert found == {"a": (False, "pm-a"), "b": (True, "pm-c")}
