"""One number for each way to reach somebody: five meters behind one phone are one contact (N4).

The number names a contact where the phone number must not stand, as in a message's key. Most
contacts belong to one customer. Who has such a one is told of an outage by one message without
looking whether it is there, which is why it is marked here who may share his.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, exists, func, literal, or_, select, update

from storage.tables.topology import CONTACTS, CUSTOMERS
from storage.upserts import insert_or_skip

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

BY_WECHAT = "wechat:"

_PHONE, _OPENID = CUSTOMERS.c.phone, CUSTOMERS.c.wechat_openid
_REACH = case((_PHONE != "", _PHONE), else_=literal(BY_WECHAT) + _OPENID)
_MAY_SHARE = {"shares_contact": True}
_UNNUMBERED = (CUSTOMERS.c.contact_id.is_(None), or_(_PHONE != "", _OPENID != ""))
_ADD = insert_or_skip(CONTACTS, "reach")
_NEW = select(_REACH).where(*_UNNUMBERED).distinct()
_NUMBER = (
    update(CUSTOMERS)
    .where(*_UNNUMBERED)
    .values(contact_id=select(CONTACTS.c.id).where(CONTACTS.c.reach == _REACH).scalar_subquery())
)
# Whose contact it was before does not matter: he himself may have been told elsewhere.
_TAKE_OVER = (
    update(CUSTOMERS)
    .where(*_UNNUMBERED, exists().where(CONTACTS.c.reach == _REACH))
    .values(_MAY_SHARE)
)
_OTHER = CUSTOMERS.alias("other")
_OF_SEVERAL = (
    select(_OTHER.c.contact_id)
    .where(_OTHER.c.contact_id.is_not(None))
    .group_by(_OTHER.c.contact_id)
    .having(func.count() > 1)
)
_SHARE = (
    update(CUSTOMERS)
    .where(~CUSTOMERS.c.shares_contact, CUSTOMERS.c.contact_id.in_(_OF_SEVERAL))
    .values(_MAY_SHARE)
)


def number_contacts(connection: Connection) -> None:
    """Give every customer without a number the one of his contact, a new one where need be."""
    connection.execute(_TAKE_OVER)
    connection.execute(_ADD[connection.dialect.name].from_select(["reach"], _NEW))
    connection.execute(_NUMBER)
    connection.execute(_SHARE)
