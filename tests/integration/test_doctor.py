"""What the doctor finds in an installation that is fit to run, and in one that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.daemon import run_once
from app.doctor import examine
from app.labels import SWEEPS
from app.people.organisation import NewGrid
from engine.application import Contact
from tests.applicants import CHIEF, PAIR, a_resident
from tests.official_calendar import LAW_2027

if TYPE_CHECKING:
    from tests.application import Office


def findings(office: Office) -> dict[str, tuple[bool, str]]:
    return {each.subject: (each.ok, each.remark) for each in examine(office.application)}


def bad(office: Office) -> set[str]:
    return {subject for subject, (ok, _) in findings(office).items() if not ok}


def sweep_subjects(office: Office) -> set[str]:
    return {f"巡检 {SWEEPS[sweep.name]}" for sweep in office.application.sweeps.all()}


def test_a_fresh_installation_lacks_a_password_and_a_daemon(office: Office) -> None:
    office.at("2026-11-23 09:00")
    assert bad(office) == {"管理员", "台区与网格", *sweep_subjects(office)}
    found = findings(office)
    assert found["数据库与流程定义"] == (True, "12 个流程定义在用")
    assert found["2026 年工作日历"] == (True, "已确定")
    assert found["2027 年工作日历"] == (True, "无需处理")
    assert found["消息"] == (True, "待发 0")


def test_one_that_is_in_order(office: Office) -> None:
    office.at("2026-11-23 09:00")
    with office.application.database.writing() as work:
        work.accounts.set_password_hash("chief", "a hash")
        work.commit()
    cover(office, "F1")
    run_once(office.application)
    assert bad(office) == set()
    assert findings(office)["巡检 消息发送"] == (True, "上次 2026-11-23 09:00")


def cover(office: Office, *nodes: str) -> None:
    """The default grid looks after these nodes by name too."""
    grid = NewGrid(
        id="tc-01", branch="tengchong", name="城区", managers=PAIR, is_default=True, nodes=nodes
    )
    office.application.organisation.set_grid(grid, actor=CHIEF)


def test_areas_in_no_grid_for_which_no_project_would_open(office: Office) -> None:
    """A branch's default grid covers nothing by itself: a node does not say whose it is."""
    ok, remark = findings(office)["台区与网格"]
    assert not ok
    assert "1 个台区" in remark
    assert "和畅台区（T1）" in remark
    assert "huodian grid set" in remark
    cover(office, "T1")
    assert "台区与网格" not in findings(office)


def test_of_many_areas_in_no_grid_some_are_named(office: Office) -> None:
    head = "node_id,kind,parent_id,name,rated_kva,contract_kw,area_class,important,"
    rows = [f"T9{n},transformer_area,F1,第{n}台区,100,,rural,," for n in range(7)]
    file = "\n".join([f"{head}alternative_node_id", *rows, ""])
    assert not office.application.imports.topology(file.encode(), actor=CHIEF).refused
    remark = findings(office)["台区与网格"][1]
    assert "等 8 个" in remark
    assert remark.count("台区（") == 5


def test_a_sweep_is_late_after_five_of_its_intervals(office: Office) -> None:
    office.at("2026-11-23 09:00")
    run_once(office.application)
    office.at("2026-11-23 09:00:25")
    assert "巡检 消息发送" not in bad(office)
    office.at("2026-11-23 09:00:26")
    assert bad(office) & sweep_subjects(office) == {"巡检 消息发送", "巡检 回执处理"}
    office.at("2026-11-23 14:00:01")
    assert bad(office) & sweep_subjects(office) == sweep_subjects(office)


def test_a_next_year_that_is_unknown_in_december(office: Office) -> None:
    office.at("2026-12-01 09:00")
    assert "2027 年工作日历" in bad(office)
    assert "huodian calendar import" in findings(office)["2027 年工作日历"][1]
    office.at("2027-01-01 09:00")
    assert findings(office)["2027 年工作日历"] == (False, "暂定，请导入放假通知")
    office.application.calendars.import_year(
        f"date,kind,note\n2027-01-01,off,元旦\n{LAW_2027}".encode(), actor=CHIEF
    )
    assert findings(office)["2027 年工作日历"] == (True, "已确定")


def test_messages_that_wait_or_need_a_call(office: Office) -> None:
    office.at("2026-11-23 09:00").submit(a_resident(contact=Contact(name="何青山")))
    remark = findings(office)["消息"][1]
    assert "待发 2" in remark
    assert "unreachable 1" in remark


def test_tickets_on_which_a_sweep_fails(office: Office) -> None:
    office.at("2026-11-23 09:00")
    with office.application.database.writing() as work:
        counts = {"done": 1, "unchanged": 0, "overtaken": 0, "failed": 2}
        work.sweeps.beat("reminders", office.clock(), office.clock(), counts)
        work.commit()
    ok, remark = findings(office)["巡检 时限提醒"]
    assert not ok
    assert "2 件处理失败" in remark
