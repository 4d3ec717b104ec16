"""Opening a ticket of another process in the console: a form made from its definition."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.integration.web.conftest import a_browser

if TYPE_CHECKING:
    from app.bootstrap import Application
    from tests.integration.web.conftest import Browser

LEASE = "/definitions/temporary_supply_lease/open"
ASKED = {
    "given[purpose]": "construction",
    "given[capacity_kva]": "200",
    "given[starts_on]": "2026-12-01",
    "given[ends_on]": "2027-02-28",
}
SITE = {"title": "示例工地", "contact": "示例建筑公司", "phone": "13000000311", "node": "TC-T05"}


def opened(browser: Browser, path: str = LEASE, **fields: str) -> Browser:
    browser.get(path)
    return browser.post(path, once=browser.hidden("once"), **fields)


def test_a_lease_is_opened_from_its_definitions_page(demo: Browser) -> None:
    demo.get("/definitions/temporary_supply_lease")
    assert f'href="{LEASE}"' in demo.page
    opened(demo, **SITE, **ASKED)
    assert demo.status == 200
    assert "已立单" in demo.text
    assert "示例工地" in demo.text
    assert "临时用电用途建筑施工" in demo.text
    assert "租期截止日期2027-02-28" in demo.text


def test_everything_wrong_is_said_at_once_at_its_field(demo: Browser) -> None:
    opened(demo, phone="12", **ASKED | {"given[capacity_kva]": "很大", "given[purpose]": ""})
    assert demo.status == 422
    for field in ("title", "phone", "capacity_kva", "purpose"):
        assert f'href="#field-{field}"' in demo.page
        assert f'id="field-{field}"' in demo.page
        assert f'id="problem-{field}"' in demo.page
    assert "尚未填写“临时用电用途”；请从列表中选择" in demo.text
    assert "（construction）" not in demo.text
    assert 'value="2027-02-28"' in demo.page
    ids = re.findall(r' id="([^"]+)"', demo.page)
    assert len(ids) == len(set(ids))


def test_a_second_click_opens_no_second_ticket(demo: Browser) -> None:
    demo.get(LEASE)
    once, sent = demo.hidden("once"), {**SITE, **ASKED}
    token = demo.hidden("form_token")
    numbers = set()
    for _ in range(2):
        demo.post(LEASE, once=once, form_token=token, **sent)
        numbers.add(re.findall(r"TC-\d{8}-\d{4}", demo.text)[0])
    assert len(numbers) == 1


def test_a_time_that_no_field_asks_for_is_refused(demo: Browser) -> None:
    refused = opened(demo, occurred_at="2026-11-23T03:00", **SITE, **ASKED)
    assert refused.status == 422
    assert "时间一律以系统记录为准" in refused.text


def test_somebody_of_the_company_chooses_the_branch(application: Application) -> None:
    browser = a_browser(application).sign_in("chief")
    opened(browser, **SITE, **ASKED)
    assert browser.status == 422
    assert "单位不能为空" in browser.text
    opened(browser, branch="tengchong", **SITE, **ASKED)
    assert "腾冲分公司 · 临时用电租赁" in browser.text


def test_who_may_not_open_is_offered_nothing_and_refused(application: Application) -> None:
    browser = a_browser(application).sign_in("tc-counter")
    browser.get("/definitions/follow_up_call")
    assert "/open" not in browser.page
    browser.get("/definitions/follow_up_call/open")
    assert browser.status == 409
    assert "只能由" in browser.text


def test_outages_are_announced_at_their_desk(demo: Browser) -> None:
    demo.get("/definitions/planned_outage")
    assert "/open" not in demo.page
    demo.get("/definitions/planned_outage/open")
    assert demo.status == 409
    assert "须在停电台办理" in demo.text


def test_applications_are_not_opened_this_way(demo: Browser) -> None:
    demo.get("/definitions/lv_resident")
    assert "/open" not in demo.page
    assert demo.get("/definitions/lv_resident/open").status == 422
    assert demo.get("/definitions/none/open").status == 404
