"""Reads the applications that a simulation is about, and the network they may lie in.

The rows go through the same form as those of an import; what is wrong with a row is reported by
line, and the others are played.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.forms.application_form import FIELDS, parse_application
from app.imports.csv_file import read_table
from app.imports.report import RefusedRow
from app.imports.service import REQUIRED_APPLICATION_FIELDS
from engine.errors import MalformedError, Reason, RefusedError
from engine.ticket import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.bootstrap import Application
    from app.forms.application_form import ApplicationForm

WITHOUT_NETWORK = "未提供电网拓扑（--topology），申请中的供电节点一律留空"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An application that is going to arrive; `name` is its external number."""

    name: str
    line: int
    form: ApplicationForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """The applications of a file, the rows that cannot be one, and what to know about them."""

    expected: tuple[Arrival, ...]
    refused: tuple[RefusedRow, ...]
    notes: tuple[str, ...]


def read_arrivals(application: Application, content: bytes) -> Arrivals:
    """The applications of a file.

    Raises:
        MalformedError: the file is no table of applications, or a column does not belong in it.
    """
    table = read_table(content, FIELDS, REQUIRED_APPLICATION_FIELDS)
    _refuse_any(table.header_problems)
    branches = {each.id: each.name for each in application.organisation.branches()}
    refused = list(table.row_problems)
    expected: dict[str, Arrival] = {}
    with application.database.reading() as work:
        has_network = any(True for _ in work.topology.nodes())
        for row in table.rows:
            fields = dict(row.fields) if has_network else {**row.fields, "node_id": ""}
            try:
                form = parse_application(fields, known_nodes=work.topology.knows, branches=branches)
                name = _new_name(form.application.external_ref, expected)
            except MalformedError as error:
                refused += [RefusedRow(line=row.line, reason=reason) for reason in error.reasons]
            else:
                expected[name] = Arrival(name=name, line=row.line, form=form)
    without = () if has_network else (WITHOUT_NETWORK,)
    return Arrivals(expected=tuple(expected.values()), refused=tuple(refused), notes=without)


def _new_name(external_ref: str, known: Mapping[str, Arrival]) -> str:
    """The number that tells an application from all others, as an import needs it too."""
    if external_ref and external_ref not in known:
        return external_ref
    twice = f"与第 {known[external_ref].line} 行重复" if external_ref else "不能为空"
    raise MalformedError(
        Reason(
            code="reference_not_unique",
            field="external_ref",
            message=f"外部编号{twice}",
            remedy="请填写来源系统中的唯一编号",
        )
    )


def lay_network(application: Application, content: bytes) -> None:
    """Import the network.

    Raises:
        RefusedError: naming every bad row.
    """
    _refuse_any(application.imports.topology(content, actor=SYSTEM).refused)


def _refuse_any(rows: Iterable[RefusedRow]) -> None:
    reasons = [
        Reason(
            code="bad_row",
            field=each.field,
            message=f"第 {each.line} 行：{each.problem}",
            remedy="请更正文件后重试",
        )
        for each in rows
    ]
    if reasons:
        raise RefusedError(reasons)
