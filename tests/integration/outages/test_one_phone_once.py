"""One phone hears once of one thing, whatever becomes of its owner between two pages of a notice.

On PostgreSQL the messages of customers who seem to be alone with their contact are written without
looking whether they are there; one that is there all the same must not stop the page.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from storage.tables.topology import CUSTOMERS
from storage.topology import Customer
from tests.integration.outages.points import sweep
from tests.outages import FENG, JIANG, PUMPS, Listener, report_fault

if TYPE_CHECKING:
    from tests.application import Office

JIANGS_PHONE, OTHER_PHONE = "13000001012", "13000009999"
NEW_METER = "C99"


def a_customer(
    number: str, node: str, phone: str, openid: str = "", name: str = "某某"
) -> Customer:
    return Customer(
        customer_no=number,
        node_id=node,
        name=name,
        phone=phone,
        wechat_openid=openid,
        outage_notices=True,
    )


PUMPS_TAKE_HIS_NUMBER = (
    a_customer("C12", "P12", OTHER_PHONE),
    a_customer("C23", "P23", JIANGS_PHONE, JIANG),
)
HE_MOVES = (a_customer("C12", "P21", JIANGS_PHONE, JIANG),)
HE_GETS_ANOTHER_METER = (a_customer(NEW_METER, "P21", JIANGS_PHONE, JIANG),)
HE_IS_RENAMED = (a_customer("C12", "P12", JIANGS_PHONE, JIANG, name="蒋某某"),)
HE_MOVES_UNDER_ANOTHER_NUMBER = (a_customer("C12", "P21", OTHER_PHONE),)
TWO_AT_ONCE = (
    a_customer(NEW_METER, "P21", OTHER_PHONE),
    a_customer("C98", "P22", OTHER_PHONE),
)
FENG_KEEPS_ONE_METER = (
    a_customer("C11", "P11", OTHER_PHONE),
    a_customer("C21", "P21", FENG, name="冯某某"),
)


@pytest.mark.parametrize(
    ("changes", "pumps", "other"),
    [
        ((), 1, 0),
        (PUMPS_TAKE_HIS_NUMBER, 0, 1),
        (HE_MOVES, 1, 0),
        (HE_GETS_ANOTHER_METER, 1, 0),
        (HE_IS_RENAMED, 1, 0),
        (HE_MOVES_UNDER_ANOTHER_NUMBER, 1, 1),
        (TWO_AT_ONCE, 1, 1),
        (FENG_KEEPS_ONE_METER, 1, 1),
    ],
)
def test_one_phone_hears_once(
    grid: Office, changes: tuple[Customer, ...], pumps: int, other: int
) -> None:
    """The change began before the notice did and is committed between its pages.

    Whoever is known since then hears by a notice of his own, unless he has heard.
    """
    hear = Listener(grid, page=1)
    report_fault(grid, "F1")
    with grid.application.database.reading() as work:
        (notice_id,) = work.notices.unfinished()
    assert all(hear.write_page(notice_id) for _ in ("P11", "P12"))
    with grid.application.database.writing() as work:
        work.topology.put_customers(changes, grid.clock() - timedelta(minutes=1))
        work.commit()
    told = Counter(address for address, _ in hear())
    grid.at("2021-09-01 08:05")
    sweep(grid)
    told.update(address for address, _ in hear())
    assert told[FENG] == told[JIANG] == 1
    assert (told[PUMPS], told[OTHER_PHONE]) == (pumps, other)
    assert max(told.values()) == 1


@pytest.mark.parametrize("later", [HE_MOVES, HE_GETS_ANOTHER_METER, TWO_AT_ONCE])
def test_the_next_notice_reaches_everybody_once_too(
    grid: Office, later: tuple[Customer, ...]
) -> None:
    """Also whoever was alone with his phone once, and is so again."""
    with grid.application.database.writing() as work:
        work.topology.put_customers(later, grid.clock() - timedelta(minutes=1))
        work.commit()
    with grid.application.database.writing() as work:
        left = [a_customer(each.customer_no, each.node_id, "") for each in later[1:]]
        work.topology.put_customers(left, grid.clock() - timedelta(minutes=1))
        work.commit()
    hear = Listener(grid, page=1)
    report_fault(grid, "F1")
    told = Counter(address for address, _ in hear())
    assert set(told) >= {FENG, JIANG, PUMPS}
    assert max(told.values()) == 1


def test_a_mark_that_is_missing_stops_nothing(grid: Office) -> None:
    """An older program that still runs gives contacts and marks nobody."""
    jiangs = select(CUSTOMERS.c.contact_id).where(CUSTOMERS.c.customer_no == "C12")
    with grid.application.database.writing() as work:
        work.connection.execute(
            update(CUSTOMERS)
            .where(CUSTOMERS.c.customer_no == "C23")
            .values(phone=JIANGS_PHONE, wechat_openid=JIANG, contact_id=jiangs.scalar_subquery())
        )
        work.commit()
    report_fault(grid, "F1")
    told = Counter(address for address, _ in Listener(grid, page=3)())
    assert (told[FENG], told[JIANG]) == (1, 1)
