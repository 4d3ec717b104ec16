"""Accounts, one-time links and sessions, on both databases: who gets in, and who does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from app.people.accounts import AccountService, NewUser
from app.people.passwords import check_password, hash_password, is_password
from app.people.sign_in_throttle import SignInThrottle
from engine.errors import MalformedError, NotFoundError, RefusedError
from engine.ticket import SYSTEM, Actor, Role

if TYPE_CHECKING:
    from storage.database import Database

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PASSWORD = "four-plain-words-here"
ADDRESS = "192.0.2.7"
WANG = NewUser(user_id="wang", name="王敏", roles=frozenset({Role.OPERATOR}), phone="13000000000")


class StandingClock:
    """A clock that moves only when told."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

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
        work.grid.set_branch("tengchong", code="TC", name="腾冲分公司", phone="0875-0000000")
        work.commit()
    return AccountService(database, clock)


@pytest.fixture
def admin(accounts: AccountService) -> Actor:
    accounts.first_admin()
    return accounts.actor("admin")


def actions(database: Database) -> list[str]:
    with database.reading() as work:
        return [entry.action for entry in work.ledger.entries("administration")]


def with_password(accounts: AccountService, new: NewUser = WANG) -> None:
    accounts.create_user(new, actor=SYSTEM)
    token = accounts.issue_sign_in_link(new.user_id)
    signed_in = accounts.sessions.consume_link(token)
    accounts.sessions.set_password(signed_in, old="", new=PASSWORD)


# --- the first administrator ------------------------------------------------------------------


def test_the_first_start_makes_an_administrator_who_signs_in_by_link(
    accounts: AccountService,
) -> None:
    token = accounts.first_admin()

    assert token is not None
    signed_in = accounts.sessions.consume_link(token)
    assert signed_in.actor.roles == {Role.ADMINISTRATOR}
    assert not signed_in.has_password


def test_no_further_link_is_offered_once_an_administrator_has_a_password(
    accounts: AccountService,
) -> None:
    token = accounts.first_admin()
    assert token is not None
    accounts.sessions.set_password(accounts.sessions.consume_link(token), old="", new=PASSWORD)

    assert accounts.first_admin() is None


def test_the_last_administrator_can_neither_be_disabled_nor_lose_the_role(
    accounts: AccountService, admin: Actor
) -> None:
    with pytest.raises(RefusedError, match="最后一名管理员"):
        accounts.disable("admin", reason="测试", actor=admin)
    with pytest.raises(RefusedError, match="最后一名管理员"):
        accounts.set_roles("admin", [Role.AUDITOR], actor=admin)


def test_a_link_is_the_way_out_for_a_forgotten_password(accounts: AccountService) -> None:
    with_password(accounts)
    signed_in = accounts.sessions.consume_link(accounts.issue_sign_in_link(WANG.user_id))
    accounts.sessions.set_password(signed_in, old="", new="另一个足够长的口令2026")
    assert accounts.sessions.sign_in(WANG.user_id, "另一个足够长的口令2026", address="-")


# --- administration ---------------------------------------------------------------------------


def test_everything_wrong_about_a_new_account_is_said_at_once(accounts: AccountService) -> None:
    bad = NewUser(user_id="W!", name=" ", roles=frozenset({Role.CUSTOMER}))

    with pytest.raises(MalformedError) as refusal:
        accounts.create_user(bad, actor=SYSTEM)

    assert {reason.field for reason in refusal.value.reasons} == {"user_id", "name", "roles"}


def test_an_account_in_an_unknown_branch_is_refused(accounts: AccountService) -> None:
    stray = NewUser(user_id="li", name="李", roles=frozenset({Role.OPERATOR}), branch="nowhere")
    with pytest.raises(NotFoundError):
        accounts.create_user(stray, actor=SYSTEM)


