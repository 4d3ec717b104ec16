"""What an outage would mean, before there is one (R-7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.people.organisation import NewGrid
from engine.errors import (
    IntegrityError,
    MalformedError,
    RefusedError,
)
from engine.outage import OutageKind
from engine.ticket import SYSTEM, ManagerPair
from tests.applicants import COUNTER, WHO, a_business
from tests.application import codes
from tests.integration.faults.story import a_notice
from tests.integration.outages.refusals import fields
from tests.outages import (
    DISPATCHER,
    PLANNED,
    page_of,
    plan_outage,
    report_fault,
)

if TYPE_CHECKING:
    from tests.application import Office


def test_planning_shows_whom_another_outage_hits_within_thirty_days(grid: Office) -> None:
    first = plan_outage(grid, "T1")
    plans = grid.application.outages.plans
    near = plans.plan(["F1"], "2021-10-08 08:00", "2021-10-08 18:00", actor=DISPATCHER)
    assert [(e.ticket_no, e.service_points, e.may_be_merged) for e in near.nearby] == [
        (first.outage.ticket_no, 2, True)
    ]
    assert (near.service_points, near.phones, near.important, near.without_phone) == (6, 4, 1, 1)
    far = plans.plan(["F1"], "2021-10-08 08:01", "2021-10-08 18:00", actor=DISPATCHER)
    assert far.nearby == ()
    elsewhere = plans.plan(["T2"], "2021-09-20 08:00", "2021-09-20 18:00", actor=DISPATCHER)
    assert elsewhere.nearby == ()
    second = plan_outage(
        grid, "F1", planned_start_at="2021-09-20 08:00", planned_end_at="2021-09-20 18:00"
    )
    assert [each.ticket_no for each in second.nearby] == [first.outage.ticket_no]
    grid.application.outages.announcements.cancel(
        first.outage.ticket_no, reason="合并", actor=DISPATCHER
    )
    assert page_of(grid, second).nearby == ()


def test_a_connection_whose_works_need_an_outage_is_found_and_linked(grid: Office) -> None:
    below = grid.submit(a_business(node_id="P21"))
    grid.submit(a_business(node_id="P1", address="别处1号"))
    plan = grid.application.outages.plans.plan(
        ["F1"], "2021-09-09 08:00", "2021-09-09 18:00", actor=DISPATCHER
    )
    assert [(each.ticket_no, each.node_id) for each in plan.connections] == [
        (below.ticket_no, "P21")
    ]
    result = grid.application.outages.announcements.announce(
        OutageKind.PLANNED,
        ["T2"],
        PLANNED,
        serves=[below.ticket_no, below.ticket_no],
        actor=DISPATCHER,
    )
    assert page_of(grid, result).serves == (below.ticket_no,)
    serving = grid.application.outages.reader.serving
    assert [each.ticket_no for each in serving(below.ticket_no, actor=COUNTER)] == [
        result.outage.ticket_no
    ]
    assert serving(below.ticket_no, actor=WHO["ll-counter"]) == ()
    assert serving(result.outage.ticket_no, actor=COUNTER) == ()


def test_a_preview_looks_back_but_not_ahead(grid: Office) -> None:
    plans = grid.application.outages.plans
    counts = plans.preview(["F1"], actor=DISPATCHER, as_of="2021-08-15 12:00")
    assert tuple(counts) == (6, 4, 1, 1)  # type: ignore[call-overload]
    for wrong in ("2021-09-01 08:01", "bald"):
        with pytest.raises(MalformedError) as caught:
            plans.preview(["F1"], actor=DISPATCHER, as_of=wrong)
        assert fields(caught) == {("bad_instant", "as_of")}
    with pytest.raises(RefusedError) as caught:
        plans.preview(["F1", "NOPE"], actor=DISPATCHER)
    assert fields(caught) == {("unknown_node", "nodes")}


def test_a_grid_of_another_branch_on_a_part_makes_the_whole_a_matter_of_the_company(
    grid: Office,
) -> None:
    pair = ManagerPair(project_manager="ll-project", account_manager="ll-account")
    grid.application.organisation.set_grid(
        NewGrid(id="ll-02", branch="longling", name="城区", managers=pair, nodes=("T2",)),
        actor=SYSTEM,
    )
    for node in ("F1", "T2", "P21"):
        with pytest.raises(RefusedError) as caught:
            report_fault(grid, node)
        assert codes(caught) == {"other_branch"}
    report_fault(grid, "T1")


def test_a_notice_without_its_outage_is_a_fault_and_not_told_to_nobody(grid: Office) -> None:
    application = grid.application
    with application.database.writing() as work, pytest.raises(IntegrityError) as broken:
        application.outage_fan_out.page(work, a_notice(grid), 10)
    assert codes(broken) == {"notice_without_outage"}
