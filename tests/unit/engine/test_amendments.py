"""Managers, the extended boundary and corrections: recorded, never silent, no clock moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from engine.amendments import amend, assign_managers, extend_boundary
from engine.application import ConnectionApplication, InvestmentBoundary
from engine.errors import RefusedError
from engine.events import ApplicationAmended, BoundaryExtended, ManagersAssigned
from engine.ticket import ManagerPair
from tests.builders import PAIR, a_business, a_service_request, a_ticket
from tests.unit.engine.definitions import ASSET_TRANSFER, HV_SINGLE, LV_STANDARD, LV_THREE_ZERO
from tests.unit.engine.trip import a_trip

if TYPE_CHECKING:
    from collections.abc import Callable

MONDAY = "2021-09-06 09:00"
LICENCE, PROOF = "business_licence", "property_proof"
NEW_PAIR = ManagerPair(project_manager="u-8", account_manager="u-9")


def codes(refused: pytest.ExceptionInfo[RefusedError]) -> list[str]:
    return [reason.code for reason in refused.value.reasons]


# --- the manager pair (T2a, R-6.1) ------------------------------------------------------------


def test_t2a_the_pair_is_named_and_replaced_with_its_history() -> None:
    named = assign_managers(a_ticket(managers=None), LV_THREE_ZERO, PAIR)
    assert named.ticket.managers == PAIR
    assert named.events == (ManagersAssigned(before=None, after=PAIR),)
    replaced = assign_managers(named.ticket, LV_THREE_ZERO, NEW_PAIR, reason=" 岗位调整 ")
    assert replaced.ticket.managers == NEW_PAIR
    assert replaced.events == (ManagersAssigned(before=PAIR, after=NEW_PAIR, reason="岗位调整"),)


def test_t2a_one_person_is_not_a_pair() -> None:
    alone = ManagerPair(project_manager="u-8", account_manager="u-8")
    with pytest.raises(RefusedError) as refused:
        assign_managers(a_ticket(managers=None), LV_THREE_ZERO, alone)
    assert codes(refused) == ["managers_identical"]


def test_replacing_the_pair_needs_a_reason_and_a_change() -> None:
    with pytest.raises(RefusedError) as refused:
        assign_managers(a_ticket(), LV_THREE_ZERO, PAIR, reason=" ")
    assert codes(refused) == ["reason_missing", "unchanged"]


def test_the_pair_may_be_exchanged_at_any_state() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE).fire("complete_intake", MONDAY)
    assert trip.assign(NEW_PAIR, reason="休假").ticket.managers == NEW_PAIR


# --- the investment boundary (R-4.3) ----------------------------------------------------------


def test_the_boundary_is_extended_by_a_decision_with_its_reason() -> None:
    outcome = extend_boundary(a_ticket(), LV_STANDARD, reason=" 三大攻坚战项目 ")
    assert outcome.ticket.boundary is InvestmentBoundary.EXTENDED
    assert outcome.events == (BoundaryExtended(reason="三大攻坚战项目"),)


def test_every_reason_against_extending_is_given_at_once() -> None:
    trip = a_trip(LV_STANDARD, MONDAY, LICENCE, PROOF, boundary=InvestmentBoundary.EXTENDED)
    for trigger in ("complete_intake", "finish_site_visit", "release_works"):
        trip.fire(trigger, MONDAY)
    with pytest.raises(RefusedError) as refused:
        trip.extend(reason="")
    assert codes(refused) == ["already_extended", "plan_confirmed", "reason_missing"]


def test_the_boundary_may_be_extended_until_the_plan_is_confirmed() -> None:
    trip = a_trip(LV_STANDARD, MONDAY, LICENCE, PROOF)
    trip.fire("complete_intake", MONDAY).fire("finish_site_visit", MONDAY)
    assert trip.extend().ticket.boundary is InvestmentBoundary.EXTENDED


def test_a_process_without_a_connection_has_no_boundary() -> None:
    ticket = a_ticket(definition=ASSET_TRANSFER, request=a_service_request())
    with pytest.raises(RefusedError) as refused:
        extend_boundary(ticket, ASSET_TRANSFER, reason="投资")
    assert codes(refused) == ["no_boundary"]


# --- corrections (R-5.1b) ---------------------------------------------------------------------


def test_a_correction_shows_what_was_and_what_is() -> None:
    before = a_business()
    after = replace(
        before,
        contact=replace(before.contact, name="保山新名商贸有限公司", phone="13900000009"),
        address="保山市隆阳区兰城路2号",
        requested_capacity_kw=Decimal(120),
    )
    outcome = amend(a_ticket(request=before), LV_THREE_ZERO, after, reason=" 录入有误 ")
    assert outcome.ticket.request == after
    assert outcome.events == (
        ApplicationAmended(
            changes={
                "name": ("保山某某商贸有限公司", "保山新名商贸有限公司"),
                "phone": ("13800000002", "13900000009"),
                "address": ("保山市隆阳区正阳南路1号", "保山市隆阳区兰城路2号"),
                "requested_capacity_kw": ("100", "120"),
            },
            reason="录入有误",
        ),
    )


@pytest.mark.parametrize("same", [a_business(), a_business(requested_capacity_kw=Decimal("100.0"))])
def test_a_correction_that_changes_nothing_is_refused(same: ConnectionApplication) -> None:
    with pytest.raises(RefusedError) as refused:
        amend(a_ticket(), LV_THREE_ZERO, same, reason="  ")
    assert codes(refused) == ["unchanged", "reason_missing"]


@pytest.mark.parametrize(
    "other",
    [
        a_business(id_number="91530500MA6K00002X"),
        a_business(address="保山市隆阳区兰城路2号", supply_sources=2),
        replace(a_business(), contact=replace(a_business().contact, wechat_openid="o-1")),
    ],
)
def test_nothing_changes_that_leaves_no_trace(other: ConnectionApplication) -> None:
    with pytest.raises(RefusedError) as refused:
        amend(a_ticket(), LV_THREE_ZERO, other, reason="录入有误")
    assert "not_amendable" in codes(refused)
    assert "只能更正户名、联系电话、用电地址、申请容量" in str(refused.value)


def test_a_correction_moves_no_clock() -> None:
    trip = a_trip(LV_THREE_ZERO, MONDAY, LICENCE).fire("complete_intake", "2021-09-07 09:00")
    outcome = amend(
        trip.ticket, LV_THREE_ZERO, a_business(address="保山市隆阳区兰城路2号"), reason="门牌号"
    )
    assert outcome.ticket.stage_runs == trip.ticket.stage_runs
    assert trip.stage().started_on == date(2021, 9, 7)


def test_a_service_request_has_nothing_to_correct() -> None:
    ticket = a_ticket(definition=ASSET_TRANSFER, request=a_service_request())
    with pytest.raises(RefusedError) as refused:
        amend(ticket, ASSET_TRANSFER, a_business(), reason="录入有误")
    assert codes(refused) == ["not_amendable"]


ON_AN_ENDED_TICKET: list[Callable[..., object]] = [
    lambda ticket: assign_managers(ticket, HV_SINGLE, NEW_PAIR, reason="休假"),
    lambda ticket: extend_boundary(ticket, HV_SINGLE, reason="投资"),
    lambda ticket: amend(ticket, HV_SINGLE, a_business(address="别处"), reason="门牌号"),
]


@pytest.mark.parametrize("change", ON_AN_ENDED_TICKET)
def test_an_ended_ticket_is_not_changed(change: Callable[..., object]) -> None:
    trip = a_trip(HV_SINGLE, MONDAY).fire("abort", MONDAY, reason="撤回")
    with pytest.raises(RefusedError) as refused:
        change(trip.ticket)
    assert codes(refused) == ["ticket_ended"]