def test_a_taken_user_id_is_refused(accounts: AccountService) -> None:
    accounts.create_user(WANG, actor=SYSTEM)
    with pytest.raises(RefusedError, match="已经存在"):
        accounts.create_user(WANG, actor=SYSTEM)


def test_only_administrators_manage_accounts(accounts: AccountService, admin: Actor) -> None:
    accounts.create_user(WANG, actor=admin)
    wang = accounts.actor("wang")

    for forbidden in (
        lambda: accounts.create_user(WANG, actor=wang),
        lambda: accounts.set_roles("wang", [Role.ADMINISTRATOR], actor=wang),
        lambda: accounts.disable("admin", reason="x", actor=wang),
        lambda: accounts.issue_sign_in_link("admin", actor=wang),
        lambda: accounts.listing(actor=wang),
    ):
        with pytest.raises(RefusedError, match="权限"):
            forbidden()


def test_an_administrator_of_a_branch_stays_within_it(accounts: AccountService) -> None:
    local = Actor(
        user_id="tc", name="管", roles=frozenset({Role.ADMINISTRATOR}), branch="tengchong"
    )
    accounts.create_user(WANG, actor=SYSTEM)
    here = NewUser(user_id="li", name="李", roles=frozenset({Role.OPERATOR}), branch="tengchong")
    accounts.create_user(here, actor=local)

    assert [user.id for user in accounts.listing(actor=local)] == ["li"]
    with pytest.raises(RefusedError):
        accounts.create_user(
            NewUser(user_id="zhao", name="赵", roles=frozenset({Role.OPERATOR})), actor=local
        )


def test_every_change_is_one_ledger_entry_without_a_secret_in_it(
    accounts: AccountService, database: Database, admin: Actor
) -> None:
    accounts.create_user(WANG, actor=admin)
    token = accounts.issue_sign_in_link("wang", actor=admin)
    accounts.set_roles("wang", [Role.AUDITOR], actor=admin)
    accounts.disable("wang", reason="调离", actor=admin)

    assert actions(database)[-4:] == [
        "create_user",
        "issue_sign_in_link",
        "set_roles",
        "disable_user",
    ]
    with database.reading() as work:
        told = "".join(entry.details for entry in work.ledger.entries("administration"))
    assert token not in told
    assert WANG.phone not in told


# --- one-time links ---------------------------------------------------------------------------


def test_looking_at_a_link_does_not_use_it_up_and_using_it_does(accounts: AccountService) -> None:
    accounts.create_user(WANG, actor=SYSTEM)
    token = accounts.issue_sign_in_link("wang")

    assert accounts.sessions.link_holder(token) == "王敏"
    assert accounts.sessions.link_holder(token) == "王敏"
    accounts.sessions.consume_link(token)
    assert accounts.sessions.link_holder(token) is None
    with pytest.raises(RefusedError, match="登录链接无效"):
        accounts.sessions.consume_link(token)


def test_a_link_works_until_24_hours_have_passed(
    accounts: AccountService, clock: StandingClock
) -> None:
    accounts.create_user(WANG, actor=SYSTEM)
    token = accounts.issue_sign_in_link("wang")

    clock.pass_by(hours=24, microseconds=-1)
    assert accounts.sessions.link_holder(token) is not None
    clock.pass_by(microseconds=1)
    assert accounts.sessions.link_holder(token) is None
    with pytest.raises(RefusedError):
        accounts.sessions.consume_link(token)


def test_a_link_of_a_disabled_person_opens_nothing(accounts: AccountService) -> None:
    accounts.create_user(WANG, actor=SYSTEM)
    token = accounts.issue_sign_in_link("wang")
    accounts.disable("wang", reason="调离", actor=SYSTEM)

    with pytest.raises(RefusedError):
        accounts.sessions.consume_link(token)
    with pytest.raises(RefusedError, match="已停用"):
        accounts.issue_sign_in_link("wang")


