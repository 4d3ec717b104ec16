from pathlib import Path

import pytest

from app.imports.csv_file import read_table
from app.imports.customer_file import (
    CUSTOMER_FIELDS,
    REQUIRED_CUSTOMER_FIELDS,
    Customer,
    read_customers,
)

DATA = Path(__file__).parents[2] / "data"
KINDS = {"T1": "transformer_area", "P1": "service_point", "P2": "service_point"}
GOOD = "C1,P1,冯田,13007000002,oBS1,yes\nC2,P1,蒋平,,,no\n"


def read(body: str) -> tuple[list[Customer], list[tuple[int, str, str]]]:
    header = ",".join(CUSTOMER_FIELDS)
    table = read_table(f"{header}\n{body}".encode(), CUSTOMER_FIELDS, REQUIRED_CUSTOMER_FIELDS)
    customers, refused = read_customers(table.rows, KINDS)
    return customers, [(each.line, each.field, each.problem) for each in refused]


def test_good_customers_are_read() -> None:
    (first, second), refused = read(GOOD)
    assert refused == []
    assert (first.phone, first.wechat_openid, first.outage_notices) == ("13007000002", "oBS1", True)
    assert (second.phone, second.wechat_openid, second.outage_notices) == ("", "", False)


def test_who_says_nothing_gets_outage_notices() -> None:
    ((only,), refused) = read("C1,P1,冯田,,,\n")
    assert refused == []
    assert only.outage_notices


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        ("C3,NOPE,孙海,,,yes", "node_id", "“NOPE”不在电网拓扑中"),
        ("C3,T1,孙海,,,yes", "node_id", "是台区，不是用户接入点"),
        ("C3,,孙海,,,yes", "node_id", "不能为空"),
        ("C3,P2,孙海,0875-2123456,,yes", "phone", "手机号码"),
        ("C3,P2,孙海,13007,,yes", "phone", "手机号码"),
        ("C3,P2,孙海,,o p e n,yes", "wechat_openid", "格式"),
        ("C3,P2,孙海,,,perhaps", "outage_notices", "“perhaps”"),
        ("C3,P2,,,,yes", "name", "不能为空"),
        (",P2,孙海,,,yes", "customer_no", "不能为空"),
        ("C1,P2,孙海,,,yes", "customer_no", "与第2行重复"),
    ],
)
def test_each_fault_is_named_alone(row: str, field: str, said: str) -> None:
    ((line, at, problem),) = read(GOOD + row + "\n")[1]
    assert (line, at) == (4, field)
    assert said in problem


def test_the_customers_of_the_data_are_good() -> None:
    content = (DATA / "customers.csv").read_bytes()
    table = read_table(content, CUSTOMER_FIELDS, REQUIRED_CUSTOMER_FIELDS)
    kinds = {row.fields["node_id"]: "service_point" for row in table.rows}
    customers, refused = read_customers(table.rows, kinds)
    assert (len(customers), refused) == (5372, [])
