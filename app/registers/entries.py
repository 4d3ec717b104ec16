"""What every register has in common: sources, closing once with a result, and the ledger."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from app.forms.fields import remark
from app.streams import REGISTERS
from engine.errors import ConflictError, MalformedError, Reason
from engine.ledger import LedgerDraft

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.ports.registers import RegisterWork
    from engine.ticket import Act


class Source(StrEnum):
    """How the company learnt of it."""

    MONITORING = "monitoring"
    PATROL = "patrol"
    HOTLINE = "hotline"
    REGULATOR = "regulator"
    COUNTER = "counter"
    ONLINE = "online"
    OTHER = "other"


SOURCES = {
    Source.MONITORING: "在线监测",
    Source.PATROL: "巡视检测",
    Source.HOTLINE: "95598 热线",
    Source.REGULATOR: "12398 热线",
    Source.COUNTER: "营业厅",
    Source.ONLINE: "线上渠道",
    Source.OTHER: "其他",
}


def stated(text: str, field: str, label: str) -> str:
    """What has to be said, in one line.

    Raises:
        MalformedError: nothing is said, or it cannot be kept as it is.
    """
    found = remark(text, field)
    if found:
        return found
    message, remedy = f"{label}不能为空", f"请填写{label}"
    raise MalformedError(Reason(code="required", field=field, message=message, remedy=remedy))


def keep(work: RegisterWork, act: Act, action: str, key: str, facts: Mapping[str, object]) -> None:
    """One entry of the ledger, and the commit."""
    draft = LedgerDraft(action=action, target_state=key, details=facts)
    work.ledger.append(REGISTERS, draft, act.actor, act.at)
    work.commit()


def refuse_closed(what: str, number: int) -> None:
    """An entry is closed once.

    Raises:
        ConflictError: always; somebody closed it before.
    """
    raise ConflictError(
        Reason(
            code="closed_already",
            message=f"{what} {number} 已经销号",
            remedy="请核对编号；问题再次出现的，请另行登记",
        )
    )