# --- passwords --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "accepted"),
    [
        ("1234567", False),
        ("k7Qp2xRz", True),
        ("x" * 7 + "y" * 121, True),
        ("x" * 8 + "y" * 121, False),
        ("password123", False),
        ("PassWord123", False),
        ("ｐａｓｓｗｏｒｄ１２３", False),
        ("aaaaaaaaaaaa", False),
        ("王敏的四个普通词组成", True),
    ],
)
def test_length_and_rarity_make_a_password_acceptable(password: str, accepted: bool) -> None:
    if accepted:
        check_password(password)
    else:
        with pytest.raises(MalformedError):
            check_password(password)


def test_a_password_must_not_repeat_what_everybody_knows_of_the_person() -> None:
    with pytest.raises(MalformedError, match="不能与账号"):
        check_password("13000000000", forbidden=("wang", "王敏", "13000000000"))


def test_full_width_and_half_width_typing_are_the_same_password() -> None:
    assert is_password("ｆｏｕｒ plain words", hash_password("four plain words"))


def test_a_missing_hash_matches_no_password() -> None:
    assert not is_password("nobody has this password", None)


def test_signing_in_with_the_password_works_and_the_id_is_not_case_sensitive(
    accounts: AccountService,
) -> None:
    with_password(accounts)
    assert accounts.sessions.sign_in(" Wang ", PASSWORD, address=ADDRESS).actor.user_id == "wang"


def test_unknown_disabled_and_mistaken_users_get_the_same_answer(accounts: AccountService) -> None:
    with_password(accounts)
    with_password(accounts, NewUser(user_id="gone", name="去", roles=WANG.roles))
    accounts.disable("gone", reason="调离", actor=SYSTEM)
    answers = set()
    for user_id, password in (("nobody", PASSWORD), ("gone", PASSWORD), ("wang", "wrong-words")):
        with pytest.raises(RefusedError) as refusal:
            accounts.sessions.sign_in(user_id, password, address=ADDRESS)
        answers.add(str(refusal.value))
    assert len(answers) == 1


def test_a_new_password_ends_every_other_session_and_changes_the_token(
    accounts: AccountService,
) -> None:
    with_password(accounts)
    elsewhere = accounts.sessions.sign_in("wang", PASSWORD, address=ADDRESS)
    here = accounts.sessions.sign_in("wang", PASSWORD, address=ADDRESS)

    with pytest.raises(RefusedError, match="当前密码不正确"):
        accounts.sessions.set_password(here, old="wrong", new="another-good-one")
    after = accounts.sessions.set_password(here, old=PASSWORD, new="another-good-one")

    assert accounts.sessions.find(elsewhere.token) is None
    assert accounts.sessions.find(here.token) is None
    assert accounts.sessions.find(after.token) is not None


# --- sessions ---------------------------------------------------------------------------------


def test_the_database_knows_only_the_hash_of_a_token(
    accounts: AccountService, database: Database
) -> None:
    with_password(accounts)
    signed_in = accounts.sessions.sign_in("wang", PASSWORD, address=ADDRESS)
    with database.reading() as work:
        stored = work.accounts.sessions("wang")
    assert signed_in.token not in {each.token_hash for each in stored}


def test_a_session_ends_after_half_an_hour_of_rest(
    accounts: AccountService, clock: StandingClock
) -> None:
    with_password(accounts)
    token = accounts.sessions.sign_in("wang", PASSWORD, address=ADDRESS).token

    clock.pass_by(minutes=29)
    assert accounts.sessions.find(token) is not None
    clock.pass_by(minutes=29)
    assert accounts.sessions.find(token) is not None
    clock.pass_by(minutes=30)
    assert accounts.sessions.find(token) is None


