"""One number for each way to reach somebody: five meters behind one phone are one contact (N4).

The number names a contact where the phone number must not stand, as in a message's key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, literal, or_, select, update

from storage.tables.topology import CONTACTS, CUSTOMERS
from storage.upserts import insert_or_skip

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

BY_WECHAT = "wechat:"

_PHONE, _OPENID = CUSTOMERS.c.phone, CUSTOMERS.c.wechat_openid
_REACH = case((_PHONE != "", _PHONE), else_=literal(BY_WECHAT) + _OPENID)
_UNNUMBERED = (CUSTOMERS.c.contact_id.is_(None), or_(_PHONE != "", _OPENID != ""))
_ADD = insert_or_skip(CONTACTS, "reach")
_NEW = select(_REACH).where(*_UNNUMBERED).distinct()
_NUMBER = (
    update(CUSTOMERS)
    .where(*_UNNUMBERED)
    .values(contact_id=select(CONTACTS.c.id).where(CONTACTS.c.reach == _REACH).scalar_subquery())
)


def number_contacts(connection: Connection) -> None:
    """Give every customer without a number the one of his contact, a new one where need be."""
    connection.execute(_ADD[connection.dialect.name].from_select(["reach"], _NEW))
    connection.execute(_NUMBER)
