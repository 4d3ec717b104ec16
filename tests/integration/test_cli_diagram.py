"""`huodian definition diagram|export`: pictures, the changes in them, files for modelers."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.unit.workflows.drafts import shipped_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.command_line import Shell


def drafted(shell: Shell, folder: Path, old: str, new: str) -> str:
    """The number of a draft of lv_business with one text replaced."""
    changed = folder / "lv_business.yaml"
    changed.write_text(shipped_text("lv_business").replace(old, new), encoding="utf-8")
    return str(shell.json("definition", "draft", str(changed), user="chief")["number"])


def test_a_diagram_as_a_picture(shell: Shell) -> None:
    shown = shell.json("definition", "diagram", "hv_single_supply", "--format", "svg")
    assert (shown["id"], shown["version"]) == ("hv_single_supply", 1)
    assert shown["svg"].startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "竣工检验不合格" in shown["svg"]
    plain = shell.run("definition", "diagram", "hv_single_supply", "--format", "svg")
    assert plain.out == f"{shown['svg']}\n"


def test_a_diagram_of_what_a_draft_would_change(shell: Shell, tmp_path: Path) -> None:
    number = drafted(shell, tmp_path, "name: 现场服务", "name: 上门服务")
    against = ("definition", "diagram", "lv_business", "--against", f"draft:{number}")
    assert "【变更】上门服务" in shell.json(*against, "--format", "svg")["svg"]
    assert "【变更】上门服务" in shell.json(*against)["mermaid"]
    since = shell.json("definition", "diagram", "lv_business", "--against", "1", "--format", "svg")
    assert "【" not in since["svg"]


@pytest.mark.parametrize(
    ("against", "code", "reason"),
    [
        ("7", 4, "not_found"),
        ("draft:7", 4, "not_found"),
        ("v1", 2, "bad_version"),
        ("draft:x", 2, "bad_version"),
        ("-1", 2, "bad_version"),
    ],
)
def test_a_diagram_against_nothing_is_refused(
    shell: Shell, against: str, code: int, reason: str
) -> None:
    ran = shell.fails(code, "definition", "diagram", "lv_business", f"--against={against}")
    assert ran.codes == {reason}


def test_a_diagram_of_a_draft_of_something_else_is_not_found(shell: Shell, tmp_path: Path) -> None:
    number = drafted(shell, tmp_path, "name: 现场服务", "name: 上门服务")
    ran = shell.fails(4, "definition", "diagram", "lv_resident", "--against", f"draft:{number}")
    assert ran.codes == {"not_found"}


def test_a_draft_that_leads_nowhere_cannot_be_drawn(shell: Shell, tmp_path: Path) -> None:
    number = drafted(shell, tmp_path, "    to: grid_works", "    to: nowhere")
    ran = shell.fails(3, "definition", "diagram", "lv_business", "--against", f"draft:{number}")
    assert ran.codes == {"not_drawable"}


# --- export --------------------------------------------------------------------------------------


def test_a_definition_is_exported_as_bpmn(shell: Shell) -> None:
    found = shell.json("definition", "export", "lv_resident", "--format", "bpmn")
    assert (found["id"], found["version"]) == ("lv_resident", 1)
    root = ET.fromstring(found["bpmn"].encode())  # noqa: S314  (made here)
    assert root.tag == "{http://www.omg.org/spec/BPMN/20100524/MODEL}definitions"
    plain = shell.run("definition", "export", "lv_resident", "--format", "bpmn", "--version", "1")
    assert plain.out == found["bpmn"]


def test_what_cannot_be_exported_is_refused(shell: Shell) -> None:
    export = ("definition", "export")
    assert shell.fails(4, *export, "nothing", "--format", "bpmn").codes == {"not_found"}
    wrong = (*export, "lv_resident", "--format", "bpmn", "--version", "9")
    assert shell.fails(4, *wrong).codes == {"not_found"}
    assert shell.fails(2, *export, "lv_resident").codes == {"wrong_call"}
    assert shell.fails(2, *export, "lv_resident", "--format", "visio").codes == {"wrong_call"}
