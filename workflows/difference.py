"""What changes from one version of a definition to another: text, structure, direction.

An administrator who is to approve a change reads sentences, not a diff: what is new, what is gone,
what has changed from what to what, and whether a limit becomes shorter or longer (R-10.1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import unified_diff
from enum import StrEnum
from typing import TYPE_CHECKING

from engine.definition import Opening
from workflows.difference_words import FIELDS, SUBJECTS, Subject, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from engine.definition import WorkflowDefinition


class ChangeKind(StrEnum):
    """What happened to a part of the definition."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


CHANGE_NAMES = {
    ChangeKind.ADDED: "新增",
    ChangeKind.REMOVED: "删除",
    ChangeKind.CHANGED: "变更",
}


class Direction(StrEnum):
    """What a changed limit means for the customer; the policy decides whether it is allowed."""

    STRICTER = "stricter"
    LOOSER = "looser"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field before and after, in words."""

    field: str
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One part that is new, gone, or other than before; `sentence` says it in Chinese."""

    kind: ChangeKind
    subject: Subject
    key: str
    sentence: str
    fields: tuple[FieldChange, ...] = ()
    direction: Direction | None = None


def structural_changes(
    before: WorkflowDefinition | None, after: WorkflowDefinition
) -> tuple[Change, ...]:
    """Every part that differs; a definition without predecessor is all new."""
    found: list[Change] = []
    earlier = {} if before is None else _parts(before)
    for subject, parts in _parts(after).items():
        found.extend(_compared(subject, earlier.get(subject, {}), parts))
    return tuple(found)


def text_difference(before: str, after: str, names: tuple[str, str]) -> str:
    """A unified diff of the two texts; empty where they are the same."""
    lines = unified_diff(before.splitlines(), after.splitlines(), *names, lineterm="", n=3)
    return "\n".join(lines)


def _compared(
    subject: Subject, before: Mapping[str, object], after: Mapping[str, object]
) -> Iterator[Change]:
    for key, value in after.items():
        if key not in before:
            yield _whole(ChangeKind.ADDED, subject, key, value)
        elif before[key] != value:
            yield _changed(subject, key, before[key], value)
    for key, value in before.items():
        if key not in after:
            yield _whole(ChangeKind.REMOVED, subject, key, value)


def _whole(kind: ChangeKind, subject: Subject, key: str, value: object) -> Change:
    described = "，".join(
        f"{name} {text}"
        for each, name in FIELDS[subject].items()
        if (text := told(each, getattr(value, each))) and each != "name"
    )
    detail = f"（{described}）" if described else ""
    sentence = f"{CHANGE_NAMES[kind]}{_title(subject, key, value)}{detail}"
    return Change(kind=kind, subject=subject, key=key, sentence=sentence)


def _changed(subject: Subject, key: str, before: object, after: object) -> Change:
    fields = tuple(
        FieldChange(
            field=each,
            name=name,
            before=told(each, getattr(before, each)) or "无",
            after=told(each, getattr(after, each)) or "无",
        )
        for each, name in FIELDS[subject].items()
        if getattr(before, each) != getattr(after, each)
    )
    direction = _direction(before, after)
    parts = "；".join(_field_sentence(each, direction) for each in fields)
    return Change(
        kind=ChangeKind.CHANGED,
        subject=subject,
        key=key,
        sentence=f"变更{_title(subject, key, before)}：{parts}",
        fields=fields,
        direction=direction,
    )


def _field_sentence(change: FieldChange, direction: Direction | None) -> str:
    verb = "改为"
    if change.field == "days" and direction is not None:
        verb = "缩短为" if direction is Direction.STRICTER else "放宽为"
    return f"{change.name}由“{change.before}”{verb}“{change.after}”"


def _direction(before: object, after: object) -> Direction | None:
    """Of a limit only; none at all is the loosest."""
    if not hasattr(before, "days") or not hasattr(after, "days"):
        return None
    if before.days == after.days:
        return None
    earlier = float("inf") if before.days is None else before.days
    later = float("inf") if after.days is None else after.days
    return Direction.STRICTER if later < earlier else Direction.LOOSER


def _title(subject: Subject, key: str, value: object) -> str:
    name = getattr(value, "name", "")
    shown = key.replace(" ", " 的 ") if subject is Subject.TRANSITION else key
    if subject is Subject.WHOLE:
        return SUBJECTS[subject]
    return f"{SUBJECTS[subject]}“{name}”（{shown}）" if name else f"{SUBJECTS[subject]} {shown}"


# --- the parts of a definition ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """What concerns the definition as a whole."""

    title: str
    basis: str
    initial: str
    end_to_end_from: str
    internal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """A stage without its limit, which is a part of its own."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limit:
    """One limit, whatever it limits; a new name of that is no change of the limit."""

    name: str = field(compare=False)
    days: int | None
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deferral:
    """Where deferred documents fall due."""

    extended: str
    standard: str
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A kind of document as customers read it."""

    title: str


def _parts(definition: WorkflowDefinition) -> dict[Subject, dict[str, object]]:
    """Everything that a definition consists of, by subject and key."""
    whole = _Whole(
        title=definition.name,
        basis=definition.basis,
        initial=definition.initial,
        end_to_end_from=definition.end_to_end_from,
        internal=definition.internal,
    )
    deferral = _Deferral(
        extended=definition.deferral_extended,
        standard=definition.deferral_standard,
        clause=definition.deferral_clause,
    )
    return {
        Subject.WHOLE: {definition.id: whole},
        Subject.STAGE: {each.id: _Stage(name=each.name) for each in definition.stages},
        Subject.LIMIT: _limits(definition),
        Subject.STATE: {each.id: each for each in definition.states},
        Subject.TRANSITION: {
            f"{each.source} {each.trigger}": each for each in definition.transitions
        },
        Subject.DOCUMENT: {each.id: each for each in definition.documents},
        Subject.DOCUMENT_NAME: {
            kind: _Named(title=name) for kind, name in definition.document_names.items()
        },
        Subject.DEFERRAL: {"deferral": deferral},
        Subject.REMINDER: {each.id: each for each in definition.reminders},
        Subject.FIELD: {each.id: each for each in definition.fields},
        Subject.OPENING: (
            {} if definition.opening == Opening() else {"opening": definition.opening}
        ),
    }


def _limits(definition: WorkflowDefinition) -> dict[str, object]:
    """The limits of the stages and the two of the whole."""
    found: dict[str, object] = {
        each.id: _Limit(name=each.name, days=each.limit.days, clause=each.limit.clause)
        for each in definition.stages
    }
    handling, whole = definition.handling_limit, definition.end_to_end_limit
    found["handling_limit"] = _Limit(
        name="合计办理时间", days=handling.days, clause=handling.clause
    )
    found["end_to_end_limit"] = _Limit(name="全过程时间", days=whole.days, clause=whole.clause)
    return found
