"""Reading a file of rules: only plain YAML, of bounded size, and slips are named by their line."""

from __future__ import annotations

import re

import pytest

from workflows.problems import Fault
from workflows.yaml_source import LARGEST_BYTES, YamlSource, read_yaml

FILE = "draft.yaml"


def read(text: str) -> YamlSource:
    source, problems = read_yaml(text, file=FILE)
    assert problems == ()
    assert source is not None
    return source


def refused(text: str) -> list[tuple[str, int]]:
    source, problems = read_yaml(text, file=FILE)
    assert source is None
    assert all(each.file == FILE for each in problems)
    return [(each.code, each.line) for each in problems]


def test_values_come_with_the_types_that_the_files_use() -> None:
    text = "a: 1\nb: -2\nc: true\nd: no\ne: null\nf: ~\ng: '1'\nh: 1.5\ni: 2021-12-31\nj: [x, 3]\n"
    assert read(text).root == {
        "a": 1,
        "b": -2,
        "c": True,
        "d": "no",
        "e": None,
        "f": None,
        "g": "1",
        "h": "1.5",
        "i": "2021-12-31",
        "j": ["x", 3],
    }


def test_a_fault_has_the_line_of_its_place_or_of_the_nearest_place_around_it() -> None:
    source = read("a: 1\nb:\n  - c: 1\n  - c: 2\n    d: {e: 5}\n")
    lines = {
        at: source.problem(Fault(code="x", message="x", at=at)).line
        for at in [("a",), ("b",), ("b", 1), ("b", 1, "d"), ("b", 1, "missing", 0), ("nowhere",)]
    }
    assert list(lines.values()) == [1, 2, 4, 5, 4, 1]


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", [("not_a_mapping", 1)]),
        ("- a\n- b\n", [("not_a_mapping", 1)]),
        ("just words", [("not_a_mapping", 1)]),
        ("a: 1\nb: 2\na: 3\nb: 4\n", [("duplicate_key", 3), ("duplicate_key", 4)]),
        ("a:\n\t- b\n\t- c\n", [("tab", 2), ("tab", 3)]),
        (
            "a: 1\nname：x\nb: 2\nid： y\n",
            [("full_width_punctuation", 2), ("full_width_punctuation", 4)],
        ),
        ('"name：x": 1\n', [("full_width_punctuation", 1)]),
        ("a: &x [1]\nb: *x\n", [("anchor", 1), ("anchor", 1)]),
        ("a: !!python/object:os.system x\n", [("tag", 1)]),
        ("a: 1\nb: !secret x\n", [("tag", 2)]),
        ("a: 1\n---\nb: 2\n", [("yaml_syntax", 2)]),
        ("a: *x\n", [("yaml_syntax", 1)]),
        ("a: 1\nb: [1, 2\n", [("yaml_syntax", 3)]),
        ("a: \x00\n", [("unreadable_character", 1)]),
        ("a: 1\nb: 2\nc: x\x01y\n", [("unreadable_character", 3)]),
        ("a:\n\u3000\u3000- b: 1\n    c: 2\n", [("full_width_punctuation", 2)]),
        ("a:\n  - b: 1\n  － b: 2\n", [("full_width_punctuation", 3)]),
    ],
)
def test_what_is_not_plain_is_refused_by_line(text: str, problems: list[tuple[str, int]]) -> None:
    assert refused(text) == problems


def test_a_file_may_have_256_kilobytes_and_not_one_byte_more() -> None:
    largest = "a: 1\n#" + "x" * (LARGEST_BYTES - 6)
    assert read(largest).root == {"a": 1}
    assert refused(largest + "x") == [("file_too_large", 1)]


@pytest.mark.parametrize("depth", [14, 50_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    text = "a: " + "[" * depth + "]" * depth
    assert refused(text) == [("too_deep", 1)]


def test_aliases_cannot_multiply() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )
    assert {code for code, _ in refused(bomb)} == {"anchor"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b: c\n", "此处不能再有“键: 值”"),
        ("a:\n  - 1\n b: 2\n", "缩进与上文不一致"),
        ("a: [1, 2\n", "括号没有结束"),
        ("a: [1, 2\nb: 3\n", "括号没有结束"),
        ("a: {b: 1\n", "括号没有结束"),
        ("a: 'x\n", "引号没有结束"),
        ('a: "x\n---\n', "引号没有结束"),
        ("a: %x\n", "须加引号"),
        ("a: @x\n", "须加引号"),
        ('a: "\\q"\n', "须写成"),
        ("a: *x\n", "不支持别名"),
        ("a: & b\n", "须加引号"),
        ("a: 1\n---\nb: 2\n", "一个文件只能有一份内容"),
        ("a: 1\nb\nc: 2\n", "缺少“: ”"),
        ("a: 1\n- b\n", "YAML 语法错误"),
        ("%YAML 9.1\n---\na: 1\n", "YAML 语法错误"),
    ],
)
def test_a_slip_is_named_in_chinese_only(text: str, said: str) -> None:
    """Whoever writes definitions need not read what a parser says in English."""
    _, problems = read_yaml(text, file="draft.yaml")
    (problem,) = problems
    assert said in problem.message
    words = problem.message.removeprefix("YAML")
    assert not re.search("[A-Za-z]", words), words
