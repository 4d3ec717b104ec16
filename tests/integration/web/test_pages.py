"""The pages of the counter: worklist, new application, and what everybody sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from engine.ticket import SYSTEM
from tests.browsing import FORM, HIGH_VOLTAGE, RESIDENT, WITHOUT_KEY, act, new_number, progress_path
from tests.integration.web.conftest import Browser, StandingClock, a_browser

if TYPE_CHECKING:
    from app.bootstrap import Application


DEFERRED = "TC-20261123-0002"


# --- the worklist --------------------------------------------------------------------------------


def test_the_queue_puts_the_least_time_first_and_says_the_state_in_words(
    demo: Browser, clock: StandingClock
) -> None:
    act(demo, DEFERRED, "actions/complete_intake")
    clock.pass_by(days=1)
    demo.get("/account")
    demo.sign_in("demo").get("/queue")
    words = re.findall(r"超时 \d+ 个工作日|今日到期|剩 \d+ 个工作日|未起算", demo.text)
    assert words[0] == "今日到期"
    assert words[-1] == "未起算"
    clock.pass_by(days=1)
    demo.sign_in("demo").get("/queue")
    assert "超时 1 个工作日" in demo.text


def test_a_branchs_own_target_is_shown_beside_the_limit_and_marked_when_missed(
    demo: Browser, clock: StandingClock, application: Application
) -> None:
    actor = application.accounts.actor("demo")
    application.targets.set("tengchong", "hv_single_supply", "supply_plan_reply", 1, actor=actor)
    act(demo, HIGH_VOLTAGE, "actions/complete_intake")
    clock.pass_by(days=1)
    demo.sign_in("demo").get("/queue", params={"text": HIGH_VOLTAGE[-4:]})
    assert re.search(r"内部目标 \S 今日到期", demo.text)
    clock.pass_by(days=1)
    demo.sign_in("demo").get("/queue", params={"text": HIGH_VOLTAGE[-4:]})
    assert re.search(r"内部目标 \S 已过目标 1 个工作日", demo.text)
    assert not re.search(r"超时 \d", demo.text)
    demo.get(f"/tickets/{HIGH_VOLTAGE}")
    assert "本环节内部目标" in demo.text


def test_the_filters_of_the_queue_hold_together(demo: Browser, clock: StandingClock) -> None:
    numbers = lambda: set(re.findall(r"/tickets/(TC-[\d-]+)", demo.page))  # noqa: E731
    assert len(numbers()) == 0
    demo.get("/queue")
    everything = numbers()
    demo.get("/queue", params={"text": "0002"})
    assert numbers() == {DEFERRED}
    demo.get("/queue", params={"overdue": "true"})
    assert numbers() == set()
    clock.pass_by(days=2)
    demo.sign_in("demo").get("/queue", params={"overdue": "true"})
    assert numbers() == everything - {WITHOUT_KEY}
    demo.sign_in("tc-account-1").get("/queue", params={"mine": "true"})
    assert numbers()
    assert numbers() < everything


def test_the_queue_pages_without_losing_or_repeating_a_ticket(
    demo: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.reading.queries.PAGE_SIZE", 4)
    seen: list[str] = []
    demo.get("/queue")
    while True:
        seen += re.findall(r'href="/tickets/(TC-[\d-]+)"', demo.page)
        following = re.search(r'href="(/queue\?[^"]+)">下一页', demo.page)
        if following is None:
            break
        demo.get(following[1].replace("&amp;", "&"))
    assert len(seen) == len(set(seen)) == 9


@pytest.mark.parametrize("after", ["x", "~", "2026-13-01~TC", "2026-11-23T00:00:00~TC", "'--"])
def test_a_mangled_page_address_shows_the_first_page(demo: Browser, after: str) -> None:
    assert demo.get("/queue", params={"after": after}).status == 200


# --- a new application ---------------------------------------------------------------------------


def test_the_counter_form_makes_a_ticket_and_leads_to_it(demo: Browser) -> None:
    demo.get("/tickets/new").post("/tickets", **FORM)
    assert demo.status == 200
    assert "申请已登记" in demo.text
    assert "陈*" in demo.text
    assert "138****5521" in demo.text
    assert "530***********2006" in demo.text
    assert "13812345521" not in demo.page
    assert "530502200310082006" not in demo.page


def test_everything_wrong_is_said_at_once_linked_to_its_field_and_nothing_is_lost(
    demo: Browser,
) -> None:
    wrong = {**FORM, "phone": "12", "requested_capacity_kw": "-1", "address": ""}
    demo.get("/tickets/new").post("/tickets", **wrong)
    assert demo.status == 422
    for field in ("phone", "requested_capacity_kw", "address"):
        assert f'href="#field-{field}"' in demo.page
        assert f'id="field-{field}"' in demo.page
        assert f'id="problem-{field}"' in demo.page
    assert 'value="陈晓"' in demo.page
    assert re.search(r'value="property_proof" checked', demo.page)
    assert '<option value="resident" selected>' in demo.page


def test_text_that_looks_like_a_script_is_shown_as_text(demo: Browser) -> None:
    demo.get("/tickets/new").post(
        "/tickets",
        **{**FORM, "address": "<script>alert(1)</script>\"'"},
    )
    assert demo.status == 200
    assert "<script" not in demo.page
    assert "&lt;script&gt;alert(1)" in demo.page


def test_above_ten_kilovolts_there_is_no_process_and_the_form_says_so(demo: Browser) -> None:
    demo.get("/tickets/new").post("/tickets", **{**FORM, "requested_voltage_kv": "35"})
    assert demo.status == 409
    assert "无适用流程" in demo.text


def test_people_of_a_branch_enter_for_their_own_branch_only(demo: Browser) -> None:
    demo.get("/tickets/new").post("/tickets", **FORM, branch="yongchang")
    assert "腾冲分公司" in demo.text


def test_a_double_click_makes_one_ticket(demo: Browser) -> None:
    once = demo.get("/tickets/new").hidden("once")
    first = new_number(demo.post("/tickets", **FORM, once=once))
    second = new_number(demo.get("/tickets/new").post("/tickets", **FORM, once=once))
    assert first == second


def test_going_back_and_entering_somebody_else_makes_another_ticket(demo: Browser) -> None:
    once = demo.get("/tickets/new").hidden("once")
    first = new_number(demo.post("/tickets", **FORM, once=once))
    other = {**FORM, "address": "另一处8号"}
    second = new_number(demo.get("/tickets/new").post("/tickets", **other, once=once))
    assert first != second


@pytest.mark.parametrize("field", ["accepted_at", "submitted_on", "受理时间"])
def test_no_form_takes_the_time_of_an_event(demo: Browser, field: str) -> None:
    demo.get("/tickets/new").post("/tickets", **FORM, **{field: "2026-11-01 09:00"})
    assert demo.status == 422
    assert "时间一律以系统记录为准" in demo.text
    assert "依据实施方案四（一）1" in demo.text


# --- the customer --------------------------------------------------------------------------------


def test_the_customer_sees_stages_dates_and_what_to_hand_in_but_no_internal_state(
    demo: Browser, application: Application
) -> None:
    act(demo, DEFERRED, "actions/complete_intake")
    act(demo, DEFERRED, "actions/finish_site_visit")
    customer = a_browser(application).get(progress_path(application, DEFERRED))
    assert customer.status == 200
    assert "还需要您补交 1 项资料" in customer.text
    assert "正在办理，最迟 2026-11-24" in customer.text
    assert "12398" in customer.text
    assert "0875-0000103" in customer.text
    assert customer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in customer.headers
    definition = next(
        each for each in application.queries.definitions(actor=SYSTEM) if each.id == "lv_resident"
    )
    told = customer.text
    for stage in definition.stages:
        told = told.replace(stage.name, "")
    for state in definition.states:
        assert state.name not in told, state.id


def test_the_customer_is_told_why_the_clock_stands_still(
    demo: Browser, application: Application
) -> None:
    for verb in ("complete_intake", "finish_site_visit", "release_works"):
        act(demo, RESIDENT, f"actions/{verb}")
    act(demo, RESIDENT, "suspend", cause="external_line", evidence="外线通知 7 号")
    customer = a_browser(application).get(progress_path(application, RESIDENT))
    assert "因外线工程施工" in customer.text
    state, told = customer.text.split("消息记录")
    assert "外线通知 7 号" not in state
    assert "外线通知 7 号" in told  # as the message said that the customer was sent


def test_a_token_nobody_has_gives_the_same_page_empty(application: Application) -> None:
    stranger = a_browser(application)
    assert stranger.get("/p/%00").status == 400
    for token in ("x", "a" * 200, "..%2Fqueue", "TC-20261123-0001"):
        stranger.get(f"/p/{token}")
        assert stranger.status == 404
    assert "请核对短信中的链接是否完整" in stranger.get("/p/x").text


def test_an_aborted_ticket_is_never_shown_as_completed(
    demo: Browser, application: Application
) -> None:
    act(demo, RESIDENT, "actions/complete_intake")
    act(demo, RESIDENT, "actions/abort", reason="客户撤回")
    assert "未办结，已中止" in demo.get(f"/tickets/{RESIDENT}").text
    assert "按时办结" not in demo.text
    customer = a_browser(application).get(progress_path(application, RESIDENT))
    assert "未完成，申请已中止" in customer.text


def test_a_reason_is_one_line_that_everybody_can_see(demo: Browser) -> None:
    act(demo, RESIDENT, "actions/abort", reason="撤回" * 300)
    assert demo.status == 422
    act(demo, RESIDENT, "actions/abort", reason="a\u202eb")
    assert "看不见的控制字符" in demo.text
    act(demo, RESIDENT, "actions/abort", reason="客户\r\n撤回")
    assert "客户 撤回" in demo.get(f"/tickets/{RESIDENT}").text


# --- the rest ------------------------------------------------------------------------------------


def test_messages_can_be_looked_through_by_state(demo: Browser, application: Application) -> None:
    assert "待发送" in demo.get("/outbox").text
    application.sending.dispatch()
    demo.get("/outbox", params={"state": "pending"})
    assert "没有符合条件的消息" in demo.text
    assert demo.get("/outbox", params={"state": "nonsense"}).status == 200


def test_definitions_and_calendar_are_shown(demo: Browser) -> None:
    assert "高压双电源用电报装" in demo.get("/definitions").text
    assert "stateDiagram" in demo.get("/definitions/hv_dual_supply").page
    assert demo.get("/definitions/none").status == 404
    assert "国务院办公厅通知" in demo.get("/calendar").text
    assert "暂定" in demo.get("/calendar", params={"year": "2027"}).text
    assert "2026 年工作日历" in demo.get("/calendar", params={"year": "1"}).text


def test_accounts_are_listed_with_their_roles(demo: Browser) -> None:
    demo.get("/admin/users")
    assert "tc-project-1" in demo.text
    assert "项目经理" in demo.text
    assert "yc-project" not in demo.text


def test_a_password_is_set_on_the_account_page_and_then_works(browser: Browser) -> None:
    browser.sign_in("demo")
    assert "请现在设置密码" in browser.text
    browser.post("/account/password", new="four-plain-words", again="four-plain-word")
    assert browser.status == 422
    assert "两次输入的新密码不一致" in browser.text
    browser.post("/account/password", new="password123", again="password123")
    assert browser.status == 422
    browser.post("/account/password", new="four-plain-words", again="four-plain-words")
    assert "密码已更新" in browser.text
    browser.post("/logout")
    browser.post("/login", user_id="demo", password="four-plain-words", next="/queue")
    assert "待办工单" in browser.text


def test_another_session_can_be_ended(application: Application) -> None:
    elsewhere = a_browser(application).sign_in("demo")
    here = a_browser(application).sign_in("demo").get("/account")
    ending = re.search(r'action="(/account/sessions/[0-9a-f]+/end)"', here.page)
    assert ending is not None
    here.post(ending[1])
    assert "该设备已退出登录" in here.text
    assert "登录" in elsewhere.get("/queue").text
    assert "待办工单" not in elsewhere.text


def test_the_process_says_that_it_lives_and_works(browser: Browser) -> None:
    assert browser.get("/healthz").page == "ok\n"
    assert browser.get("/readyz").page == "ready\n"


@pytest.mark.parametrize("path", ["/nothing", "/tickets/TC-1", "/tickets/x/documents/abc/file"])
def test_what_does_not_exist_is_a_chinese_page_with_a_request_id(demo: Browser, path: str) -> None:
    assert demo.get(path).status == 404
    assert "没有找到" in demo.text
    assert demo.headers["x-request-id"] in demo.text


def test_a_high_voltage_customer_is_asked_for_the_report_when_it_is_time(
    demo: Browser, application: Application
) -> None:
    path = progress_path(application, HIGH_VOLTAGE)
    assert "竣工报告" not in a_browser(application).get(path).text
    for verb in ("complete_intake", "finish_site_visit", "reply_supply_plan"):
        act(demo, HIGH_VOLTAGE, f"actions/{verb}")
        assert demo.status == 200
    customer = a_browser(application).get(path)
    assert "等待您提交工程竣工报告" in customer.text
    assert "我们的办理时限即开始计算" in customer.text
