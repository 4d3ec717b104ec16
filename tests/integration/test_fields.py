"""A process with fields runs like any other, though nothing in the program knows it (R-1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.bootstrap import build
from app.settings import Settings
from engine.application import ServiceRequest
from engine.errors import MalformedError, RefusedError
from tests.applicants import COUNTER, SECTION, WHO, a_quarter
from tests.application import Office, OfficeClock, codes
from tests.made_up import publish_well

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.ticket import Actor, Ticket
    from tests.command_line import Shell

DISPATCHER = WHO["tc-dispatch"]
OPENED = {"soil": "rock"}


def dug(office: Office, actor: Actor = DISPATCHER, **given: str) -> Ticket:
    """A well is to be dug for a quarter of Tengchong."""
    publish_well(office.application)
    return office.application.tickets.open(
        "well", a_quarter(), branch="tengchong", actor=actor, given=given or OPENED
    )


def details(ticket: Ticket) -> dict[str, str]:
    assert isinstance(ticket.request, ServiceRequest)
    return ticket.request.details


def test_it_is_opened_moved_and_told_by_its_definition_alone(office: Office) -> None:
    ticket = dug(office)
    advance = office.application.tickets.advance
    advance(ticket.ticket_no, "dig", actor=DISPATCHER, given={"depth_m": "8.50"})
    struck = advance(
        ticket.ticket_no,
        "strike",
        actor=DISPATCHER,
        given={"depth_m": "20", "is_dry": "否", "remark": "水质清\n可饮用"},
    )
    assert office.ticket(ticket) == struck
    assert details(struck) == {
        "soil": "rock",
        "depth_m": "20",
        "is_dry": "no",
        "remark": "水质清 可饮用",
    }
    ended = advance(ticket.ticket_no, "pump", actor=DISPATCHER)
    assert (ended.state, ended.revision) == ("flowing", 4)
    sentences = [
        sentence
        for line in office.application.queries.history(ticket.ticket_no, actor=SECTION)
        for sentence in line.sentences
    ]
    assert "登记：土质“岩石”" in sentences
    assert "登记：井深（米）由“8.5”改为“20”；是否枯井“否”；备注“水质清 可饮用”" in sentences
    page = office.application.queries.ticket(ticket.ticket_no, actor=SECTION)
    assert {each.name: each.value for each in page.facts} == {
        "土质": "岩石",
        "井深（米）": "20",
        "是否枯井": "否",
        "备注": "水质清 可饮用",
    }


def test_nobody_is_told_who_has_nothing_to_do_with_it_and_no_flag_is_raised(
    office: Office,
) -> None:
    ticket = dug(office)
    office.application.tickets.advance(
        ticket.ticket_no, "strike", actor=DISPATCHER, given={"depth_m": "2", "is_dry": "no"}
    )
    ended = office.application.tickets.advance(ticket.ticket_no, "pump", actor=DISPATCHER)
    assert office.told() == []
    assert ended.managers is None
    assert ended.flags == ()


def test_the_definition_says_who_opens_it(office: Office) -> None:
    with pytest.raises(RefusedError) as caught:
        dug(office, COUNTER)
    assert codes(caught) == {"role_not_allowed"}
    with pytest.raises(RefusedError) as caught:
        office.application.tickets.open(
            "well", a_quarter(), branch="longling", actor=DISPATCHER, given=OPENED
        )
    assert codes(caught) == {"other_branch"}


def test_a_process_without_openers_is_opened_by_whoever_takes_in_applications(
    office: Office,
) -> None:
    with pytest.raises(RefusedError) as caught:
        office.application.tickets.open(
            "asset_transfer", a_quarter(), branch="longling", actor=DISPATCHER
        )
    assert codes(caught) == {"not_permitted", "other_branch"}


def test_a_refused_opening_leaves_no_gap_in_the_numbers(office: Office) -> None:
    with pytest.raises(RefusedError) as caught:
        dug(office, starts_on="2021-10-08")
    assert codes(caught) == {"field_missing"}
    ticket = office.application.tickets.open(
        "well", a_quarter(), branch="tengchong", actor=DISPATCHER, given=OPENED
    )
    assert ticket.ticket_no.endswith("-0001")


def test_a_refused_move_keeps_nothing(office: Office) -> None:
    ticket = dug(office)
    with pytest.raises(MalformedError):
        office.application.tickets.advance(
            ticket.ticket_no, "dig", actor=DISPATCHER, given={"depth_m": "tief", "remark": "x"}
        )
    assert office.ticket(ticket) == ticket
    assert [entry.seq for entry in office.entries(ticket)] == [1]


# ---- the command line


def test_from_the_command_line(shell: Shell, office_of: Office) -> None:
    publish_well(office_of.application)
    who = DISPATCHER.user_id
    about = ("--title", "示例小区", "--branch", "tengchong")
    missing = shell.fails(3, "ticket", "open", "well", *about, user=who)
    assert missing.codes == {"field_missing"}
    opened = shell.json("ticket", "open", "well", "soil=clay", *about, user=who)
    number = opened["ticket_no"]

    offers = {each["trigger"]: each for each in shell.json("ticket", "allowed", number, user=who)}
    assert offers["strike"]["fields"][0] == {
        "id": "depth_m",
        "name": "井深（米）",
        "kind": "number",
        "is_required": True,
        "options": {},
        "clause": "示例第3条",
        "value": "",
    }
    told = shell.run("ticket", "allowed", number, user=who).out
    assert "必填 is_dry=（是否枯井，是否：yes 是、no 否）" in told
    assert "选填 remark=（备注，文字）" in told

    wrong = shell.fails(2, "ticket", "advance", number, "dig", "depth=3", user=who)
    assert wrong.codes == {"field_unknown"}
    assert shell.fails(2, "ticket", "advance", number, "dig", "depth_m", user=who).codes == {
        "not_a_pair"
    }
    moved = shell.json(
        "ticket", "advance", number, "strike", "depth_m=20", "is_dry=no", "remark=a=b", user=who
    )
    assert moved["state"] == "dug"
    shown = shell.run("ticket", "show", number, user=who).out
    assert "必填 depth_m=（井深（米），数字，现为 20）" in shown

    listed = shell.run("definition", "show", "well").out
    assert "depth_m    井深（米）    数字" in listed
    assert "dig、strike*、pump*" in listed
    result = shell.json("definition", "show", "well")
    assert result["opening"] == {
        "roles": ["dispatcher", "system"],
        "asks": ["soil"],
        "takes": ["starts_on"],
    }
    assert next(each for each in result["transitions"] if each["trigger"] == "pump")["asks"] == [
        "depth_m"
    ]


@pytest.fixture
def office_of(shell: Shell) -> Iterator[Office]:
    """The office on the command line's database, for what no command does."""
    settings = Settings(
        database_url=f"sqlite:///{shell.path}", var_dir=shell.path.parent, sample=False
    )
    clock = OfficeClock()
    opened = Office(application=build(settings, clock=clock), clock=clock)
    yield opened
    opened.close()
