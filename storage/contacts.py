"""One number for each way to reach somebody: five meters behind one phone are one contact (N4).

The number names a contact where the phone number must not stand, as in a message's key. Most
contacts are one customer's; who shares his with others is marked, because his message may be there
already when it is written (docs/decisions/0037).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, func, literal, or_, select, update

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
    .values(shares_contact=True)
)


def number_contacts(connection: Connection) -> None:
    """Give every customer without a number the one of his contact, a new one where need be.

    Whoever shares his contact with another is marked.
    """
    connection.execute(_ADD[connection.dialect.name].from_select(["reach"], _NEW))
    connection.execute(_NUMBER)
    connection.execute(_SHARE)
