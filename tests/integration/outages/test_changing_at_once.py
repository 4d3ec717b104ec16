"""The network is changed while others change it too, or announce outages on it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from engine.errors import RefusedError
from tests.applicants import CHIEF, a_resident
from tests.application import codes
from tests.contract.test_affected_points import an_outage
from tests.outages import NETWORK

if TYPE_CHECKING:
    from app.imports.network import NetworkReport
    from tests.application import Office

WITHOUT_T2 = "".join(
    line for line in NETWORK.splitlines(keepends=True) if "T2" not in line.split(",")[:3]
)


@pytest.fixture
def threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1)


def importing(threads: ThreadPoolExecutor, office: Office, content: str) -> Future[NetworkReport]:
    """Bring in a file as the whole network; returns once that goes no further by itself."""
    bring_in = office.application.network.bring_in
    begun = threads.submit(bring_in, content.encode(), actor=CHIEF, retire_missing=True)
    wait([begun], timeout=0.5)
    return begun


def parent_of(office: Office, node_id: str) -> str | None:
    with office.application.database.reading() as work:
        return work.topology.node(node_id).parent_id


def test_an_import_waits_for_nobody_who_holds_what_it_leaves_as_it_is(
    grid: Office, threads: ThreadPoolExecutor
) -> None:
    if grid.application.database.dialect == "sqlite":
        pytest.skip("one writer at a time")
    renamed = NETWORK.replace("竹溪台区", "竹溪村台区")
    with grid.application.database.writing() as work:
        work.outages.hold(["F1", "T2"])
        begun = importing(threads, grid, renamed)
        assert wait([begun], timeout=20).done
    assert [each.node_id for each in begun.result().difference.changes] == ["G-07"]


def test_of_two_imports_at_once_the_later_one_counts(
    grid: Office, threads: ThreadPoolExecutor
) -> None:
    """It is compared with what the other has made of the network, not with what was before."""
    at = grid.clock()
    with grid.application.database.writing() as work:
        work.topology.hold(at)
        begun = importing(threads, grid, NETWORK)
        node = work.topology.node("P11")
        work.topology.put_nodes([replace(node, parent_id="G-07")], at)
        work.commit()
    assert [each.node_id for each in begun.result().difference.changes] == ["P11"]
    assert parent_of(grid, "P11") == "T1"


@pytest.mark.parametrize("node_id", ["T2", "P21", "F1"])
def test_a_node_with_an_outage_that_is_just_being_announced_is_not_taken_out_of_use(
    grid: Office, threads: ThreadPoolExecutor, node_id: str
) -> None:
    number = grid.submit(a_resident()).ticket_no
    with grid.application.database.writing() as work:
        work.outages.hold([node_id])
        work.outages.add(an_outage(number, node_id))
        begun = importing(threads, grid, WITHOUT_T2)
        work.commit()
    with pytest.raises(RefusedError) as refusal:
        begun.result()
    assert codes(refusal) == {"node_has_outage"}
