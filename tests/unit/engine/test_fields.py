"""What a move asks for is read, kept as text, told to the ledger, or refused all at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.application import ServiceRequest
from engine.calendar import SHANGHAI
from engine.definition import Field, FieldKind, Opening
from engine.errors import HuodianError, MalformedError, RefusedError
from engine.events import DetailsRecorded, TicketMoved, TicketSubmitted
from engine.fields import entered, options, shown
from engine.machine import TicketMachine
from engine.ticket import Role
from tests.builders import (
    CALENDAR,
    a_definition,
    a_service_request,
    a_ticket,
    an_act,
    an_actor,
)
from tests.made_up import well
from tests.unit.engine.definitions import LV_THREE_ZERO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.events import Outcome
    from engine.ticket import Ticket

MONDAY = "2021-09-06 09:00"
WELL = well()
MACHINE = TicketMachine(WELL)


def a_field(kind: FieldKind) -> Field:
    choices = {"clay": "黏土", "rock": "岩石"} if kind is FieldKind.CHOICE else {}
    return Field(id="x", name="某项", kind=kind, choices=choices, clause="示例第1条")


def read(kind: FieldKind, raw: str) -> str:
    """The text that is kept of what was entered."""
    definition = a_definition(fields=(a_field(kind),))
    found = entered({"x": raw}, Opening(asks=("x",)), definition, {})
    if found.malformed:
        raise MalformedError(found.malformed)
    return found.details["x"]


def opened(given: Mapping[str, str] | None = None, *roles: Role) -> Outcome:
    ticket = a_ticket(MONDAY, definition=WELL, request=a_service_request())
    act = an_act(MONDAY, actor=an_actor(*(roles or (Role.DISPATCHER,))))
    return MACHINE.submit(ticket, act, CALENDAR, {"soil": "clay"} if given is None else given)


def fired(ticket: Ticket, trigger: str, reason: str = "", **given: str) -> Outcome:
    act = an_act("2021-09-07 10:00", reason=reason)
    return MACHINE.fire(ticket, trigger, act, CALENDAR, given)


def details(outcome: Outcome) -> dict[str, str]:
    request = outcome.ticket.request
    assert isinstance(request, ServiceRequest)
    return request.details


def refusal(
    kind: type[HuodianError], ticket: Ticket, trigger: str, **given: str
) -> list[tuple[str, str]]:
    with pytest.raises(kind) as caught:
        fired(ticket, trigger, **given)
    return [(reason.code, reason.field) for reason in caught.value.reasons]


# ---- reading


@pytest.mark.parametrize(
    ("kind", "raw", "kept"),
    [
        ("text", "  两行\n一行 ", "两行 一行"),
        ("text", "字" * 500, "字" * 500),
        ("choice", " Rock ", "rock"),
        ("choice", "ｒｏｃｋ", "rock"),
        ("date", "2024-02-29", "2024-02-29"),
        ("date", "２０２４-02-29", "2024-02-29"),
        ("instant", "2026-11-25 03:00", "2026-11-24T19:00:00+00:00"),
        ("instant", "2026-11-25T03:00:59", "2026-11-24T19:00:59+00:00"),
        ("instant", "2026-11-25 03：00", "2026-11-24T19:00:00+00:00"),
        ("instant", "2026-11-24T19:00:00+00:00", "2026-11-24T19:00:00+00:00"),
        ("instant", "2026-11-24t19:00z", "2026-11-24T19:00:00+00:00"),
        ("number", "012.50", "12.5"),
        ("number", "-0", "0"),
        ("number", "1000000", "1000000"),
        ("number", "１２", "12"),
        ("yes_no", "是", "yes"),
        ("yes_no", "NO", "no"),
    ],
)
def test_a_value_is_kept_in_one_form(kind: str, raw: str, kept: str) -> None:
    assert read(FieldKind(kind), raw) == kept
    assert read(FieldKind(kind), kept) == kept


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("text", "字" * 501),
        ("text", "看不见\u200b的"),
        ("text", "\u202e反向"),
        ("choice", "sand"),
        ("choice", "黏土"),
        ("date", "2023-02-29"),
        ("date", "2023-2-9"),
        ("date", "20230209"),
        ("date", "2023-W06-4"),
        ("date", "1999-12-31"),
        ("date", "2200-01-01"),
        ("instant", "2026-11-25"),
        ("instant", "2026-11-25 24:00"),
        ("instant", "2026-11-25 3:00"),
        ("instant", "2026-02-30 03:00"),
        ("instant", "2026-11-25 03:00+25:00"),
        ("number", "1e3"),
        ("number", "1,000"),
        ("number", "NaN"),
        ("number", "一"),
        ("number", "1" * 21),
        ("yes_no", "也许"),
    ],
)
def test_what_is_no_value_is_refused_with_field_clause_and_remedy(kind: str, raw: str) -> None:
    with pytest.raises(MalformedError) as caught:
        read(FieldKind(kind), raw)
    (reason,) = caught.value.reasons
    assert (reason.code, reason.field, reason.clause) == ("field_malformed", "x", "示例第1条")
    assert reason.message.startswith("某项")
    assert reason.remedy


@given(st.integers(946_900_000, 7_258_000_000), st.integers(-720, 720))
def test_an_instant_is_the_same_wherever_it_was_written(seconds: int, minutes: int) -> None:
    at = datetime.fromtimestamp(seconds, tz=UTC)
    written = at.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    kept = read(FieldKind.INSTANT, written)
    assert datetime.fromisoformat(kept) == at
    in_words = shown(a_field(FieldKind.INSTANT), kept)
    assert in_words == f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-9e9, max_value=9e9))
def test_a_number_keeps_its_value(number: Decimal) -> None:
    assert Decimal(read(FieldKind.NUMBER, f"{number:f}")) == number


def test_values_are_shown_in_words() -> None:
    assert shown(a_field(FieldKind.CHOICE), "clay") == "黏土"
    assert shown(a_field(FieldKind.YES_NO), "no") == "否"
    assert shown(a_field(FieldKind.NUMBER), "12.5") == "12.5"
    assert shown(a_field(FieldKind.INSTANT), "") == ""
    assert options(a_field(FieldKind.YES_NO)) == {"yes": "是", "no": "否"}
    assert options(a_field(FieldKind.TEXT)) == {}


# ---- opening


def test_what_the_opening_asks_is_kept_and_recorded() -> None:
    outcome = opened({"soil": "rock", "starts_on": "2021-10-08"})
    assert details(outcome) == {"soil": "rock", "starts_on": "2021-10-08"}
    assert outcome.events[:2] == (
        TicketSubmitted(),
        DetailsRecorded(changes={"soil": ("", "rock"), "starts_on": ("", "2021-10-08")}),
    )


def test_an_opening_is_refused_with_every_reason() -> None:
    with pytest.raises(RefusedError) as caught:
        opened({"starts_on": "soon", "depth_m": "3", "well": "1"}, Role.OPERATOR)
    assert [(each.code, each.field) for each in caught.value.reasons] == [
        ("role_not_allowed", ""),
        ("field_missing", "soil"),
        ("field_not_taken", "depth_m"),
        ("field_unknown", "well"),
        ("field_malformed", "starts_on"),
    ]
    missing = caught.value.reasons[1]
    assert missing.message == "尚未填写“土质”"
    assert missing.remedy_in_words == "请选择土质：clay（黏土）、rock（岩石）"
    assert missing.remedy_in_names == "请选择土质：黏土、岩石"
    assert missing.clause == "示例第2条"


# ---- moving


def test_a_move_is_offered_with_what_it_asks_and_takes() -> None:
    ticket = opened().ticket
    offers = {each.transition.trigger: each for each in MACHINE.offers(ticket, an_act(MONDAY))}
    strike = offers["strike"]
    assert [each.id for each in strike.asks] == ["depth_m", "is_dry"]
    assert [each.id for each in strike.takes] == ["remark"]
    assert strike.is_allowed


def test_what_was_entered_is_kept_and_recorded_before_and_after() -> None:
    ticket = fired(opened().ticket, "dig", depth_m="12", remark="见砂").ticket
    outcome = fired(ticket, "strike", depth_m="20.0", is_dry="否", remark="见砂")
    assert details(outcome) == {"soil": "clay", "depth_m": "20", "is_dry": "no", "remark": "见砂"}
    moved, recorded = outcome.events[:2]
    assert isinstance(moved, TicketMoved)
    assert recorded == DetailsRecorded(changes={"depth_m": ("12", "20"), "is_dry": ("", "no")})


def test_a_field_that_is_known_need_not_be_given_again() -> None:
    ticket = fired(opened().ticket, "strike", depth_m="20", is_dry="no").ticket
    outcome = fired(ticket, "pump", depth_m=" ")
    assert outcome.ticket.state == "flowing"
    assert outcome.first(DetailsRecorded) is None
    assert details(outcome)["depth_m"] == "20"


def test_a_field_that_was_never_given_is_refused_and_nothing_is_kept() -> None:
    ticket = opened().ticket
    assert refusal(RefusedError, ticket, "strike", is_dry="yes") == [("field_missing", "depth_m")]
    assert details(opened()) == {"soil": "clay"}


def test_everything_wrong_with_a_move_is_said_at_once() -> None:
    found = refusal(RefusedError, opened().ticket, "strike", depth_m="deep", soil="rock")
    assert found == [
        ("field_missing", "is_dry"),
        ("field_not_taken", "soil"),
        ("field_malformed", "depth_m"),
    ]


def test_a_value_that_cannot_be_read_alone_is_a_malformed_call() -> None:
    found = refusal(MalformedError, opened().ticket, "strike", depth_m="deep", is_dry="no")
    assert found == [("field_malformed", "depth_m")]


def test_a_malformed_value_is_not_called_missing_too() -> None:
    found = refusal(MalformedError, opened().ticket, "strike", depth_m="20", is_dry="perhaps")
    assert found == [("field_malformed", "is_dry")]


def test_a_move_may_stay_in_its_state_and_no_clock_restarts() -> None:
    before = opened().ticket
    after = fired(before, "dig", depth_m="3")
    assert after.ticket.state == before.state
    assert after.ticket.stage_runs == before.stage_runs
    moved = after.first(TicketMoved)
    assert (moved.stage_ended, moved.stage_entered) == ("", "")
    assert fired(after.ticket, "dig").ticket.stage_runs == before.stage_runs


def test_the_ticket_before_is_untouched() -> None:
    ticket = opened().ticket
    fired(ticket, "dig", depth_m="3")
    assert details(replace(opened(), ticket=ticket)) == {"soil": "clay"}


def test_an_application_has_no_place_for_fields() -> None:
    machine = TicketMachine(LV_THREE_ZERO)
    ticket = a_ticket(MONDAY, papers=("business_licence",))
    with pytest.raises(MalformedError) as caught:
        machine.fire(ticket, "complete_intake", an_act(MONDAY), CALENDAR, {"depth_m": "1"})
    assert [each.code for each in caught.value.reasons] == ["no_details"]