def test_a_session_in_constant_use_ends_after_twelve_hours(
    accounts: AccountService, clock: StandingClock
) -> None:
    with_password(accounts)
    token = accounts.sessions.sign_in("wang", PASSWORD, address=ADDRESS).token
    for _ in range(35):
        clock.pass_by(minutes=20)
        assert accounts.sessions.find(token) is not None
    clock.pass_by(minutes=20)
    assert accounts.sessions.find(token) is None


def test_disabling_a_person_ends_the_sessions_at_once_and_new_roles_hold_at_once(
    accounts: AccountService,
) -> None:
    with_password(accounts)
    token = accounts.sessions.sign_in("wang", PASSWORD, address=ADDRESS).token

    accounts.set_roles("wang", [Role.AUDITOR], actor=SYSTEM)
    found = accounts.sessions.find(token)
    assert found is not None
    assert found.actor.roles == {Role.AUDITOR}
    accounts.disable("wang", reason="调离", actor=SYSTEM)
    assert accounts.sessions.find(token) is None


def test_people_see_and_end_their_own_sessions_only(accounts: AccountService) -> None:
    with_password(accounts)
    with_password(accounts, NewUser(user_id="li", name="李", roles=WANG.roles))
    accounts.sessions.sign_in("li", PASSWORD, address=ADDRESS)
    first = accounts.sessions.sign_in("wang", PASSWORD, address=ADDRESS)
    second = accounts.sessions.sign_in("wang", PASSWORD, address=ADDRESS)
    foreign = accounts.sessions.sign_in("li", PASSWORD, address=ADDRESS)

    shown = accounts.sessions.listing(second)
    assert {each.session_id for each in shown if each.is_current} == {second.session_id}
    with pytest.raises(NotFoundError):
        accounts.sessions.end(foreign.session_id, second)
    accounts.sessions.end(first.session_id, second)
    assert accounts.sessions.find(first.token) is None
    assert accounts.sessions.find(foreign.token) is not None


# --- guessing ---------------------------------------------------------------------------------


def test_guessing_gets_slower_but_never_locks_the_account(
    accounts: AccountService, clock: StandingClock
) -> None:
    with_password(accounts)
    for _ in range(5):
        with pytest.raises(RefusedError, match="账号或密码不正确"):
            accounts.sessions.sign_in("wang", "wrong-words", address=ADDRESS)
    with pytest.raises(RefusedError, match="秒后再试"):
        accounts.sessions.sign_in("wang", PASSWORD, address=ADDRESS)

    clock.pass_by(seconds=30)
    assert accounts.sessions.sign_in("wang", PASSWORD, address=ADDRESS)


def test_the_wait_doubles_up_to_half_a_minute_and_is_forgotten_after_a_quarter_hour() -> None:
    throttle = SignInThrottle()
    waits = []
    for number in range(12):
        throttle.failed("wang", f"192.0.2.{number}", START)
        waits.append(int(throttle.wait("wang", "198.51.100.1", START).total_seconds()))
    assert waits == [0, 0, 0, 0, 2, 4, 8, 16, 30, 30, 30, 30]

    later = START + timedelta(minutes=15, microseconds=1)
    throttle.failed("wang", "192.0.2.1", later)
    assert throttle.wait("wang", "192.0.2.1", later) == timedelta()


def test_an_office_behind_one_address_may_mistype_more_often_than_one_person() -> None:
    throttle = SignInThrottle()
    for number in range(20):
        throttle.failed(f"person-{number}", ADDRESS, START)
    assert throttle.wait("somebody", ADDRESS, START) == timedelta()
    throttle.failed("person-20", ADDRESS, START)
    assert throttle.wait("somebody", ADDRESS, START) > timedelta()


def test_a_success_clears_the_account_but_not_the_address() -> None:
    throttle = SignInThrottle()
    for _ in range(21):
        throttle.failed("wang", ADDRESS, START)
    throttle.succeeded("wang")
    assert throttle.wait("wang", "198.51.100.1", START) == timedelta()
    assert throttle.wait("wang", ADDRESS, START) > timedelta()
