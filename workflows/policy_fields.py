"""What a definition may let people enter besides documents, and whom it may keep uninformed.

A field that must be filled in is a document or a condition in disguise, so the way to a connection
has none (四(二)3). A reported time is a second clock beside the server's, so only outages have one
(R-5.1a). The other way round, some records are a duty, and no way to completion may avoid them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.definition import FieldKind
from engine.soundness.asking import way_without_asking
from engine.soundness.names import unresolved
from workflows.problems import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import WorkflowDefinition
    from workflows.caps import Caps


def field_faults(definition: WorkflowDefinition, caps: Caps) -> Iterator[Fault]:
    """Every field that may not be asked, every one that must be, and a process kept silent."""
    rule = caps.fields
    for index, each in enumerate(definition.fields):
        if definition.id in rule.none_in:
            yield Fault(
                code="field_not_allowed",
                message=f"用电报装不得登记资料以外的内容“{each.name}”",
                at=("fields", index),
                clause=rule.clause,
                remedy="请删去；须由客户提供的只有资料",
            )
        if each.kind is FieldKind.INSTANT and definition.id not in rule.reported_times_in:
            yield Fault(
                code="reported_time_not_allowed",
                message=f"登记项“{each.name}”不得登记时间，办理时间一律以系统记录为准",
                at=("fields", index, "kind"),
                clause=rule.reported_times_clause,
                remedy="请改为日期（date），或删去",
            )
    if definition.internal and caps.of(definition.id) is not None:
        yield Fault(
            code="internal_not_allowed",
            message="客户申请的业务须告知客户，不得作为内部业务",
            at=("internal",),
            clause=caps.told_clause,
            remedy="请删去 internal",
        )
    yield from _never_asked(definition, caps)


def _never_asked(definition: WorkflowDefinition, caps: Caps) -> Iterator[Fault]:
    duties = [each for each in caps.fields.always_asked if each.definition == definition.id]
    if any(True for _ in unresolved(definition)):
        return
    for each in duties:
        way = way_without_asking(definition, each.field)
        if way:
            yield Fault(
                code="field_not_always_asked",
                message=f"存在不登记“{each.field}”即可办结的路径：{way}",
                at=("transitions",),
                clause=each.clause,
                remedy=f"请在该路径上的流转注明 asks: [{each.field}]",
            )
