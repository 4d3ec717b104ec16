"""Imports of applications, of the network and of customers from CSV files.

Every bad row is named by line, field and problem, all at once. A file goes in whole or not at all;
applications may also go in row by row. The same file twice changes nothing. No column takes the
time of an event (R-5.1).

    imports.applications(content, actor=..., dry_run=False, all_or_nothing=True) -> ImportReport
    imports.topology(content, actor=..., dry_run=False) -> ImportReport
    imports.customers(content, actor=..., dry_run=False) -> ImportReport
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.forms.application_form import FIELDS, REQUIRED_FIELDS, parse_application
from app.forms.fields import shown
from app.imports.csv_file import read_table
from app.imports.customer_file import CUSTOMER_FIELDS, REQUIRED_CUSTOMER_FIELDS, read_customers
from app.imports.ownership import Owners, refuse_foreign
from app.imports.report import ImportReport, RefusedRow, RowNote
from app.streams import ADMINISTRATION
from engine.errors import HuodianError, IntegrityError, MalformedError, Reason
from engine.ledger import LedgerDraft
from engine.ticket import Act

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.clock import Clock
    from app.forms.application_form import ApplicationForm
    from app.imports.csv_file import CsvRow, CsvTable
    from app.imports.customer_file import Customer
    from app.imports.network import NetworkImport
    from app.ports.imports import ImportDatabase, ImportWork, PutCounts, Submitting
    from engine.ticket import Actor

__all__ = ["ImportReport", "ImportService", "RefusedRow", "RowNote"]

REQUIRED_APPLICATION_FIELDS = ("external_ref", *REQUIRED_FIELDS)
COLUMN_OF_REASON = {"kind": "documents"}
"""Fields that later checks call otherwise than the file does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What became of one good row."""

    is_new: bool
    note: str = ""


@dataclass(slots=True, kw_only=True)
class _Tally:
    """What has become of the rows so far."""

    refused: list[RefusedRow]
    accepted: int = 0
    unchanged: int = 0
    notes: list[RowNote] = field(default_factory=list)

    def add(self, line: int, outcome: _Outcome) -> None:
        if outcome.is_new:
            self.accepted += 1
        else:
            self.unchanged += 1
        if outcome.note:
            self.notes.append(RowNote(line=line, note=outcome.note))

    def refuse(self, line: int, error: HuodianError) -> None:
        if isinstance(error, IntegrityError):
            raise error  # a broken ledger is nobody's bad row
        for reason in error.reasons:
            column = COLUMN_OF_REASON.get(reason.field, reason.field)
            self.refused.append(RefusedRow(line=line, reason=replace(reason, field=column)))

    def report(self, *, all_or_nothing: bool) -> ImportReport:
        withheld = all_or_nothing and bool(self.refused)
        return ImportReport(
            accepted=0 if withheld else self.accepted,
            unchanged=self.unchanged,
            refused=_in_order(self.refused),
            notes=tuple(self.notes),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportService:
    """Takes in files. A trial run (`dry_run`) does everything but keep it."""

    database: ImportDatabase
    tickets: Submitting
    network: NetworkImport
    clock: Clock

    def applications(
        self, content: bytes, *, actor: Actor, dry_run: bool = False, all_or_nothing: bool = True
    ) -> ImportReport:
        """Submit every application of a file; `external_ref` tells those that are known already.

        Raises:
            MalformedError: the file is no table of applications.
            RefusedError: the actor may not import, or not submit.
        """
        authorize(actor, Action.IMPORT)
        authorize(actor, Action.SUBMIT)
        table = read_table(content, FIELDS, REQUIRED_APPLICATION_FIELDS)
        act = Act(actor=actor, at=self.clock())
        if all_or_nothing or dry_run or table.header_problems:
            all_or_nothing = all_or_nothing or bool(table.header_problems)
            return self._together(table, act, dry_run=dry_run, all_or_nothing=all_or_nothing)
        return self._row_by_row(table, act)

    def topology(self, content: bytes, *, actor: Actor, dry_run: bool = False) -> ImportReport:
        """Add or replace nodes of the network, all or none (R-7.1).

        Raises:
            MalformedError: the file is no table of nodes.
            RefusedError: the actor may not import.
        """
        report = self.network.bring_in(content, actor=actor, dry_run=dry_run)
        found = report.difference
        return ImportReport(
            accepted=len(found.changes), unchanged=found.unchanged, refused=report.refused
        )

    def customers(self, content: bytes, *, actor: Actor, dry_run: bool = False) -> ImportReport:
        """Add or replace customers, all or none.

        Raises:
            MalformedError: the file is no table of customers.
            RefusedError: the actor may not import, or a point is another branch's.
        """
        authorize(actor, Action.IMPORT)
        table = read_table(content, CUSTOMER_FIELDS, REQUIRED_CUSTOMER_FIELDS)
        with self.database.reading() as work:
            kinds = {each.id: each.kind for each in work.topology.nodes()}
        customers, refused = read_customers(table.rows, kinds)
        problems = _in_order([*table.problems, *refused])
        if problems:
            return ImportReport(refused=problems)
        with self.database.writing() as work:
            _refuse_foreign_customers(work, customers, actor)
            report = _counted(work.topology.put_customers(customers, self.clock()))
            self._keep(work, "import_customers", content, report, actor, dry_run=dry_run)
        return report

    # --- parts of the above --------------------------------------------------------------------

    def _together(
        self, table: CsvTable, act: Act, *, dry_run: bool, all_or_nothing: bool
    ) -> ImportReport:
        """All rows in one transaction, which is kept only if none was refused."""
        tally = _Tally(refused=list(table.problems))
        with self.database.writing() as work:
            for line, form in _forms(work, table.rows, tally):
                try:
                    tally.add(line, self._take(work, form, act))
                except HuodianError as error:
                    tally.refuse(line, error)
            if tally.accepted and not tally.refused and not dry_run:
                work.commit()
        return tally.report(all_or_nothing=all_or_nothing)

    def _row_by_row(self, table: CsvTable, act: Act) -> ImportReport:
        """Each row in a transaction of its own: the good ones stay, whatever the others are."""
        tally = _Tally(refused=list(table.problems))
        with self.database.reading() as work:
            forms = _forms(work, table.rows, tally)
        for line, form in forms:
            try:
                with self.database.writing() as work:
                    outcome = self._take(work, form, act)
                    work.commit()
            except HuodianError as error:
                tally.refuse(line, error)
            else:
                tally.add(line, outcome)
        return tally.report(all_or_nothing=False)

    def _take(self, work: ImportWork, form: ApplicationForm, act: Act) -> _Outcome:
        """Submit one application, unless a ticket has its external number already."""
        authorize(act.actor, Action.SUBMIT, branch=form.branch)
        reference = form.application.external_ref
        ticket = work.tickets.find_by_external_ref(reference)
        if ticket is None:
            self.tickets.submit_in(work, form, act)
            return _Outcome(is_new=True)
        if ticket.branch != form.branch:
            raise MalformedError(
                Reason(
                    code="reference_taken",
                    field="external_ref",
                    message=f"外部编号“{shown(reference)}”已被其他单位的工单使用",
                    remedy="请核对受理单位和外部编号",
                )
            )
        if ticket.request == form.application:
            return _Outcome(is_new=False)
        note = (
            f"外部编号“{shown(reference)}”已受理为工单 {ticket.ticket_no}，现有内容与本行不同；"
            "导入不修改已有工单，如需修改请办理更正"
        )
        return _Outcome(is_new=False, note=note)

    def _keep(  # noqa: PLR0913  (what the entry tells)
        self,
        work: ImportWork,
        action: str,
        content: bytes,
        report: ImportReport,
        actor: Actor,
        *,
        dry_run: bool,
    ) -> None:
        """Commit a file that changed anything, with one entry: its hash and its counts."""
        if dry_run or not report.accepted:
            return
        details = {
            "file_sha256": hashlib.sha256(content).hexdigest(),
            "accepted": report.accepted,
            "unchanged": report.unchanged,
        }
        draft = LedgerDraft(action=action, source_state="", target_state="", details=details)
        work.ledger.append(ADMINISTRATION, draft, actor, self.clock())
        work.commit()


def _refuse_foreign_customers(
    work: ImportWork, customers: Sequence[Customer], actor: Actor
) -> None:
    """People of a branch say who is behind its own points, and take nobody away from another's."""
    if not actor.branch:
        return
    named = {each.customer_no for each in customers}
    stood = {each.node_id for each in work.topology.customers() if each.customer_no in named}
    nodes = {each.id: each for each in work.topology.nodes()}
    touched = {*stood, *(each.node_id for each in customers)}
    refuse_foreign(touched, (Owners(nodes, work.grid.covered()),), actor)


