"""The outage desk in the console: announcing, looking, moving on, whom to visit, the poster."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from app.reading.worklist import WorklistFilter
from engine.ticket import SYSTEM
from tests.applicants import WHO
from tests.integration.web.conftest import a_browser
from tests.outages import CUSTOMERS, NETWORK

if TYPE_CHECKING:
    from app.bootstrap import Application
    from tests.integration.web.conftest import Browser, StandingClock

PLANNED = {
    "kind": "planned",
    "nodes": "T1\nT2",
    "step": "announce",
    "given[cause]": "maintenance",
    "given[planned_start_at]": "2026-12-01T08:00",
    "given[planned_end_at]": "2026-12-01T18:00",
    "given[live_work]": "not_feasible",
    "given[live_work_considered]": "线路间距不足，不具备带电作业条件",
}
FAULT = {"kind": "fault", "nodes": "T1", "step": "announce"}


@pytest.fixture
def desk(demo: Browser, application: Application) -> Browser:
    """Somebody of 腾冲 in a network with customers."""
    imports = application.imports
    assert not imports.topology(NETWORK.encode(), actor=SYSTEM).refused
    assert not imports.customers(CUSTOMERS.encode(), actor=SYSTEM).refused
    return demo


def announced(desk: Browser, **fields: str) -> str:
    """The number of the new outage, whose page is open then."""
    desk.get(f"/outages/new?kind={fields['kind']}").post("/outages/new", **fields)
    assert desk.status == 200, desk.text
    found = re.search(r"TC-\d{8}-\d{4}", desk.page)
    assert found, desk.text
    return found[0]


def test_without_outages_the_list_says_so(desk: Browser) -> None:
    desk.get("/outages")
    assert "现在没有停电" in desk.text
    assert 'href="/outages/new?kind=fault"' in desk.page


def test_a_planned_outage_is_tried_first_and_then_announced(desk: Browser) -> None:
    desk.get("/outages/new?kind=planned").post("/outages/new", **PLANNED | {"step": "preview"})
    assert "影响范围（尚未公告）" in desk.text
    assert "和畅台区、知行台区" in desk.text
    assert "6（重要用户 1）" in desk.text
    assert 'value="2026-12-01T08:00"' in desk.page
    assert "现在没有停电" in desk.get("/outages").text

    number = announced(desk, **PLANNED)
    assert "已公告，通知正在发给受影响的用户。" in desk.text
    assert "计划2026-12-01 08:00 至 2026-12-01 18:00" in desk.text
    listed = desk.get("/outages").text
    assert number in listed
    assert "待停电" in listed


def test_a_fault_is_restored_in_parts(desk: Browser, clock: StandingClock) -> None:
    number = announced(desk, **FAULT | {"nodes": "F1"})
    assert "停电中 6 / 6 户" in desk.text
    clock.pass_by(minutes=10)
    path = f"/outages/{number}"
    rest = {"given[estimated_restoration_at]": "2026-11-23T12:00"}
    desk.get(path).post(f"{path}/moves/restore_partially", nodes="T2", **rest)
    assert "已办理" in desk.text
    assert "停电中 2 / 6 户" in desk.text
    assert "已送电节点知行台区（T2）" in desk.text
    clock.pass_by(minutes=10)
    desk.post(f"{path}/moves/restore")
    assert "停电中 0 / 6 户" in desk.text
    assert "可办理事项" not in desk.text
    assert number in desk.get("/outages?ended=1").text
    assert number not in desk.get("/outages").text


def test_a_part_without_its_nodes_restores_nothing(desk: Browser) -> None:
    number = announced(desk, **FAULT | {"nodes": "F1"})
    path = f"/outages/{number}"
    for nodes in ("", " ，"):
        desk.get(path).post(f"{path}/moves/restore_partially", nodes=nodes)
        assert desk.status == 422
        assert "尚未填写已送电的节点；请填写节点编号" in desk.text
    assert "停电中 6 / 6 户" in desk.get(path).text


def test_every_move_of_a_planned_outage_has_its_form(desk: Browser, clock: StandingClock) -> None:
    number = announced(desk, **PLANNED)
    path = f"/outages/{number}"
    later = {
        "given[planned_start_at]": "2026-12-02T08:00",
        "given[planned_end_at]": "2026-12-02T18:00",
    }
    desk.get(path).post(f"{path}/moves/change", reason="材料未到", **later)
    assert "计划2026-12-02 08:00 至 2026-12-02 18:00" in desk.text
    clock.pass_by(days=9, hours=-1, minutes=-30)
    desk.sign_in("demo").get(path).post(f"{path}/moves/start")
    assert "停电中 6 / 6 户" in desk.text
    estimate = {"given[estimated_restoration_at]": "2026-12-02T12:00"}
    desk.post(f"{path}/moves/report_progress", **estimate)
    assert "预计送电2026-12-02 12:00" in desk.text
    much_later = {name: value.replace("-02T", "-20T") for name, value in later.items()}
    number = announced(desk, **PLANNED | much_later | {"nodes": "P1"})
    desk.post(f"/outages/{number}/moves/cancel", reason="改期")
    assert "已取消" in desk.text


@pytest.mark.parametrize("kind", ["planned", "temporary", "fault"])
def test_every_field_is_asked_for_once(desk: Browser, kind: str) -> None:
    desk.get(f"/outages/new?kind={kind}")
    names = re.findall(r' name="(given[^"]+)"', desk.page)
    assert len(names) == len(set(names)) > 5
    ids = re.findall(r' id="([^"]+)"', desk.page)
    assert len(ids) == len(set(ids))


def test_a_trial_says_everything_that_is_wrong_at_once(desk: Browser) -> None:
    trial = {"kind": "planned", "nodes": "NONE", "step": "preview"}
    times = {"given[planned_start_at]": "sometime", "given[planned_end_at]": ""}
    desk.get("/outages/new?kind=planned").post("/outages/new", **trial, **times)
    for field in ("nodes", "planned_start_at", "planned_end_at"):
        assert f'href="#field-{field}"' in desk.page, desk.text


def test_refusals_stand_at_the_fields(desk: Browser) -> None:
    wrong = {
        "nodes": "T1 NONE",
        "given[planned_start_at]": "2026-11-22T08:00",
        "given[planned_end_at]": "2026-11-22T07:00",
    }
    desk.get("/outages/new?kind=planned").post("/outages/new", **PLANNED | wrong)
    assert desk.status == 409
    for field in ("nodes", "planned_start_at", "planned_end_at"):
        assert f'href="#field-{field}"' in desk.page
        assert f'id="field-{field}"' in desk.page
    assert "节点“NONE”不在电网拓扑中" in desk.text
    assert "现在没有停电" in desk.get("/outages").text

    number = announced(desk, **FAULT)
    desk.post(f"/outages/{number}/moves/restore_partially", nodes="T2")
    assert desk.status == 409
    assert "不属于本次停电" in desk.text
    assert '<textarea class="form-control is-invalid" id="field-nodes"' in desk.page
    ids = re.findall(r' id="([^"]+)"', desk.page)
    assert len(ids) == len(set(ids))


def test_a_second_click_announces_nothing_twice(desk: Browser) -> None:
    number = announced(desk, **FAULT)
    desk.get("/outages/new?kind=fault").post("/outages/new", **FAULT)
    assert desk.status == 409
    assert f"正在停电：故障停电 {number}" in desk.text


def test_somebody_else_was_quicker(desk: Browser) -> None:
    number = announced(desk, **FAULT)
    page = f"/outages/{number}"
    desk.get(page).post(
        f"{page}/moves/report_progress", **{"given[estimated_restoration_at]": "2026-11-23T12:00"}
    )
    assert desk.status == 200, desk.text
    desk.post(f"{page}/moves/restore", revision="1")
    assert desk.status == 409
    assert "停电中 2 / 2 户" in desk.text


def test_an_unknown_move_takes_nothing_back(desk: Browser) -> None:
    number = announced(desk, **FAULT)
    desk.post(f"/outages/{number}/moves/whatever", reason="试一试")
    assert desk.status == 404
    assert "停电中" in desk.get(f"/outages/{number}").text


def test_whom_to_visit_and_what_to_hang_up(desk: Browser) -> None:
    number = announced(desk, **PLANNED)
    desk.get(f"/outages/{number}/unreachable")
    assert "P22" in desk.text
    assert "吕*" in desk.text
    assert "吕某" not in desk.text
    desk.get(f"/outages/{number}/poster")
    assert "停电告示" in desk.text
    assert "12398" in desk.text
    assert not re.search(r"1300000\d{4}", desk.text)


def test_the_ticket_of_an_outage_leads_to_its_desk(desk: Browser) -> None:
    number = announced(desk, **FAULT)
    desk.get(f"/tickets/{number}")
    assert f'href="/outages/{number}"' in desk.page
    assert f"/tickets/{number}/moves/" not in desk.page


def test_another_branch_sees_none_of_it(desk: Browser, application: Application) -> None:
    number = announced(desk, **FAULT)
    other = a_browser(application).sign_in("cn-account")
    assert number not in other.get("/outages").text
    for path in ("", "/unreachable", "/poster"):
        assert other.get(f"/outages/{number}{path}").status == 404


def test_who_may_only_look_is_offered_no_move(desk: Browser, application: Application) -> None:
    number = announced(desk, **FAULT)
    counter = a_browser(application).sign_in("tc-counter")
    counter.get(f"/outages/{number}")
    assert "/moves/" not in counter.page
    counter.get("/outages/new?kind=fault").post("/outages/new", **FAULT | {"nodes": "T2"})
    assert counter.status == 409
    assert "只能由调度员" in counter.text


def test_a_connection_leads_to_the_outages_that_its_works_use(
    desk: Browser, application: Application
) -> None:
    rows = application.queries.worklist(WorklistFilter(), actor=WHO["tc-head"]).rows
    connection = next(each.ticket_no for each in rows)
    assert "配合停电" not in desk.get(f"/tickets/{connection}").text
    number = announced(desk, **PLANNED | {"serves": f"{connection} {connection}"})
    desk.get(f"/tickets/{connection}")
    assert "配合停电（1）" in desk.text
    assert f'href="/outages/{number}"' in desk.page


def test_a_late_announcement_says_so_and_why(desk: Browser) -> None:
    late = {"given[late_announcement_reason]": "危急缺陷须立即消除"}
    soon = {
        "given[planned_start_at]": "2026-11-25T08:00",
        "given[planned_end_at]": "2026-11-25T18:00",
    }
    announced(desk, **PLANNED | soon | late)
    assert "未按规定时间公告：危急缺陷须立即消除" in desk.text
    assert "未按规定时间公告" in desk.get("/outages").text
