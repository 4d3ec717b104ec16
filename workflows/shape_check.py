"""Says in Chinese, and with the nearest known word, where a file does not have its shape.

Unknown keys and unknown words are set aside, so that the checks after this one can still speak
about the rest of the file: everything at once.
"""

from __future__ import annotations

import json
from copy import deepcopy
from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from workflows.problems import Fault, Path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

    from workflows.yaml_source import Plain

ShapeT = TypeVar("ShapeT", bound=BaseModel)

EXPECTED = {
    "int_type": "整数",
    "string_type": "文字",
    "bool_type": "true 或 false",
    "list_type": "列表（每项以“- ”开头）",
    "dict_type": "“键: 值”",
    "model_type": "“键: 值”",
    "date_from_datetime_parsing": "日期，如 2021-12-31",
    "date_parsing": "日期，如 2021-12-31",
    "date_type": "日期，如 2021-12-31",
    "decimal_parsing": "数字",
    "decimal_type": "数字",
}
"""What a field wanted, by pydantic's name of the error."""

BORDERS = {
    "greater_than_equal": ("不能小于", "ge"),
    "greater_than": ("须大于", "gt"),
    "less_than_equal": ("不能大于", "le"),
    "less_than": ("须小于", "lt"),
}
"""How one says on which side of its limit a number is to be, and what pydantic calls the limit."""

SET_ASIDE = frozenset({"extra_forbidden", "enum"})
FULL_WIDTH = frozenset("，。：；、（）【】“”‘’－＿")


def checked_shape(
    root: dict[str, Plain], model: type[ShapeT]
) -> tuple[ShapeT | None, tuple[Fault, ...]]:
    """The shape, as far as it can be made out, and everything that is wrong with it."""
    try:
        return _validated(root, model), ()
    except ValidationError as error:
        details = error.errors(include_url=False)
    faults = tuple(_fault(each, model) for each in details)
    if any(each["type"] not in SET_ASIDE for each in details):
        return None, faults
    try:
        return _validated(_without(root, [each["loc"] for each in details]), model), faults
    except ValidationError:
        return None, faults


def _validated(root: dict[str, Plain], model: type[ShapeT]) -> ShapeT:
    # As JSON, because only there do strict enums, dates and decimals accept their text.
    return model.model_validate_json(json.dumps(root, ensure_ascii=False))


def _without(root: dict[str, Plain], places: Iterable[Path]) -> dict[str, Plain]:
    kept = deepcopy(root)
    for *outer, last in sorted(places, key=_later_first, reverse=True):
        inner: object = kept
        for part in outer:
            inner = inner[part]  # type: ignore[index]  # the path was found in this very value
        del inner[last]  # type: ignore[attr-defined]
    return kept


def _later_first(path: Path) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (-1, part) for part in path]


def _fault(details: ErrorDetails, model: type[BaseModel]) -> Fault:
    at, kind, found = details["loc"], details["type"], details["input"]
    where = _where(at)
    if kind == "missing":
        return Fault(code="missing_key", message=f"缺少“{where}”", at=at, remedy="请补上这一项")
    if kind == "extra_forbidden":
        known = _keys_at(model, at[:-1])
        return Fault(
            code="unknown_key",
            message=f"不认识的“{where}”",
            at=at,
            remedy=suggestion(where, known),
        )
    if kind == "enum":
        return Fault(
            code="unknown_word",
            message=f"“{where}”不能是“{found}”",
            at=at,
            remedy=suggestion(str(found), _words(details)),
        )
    if kind in {"dict_type", "model_type"} and "：" in str(found):
        return Fault(
            code="full_width_punctuation",
            message=f"“{where}”下用了全角冒号“：”，现为“{_short(found)}”",
            at=at,
            remedy="请改用半角冒号加空格“: ”",
        )
    if kind in EXPECTED:
        return Fault(
            code="wrong_type",
            message=f"“{where}”应为{EXPECTED[kind]}，现为“{_short(found)}”",
            at=at,
        )
    return Fault(code="wrong_value", message=_border(kind, where, details), at=at)


def _where(at: Path) -> str:
    """The innermost key; a list position alone would tell a reader nothing."""
    keys = [part for part in at if isinstance(part, str) and part != "[key]"]
    return keys[-1] if keys else "文件"


def _border(kind: str, where: str, details: ErrorDetails) -> str:
    limits = details.get("ctx", {})
    found = _short(details["input"])
    match kind:
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "less_than":
            words, name = BORDERS[kind]
            return f"“{where}”{words} {limits.get(name)}，现为“{found}”"
        case "string_pattern_mismatch" if found.strip():
            hint = "，且不能有全角符号" if FULL_WIDTH.intersection(found) else ""
            return f"“{where}”只能用小写字母、数字和下划线，以字母开头{hint}，现为“{found}”"
        case "string_pattern_mismatch" | "string_too_short" | "too_short":
            return f"“{where}”不能为空"
        case "string_too_long":
            return f"“{where}”最多 {limits.get('max_length')} 个字"
        case _:
            return f"“{where}”的值“{found}”不合要求"


def _words(details: ErrorDetails) -> tuple[str, ...]:
    expected = str(details.get("ctx", {}).get("expected", ""))
    return tuple(part.strip("' ") for part in expected.replace(" or ", ",").split(","))


def suggestion(found: str, known: Iterable[str], *, what: str = "") -> str:
    """The nearest known word, or all of them."""
    words = tuple(known)
    near = get_close_matches(found, words, n=1, cutoff=0.6)
    if near:
        return f"是否应为“{near[0]}”？"
    return f"可用的{what}：{'、'.join(words)}" if words else f"尚未定义任何{what or '内容'}"


def _keys_at(model: type[BaseModel], at: Path) -> tuple[str, ...]:
    """The keys that the shape knows at that place."""
    for part in at:
        if isinstance(part, str):
            fields = {field.alias or name: field for name, field in model.model_fields.items()}
            model = _model_in(fields[part].annotation) if part in fields else model
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _model_in(annotation: object) -> type[BaseModel]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (each for each in get_args(annotation) if each is not type(None))
    return _model_in(next(inner, BaseModel))


def _short(found: object) -> str:
    """As it stands in the file, and not as Python writes it."""
    match found:
        case None:
            text = "空"
        case dict() | list() | bool():
            text = json.dumps(found, ensure_ascii=False)
        case _:
            text = str(found)
    return text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004  (fits a line)
