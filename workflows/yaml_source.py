"""Reads a YAML file of rules into plain values and remembers the line of each.

Such files come from people, by an editor or an upload. So only the plain part of YAML is taken: no
anchors, no tags, no second document, a bounded size; and typical slips of a Chinese keyboard
(full-width colon, tabs) are named instead of a parser's complaint about their consequence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from workflows.problems import Fault, Path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workflows.problems import Problem

LARGEST_BYTES = 256 * 1024
DEEPEST = 12

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]
"""What a file holds, without positions."""

_TAG = "tag:yaml.org,2002:"
_KINDS = frozenset({"str", "int", "float", "bool", "null", "timestamp", "seq", "map", "merge"})
_TAB = re.compile(r"^\s*\t")
_WIDE_INDENT = re.compile(r"^[ -]*([\u3000－])")
_WIDE_COLON = re.compile(r"^\s*(?:-\s+)*([A-Za-z_]\w*)\s*：")
_TRUE = frozenset({"true", "True", "TRUE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlSource:
    """The values of a file, and the line (from 1) at which each place in it begins."""

    file: str
    root: dict[str, Plain]
    lines: dict[Path, int]

    def problem(self, fault: Fault) -> Problem:
        """The fault with its line; a place that is not in the file has the line of its parent."""
        known = fault.at
        while known and known not in self.lines:
            known = known[:-1]
        return fault.found_in(self.file, self.lines.get(known, 1))


@dataclass(slots=True)
class _Reading:
    lines: dict[Path, int] = field(default_factory=dict)
    faults: list[tuple[Fault, int]] = field(default_factory=list)

    def complain(self, fault: Fault, node: Node) -> None:
        self.faults.append((fault, node.start_mark.line + 1))


def read_yaml(text: str, *, file: str) -> tuple[YamlSource | None, tuple[Problem, ...]]:
    """The values of `text`, or None and everything that keeps it from being read.

    `file` is the name that the problems show.
    """
    size = len(text.encode())
    if size > LARGEST_BYTES:
        too_large = Fault(
            code="file_too_large",
            message=f"文件有 {size} 字节，上限 {LARGEST_BYTES} 字节",
            remedy="一个文件只写一个流程",
        )
        return None, (too_large.found_in(file, 1),)
    node, faults = _composed(text)
    reading = _Reading(faults=faults)
    root = _value(node, (), reading) if node is not None else None
    if not reading.faults and not isinstance(root, dict):
        fault = Fault(
            code="not_a_mapping", message="文件须由“键: 值”组成", remedy="第一行可写作 id: 流程编号"
        )
        reading.faults.append((fault, 1))
    problems = tuple(fault.found_in(file, line) for fault, line in reading.faults)
    if problems or not isinstance(root, dict):
        return None, problems
    return YamlSource(file=file, root=root, lines=reading.lines), ()


def _composed(text: str) -> tuple[Node | None, list[tuple[Fault, int]]]:
    try:
        return YAML(typ="safe", pure=True).compose(text), []
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark is not None else 1
        return None, list(_slips(text)) or [(_syntax(str(error.problem)), line)]
    except YAMLError as error:
        before = error.position if isinstance(error, ReaderError) else 0
        fault = Fault(
            code="unreadable_character",
            message="文件含有不可见的控制字符",
            remedy="请删去该字符，或重新录入此行",
        )
        return None, [(fault, text.count("\n", 0, before) + 1)]
    except RecursionError:
        return None, [(_too_deep(()), 1)]


def _slips(text: str) -> Iterable[tuple[Fault, int]]:
    """What the keyboard did; a parser would only complain about the consequence."""
    for line, content in enumerate(text.splitlines(), start=1):
        if _TAB.match(content):
            yield (
                Fault(code="tab", message="缩进用了制表符（Tab）", remedy="请改用空格缩进"),
                line,
            )
        indent = _WIDE_INDENT.match(content)
        if indent:
            yield _WIDE_INDENTS[indent.group(1)], line
        wide = _WIDE_COLON.match(content)
        if wide:
            yield _full_width(wide.group(1), "：", ": "), line


def _full_width(key: str, found: str, expected: str) -> Fault:
    return Fault(
        code="full_width_punctuation",
        message=f"“{key}”处用了全角符号“{found}”",
        remedy=f"请改用半角符号“{expected}”",
    )


_WIDE_INDENTS = {
    "\u3000": Fault(
        code="full_width_punctuation", message="行首用了全角空格", remedy="请改用半角空格缩进"
    ),
    "－": Fault(
        code="full_width_punctuation", message="行首用了全角符号“－”", remedy="请改用半角符号“- ”"
    ),
}


_SYNTAX = (
    ("mapping values are not allowed", "此处不能再有“键: 值”；文字中有冒号的，须加引号"),
    ("could not find expected ':'", "键后面缺少“: ”"),
    ("found unexpected ':'", "文字中有冒号，须加引号"),
    ("sequence entries are not allowed", "此处不能有以“- ”开头的列表项"),
    ("mapping keys are not allowed", "此处不能有键"),
    ("expected <block end>", "缩进与上文不一致，或多出了内容"),
    ("invalid intendation", "缩进与上文不一致，或括号没有结束"),
    ("more indented follow up line", "多行文字的首行缩进少于后面的行"),
    ("expected ',' or ", "方括号或花括号没有结束，或各项之间缺少逗号"),
    ("expected the node content", "括号没有结束，或此处缺少内容"),
    ("found unexpected end of stream", "引号没有结束"),
    ("found unexpected document separator", "引号没有结束"),
    ("that cannot start any token", "文字以特殊符号开头，须加引号"),
    ("found unknown escape character", "双引号内的“\\”须写成“\\\\”"),
    ("found undefined alias", "不支持别名；文字以“*”开头的，须加引号"),
    ("expected alphabetic or numeric character", "文字以“*”或“&”开头，须加引号"),
    ("but found another document", "一个文件只能有一份内容，请删去“---”及其后的内容"),
)
"""What the parser complains of, which it does in English, and how one says so."""


def _syntax(what: str) -> Fault:
    said = next((f"：{chinese}" for english, chinese in _SYNTAX if english in what), "")
    return Fault(
        code="yaml_syntax",
        message=f"YAML 语法错误{said}",
        remedy="请检查此行及上一行的缩进、引号和括号",
    )


def _too_deep(at: Path) -> Fault:
    return Fault(code="too_deep", message=f"嵌套超过 {DEEPEST} 层", at=at)


def _value(node: Node, at: Path, reading: _Reading) -> Plain:
    reading.lines[at] = node.start_mark.line + 1
    fault = _unplain(node, at)
    if fault is not None:
        reading.complain(fault, node)
        return None
    if isinstance(node, MappingNode):
        return _mapping(node, at, reading)
    if isinstance(node, SequenceNode):
        return [_value(each, (*at, index), reading) for index, each in enumerate(node.value)]
    return _scalar(str(node.tag), str(node.value))


def _unplain(node: Node, at: Path) -> Fault | None:
    if node.anchor:
        return Fault(
            code="anchor",
            message=f"不支持锚点和别名（{node.anchor}）",
            at=at,
            remedy="请把内容直接写出来",
        )
    if str(node.tag).removeprefix(_TAG) not in _KINDS:
        return Fault(code="tag", message=f"不支持标签“{node.tag}”", at=at, remedy="请删去标签")
    return _too_deep(at) if len(at) > DEEPEST else None


def _mapping(node: MappingNode, at: Path, reading: _Reading) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value) if isinstance(key_node, ScalarNode) else "?"
        here = (*at, key)
        value = _value(value_node, here, reading)
        first = reading.lines[here] if key in found else 0
        reading.lines[here] = key_node.start_mark.line + 1
        if first:
            fault = Fault(code="duplicate_key", message=f"“{key}”重复出现", at=here)
            reading.complain(fault, key_node)
        if "：" in key:
            reading.complain(_full_width(key.split("：", maxsplit=1)[0], "：", ": "), key_node)
        found[key] = value
    return found


def _scalar(tag: str, text: str) -> Plain:
    """Only what the files use; a date or an odd number stays text, its field knows what to do."""
    kind = tag.removeprefix(_TAG)
    if kind == "null":
        return None
    if kind == "bool":
        return text in _TRUE
    if kind == "int" and re.fullmatch(r"[-+]?\d{1,9}", text):
        return int(text)
    return text
