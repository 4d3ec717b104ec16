"""A difference is told in sentences and drawn with words, not with colours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.ticket import Role
from tests.unit.workflows.drafts import edited, shipped_text
from workflows.catalog import load_shipped
from workflows.diagram import is_drawable, mermaid, mermaid_difference
from workflows.difference import (
    ChangeKind,
    Direction,
    structural_changes,
    text_difference,
)
from workflows.difference_words import Subject
from workflows.loader import load_definition
from workflows.versioning import numbered, read_form

if TYPE_CHECKING:
    from engine.definition import WorkflowDefinition
    from workflows.difference import Change

ID = "hv_single_supply"
SHIPPED = {definition.id: definition for definition, _ in load_shipped()}
BASE = SHIPPED[ID]


def changed(*changes: tuple[str, str]) -> WorkflowDefinition:
    """The shipped definition with a few words changed, sound or not."""
    return read_form(edited(ID, *changes), path="draft.yaml").definition


def changes_of(*edits: tuple[str, str]) -> tuple[Change, ...]:
    return structural_changes(BASE, changed(*edits))


def only_sentence(*edits: tuple[str, str]) -> str:
    (change,) = changes_of(*edits)
    return change.sentence


def test_the_same_content_has_no_difference() -> None:
    assert structural_changes(BASE, BASE) == ()
    assert structural_changes(BASE, changed(("version: 1", "version: 2"))) == ()
    assert text_difference("a\nb", "a\nb", ("x", "y")) == ""


@pytest.mark.parametrize(
    ("edit", "direction", "sentence"),
    [
        (
            ("days: 4, clause", "days: 3, clause"),
            Direction.STRICTER,
            "由“4 个工作日”缩短为“3 个工作日”",
        ),
        (
            ("days: 4, clause", "days: 5, clause"),
            Direction.LOOSER,
            "由“4 个工作日”放宽为“5 个工作日”",
        ),
        (
            ("days: 4, clause", "days: null, clause"),
            Direction.LOOSER,
            "由“4 个工作日”放宽为“不设时限”",
        ),
        (
            ("end_to_end_limit: {days: null,", "end_to_end_limit: {days: 60,"),
            Direction.STRICTER,
            "变更时限“全过程时间”（end_to_end_limit）：工作日数由“不设时限”缩短为“60 个工作日”",
        ),
    ],
)
def test_a_limit_says_whether_it_becomes_shorter(
    edit: tuple[str, str], direction: Direction, sentence: str
) -> None:
    (change,) = changes_of(edit)
    assert (change.subject, change.direction) == (Subject.LIMIT, direction)
    assert sentence in change.sentence


def test_every_kind_of_part_is_told_in_words() -> None:
    assert (
        only_sentence(("name: 供电方案确定", "name: 方案定稿"))
        == "变更状态“供电方案确定”（plan_confirmation）：名称由“供电方案确定”改为“方案定稿”"
    )
    assert only_sentence(("name: 供电方案答复\n", "name: 方案答复\n")) == (
        "变更环节“供电方案答复”（supply_plan_reply）：名称由“供电方案答复”改为“方案答复”"
    )
    assert only_sentence(("basis: 云保电股发〔2021〕113号", "basis: 新规")) == (
        "变更流程总则：依据由“云保电股发〔2021〕113号”改为“新规”"
    )
    assert "提醒 before_close：下班前小时数由“2”改为“3”" in only_sentence(("hours: 2", "hours: 3"))


def test_roles_guards_and_checkpoints_are_named_in_chinese() -> None:
    first = BASE.transitions[0]
    other = replace(first, roles=(Role.OPERATOR,), guards=(), checkpoint=None)
    (change,) = structural_changes(BASE, replace(BASE, transitions=(other, *BASE.transitions[1:])))
    assert change.sentence == (
        "变更流转“完成业务受理”（submitted 的 complete_intake）："
        "经办角色由“受理员、客户经理”改为“受理员”；"
        "前置条件由“managers_named”改为“无”；资料收齐节点由“业务受理”改为“无”"
    )
    assert [each.field for each in change.fields] == ["roles", "guards", "checkpoint"]


def test_a_state_that_is_called_like_a_checkpoint_keeps_its_own_name() -> None:
    first = BASE.transitions[0]
    (change,) = structural_changes(
        BASE, replace(BASE, transitions=(replace(first, target="intake"), *BASE.transitions[1:]))
    )
    assert "到达状态由“site_visit”改为“intake”" in change.sentence


def test_what_is_new_and_what_is_gone() -> None:
    gone, *kept = BASE.documents
    fewer = replace(BASE, documents=tuple(kept))
    (change,) = structural_changes(BASE, fewer)
    assert (change.kind, change.subject, change.key) == (
        ChangeKind.REMOVED,
        Subject.DOCUMENT,
        gone.id,
    )
    assert change.sentence.startswith("删除资料要求“有效身份证件”（identity）（任一即可 identity")
    (back,) = structural_changes(fewer, BASE)
    assert (back.kind, back.sentence) == (
        ChangeKind.ADDED,
        change.sentence.replace("删除", "新增", 1),
    )


def test_a_definition_without_predecessor_is_all_new() -> None:
    found = structural_changes(None, BASE)
    assert {change.kind for change in found} == {ChangeKind.ADDED}
    assert len([each for each in found if each.subject is Subject.STATE]) == len(BASE.states)


@given(st.sampled_from(sorted(SHIPPED)), st.sampled_from(sorted(SHIPPED)))
def test_there_and_back_are_mirror_images(first: str, second: str) -> None:
    there = structural_changes(SHIPPED[first], SHIPPED[second])
    back = structural_changes(SHIPPED[second], SHIPPED[first])
    mirror = {
        ChangeKind.ADDED: ChangeKind.REMOVED,
        ChangeKind.REMOVED: ChangeKind.ADDED,
        ChangeKind.CHANGED: ChangeKind.CHANGED,
    }
    assert {(mirror[each.kind], each.subject, each.key) for each in there} == {
        (each.kind, each.subject, each.key) for each in back
    }


def test_the_text_is_a_unified_diff() -> None:
    text = text_difference("a\nb\n", "a\nc\n", ("v1", "v2"))
    assert text.splitlines() == ["--- v1", "+++ v2", "@@ -1,2 +1,2 @@", " a", "-b", "+c"]


# --- the picture -------------------------------------------------------------------------------


def drawn(after: WorkflowDefinition) -> list[str]:
    return [line.strip() for line in mermaid_difference(BASE, after).splitlines()]


def test_an_unchanged_definition_is_drawn_as_ever() -> None:
    assert mermaid_difference(BASE, BASE) == mermaid(BASE)


def test_a_changed_state_carries_the_word_and_a_dashed_line() -> None:
    lines = drawn(changed(("name: 供电方案确定", "name: 方案定稿")))
    assert 'state "【变更】方案定稿" as plan_confirmation' in lines
    assert "classDef changed stroke-width:2px,stroke-dasharray:12 3" in lines
    assert "class plan_confirmation changed" in lines


def test_a_changed_limit_marks_the_stage() -> None:
    lines = drawn(changed(("days: 4, clause", "days: 3, clause")))
    marked = 'state "【变更】供电方案答复（3 个工作日）" as stage_supply_plan_reply {'
    assert marked in lines


def test_what_is_new_and_what_is_gone_stand_in_one_picture() -> None:
    old = BASE.state_by_id["customer_repair"]
    new = replace(old, id="second_repair", name="二次整改")
    moved = tuple(
        replace(
            each,
            source=each.source.replace(old.id, new.id),
            target=each.target.replace(old.id, new.id),
        )
        for each in BASE.transitions
    )
    states = tuple(new if state is old else state for state in BASE.states)
    lines = drawn(replace(BASE, states=states, transitions=moved))
    assert 'state "【新增】二次整改" as second_repair' in lines
    assert 'state "【删除】客户整改" as customer_repair' in lines
    assert "inspection --> second_repair: 【新增】竣工检验不合格" in lines
    assert "inspection --> customer_repair: 【删除】竣工检验不合格" in lines
    assert "class second_repair added" in lines
    assert "class customer_repair removed" in lines
    assert "classDef added stroke-width:4px" in lines
    assert "classDef removed stroke-dasharray:4 4" in lines
    assert not [line for line in lines if "fill" in line or "color" in line]


def test_an_abort_that_is_added_or_changed_is_drawn_beside_the_note() -> None:
    fewer = tuple(
        each for each in BASE.transitions if (each.source, each.trigger) != ("metering", "abort")
    )
    lines = drawn(replace(BASE, transitions=fewer))
    assert "metering --> aborted: 【删除】中止办理" in lines
    assert "任一未办结的状态均可中止" not in lines
    others = tuple(
        replace(each, roles=(Role.SECTION_HEAD,))
        if (each.source, each.trigger) == ("metering", "abort")
        else each
        for each in BASE.transitions
    )
    lines = drawn(replace(BASE, transitions=others))
    assert [line for line in lines if "--> aborted" in line] == [
        "metering --> aborted: 【变更】中止办理"
    ]
    assert "任一未办结的状态均可中止" in lines


def test_names_that_lead_nowhere_cannot_be_drawn() -> None:
    assert is_drawable(BASE)
    assert not is_drawable(replace(BASE, initial="nowhere"))
    assert not is_drawable(replace(BASE, states=BASE.states[1:]))
    assert not is_drawable(replace(BASE, stages=BASE.stages[1:]))


# --- version numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize("definition_id", sorted(SHIPPED))
def test_a_number_changes_nothing_but_the_number(definition_id: str) -> None:
    text = shipped_text(definition_id)
    later = numbered(text, 17)
    number = load_definition(text, path="x").version
    assert later == text.replace(f"version: {number}\n", "version: 17\n", 1)
    assert load_definition(later, path="x").version == 17
    assert read_form(later, path="x").fingerprint == read_form(text, path="x").fingerprint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{id: a, version: 1, name: 中文}", "{id: a, version: 12, name: 中文}"),
        ("name: 版\nversion:   '1' # c\nb: 2\n", "name: 版\nversion:   12 # c\nb: 2\n"),
        ("\ufeffversion: 1\r\nname: a\r\n", "version: 12\r\nname: a\r\n"),
        ("x: {version: 3}\nversion: 1", "x: {version: 3}\nversion: 12"),
    ],
)
def test_the_number_is_found_wherever_it_stands(text: str, expected: str) -> None:
    assert numbered(text, 12) == expected
