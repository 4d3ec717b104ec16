"""Broken definitions, each a shipped one with one thing done wrong, and what must be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from tests.unit.workflows.drafts import shipped_text

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[["Content"], object]

RESIDENT, BUSINESS, THREE_ZERO = "lv_resident", "lv_business", "lv_business_three_zero"
SINGLE, DUAL, TRANSFER = "hv_single_supply", "hv_dual_supply", "asset_transfer"
LOW_LAST, HIGH_LAST = "metering_and_energization", "inspection_and_energization"
STAGES, LIMITS, DOCUMENTS = "四(二)3", "附件", "四(二)3"


@dataclass(frozen=True)
class Content:
    """The content of a definition file, to be changed in place."""

    root: dict[str, Any]

    def stage(self, stage_id: str) -> dict[str, Any]:
        return self._one("stages", "id", stage_id)

    def state(self, state_id: str) -> dict[str, Any]:
        return self._one("states", "id", state_id)

    def move(self, trigger: str) -> dict[str, Any]:
        return self._one("transitions", "trigger", trigger)

    def paper(self, document_id: str) -> dict[str, Any]:
        return self._one("documents", "id", document_id)

    def rung(self, rung_id: str) -> dict[str, Any]:
        return self._one("reminders", "id", rung_id)

    def set(self, **keys: Any) -> None:
        """Top-level keys."""
        self.root.update(keys)

    def add_state(self, state_id: str, stage: str, **more: Any) -> None:
        self.root["states"].append(
            {"id": state_id, "name": f"状态{state_id}", "stage": stage} | more
        )

    def add_move(self, trigger: str, source: str | list[str], target: str, **more: Any) -> None:
        move = {"trigger": trigger, "name": f"办理{trigger}", "from": source, "to": target}
        self.root["transitions"].append(move | {"roles": ["operator"]} | more)

    def add_paper(self, document_id: str, due_at: str = "intake", **more: Any) -> None:
        self.root["document_names"].setdefault(document_id, f"资料{document_id}")
        paper = {"id": document_id, "name": f"资料{document_id}", "any_of": [document_id]}
        self.root["documents"].append(paper | {"due_at": due_at, "clause": "R-3.1"} | more)

    def drop(self, listed: str, key: str, value: str) -> None:
        """Remove one entry of a list."""
        self.root[listed] = [each for each in self.root[listed] if each[key] != value]

    def drop_source(self, trigger: str, state_id: str) -> None:
        """One state fewer that a move leaves."""
        move = self.move(trigger)
        move["from"] = [each for each in move["from"] if each != state_id]

    def except_from(self, rule: str, subject: str, **more: Any) -> None:
        """Add an exception that cites a law and has been approved."""
        exception = {
            "rule": rule,
            "subject": subject,
            "law": "《电力供应与使用条例》第二十四条",
            "reason": "法律要求",
            "approved_by": "u-section-head",
        }
        self.root.setdefault("exceptions", []).append(exception | more)

    def text(self) -> str:
        """As a file."""
        written = StringIO()
        yaml = YAML()
        yaml.default_flow_style = False
        yaml.dump(self.root, written)
        return written.getvalue()

    def _one(self, listed: str, key: str, value: str) -> dict[str, Any]:
        (found,) = (each for each in self.root[listed] if each[key] == value)
        return found


def content_of(definition_id: str) -> Content:
    """The shipped file, to be changed."""
    return Content(YAML(typ="safe", pure=True).load(shipped_text(definition_id)))


@dataclass(frozen=True)
class Mutation:
    """A shipped definition, what is done to it, and the code and clause that must be named."""

    name: str
    definition_id: str
    change: Change
    code: str
    clause: str

    def text(self) -> str:
        content = content_of(self.definition_id)
        self.change(content)
        return content.text()

    def __str__(self) -> str:
        return self.name
