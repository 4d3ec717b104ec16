"""The channels as operators see them: listed, tried out, looked at by the doctor, set up."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING, Any

import pytest

from app.daemon import run_once
from app.doctor import examine
from app.provider_settings import Carrier
from app.settings import Settings, read_settings
from engine.errors import MalformedError, NotFoundError, RefusedError
from notifications.channels.base import MissingExtraError, Verdict
from notifications.message import Channel, MessageState
from tests.applicants import CHIEF, COUNTER
from tests.application import codes
from tests.registrations import publish
from tests.simulators import aliyun as simulated_aliyun
from tests.simulators import tencent as simulated_tencent
from tests.simulators import weixin as simulated_weixin
from tests.simulators.aliyun import Aliyun, aliyun
from tests.simulators.tencent import Tencent, tencent
from tests.simulators.weixin import weixin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.application import Office
    from tests.command_line import Shell

TEST_TEMPLATE = """\
provider: {provider}
template: channel_test
template_version: 1
code: "{code}"
sign_name: 示例供电
text: "{text}"
fields:
  - {{name: place, value: "{{{{ name }}}}", limit: 20}}
  - {{name: when, value: "{{{{ at }}}}", limit: 20}}
"""


def both(cloud: Aliyun, other: Tencent) -> dict[str, Any]:
    """Settings of two clouds, Tencent preferred."""
    return {
        "sms_carrier": "tencent,aliyun",
        "aliyun_access_key_id": simulated_aliyun.KEY_ID,
        "aliyun_access_key_secret": simulated_aliyun.SECRET,
        "aliyun_endpoint": cloud.state.url,
        "tencent_secret_id": simulated_tencent.KEY_ID,
        "tencent_secret_key": simulated_tencent.SECRET,
        "tencent_app_id": simulated_tencent.APP_ID,
        "tencent_endpoint": other.state.url,
    }


@pytest.fixture
def clouds() -> Iterator[tuple[Aliyun, Tencent]]:
    with aliyun() as one, tencent() as other:
        yield one, other


@pytest.fixture
def by_clouds(office: Office, clouds: tuple[Aliyun, Tencent]) -> Iterator[Office]:
    other = office.at("2021-09-06 09:00").another(**both(*clouds))
    yield other
    other.close()


def registered(office: Office) -> None:
    """The template of test messages with both clouds."""
    texts = (("aliyun", "SMS_1002", simulated_aliyun), ("tencent", "2002", simulated_tencent))
    publish(
        office,
        *(
            TEST_TEMPLATE.format(provider=name, code=code, text=module.TEMPLATES[code])
            for name, code, module in texts
        ),
    )


# --- listed and tried out ----------------------------------------------------------------------


def test_who_carries_what_in_which_order_and_where_reports_go(by_clouds: Office) -> None:
    registered(by_clouds)
    found = {
        (each.channel, each.provider): each for each in by_clouds.application.outlets.listing()
    }
    assert {name: found[Channel.SMS, name].preference for name in ("tencent", "aliyun")} == {
        "tencent": 1,
        "aliyun": 2,
    }
    view = found[Channel.SMS, "aliyun"]
    assert (view.same_params, view.mixed_params, view.receipts) == (1000, 100, "push")
    assert "next_stage" in view.unregistered
    assert "channel_test" not in view.unregistered
    path = view.callback.removeprefix(by_clouds.application.settings.base_url)
    assert path == f"/receipts/aliyun/{by_clouds.application.receiving.secret('aliyun')}"
    assert found[Channel.EMAIL, "file"].callback == ""


def test_a_message_to_try_a_provider_out(by_clouds: Office, clouds: tuple[Aliyun, Tencent]) -> None:
    registered(by_clouds)
    outlets = by_clouds.application.outlets
    first = outlets.test(Channel.SMS, "tc-counter", actor=CHIEF)
    second = outlets.test(Channel.SMS, "tc-counter", actor=CHIEF, provider="aliyun")
    assert [first.provider, second.provider] == ["tencent", "aliyun"]
    assert {first.verdict, second.verdict} == {Verdict.ACCEPTED}
    (by_aliyun,), (by_tencent,) = clouds[0].taken, clouds[1].taken
    assert "柳青禾" in by_aliyun.content
    assert by_tencent.phone == "+8613000000101"
    stored = {each.id: each for each in by_clouds.messages()}
    assert {stored[each.message_id].state for each in (first, second)} == {MessageState.ACCEPTED}
    assert stored[second.message_id].provider == "aliyun"
    entry = by_clouds.entries("administration")[-1]
    assert (entry.action, json.loads(entry.details)["provider"]) == ("test_channel", "aliyun")
    receiving = by_clouds.application.receiving
    receiving.take("aliyun", receiving.secret("aliyun"), {}, clouds[0].report(by_aliyun))
    receiving.applying.sweep()
    assert stored_state(by_clouds, second.message_id) is MessageState.DELIVERED


def test_a_try_that_fails_is_not_tried_again(by_clouds: Office) -> None:
    found = by_clouds.application.outlets.test(Channel.SMS, "tc-counter", actor=CHIEF)
    assert (found.verdict, found.code) == (Verdict.REJECTED, "not_registered")
    registered(by_clouds)
    away = by_clouds.another(tencent_endpoint="http://127.0.0.1:1")
    lost = away.application.outlets.test(Channel.SMS, "tc-counter", actor=CHIEF)
    assert lost.verdict is Verdict.RETRY
    assert stored_state(away, lost.message_id) is MessageState.FAILED
    away.close()


def stored_state(office: Office, message_id: str) -> MessageState:
    with office.application.database.reading() as work:
        return work.outbox.get(message_id).state


def test_what_cannot_be_tried_out_is_refused(by_clouds: Office) -> None:
    outlets = by_clouds.application.outlets
    with pytest.raises(NotFoundError):
        outlets.test(Channel.SMS, "nobody", actor=CHIEF)
    with pytest.raises(NotFoundError, match="tencent、aliyun"):
        outlets.test(Channel.SMS, "tc-counter", actor=CHIEF, provider="http")
    with pytest.raises(NotFoundError):
        outlets.test(Channel.APP, "tc-counter", actor=CHIEF)
    with pytest.raises(RefusedError) as refused:
        outlets.test(Channel.WECOM, "tc-counter", actor=CHIEF)
    assert codes(refused) == {"unreachable"}
    with pytest.raises(RefusedError) as refused:
        outlets.test(Channel.SMS, "tc-counter", actor=COUNTER)
    assert codes(refused) == {"not_permitted"}


# --- the doctor --------------------------------------------------------------------------------


def findings(office: Office, *, online: bool = False) -> dict[str, tuple[bool, str]]:
    run_once(office.application)
    found = examine(office.application, online=online)
    return {each.subject: (each.ok, each.remark) for each in found if "渠道" in each.subject}


def test_the_doctor_says_what_a_provider_lacks(by_clouds: Office) -> None:
    ok, remark = findings(by_clouds)["渠道 短信 / aliyun"]
    assert not ok
    assert "模板未登记" in remark
    assert "huodian template register" in remark
    assert findings(by_clouds)["渠道 邮件 / file"] == (True, "已启用")


def test_the_doctor_asks_providers_only_when_told(office: Office) -> None:
    settings = {
        "wecom_carrier": "wecom",
        "wecom_corp_id": simulated_weixin.CORP_ID,
        "wecom_agent_id": simulated_weixin.AGENT_ID,
    }
    subject = "渠道 企业微信 / wecom"
    with weixin() as account:
        settings["wecom_url"] = account.state.url
        right = office.another(**settings, wecom_secret=simulated_weixin.CORP_SECRET)
        assert findings(right)[subject] == (True, "已启用")
        assert account.state.calls == []
        assert findings(right, online=True)[subject] == (True, "凭证有效")
        right.close()
        wrong = office.another(**settings, wecom_secret="another")
        ok, remark = findings(wrong, online=True)[subject]
        assert not ok
        assert "未通过核对：40001 Secret 不正确" in remark
        wrong.close()


# --- settings ----------------------------------------------------------------------------------


def faults(**settings: Any) -> dict[str, str]:
    with pytest.raises(MalformedError) as refused:
        read_settings(**settings)
    return {each.field: each.code for each in refused.value.reasons}


def test_carriers_are_named_in_the_order_of_preference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUODIAN_SMS_CARRIER", "file, http")
    monkeypatch.setenv("HUODIAN_SMS_URL", "http://127.0.0.1/{{ to }}")
    assert read_settings().sms_carrier == (Carrier.FILE, Carrier.HTTP)


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        (
            {"sms_carrier": "aliyun,tencent"},
            {
                "HUODIAN_ALIYUN_ACCESS_KEY_ID",
                "HUODIAN_ALIYUN_ACCESS_KEY_SECRET",
                "HUODIAN_TENCENT_SECRET_ID",
                "HUODIAN_TENCENT_SECRET_KEY",
                "HUODIAN_TENCENT_APP_ID",
            },
        ),
        (
            {"wechat_carrier": "wechat"},
            {"HUODIAN_WECHAT_APP_ID", "HUODIAN_WECHAT_APP_SECRET"},
        ),
        (
            {"wecom_carrier": "wecom", "email_carrier": "smtp"},
            {
                "HUODIAN_WECOM_CORP_ID",
                "HUODIAN_WECOM_SECRET",
                "HUODIAN_WECOM_AGENT_ID",
                "HUODIAN_SMTP_HOST",
                "HUODIAN_MAIL_FROM",
            },
        ),
        ({"sms_carrier": "wechat"}, {"HUODIAN_SMS_CARRIER"}),
        ({"sms_carrier": "file,file"}, {"HUODIAN_SMS_CARRIER"}),
        ({"sms_carrier": "file,off"}, {"HUODIAN_SMS_CARRIER"}),
        ({"sms_carrier": ""}, {"HUODIAN_SMS_CARRIER"}),
        ({"sms_carrier": "pigeon"}, {"HUODIAN_SMS_CARRIER"}),
        ({"sms_carrier": "http,kannel", "sms_url": "http://x"}, {"HUODIAN_SMS_CARRIER"}),
        ({"customer_channels": "wechat"}, {"HUODIAN_CUSTOMER_CHANNELS"}),
        ({"customer_channels": "email,sms"}, {"HUODIAN_CUSTOMER_CHANNELS"}),
        ({"wechat_aes_key": "short"}, {"HUODIAN_WECHAT_AES_KEY"}),
        (
            {"sms_carrier": "http", "sms_url": "http://x", "sms_id_pattern": r"id=\d+"},
            {"HUODIAN_SMS_ID_PATTERN"},
        ),
        (
            {"sms_carrier": "http", "sms_url": "http://x", "sms_id_pattern": "id=("},
            {"HUODIAN_SMS_ID_PATTERN"},
        ),
        ({"smtp_security": "plain"}, {"HUODIAN_SMTP_SECURITY"}),
        (
            {"email_carrier": "smtp", "smtp_host": "mail", "mail_from": "获电@example.cn"},
            {"HUODIAN_MAIL_FROM"},
        ),
    ],
)
def test_everything_wrong_about_providers_is_said_at_once(
    settings: dict[str, Any], fields: set[str]
) -> None:
    assert set(faults(**settings)) == fields


@pytest.mark.parametrize(
    ("url", "private", "fits"),
    [
        ("https://app.example/push", False, True),
        ("http://app.example/push", False, False),
        ("https://10.0.0.7/push", False, False),
        ("https://localhost/push", False, False),
        ("http://10.0.0.7/push", True, True),
        ("ftp://app.example", True, False),
        ("app.example", True, False),
    ],
)
def test_a_webhook_goes_outside_and_by_https_unless_said_otherwise(
    url: str, private: bool, fits: bool
) -> None:
    settings = {
        "app_carrier": "app",
        "app_push_url": url,
        "app_push_secret": "s",
        "app_push_private": private,
    }
    if fits:
        assert read_settings(**settings).app_push_url == url
    else:
        assert set(faults(**settings)) == {"HUODIAN_APP_PUSH_URL"}


def test_a_missing_sdk_is_a_setting_error_that_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "app.provider_faults.find_spec",
        lambda name: None if name == "tencentcloud" else real(name),
    )
    with pytest.raises(MalformedError) as refused:
        read_settings(
            sms_carrier="tencent",
            tencent_secret_id="i",
            tencent_secret_key="k",
            tencent_app_id="1",
        )
    (reason,) = refused.value.reasons
    assert (reason.code, reason.field) == ("missing_extra", "HUODIAN_SMS_CARRIER")
    assert 'make setup EXTRAS="tencent"' in reason.remedy
    assert 'EXTRAS="aliyun"' in str(MissingExtraError.of(extra="aliyun"))


def test_secrets_are_not_shown(shell: Shell) -> None:
    secrets = {
        "aliyun_access_key_secret": "geheim-1",
        "wechat_token": "geheim-2",
        "smtp_password": "geheim-3",
        "wecom_robots": '{"tengchong": "geheim-4"}',
    }
    shell.set(**secrets)
    ran = shell.run("settings")
    assert ran.code == 0
    assert "geheim" not in ran.out
    assert "tengchong" in ran.out
    shell.set(wecom_robots='["geheim-5"]')
    assert "geheim" not in shell.fails(2, "settings").err
    assert {name for name in Settings.model_fields if "secret" in name} >= {"wecom_secret"}


# --- the command line --------------------------------------------------------------------------


def test_channels_on_the_command_line(shell: Shell) -> None:
    listed = shell.json("channel", "list")
    assert {each["channel"] for each in listed} == {"sms", "wechat", "wecom", "email"}
    tried = shell.json("channel", "test", "sms", "tc-counter", user="chief")
    assert (tried["provider"], tried["verdict"]) == ("file", "accepted")
    assert shell.fails(2, "channel", "test", "pigeon", "tc-counter", user="chief").codes == {
        "wrong_call"
    }
    assert shell.fails(4, "channel", "test", "sms", "nobody", user="chief").codes == {"not_found"}
    assert shell.fails(4, "channel", "test", "app", "tc-counter", user="chief").codes == {
        "channel_off"
    }
    assert shell.json("channel", "receipts", user="chief") == []
    assert shell.json("channel", "replies", user="chief") == []
    assert "1. file" in shell.run("channel", "list").out


def test_suppressions_on_the_command_line(shell: Shell) -> None:
    phone = "13000000301"
    why = ("--reason", "客户来电要求")
    assert shell.json("suppression", "add", phone, *why, user="chief") == {"suppressed": True}
    (listed,) = shell.json("suppression", "list", user="chief")
    assert (listed["address"], listed["source"]) == ("130****0301", "command")
    assert "130****0301" in shell.run("suppression", "list", user="chief").out
    assert shell.fails(3, "suppression", "add", phone, *why, user="chief").codes == {
        "already_suppressed"
    }
    assert shell.fails(2, "suppression", "add", "1234", *why, user="chief").codes == {
        "not_a_mobile"
    }
    assert shell.json("suppression", "remove", phone, *why, user="chief") == {"suppressed": False}
    assert shell.fails(3, "suppression", "remove", phone, *why, user="chief").codes == {
        "not_suppressed"
    }


def test_registrations_on_the_command_line(shell: Shell) -> None:
    shell.run(
        *("user", "add", "second", "--name", "方晓白", "--role", "administrator"), user="chief"
    )
    file = shell.path.parent / "aliyun.yaml"
    text = TEST_TEMPLATE.format(
        provider="aliyun", code="SMS_1002", text=simulated_aliyun.TEMPLATES["SMS_1002"]
    )
    file.write_text(text, encoding="utf-8")
    looked = shell.json("template", "register", str(file), "--check")
    assert (looked["faults"], looked["parts"]) == ([], 1)
    draft = shell.json("template", "register", str(file), user="chief")
    number = str(draft["number"])
    assert shell.fails(3, "template", "confirm", number, user="chief").codes == {"second_person"}
    assert shell.json("template", "confirm", number, user="second") == {
        "key": "aliyun/channel_test",
        "version": 1,
    }
    listed = shell.json("template", "registrations")
    assert [each["code"] for each in listed["in_use"]] == ["SMS_1002"]
    file.write_text(text.replace("${when}", "${then}"), encoding="utf-8")
    faulty = shell.run("template", "register", str(file), user="chief")
    assert faulty.code == 3
    assert "field_missing" in shell.run("template", "register", str(file), "--json").out
    assert shell.fails(4, "template", "confirm", "999", user="second").codes == {"not_found"}


def test_contacts_on_the_command_line(shell: Shell) -> None:
    changed = shell.json(
        "user", "set", "tc-head", "--wecom-id", "LuoHuaishan", "--email", "h@b.cn", user="chief"
    )
    assert changed == {"id": "tc-head", "changed": ["email", "wecom_id"]}
    assert shell.fails(2, "user", "set", "tc-head", user="chief").codes == {"nothing_given"}
    assert shell.fails(2, "user", "set", "tc-head", "--email", "h@", user="chief").codes == {
        "malformed"
    }
