"""What a value should have been, in Chinese, by the names that pydantic gives its errors.

Settings, the options of commands and calls of the API are read by pydantic, which speaks English
only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_EXPECTED = {
    "int_parsing": "整数",
    "int_type": "整数",
    "int_from_float": "整数",
    "int_parsing_size": "整数",
    "float_parsing": "数字",
    "float_type": "数字",
    "finite_number": "数字",
    "bool_parsing": "true 或 false",
    "bool_type": "true 或 false",
    "time_parsing": "时刻，例如 08:30",
    "time_type": "时刻，例如 08:30",
    "date_parsing": "日期，例如 2021-09-17",
    "string_type": "文字",
    "list_type": "JSON 数组，例如 []",
    "dict_type": "JSON 对象，例如 {}",
    "model_type": "JSON 对象，例如 {}",
    "json_invalid": "JSON 对象，例如 {}",
    "path_type": "路径",
}


_BORDERS = {
    "greater_than_equal": "不小于 {ge:g} 的数",
    "greater_than": "大于 {gt:g} 的数",
    "less_than_equal": "不大于 {le:g} 的数",
    "less_than": "小于 {lt:g} 的数",
}


def expected(fault: ErrorDetails) -> str:
    """What was wanted, as it follows “应为”; empty if nobody thought of it yet."""
    kind, limits = fault["type"], fault.get("ctx", {})
    if kind in _BORDERS:
        return _BORDERS[kind].format_map(limits)
    if kind == "enum":
        return _one_of(str(limits["expected"]))
    if kind == "string_pattern_mismatch":
        return _one_of(str(limits["pattern"]).strip("^$()").replace("|", ","))
    return _EXPECTED.get(kind, "")


def _one_of(words: str) -> str:
    """`'file', 'http' or 'off'` as a list for a reader."""
    return "、".join(part.strip(" '") for part in words.replace(" or ", ",").split(",")) + " 之一"
