"""Exceptions from the caps: only by a law that demands them and a second person (R-10.3).

An exception stands in the definition itself, so it has part in its fingerprint, its difference and
its history. It names one rule and one thing: whatever else is wrong stays wrong. What no law can
excuse, such as a commitment letter, is not in the list of rules that may be excepted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workflows.problems import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from workflows.caps import Caps
    from workflows.schema import Draft, ExceptionShape

_LAW = re.compile(r"《[^《》]+》.*第.+条")

_LISTS = ("stages", "states", "documents", "reminders")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Excepted:
    """A fault that an exception may speak about."""

    fault: Fault
    subject: str


def unexcepted(draft: Draft, faults: Iterable[Fault], caps: Caps) -> Iterator[Fault]:
    """The faults of the policy that no exception covers, and what is wrong with the exceptions."""
    sayable = [_Excepted(fault=each, subject=_subject(each, draft)) for each in faults]
    sound: set[tuple[str, str]] = set()
    for index, exception in enumerate(draft.exceptions):
        wrong = list(_against(exception, index, sayable, caps))
        yield from wrong
        if not wrong:
            sound.add((exception.rule, exception.subject))
    for each in sayable:
        if (each.fault.code, each.subject) not in sound:
            yield each.fault


def _against(
    exception: ExceptionShape, index: int, faults: Sequence[_Excepted], caps: Caps
) -> Iterator[Fault]:
    rule = caps.exceptions
    if exception.rule not in rule.rules:
        yield Fault(
            code="exception_not_possible",
            message=f"“{exception.rule}”不允许例外",
            at=("exceptions", index, "rule"),
            clause=rule.clause,
            remedy=f"可以例外的规则：{'、'.join(rule.rules)}",
        )
    elif not any(
        (each.fault.code, each.subject) == (exception.rule, exception.subject) for each in faults
    ):
        yield Fault(
            code="exception_unused",
            message=f"“{exception.subject}”没有违反 {exception.rule}，无需例外",
            at=("exceptions", index),
            clause=rule.clause,
            remedy="请删去这一例外，或核对 rule 和 subject",
        )
    if not _LAW.search(exception.law):
        yield Fault(
            code="law_not_cited",
            message=f"例外须注明法律法规及条款，现为“{exception.law}”",
            at=("exceptions", index, "law"),
            clause=rule.clause,
            remedy="例如：《电力供应与使用条例》第二十四条",
        )
    if not exception.approved_by.strip():
        yield Fault(
            code="exception_not_approved",
            message="例外须由另一人审批",
            at=("exceptions", index, "approved_by"),
            clause=rule.clause,
            remedy="请在 approved_by 填写审批人的用户编号",
        )


def _subject(fault: Fault, draft: Draft) -> str:
    """The id of what a fault is about: of a stage, a state, a document, a trigger, or a key."""
    definition = draft.definition
    match fault.at:
        case ("transitions", int(index), *_):
            paths = [path[:2] for path in draft.transition_paths]
            return definition.transitions[paths.index(("transitions", index))].trigger
        case (str(name), int(index), *_) if name in _LISTS:
            found: str = getattr(definition, name)[index].id
            return found
        case _:
            return str(next(iter(fault.at), ""))
