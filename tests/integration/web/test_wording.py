"""What stands on the console is Chinese that an official would write: no trigger, no id, no code.

Every screen is fetched, and refused in every way a form can be, and read for Latin letters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from app.daemon import run_once
from app.web.rendering import basis, cited
from engine.ticket import SYSTEM, ManagerPair
from tests.browsing import FORM, HIGH_VOLTAGE, RESIDENT, WITHOUT_KEY, act, progress_path
from tests.integration.web.test_pages import DEFERRED

if TYPE_CHECKING:
    from app.bootstrap import Application
    from tests.integration.web.conftest import Browser, StandingClock

LATIN = re.compile(r"(?<![\w*])[A-Za-z][A-Za-z_.@-]+(?![\w*])")
UNITS_AND_FORMATS = {"HTTPS", "PDF", "JPG", "PNG", "OFD", "BPMN", "Mermaid", "MB", "KB", "kW", "kV"}
GIVEN = re.compile(
    r"TC-[\w-]+"  # the number of a ticket or of a node of the network
    r"|https?://\S+"  # the address in a message
    r"|<pre class=\"hd-diagram[^>]*>.*?</pre>"
    r"|<code>.*?</code>",
    re.DOTALL,
)


def foreign_words(browser: Browser, application: Application) -> set[str]:
    """Latin words on the page, but for units, file formats and what was given as a name."""
    text = re.sub(r"<[^>]+>", " ", GIVEN.sub("", browser.page))
    with application.database.reading() as work:
        for user in work.accounts.users():
            text = text.replace(user.id, "")
    return set(LATIN.findall(text)) - UNITS_AND_FORMATS


def test_no_page_shows_a_foreign_word(
    demo: Browser, application: Application, clock: StandingClock
) -> None:
    for number in (RESIDENT, DEFERRED):
        act(demo, number, "actions/complete_intake")
    act(demo, RESIDENT, "documents/1/reject", reason="照片模糊")
    act(demo, DEFERRED, "contact", reason="联系现场勘查")
    act(demo, HIGH_VOLTAGE, "amend", requested_capacity_kw="120", reason="客户减容")
    application.tickets.assign_managers(
        HIGH_VOLTAGE,
        ManagerPair(project_manager="tc-project-1", account_manager="tc-account-2"),
        actor=application.accounts.actor("demo"),
        reason="轮岗",
    )
    application.accounts.disable("tc-account-1", reason="调离", actor=SYSTEM)
    clock.pass_by(days=3)
    run_once(application)
    paths = ["/login", progress_path(application, DEFERRED), "/p/unknown", "/nowhere"]
    demo.sign_in("demo")
    paths += ["/queue", "/tickets/new", "/outbox", "/account", "/admin/users", "/calendar"]
    paths += ["/calendar?year=2027", "/definitions", "/tickets/TC-20260101-0001"]
    paths += [f"/tickets/TC-20261123-{n:04}{more}" for n in range(1, 10) for more in ("", "/clock")]
    paths += [f"/definitions/{each.id}" for each in application.rulebook.all_in_force()]
    found = {path: words for path in paths if (words := foreign_words(demo.get(path), application))}
    assert found == {}


@pytest.mark.parametrize(
    ("where", "verb", "fields"),
    [
        (RESIDENT, "actions/energize", {}),
        (RESIDENT, "actions/abort", {}),
        (HIGH_VOLTAGE, "actions/energize", {}),
        (WITHOUT_KEY, "actions/complete_intake", {}),
        (RESIDENT, "documents", {"kind": "identity", "source": ""}),
        (RESIDENT, "documents", {"kind": "treasure_map", "source": "counter"}),
        (
            RESIDENT,
            "documents",
            {"kind": "identity", "source": "counter", "expires_on": "2020-01-01"},
        ),
        (
            RESIDENT,
            "documents",
            {"kind": "identity", "source": "counter", "upload": ("图.pdf", b"GIF89a", "image/gif")},
        ),
        (RESIDENT, "documents/1/reject", {"reason": ""}),
        (RESIDENT, "suspend", {"cause": "", "evidence": ""}),
        (RESIDENT, "suspend", {"cause": "external_line", "evidence": "通知 7 号"}),
        (RESIDENT, "resume", {}),
        (RESIDENT, "managers", {"project_manager": "", "account_manager": "", "reason": ""}),
        (
            RESIDENT,
            "managers",
            {"project_manager": "tc-account-1", "account_manager": "tc-account-1", "reason": "错"},
        ),
        (RESIDENT, "boundary", {"reason": ""}),
        (RESIDENT, "amend", {"reason": "无"}),
        (RESIDENT, "amend", {"phone": "12", "reason": ""}),
        (RESIDENT, "contact", {"reason": ""}),
    ],
)
def test_no_refusal_shows_a_foreign_word(
    demo: Browser, application: Application, where: str, verb: str, fields: dict[str, str]
) -> None:
    act(demo, where, verb, **fields)
    assert demo.status >= 400
    assert foreign_words(demo, application) - {"treasure_map", "pdf"} == set()


def test_a_form_filled_in_wrongly_shows_none_either(
    demo: Browser, application: Application
) -> None:
    wrong = {**dict.fromkeys(FORM, "？"), "once": "", "documents": ["identity"]}
    for fields in (
        wrong,
        {**wrong, **dict.fromkeys(FORM, "")},
        {**FORM, "requested_voltage_kv": "35"},
    ):
        demo.get("/tickets/new").post("/tickets", **fields)
        assert demo.status in {409, 422}
        assert foreign_words(demo, application) == set()


@pytest.mark.parametrize(
    ("clause", "shown"),
    [
        ("R-3.1, 四(二)3", "实施方案四（二）3"),
        ("R-3.2, R-3.3, 四(二)3, 四(二)4", "实施方案四（二）3、四（二）4"),
        ("R-2.4, 附件 注2", "实施方案附件注2"),
        ("R-5.1b", ""),
        ("《电力供应与使用条例》第二十八条", "《电力供应与使用条例》第二十八条"),
    ],
)
def test_a_clause_is_cited_as_an_official_does(clause: str, shown: str) -> None:
    assert basis(clause) == shown
    within = f"（依据{shown}）" if shown else ""
    assert cited(f"不收取资料（依据 {clause}），请删去") == f"不收取资料{within}，请删去"
