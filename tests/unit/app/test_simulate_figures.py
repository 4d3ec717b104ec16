"""Figures of tickets whose trips are known to the minute, against dates counted by hand.

September 2021: the 6th is a Monday; the 18th (Saturday) is worked, the 19th to 21st are off.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from app.simulate import figures, punctuality
from app.simulate.figures import Governed, Moment
from app.simulate.layout import counted, section, table
from app.simulate.stocktaking import heads_digest, rung_of
from engine.application import InvestmentBoundary
from engine.ledger import LedgerHead
from engine.ticket import Flag, FlagCode, PauseCause
from notifications.message import Audience, Channel, Message, MessageKind
from tests.builders import CALENDAR, instant
from tests.unit.engine.definitions import LV_THREE_ZERO
from tests.unit.engine.trip import Trip, a_trip

if TYPE_CHECKING:
    from app.simulate.punctuality import Punctuality

PAPERS = ("business_licence", "property_proof")


def at(when: str) -> Moment:
    return Moment(calendar=CALENDAR, at=instant(when))


def governed(*trips: Trip) -> tuple[Governed, ...]:
    return tuple(Governed(ticket=trip.ticket, definition=trip.definition) for trip in trips)


def accepted(when: str = "2021-09-06 09:00", *papers: str, **facts: Any) -> Trip:
    trip = a_trip(LV_THREE_ZERO, when, *(papers or PAPERS), **facts)
    return trip.fire("complete_intake", when)


def energized(when: str, begun: str = "2021-09-06 09:00") -> Trip:
    trip = accepted(begun)
    for trigger in ("finish_site_visit", "release_works", "finish_works", "energize"):
        trip.fire(trigger, when)
    return trip


def whole(found: tuple[Punctuality, ...]) -> Punctuality:
    return next(each for each in found if each.clock == "end_to_end")


@pytest.mark.parametrize(
    ("ended", "on_time", "rate"),
    [("2021-09-13 23:59:59", 1, 1.0), ("2021-09-14 00:00", 0, 0.0)],
)
def test_the_fifth_working_day_is_in_time_to_its_last_second(
    ended: str, on_time: int, rate: float
) -> None:
    found = whole(punctuality.rates(governed(energized(ended)), at("2021-10-01 00:00")))

    assert (found.limit_days, found.finished, found.on_time, found.rate) == (5, 1, on_time, rate)


def test_a_late_ticket_lowers_the_rate_before_it_is_finished_and_one_in_time_does_not() -> None:
    tickets = governed(energized("2021-09-08 10:00"), accepted(), accepted("2021-09-13 09:00"))

    found = whole(punctuality.rates(tickets, at("2021-09-14 00:00")))

    assert (found.finished, found.on_time, found.overdue_open, found.rate) == (1, 1, 1, 0.5)


def test_an_aborted_ticket_is_in_no_rate_of_what_it_did_not_finish_but_on_the_list() -> None:
    trip = accepted("2021-09-06 09:00").fire("abort", "2021-09-16 10:00", reason="客户撤回")

    found = punctuality.rates(governed(trip), at("2021-10-01 00:00"))
    late = punctuality.overdue(governed(trip), at("2021-10-01 00:00"))

    assert [(each.clock, each.finished, each.on_time) for each in found] == [("stage:intake", 1, 1)]
    assert [(each.clock_name, each.due_on, each.days, each.outcome) for each in late] == [
        ("环节metering_and_energization", date(2021, 9, 10), 4, "已中止"),
        ("全过程", date(2021, 9, 13), 3, "已中止"),
        ("合计办理", date(2021, 9, 13), 3, "已中止"),
    ]


def test_days_late_are_counted_until_the_end_or_until_now() -> None:
    ended, going_on = energized("2021-09-15 10:00"), accepted()

    late = punctuality.overdue(governed(ended, going_on), at("2021-09-22 12:00"))

    by_outcome = {
        (each.outcome, each.clock_name): each.days for each in late if each.clock_name == "全过程"
    }
    # due on the 13th; the 14th to 18th and the 22nd are worked
    assert by_outcome == {("已送电", "全过程"): 2, ("在办", "全过程"): 6}


def test_a_type_counts_its_tickets_and_means_the_whole_process_of_those_energized() -> None:
    waiting = a_trip(LV_THREE_ZERO, "2021-09-06 09:00")
    aborted = accepted().fire("abort", "2021-09-07 10:00", reason="客户撤回")
    tickets = governed(
        energized("2021-09-08 10:00"), energized("2021-09-13 10:00"), aborted, waiting
    )

    (found,) = figures.by_type(tickets, at("2021-09-14 00:00"))

    assert (found.submitted, found.accepted, found.energized) == (4, 3, 2)
    assert (found.aborted, found.open, found.waiting_for_key) == (1, 1, 1)
    assert (found.mean_days, found.limit_days) == (3.5, 5)


def test_deferrals_are_completed_outstanding_or_lapsed() -> None:
    completed = accepted("2021-09-06 09:00", "business_licence")
    completed.supply("property_proof", "2021-09-07 10:00")
    outstanding = accepted("2021-09-06 09:00", "business_licence")
    lapsed = accepted("2021-09-06 09:00", "business_licence")
    lapsed.fire("abort", "2021-09-07 10:00", reason="客户撤回")
    rejected = accepted().reject(2)

    found = figures.papers(
        governed(completed, outstanding, lapsed, rejected), at("2021-09-08 00:00")
    )

    assert (found.deferred, found.completed, found.outstanding, found.lapsed) == (3, 1, 1, 1)
    assert (found.supplied, found.rejected) == (6, 1)


def test_pauses_are_told_apart_by_cause_and_by_who_began_them() -> None:
    trip = accepted(boundary=InvestmentBoundary.STANDARD)
    trip.fire("finish_site_visit", "2021-09-06 10:00").fire("release_works", "2021-09-06 11:00")
    trip.suspend("2021-09-06 14:00").resume("2021-09-08 09:00")
    trip.suspend("2021-09-08 10:00", PauseCause.CUSTOMER_WORKS)

    found = figures.pauses(governed(trip))

    assert [(each.by_hand, each.by_state) for each in found] == [(1, 0), (1, 0)]


def test_flags_are_counted_by_code() -> None:
    flag = Flag(code=FlagCode.RESTARTED, note="疑似")
    trip = accepted()
    trip.ticket = replace(trip.ticket, flags=(flag,))

    assert figures.flags(governed(trip, accepted())) == {"restarted": 1}


@pytest.mark.parametrize(
    ("clock", "rung", "expected"),
    [
        ("stage:intake", "last_day", "last_day"),
        ("end_to_end", "overdue_daily+12", "overdue_daily"),
    ],
)
def test_the_rung_is_read_from_the_key_of_a_reminder(clock: str, rung: str, expected: str) -> None:
    key = f"TC-20210906-0001:{clock}:2021-09-07:{rung}:limit_due:staff:tc.account-1:sms"
    message = Message(
        id="1",
        dedupe_key=key,
        kind=MessageKind.REMINDER,
        template_key="limit_due",
        template_version=1,
        text="…",
        channel=Channel.SMS,
        audience=Audience.STAFF,
        recipient="tc.account-1",
        address="",
        created_at=instant("2021-09-06 09:00"),
        not_before=instant("2021-09-06 09:00"),
    )

    assert rung_of(message) == expected


def test_the_digest_depends_on_every_head_and_not_on_their_order() -> None:
    heads = [LedgerHead(stream=name, seq=1, hash=name * 64) for name in "ab"]

    assert heads_digest(heads) == heads_digest(reversed(heads))
    assert heads_digest(heads) != heads_digest([heads[0], replace(heads[1], seq=2)])
    assert heads_digest(heads) != heads_digest(heads[:1])


def test_a_table_aligns_chinese_text_left_and_numbers_right() -> None:
    assert table(("类型", "n"), [("居民", 5), ("ab", 12), ("高压用户", None)]) == [
        "类型       n",
        "居民       5",
        "ab        12",
        "高压用户   -",
    ]


def test_sections_and_counts_read_well_also_when_there_is_nothing() -> None:
    assert section("标题", ["一", "二"]) == "标题\n  一\n  二"
    assert counted({"b": 2, "a": 1, "x": 3}, {"a": "甲", "b": "乙"}) == "甲 1、乙 2、x 3"
    assert counted({}, {}) == "无"
