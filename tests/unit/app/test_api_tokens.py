"""Tokens of other programs, on both databases: whom they let in, and when they no longer do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.authorization import Scope
from app.people.accounts import AccountService, NewUser
from app.people.api_tokens import (
    FORM,
    MOST_DAYS,
    PREFIX,
    ApiTokenService,
    NewToken,
    TokenState,
)
from app.people.sessions import token_hash
from engine.errors import ConflictError, MalformedError, NotFoundError, RefusedError
from engine.ticket import SYSTEM, Actor, Role
from tests.application import codes

if TYPE_CHECKING:
    from storage.database import Database

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
METER = NewToken(name="采集系统", user_id="meter", scopes=frozenset({Scope.LOADS_WRITE}), days=30)


class StandingClock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def accounts(database: Database, clock: StandingClock) -> AccountService:
    with database.writing() as work:
        for branch, code in (("tengchong", "TC"), ("longling", "LL")):
            work.grid.set_branch(branch, code=code, name=branch, phone="0875-0000000")
        work.commit()
    made = AccountService(database, clock)
    for user_id, role, branch in (
        ("chief", Role.ADMINISTRATOR, ""),
        ("local", Role.ADMINISTRATOR, "tengchong"),
        ("meter", Role.OPERATOR, "tengchong"),
        ("other", Role.OPERATOR, "longling"),
        ("auditor", Role.AUDITOR, ""),
    ):
        made.create_user(
            NewUser(user_id=user_id, name=user_id, roles=frozenset({role}), branch=branch),
            actor=SYSTEM,
        )
    return made


@pytest.fixture
def chief(accounts: AccountService) -> Actor:
    return accounts.actor("chief")


@pytest.fixture
def tokens(database: Database, clock: StandingClock) -> ApiTokenService:
    return ApiTokenService(database=database, clock=clock)


def recorded(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    """What the ledger has of tokens: action, by whom, details."""
    with database.reading() as work:
        entries = work.ledger.entries("administration")
    return [(e.action, e.actor_id, dict(e.facts)) for e in entries if "token" in e.action]


# --- whom they let in ---------------------------------------------------------------------------


def test_a_token_acts_as_its_user_for_what_it_was_given(
    tokens: ApiTokenService, chief: Actor, accounts: AccountService
) -> None:
    issued = tokens.issue(METER, actor=chief)
    assert issued.token.startswith(PREFIX)
    bearer = tokens.find(issued.token)
    assert bearer is not None
    assert bearer.actor == accounts.actor("meter")
    assert (bearer.token_id, bearer.scopes) == (issued.summary.id, {Scope.LOADS_WRITE})


def test_it_has_the_roles_that_its_user_has_now(
    tokens: ApiTokenService, chief: Actor, accounts: AccountService
) -> None:
    token = tokens.issue(METER, actor=chief).token
    accounts.set_roles("meter", [Role.AUDITOR], actor=chief)
    bearer = tokens.find(token)
    assert bearer is not None
    assert bearer.actor.roles == {Role.AUDITOR}


def test_only_its_hash_is_kept_and_nothing_prints_it(
    tokens: ApiTokenService, chief: Actor, database: Database
) -> None:
    issued = tokens.issue(METER, actor=chief)
    with database.reading() as work:
        assert work.api_tokens.find(token_hash(issued.token)) is not None
        assert work.api_tokens.find(issued.token) is None
    listed = tokens.listing(actor=chief)
    for told in (repr(issued), repr(listed), json.dumps(recorded(database))):
        assert issued.token not in told
        assert token_hash(issued.token) not in told


def test_two_tokens_are_never_the_same(tokens: ApiTokenService, chief: Actor) -> None:
    made = {tokens.issue(METER, actor=chief).token for _ in range(5)}
    assert len(made) == 5
    assert all(FORM.fullmatch(each) for each in made)


# --- and when not -------------------------------------------------------------------------------


def test_it_ends_at_the_very_instant(
    tokens: ApiTokenService, chief: Actor, clock: StandingClock
) -> None:
    token = tokens.issue(METER, actor=chief).token
    clock.pass_by(days=30, microseconds=-1)
    assert tokens.find(token) is not None
    clock.pass_by(microseconds=1)
    assert tokens.find(token) is None
    assert [each.state for each in tokens.listing(actor=chief)] == [TokenState.EXPIRED]


def test_it_ends_when_it_is_revoked_and_another_one_goes_on(
    tokens: ApiTokenService, chief: Actor, clock: StandingClock
) -> None:
    old, new = (tokens.issue(METER, actor=chief) for _ in range(2))
    revoked = tokens.revoke(old.summary.id, reason=" 更换 ", actor=chief)
    assert (revoked.state, revoked.revoked_at) == (TokenState.REVOKED, clock.at)
    assert tokens.find(old.token) is None
    assert tokens.find(new.token) is not None


def test_it_ends_with_its_user(
    tokens: ApiTokenService, chief: Actor, accounts: AccountService
) -> None:
    token = tokens.issue(METER, actor=chief).token
    accounts.disable("meter", reason="停用", actor=chief)
    assert tokens.find(token) is None
    assert [each.state for each in tokens.listing(actor=chief)] == [TokenState.USER_DISABLED]


def test_what_is_no_token_lets_nobody_in(tokens: ApiTokenService, chief: Actor) -> None:
    token = tokens.issue(METER, actor=chief).token
    bare = token.removeprefix(PREFIX)
    for given in ("", PREFIX, bare, f"hx_{bare}", token.upper(), token[:-1], f"{token}=", "hd_猜"):
        assert tokens.find(given) is None, given
    assert tokens.find(f"{token}\n") is None


# --- the last use -------------------------------------------------------------------------------


def test_the_last_use_is_noted_at_most_once_a_minute(
    tokens: ApiTokenService, chief: Actor, clock: StandingClock
) -> None:
    def last_used() -> datetime | None:
        return tokens.listing(actor=chief)[0].last_used_at

    token = tokens.issue(METER, actor=chief).token
    assert last_used() is None
    first = clock.at
    tokens.find(token)
    assert last_used() == first
    clock.pass_by(seconds=59)
    tokens.find(token)
    assert last_used() == first
    clock.pass_by(seconds=1)
    tokens.find(token)
    assert last_used() == first + timedelta(minutes=1)


def test_a_refused_use_is_not_noted(
    tokens: ApiTokenService, chief: Actor, clock: StandingClock
) -> None:
    token = tokens.issue(METER, actor=chief).token
    clock.pass_by(days=30)
    tokens.find(token)
    assert tokens.listing(actor=chief)[0].last_used_at is None


# --- who may ------------------------------------------------------------------------------------


def test_an_administrator_of_a_branch_has_a_say_over_its_own_people_only(
    tokens: ApiTokenService, chief: Actor, accounts: AccountService
) -> None:
    local = accounts.actor("local")
    here = tokens.issue(METER, actor=local).summary
    elsewhere = tokens.issue(replace(METER, user_id="other"), actor=chief).summary
    with pytest.raises(RefusedError) as refusal:
        tokens.issue(replace(METER, user_id="other"), actor=local)
    assert codes(refusal) == {"other_branch"}
    with pytest.raises(RefusedError) as refusal:
        tokens.revoke(elsewhere.id, reason="越权", actor=local)
    assert codes(refusal) == {"other_branch"}
    assert [each.id for each in tokens.listing(actor=local)] == [here.id]
    assert [each.id for each in tokens.listing(actor=chief)] == [elsewhere.id, here.id]
    assert [each.branch for each in tokens.listing(actor=chief)] == ["longling", "tengchong"]


@pytest.mark.parametrize("who", ["meter", "auditor"])
def test_nobody_else_issues_lists_or_revokes_not_even_the_own_ones(
    tokens: ApiTokenService, chief: Actor, accounts: AccountService, who: str
) -> None:
    issued = tokens.issue(METER, actor=chief)
    actor = accounts.actor(who)
    for forbidden in (
        lambda: tokens.issue(METER, actor=actor),
        lambda: tokens.listing(actor=actor),
        lambda: tokens.revoke(issued.summary.id, reason="x", actor=actor),
        lambda: tokens.revoke(99, reason="x", actor=actor),
    ):
        with pytest.raises(RefusedError) as refusal:
            forbidden()
        assert codes(refusal) == {"not_permitted"}
    assert tokens.find(issued.token) is not None


# --- what is asked for --------------------------------------------------------------------------


@pytest.mark.parametrize("days", [0, -1, MOST_DAYS + 1])
def test_everything_wrong_about_a_new_token_is_said_at_once(
    tokens: ApiTokenService, chief: Actor, days: int
) -> None:
    wrong = NewToken(name="  ", user_id="meter", scopes=frozenset(), days=days)
    with pytest.raises(MalformedError) as malformed:
        tokens.issue(wrong, actor=chief)
    fields = [reason.field for reason in malformed.value.reasons]
    assert fields == ["name", "scopes", "days"]
    assert "loads:write" in str(malformed.value)
    assert tokens.listing(actor=chief) == ()


def test_a_token_may_count_for_a_day_or_two_years(tokens: ApiTokenService, chief: Actor) -> None:
    for days in (1, MOST_DAYS):
        issued = tokens.issue(replace(METER, days=days), actor=chief).summary
        assert issued.expires_at == START + timedelta(days=days)


def test_a_token_needs_a_user_who_is_active_and_may_do_what_it_is_for(
    tokens: ApiTokenService, chief: Actor, accounts: AccountService
) -> None:
    with pytest.raises(NotFoundError):
        tokens.issue(replace(METER, user_id="nobody"), actor=chief)
    with pytest.raises(RefusedError) as refusal:
        tokens.issue(replace(METER, user_id="auditor"), actor=chief)
    assert codes(refusal) == {"scope_beyond_roles"}
    accounts.disable("meter", reason="停用", actor=chief)
    with pytest.raises(RefusedError) as refusal:
        tokens.issue(METER, actor=chief)
    assert codes(refusal) == {"user_disabled"}
    assert tokens.listing(actor=chief) == ()


def test_a_revocation_says_why_and_happens_once(
    tokens: ApiTokenService, chief: Actor, database: Database
) -> None:
    number = tokens.issue(METER, actor=chief).summary.id
    with pytest.raises(RefusedError) as refusal:
        tokens.revoke(number, reason="  ", actor=chief)
    assert codes(refusal) == {"reason_missing"}
    tokens.revoke(number, reason="泄露", actor=chief)
    with pytest.raises(ConflictError) as conflict:
        tokens.revoke(number, reason="泄露", actor=chief)
    assert codes(conflict) == {"token_revoked"}
    with pytest.raises(NotFoundError):
        tokens.revoke(number + 1, reason="泄露", actor=chief)
    assert [action for action, *_ in recorded(database)] == ["issue_token", "revoke_token"]


def test_every_issue_and_revocation_is_one_ledger_entry(
    tokens: ApiTokenService, chief: Actor, database: Database
) -> None:
    number = tokens.issue(METER, actor=chief).summary.id
    tokens.revoke(number, reason="更换", actor=chief)
    assert recorded(database) == [
        (
            "issue_token",
            "chief",
            {
                "token": number,
                "name": "采集系统",
                "user_id": "meter",
                "scopes": ["loads:write"],
                "expires_at": "2026-12-23T01:00:00+00:00",
            },
        ),
        ("revoke_token", "chief", {"token": number, "user_id": "meter", "reason": "更换"}),
    ]
