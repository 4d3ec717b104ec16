"""A fault that is entered long after it occurred: the network of then, and a reason for the delay.

A reported time lies before the recorded one (R-5.1a), by minutes. Farther back it may be a slip of
the pen, which would hurry to tell people of what is long over: it needs a reason of its own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.outages.rules import Times
from engine.errors import Reason
from engine.fields import entered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from engine.definition import Opening, WorkflowDefinition
    from workflows.outage_policy import LateEntry

EXCUSE = "late_entry_reason"


def occurred_at(given: Mapping[str, str], definition: WorkflowDefinition) -> datetime | None:
    """When supply is said to have gone out, as far as that can be read by itself."""
    return Times.of(entered(given, definition.opening, definition, {}).details).occurred_at


def against_late_entry(
    opening: Opening, details: Mapping[str, str], rule: LateEntry, at: datetime
) -> Iterator[Reason]:
    """Why a fault that occurred as long ago as this may not be entered, or not without a reason.

    A process that has no room for the reason does not ask for it.
    """
    occurred = Times.of(details).occurred_at
    if occurred is None:
        return
    if at - occurred > timedelta(days=rule.most_days):
        yield Reason(
            code="too_long_ago",
            field="occurred_at",
            message=f"停电发生时间距今已超过 {rule.most_days} 天",
            clause=rule.clause,
            remedy="请核对停电发生时间",
        )
    elif EXCUSE in opening.takes and not details.get(EXCUSE, "") and at - occurred > rule.span:
        yield Reason(
            code="entered_late",
            field=EXCUSE,
            message=f"停电发生时间距今已超过 {rule.hours} 小时",
            clause=rule.clause,
            remedy="请核对停电发生时间；确属迟登的，请填写“迟登原因”",
        )
