"""Takes in load readings, from a file or row by row from another program (R-9.1).

All rows are checked first and told at once; they go in together or not at all. The same readings
again change nothing.

    loads.import_file(content, actor=..., dry_run=False) -> ImportReport
    loads.record(rows, actor=..., token_id=7)            -> ImportReport     rows of text by field
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.fields import foreign_fields
from app.imports.csv_file import CsvRow, read_table
from app.imports.load_file import (
    LOAD_FIELDS,
    REQUIRED_LOAD_FIELDS,
    Measuring,
    notes_on,
    read_loads,
)
from app.imports.report import ImportReport, RefusedRow
from app.streams import READINESS
from engine.ledger import LedgerDraft
from engine.ticket import Act

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.clock import Clock
    from app.ports.readiness import GridDatabase
    from engine.ticket import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadService:
    """Takes in readings. A trial run (`dry_run`) does everything but keep them."""

    database: GridDatabase
    clock: Clock

    def import_file(self, content: bytes, *, actor: Actor, dry_run: bool = False) -> ImportReport:
        """Take in a CSV file with the columns of `LOAD_FIELDS`.

        Raises:
            MalformedError: the file is no table of readings.
            RefusedError: the actor may not.
        """
        authorize(actor, Action.RECORD_LOADS)
        table = read_table(content, LOAD_FIELDS, REQUIRED_LOAD_FIELDS)
        act = Act(actor=actor, at=self.clock())
        source = {"sha256": hashlib.sha256(content).hexdigest()}
        return self._take(table.rows, table.problems, source, act, dry_run=dry_run)

    def record(
        self,
        rows: Sequence[Mapping[str, str]],
        *,
        actor: Actor,
        token_id: int,
        dry_run: bool = False,
    ) -> ImportReport:
        """Take in rows of text by field; the first row counts as line 1.

        Args:
            rows: what another program sent.
            actor: whom that program acts as.
            token_id: the token that it showed; the ledger keeps it beside the actor.
            dry_run: keep nothing.

        Raises:
            RefusedError: the actor may not.
        """
        authorize(actor, Action.RECORD_LOADS)
        numbered = [CsvRow(line=line, fields=row) for line, row in enumerate(rows, start=1)]
        problems = [
            RefusedRow(line=row.line, reason=reason)
            for row in numbered
            for reason in foreign_fields(row.fields, LOAD_FIELDS)
        ]
        digest = hashlib.sha256(json.dumps([dict(row) for row in rows]).encode()).hexdigest()
        source = {"sha256": digest, "token": token_id}
        act = Act(actor=actor, at=self.clock())
        return self._take(numbered, problems, source, act, dry_run=dry_run)

    def _take(
        self,
        rows: Sequence[CsvRow],
        problems: Sequence[RefusedRow],
        source: Mapping[str, object],
        act: Act,
        *,
        dry_run: bool,
    ) -> ImportReport:
        with self.database.reading() as work:
            areas = {each.id: each for each in work.grid_areas.areas()}
        against = Measuring(areas=areas, at=act.at, branch=act.actor.branch)
        readings, refused = read_loads(rows, against)
        wrong = sorted([*problems, *refused], key=lambda each: each.line)
        if wrong:
            return ImportReport(refused=tuple(wrong))
        with self.database.writing() as work:
            counts = work.load_readings.put(readings)
            report = ImportReport(
                accepted=counts.added + counts.changed,
                unchanged=counts.unchanged,
                notes=notes_on(rows, readings, areas),
            )
            if report.accepted and not dry_run:
                details = {
                    **source,
                    "added": counts.added,
                    "corrected": counts.changed,
                    "unchanged": counts.unchanged,
                }
                draft = LedgerDraft(action="import_loads", details=details)
                work.ledger.append(READINESS, draft, act.actor, act.at)
                work.commit()
        return report
