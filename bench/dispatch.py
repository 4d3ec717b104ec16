"""Goal 5: what sending makes of a provider, from waiting rows to answers that are written down.

*One by one* drains messages through a gateway that takes one message a request. What it could do at
best is `concurrency / latency`; beside it stand the same requests without anything written. *One
notice* writes 200,000 equal messages page by page and hands them over a thousand a request.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import count as count_from
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import text

from app import daemon
from app.bootstrap import Application
from app.clock import ClusterClock
from app.first_start import prepare
from app.ports.jobs import Job
from app.settings import Settings
from bench.gateway import ACCEPTED, BATCH, BatchChannel, call_bare, gateway
from bench.report import Finding, Report
from bench.rounds import Contender, Timing, side_by_side
from bench.servers import POSTGRESQL, SQLITE, available, database_server
from notifications.message import (
    Audience,
    Channel,
    Message,
    MessageKind,
    MessageState,
    SharedNotice,
)
from storage.database import open_database
from tests.daemon_process import not_quiet_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from app.ports.jobs import FanOut
    from app.ports.work import Work
    from bench.rounds import Operation
    from notifications.channels.base import MessageChannel

    A = TypeVar("A", bound=Application)

CONCURRENCY = 100
LATENCY_S = 0.1
MESSAGES, QUICK_MESSAGES = 20_000, 2000
GOAL = 0.8
PEOPLE, QUICK_PEOPLE = 200_000, 10_000
BATCH_GOAL = 0.95
"""How full requests must be on the average."""
TEMPLATE = "next_stage"
PATIENCE_S = 600
LOOK_S = 0.1
# In the order of an index each, so that what was sent is not looked through.
_ON_THEIR_WAY = tuple(
    text(f"SELECT 1 FROM messages WHERE state = {state} ORDER BY {index} LIMIT 1")
    for state, index in (
        ("'pending' AND job = ''", "urgent, not_before, created_at, id"),
        ("'pending' AND job <> ''", "job"),
        ("'sending'", "claimed_at"),
    )
)


def measure(*, quick: bool) -> Iterator[Report]:
    """Both loads on both databases."""
    with ExitStack() as stack:
        url = stack.enter_context(gateway(LATENCY_S))
        for kind in (SQLITE, POSTGRESQL):
            if available(kind):
                with database_server(kind) as new_database:
                    yield _one_by_one(kind, new_database(), url, quick=quick)
                    yield _one_notice(kind, new_database(), url, quick=quick)


# --- one message a request ----------------------------------------------------------------------


def _one_by_one(kind: str, database_url: str, url: str, *, quick: bool) -> Report:
    messages, rounds = (QUICK_MESSAGES, 2) if quick else (MESSAGES, 3)
    gateway_settings = {
        "sms_carrier": "http",
        "sms_url": url + "/send?to={{ to | urlencode }}&ref={{ message_id }}",
        "sms_success": f"^{ACCEPTED}$",
        "sms_concurrency": CONCURRENCY,
    }
    with _sender(database_url, Application, **gateway_settings) as application:
        timings = side_by_side(
            [
                Contender(
                    name="Huodian, until every answer is written",
                    turn=partial(_drained, application, messages),
                    repeat=messages,
                ),
                Contender(
                    name="the same requests, nothing written",
                    turn=lambda: [partial(call_bare, url, messages, CONCURRENCY)],
                    repeat=messages,
                ),
            ],
            rounds,
        )
        _expect_sent(application, messages * (rounds + 1))
    best = LATENCY_S / CONCURRENCY
    return Report(
        title=f"Dispatch, {kind}: {messages:,} messages, {CONCURRENCY} requests at once",
        note=f"The gateway takes {LATENCY_S * 1000:.0f} ms: {1 / best:,.0f} a second at best.",
        timings=tuple(timings),
        findings=(
            Finding(
                what=f"dispatch on {kind}: pace to concurrency / latency",
                value=best / timings[0].middle,
                goal=GOAL,
            ),
        ),
    )


def _drained(application: Application, messages: int) -> list[Operation]:
    """So many new messages wait; the operation ends when all are sent and written down."""
    at = application.clock()
    with application.database.writing() as work:
        work.outbox.add([_message(next(_numbers), at) for _ in range(messages)])
        work.commit()

    def drain() -> None:
        application.sending.dispatch()
        _wait_until(lambda: _nothing_waits(application))

    return [drain]


_numbers = count_from(1)


def _message(number: int, at: datetime) -> Message:
    return Message(
        id=f"bench-{number}",
        dedupe_key=f"bench:{number}",
        kind=MessageKind.NOTICE,
        template_key=TEMPLATE,
        template_version=1,
        text=f"您的用电申请已进入下一环节（{number}）。",
        channel=Channel.SMS,
        audience=Audience.CUSTOMER,
        recipient="陈水",
        address=f"13{number:09}",
        created_at=at,
        not_before=at,
    )


# --- one notice to many ---------------------------------------------------------------------------


def _one_notice(kind: str, database_url: str, url: str, *, quick: bool) -> Report:
    people = QUICK_PEOPLE if quick else PEOPLE
    with _sender(database_url, partial(Broadcaster, gateway=url, people=people)) as application:
        seconds = _told(application)
        sizes = application.batches.sizes
    return Report(
        title=f"One notice, {kind}: {people:,} people, at most {BATCH:,} a request",
        note=f"{len(sizes):,} requests. From the one row that announces it to the last answer.",
        timings=(Timing(name="Huodian", seconds=(seconds / people,)),),
        findings=(
            Finding(
                what=f"notice on {kind}: how full requests are",
                value=sum(sizes) / len(sizes) / BATCH,
                goal=BATCH_GOAL,
            ),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Broadcaster(Application):
    """The application with a provider that takes batches, and a notice for so many people."""

    gateway: str
    people: int

    @cached_property
    def batches(self) -> BatchChannel:
        """The provider."""
        return BatchChannel(self.gateway, self._event_loop)

    @cached_property
    def channels(self) -> Mapping[Channel, tuple[MessageChannel, ...]]:
        """The only one."""
        return {Channel.SMS: (self.batches,)}

    @cached_property
    def fan_outs(self) -> Mapping[MessageKind, FanOut]:
        """The only kind of notice."""
        return {MessageKind.OUTAGE: ToAll(self.people)}


@dataclass(frozen=True, slots=True)
class ToAll:
    """Tells a notice to so many numbers."""

    people: int

    def page(self, work: Work, notice: SharedNotice, limit: int) -> str:
        """The next page of them."""
        start = int(notice.fan_out_after or 0)
        end = min(start + limit, self.people)
        work.outbox.add([_of_notice(notice, number) for number in range(start, end)])
        return "" if end == self.people else str(end)


def _of_notice(notice: SharedNotice, number: int) -> Message:
    return replace(
        _message(number, notice.created_at),
        id=f"{notice.id}-{number}",
        dedupe_key=f"{notice.id}:{number}",
        kind=notice.kind,
        text="",
        notice_id=notice.id,
        topic=notice.topic,
    )


def _told(application: Broadcaster) -> float:
    """Seconds from the announcement until everybody has been told."""
    notice = SharedNotice(
        id="bench-notice",
        kind=MessageKind.OUTAGE,
        template_key=TEMPLATE,
        template_version=1,
        params={},
        text="和畅台区计划停电。",
        created_at=application.clock(),
        topic="outage:bench",
    )
    began = time.perf_counter()
    with application.database.writing() as work:
        work.notices.add(notice)
        application.transport.jobs.enqueue(work, Job.FAN_OUT, notice.id, (notice.id,))
        work.commit()
    _wait_until(lambda: _is_told(application, notice.id))
    _wait_until(lambda: _nothing_waits(application))
    took = time.perf_counter() - began
    _expect_sent(application, application.people)
    return took


def _is_told(application: Application, notice_id: str) -> bool:
    with application.database.reading() as work:
        return work.notices.get(notice_id).fanned_out_at is not None


# --- what both have in common --------------------------------------------------------------------


@contextmanager
def _sender(database_url: str, make: Callable[..., A], **settings: object) -> Iterator[A]:
    """The application with its daemon in this process; nothing waits for the morning."""
    with TemporaryDirectory(prefix="huodian-bench-var-") as var:
        chosen: dict[str, Any] = {"sample": False, **not_quiet_now(), **settings}
        application = make(
            settings=Settings(database_url=database_url, var_dir=Path(var), **chosen),
            clock=ClusterClock(),
            database=open_database(database_url),
        )
        prepare(application)
        running = daemon.start(application)
        try:
            yield application
        finally:
            running.stop()
            application.close()


def _nothing_waits(application: Application) -> bool:
    """Whether no message is on its way; how many are would cost those who send too much."""
    with application.database.reading() as work:
        return all(work.connection.execute(each).first() is None for each in _ON_THEIR_WAY)


def _expect_sent(application: Application, messages: int) -> None:
    with application.database.reading() as work:
        found = work.outbox.counts_by_state()
    if found != {MessageState.ACCEPTED: messages}:
        msg = f"{dict(found)} instead of {messages} accepted"
        raise RuntimeError(msg)


def _wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        if time.monotonic() > deadline:
            msg = f"not sent within {PATIENCE_S} s"
            raise RuntimeError(msg)
        time.sleep(LOOK_S)
