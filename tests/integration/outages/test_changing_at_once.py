"""The network is changed while others change it too, or announce outages on it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import ConflictError, RefusedError
from tests.applicants import CHIEF, a_resident
from tests.application import codes
from tests.contract.test_affected_points import an_outage
from tests.integration.outages.points import HEAD, P11_TO_G07
from tests.outages import NETWORK, report_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tests.application import Office

RENAMED = NETWORK.replace("竹溪台区", "竹溪村台区")
T2 = ("T2", "P21", "P22", "P23", "P24")
WITHOUT_T2 = "".join(
    line for line in NETWORK.splitlines(keepends=True) if line.partition(",")[0] not in T2
)


@pytest.fixture
def beside() -> Iterator[Callable[..., Future[Any]]]:
    """Runs something beside the test; returns once that goes no further by itself."""
    with ThreadPoolExecutor(1) as threads:

        def begin(what: Callable[..., Any], *args: Any, **named: Any) -> Future[Any]:
            begun = threads.submit(what, *args, **named)
            wait([begun], timeout=0.5)
            return begun

        yield begin


def changing(office: Office, content: str, *, meanwhile: str = "") -> list[str]:
    """Bring in a whole network; `meanwhile`, when the file was compared, others bring in that."""
    network = office.application.network

    def clock() -> datetime:
        if meanwhile:
            network.bring_in((HEAD + meanwhile).encode(), actor=CHIEF)
        return office.clock()

    bring_in = replace(network, clock=clock).bring_in
    report = bring_in(content.encode(), actor=CHIEF, retire_missing=True)
    return [each.node_id for each in report.difference.changes]


def test_an_import_waits_for_nobody_who_holds_what_it_leaves_as_it_is(
    grid: Office, beside: Callable[..., Future[list[str]]]
) -> None:
    if grid.application.database.dialect == "sqlite":
        pytest.skip("one writer at a time")
    with grid.application.database.writing() as work:
        work.outages.hold(["F1", "T2"])
        begun = beside(changing, grid, RENAMED)
        assert wait([begun], timeout=20).done
    assert begun.result() == ["G-07"]


def test_what_was_compared_with_another_network_is_not_brought_in(grid: Office) -> None:
    with pytest.raises(ConflictError) as refusal:
        changing(grid, RENAMED, meanwhile=P11_TO_G07)
    assert codes(refusal) == {"network_changed"}
    with grid.application.database.reading() as work:
        assert work.topology.node("P11").parent_id == "G-07"
        assert work.topology.node("G-07").name == "竹溪台区"
    assert set(changing(grid, RENAMED)) == {"G-07", "P11"}


@pytest.mark.parametrize("node_id", ["T2", "P21", "F1"])
def test_a_node_with_an_outage_that_is_just_being_announced_is_not_taken_out_of_use(
    grid: Office, beside: Callable[..., Future[list[str]]], node_id: str
) -> None:
    number = grid.submit(a_resident()).ticket_no
    with grid.application.database.writing() as work:
        work.outages.hold([node_id])
        work.outages.add(an_outage(number, node_id))
        begun = beside(changing, grid, WITHOUT_T2)
        work.commit()
    with pytest.raises(RefusedError) as refusal:
        begun.result()
    assert codes(refusal) == {"node_has_outage"}
    with grid.application.database.reading() as work:
        assert work.topology.knows("T2")


@pytest.mark.parametrize("node_id", ["T2", "P21"])
def test_an_outage_is_not_announced_on_a_node_that_is_just_being_taken_out_of_use(
    grid: Office, beside: Callable[..., Future[object]], node_id: str
) -> None:
    with grid.application.database.writing() as work:
        work.topology.retire(T2, grid.clock())
        begun = beside(report_fault, grid, node_id)
        work.commit()
    with pytest.raises(RefusedError) as refusal:
        begun.result()
    assert codes(refusal) == {"unknown_node"}
