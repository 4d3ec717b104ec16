"""Nobody is told older news after newer ones, however an older message comes back (R-7.2)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from app.ports.jobs import Job
from notifications.channels.base import ErrorClass, refused
from notifications.message import MessageState
from tests.application import instant
from tests.courier import REPORTING, Courier, to_customers
from tests.outages import (
    FENG,
    JIANG,
    PUMPS,
    Listener,
    expect_back,
    report_fault,
    restore,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from notifications.channels.base import Result
    from notifications.message import Message
    from tests.application import Office

S = MessageState

JIANGS_PHONE = "13000001012"


@dataclass
class Gateway(Courier):
    """Notes what it is given, and lets something happen during a call that it refuses.

    That is the first one with a text of `template`.
    """

    given: list[tuple[str, str]] = field(default_factory=list)
    during: Callable[[], object] | None = None
    template: str = "outage_fault"

    def submit(self, messages: Sequence[Message]) -> Iterator[Result]:
        self.given += [(each.address, each.template_key) for each in messages]
        if self.during is None or messages[0].template_key != self.template:
            yield from super().submit(messages)
            return
        happens, self.during = self.during, None
        happens()
        self.given.clear()
        for message in messages:
            yield refused(message.id, ErrorClass.THROTTLE, "busy", "scripted")

    def told(self, address: str) -> list[str]:
        return [template for to, template in self.given if to == address]


def state_of(office: Office, address: str, template: str) -> list[MessageState]:
    return [
        m.state for m in office.messages() if (m.address, m.template_key) == (address, template)
    ]


# --- tried again ---------------------------------------------------------------------------------


def test_that_power_is_out_is_not_told_after_it_is_back(grid: Office) -> None:
    sms = Gateway()
    dispatching = to_customers(grid, sms)
    fault = report_fault(grid, "F1")
    Listener(grid).write_out()

    def back() -> None:
        grid.at("2021-09-01 08:00:20")
        restore(grid, fault)
        Listener(grid).write_out()

    sms.during = back
    dispatching.round("2021-09-01 08:00")
    for time in ("08:00:25", "08:01:30", "08:03", "08:10"):
        dispatching.round(f"2021-09-01 {time}")
    assert sms.told(FENG) == ["outage_restored"]
    assert sms.told(PUMPS) == ["outage_restored"]
    assert state_of(grid, FENG, "outage_fault") == [S.SUPERSEDED]


def test_what_comes_back_after_it_was_handed_over_is_looked_at_once_more(grid: Office) -> None:
    """The news come between the job's enqueuing and its claim."""
    sms = Gateway()
    dispatching = to_customers(grid, sms)
    fault = report_fault(grid, "T2")
    Listener(grid).write_out()
    grid.at("2021-09-01 08:00")
    database = grid.application.database
    with database.writing() as work:
        dispatching.transport.sending.handover.page(work, grid.clock(), 10)
        work.commit()
    with database.reading() as work:
        notice = work.notices.get(f"outage-{fault.outage.ticket_no}-1-announced")
        fresh = [m for m in work.outbox.listing() if m.notice_id == notice.id]
    grid.at("2021-09-01 08:02")
    with database.writing() as work:
        work.outbox.supersede(notice.topic, grid.clock())
        # As if each had been with a provider at that moment, and was handed over once more.
        revived = [
            replace(m, id=f"x{m.id}", dedupe_key=f"x{m.id}", job="", attempts=1) for m in fresh
        ]
        work.outbox.add(revived)
        work.queue.hand_over([m.id for m in revived], "job", "courier")
        work.commit()
    dispatching.transport.handlers[Job.SEND_CHUNK]("job")
    assert sms.given == []
    assert {m.state for m in grid.messages() if m.notice_id} == {S.SUPERSEDED}


