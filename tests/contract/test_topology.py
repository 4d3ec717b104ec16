"""The network goes in whole, in any order, and once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import DBAPIError

from engine.errors import NotFoundError
from storage.topology import Changes, Customer
from tests.contract.builders import AT, NETWORK, a_node

if TYPE_CHECKING:
    from storage.database import Database


def test_the_network_is_put_in_any_order_and_twice_changes_nothing(database: Database) -> None:
    with database.writing() as work:
        assert work.topology.put_nodes(NETWORK, AT) == Changes(added=4, changed=0, unchanged=0)
        assert work.topology.put_nodes(NETWORK, AT) == Changes(added=0, changed=0, unchanged=4)
        renamed = [replace(NETWORK[0], name="新名"), *NETWORK[1:], a_node("P2", "T1")]
        assert work.topology.put_nodes(renamed, AT) == Changes(added=1, changed=1, unchanged=3)
        assert work.topology.put_nodes([], AT) == Changes(added=0, changed=0, unchanged=0)
        work.commit()
    with database.reading() as work:
        topology = work.topology
        assert topology.node("T1") == NETWORK[1]
        assert str(topology.node("T1").rated_kva) == "160.50"
        assert topology.node("P1").name == "新名"
        assert [node.id for node in topology.ancestors("P1")] == ["T1", "F1", "S1"]
        assert topology.ancestors("S1") == []
        assert topology.node_ids() == {"P1", "P2", "T1", "F1", "S1"}
        assert [node.id for node in topology.nodes()] == ["F1", "P1", "P2", "S1", "T1"]
        assert topology.knows("P1")
        assert not topology.knows("P9")
        with pytest.raises(NotFoundError, match="P9"):
            topology.node("P9")


def test_a_node_without_its_parent_cannot_be_committed(database: Database) -> None:
    with database.writing() as work:
        work.topology.put_nodes([a_node("P1", "missing")], AT)
        with pytest.raises(DBAPIError):
            work.commit()
    with database.reading() as work:
        assert work.topology.nodes() == []


def test_customers_are_put_at_their_service_points(database: Database) -> None:
    customer = Customer(
        customer_no="C1",
        node_id="P1",
        name="冯某",
        phone="",
        wechat_openid="o1",
        outage_notices=True,
    )
    with database.writing() as work:
        work.topology.put_nodes(NETWORK, AT)
        assert work.topology.put_customers([customer], AT) == Changes(1, 0, 0)
        assert work.topology.put_customers([customer], AT) == Changes(0, 0, 1)
        quiet = replace(customer, outage_notices=False)
        assert work.topology.put_customers([quiet], AT) == Changes(0, 1, 0)
        assert work.topology.put_customers([], AT) == Changes(0, 0, 0)
        work.commit()
    with database.reading() as work:
        assert work.topology.customers() == [quiet]
        assert work.topology.customers("P1") == [quiet]
        assert work.topology.customers("T1") == []


def test_a_large_network_goes_in_at_once(database: Database) -> None:
    many = [a_node(f"N{number:05}", "S1") for number in range(5000)]
    with database.writing() as work:
        assert work.topology.put_nodes([*many, NETWORK[3]], AT) == Changes(5001, 0, 0)
        work.commit()
