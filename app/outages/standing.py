"""Nobody is without supply twice at once: what an open outage has declared is not declared again.

Two dispatchers who announce the same outage, or one who clicks twice, would tell everybody twice.
An outage on a larger part of the network than one that is open already is another outage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.forms.fields import shown
from engine.errors import Reason
from engine.outage import OUTAGE_KINDS, Outage, OutageKind, OutagePhase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from app.outages.rules import Times
    from app.ports.outage_work import OutageWork


def against_standing(
    work: OutageWork, nodes: Sequence[str], kind: OutageKind, times: Times, *, but: str = ""
) -> Iterator[Reason]:
    """Why these nodes may not be declared out then: an open outage says so already."""
    lines = _lines(work, nodes)
    standing = [
        each
        for each in work.outages.declared_on(_concerned(lines))
        if each.ticket_no != but and _at_the_same_time(each, kind, times)
    ]
    restored = {each.ticket_no: work.outages.restored_nodes(each.ticket_no) for each in standing}
    for node_id, line in lines.items():
        for outage in standing:
            if not set(line).isdisjoint(outage.nodes) and restored[outage.ticket_no].isdisjoint(
                line
            ):
                yield _declared_already(node_id, outage)


def hold(work: OutageWork, nodes: Sequence[str]) -> None:
    """Have whoever else declares one of these nodes, or a part of it, wait for this transaction.

    Whoever changes them is waited for, so it comes before anything is read that depends on them.
    What was moved meanwhile hangs on others, which are held as well.
    """
    held: list[str] = []
    while (concerned := _concerned(_lines(work, nodes))) != held:
        work.outages.hold(concerned)
        held = concerned


def is_overtaken(work: OutageWork, nodes: Sequence[str], times: Times) -> bool:
    """Whether a fault must have ended: all of it has gone out again since, by other outages."""
    lines = _lines(work, nodes)
    standing = work.outages.declared_on(_concerned(lines))
    later = {node for each in standing if _began_later(each, times) for node in each.nodes}
    return bool(lines) and all(not later.isdisjoint(line) for line in lines.values())


def _lines(work: OutageWork, nodes: Sequence[str]) -> dict[str, list[str]]:
    """Each node with everything above it."""
    return {each: [each, *(up.id for up in work.topology.ancestors(each))] for each in nodes}


def _concerned(lines: Mapping[str, Sequence[str]]) -> list[str]:
    return sorted({each for line in lines.values() for each in line})


def _at_the_same_time(outage: Outage, kind: OutageKind, times: Times) -> bool:
    if kind is OutageKind.FAULT:
        is_on = outage.phase is OutagePhase.IN_PROGRESS
        return is_on and not _began_later(outage, times)
    begins, ends, until = times.planned_from, times.planned_until, outage.planned_until
    if begins is None or ends is None or until is None:
        return False
    return outage.begins_at < ends and begins < until


def _began_later(outage: Outage, times: Times) -> bool:
    """Whether the outage is on, and a fault came before it: then that is over, and another one."""
    is_on = outage.phase is OutagePhase.IN_PROGRESS
    return is_on and times.occurred_at is not None and times.occurred_at < outage.begins_at


def _declared_already(node_id: str, outage: Outage) -> Reason:
    doing = "正在停电" if outage.phase is OutagePhase.IN_PROGRESS else "已公告停电"
    return Reason(
        code="declared_already",
        field="nodes",
        message=f"节点“{shown(node_id)}”{doing}：{OUTAGE_KINDS[outage.kind]} {outage.ticket_no}",
        clause="R-7.2",
        remedy="请在该停电中办理：补充进展、变更时间或范围",
    )
