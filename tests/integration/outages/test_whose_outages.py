"""Who may do what to which outage; two at once, and the network underneath."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import (
    ConflictError,
    NotFoundError,
    RefusedError,
)
from engine.outage import OutageKind
from engine.ticket import Actor, Role
from tests.applicants import CHIEF, WHO
from tests.application import codes
from tests.outages import (
    DISPATCHER,
    page_of,
    plan_outage,
    report_fault,
    restore,
)

if TYPE_CHECKING:
    from tests.application import Office


# --- who, and whose ------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["tc-dispatch", "tc-section", "tc-head"])
def test_dispatchers_and_heads_declare_outages(grid: Office, who: str) -> None:
    announce = grid.application.outages.announcements.announce
    result = announce(OutageKind.FAULT, ["T1"], {}, actor=WHO[who])
    assert result.outage.branch == "tengchong"


@pytest.mark.parametrize("who", ["tc-counter", "tc-account", "marketing", "auditor", "chief"])
def test_nobody_else_does(grid: Office, who: str) -> None:
    with pytest.raises(RefusedError) as caught:
        grid.application.outages.announcements.announce(
            OutageKind.FAULT, ["T1"], {}, actor=WHO[who], branch="tengchong"
        )
    assert codes(caught) == {"role_not_allowed"}


def of_longling() -> Actor:
    return Actor(
        user_id="ll-dispatch",
        name="调度",
        roles=frozenset({Role.DISPATCHER}),
        branch="longling",
    )


def of_the_company() -> Actor:
    return Actor(user_id="dispatch", name="调度", roles=frozenset({Role.DISPATCHER}))


def test_a_branch_declares_outages_on_its_own_nodes(grid: Office) -> None:
    announce: Any = grid.application.outages.announcements.announce
    for node in ("F2", "G-07", "S1"):  # grid tc-02 covers F2
        with pytest.raises(RefusedError) as caught:
            announce(OutageKind.FAULT, [node], {}, actor=of_longling())
        assert codes(caught) == {"other_branch"}
    assert announce(OutageKind.FAULT, ["F1"], {}, actor=of_longling()).outage.branch == "longling"
    with pytest.raises(RefusedError) as caught:
        announce(OutageKind.FAULT, ["F1"], {}, actor=of_longling(), branch="tengchong")
    assert codes(caught) == {"other_branch"}


def test_for_the_company_the_nodes_say_whose_outage_it_is(grid: Office) -> None:
    announce = grid.application.outages.announcements.announce
    company = of_the_company()
    assert announce(OutageKind.FAULT, ["G-07"], {}, actor=company).outage.branch == "tengchong"
    with pytest.raises(RefusedError) as caught:
        announce(OutageKind.FAULT, ["F1"], {}, actor=company)
    assert codes(caught) == {"branch_missing"}
    given = announce(OutageKind.FAULT, ["F1"], {}, actor=company, branch="longling")
    assert given.outage.branch == "longling"


def test_another_branch_does_not_learn_of_an_outage(grid: Office) -> None:
    fault = report_fault(grid, "T1")
    number = fault.outage.ticket_no
    reader = grid.application.outages.reader
    for look in (
        lambda: reader.outage(number, actor=of_longling()),
        lambda: reader.unreachable(number, actor=of_longling()),
        lambda: reader.poster(number, actor=of_longling()),
        lambda: grid.application.outages.supply.restore(number, {}, actor=of_longling()),
    ):
        with pytest.raises(NotFoundError):
            look()
    assert reader.listing(actor=of_longling()) == ()
    with pytest.raises(NotFoundError):
        reader.outage("TC-20210901-0099", actor=DISPATCHER)


def test_an_outage_is_not_moved_past_its_desk(grid: Office) -> None:
    number = plan_outage(grid, "T1").outage.ticket_no
    with pytest.raises(RefusedError) as caught:
        grid.application.tickets.advance(number, "cancel", actor=DISPATCHER, reason="x")
    assert codes(caught) == {"outage_desk"}


# --- two at once, and the network underneath -----------------------------------------------------


def test_of_two_dispatchers_one_is_told_that_the_other_was_faster(grid: Office) -> None:
    fault = report_fault(grid, "F1", estimated_restoration_at="2021-09-01 12:00")
    number, seen = fault.outage.ticket_no, fault.revision
    grid.at("2021-09-01 08:30")

    def put_back(node: str) -> str:
        try:
            grid.application.outages.supply.restore(
                number, {}, nodes=[node], actor=DISPATCHER, expected_revision=seen
            )
        except ConflictError:
            return "conflict"
        return "done"

    with ThreadPoolExecutor(2) as threads:
        outcomes = sorted(threads.map(put_back, ("T1", "T2")))
    assert outcomes == ["conflict", "done"]
    page = page_of(grid, fault)
    assert len(page.restored_nodes) == 1
    assert page.line.out + page.restored == 6


def test_two_who_restore_the_whole_at_once_restore_it_once(grid: Office) -> None:
    fault = report_fault(grid, "T2")
    grid.at("2021-09-01 08:30")

    def put_back(_: int) -> bool:
        try:
            restore(grid, fault)
        except (ConflictError, RefusedError):
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(put_back, range(2))) == [False, True]
    assert [each.action for each in grid.entries(fault.outage.ticket_no)].count("restore") == 1


def test_a_node_with_an_open_outage_is_not_taken_out_of_use(grid: Office) -> None:
    fault = report_fault(grid, "T2")
    head = "node_id,kind,parent_id,name"
    rest = f"{head}\nS1,substation,,城东变电站\nF1,feeder,S1,10千伏城线\nF2,feeder,S1,10千伏乡线\n"
    bring_in = grid.application.network.bring_in
    with pytest.raises(RefusedError) as caught:
        bring_in(rest.encode(), actor=CHIEF, retire_missing=True)
    assert codes(caught) == {"node_has_outage"}
    named = {each.message.split("”")[0].split("“")[1] for each in caught.value.reasons}
    assert named == {"T2", "P21", "P22", "P23", "P24"}
    assert fault.outage.ticket_no in str(caught.value)
    grid.at("2021-09-01 09:00")
    restore(grid, fault)
    bring_in(rest.encode(), actor=CHIEF, retire_missing=True)