@pytest.mark.parametrize("called", ["sms", "wechat"])
def test_a_part_that_is_back_hears_no_more_that_it_is_out(grid: Office, called: str) -> None:
    sms, wechat = Gateway(), Gateway("wechat")
    dispatching = to_customers(grid, sms, wechat)
    fault = report_fault(grid, "F1", estimated_restoration_at="2021-09-01 12:00")
    Listener(grid).write_out()

    def back() -> None:
        grid.at("2021-09-01 08:00:20")
        restore(grid, fault, "T1", restoration_means="switching")
        Listener(grid).write_out()

    if called == "sms":
        sms.during = back
    else:
        wechat.during = back
    for time in ("08:00", "08:00:25", "08:01:30", "08:03", "08:10"):
        dispatching.round(f"2021-09-01 {time}")
    assert wechat.told(JIANG)[-1] == "outage_restored"
    assert "outage_fault" in sms.told(PUMPS)
    # Her other meter is still without supply.
    assert sorted(sms.told(FENG)) == ["outage_fault", "outage_restored"]


def test_an_older_estimate_does_not_follow_a_newer_one(grid: Office) -> None:
    sms = Gateway(template="outage_estimate")
    dispatching = to_customers(grid, sms)
    fault = report_fault(grid, "T2")
    Listener(grid).write_out()
    dispatching.round("2021-09-01 08:01")
    grid.at("2021-09-01 08:30")
    expect_back(grid, fault, "2021-09-01 10:00")
    Listener(grid).write_out()

    def later() -> None:
        grid.at("2021-09-01 09:00")
        expect_back(grid, fault, "2021-09-01 12:00")
        Listener(grid).write_out()

    sms.during = later
    dispatching.round("2021-09-01 08:30")
    for time in ("09:00:05", "09:02", "09:10"):
        dispatching.round(f"2021-09-01 {time}")
    assert sms.told(FENG) == ["outage_estimate"]
    assert sorted(state_of(grid, FENG, "outage_estimate")) == [S.ACCEPTED, S.SUPERSEDED]


# --- by text message instead ---------------------------------------------------------------------


@pytest.mark.parametrize("part", [(), ("T1",)])
def test_no_text_message_tells_the_fault_after_supply_is_back(
    grid: Office, part: tuple[str, ...]
) -> None:
    sms, wechat = Gateway(), Gateway("wechat", capabilities=REPORTING)
    dispatching = to_customers(grid, sms, wechat)
    fault = report_fault(grid, "F1", estimated_restoration_at="2021-09-01 12:00")
    Listener(grid).write_out()
    dispatching.round("2021-09-01 08:00:10")
    grid.at("2021-09-01 08:03")
    restore(grid, fault, *part)
    Listener(grid).write_out()
    dispatching.round("2021-09-01 08:03:10")
    (told,) = [m for m in grid.messages() if (m.address, m.template_key) == (JIANG, "outage_fault")]
    with grid.application.database.writing() as work:
        work.outbox.settle(told.id, S.FAILED, grid.clock(), error_code="failed:user block")
        work.commit()
    for time in ("08:04", "08:04:10", "08:10"):  # at last the restoration is unconfirmed too
        dispatching.round(f"2021-09-01 {time}")
    assert sms.told(JIANGS_PHONE) == ["outage_restored"]
    with grid.application.database.reading() as work:
        assert told.id not in {m.id for m in work.outbox.listing(unhandled=True)}


@pytest.mark.parametrize("in_doubt", [False, True])
def test_a_text_message_in_place_of_another_is_as_old_and_gives_way_as_that_would(
    grid: Office, in_doubt: bool
) -> None:
    sms = Gateway()
    wechat = Gateway("wechat", silent=in_doubt, error=None if in_doubt else ErrorClass.RECIPIENT)
    dispatching = to_customers(grid, sms, wechat)
    fault = report_fault(grid, "T1")
    Listener(grid).write_out()
    dispatching.round("2021-09-01 08:00:10")

    def back() -> None:
        restore(grid, fault)
        Listener(grid).write_out()

    sms.during = back
    # The call to WeChat has no answer for so long, or fails at once.
    dispatching.round("2021-09-01 08:06" if in_doubt else "2021-09-01 08:00:20")
    (child,) = [m for m in grid.messages() if m.address == JIANGS_PHONE]
    assert (child.created_at, child.state) == (instant("2021-09-01 08:00"), S.PENDING)
    assert child.attempts == 1
    for time in ("08:06:10", "08:07:30", "08:12"):
        dispatching.round(f"2021-09-01 {time}")
    assert "outage_fault" not in sms.told(JIANGS_PHONE)
