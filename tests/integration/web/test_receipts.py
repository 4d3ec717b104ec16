"""The addresses that providers call: who is heard, what each hears, what strangers learn."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.bootstrap import Application, build
from app.settings import Settings
from app.web.pages.receipts import MAX_BODY
from tests.integration.web.conftest import a_browser
from tests.simulators import aliyun as simulated_aliyun
from tests.simulators import tencent as simulated_tencent
from tests.simulators import weixin as simulated_weixin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.integration.web.conftest import StandingClock

CLOUDS: dict[str, Any] = {
    "sms_carrier": "aliyun,tencent",
    "aliyun_access_key_id": simulated_aliyun.KEY_ID,
    "aliyun_access_key_secret": simulated_aliyun.SECRET,
    "tencent_secret_id": simulated_tencent.KEY_ID,
    "tencent_secret_key": simulated_tencent.SECRET,
    "tencent_app_id": simulated_tencent.APP_ID,
    "wechat_carrier": "wechat",
    "wechat_app_id": simulated_weixin.APP_ID,
    "wechat_app_secret": simulated_weixin.APP_SECRET,
    "wechat_token": simulated_weixin.TOKEN,
}
GATEWAY: dict[str, Any] = {
    "sms_carrier": "http",
    "sms_url": "http://127.0.0.1:9/send?to={{ to }}",
    "receipt_url": "https://dian.example/receipts/sms/{{ message_id }}/{{ token }}?status=%d",
}
NUMBER = "13000000301"
REPORT = {"phone_number": NUMBER, "success": True, "err_code": "DELIVERED", "biz_id": "1^0"}
MESSAGE_ID = "00000000-0000-5000-8000-000000000001"


def an_application(
    prepared: Path, directory: Path, clock: StandingClock, **settings: Any
) -> Iterator[Application]:
    (directory / "huodian.db").write_bytes(prepared.read_bytes())
    made = build(
        Settings(
            database_url=f"sqlite:///{directory / 'huodian.db'}", var_dir=directory, **settings
        ),
        clock=clock,
    )
    yield made
    made.close()


@pytest.fixture
def by_clouds(prepared: Path, tmp_path: Path, clock: StandingClock) -> Iterator[Application]:
    yield from an_application(prepared, tmp_path, clock, **CLOUDS)


@pytest.fixture
def by_gateway(prepared: Path, tmp_path: Path, clock: StandingClock) -> Iterator[Application]:
    yield from an_application(prepared, tmp_path, clock, **GATEWAY)


def client(application: Application) -> TestClient:
    return a_browser(application).client


def address(application: Application, provider: str) -> str:
    return f"/receipts/{provider}/{application.receiving.secret(provider)}"


def kept(application: Application) -> list[tuple[str, str]]:
    """Provider and problem of what was stored."""
    with application.database.reading() as work:
        return [(each.provider, each.problem) for each in work.receipts.listing()]


def push(application: Application, provider: str, body: object, **query: str) -> Response:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client(application).post(address(application, provider), content=raw, params=query)


def test_each_provider_hears_what_it_wants_and_the_report_is_stored(
    by_clouds: Application,
) -> None:
    answer = push(by_clouds, "aliyun", [REPORT])
    assert (answer.status_code, answer.json()) == (200, {"code": 0, "msg": "接收成功"})
    report = {"mobile": NUMBER, "nationcode": "86", "report_status": "SUCCESS", "sid": "1:1"}
    answer = push(by_clouds, "tencent", [report])
    assert (answer.status_code, answer.json()["result"]) == (200, 0)
    done = simulated_weixin.finished(
        simulated_weixin.Told(to="o-customer-1", text="", message_id="7", client_id="")
    )
    answer = push(by_clouds, "wechat", done, **simulated_weixin.signed())
    assert (answer.status_code, answer.text) == (200, "success")
    assert sorted(kept(by_clouds)) == [("aliyun", ""), ("tencent", ""), ("wechat", "")]


def test_wechat_sees_its_word_again_when_it_verifies_the_address(by_clouds: Application) -> None:
    query = simulated_weixin.signed() | {"echostr": "3140"}
    answer = client(by_clouds).get(address(by_clouds, "wechat"), params=query)
    assert (answer.status_code, answer.text) == (200, "3140")
    assert kept(by_clouds) == []


@pytest.mark.parametrize(
    "path",
    [
        "/receipts/aliyun/guessed",
        "/receipts/aliyun/猜的",
        "/receipts/huawei/guessed",
        "/receipts/file/x",
    ],
)
def test_who_does_not_know_the_secret_learns_nothing_and_leaves_nothing(
    by_clouds: Application, path: str
) -> None:
    answer = client(by_clouds).post(path, json=[REPORT])
    assert (answer.status_code, answer.text) == (404, "not found\n")
    assert kept(by_clouds) == []


@pytest.mark.parametrize("provider", ["aliyun", "tencent", "wechat", "file", "http", "sms"])
@pytest.mark.parametrize("way", ["form", "query"])
def test_only_gateways_have_an_address_for_each_message(
    by_clouds: Application, provider: str, way: str
) -> None:
    """Anybody can call it, and no other provider proves a report so."""
    path, junk = f"/receipts/{provider}/guessed/whatever", {"junk": "x" * 9000}
    browser = client(by_clouds)
    answer = browser.post(path, data=junk) if way == "form" else browser.get(path, params=junk)
    assert (answer.status_code, answer.text) == (404, "not found\n")
    assert kept(by_clouds) == []


def test_a_strangers_reply_to_a_gateway_is_no_reply(by_gateway: Application) -> None:
    """A reply proves itself by the secret of the provider's address only."""
    path = "/receipts/http/guessed/whatever"
    answer = client(by_gateway).get(path, params={"from": NUMBER, "text": "TD"})
    assert answer.status_code == 403
    assert kept(by_gateway) == []


