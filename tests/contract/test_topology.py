"""The network goes in whole, in any order, and once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from engine.errors import NotFoundError
from storage.change_marks import Changed, hold, note
from storage.tables.topology import CUSTOMERS
from storage.topology import Changes, Customer
from tests.contract.builders import AT, NETWORK, a_node

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Database


def a_customer(number: str) -> Customer:
    return Customer(
        customer_no=number,
        node_id="P1",
        name="冯某",
        phone="",
        wechat_openid="o1",
        outage_notices=True,
    )


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
    customer = a_customer("C1")
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


def test_who_changes_customers_is_waited_for_from_the_beginning(database: Database) -> None:
    def held() -> datetime:
        with database.writing() as work:
            return hold(work.connection, Changed.CUSTOMERS, AT)

    with database.writing() as work:
        note(work.connection, Changed.CUSTOMERS, hold(work.connection, Changed.CUSTOMERS, AT))
        work.commit()
    with ThreadPoolExecutor() as pool:
        with database.writing() as work:
            at = hold(work.connection, Changed.CUSTOMERS, AT)
            waiting = pool.submit(held)
            assert not wait([waiting], timeout=0.3).done
            note(work.connection, Changed.CUSTOMERS, at)
            work.commit()
        assert waiting.result() > at > AT


def test_customers_are_known_in_the_order_in_which_they_are_committed(database: Database) -> None:
    """Whoever imports waits for the other, and comes after him whatever his clock says."""

    def known(number: str, at: datetime) -> None:
        with database.writing() as work:
            work.topology.put_customers([a_customer(number)], at)
            work.commit()

    with database.writing() as work:
        work.topology.put_nodes(NETWORK, AT)
        work.commit()
    known("C0", AT - timedelta(hours=2))
    with ThreadPoolExecutor() as pool:
        with database.writing() as work:
            work.topology.put_customers([a_customer("C1")], AT)
            waiting = pool.submit(known, "C2", AT - timedelta(hours=1))
            assert not wait([waiting], timeout=0.3).done
            work.commit()
        waiting.result()
    known("C3", AT)
    known("C4", AT + timedelta(hours=1))
    by_known_at = select(CUSTOMERS.c.customer_no, CUSTOMERS.c.known_at).order_by(
        CUSTOMERS.c.known_at
    )
    with database.reading() as work:
        found = work.connection.execute(by_known_at).all()
    assert [number for number, _ in found] == ["C0", "C1", "C2", "C3", "C4"]
    assert len({at for _, at in found}) == 5
    assert (found[1].known_at, found[-1].known_at) == (AT, AT + timedelta(hours=1))
