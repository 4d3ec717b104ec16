"""An exported log says of every ticket what the ledger says, to a process miner too."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from app.reading.history_export import ExportFilter
from engine.errors import MalformedError, NotFoundError, RefusedError
from tests.applicants import (
    COUNTER,
    SECTION,
    WHO,
    a_business,
    a_factory,
    a_quarter,
    a_resident,
)
from tests.application import codes
from tests.process_mining import EventLog

if TYPE_CHECKING:
    from pathlib import Path

    from engine.ticket import Actor, Ticket
    from tests.application import Office
    from tests.command_line import Shell

AUDITOR = WHO["auditor"]
XES = "{http://www.xes-standard.org/}"


@pytest.fixture
def worked(office: Office) -> Office:
    """Tickets of both branches that went different ways."""
    office.at("2021-09-06 09:00")
    for _ in range(2):
        connected = office.submit(papers=("identity",))
        office.fire(connected, "complete_intake", "finish_site_visit")
        office.supply(connected, "property_proof")
        office.fire(connected, "release_works", "finish_works", "energize")
    aborted = office.submit(a_business())
    office.fire(aborted, "abort", reason="客户撤回")
    office.at("2021-10-08 09:00")
    office.submit(a_factory(), papers=("business_licence",))
    office.submit(a_resident(), actor=WHO["ll-counter"], branch="longling")
    office.application.tickets.open(
        "asset_transfer", a_quarter(), branch="tengchong", actor=COUNTER
    )
    return office


def exported(office: Office, path: Path, actor: Actor = AUDITOR, **wanted: Any) -> EventLog:
    with path.open("w", encoding="utf-8") as file:
        office.application.history_export.write_xes(ExportFilter(**wanted), file.write, actor=actor)
    return EventLog(path)


def tickets(office: Office) -> list[Ticket]:
    with office.application.database.reading() as work:
        return [row.ticket for row in work.tickets.worklist(open_only=False, limit=1000)]


def courses(office: Office, found: list[Ticket]) -> dict[str, tuple[str, ...]]:
    """The activities of each ticket by its own ledger, named by its own definition."""
    courses = {}
    for ticket in found:
        definition = office.application.rulebook.of(ticket)
        names = {(each.source, each.trigger): each.name for each in definition.transitions}
        others = {"submit": "登记申请", "supply_document": "登记资料"}
        courses[ticket.ticket_no] = tuple(
            names.get((entry.source_state, entry.action)) or others[entry.action]
            for entry in office.entries(ticket)
        )
    return courses


def test_a_process_miner_finds_what_the_ledger_holds(worked: Office, tmp_path: Path) -> None:
    log = exported(worked, tmp_path / "log.xes")
    expected = courses(worked, tickets(worked))
    assert len(expected) == 6
    assert log.cases() == set(expected)
    assert log.variants() == Counter(expected.values())
    assert log.follows() == Counter(
        pair for course in expected.values() for pair in pairwise(course)
    )


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({"branch": "longling"}, {"LL-20211008-0001"}),
        ({"definition_id": "lv_resident", "branch": "tengchong"}, {1, 2}),
        ({"last_day": date(2021, 9, 6)}, {1, 2, 3}),
        ({"first_day": date(2021, 9, 7), "last_day": date(2021, 10, 7)}, set()),
        (
            {"first_day": date(2021, 10, 8), "branch": "tengchong"},
            {"TC-20211008-0001", "TC-20211008-0002"},
        ),
    ],
)
def test_filters_choose_tickets(
    worked: Office, tmp_path: Path, wanted: dict[str, Any], numbers: set[Any]
) -> None:
    path = tmp_path / "log.xes"
    with path.open("w", encoding="utf-8") as file:
        report = worked.application.history_export.write_xes(
            ExportFilter(**wanted), file.write, actor=AUDITOR
        )
    names = {n if isinstance(n, str) else f"TC-20210906-{n:04}" for n in numbers}
    found = {
        trace.findtext(f"{XES}string[@key='concept:name']") or _value(trace, "concept:name")
        for trace in ET.parse(path).getroot().iter(f"{XES}trace")  # noqa: S314  (made here)
    }
    assert found == names
    assert report.tickets == len(names)


def _value(element: ET.Element, key: str) -> str:
    return next(each.attrib["value"] for each in element if each.attrib.get("key") == key)


def test_an_event_says_when_where_and_by_whom(worked: Office, tmp_path: Path) -> None:
    frame = exported(worked, tmp_path / "log.xes", branch="tengchong").frame
    events = frame[frame["case:concept:name"] == "TC-20210906-0001"]
    first, second = (events.iloc[place] for place in (0, 1))
    assert (first["huodian:action"], second["huodian:action"]) == ("submit", "complete_intake")
    assert str(first["time:timestamp"].tz_convert("Asia/Shanghai")) == "2021-09-06 09:00:00+08:00"
    assert (first["org:resource"], first["org:group"]) == ("tc-counter", "tengchong")
    assert (second["huodian:source"], second["huodian:target"]) == ("submitted", "site_visit")
    assert second["huodian:stage"] == "metering_and_energization"
    assert second["huodian:definition"] == "lv_resident@1"
    assert (bool(first["huodian:is_move"]), bool(second["huodian:is_move"])) == (False, True)
    assert second["case:huodian:ending"] == "completed"
    assert second["case:huodian:customer_type"] == "lv_resident"


def test_nothing_of_a_customer_is_in_it_and_of_staff_only_on_demand(
    worked: Office, tmp_path: Path
) -> None:
    path = tmp_path / "log.xes"
    exported(worked, path)
    written = path.read_text(encoding="utf-8")
    for ticket in tickets(worked):
        contact = ticket.request.contact
        for personal in (contact.name, contact.phone, ticket.request.address):
            assert not personal or personal not in written
    for who in WHO.values():
        assert who.name not in written
    assert "tc-counter" in written
    exported(worked, path, with_actors=False)
    anonymous = path.read_text(encoding="utf-8")
    assert not any(who.user_id in anonymous for who in WHO.values())
    assert "客户撤回" not in anonymous


def test_who_exports_is_recorded_and_limited_to_the_own_branch(
    worked: Office, tmp_path: Path
) -> None:
    log = exported(worked, tmp_path / "log.xes", SECTION, definition_id="lv_resident")
    assert log.cases() == {"TC-20210906-0001", "TC-20210906-0002"}
    entry = worked.entries("administration")[-1]
    assert (entry.action, entry.actor_id) == ("export_ledger", "tc-section")
    assert entry.facts == {"definition_id": "lv_resident", "with_actors": True}
    with pytest.raises(RefusedError) as caught:
        exported(worked, tmp_path / "other.xes", SECTION, branch="longling")
    assert codes(caught) == {"other_branch"}
    with pytest.raises(RefusedError) as caught:
        exported(worked, tmp_path / "other.xes", COUNTER)
    assert codes(caught) == {"not_permitted"}


def test_what_is_not_there_is_named(worked: Office, tmp_path: Path) -> None:
    for wanted in ({"branch": "nowhere"}, {"definition_id": "nothing"}):
        with pytest.raises(NotFoundError):
            exported(worked, tmp_path / "log.xes", **wanted)
    with pytest.raises(MalformedError) as caught:
        exported(
            worked, tmp_path / "log.xes", first_day=date(2021, 9, 7), last_day=date(2021, 9, 6)
        )
    assert codes(caught) == {"period_backwards"}


# ---- the command line


def test_from_the_command_line(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "log.xes"
    options = ("ledger", "export", "--format", "xes")
    done = shell.json(*options, "--output", str(path), "--to", "2020-01-01", user="auditor")
    assert done == {"output": str(path), "format": "xes", "tickets": 0, "events": 0}
    assert ET.parse(path).getroot().tag == f"{XES}log"  # noqa: S314  (made here)
    again = shell.fails(5, *options, "--output", str(path), user="auditor")
    assert again.codes == {"file_exists"}
    plain = shell.run(*options, user="auditor")
    assert plain.out.startswith('<?xml version="1.0"')
    assert shell.fails(2, *options, user="auditor").codes == {"wrong_call"}
    nowhere = str(tmp_path / "no" / "log.xes")
    assert shell.fails(2, *options, "--output", nowhere, user="auditor").codes == {"cannot_write"}


def test_a_refused_export_leaves_no_file(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "log.xes"
    options = ("ledger", "export", "--format", "xes", "--output", str(path))
    assert shell.fails(4, *options, "--branch", "nowhere", user="auditor").codes == {"not_found"}
    assert shell.fails(3, *options, user=COUNTER.user_id).codes == {"not_permitted"}
    assert not path.exists()