def _forms(
    work: ImportWork, rows: Sequence[CsvRow], tally: _Tally
) -> list[tuple[int, ApplicationForm]]:
    """The well-formed rows with their lines; what is wrong with the others goes into the tally."""
    branches = {each.id: each.name for each in work.grid.branches()}
    lines: dict[str, int] = {}
    forms = []
    for row in rows:
        reasons = _reference_problems(row, lines)
        try:
            form = parse_application(row.fields, known_nodes=work.topology.knows, branches=branches)
        except MalformedError as error:
            reasons += error.reasons
        else:
            if not reasons:
                forms.append((row.line, form))
        tally.refused += [RefusedRow(line=row.line, reason=reason) for reason in reasons]
    return forms


def _reference_problems(row: CsvRow, lines: dict[str, int]) -> list[Reason]:
    """An import needs the other system's number: it tells a row that is known already."""
    reference = row.fields.get("external_ref", "").strip()
    if not reference:
        message, remedy = "外部编号不能为空", "请填写来源系统中的唯一编号，用于识别重复导入"
        return [Reason(code="required", field="external_ref", message=message, remedy=remedy)]
    first = lines.setdefault(reference, row.line)
    if first == row.line:
        return []
    message = f"外部编号“{shown(reference)}”与第{first}行重复"
    return [
        Reason(code="twice", field="external_ref", message=message, remedy="每个外部编号只保留一行")
    ]


def _in_order(problems: Iterable[RefusedRow]) -> tuple[RefusedRow, ...]:
    return tuple(sorted(problems, key=lambda each: each.line))


def _counted(counts: PutCounts) -> ImportReport:
    return ImportReport(accepted=counts.added + counts.changed, unchanged=counts.unchanged)
