"""Who gets to see what, and what a foreign site cannot do."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fastapi import APIRouter

from app.web.access import Anybody, Staff, UndeclaredRouteError, refuse_undeclared
from app.web.rendering import STATIC
from app.web.server import ROUTERS, create_app
from engine.ticket import SYSTEM
from tests.integration.web.conftest import SAME_ORIGIN, Browser, a_browser

if TYPE_CHECKING:
    from app.bootstrap import Application
    from tests.integration.web.conftest import StandingClock

TICKET = "TC-20261123-0002"
STAFF_PAGES = ("/", "/queue", "/tickets/new", f"/tickets/{TICKET}", f"/tickets/{TICKET}/clock",
               "/outbox", "/account", "/admin/users", "/definitions", "/calendar")  # fmt: skip


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_whoever_is_not_signed_in_is_asked_to(browser: Browser, path: str) -> None:
    browser.get(path, follow_redirects=False)
    assert browser.status == 303
    assert browser.headers["location"].startswith("/login")


def test_after_signing_in_the_wanted_page_opens_and_no_foreign_one(browser: Browser) -> None:
    browser.sign_in("demo").get("/account")
    browser.post("/account/password", new="four-plain-words", again="four-plain-words")
    browser.post("/logout")
    for wanted, opened in (
        ("/outbox", "/outbox"),
        ("//evil.test/", "/queue"),
        ("https://evil.test", "/queue"),
        ("/\\evil.test", "/queue"),
    ):
        browser.client.cookies.clear()
        browser.get("/login", params={"next": wanted})
        fields = {"user_id": "demo", "password": "four-plain-words", "next": wanted}
        token = browser.hidden("form_token")
        answer = browser.client.post(
            "/login",
            data={**fields, "form_token": token},
            headers=SAME_ORIGIN,
            follow_redirects=False,
        )
        assert answer.headers["location"] == opened


def test_a_link_is_not_used_up_by_looking_at_it(application: Application) -> None:
    token = application.accounts.issue_sign_in_link("demo")
    for _ in range(3):
        assert a_browser(application).get(f"/sign-in/{token}").status == 200

    used = a_browser(application).get(f"/sign-in/{token}").post(f"/sign-in/{token}")
    assert used.status == 200
    assert "我的账号" in used.text
    again = a_browser(application).get(f"/sign-in/{token}")
    assert again.status == 404
    assert "已经使用过" in again.text


def test_wrong_password_and_unknown_user_look_the_same(browser: Browser) -> None:
    answers = set()
    for user_id in ("demo", "nobody"):
        browser.get("/login").post("/login", user_id=user_id, password="wrong-words", next="/")
        assert browser.status == 409
        answers.add(browser.text.replace(user_id, ""))
    assert len(answers) == 1


def test_a_session_cookie_is_for_this_console_only_and_changes_at_each_sign_in(
    application: Application,
) -> None:
    browser = a_browser(application).sign_in("demo")
    first = browser.client.cookies["hd_s"]
    token = application.accounts.issue_sign_in_link("demo")
    browser.get(f"/sign-in/{token}")
    data = {"form_token": browser.hidden("form_token")}
    answer = browser.client.post(
        f"/sign-in/{token}", data=data, headers=SAME_ORIGIN, follow_redirects=False
    )
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert browser.client.cookies["hd_s"] != first
    assert application.accounts.sessions.find(first) is None


def test_behind_https_the_cookie_is_bound_to_the_host_and_there_is_no_banner(
    application: Application,
) -> None:
    settings = application.settings.model_copy(update={"behind_https": True})
    secure = replace(application, settings=settings)
    browser = a_browser(secure, scheme="https")
    token = application.accounts.issue_sign_in_link("demo")
    browser.get(f"/sign-in/{token}")
    assert "未使用 HTTPS" not in browser.text
    assert "max-age=31536000" in browser.headers["strict-transport-security"]
    data = {"form_token": browser.hidden("form_token")}
    answer = browser.client.post(
        f"/sign-in/{token}", data=data, headers=SAME_ORIGIN, follow_redirects=False
    )
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-hd_s=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


def test_without_https_a_banner_says_so(browser: Browser) -> None:
    assert "当前未使用 HTTPS" in browser.get("/login").text


def test_signing_out_ends_the_session_on_the_server(demo: Browser) -> None:
    token = demo.client.cookies["hd_s"]
    demo.get("/queue").post("/logout")
    assert demo.application.accounts.sessions.find(token) is None


def test_a_disabled_person_is_out_at_the_next_click(
    demo: Browser, application: Application
) -> None:
    application.accounts.disable("demo", reason="调离", actor=SYSTEM)
    demo.get("/queue")
    assert "登录" in demo.text
    assert "待办工单" not in demo.text


def test_an_idle_session_leads_to_the_sign_in_page(demo: Browser, clock: StandingClock) -> None:
    clock.pass_by(minutes=30)
    demo.get("/queue", follow_redirects=False)
    assert demo.status == 303


# --- foreign sites ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {},
    ],
)
def test_a_post_from_elsewhere_is_refused_even_with_the_token(
    demo: Browser, headers: dict[str, str]
) -> None:
    demo.get(f"/tickets/{TICKET}")
    fields = {name: demo.hidden(name) or "" for name in ("form_token", "revision")}
    answer = demo.client.post(
        f"/tickets/{TICKET}/actions/complete_intake", data=fields, headers=headers
    )
    assert answer.status_code == 403
    assert "不是从本系统的页面提交" in answer.text
    actor = demo.application.accounts.actor("demo")
    assert demo.application.queries.ticket(TICKET, actor=actor).state == "submitted"


def test_a_browser_without_fetch_metadata_may_post_from_our_own_origin(demo: Browser) -> None:
    demo.get(f"/tickets/{TICKET}")
    fields = {name: demo.hidden(name) or "" for name in ("form_token", "revision")}
    answer = demo.client.post(
        f"/tickets/{TICKET}/actions/complete_intake",
        data=fields,
        headers={"Origin": "http://console.test"},
        follow_redirects=False,
    )
    assert answer.status_code == 303


@pytest.mark.parametrize("token", ["", "wrong", None])
def test_a_post_without_the_right_token_is_refused(demo: Browser, token: str | None) -> None:
    demo.get(f"/tickets/{TICKET}")
    fields = {"revision": demo.hidden("revision") or ""}
    if token is not None:
        fields["form_token"] = token
    answer = demo.client.post(
        f"/tickets/{TICKET}/actions/complete_intake", data=fields, headers=SAME_ORIGIN
    )
    assert answer.status_code == 403


def test_signing_in_cannot_be_forged_either(browser: Browser) -> None:
    answer = browser.client.post(
        "/login", data={"user_id": "demo", "password": "x"}, headers=SAME_ORIGIN
    )
    assert answer.status_code == 403


# --- roles and branches -------------------------------------------------------------------------


def test_people_of_another_branch_do_not_learn_that_a_ticket_exists(browser: Browser) -> None:
    browser.sign_in("yc-account")
    for path in (
        f"/tickets/{TICKET}",
        f"/tickets/{TICKET}/clock",
        f"/tickets/{TICKET}/documents/1/file",
    ):
        foreign = browser.get(path)
        assert foreign.status == 404
        missing = browser.get(path.replace("0002", "9999"))
        assert missing.status == 404
    browser.get("/queue")
    assert TICKET not in browser.text
    browser.post(f"/tickets/{TICKET}/actions/complete_intake", revision="1")
    assert browser.status == 404
    browser.get("/outbox")
    assert TICKET not in browser.text


def test_people_of_the_whole_company_see_every_branch(browser: Browser) -> None:
    assert TICKET in browser.sign_in("chief").get("/queue").text


def test_a_role_that_may_not_is_told_so_and_not_offered_the_button(browser: Browser) -> None:
    browser.sign_in("auditor").get("/queue")
    assert 'href="/tickets/new"' not in browser.page
    assert browser.get("/tickets/new").status == 403
    assert "您没有“登记申请”的权限" in browser.text
    assert browser.get("/admin/users").status == 403
    browser.get(f"/tickets/{TICKET}")
    assert browser.status == 200
    for offered in ('/documents"', '/amend"', '/suspend"', '/verify"', '/contact"'):
        assert f"/tickets/{TICKET}{offered}" not in browser.page


def test_every_route_of_the_console_says_who_may_use_it() -> None:
    refuse_undeclared(ROUTERS)


def test_a_route_without_a_declaration_keeps_the_console_from_starting(
    application: Application,
) -> None:
    careless = APIRouter()

    @careless.get("/forgotten")
    def forgotten() -> str:
        return "open to the world"

    with pytest.raises(UndeclaredRouteError, match="/forgotten"):
        create_app(application, further=[careless])


def test_a_post_that_checks_no_form_keeps_the_console_from_starting(
    application: Application,
) -> None:
    careless = APIRouter()

    @careless.post("/unchecked")
    def unchecked(_who: Staff) -> str:
        return "whoever makes the browser post"

    with pytest.raises(UndeclaredRouteError, match="/unchecked"):
        create_app(application, further=[careless])


def test_a_further_router_of_another_face_is_served(application: Application) -> None:
    extra = APIRouter()

    @extra.get("/extra")
    def extra_page(_who: Anybody) -> str:
        return "here"

    assert a_browser(application).get("/extra").status == 404
    assert a_browser(application, further=[extra]).get("/extra").status == 200


# --- headers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/login", "/healthz", "/nothing-here", "/p/unknown", "/static/hd.css", "/static/no"]
)
def test_every_answer_carries_the_security_headers(browser: Browser, path: str) -> None:
    headers = browser.get(path).headers
    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-request-id"]


def test_pages_are_kept_nowhere_and_static_files_for_long(browser: Browser) -> None:
    assert browser.get("/login").headers["cache-control"] == "no-store"
    assert "immutable" in browser.get("/static/hd.css").headers["cache-control"]
    assert browser.get("/static/missing.css").headers["cache-control"] == "no-store"


def test_a_fault_of_ours_shows_a_request_id_and_no_traceback(
    application: Application, caplog: pytest.LogCaptureFixture
) -> None:
    broken = APIRouter()

    @broken.get("/broken")
    def fail(_who: Anybody) -> str:
        msg = "secret detail"
        raise RuntimeError(msg)

    browser = a_browser(application, further=[broken]).get("/broken")
    assert browser.status == 500
    assert browser.headers["x-request-id"] in browser.text
    assert "secret detail" not in browser.page
    assert "Traceback" not in browser.page
    assert "secret detail" in caplog.text


def test_more_than_one_upload_holds_is_refused_before_it_is_read(demo: Browser) -> None:
    answer = demo.client.post(
        f"/tickets/{TICKET}/documents",
        content=b"x",
        headers={**SAME_ORIGIN, "Content-Length": str(22 * 1024 * 1024)},
    )
    assert answer.status_code == 413


def test_more_bytes_than_announced_are_refused_while_they_come(demo: Browser) -> None:
    demo.get(f"/tickets/{TICKET}")
    answer = demo.client.post(
        f"/tickets/{TICKET}/documents",
        content=(b"x" * 1024 * 1024 for _ in range(22)),
        headers={**SAME_ORIGIN, "Content-Type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 413


def test_vendored_files_are_what_the_lock_says() -> None:
    vendor = STATIC / "vendor"
    lock = json.loads((vendor / "vendor.lock.json").read_text("utf-8"))
    locked = {path: digest for asset in lock["assets"] for path, digest in asset["files"].items()}
    found = {
        path.relative_to(vendor).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in vendor.rglob("*")
        if path.is_file() and path.name != "vendor.lock.json"
    }
    assert found == locked
