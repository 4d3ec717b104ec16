"""The page of a ticket: what it shows and what can be done there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engine.ticket import PauseCause
from tests.browsing import FORM, HIGH_VOLTAGE, RESIDENT, WITHOUT_KEY, act, new_number, progress_path
from tests.integration.web.conftest import Browser, StandingClock, a_browser

if TYPE_CHECKING:
    from app.bootstrap import Application


PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def test_a_move_that_is_not_allowed_says_what_is_missing_by_which_clause(demo: Browser) -> None:
    demo.get(f"/tickets/{WITHOUT_KEY}")
    assert "暂不能“完成业务受理”" in demo.text
    assert "缺少有效身份证件" in demo.text
    assert "四（二）" in demo.text
    demo.post(f"/tickets/{WITHOUT_KEY}/actions/complete_intake")
    assert demo.status == 409
    assert "未能办理" in demo.text


def test_whoever_comes_second_learns_who_was_first(demo: Browser, application: Application) -> None:
    late = a_browser(application).sign_in("demo").get(f"/tickets/{RESIDENT}")
    act(demo, RESIDENT, "actions/complete_intake")
    late.post(f"/tickets/{RESIDENT}/actions/complete_intake")
    assert late.status == 409
    assert "工单已由柳青于 11-23 09:30 处理（完成业务受理）" in late.text
    assert late.hidden("revision") == demo.hidden("revision")


def test_a_form_without_a_revision_changes_nothing(demo: Browser) -> None:
    demo.get(f"/tickets/{RESIDENT}")
    demo.post(f"/tickets/{RESIDENT}/actions/complete_intake", revision="")
    assert demo.status == 422


def test_aborting_asks_for_a_reason(demo: Browser) -> None:
    act(demo, RESIDENT, "actions/abort")
    assert demo.status == 409
    assert "必须说明原因" in demo.text
    act(demo, RESIDENT, "actions/abort", reason="客户撤回申请")
    assert demo.status == 200
    assert "客户撤回申请" in demo.text
    assert "可办理事项" not in demo.text


def test_an_unknown_trigger_is_refused_with_what_is_possible(demo: Browser) -> None:
    act(demo, RESIDENT, "actions/teleport")
    assert demo.status == 422
    assert "完成业务受理" in demo.text


def test_a_document_goes_from_missing_to_good(demo: Browser) -> None:
    act(demo, WITHOUT_KEY, "documents", kind="identity", source="counter",
        upload=("身份证.pdf", PDF, "application/pdf"))  # fmt: skip
    assert demo.status == 200
    assert "待审核" in demo.text
    file = demo.client.get(f"/tickets/{WITHOUT_KEY}/documents/2/file")
    assert file.content == PDF
    assert file.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert file.headers["content-security-policy"].startswith("sandbox")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert file.headers["content-type"] == "application/octet-stream"
    act(demo, WITHOUT_KEY, "documents/2/verify")
    assert "第 2 份资料（有效身份证件）审核合格" in demo.text


def test_a_rejected_document_shows_its_reason_and_counts_no_more(
    demo: Browser, application: Application
) -> None:
    act(demo, RESIDENT, "documents/1/reject", reason="照片模糊")
    assert "不合格" in demo.text
    assert "照片模糊" in demo.text
    customer = a_browser(application).get(progress_path(application, RESIDENT))
    assert "上次提交的不合格：照片模糊" in customer.text
    assert 'aria-label="第 1 份审核合格"' not in demo.page
    assert "第 1 份复核合格" in demo.page
    act(demo, RESIDENT, "documents/1/verify")
    assert "第 1 份复核合格" not in demo.page
    assert "第 1 份退回补正" in demo.page  # what was found good by mistake
    customer.get(progress_path(application, RESIDENT))
    assert "上次提交的不合格" not in customer.text
    assert "照片模糊" in customer.text.split("消息记录")[1]  # what was told stays told


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (("virus.exe", b"MZ\x90\x00", "application/pdf"), "PDF"),
        (("page.pdf", b"<html><script>1</script>", "application/pdf"), "page.pdf"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_and_the_form_is_kept(
    demo: Browser, upload: tuple[str, bytes, str], said: str
) -> None:
    act(demo, WITHOUT_KEY, "documents", kind="identity", source="on_site", upload=upload,
        expires_on="2030-01-31")  # fmt: skip
    assert demo.status in {409, 422}
    assert said.lower() in demo.text.lower()
    assert 'value="2030-01-31"' in demo.page
    assert f"/tickets/{WITHOUT_KEY}/documents/2/" not in demo.page


def test_a_date_that_is_none_is_refused(demo: Browser) -> None:
    act(demo, RESIDENT, "documents", kind="identity", source="counter", expires_on="31.1.2030")
    assert demo.status == 422
    assert "不是日期" in demo.text


def test_stopping_the_clock_needs_a_declared_cause_and_evidence(demo: Browser) -> None:
    act(demo, RESIDENT, "actions/complete_intake")
    act(demo, RESIDENT, "actions/finish_site_visit")
    act(demo, RESIDENT, "actions/release_works")
    act(demo, RESIDENT, "suspend", cause=str(PauseCause.EXTERNAL_LINE), evidence="")
    assert demo.status == 409
    assert "暂停计时必须有依据" in demo.text
    act(demo, RESIDENT, "suspend", cause="holiday", evidence="x")
    assert demo.status == 422
    act(demo, RESIDENT, "suspend", cause=str(PauseCause.EXTERNAL_LINE), evidence="外线通知 7 号")
    assert demo.status == 200
    assert "因外线工程施工，自 2026-11-23 起暂停计时" in demo.text
    assert "恢复计时" in demo.text
    assert "暂停计时" in demo.get("/queue", params={"text": RESIDENT}).text
    act(demo, RESIDENT, "resume")
    assert "已恢复计时" in demo.text


def test_managers_are_two_people_and_a_change_needs_a_reason(demo: Browser) -> None:
    pair = {"project_manager": "tc-project-2", "account_manager": "tc-account-2"}
    act(demo, RESIDENT, "managers", **pair)
    assert demo.status == 409
    assert "更换双经理必须说明原因" in demo.text
    assert '<option value="tc-project-2" selected>' in demo.page
    act(demo, RESIDENT, "managers", **pair, reason="休假")
    assert demo.status == 200
    assert "项目经理陆星野，客户经理程远帆，原因：休假" in demo.text


def test_a_correction_keeps_before_and_after_masked(demo: Browser) -> None:
    act(demo, RESIDENT, "amend", phone="13912340000", reason="客户更换号码")
    assert demo.status == 200
    assert "139****0000" in demo.text
    assert "13912340000" not in demo.page


def test_a_malformed_correction_is_refused_and_kept(demo: Browser) -> None:
    act(demo, RESIDENT, "amend", phone="139", reason="客户更换号码")
    assert demo.status == 422
    assert 'value="139"' in demo.page


def test_an_extended_boundary_is_recorded(demo: Browser) -> None:
    act(demo, HIGH_VOLTAGE, "boundary", reason="三大攻坚战项目")
    assert demo.status == 200
    assert "已延伸至用户红线" in demo.text


def test_the_whole_number_is_shown_only_for_a_reason_and_leaves_a_trace(
    demo: Browser, application: Application
) -> None:
    demo.get("/tickets/new").post("/tickets", **FORM)
    ticket_no = new_number(demo)
    demo.post(f"/tickets/{ticket_no}/contact", reason=" ")
    assert demo.status == 409
    assert "13812345521" not in demo.page
    demo.post(f"/tickets/{ticket_no}/contact", reason="联系现场勘查")
    assert "13812345521" in demo.text
    with application.database.reading() as work:
        last = list(work.ledger.entries("administration"))[-1]
    assert last.action == "reveal_contact"
    assert last.facts == {"ticket_no": ticket_no, "reason": "联系现场勘查"}
    assert "13812345521" not in demo.get(f"/tickets/{ticket_no}").page


def test_the_explanation_counts_each_day_and_marks_dates_in_unknown_years(
    demo: Browser,
) -> None:
    demo.get(f"/tickets/{RESIDENT}/clock")
    assert "第 1 天" in demo.text
    act(demo, HIGH_VOLTAGE, "actions/complete_intake")
    demo.get(f"/tickets/{HIGH_VOLTAGE}/clock")
    assert "星期六" in demo.text
    assert "不计" in demo.text


def test_a_due_date_in_a_year_without_a_notice_is_marked_provisional(
    demo: Browser, clock: StandingClock
) -> None:
    clock.pass_by(days=38)
    demo.sign_in("demo").get("/tickets/new").post("/tickets", **FORM)
    ticket_no = new_number(demo)
    assert "最迟 2027-01-04（周一） 暂定" in demo.text
    assert "暂定" in demo.get("/queue", params={"text": ticket_no}).text
    assert "第 1 天" in demo.get(f"/tickets/{ticket_no}/clock").text
    assert "元旦" in demo.text
