"""A move that asks for something shows a small form, and says at each field what is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from engine.application import Contact, ServiceRequest
from tests.made_up import publish_well

if TYPE_CHECKING:
    from app.bootstrap import Application
    from tests.integration.web.conftest import Browser


@pytest.fixture
def well_no(application: Application) -> str:
    """A well that is being dug."""
    publish_well(application)
    return application.tickets.open(
        "well",
        ServiceRequest(title="示例小区", contact=Contact(name="示例小区")),
        branch="tengchong",
        actor=application.accounts.actor("demo"),
        given={"soil": "rock"},
    ).ticket_no


def form_of(browser: Browser, trigger: str) -> str:
    """The form of a move, as it stands on the page."""
    found = re.search(rf'<form[^>]*/actions/{trigger}".*?</form>', browser.page, re.DOTALL)
    assert found is not None
    return found[0]


def fired(browser: Browser, number: str, trigger: str, **given: str) -> Browser:
    fields = {f"given[{name}]": value for name, value in given.items()}
    return browser.get(f"/tickets/{number}").post(f"/tickets/{number}/actions/{trigger}", **fields)


def test_every_kind_of_field_has_its_control(demo: Browser, well_no: str) -> None:
    form = form_of(demo.get(f"/tickets/{well_no}"), "strike")
    assert re.search(r'<input[^>]*name="given\[depth_m\]"[^>]*inputmode="decimal"', form)
    assert re.search(r'<select[^>]*name="given\[is_dry\]"', form)
    assert '<option value="yes">是</option>' in form
    assert re.search(r'<textarea[^>]*name="given\[remark\]"', form)
    assert form.count("（必填）") == 2
    ids = re.findall(r' id="([^"]+)"', demo.page)
    assert len(ids) == len(set(ids))


def test_what_is_wrong_is_said_at_the_field_and_what_was_entered_stays(
    demo: Browser, well_no: str
) -> None:
    fired(demo, well_no, "strike", depth_m="很深", remark="<b>见砂</b>")
    assert demo.status == 409
    form = form_of(demo, "strike")
    assert 'href="#field-depth_m"' in demo.page
    assert 'href="#field-is_dry"' in demo.page
    control = re.search(r'<input[^>]*id="field-depth_m"[^>]*>', form)
    assert control is not None
    assert 'aria-invalid="true" aria-describedby="problem-depth_m"' in control[0]
    assert 'value="很深"' in control[0]
    assert "井深（米）“很深”不是数字" in form
    assert "尚未填写“是否枯井”" in form
    assert "&lt;b&gt;见砂&lt;/b&gt;</textarea>" in form
    assert '<details class="hd-action" open>' in demo.page
    assert "很深" not in form_of(demo, "dig")
    ids = re.findall(r' id="([^"]+)"', demo.page)
    assert len(ids) == len(set(ids))


def test_what_is_known_is_filled_in_and_the_move_goes_through(demo: Browser, well_no: str) -> None:
    fired(demo, well_no, "dig", depth_m="12")
    assert demo.status == 200
    assert "办理后仍为“已勘察”" in demo.text
    assert 'value="12"' in form_of(demo, "strike")
    fired(demo, well_no, "strike", depth_m="20", is_dry="no")
    assert "已打成" in demo.text
    assert "登记：井深（米）由“12”改为“20”；是否枯井“否”" in demo.text
