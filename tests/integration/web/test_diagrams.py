"""The picture of a definition in the console: on its page, with changes marked, on a ticket."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from tests.unit.workflows.drafts import edited
from workflows.loader import load_definition

if TYPE_CHECKING:
    from app.bootstrap import Application
    from tests.integration.web.conftest import Browser, StandingClock

TICKET = "TC-20261123-0008"


def pictures(page: str) -> list[ET.Element]:
    """Every SVG of a page; each must be well-formed by itself."""
    found = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    return [ET.fromstring(each) for each in found]  # noqa: S314  (our own page)


def publish_second(application: Application) -> None:
    """A shorter limit and a renamed state as the next version of lv_business."""
    text = edited(
        "lv_business",
        ("version: 1\n", "version: 2\n"),
        ("name: 现场服务\n    stage", "name: 上门服务\n    stage"),
        ("{days: 4, clause", "{days: 3, clause"),
        ("handling_limit: {days: 5", "handling_limit: {days: 4"),
    )
    with application.database.writing() as work:
        definition = load_definition(text, path="lv_business.yaml")
        work.definitions.publish(definition, text, "chief", application.clock())
        work.commit()


def test_the_page_shows_the_picture_and_says_the_same_in_words(demo: Browser) -> None:
    demo.get("/definitions/hv_single_supply")
    (picture,) = pictures(demo.page)
    assert picture.attrib["role"] == "img"
    assert "竣工检验不合格（须写明原因）" in demo.text
    assert re.search(r"客户经理、项目经理", demo.text)
    assert demo.text.count("中止办理（须写明原因）") == 1  # one row for all states it leaves
    assert "与旧版对比" not in demo.text


def test_what_changed_since_an_older_version_is_marked_and_told(
    demo: Browser, application: Application, clock: StandingClock
) -> None:
    publish_second(application)
    clock.pass_by(minutes=1)
    demo.get("/definitions/lv_business")
    assert "【" not in demo.page
    assert '<option value="1">第 1 版</option>' in demo.page
    demo.get("/definitions/lv_business", params={"against": 1})
    assert "【变更】上门服务" in demo.page
    assert "流程图：与第 1 版相比" in demo.text
    assert "变更时限“装表接电”（metering_and_energization）" in demo.text
    assert demo.get("/definitions/lv_business", params={"against": 9}).status == 404
    assert demo.get("/definitions/lv_business", params={"against": "x"}).status == 404


def test_a_ticket_shows_where_it_is_in_its_own_version(
    demo: Browser, application: Application, clock: StandingClock
) -> None:
    publish_second(application)
    clock.pass_by(minutes=1)
    demo.get(f"/tickets/{TICKET}")
    assert f'href="/tickets/{TICKET}/diagram"' in demo.page
    demo.get(f"/tickets/{TICKET}/diagram")
    (picture,) = pictures(demo.page)
    words = "".join(picture.itertext())
    assert words.count("● 当前状态") == 1
    assert "hv_single_supply@1" in demo.text


def test_another_branchs_ticket_has_no_picture(demo: Browser) -> None:
    assert demo.get("/tickets/LL-20261123-0001/diagram").status == 404


def test_fields_are_listed_on_the_page(demo: Browser) -> None:
    demo.get("/definitions/planned_outage")
    assert "计划停电时间（立单时必填） 时间" in demo.text
    assert "内部业务，不告知客户" in demo.text
    assert "选填 停电区域、停电线路、工作内容、迟于规定时间公告的原因" in demo.text


def test_the_page_hands_out_the_bpmn_file(demo: Browser) -> None:
    demo.get("/definitions/hv_dual_supply")
    assert 'href="/definitions/hv_dual_supply/bpmn"' in demo.page
    demo.get("/definitions/hv_dual_supply/bpmn")
    assert demo.headers["content-type"] == "application/xml"
    assert demo.headers["content-disposition"] == 'attachment; filename="hv_dual_supply-1.bpmn"'
    assert ET.fromstring(demo.page.encode()).find("{*}process") is not None  # noqa: S314  (ours)
    assert demo.get("/definitions/none/bpmn").status == 404
