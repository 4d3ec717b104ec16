"""Raw text becomes the subject of a ticket that no connection application starts (R-1.5).

Read like an application: every problem of every field at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.forms.fields import FieldReader, shown
from engine.application import Contact, ServiceRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from engine.errors import Reason

FIELDS = {
    "title": "名称",
    "contact": "联系人",
    "phone": "联系手机",
    "address": "地址",
    "node": "供电节点",
}
NAME_LENGTH = 100
ADDRESS_LENGTH = 200
REFERENCE_LENGTH = 64


def parse_request(
    fields: Mapping[str, str],
    *,
    known_nodes: Callable[[str], bool],
    further: Sequence[Reason] = (),
) -> ServiceRequest:
    """Read a request from raw text; only its title must be there.

    Args:
        fields: raw text by field name (see `FIELDS`).
        known_nodes: tells whether the topology has such a node.
        further: what else stands against it, told together with what is wrong here.

    Raises:
        MalformedError: with every problem of every field.
    """
    read = FieldReader(fields, FIELDS)
    title = read.text("title", limit=NAME_LENGTH)
    name = read.text("contact", limit=NAME_LENGTH, required=False) or title
    request = ServiceRequest(
        title=title,
        contact=Contact(name=name, phone=read.mobile("phone", required=False)),
        address=read.text("address", limit=ADDRESS_LENGTH, required=False),
        node_id=read.code("node", limit=REFERENCE_LENGTH, required=False),
    )
    if request.node_id and not known_nodes(request.node_id):
        message = f"供电节点“{shown(request.node_id)}”不在电网拓扑中"
        read.problem("node", "unknown_node", message, "请核对台区或线路编号；尚未确定的可留空")
    if read.reasons:
        read.reasons.extend(further)
    read.refuse_if_any()
    return request
