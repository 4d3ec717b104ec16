"""The one way in which raw text becomes an application: counter form, command line and import.

Every field is text, named as the columns of an import file. All problems are reported at once
(一次性告知, R-3.4), each with its field, what was expected and what to do. No field takes the
time of an event (R-5.1). Text is kept as it was written; who shows it makes it harmless.

Whether a process exists for the application (above 10 kV there is none) is decided by its
classification, not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from app.forms.fields import FieldReader, folded, foreign_fields, shown
from app.forms.id_numbers import id_number_problem
from app.forms.moments import read_day_if_any
from app.labels import CHANNELS, ID_KINDS
from engine.application import (
    APPLICANT_KINDS,
    AREA_CLASSES,
    ApplicantKind,
    ConnectionApplication,
    Contact,
    IdKind,
    IntakeChannel,
)
from engine.documents import PLAN_DOCUMENTS
from engine.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

FIELDS = {
    "external_ref": "外部编号",
    "applicant_name": "户名",
    "applicant_kind": "申请人类别",
    "id_kind": "证件类别",
    "id_number": "证件号码",
    "phone": "联系手机",
    "wechat_openid": "微信标识",
    "branch": "受理单位",
    "area_class": "区域类别",
    "address": "用电地址",
    "requested_capacity_kw": "申请容量（千瓦）",
    "existing_capacity_kw": "原有容量（千瓦）",
    "requested_voltage_kv": "申请电压（千伏）",
    "supply_sources": "电源数",
    "node_id": "供电节点",
    "channel": "受理渠道",
    "major_campaign": "三大攻坚战项目",
    "documents": "已交资料",
    "expected_energization_on": "期望送电日期",
}
"""Every field of an application with its Chinese name, in the order of the import file."""

REQUIRED_FIELDS = (
    "applicant_name",
    "applicant_kind",
    "id_number",
    "phone",
    "branch",
    "area_class",
    "address",
    "requested_capacity_kw",
)

CORRECTABLE = {
    "name": "户名",
    "phone": "联系手机",
    "address": "用电地址",
    "requested_capacity_kw": "申请容量（千瓦）",
    "expected_energization_on": "期望送电日期",
}
"""What may be corrected on an open ticket (R-5.1b), with the Chinese names."""

INTAKE_DOCUMENTS = {
    kind: name for kind, name in PLAN_DOCUMENTS.items() if kind != "completion_report"
}
"""What may be handed in with an application, and no more (R-3.1, 四(二)3)."""

NAME_LENGTH = 100
ADDRESS_LENGTH = 200
REFERENCE_LENGTH = 64
NUMBER_LENGTH = 32
MOST_KW = Decimal(1_000_000)
MOST_KV = Decimal(1_000)
MOST_SOURCES = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationForm:
    """A well-formed application with the branch it goes to and the documents that came with it."""

    application: ConnectionApplication
    branch: str
    documents: tuple[str, ...] = ()


def parse_application(
    fields: Mapping[str, str],
    *,
    known_nodes: Callable[[str], bool],
    branches: Collection[str],
) -> ApplicationForm:
    """Read an application from raw text; a field that is missing counts as empty.

    Args:
        fields: raw text by field name (see `FIELDS`); `documents` are separated by `;`.
        known_nodes: tells whether the topology has such a node.
        branches: the ids of the branches; a mapping to their names makes messages clearer.

    Raises:
        MalformedError: with every problem of every field.
    """
    read = FieldReader(fields, FIELDS)
    read.reasons += foreign_fields(fields, FIELDS)
    kind = read.choice("applicant_kind", APPLICANT_KINDS)
    id_kind, id_number = _identification(read, kind)
    application = ConnectionApplication(
        contact=Contact(
            name=read.text("applicant_name", limit=NAME_LENGTH),
            phone=read.mobile("phone"),
            wechat_openid=read.openid("wechat_openid"),
        ),
        applicant_kind=kind,
        id_kind=id_kind,
        id_number=id_number,
        address=read.text("address", limit=ADDRESS_LENGTH),
        area_class=read.choice("area_class", AREA_CLASSES),
        requested_capacity_kw=read.decimal("requested_capacity_kw", most=MOST_KW),
        existing_capacity_kw=read.decimal(
            "existing_capacity_kw", most=MOST_KW, zero=True, default=Decimal(0)
        ),
        requested_voltage_kv=_voltage(read),
        supply_sources=read.whole("supply_sources", least=1, most=MOST_SOURCES, default=1),
        node_id=_node(read, known_nodes),
        channel=read.choice("channel", CHANNELS, IntakeChannel.COUNTER),
        major_campaign=read.truth("major_campaign"),
        external_ref=read.code("external_ref", limit=REFERENCE_LENGTH, required=False),
        expected_energization_on=read_day_if_any(read, "expected_energization_on"),
    )
    form = ApplicationForm(
        application=application, branch=_branch(read, branches), documents=_documents(read)
    )
    read.refuse_if_any()
    return form


def corrected_application(
    application: ConnectionApplication, corrections: Mapping[str, str]
) -> ConnectionApplication:
    """The application with some of the fields of `CORRECTABLE` corrected.

    Raises:
        MalformedError: with every field that may not be corrected or is malformed.
    """
    read = FieldReader(corrections, CORRECTABLE)
    read.reasons += foreign_fields(corrections, CORRECTABLE)
    contact = application.contact
    if "name" in corrections:
        contact = replace(contact, name=read.text("name", limit=NAME_LENGTH))
    if "phone" in corrections:
        contact = replace(contact, phone=read.mobile("phone"))
    corrected = replace(application, contact=contact)
    if "address" in corrections:
        corrected = replace(corrected, address=read.text("address", limit=ADDRESS_LENGTH))
    if "requested_capacity_kw" in corrections:
        capacity = read.decimal("requested_capacity_kw", most=MOST_KW)
        corrected = replace(corrected, requested_capacity_kw=capacity)
    if "expected_energization_on" in corrections:
        wanted = read_day_if_any(read, "expected_energization_on")
        corrected = replace(corrected, expected_energization_on=wanted)
    read.refuse_if_any()
    return corrected


def _identification(read: FieldReader, kind: ApplicantKind) -> tuple[IdKind, str]:
    """A resident is known by its resident id, everybody else by its credit code (R-3.1)."""
    expected = IdKind.USCC if kind.is_organisation else IdKind.RESIDENT_ID
    number = read.code("id_number", limit=NUMBER_LENGTH).upper()
    if folded(read.raw("applicant_kind")).lower() != kind.value:
        return expected, number  # which number to expect is unknown, and that was said already
    given = read.choice("id_kind", ID_KINDS, expected)
    if given is not expected:
        message = f"{APPLICANT_KINDS[kind]}应使用{ID_KINDS[expected]}，不是{ID_KINDS[given]}"
        read.problem(
            "id_kind", "id_kind_mismatch", message, f"请改为 {expected.value}", "R-3.1, 四(二)3"
        )
    problem = id_number_problem(expected, number)
    if problem and not read.is_refused("id_number"):
        read.problem("id_number", "id_number_invalid", problem, "请对照证件原件核对后重新录入")
    return expected, number


def _voltage(read: FieldReader) -> Decimal | None:
    if not read.raw("requested_voltage_kv"):
        return None
    return read.decimal("requested_voltage_kv", most=MOST_KV)


def _node(read: FieldReader, known_nodes: Callable[[str], bool]) -> str:
    node_id = read.code("node_id", limit=REFERENCE_LENGTH, required=False)
    if node_id and not known_nodes(node_id):
        read.problem(
            "node_id",
            "unknown_node",
            f"供电节点“{shown(node_id)}”不在电网拓扑中",
            "请核对台区或线路编号；尚未确定的可留空",
        )
    return node_id


def _branch(read: FieldReader, branches: Collection[str]) -> str:
    branch = folded(read.raw("branch")).lower()
    if branch not in branches:
        names = branches if isinstance(branches, Mapping) else dict.fromkeys(branches, "")
        read.not_among("branch", names)
    return branch


def _documents(read: FieldReader) -> tuple[str, ...]:
    kinds = [part.strip().lower() for part in folded(read.raw("documents")).split(";")]
    handed_in = tuple(dict.fromkeys(kind for kind in kinds if kind))
    if "completion_report" in handed_in:
        read.problem(
            "documents",
            "document_too_early",
            "竣工报告（含竣工图纸）不在受理环节收取",
            "请在竣工报验时提交",
            "R-3.1, 四(二)3",
        )
    unknown = [
        kind for kind in handed_in if kind not in INTAKE_DOCUMENTS and kind != "completion_report"
    ]
    if unknown:
        read.reasons.append(
            Reason(
                code="unknown_document_kind",
                field="documents",
                message=f"未知的资料种类：{'、'.join(shown(kind) for kind in unknown)}",
                clause="R-3.1, 四(二)3",
                remedy="多种之间用分号隔开，可选",
                options=tuple(INTAKE_DOCUMENTS.items()),
            )
        )
    return handed_in