def test_one_providers_secret_opens_no_other_address(by_clouds: Application) -> None:
    path = f"/receipts/tencent/{by_clouds.receiving.secret('aliyun')}"
    assert client(by_clouds).post(path, json=[REPORT]).status_code == 404


def test_a_report_that_is_not_signed_is_refused_and_not_stored(by_clouds: Application) -> None:
    answer = push(by_clouds, "wechat", b"<xml/>", **simulated_weixin.signed("another token"))
    assert (answer.status_code, answer.text) == (403, "refused\n")
    assert kept(by_clouds) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff\xfe", b"null"])
def test_what_cannot_be_read_is_refused_and_kept_for_a_person(
    by_clouds: Application, body: bytes
) -> None:
    assert push(by_clouds, "aliyun", body).status_code == 400
    ((provider, problem),) = kept(by_clouds)
    assert provider == "aliyun"
    assert problem


def test_a_body_has_a_size_at_which_nobody_reads_on(by_clouds: Application) -> None:
    assert push(by_clouds, "aliyun", b" " * (MAX_BODY + 1)).status_code == 413
    assert kept(by_clouds) == []
    padded = json.dumps([REPORT]).encode()
    assert push(by_clouds, "aliyun", padded.ljust(MAX_BODY)).status_code == 200


@pytest.mark.parametrize("provider", ["sms", "http"])
@pytest.mark.parametrize("way", ["query", "form"])
def test_a_gateway_reports_by_the_address_of_a_message(
    by_gateway: Application, provider: str, way: str
) -> None:
    channel: Any = by_gateway.receiving.carriers["http"]
    path = f"/receipts/{provider}/{MESSAGE_ID}/{channel.token(MESSAGE_ID)}"
    browser = client(by_gateway)
    if way == "query":
        answer = browser.get(path, params={"status": "1"})
    else:
        answer = browser.post(path, data={"status": "1"})
    assert answer.status_code == 200
    assert kept(by_gateway) == [("http", "")]


def test_a_gateways_report_needs_the_token_of_its_message(by_gateway: Application) -> None:
    channel: Any = by_gateway.receiving.carriers["http"]
    path = f"/receipts/sms/another-message/{channel.token(MESSAGE_ID)}"
    for given in (path, f"/receipts/sms/{MESSAGE_ID}/猜的"):
        assert client(by_gateway).get(given, params={"status": "1"}).status_code == 403
    assert client(by_gateway).get(path).status_code == 403
    assert kept(by_gateway) == []


def test_without_a_gateway_its_address_is_nobodys(by_clouds: Application) -> None:
    answer = client(by_clouds).get(f"/receipts/sms/{MESSAGE_ID}/token", params={"status": "1"})
    assert answer.status_code == 404
