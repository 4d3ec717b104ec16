"""The console while the database is away: a page that says so, for staff and customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.away import database_away

if TYPE_CHECKING:
    from tests.integration.web.conftest import Browser

PAGES = ("/queue", "/login", "/tickets/new", "/p/anything", "/sign-in/anything", "/admin/users")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_so_with_503(demo: Browser, path: str) -> None:
    with database_away(demo.application.settings.database_url):
        shown = demo.get(path)
    assert shown.status == 503
    assert shown.headers["retry-after"] == "30"
    assert "系统暂时不能使用" in shown.text
    assert "请求编号" in shown.text
    for inside in ("Traceback", "HUODIAN_", "sqlite", ".db"):
        assert inside not in shown.page
    assert demo.get("/queue").status == 200


def test_a_form_that_was_sent_is_answered_too(demo: Browser) -> None:
    demo.get("/tickets/new")
    with database_away(demo.application.settings.database_url):
        assert demo.post("/tickets", applicant_name="李明").status == 503
    assert "可能没有完成" in demo.text


def test_the_probes_tell_living_from_ready(browser: Browser) -> None:
    assert browser.get("/readyz").status == 200
    with database_away(browser.application.settings.database_url):
        assert (browser.get("/healthz").status, browser.get("/readyz").status) == (200, 503)
    assert browser.get("/readyz").status == 200


def test_a_paper_that_cannot_be_kept_is_told_to_staff_with_the_reason(demo: Browser) -> None:
    files = demo.application.settings.var_dir / "files"
    files.write_text("a file where a folder should be")
    with demo.application.database.reading() as work:
        number = next(n for n in work.tickets.open_numbers() if n.startswith("TC"))
    demo.get(f"/tickets/{number}")
    pdf = ("deed.pdf", b"%PDF-1.7\n%%EOF\n")
    sent = demo.post(
        f"/tickets/{number}/documents", kind="property_proof", source="counter", upload=pdf
    )
    assert sent.status == 503
    assert "资料文件没有保存" in sent.text
    files.unlink()
