"""Several people at one ticket: the first wins, the others are told; nothing is half done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from engine.errors import ConflictError, HuodianError, RefusedError
from engine.ticket import DocumentSource, PauseCause, Ticket
from tests.applicants import (
    COUNTER,
    OTHER_PAIR,
    PROJECT,
    SECTION,
    a_resident,
    an_enterprise,
)
from tests.application import codes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.application import Office

WRITERS = 6


def at_once(*attempts: Callable[[], Ticket]) -> list[Ticket | HuodianError]:
    """Run everything at the same moment; what each gave or was told."""
    gate = Barrier(len(attempts))

    def run(attempt: Callable[[], Ticket]) -> Ticket | HuodianError:
        gate.wait()
        try:
            return attempt()
        except HuodianError as error:
            return error

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(run, attempts))


def winners(outcomes: list[Ticket | HuodianError]) -> list[Ticket]:
    return [each for each in outcomes if isinstance(each, Ticket)]


def test_a_ticket_that_changed_since_it_was_read_is_a_conflict(office: Office) -> None:
    ticket = office.submit(an_enterprise())
    office.fire(ticket, "complete_intake", "finish_site_visit", "release_works")
    number, old = ticket.ticket_no, {"expected_revision": 1}
    services = office.application
    stale: tuple[Callable[[], object], ...] = (
        lambda: services.tickets.advance(number, "finish_works", actor=PROJECT, **old),
        lambda: services.tickets.suspend(
            number, PauseCause.EXTERNAL_LINE, evidence="通知单", actor=PROJECT, **old
        ),
        lambda: services.tickets.resume(number, actor=PROJECT, **old),
        lambda: services.tickets.assign_managers(
            number, OTHER_PAIR, reason="轮岗", actor=SECTION, **old
        ),
        lambda: services.tickets.extend_boundary(number, reason="重点", actor=SECTION, **old),
        lambda: services.amendments.amend(
            number, {"name": "新"}, reason="错", actor=COUNTER, **old
        ),
        lambda: services.documents.supply(
            number, "property_proof", DocumentSource.COUNTER, actor=COUNTER, **old
        ),
        lambda: services.documents.verify(number, 1, actor=COUNTER, **old),
        lambda: services.documents.reject(number, 1, "不清晰", actor=COUNTER, **old),
    )
    for attempt in stale:
        with pytest.raises(ConflictError) as conflict:
            attempt()
        assert codes(conflict) == {"stale_revision"}
    assert office.ticket(ticket).revision == 4
    current = services.documents.verify(number, 1, actor=COUNTER, expected_revision=4)
    assert current.revision == 5


def test_of_many_who_fire_the_same_trigger_one_wins(office: Office) -> None:
    number = office.submit().ticket_no
    advance = office.application.tickets.advance
    outcomes = at_once(*[lambda: advance(number, "complete_intake", actor=COUNTER)] * WRITERS)
    assert len(winners(outcomes)) == 1
    losers = [each for each in outcomes if isinstance(each, HuodianError)]
    assert all(isinstance(each, ConflictError | RefusedError) for each in losers)
    assert [entry.action for entry in office.entries(number)] == ["submit", "complete_intake"]
    assert [each for each in office.told() if each[1] == "application_accepted"] == [
        ("customer", "application_accepted")
    ]


def test_of_many_who_saw_the_same_revision_one_wins(office: Office) -> None:
    number = office.submit().ticket_no
    supply = office.application.documents.supply
    outcomes = at_once(
        *[
            lambda: supply(
                number,
                "property_proof",
                DocumentSource.COUNTER,
                actor=COUNTER,
                expected_revision=1,
            )
        ]
        * WRITERS
    )
    assert len(winners(outcomes)) == 1
    assert all(isinstance(each, Ticket | ConflictError) for each in outcomes)
    assert office.ticket(number).revision == 2


def test_processes_side_by_side_keep_every_change_that_succeeded(office: Office) -> None:
    number = office.submit(papers=()).ticket_no
    others = [office.another() for _ in range(WRITERS)]

    def supplying(process: Office) -> Callable[[], Ticket]:
        supply = process.application.documents.supply
        return lambda: supply(number, "identity", DocumentSource.COUNTER, actor=COUNTER)

    kept = winners(at_once(*map(supplying, others)))
    for each in others:
        each.close()
    ticket = office.ticket(number)
    assert len(ticket.documents) == len(kept) == ticket.revision - 1
    assert sorted(each.revision for each in kept) == list(range(2, ticket.revision + 1))
    assert [record.number for record in ticket.documents] == list(range(1, ticket.revision))
    assert len(ticket.stage_runs) == 1


def test_applications_at_the_same_moment_get_numbers_without_gaps(office: Office) -> None:
    outcomes = at_once(
        *[lambda n=n: office.submit(a_resident(address=f"{n}号")) for n in range(WRITERS)]
    )
    numbers = sorted(each.ticket_no for each in winners(outcomes))
    assert numbers == [f"TC-20210728-{n:04}" for n in range(1, WRITERS + 1)]


def test_a_form_that_is_sent_twice_makes_one_ticket(office: Office) -> None:
    submit, application = office.application.tickets.submit, a_resident()
    token = "a-token-that-came-with-the-form"

    def send() -> Ticket:
        return submit(
            application, branch="tengchong", documents=("identity",), actor=COUNTER, token=token
        )

    sent = at_once(*[send] * WRITERS)
    assert {each.ticket_no for each in winners(sent)} == {"TC-20210728-0001"}
    assert len(winners(sent)) == WRITERS
    assert send().ticket_no == "TC-20210728-0001"
    assert office.submit(a_resident(address="别处")).ticket_no == "TC-20210728-0002"
