"""The console in a real browser: by clicking, on a desk and on a phone, without scripts.

Every page that is opened must fit the width of the screen and must not touch the content policy.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import uvicorn
from playwright.sync_api import Error, sync_playwright

from app.web.server import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, FloatRect, Page

    from app.bootstrap import Application

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = [pytest.param((1280, 900), id="desk"), pytest.param((390, 844), id="phone")]
NARROWEST = 320


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        reason = "chromium is not installed (Debian: apt-get install chromium fonts-noto-cjk)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def console(application: Application) -> Iterator[str]:
    with served(application) as address:
        yield address


@contextmanager
def served(application: Application) -> Iterator[str]:
    """The console on a free port, with the clock of the test."""
    config = uvicorn.Config(create_app(application), port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


class Visitor:
    """A browser window that looks at every page it opens."""

    def __init__(self, page: Page, console: str) -> None:
        self.page = page
        self.console = console
        self.faults: list[str] = []
        page.on("console", self._noted)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def open(self, path: str) -> None:
        self.page.goto(self.console + path)
        self.look()

    def press(self, name: str, *, refused: bool = False) -> None:
        """Click a button, wait for the page it leads to, and look at it."""
        with self.page.expect_navigation() as navigation:
            self.page.get_by_role("button", name=name, exact=True).click()
        assert navigation.value.ok is not refused, self.text()
        if refused:
            self.faults = [each for each in self.faults if "Failed to load resource" not in each]
        self.look()

    def unfold(self, name: str) -> None:
        self.page.locator("summary").get_by_text(name, exact=True).click()

    def look(self) -> None:
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= self.page.evaluate("innerWidth"), f"{self.page.url} is {width} wide"
        assert self.faults == [], self.page.url

    def _noted(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(message.text)

    def text(self) -> str:
        return self.page.locator("main").inner_text()


@pytest.fixture(params=SIZES)
def visitor(
    request: pytest.FixtureRequest, chromium: Browser, console: str, application: Application
) -> Iterator[Visitor]:
    width, height = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", java_script_enabled=True
    )
    visitor = Visitor(context.new_page(), console)
    visitor.open(f"/sign-in/{application.accounts.issue_sign_in_link('demo')}")
    visitor.press("确认登录")
    yield visitor
    context.close()


def test_from_the_counter_to_the_connected_customer_by_clicking(
    visitor: Visitor, application: Application
) -> None:
    page = visitor.page
    ticket_no = _take_in_an_application(visitor)
    visitor.press("第 1 份审核合格")
    visitor.press("完成业务受理")
    visitor.press("完成现场服务")
    assert "暂不能“确定方案并安排施工”" in visitor.text()
    visitor.unfold("登记资料…")
    page.get_by_label("资料种类").select_option("用电地址物权证件")
    page.get_by_label("电子件").set_input_files(
        {"name": "产权证.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
    )
    visitor.press("登记")
    assert "下载 产权证.pdf" in visitor.text()
    visitor.press("确定方案并安排施工")
    visitor.unfold("暂停计时")
    page.get_by_label("依据（如施工通知单编号）").fill("外线通知 7 号")
    visitor.press("暂停计时")
    assert "因外线工程施工" in visitor.text()
    visitor.press("恢复计时")
    visitor.press("完成配套施工")
    visitor.press("装表送电")
    assert "已送电" in visitor.text()
    assert "按时办结" in visitor.text()

    actor = application.accounts.actor("demo")
    token = application.queries.ticket(ticket_no, actor=actor).progress_token
    visitor.open(f"/p/{token}")
    assert "办结，感谢您的配合" in visitor.text()


def _take_in_an_application(visitor: Visitor) -> str:
    """Fill in the counter's form, first with something missing; the number of the ticket."""
    page = visitor.page
    visitor.open("/tickets/new")
    page.get_by_label("户名").fill("陈晓")
    page.get_by_label("申请人类别").select_option("居民")
    page.get_by_label("证件号码").fill("530502200310082006")
    page.get_by_label("联系手机").fill("13812345521")
    page.get_by_label("用电地址（必填）").fill("示例路1号")
    page.get_by_label("区域类别").select_option("农村")
    visitor.press("提交受理", refused=True)
    page.get_by_role("alert").get_by_role("link").click()
    assert page.url.endswith("#field-requested_capacity_kw")
    page.get_by_label("申请容量").fill("8")
    page.get_by_label("供电节点").fill("TC-T05")
    page.get_by_label("有效身份证件").check()
    visitor.press("提交受理")
    return page.url.rsplit("/", 1)[1].split("?")[0]


