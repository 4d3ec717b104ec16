"""A file of customers: who is behind each service point, and how they are told of outages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.forms.fields import FieldReader, shown
from app.imports.report import RefusedRow
from engine.errors import Reason
from engine.network import NODE_KINDS, NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.imports.csv_file import CsvRow

CUSTOMER_FIELDS = {
    "customer_no": "户号",
    "node_id": "用户接入点",
    "name": "户名",
    "phone": "手机号码",
    "wechat_openid": "微信标识",
    "outage_notices": "接收停电通知",
}
REQUIRED_CUSTOMER_FIELDS = ("customer_no", "node_id", "name", "phone", "outage_notices")
NUMBER_LENGTH = 64
NAME_LENGTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One customer; `phone` and `wechat_openid` are empty where unknown."""

    customer_no: str
    node_id: str
    name: str
    phone: str
    wechat_openid: str
    outage_notices: bool


def read_customers(
    rows: Iterable[CsvRow], node_kinds: Mapping[str, str]
) -> tuple[list[Customer], list[RefusedRow]]:
    """The customers of a file and everything that is wrong with its rows.

    `node_kinds` maps every node of the network to its kind.
    """
    lines: dict[str, int] = {}
    customers: list[Customer] = []
    refused: list[RefusedRow] = []
    for row in rows:
        customer, reasons = _read(row, node_kinds)
        first = lines.setdefault(customer.customer_no, row.line)
        if customer.customer_no and first != row.line:
            reasons.append(_twice(customer.customer_no, first))
        customers.append(customer)
        refused += [RefusedRow(line=row.line, reason=reason) for reason in reasons]
    return customers, refused


def _read(row: CsvRow, node_kinds: Mapping[str, str]) -> tuple[Customer, list[Reason]]:
    read = FieldReader(row.fields, CUSTOMER_FIELDS)
    customer = Customer(
        customer_no=read.code("customer_no", limit=NUMBER_LENGTH),
        node_id=_service_point(read, node_kinds),
        name=read.text("name", limit=NAME_LENGTH),
        phone=read.mobile("phone", required=False),
        wechat_openid=read.openid("wechat_openid"),
        outage_notices=read.truth("outage_notices", default=True),
    )
    return customer, read.reasons


def _service_point(read: FieldReader, node_kinds: Mapping[str, str]) -> str:
    node_id = read.code("node_id", limit=NUMBER_LENGTH)
    kind = node_kinds.get(node_id)
    if node_id and kind is None:
        message = f"用户接入点“{shown(node_id)}”不在电网拓扑中"
        read.problem("node_id", "unknown_node", message, "请先导入电网拓扑，或核对编号")
    elif kind is not None and kind != NodeKind.SERVICE_POINT:
        message = f"“{shown(node_id)}”是{NODE_KINDS[NodeKind(kind)]}，不是用户接入点"
        read.problem("node_id", "wrong_node", message, "请填写用户接入点的编号")
    return node_id


def _twice(customer_no: str, line: int) -> Reason:
    return Reason(
        code="twice",
        field="customer_no",
        message=f"户号“{shown(customer_no)}”与第{line}行重复",
        remedy="每个户号只保留一行",
    )
