"""The network from a file: checked as a whole, brought in as a difference, kept with its history.

    network.bring_in(content, actor=..., retire_missing=False, dry_run=False) -> NetworkReport

What is moved is moved from this instant on: an outage of last month finds it on its old place.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.authorization import Action, authorize, authorize_company_wide
from app.imports.csv_file import read_table
from app.imports.network_difference import NetworkDifference, difference
from app.imports.ownership import Owners, refuse_foreign, way_up
from app.imports.topology_file import NODE_FIELDS, REQUIRED_NODE_FIELDS, read_nodes
from app.streams import ADMINISTRATION
from engine.errors import ConflictError, Reason, RefusedError
from engine.ledger import LedgerDraft

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from app.clock import Clock
    from app.imports.report import RefusedRow
    from app.imports.topology_file import Node
    from app.ports.imports import ImportDatabase, ImportWork, NodeFacts
    from engine.ticket import Actor

MOST_NAMED = 20
"""So many nodes are named in a refusal; the rest are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkReport:
    """What a file changes, or everything that is wrong with it."""

    refused: tuple[RefusedRow, ...] = ()
    difference: NetworkDifference = field(default_factory=NetworkDifference)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changes:
    """What a file makes of the network, as it was when it was last changed at `seen`."""

    nodes: Sequence[Node]
    known: Mapping[str, NodeFacts]
    found: NetworkDifference
    seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkImport:
    """Takes in files of the network (R-7.1)."""

    database: ImportDatabase
    clock: Clock

    def bring_in(
        self, content: bytes, *, actor: Actor, retire_missing: bool = False, dry_run: bool = False
    ) -> NetworkReport:
        """Add, move, rename, change and, where that is asked for, retire nodes; all or none.

        With `retire_missing` the file is the whole network: what it does not name is taken out of
        use, and nothing in it may refer to that.

        Who is of one branch brings in its own nodes and nobody's; the whole network is the
        company's business.

        Raises:
            MalformedError: the file is no table of nodes.
            RefusedError: the actor may not import, a node is another branch's, or one that would
                be retired has an outage or lies below one.
        """
        if retire_missing:
            authorize_company_wide(actor, Action.IMPORT)
        else:
            authorize(actor, Action.IMPORT)
        table = read_table(content, NODE_FIELDS, REQUIRED_NODE_FIELDS)
        with self.database.reading() as work:
            seen = work.topology.changed_at()
            known = {each.id: each for each in work.topology.nodes()}
            covered = work.grid.covered()
        nodes, refused = read_nodes(table.rows, {} if retire_missing else known)
        problems = sorted([*table.problems, *refused], key=lambda each: each.line)
        if problems:
            return NetworkReport(refused=tuple(problems))
        found = difference(nodes, known, retire_missing=retire_missing)
        _refuse_foreign(covered, nodes, known, found, actor)
        with self.database.reading() as work:
            _refuse_busy(work, found.retired, known)
        if found.changes and not dry_run:
            changes = _Changes(nodes=nodes, known=known, found=found, seen=seen)
            self._keep(changes, _entry(content, found), actor)
        return NetworkReport(difference=found)

    def _keep(self, changes: _Changes, entry: LedgerDraft, actor: Actor) -> None:
        """Put in what differs, unless others have changed the network since it was looked at."""
        found, now = changes.found, self.clock()
        at = max(now, changes.seen)
        # Whoever holds a node that stays as it is, for an outage, is not waited for.
        changed = {each.node_id for each in found.changes}
        with self.database.writing() as work:
            work.topology.hold(at)
            if work.topology.changed_at() != changes.seen:
                raise _changed_meanwhile()
            above = _with_ways_up(found.retired, changes.known)
            work.outages.hold(sorted(changed | above))  # in their order, not in that of the file
            # Again: an outage that was just being announced there is seen now.
            _refuse_busy(work, found.retired, changes.known)
            work.topology.put_nodes([each for each in changes.nodes if each.id in changed], at)
            work.topology.retire(found.retired, at)
            work.ledger.append(ADMINISTRATION, entry, actor, now)
            work.commit()


def _changed_meanwhile() -> ConflictError:
    return ConflictError(
        Reason(
            code="network_changed",
            message="核对文件期间，电网台账已被他人修改，本次未导入任何内容",
            clause="R-7.1",
            remedy="请重新导入，系统将按修改后的台账核对",
        )
    )


def _refuse_foreign(
    covered: Mapping[str, str],
    nodes: Sequence[Node],
    known: Mapping[str, NodeFacts],
    found: NetworkDifference,
    actor: Actor,
) -> None:
    after = {**known, **{each.id: each for each in nodes}}
    touched = [each.node_id for each in found.changes]
    refuse_foreign(touched, (Owners(known, covered), Owners(after, covered)), actor)


def _with_ways_up(node_ids: Sequence[str], known: Mapping[str, NodeFacts]) -> set[str]:
    return {each for node_id in node_ids for each in way_up(node_id, known)}


def _refuse_busy(work: ImportWork, retired: Sequence[str], known: Mapping[str, NodeFacts]) -> None:
    """A node stays while it, or something above it, is out: who is out is found by way of it."""
    if not retired:
        return
    standing = work.outages.busy_nodes(sorted(_with_ways_up(retired, known)))
    busy = {
        node_id: standing[nearest]
        for node_id in retired
        if (nearest := next((each for each in way_up(node_id, known) if each in standing), None))
    }
    if not busy:
        return
    named = [
        Reason(
            code="node_has_outage",
            field="node_id",
            message=f"节点“{node_id}”涉及未结束的停电 {ticket_no}，不能停用",
            clause="R-7.1",
            remedy="请先恢复送电或取消该停电，或在文件中保留此节点",
        )
        for node_id, ticket_no in sorted(busy.items())[:MOST_NAMED]
    ]
    more = len(busy) - MOST_NAMED
    if more > 0:
        named.append(Reason(code="node_has_outage", message=f"另有 {more} 个节点同样不能停用"))
    raise RefusedError(named)


def _entry(content: bytes, found: NetworkDifference) -> LedgerDraft:
    details = {
        "file_sha256": hashlib.sha256(content).hexdigest(),
        **{str(kind): count for kind, count in found.counts.items()},
        "unchanged": found.unchanged,
    }
    return LedgerDraft(action="import_topology", source_state="", target_state="", details=details)
