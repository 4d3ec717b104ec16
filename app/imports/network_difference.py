"""What a file would change in the network: added, moved, renamed, changed, retired. Pure.

A node is never deleted. What the file no longer has stays in use unless it is asked to be retired.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.ports.imports import NodeFacts


class NodeChangeKind(StrEnum):
    """In what way a node differs; one may differ in several."""

    ADDED = "added"
    MOVED = "moved"
    RENAMED = "renamed"
    CHANGED = "changed"
    RETIRED = "retired"


NODE_CHANGES = {
    NodeChangeKind.ADDED: "新增",
    NodeChangeKind.MOVED: "改接",
    NodeChangeKind.RENAMED: "改名",
    NodeChangeKind.CHANGED: "参数变更",
    NodeChangeKind.RETIRED: "停用",
}
COMPARED = {
    "parent_id": NodeChangeKind.MOVED,
    "name": NodeChangeKind.RENAMED,
    "kind": NodeChangeKind.CHANGED,
    "rated_kva": NodeChangeKind.CHANGED,
    "contract_kw": NodeChangeKind.CHANGED,
    "area_class": NodeChangeKind.CHANGED,
    "important": NodeChangeKind.CHANGED,
    "alternative_node_id": NodeChangeKind.CHANGED,
}
"""What each field's difference means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeChange:
    """One node that differs; `fields` maps each field to what it was and what it becomes."""

    node_id: str
    name: str
    kinds: tuple[NodeChangeKind, ...]
    fields: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkDifference:
    """All that differs. `missing` counts nodes in use that the file does not have."""

    changes: tuple[NodeChange, ...] = ()
    unchanged: int = 0
    missing: int = 0

    def count(self, kind: NodeChangeKind) -> int:
        """How many nodes differ in that way."""
        return self.counts[kind]

    @property
    def counts(self) -> Mapping[NodeChangeKind, int]:
        """How many nodes differ, by the way in which they do."""
        found = Counter(kind for each in self.changes for kind in each.kinds)
        return {kind: found[kind] for kind in NodeChangeKind}

    @property
    def retired(self) -> tuple[str, ...]:
        """The nodes that are taken out of use."""
        return tuple(e.node_id for e in self.changes if NodeChangeKind.RETIRED in e.kinds)


def difference(
    nodes: Iterable[NodeFacts], known: Mapping[str, NodeFacts], *, retire_missing: bool
) -> NetworkDifference:
    """From the network as it is to the one with the file's nodes in it."""
    changes: list[NodeChange] = []
    unchanged, named = 0, set()
    for node in nodes:
        named.add(node.id)
        change = _change(node, known.get(node.id))
        if change is None:
            unchanged += 1
        else:
            changes.append(change)
    missing = [known[each] for each in sorted(known) if each not in named]
    if retire_missing:
        changes += [_retired(each) for each in missing]
    return NetworkDifference(changes=tuple(changes), unchanged=unchanged, missing=len(missing))


def _change(node: NodeFacts, before: NodeFacts | None) -> NodeChange | None:
    if before is None:
        kinds: tuple[NodeChangeKind, ...] = (NodeChangeKind.ADDED,)
        return NodeChange(node_id=node.id, name=node.name, kinds=kinds, fields={})
    differing = [name for name in COMPARED if getattr(node, name) != getattr(before, name)]
    if not differing:
        return None
    return NodeChange(
        node_id=node.id,
        name=node.name,
        kinds=tuple(dict.fromkeys(COMPARED[name] for name in differing)),
        fields={
            name: (_shown(getattr(before, name)), _shown(getattr(node, name))) for name in differing
        },
    )


def _retired(node: NodeFacts) -> NodeChange:
    kinds = (NodeChangeKind.RETIRED,)
    return NodeChange(node_id=node.id, name=node.name, kinds=kinds, fields={})


def _shown(value: object) -> str:
    return "" if value is None else str(value)
