"""Consoles and commands go by the database's clock, as daemons do: newer is what was told later."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app import clock as clocks
from app.bootstrap import build
from app.clock import ClusterClock, system_clock
from app.first_start import prepare
from app.timekeeping import keeping_time
from engine.calendar import SHANGHAI
from notifications.message import MessageState
from tests.application import Office
from tests.furnished import an_office
from tests.nodes import wait_until
from tests.outages import DISPATCHER, FENG, Listener, furnish_outages, plan_outage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from app.bootstrap import Application

S = MessageState
FOUR_MINUTES, AN_HOUR = timedelta(minutes=4), timedelta(hours=1)


@pytest.fixture
def on_server(furnished_postgresql: Callable[[], str], tmp_path: Path) -> Iterator[Office]:
    """The office where several machines may work."""
    with an_office(furnished_postgresql(), tmp_path) as office:
        yield office


@contextmanager
def by_machine_clock(
    office: Office, ahead: timedelta, patch: pytest.MonkeyPatch
) -> Iterator[Office]:
    """Another process on the office's database, on a machine whose clock is ahead by that."""
    clock = ClusterClock()
    application = build(office.application.settings, clock=clock, durable=False)
    with patch.context() as patched:
        patched.setattr(clocks, "system_clock", lambda: system_clock() + ahead)
        prepare(application)
        yield Office(application=application, clock=clock)  # type: ignore[arg-type]
    application.close()


def difference(application: Application) -> timedelta:
    """By how much its clock is off; that of a file is the machine's."""
    right = application.database.now() or clocks.system_clock()
    return abs(application.clock() - right)


@pytest.mark.parametrize("ahead", [AN_HOUR, -AN_HOUR])
def test_every_process_goes_by_the_databases_clock_from_its_start(
    office: Office, ahead: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    with by_machine_clock(office, ahead, monkeypatch) as other:
        assert difference(other.application) < timedelta(minutes=1)


def test_a_console_goes_on_by_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clock is corrected, or goes wrong, while the console runs."""
    with by_machine_clock(office, timedelta(0), monkeypatch) as other:
        application = other.application
        monkeypatch.setattr(clocks, "system_clock", lambda: system_clock() + AN_HOUR)
        with keeping_time(application.clock, application.database, every_s=0.01):
            wait_until(lambda: difference(application) < timedelta(minutes=1))


@pytest.mark.postgresql
def test_of_two_news_by_two_consoles_the_later_one_counts(
    on_server: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one's machine is four minutes ahead, so its words would look newer."""
    office = on_server
    furnish_outages(office.at(system_clock()))
    begins = (system_clock() + timedelta(days=9)).astimezone(SHANGHAI)
    with by_machine_clock(office, FOUR_MINUTES, monkeypatch) as first:
        planned = plan_outage(
            first,
            "F1",
            planned_start_at=f"{begins:%Y-%m-%d} 08:00",
            planned_end_at=f"{begins:%Y-%m-%d} 18:00",
        )
        Listener(first).write_out()
    with by_machine_clock(office, timedelta(0), monkeypatch) as second:
        second.application.outages.announcements.change(
            planned.outage.ticket_no,
            {
                "planned_start_at": f"{begins + timedelta(days=1):%Y-%m-%d} 08:00",
                "planned_end_at": f"{begins + timedelta(days=1):%Y-%m-%d} 18:00",
            },
            actor=DISPATCHER,
            reason="推迟",
        )
        Listener(second).write_out()
    to_her = {m.state: m.text for m in office.messages() if m.address == FENG}
    assert to_her.keys() == {S.SUPERSEDED, S.PENDING}
    day = begins + timedelta(days=1)
    assert f"定于{day.month}月{day.day}日" in to_her[S.PENDING]