def test_every_page_fits_a_narrow_screen_and_keeps_the_content_policy(visitor: Visitor) -> None:
    page = visitor.page
    ticket = "/tickets/TC-20261123-0008"
    size = page.viewport_size
    assert size is not None
    for width in {size["width"], NARROWEST}:
        page.set_viewport_size({"width": width, "height": size["height"]})
        for path in ("/queue", "/tickets/new", ticket, f"{ticket}/clock", f"{ticket}/diagram",
                     "/outbox", "/account", "/admin/users", "/definitions",
                     "/definitions/hv_dual_supply", "/definitions/planned_outage",
                     "/definitions/temporary_supply_lease/open", "/outages",
                     "/outages/new?kind=planned", "/outages/new?kind=fault",
                     "/calendar", "/calendar?year=2027"):  # fmt: skip
            visitor.open(path)
        visitor.open(ticket)
        for summary in page.locator("summary").all():
            summary.click()
        visitor.look()


def test_a_reader_s_font_fits_the_boxes_of_a_picture(visitor: Visitor) -> None:
    for path in ("hv_dual_supply", "temporary_supply_lease", "planned_outage"):
        visitor.open(f"/definitions/{path}")
        picture = visitor.page.locator("svg").bounding_box()
        boxes = [each.bounding_box() for each in visitor.page.locator("svg rect[rx]").all()]
        assert picture is not None
        for text in visitor.page.locator("svg text").all():
            here = text.bounding_box()
            assert here is not None
            assert here["x"] >= picture["x"]
            assert here["x"] + here["width"] <= picture["x"] + picture["width"]
            around = [box for box in boxes if box and _middle_in(here, box)]
            assert all(
                box["x"] <= here["x"] and here["x"] + here["width"] <= box["x"] + box["width"]
                for box in around
            ), text.inner_html()


def _middle_in(text: FloatRect, box: FloatRect) -> bool:
    x, y = text["x"] + text["width"] / 2, text["y"] + text["height"] / 2
    across = box["x"] <= x <= box["x"] + box["width"]
    return across and box["y"] <= y <= box["y"] + box["height"]


def test_nothing_needs_a_script(chromium: Browser, console: str, application: Application) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{console}/sign-in/{application.accounts.issue_sign_in_link('demo')}")
    page.get_by_role("button", name="确认登录").click()
    page.goto(f"{console}/tickets/TC-20261123-0001")
    page.get_by_role("button", name="完成业务受理").click()
    assert "已办理，状态已更新" in page.content()
    page.locator("summary", has_text="中止办理").click()
    page.locator("textarea[name=reason]").first.fill("客户撤回申请")
    page.get_by_role("button", name="确认中止办理").click()
    assert "客户撤回申请" in page.content()
    context.close()


def test_the_keyboard_reaches_the_content_and_shows_where_it_is(visitor: Visitor) -> None:
    visitor.open("/queue")
    visitor.page.keyboard.press("Tab")
    focused = visitor.page.evaluate("document.activeElement.textContent")
    assert focused == "跳到正文"
    outline = visitor.page.evaluate(
        "getComputedStyle(document.activeElement).outlineStyle + getComputedStyle("
        "document.activeElement).outlineWidth"
    )
    assert outline == "solid3px"


def test_what_can_be_pressed_is_large_enough(visitor: Visitor) -> None:
    """WCAG 2.2, 2.5.8: 24 by 24 CSS pixels, links within sentences excepted."""
    for path in ("/queue", "/tickets/TC-20261123-0008", "/tickets/new"):
        visitor.open(path)
        small = visitor.page.evaluate(
            """[...document.querySelectorAll(`button, .btn, input:not([type=hidden]), select,
            summary, nav a, textarea`)].filter(each => {
                const box = each.closest('label.form-check') || each;
                const size = box.getBoundingClientRect();
                return size.width && (size.width < 24 || size.height < 24);
            }).map(each => each.outerHTML.slice(0, 80))"""
        )
        assert small == [], path


def test_a_page_of_ours_cannot_be_framed(visitor: Visitor, console: str) -> None:
    page = visitor.page
    page.goto("about:blank")
    page.set_content(f'<iframe src="{console}/queue"></iframe>')
    try:
        text = page.frames[-1].locator("body").inner_text(timeout=2000)
    except Error:
        text = ""
    assert "待办工单" not in text
