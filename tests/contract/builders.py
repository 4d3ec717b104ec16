"""Small values for the contract tests; every one may be varied by keyword."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

from engine.application import (
    ApplicantKind,
    AreaClass,
    ConnectionApplication,
    Contact,
    CustomerType,
    IdKind,
    InvestmentBoundary,
    ServiceScheme,
)
from engine.ledger import LedgerDraft
from engine.standing import TicketStanding
from engine.ticket import (
    Actor,
    Agreement,
    Classification,
    DocumentRecord,
    DocumentSource,
    Flag,
    FlagCode,
    ManagerPair,
    Pause,
    PauseCause,
    Promise,
    Role,
    StageRun,
    StoredFile,
    Ticket,
)
from notifications.message import Audience, Channel, Message, MessageKind, SharedNotice
from storage.topology import Node

if TYPE_CHECKING:
    from storage.database import Database

AT = datetime(2021, 9, 6, 1, 30, tzinfo=UTC)
OPERATOR = Actor(
    user_id="operator", name="受理员", roles=frozenset({Role.OPERATOR}), branch="tengchong"
)
DRAFT = LedgerDraft(action="submit", target_state="submitted")

_numbers = count(1)


def an_application(**changes: Any) -> ConnectionApplication:
    application = ConnectionApplication(
        contact=Contact(name="陈水", phone="13000000001"),
        applicant_kind=ApplicantKind.RESIDENT,
        id_kind=IdKind.RESIDENT_ID,
        id_number="530502200310082006",
        address="示例路28号",
        area_class=AreaClass.TOWN,
        requested_capacity_kw=Decimal("4.50"),
    )
    return replace(application, **changes)


def a_ticket(**changes: Any) -> Ticket:
    ticket = Ticket(
        ticket_no=f"TC-20210906-{next(_numbers):04}",
        branch="tengchong",
        definition_id="lv_resident",
        definition_version=1,
        request=an_application(),
        state="submitted",
        entered_at=AT,
        submitted_at=AT,
    )
    return replace(ticket, **changes)


def a_full_ticket() -> Ticket:
    """A ticket in which nothing is left out."""
    return a_ticket(
        classification=Classification(
            customer_type=CustomerType.LV_RESIDENT,
            service_scheme=ServiceScheme.THREE_ZERO,
            investment_boundary=InvestmentBoundary.EXTENDED,
            definition_id="lv_resident",
            reasons=("居民客户适用三零服务（R-4.1）",),
        ),
        boundary=InvestmentBoundary.EXTENDED,
        managers=ManagerPair(project_manager="pm", account_manager="am"),
        documents=(
            DocumentRecord(
                number=1,
                kind="identity",
                source=DocumentSource.COUNTER,
                received_at=AT,
                received_by="operator",
                expires_on=date(2031, 9, 6),
                file=StoredFile(
                    sha256="ab" * 32, name="a.pdf", media_type="application/pdf", size=3
                ),
            ),
        ),
        deferred=("property_proof",),
        stage_runs=(
            StageRun(
                stage_id="intake",
                started_at=AT,
                pauses=(
                    Pause(
                        suspended_at=AT,
                        cause=PauseCause.EXTERNAL_LINE,
                        evidence="外线施工许可",
                        explicit=True,
                    ),
                ),
                promises=(Promise(due_on=date(2021, 9, 7), provisional=False, made_at=AT),),
            ),
        ),
        end_to_end_started_at=AT,
        passed_checkpoints=("intake",),
        flags=(Flag(code=FlagCode.RESTARTED, note="疑似重走流程"),),
        linked_to="TC-20210801-0001",
        agreements=(
            Agreement(
                definition_ref="lv_resident@2",
                evidence="客户同意书第5号",
                recorded_at=AT,
                recorded_by="operator",
            ),
        ),
    )


def a_standing(**changes: Any) -> TicketStanding:
    """Pressed by what is due, unless told otherwise."""
    changes.setdefault("pressing_at", changes.get("due_at"))
    standing = TicketStanding(
        stage_id="intake",
        due_at=None,
        pressing_at=None,
        next_rung_at=None,
        ending=None,
        calendar_version="v1",
    )
    return replace(standing, **changes)


def a_message(**changes: Any) -> Message:
    number = next(_numbers)
    message = Message(
        id=f"message-{number:06}",
        dedupe_key=f"key-{number:06}",
        kind=MessageKind.NOTICE,
        template_key="submitted",
        template_version=1,
        text="您的用电申请已收到",
        channel=Channel.SMS,
        audience=Audience.CUSTOMER,
        recipient="陈水",
        address="13000000001",
        created_at=AT,
        not_before=AT,
        params={"name": "陈水"},
    )
    return replace(message, **changes)


def a_notice(**changes: Any) -> SharedNotice:
    number = next(_numbers)
    notice = SharedNotice(
        id=f"notice-{number:06}",
        kind=MessageKind.OUTAGE,
        template_key="outage_planned",
        template_version=1,
        params={"area": "和畅台区"},
        text="和畅台区停电",
        created_at=AT,
    )
    return replace(notice, **changes)


def stored(database: Database, ticket: Ticket | None = None, **standing: Any) -> Ticket:
    """A ticket that is in the database."""
    with database.writing() as work:
        ticket = ticket or a_ticket()
        kept = work.tickets.add(
            ticket,
            DRAFT,
            actor=OPERATOR,
            at=AT,
            standing=a_standing(**standing),
            progress_token=f"token-{ticket.ticket_no}",
        )
        work.commit()
    return kept


def changed(database: Database, ticket_no: str, times: int = 1, **standing: Any) -> Ticket:
    """The ticket after so many further entries."""
    for number in range(times):
        with database.writing() as work:
            ticket = work.tickets.get(ticket_no)
            at = AT + timedelta(minutes=number + 1)
            ticket = work.tickets.save(
                replace(ticket, entered_at=at),
                LedgerDraft(action="note", details={"number": number}),
                actor=OPERATOR,
                at=at,
                standing=a_standing(**standing),
            )
            work.commit()
    return ticket


def a_node(node_id: str, parent: str | None, kind: str = "feeder") -> Node:
    return Node(
        id=node_id,
        kind=kind,
        parent_id=parent,
        name=f"{node_id}线",
        rated_kva=None,
        contract_kw=None,
        area_class="",
        important=False,
        alternative_node_id=None,
    )


NETWORK = [
    a_node("P1", "T1", "service_point"),
    replace(a_node("T1", "F1", "transformer_area"), rated_kva=Decimal("160.50")),
    a_node("F1", "S1"),
    a_node("S1", None, "substation"),
]
