"""What screens are made of: masks, the state of a clock in words, the ledger in sentences."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest

from app.labels import (
    CHANNELS,
    CHECKPOINTS,
    CUSTOMER_TYPES,
    FLAGS,
    MESSAGE_STATES,
    SCHEMES,
    YEAR_STATUSES,
)
from app.masking import masked_id_number, masked_name, masked_phone
from app.reading.clock_view import ClockState, clock_view, clocks_of, most_urgent
from app.reading.document_view import DocumentState, document_list, missing_count
from app.reading.history import Narrator, narrate
from app.reading.worklist import Cursor
from app.trip.recording import event_details
from engine import events
from engine.application import (
    APPLICANT_KINDS,
    AREA_CLASSES,
    ApplicantKind,
    AreaClass,
    CustomerType,
    IntakeChannel,
    ServiceScheme,
)
from engine.calendar_year import YearStatus
from engine.clocks import Clock, ClockKind, PauseDays
from engine.definition import Checkpoint
from engine.ledger import LedgerDraft, LedgerHead, seal
from engine.ticket import DocumentStatus, Flag, FlagCode, ManagerPair, PauseCause, Ticket
from notifications.message import MessageState
from tests.builders import CALENDAR, EVERYBODY, a_document, a_ticket, instant
from tests.unit.engine.definitions import HV_SINGLE, LV_THREE_ZERO

NAMES = {"u-project": "顾长林", "u-account": "白若溪"}
AT = datetime(2021, 9, 6, 2, 0, tzinfo=UTC)


# --- masks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("masked", "shown"),
    [
        (masked_phone("13812345521"), "138****5521"),
        (masked_phone("08752123456"), "087****3456"),
        (masked_phone("2123456"), "***3456"),
        (masked_phone("12"), "12"),
        (masked_phone(""), ""),
        (masked_id_number("530502200310082006"), "530***********2006"),
        (masked_id_number("1234567"), "*******"),
        (masked_id_number(""), ""),
        (masked_name("陈晓"), "陈*"),
        (masked_name(""), ""),
    ],
)
def test_masks_leave_what_is_needed_to_recognise_and_no_more(masked: str, shown: str) -> None:
    assert masked == shown


@pytest.mark.parametrize(
    ("names", "values"),
    [
        (APPLICANT_KINDS, ApplicantKind),
        (AREA_CLASSES, AreaClass),
        (CHANNELS, IntakeChannel),
        (CHECKPOINTS, Checkpoint),
        (CUSTOMER_TYPES, CustomerType),
        (FLAGS, FlagCode),
        (MESSAGE_STATES, MessageState),
        (SCHEMES, ServiceScheme),
        (YEAR_STATUSES, YearStatus),
    ],
)
def test_every_value_has_a_chinese_name_of_its_own(names: dict[Any, str], values: Any) -> None:
    assert set(names) == set(values)
    assert len(set(names.values())) == len(names)


# --- clocks -------------------------------------------------------------------------------------


def a_clock(**facts: Any) -> Clock:
    """Four working days from Monday 2021-09-06, so due on Friday 2021-09-10."""
    return Clock(
        **{
            "kind": ClockKind.STAGE,
            "stage_id": LV_THREE_ZERO.stages[-1].id,
            "limit_days": 4,
            "started_on": date(2021, 9, 6),
        }
        | facts
    )


PAUSED = (
    PauseDays(from_at=instant("2021-09-07 10:00"), to_on=None, cause=PauseCause.EXTERNAL_LINE),
)


@pytest.mark.parametrize(
    ("clock", "when", "state", "words"),
    [
        (a_clock(), "2021-09-06 10:00", ClockState.RUNNING, "剩 4 个工作日"),
        (a_clock(), "2021-09-09 23:59", ClockState.RUNNING, "剩 1 个工作日"),
        (a_clock(), "2021-09-10 00:00", ClockState.DUE_TODAY, "今日到期"),
        (a_clock(), "2021-09-10 23:59", ClockState.DUE_TODAY, "今日到期"),
        (a_clock(), "2021-09-11 00:00", ClockState.OVERDUE, "超时不足 1 个工作日"),
        (a_clock(), "2021-09-13 00:00", ClockState.OVERDUE, "超时 1 个工作日"),
        (a_clock(started_on=None), "2021-09-10 00:00", ClockState.NOT_STARTED, "未起算"),
        (a_clock(limit_days=None), "2021-09-10 00:00", ClockState.UNLIMITED, "无时限"),
        (a_clock(pauses=PAUSED), "2021-09-30 00:00", ClockState.STOPPED, "暂停计时"),
        (
            a_clock(ended_at=instant("2021-09-10 23:59")),
            "2021-10-30 00:00",
            ClockState.ENDED_IN_TIME,
            "按时办结",
        ),
        (
            a_clock(ended_at=instant("2021-09-11 00:00")),
            "2021-10-30 00:00",
            ClockState.ENDED_LATE,
            "超时办结",
        ),
    ],
)
def test_a_clock_is_in_one_state_and_says_so_in_words(
    clock: Clock, when: str, state: ClockState, words: str
) -> None:
    view = clock_view(clock, LV_THREE_ZERO, CALENDAR, instant(when))
    assert (view.state, view.remaining_text) == (state, words)


def test_a_stopped_clock_says_why_and_a_date_in_an_unknown_year_is_provisional() -> None:
    stopped = clock_view(a_clock(pauses=PAUSED), LV_THREE_ZERO, CALENDAR, AT)
    assert stopped.note == "暂停原因：外线工程施工"
    far = a_clock(started_on=date(2026, 12, 31))
    view = clock_view(far, LV_THREE_ZERO, CALENDAR, instant("2026-12-31 10:00"))
    assert view.provisional


def test_the_most_urgent_clock_speaks_for_the_ticket() -> None:
    clocks = [a_clock(limit_days=9), a_clock(limit_days=3), a_clock(limit_days=None)]
    views = tuple(clock_view(each, LV_THREE_ZERO, CALENDAR, AT) for each in clocks)
    assert most_urgent(views).limit_days == 3


def test_a_ticket_that_never_started_still_has_clocks_to_show() -> None:
    kinds = [clock.kind for clock in clocks_of(a_ticket(), LV_THREE_ZERO)]
    assert kinds == [ClockKind.HANDLING, ClockKind.END_TO_END]


# --- documents ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, DocumentState.PENDING),
        ({"status": DocumentStatus.VERIFIED}, DocumentState.VERIFIED),
        ({"status": DocumentStatus.REJECTED, "note": "模糊"}, DocumentState.REJECTED),
        ({"expires_on": date(2021, 9, 5)}, DocumentState.EXPIRED),
        ({"expires_on": date(2021, 9, 6)}, DocumentState.PENDING),
    ],
)
def test_a_requirement_is_as_good_as_its_best_paper(
    facts: dict[str, Any], state: DocumentState
) -> None:
    ticket = a_ticket(documents=(a_document("business_licence", **facts),))
    on = date(2021, 9, 6)
    shown = document_list(ticket, LV_THREE_ZERO, NAMES, on)
    assert shown[0].state is state
    assert missing_count(ticket, LV_THREE_ZERO, on) == sum(each.is_outstanding for each in shown)


def test_deferred_and_missing_are_told_apart() -> None:
    ticket = a_ticket(deferred=("property_proof",))
    states = {
        each.id: each.state for each in document_list(ticket, LV_THREE_ZERO, NAMES, AT.date())
    }
    assert states["property_proof"] is DocumentState.DEFERRED
    assert DocumentState.MISSING in states.values()


def test_nobody_asks_for_the_completion_report_before_its_stage() -> None:
    on = AT.date()
    report = next(each for each in HV_SINGLE.documents if each.due_at is Checkpoint.COMPLETION)
    works = next(each for each in HV_SINGLE.states if each.until_received == report.id)
    early = a_ticket(definition=HV_SINGLE)
    late = a_ticket(definition=HV_SINGLE, state=works.id)

    def state(ticket: Ticket) -> DocumentState:
        shown = {each.id: each.state for each in document_list(ticket, HV_SINGLE, NAMES, on)}
        return shown[report.id]

    assert state(early) is DocumentState.NOT_YET
    assert state(late) is DocumentState.MISSING
    assert missing_count(late, HV_SINGLE, on) == missing_count(early, HV_SINGLE, on) + 1


# --- history ------------------------------------------------------------------------------------

STAGE, STATE = LV_THREE_ZERO.stages[0], LV_THREE_ZERO.states[0]
MOVE = LV_THREE_ZERO.transitions[0]
PAIR = ManagerPair(project_manager="u-project", account_manager="u-account")
TERM = events.TermChange(
    clock="handling",
    limit_before=4,
    limit_after=5,
    due_before=date(2021, 9, 10),
    due_after=date(2021, 9, 13),
)
EVENTS: dict[events.Event, str] = {
    events.TicketSubmitted(): "收到申请，关键资料齐全",
    events.TicketSubmitted(missing=("property_proof",)): "缺少用电地址物权证件，暂不起算时限",
    events.ClockStarted(stage=STAGE.id, at=AT, due_on=date(2021, 9, 7)): "最迟 2021-09-07 办结",
    events.OutageDeclared(nodes=("F1", "T9")): "停电节点：F1、T9",
    events.OutageDeclared(nodes=("F1",), serves=("TC-1",)): "配合工单 TC-1",
    events.SupplyRestored(nodes=("T1",), means="switching"): "恢复送电节点：T1（转供送电）",
    events.TicketMoved(
        trigger=MOVE.trigger, source=MOVE.source, target=MOVE.target, reason="已核"
    ): "，原因：已核",
    events.DocumentsDeferred(
        requirements=("property_proof",), due_before="energization"
    ): "须于装表接电前补齐",
    events.DocumentSupplied(number=2, kind="property_proof", source="counter", sha256="ab"): (
        "收到第 2 份资料：用电地址物权证件（营业厅），已存电子件"
    ),
    events.DocumentVerified(number=2, kind="property_proof"): "审核合格",
    events.DocumentRejected(number=2, kind="property_proof", reason="模糊"): "审核不合格：模糊",
    events.ClockStopped(cause=PauseCause.EXTERNAL_LINE, explicit=True, evidence="通知 7 号"): (
        "暂停计时：外线工程施工，依据：通知 7 号"
    ),
    events.ClockResumed(
        cause=PauseCause.CUSTOMER_WORKS,
        explicit=False,
        due_on=date(2021, 9, 10),
        given_back_days=3,
    ): "恢复计时（客户工程施工），扣除 3 个工作日，最迟 2021-09-10 办结",
    events.BoundaryExtended(reason="攻坚项目"): "投资界面延伸至用户红线，原因：攻坚项目",
    events.ManagersAssigned(before=None, after=PAIR, reason="休假"): (
        "双经理：项目经理顾长林，客户经理白若溪，原因：休假"
    ),
    events.PromiseChanged(
        stage=STAGE.id, before=date(2027, 1, 4), after=date(2027, 1, 5), provisional=True
    ): "由 2027-01-04 变更为 2027-01-05（暂定）",
    events.TicketReclassified(before="a@1", after="b@1", reasons=("容量 100 kW",)): "容量 100 kW",
    events.MigrationAgreed(
        definition="b@3", terms=(TERM,), papers=("位置图",), evidence="同意书第5号"
    ): (
        "客户同意改按第 3 版流程办理：合计办理时间由 4 个工作日改为 5 个工作日，"
        "最迟由 2021-09-10 改为 2021-09-13；补交位置图，依据：同意书第5号"
    ),
    events.TicketMigrated(
        before="b@1",
        after="b@2",
        source=MOVE.source,
        target=MOVE.target,
        migration=7,
        terms=(replace(TERM, clock=f"stage:{STAGE.id}", due_after=None),),
        asked=("位置图",),
        dropped=("用电地址物权证件",),
    ): (
        "流程由第 1 版流程改为第 2 版流程（第 7 次版本迁移），"
        f"状态由“{STATE.name}”对应为“状态site_visit”；"
        f"{STAGE.name}由 4 个工作日改为 5 个工作日，最迟由 2021-09-10 改为 未定；"
        "要求位置图；不再要求用电地址物权证件"
    ),
    events.TicketFlagged(flag=Flag(code=FlagCode.RESTARTED, note="与前单相同")): "标记：与前单相同",
}
BESIDE = events.FactsRecorded(
    topic="restricted_supply", facts={"full_by": "2022-12-31", "first_kw": "300"}, reason="重载"
)
ENTERED = events.DetailsRecorded(changes={"gone": ("", "120")})
AMENDED = events.ApplicationAmended(
    changes={"phone": ("13812345521", "13912340000"), "name": ("陈晓", "陈大")}, reason="更换"
)


def told(event: events.Event, action: str = "amend") -> Any:
    draft = LedgerDraft(action=action, details={"events": event_details((event,))})
    entry = seal(draft, LedgerHead(stream="TC-1"), EVERYBODY, AT)
    return Narrator(definition=LV_THREE_ZERO, names=NAMES).line(entry)


@pytest.mark.parametrize(("event", "words"), EVENTS.items())
def test_every_event_has_its_sentence(event: events.Event, words: str) -> None:
    assert words in told(event).sentences[0]


def test_what_was_entered_is_told_by_name_or_by_id_if_the_field_is_gone() -> None:
    assert told(ENTERED).sentences == ("登记：gone“120”",)


def test_no_kind_of_event_is_left_untold() -> None:
    assert {type(event) for event in (*EVENTS, AMENDED, BESIDE, ENTERED)} == set(
        get_args(events.Event)
    )


def test_what_is_decided_beside_the_course_is_told_in_a_fixed_order() -> None:
    assert told(BESIDE).sentences[0] == (
        "电网受限，两步供电：先行供电（千瓦） 300，满负荷供电日期 2022-12-31，原因：重载"
    )


def test_a_correction_is_told_without_numbers_and_names_in_full() -> None:
    sentence = told(AMENDED).sentences[0]
    assert "138****5521" in sentence
    assert "陈晓" not in sentence
    assert "13912340000" not in sentence


@pytest.mark.parametrize(
    ("action", "name"),
    [(MOVE.trigger, MOVE.name), ("suspend", "暂停计时"), ("reclassification", "按新规则重新归类")],
)
def test_what_was_done_has_the_name_that_the_button_had(action: str, name: str) -> None:
    assert told(AMENDED, action).action_name == name


def a_move(trigger: str, source: str, target: str) -> events.TicketMoved:
    return events.TicketMoved(trigger=trigger, source=source, target=target)


def test_every_entry_is_told_in_the_words_of_the_definition_of_its_time() -> None:
    renamed = replace(
        LV_THREE_ZERO,
        version=2,
        name="新流程",
        states=(replace(STATE, id="anew", name="新状态"), *LV_THREE_ZERO.states[1:]),
        transitions=(replace(MOVE, trigger="go_on", name="新办理"),),
    )
    happened = (
        (LV_THREE_ZERO, MOVE.trigger, a_move(MOVE.trigger, STATE.id, MOVE.target)),
        (
            renamed,
            "reclassification",
            events.TicketReclassified(
                before=LV_THREE_ZERO.ref, after=renamed.ref, reasons=("增容",)
            ),
        ),
        (renamed, "go_on", a_move("go_on", MOVE.target, "anew")),
    )
    head = LedgerHead(stream="TC-1")
    entries = [
        seal(
            LedgerDraft(action=action, details={"events": event_details((event,))}),
            head,
            EVERYBODY,
            AT,
            definition.ref,
        )
        for definition, action, event in happened
    ]
    lines = narrate(entries, {each.ref: each for each in (renamed, LV_THREE_ZERO)}, NAMES)
    assert [line.action_name for line in lines] == [MOVE.name, "按新规则重新归类", "新办理"]
    told_of = [line.sentences[0] for line in lines]
    assert told_of[0].startswith(f"由“{STATE.name}”转为")
    assert told_of[1] == f"适用流程由“{LV_THREE_ZERO.name}”第 1 版改为“新流程”第 2 版：增容"
    assert told_of[2].endswith("转为“新状态”")


# --- paging -------------------------------------------------------------------------------------


@pytest.mark.parametrize("due_at", [None, AT, AT + timedelta(microseconds=1)])
def test_a_cursor_survives_the_address(due_at: datetime | None) -> None:
    cursor = Cursor(pressing_at=due_at, ticket_no="TC-20261123-0001")
    assert Cursor.parse(cursor.text) == cursor
    assert replace(cursor, ticket_no="x") != cursor
