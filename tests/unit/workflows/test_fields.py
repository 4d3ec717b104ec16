"""Fields in a definition's file: shape, references, proof, policy, difference, and the hash."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.definition import FieldKind
from engine.soundness import prove
from tests.made_up import FILE, well, well_text
from tests.pages import ROOT
from tests.unit.workflows.drafts import edited, line_of
from workflows.difference import structural_changes
from workflows.lifecycle import lifecycle_section
from workflows.loader import check_definition, load_definition
from workflows.versioning import read_form

BEFORE_FIELDS = ROOT / "tests" / "data" / "definition-before-fields.yaml"


def test_the_made_up_process_is_sound_and_holds_its_fields() -> None:
    definition = well()
    assert [each.kind for each in definition.fields] == [
        FieldKind.CHOICE,
        FieldKind.DATE,
        FieldKind.NUMBER,
        FieldKind.YES_NO,
        FieldKind.TEXT,
    ]
    assert definition.field_by_id["soil"].choices == {"clay": "黏土", "rock": "岩石"}
    assert definition.opening.asks == ("soil",)
    assert definition.edges["surveyed", "strike"].asks == ("depth_m", "is_dry")
    assert definition.internal
    assert prove(definition) == ()


def test_a_version_published_before_there_were_fields_keeps_its_hash() -> None:
    form = read_form(BEFORE_FIELDS.read_text(encoding="utf-8"), path="x")
    assert form.definition.content_hash == (
        "08993188fb3c018519b88b92f51cf5e009928d8cb514b9bdb547f5c858795953"
    )
    assert form.fingerprint == "8bd4210d2f91e525095c6150da1cb458a783d382a94e6b66791eaeefc9705723"


def test_keys_that_say_nothing_change_no_hash_and_those_that_do_change_it() -> None:
    text = well_text()
    first = load_definition(text, path=FILE).content_hash
    empty = text.replace("    takes: [remark]\n", "    takes: [remark]\n    guards: []\n")
    assert load_definition(empty, path=FILE).content_hash == first
    for old, new in (
        ("    asks: [depth_m]\n", "    takes: [depth_m]\n"),
        ("internal: true", "internal: false"),
        ("rock: 岩石", "rock: 石头"),
        ("roles: [dispatcher, system]", "roles: [dispatcher]"),
    ):
        assert text.count(old) == 1
        assert load_definition(text.replace(old, new), path=FILE).content_hash != first


@pytest.mark.parametrize(
    ("old", "new", "code", "path", "at"),
    [
        ("asks: [soil]", "asks: [soill]", "unknown_reference", "opening.asks.0", "asks: [soill]"),
        (
            "asks: [depth_m, is_dry]",
            "asks: [depth_m, dry]",
            "unknown_reference",
            "transitions.1.asks.1",
            "asks: [depth_m, dry]",
        ),
        ("kind: yes_no", "kind: maybe", "unknown_word", "fields.3.kind", "kind: maybe"),
        (
            "    choices: {clay: 黏土, rock: 岩石}\n",
            "",
            "choice_without_choices",
            "fields.0.choices",
            "- id: soil",
        ),
        (
            "kind: date}",
            "kind: date, choices: {soon: 近期}}",
            "choices_without_choice",
            "fields.1.choices",
            "choices: {soon",
        ),
        (
            "  - {id: remark, name: 备注, kind: text}\n",
            "  - {id: remark, name: 备注, kind: text}\n  - {id: odd, name: 闲项, kind: text}\n",
            "unused_field",
            "fields.5",
            "{id: odd",
        ),
        (
            "    takes: [remark]\n",
            "    takes: [remark, is_dry]\n",
            "field_asked_twice",
            "transitions.1.asks",
            "asks: [depth_m, is_dry]",
        ),
        ("id: starts_on", "id: soil", "duplicate_id", "fields.1.id", "{id: soil"),
        (
            "name: 井深（米）, kind: number",
            "name: 井深（米）, kind: instant",
            "reported_time_not_allowed",
            "fields.2.kind",
            "kind: instant",
        ),
        ("name: 备注", "name: 承诺书编号", "forbidden_word", "fields.4.name", "承诺书"),
        ("rock: 岩石", "rock: 承诺书", "forbidden_word", "fields.0.choices.rock", "rock: 承诺书"),
        ("kind: text}", "kind: text, unit: 米}", "unknown_key", "fields.4.unit", "unit: 米"),
    ],
)
def test_a_fault_of_fields_is_told_by_line(
    old: str, new: str, code: str, path: str, at: str
) -> None:
    text = well_text()
    assert text.count(old) == 1
    broken = text.replace(old, new)
    found = [each for each in check_definition(broken, FILE) if each.code == code]
    assert [(each.path, each.line) for each in found] == [(path, line_of(broken, at))]
    assert found[0].remedy


def test_a_connection_may_ask_for_nothing_but_documents() -> None:
    asking = edited(
        "lv_business",
        (
            "initial: submitted\n",
            "initial: submitted\nfields: [{id: deposit, name: 电压等级, kind: text}]\n",
        ),
        ("    to: plan_confirmation\n", "    to: plan_confirmation\n    asks: [deposit]\n"),
    )
    (problem,) = check_definition(asking, FILE)
    assert (problem.code, problem.clause) == ("field_not_allowed", "R-3.1, 四(二)3")


def test_a_connection_is_never_kept_from_its_customer() -> None:
    silent = edited("hv_dual_supply", ("version: 1\n", "version: 1\ninternal: true\n"))
    (problem,) = check_definition(silent, FILE)
    assert (problem.code, problem.clause) == ("internal_not_allowed", "R-6.2, 四(一)2")


def test_a_difference_tells_fields_in_words() -> None:
    before = well()
    after = load_definition(
        well_text()
        .replace("rock: 岩石", "rock: 岩石, sand: 砂土")
        .replace(
            "asks: [depth_m, is_dry]\n    takes: [remark]", "asks: [depth_m]\n    takes: [is_dry]"
        )
        .replace("roles: [dispatcher, system]", "roles: [dispatcher]")
        .replace("internal: true\n", ""),
        path=FILE,
    )
    assert [change.sentence for change in structural_changes(before, after)] == [
        "变更流程总则：内部业务由“是”改为“无”",
        (
            "变更流转“打到水层”（surveyed 的 strike）：必填登记项由“depth_m、is_dry”改为“depth_m”；"
            "选填登记项由“remark”改为“is_dry”"
        ),
        (
            "变更登记项“土质”（soil）：可选项由“clay 黏土、rock 岩石”"
            "改为“clay 黏土、rock 岩石、sand 砂土”"
        ),
        "变更立单 opening：经办角色由“调度员、系统”改为“调度员”",
    ]
    without = replace(before, fields=before.fields[:-1])
    (gone,) = structural_changes(before, without)
    assert gone.sentence == "删除登记项“备注”（remark）（类型 文字）"


def test_the_page_of_the_lifecycle_lists_what_is_asked() -> None:
    page = lifecycle_section(well())
    assert "| `soil` 土质 | choice: clay 黏土, rock 岩石 | *opening* | 示例第2条 |" in page
    assert "| `depth_m` 井深（米） | number | `strike` `pump`; may: `dig` | 示例第3条 |" in page
