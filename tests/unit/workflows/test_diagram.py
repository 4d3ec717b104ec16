"""The picture of a definition: every state in its stage, every arrow, Chinese labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.unit.workflows.drafts import edited, shipped_text
from workflows import lifecycle
from workflows.diagram import mermaid
from workflows.loader import load_definition

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def drawn(definition_id: str, *changes: tuple[str, str]) -> list[str]:
    definition = load_definition(edited(definition_id, *changes), path="draft.yaml")
    return [line.strip() for line in mermaid(definition).splitlines()]


def test_stages_are_groups_with_their_limits_and_final_states_stand_outside() -> None:
    lines = drawn("hv_single_supply")
    group = lines.index('state "供电方案答复（4 个工作日）" as stage_supply_plan_reply {')
    assert lines[group + 1 : group + 4] == [
        'state "现场服务" as site_visit',
        'state "供电方案确定" as plan_confirmation',
        "}",
    ]
    last_group = len(lines) - lines[::-1].index("}")
    assert lines[last_group : last_group + 2] == [
        'state "已送电" as energized',
        'state "已中止" as aborted',
    ]


def test_begin_moves_and_ends_are_arrows() -> None:
    lines = drawn("hv_single_supply")
    for arrow in (
        "[*] --> submitted",
        "inspection --> customer_repair: 竣工检验不合格",
        "customer_repair --> inspection: 受理复验",
        "energized --> [*]",
    ):
        assert lines.count(arrow) == 1


def test_aborting_is_one_note_where_it_is_possible_everywhere() -> None:
    lines = drawn("lv_resident")
    assert "任一未办结的状态均可中止" in lines
    assert not [line for line in lines if "--> aborted" in line]


def test_aborting_is_drawn_where_it_is_not_possible_everywhere() -> None:
    lines = drawn("lv_resident", ("plan_confirmation, grid_works, metering]", "metering]"))
    assert [line for line in lines if "--> aborted" in line] == [
        "submitted --> aborted: 中止办理",
        "site_visit --> aborted: 中止办理",
        "metering --> aborted: 中止办理",
    ]
    assert "任一未办结的状态均可中止" not in lines


def test_a_stage_without_limit_shows_none() -> None:
    assert 'state "资产评估" as stage_assessment {' in drawn("asset_transfer")


def test_a_name_cannot_break_the_picture() -> None:
    definition = load_definition(shipped_text("lv_resident"), path="draft.yaml")
    first, *rest = definition.states
    odd = replace(definition, states=(replace(first, name='a"; b: <c>\n#'), *rest))
    assert 'state "a”； b： ＜c＞ ＃" as submitted' in mermaid(odd)


def test_the_page_of_lifecycles_is_up_to_date() -> None:
    assert lifecycle.main(["--check"]) == 0, "run: python -m workflows.lifecycle --write"


def test_a_stale_page_is_noticed_and_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "lifecycle.md"
    monkeypatch.setattr(lifecycle, "PAGE", page)
    assert lifecycle.main(["--check"]) == 1
    assert "--write" in capsys.readouterr().err
    assert lifecycle.main(["--write"]) == 0
    assert lifecycle.main(["--check"]) == 0
    page.write_text(page.read_text(encoding="utf-8") + "x", encoding="utf-8")
    assert lifecycle.main(["--check"]) == 1
