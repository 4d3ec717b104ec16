"""What the grid has to say about a ticket stands on its page, where there is something to say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.readiness.restricted import parse_plan
from app.readiness.works import parse_milestones
from engine.ticket import SYSTEM

if TYPE_CHECKING:
    from app.bootstrap import Application
    from tests.integration.web.conftest import Browser

RESIDENT = {
    "applicant_name": "李明",
    "applicant_kind": "resident",
    "id_number": "530599198805120018",
    "phone": "13000000399",
    "area_class": "rural",
    "address": "示例乡竹溪村3组12号",
    "requested_capacity_kw": "20",
    "documents": "identity",
    "node_id": "TC-P021",
}
FACTORY = RESIDENT | {
    "applicant_name": "示例县青石建材有限公司",
    "applicant_kind": "enterprise",
    "id_number": "91530599MA6XPLE05D",
    "address": "示例镇工业路1号",
    "requested_capacity_kw": "800",
    "documents": "business_licence",
    "node_id": "",
    "expected_energization_on": "2027-01-15",
}


def submitted(demo: Browser, fields: dict[str, str]) -> str:
    demo.get("/tickets/new").post("/tickets", **fields)
    found = re.search(r"TC-\d{8}-\d{4}", demo.page)
    assert found, demo.text
    return found[0]


def test_a_predicted_overload_is_told_and_stops_nobody(
    demo: Browser, application: Application
) -> None:
    loads = b"node_id,measured_at,peak_kva\nTC-T05,2026-11-22,111.68\n"
    application.loads.import_file(loads, actor=SYSTEM)
    number = submitted(demo, RESIDENT)
    assert "竹溪台区预计配变最高负载率 83.7%" in demo.text
    assert "须提前立项" in demo.text
    assert "不影响本工单办理" in demo.text
    demo.post(f"/tickets/{number}/actions/complete_intake")
    application.readiness.watch.sweep()
    demo.get(f"/tickets/{number}")
    project = re.search(r'增容改造项目 <a href="/tickets/(TC-\d{8}-\d{4})"', demo.page)
    assert project
    demo.get(f"/tickets/{project[1]}")
    assert "竹溪台区增容改造" in demo.text
    assert "电网情况" not in demo.text


def test_two_steps_works_and_points_are_shown(demo: Browser, application: Application) -> None:
    number = submitted(demo, FACTORY)
    assert "期望送电日期" in demo.text
    assert "电网情况" not in demo.text
    actor, grid = application.accounts.actor("demo"), application.readiness
    steps = {"first_kw": "300", "first_by": "2027-03-01", "full_by": "2027-12-31"}
    grid.restricted.plan(number, parse_plan(steps), reason="乡线重载", actor=actor)
    grid.works.plan(number, parse_milestones(["设计:5", "施工:10"]), actor=actor)
    surveyed = [
        {"node": "TC-F1", "distance_m": "120", "free_kva": "0"},
        {"node": "TC-F2", "distance_m": "300", "free_kva": "900"},
    ]
    grid.points.survey(number, surveyed, actor=actor)
    grid.points.choose(number, "TC-F2", actor=actor)
    text = re.sub(r"\s", "", demo.get(f"/tickets/{number}").text)
    for words in (
        "先行供电300kW",
        "其余补足500kW",
        "配套工程✓正常",
        "10千伏示例乡线TC-F2300米900.0kVA现有公用推荐✓已选定",
        "10千伏示例城线TC-F1120米0.0kVA现有公用容量不足",
    ):
        assert words in text


def test_the_expected_date_is_corrected_on_the_page(demo: Browser) -> None:
    number = submitted(demo, FACTORY)
    wanted = {"expected_energization_on": "2027-02-01", "reason": "客户推迟投产"}
    demo.post(f"/tickets/{number}/amend", **wanted)
    demo.get(f"/tickets/{number}")
    assert "期望送电日期由“2027-01-15”更正为“2027-02-01”" in demo.text
    demo.post(f"/tickets/{number}/amend", **(wanted | {"expected_energization_on": "bald"}))
    assert "“bald”不是日期" in demo.text


def test_a_wish_that_is_no_day_is_refused_with_everything_else(demo: Browser) -> None:
    demo.get("/tickets/new").post(
        "/tickets", **(FACTORY | {"expected_energization_on": "下月", "phone": "1"})
    )
    assert "期望送电日期“下月”不是日期" in demo.text
    assert "不是有效的中国大陆手机号码" in demo.text
