"""By which way people are told: staff by WeCom, groups by robots, customers by what works."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.people.accounts import NewUser
from engine.errors import MalformedError, NotFoundError, RefusedError
from engine.ticket import SYSTEM, Actor, Role
from notifications.message import Audience, Channel, MessageKind, MessageState
from tests.applicants import CHIEF, COUNTER, a_resident
from tests.registrations import publish, wechat_source
from tests.simulators import weixin as simulated
from tests.simulators.app_server import SECRET, AppServer, app_server
from tests.simulators.weixin import Weixin, weixin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.application import Office

MORNING = "2021-09-06 09:00"


@pytest.fixture
def account() -> Iterator[Weixin]:
    with weixin() as running:
        yield running


@pytest.fixture
def app(office: Office) -> Iterator[AppServer]:
    with app_server() as running:
        running.now = office.clock
        yield running


@pytest.fixture
def by_wecom(office: Office, account: Weixin) -> Iterator[Office]:
    """The office, with a work account and a robot in the group of one branch."""
    other = office.another(
        wecom_carrier="wecom",
        wecom_corp_id=simulated.CORP_ID,
        wecom_secret=simulated.CORP_SECRET,
        wecom_agent_id=simulated.AGENT_ID,
        wecom_url=account.state.url,
        wecom_robots={"tengchong": simulated.ROBOT_KEY},
    )
    yield other
    other.close()


def ways(office: Office) -> dict[str, tuple[Channel, str]]:
    """By which way and where each person is told; the customer is `customer`."""
    return {
        "customer" if each.audience is Audience.CUSTOMER else each.recipient: (
            each.channel,
            each.address,
        )
        for each in office.messages()
    }


# --- staff ---------------------------------------------------------------------------------------


def test_staff_are_told_by_wecom_where_they_have_it(by_wecom: Office, account: Weixin) -> None:
    by_wecom.application.accounts.set_contacts("tc-project", {"wecom_id": "wang"}, actor=CHIEF)
    by_wecom.at(MORNING).submit()
    found = ways(by_wecom)
    assert found["tc-project"] == (Channel.WECOM, "wang")
    assert found["tc-account"][0] is Channel.SMS
    by_wecom.application.sending.dispatch()
    (told,) = account.taken
    assert (told.to, "项目经理" in told.text) == ("wang", True)
    assert {each.state for each in by_wecom.messages()} == {MessageState.ACCEPTED}


def test_who_loses_wecom_is_told_by_text_message_again(by_wecom: Office) -> None:
    accounts = by_wecom.application.accounts
    accounts.set_contacts("tc-project", {"wecom_id": "wang"}, actor=CHIEF)
    accounts.set_contacts("tc-project", {"wecom_id": ""}, actor=CHIEF)
    by_wecom.at(MORNING).submit()
    assert ways(by_wecom)["tc-project"][0] is Channel.SMS


def test_a_message_by_wecom_can_fall_back_to_a_text_message(by_wecom: Office) -> None:
    by_wecom.application.accounts.set_contacts("tc-project", {"wecom_id": "wang"}, actor=CHIEF)
    by_wecom.at(MORNING).submit()
    found = {each.channel: each for each in by_wecom.messages()}
    assert found[Channel.WECOM].fallback_address.startswith("130000001")
    assert found[Channel.SMS].fallback_address == ""


def test_what_is_overdue_is_said_in_the_group_of_its_branch(
    by_wecom: Office, account: Weixin
) -> None:
    ticket = by_wecom.at(MORNING).submit()
    by_wecom.at("2021-09-08 08:30").application.reminders.sweep()
    (group,) = (each for each in by_wecom.messages() if each.channel is Channel.WECOM_ROBOT)
    assert (group.kind, group.recipient, group.address) == (
        MessageKind.ESCALATION,
        "group:tengchong",
        "tengchong",
    )
    by_wecom.application.sending.dispatch()
    (told,) = (each for each in account.taken if each.to == "robot")
    assert ticket.ticket_no in told.text
    by_wecom.application.reminders.sweep()
    assert len([each for each in by_wecom.messages() if each.address == "tengchong"]) == 1


def test_a_branch_without_a_robot_is_told_as_before(office: Office) -> None:
    office.at(MORNING).submit()
    office.at("2021-09-08 08:30").application.reminders.sweep()
    channels = {each.channel for each in office.messages()}
    assert channels == {Channel.SMS}


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"wecom_id": "王大河"}, {"wecom_id"}),
        ({"email": "head@"}, {"email"}),
        ({"email": "张三@example.cn"}, {"email"}),
        ({"email": "head@电力.cn"}, {"email"}),
        ({"phone": "12345", "name": " "}, {"phone", "name"}),
        ({}, {""}),
    ],
)
def test_what_people_cannot_be_reached_by_is_refused_at_once(
    office: Office, changes: dict[str, str], fields: set[str]
) -> None:
    with pytest.raises(MalformedError) as refused:
        office.application.accounts.set_contacts("tc-project", changes, actor=CHIEF)
    assert {each.field for each in refused.value.reasons} == fields


def test_how_people_are_reached_is_changed_by_who_may_and_recorded_without_it(
    office: Office,
) -> None:
    accounts = office.application.accounts
    with pytest.raises(RefusedError):
        accounts.set_contacts("tc-project", {"name": "顾长林"}, actor=COUNTER)
    with pytest.raises(NotFoundError):
        accounts.set_contacts("nobody", {"name": "顾长林"}, actor=CHIEF)
    accounts.set_contacts("tc-project", {"phone": "130 0000 0999", "email": "a@b.cn"}, actor=CHIEF)
    (user,) = (each for each in accounts.listing(actor=CHIEF) if each.id == "tc-project")
    assert (user.phone, user.email) == ("13000000999", "a@b.cn")
    entry = office.entries("administration")[-1]
    assert (entry.action, '"changed":["email","phone"]' in entry.details) == ("set_contacts", True)
    assert "13000000999" not in entry.details


# --- customers -----------------------------------------------------------------------------------


def test_customers_are_told_by_the_first_way_that_reaches_them(
    office: Office, account: Weixin
) -> None:
    publish(office, wechat_source())
    follower = replace(a_resident().contact, wechat_openid="o-customer-1")
    by_wechat = office.another(
        wechat_carrier="wechat",
        wechat_app_id=simulated.APP_ID,
        wechat_app_secret=simulated.APP_SECRET,
        wechat_url=account.state.url,
    )
    by_wechat.at(MORNING).submit(a_resident(contact=follower))
    assert ways(by_wechat)["customer"] == (Channel.WECHAT, "o-customer-1")
    by_wechat.application.sending.dispatch()
    (told,) = account.taken
    assert told.to == "o-customer-1"
    by_wechat.submit(a_resident(address="示例县城和畅路19号"))
    assert ways(by_wechat)["customer"][0] is Channel.SMS
    by_wechat.close()


def test_an_app_comes_where_the_settings_put_it(office: Office, app: AppServer) -> None:
    app.users.add("13000000301")
    settings = {
        "app_carrier": "app",
        "app_push_url": f"{app.state.url}/push",
        "app_push_secret": SECRET,
        "app_push_private": True,
    }
    first = office.another(**settings, customer_channels="app,wechat,sms")
    first.at(MORNING).submit()
    assert ways(first)["customer"] == (Channel.APP, "13000000301")
    first.application.sending.dispatch()
    assert [each["to"] for each in app.shown.values()] == ["13000000301"]
    first.close()
    unused = office.another(**settings)
    unused.submit(a_resident(address="示例县城和畅路19号"))
    assert ways(unused)["customer"][0] is Channel.SMS
    unused.close()


def test_a_customer_who_does_not_use_the_app_is_a_definite_failure(
    office: Office, app: AppServer
) -> None:
    other = office.another(
        app_carrier="app",
        app_push_url=f"{app.state.url}/push",
        app_push_secret=SECRET,
        app_push_private=True,
        customer_channels="app,sms",
    )
    other.at(MORNING).submit()
    other.application.sending.dispatch()
    (failed,) = (each for each in other.messages() if each.channel is Channel.APP)
    assert (failed.state, failed.fallback_address) == (MessageState.FAILED, "13000000301")
    other.close()


def test_what_nobody_has_registered_fails_visibly(office: Office, account: Weixin) -> None:
    follower = replace(a_resident().contact, wechat_openid="o-customer-1")
    other = office.another(
        wechat_carrier="wechat",
        wechat_app_id=simulated.APP_ID,
        wechat_app_secret=simulated.APP_SECRET,
        wechat_url=account.state.url,
    )
    other.at(MORNING).submit(a_resident(contact=follower))
    other.application.sending.dispatch()
    (failed,) = (each for each in other.messages() if each.channel is Channel.WECHAT)
    assert (failed.state, failed.error_code) == (MessageState.FAILED, "not_registered")
    assert "尚未在 wechat 登记" in failed.error_text
    assert account.state.calls == []
    other.close()


# --- the inbox -----------------------------------------------------------------------------------


def test_an_inbox_holds_what_was_sent_to_its_owner_until_it_is_read(office: Office) -> None:
    office.at(MORNING).submit()
    inbox = office.application.inbox
    manager = actor(office, "tc-project")
    (entry,) = inbox.listing(actor=manager)
    assert (entry.kind_name, entry.is_read) == ("通知", False)
    assert inbox.unread(actor=manager) == 1
    assert inbox.read(entry.id, actor=actor(office, "tc-account")) == 0
    assert inbox.read(entry.id, actor=manager) == 1
    assert inbox.read(entry.id, actor=manager) == 0
    assert [each.is_read for each in inbox.listing(actor=manager)] == [True]
    assert inbox.listing(actor=actor(office, "ll-project")) == ()


def test_all_of_an_inbox_is_read_at_once(office: Office) -> None:
    office.at(MORNING).submit()
    office.submit(a_resident(address="示例县城和畅路19号"))
    inbox, manager = office.application.inbox, actor(office, "tc-project")
    assert inbox.unread(actor=manager) == 2
    assert inbox.read(None, actor=manager) == 2
    assert inbox.unread(actor=manager) == 0


def actor(office: Office, user_id: str) -> Actor:
    return office.application.accounts.actor(user_id)


# --- the daily list ------------------------------------------------------------------------------


def mails(office: Office) -> list[tuple[str, str, str]]:
    return [
        (each.recipient, each.address, each.text)
        for each in office.messages()
        if each.channel is Channel.EMAIL
    ]


def summarise(office: Office, local: str) -> int:
    application = office.at(local).application
    (sweep,) = (each for each in application.sweeps.all() if each.name == "summaries")
    return sweep.run().done


def test_heads_get_the_overdue_list_of_their_branch_once_a_working_day(office: Office) -> None:
    for user_id in ("tc-section", "ll-head", "marketing"):
        office.application.accounts.set_contacts(
            user_id, {"email": f"{user_id}@power.example"}, actor=CHIEF
        )
    ticket = office.at(MORNING).submit()
    assert summarise(office, "2021-09-07 08:30") == 0  # nothing is overdue yet
    assert summarise(office, "2021-09-08 08:29:59") == 0
    assert summarise(office, "2021-09-08 08:30") == 2
    assert summarise(office, "2021-09-08 08:31") == 0
    found = {recipient: text for recipient, _, text in mails(office)}
    assert set(found) == {"tc-section", "marketing"}
    subject, _, body = found["tc-section"].partition("\n")
    assert subject == "腾冲分公司超时工单1件（2021-09-08）"
    assert ticket.ticket_no in body
    assert "超时" in body
    assert found["marketing"].startswith("全公司超时工单1件")
    assert summarise(office, "2021-09-11 09:00") == 0  # a Saturday
    assert summarise(office, "2021-09-18 09:00") == 2  # a Saturday that is made up
    office.application.sending.dispatch()
    assert {each.state for each in office.messages() if each.channel is Channel.EMAIL} == {
        MessageState.ACCEPTED
    }


def test_a_long_list_is_whole_up_to_its_end(office: Office) -> None:
    office.application.accounts.set_contacts("tc-head", {"email": "h@power.example"}, actor=CHIEF)
    numbers = [
        office.at(MORNING).submit(a_resident(address=f"{number}号")).ticket_no
        for number in range(60)
    ]
    summarise(office, "2021-09-08 09:00")
    ((_, _, text),) = mails(office)
    assert [number for number in numbers if number not in text] == []


def test_whom_nobody_mails_and_who_has_left_get_nothing(office: Office) -> None:
    accounts = office.application.accounts
    helper = NewUser(
        user_id="tc-section-2",
        name="温知春",
        roles=frozenset({Role.SECTION_HEAD}),
        branch="tengchong",
    )
    accounts.create_user(helper, actor=SYSTEM)
    accounts.set_contacts("tc-section-2", {"email": "g@power.example"}, actor=CHIEF)
    accounts.disable("tc-section-2", reason="调离", actor=CHIEF)
    accounts.set_contacts("tc-project", {"email": "p@power.example"}, actor=CHIEF)
    office.at(MORNING).submit()
    silent = office.another(email_carrier="off")
    assert summarise(silent, "2021-09-08 09:00") == 0
    silent.close()
    assert summarise(office, "2021-09-08 09:00") == 0
    assert mails(office) == []
