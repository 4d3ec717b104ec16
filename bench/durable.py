"""Goal 1: a durable transition through the whole public use case, against the floor and a peer.

Two loads. *intake* is the heaviest move: it defers documents, ends one stage, starts the next and
tells the customer. *trip* is a ticket's whole way in five moves, of which two send a message.
"""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bench.by_hand import ByHand, expect_alike
from bench.company import OPERATOR, company, submit
from bench.records import Sample, sample_rows
from bench.report import Finding, Report
from bench.rounds import Contender, ratio, side_by_side
from bench.servers import POSTGRESQL, SQLITE, available, database_server
from bench.spiff import Spiff
from engine.ticket import DocumentSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.bootstrap import Application
    from bench.rounds import Operation

INTAKE = ("complete_intake",)
TRIP = ("complete_intake", "finish_site_visit", "release_works", "finish_works", "energize")
PROOF = "property_proof"
"""What was deferred at intake and is due before the works are released."""

FLOOR_GOAL = {SQLITE: 0.50, POSTGRESQL: 0.75}
PEER_GOAL = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Moves tickets by the public use case."""

    application: Application
    triggers: Sequence[str]

    def taken_in(self, count: int) -> list[str]:
        """New tickets with what the moves ask for."""
        tickets = submit(self.application, count)
        if TRIP[2] in self.triggers:
            for ticket_no in tickets:
                self.application.documents.supply(
                    ticket_no, PROOF, source=DocumentSource.COUNTER, actor=OPERATOR
                )
        return tickets

    def turn(self, count: int) -> Iterator[Operation]:
        """So many new tickets, each to be moved all the way."""
        return (partial(self._move, ticket_no) for ticket_no in self.taken_in(count))

    def _move(self, ticket_no: str) -> None:
        for trigger in self.triggers:
            self.application.tickets.advance(ticket_no, trigger, actor=OPERATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Moves tickets by hand, which the product has taken in."""

    hand: ByHand
    product: Product
    samples: dict[str, Sample]

    def turn(self, count: int) -> Iterator[Operation]:
        """So many new tickets, each to be moved all the way."""
        return (partial(self._move, ticket_no) for ticket_no in self.product.taken_in(count))

    def _move(self, ticket_no: str) -> None:
        for trigger in self.product.triggers:
            self.hand.move(ticket_no, self.samples[trigger])


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Moves processes of SpiffWorkflow."""

    spiff: Spiff
    triggers: Sequence[str]

    def turn(self, count: int) -> Iterator[Operation]:
        """So many new processes, each to be taken as many steps as there are moves."""
        return (partial(self._move, name) for name in self.spiff.begin(count))

    def _move(self, name: str) -> None:
        for trigger in self.triggers:
            self.spiff.step(name, trigger)


def measure(*, quick: bool) -> Iterator[Report]:
    """Both loads on both databases."""
    for kind in (SQLITE, POSTGRESQL):
        if available(kind):
            for name, triggers in (("intake", INTAKE), ("trip", TRIP)):
                yield _measured(kind, name, triggers, quick=quick)


def _measured(kind: str, name: str, triggers: Sequence[str], *, quick: bool) -> Report:
    rounds, moves = (5, 20) if quick else (21, 60)
    names = (
        "Huodian, whole use case",
        "by hand",
        "SpiffWorkflow, ledger and messages by hand",
        "SpiffWorkflow, its state alone",
    )
    with _contenders(kind, triggers) as contenders:
        turns = [partial(each.turn, moves // len(triggers)) for each in contenders]
        timings = side_by_side(
            [
                Contender(name=name, turn=turn, repeat=len(triggers))
                for name, turn in zip(names, turns, strict=True)
            ],
            rounds,
        )
    ours, hand, spiff, _ = timings
    return Report(
        title=f"Durable transition, {kind}, {name}",
        timings=tuple(timings),
        findings=(
            Finding(
                what=f"{name} on {kind}: rate to by hand",
                value=ratio(hand, ours),
                goal=FLOOR_GOAL[kind],
            ),
            Finding(
                what=f"{name} on {kind}: rate to SpiffWorkflow",
                value=ratio(spiff, ours),
                goal=PEER_GOAL,
            ),
        ),
    )


@contextmanager
def _contenders(kind: str, triggers: Sequence[str]) -> Iterator[tuple[Product, Floor, Peer, Peer]]:
    with ExitStack() as stack:
        url = stack.enter_context(database_server(kind))()
        application = stack.enter_context(company(url))
        hand = stack.enter_context(closing(ByHand(url)))
        product = Product(application=application, triggers=triggers)
        samples = _samples(url, product)
        floor = Floor(hand=hand, product=product, samples=samples)
        _check(url, product, floor)

        def peer(name: str, samples: dict[str, Sample]) -> Peer:
            spiff = stack.enter_context(closing(Spiff(url, name, TRIP, samples)))
            return Peer(spiff=spiff, triggers=triggers)

        yield product, floor, peer("whole", samples), peer("state", {})


def _check(url: str, product: Product, floor: Floor) -> None:
    """Product and floor do the same writes: rows of one move of each are compared."""
    ours, theirs = product.taken_in(2)
    for trigger in product.triggers:
        product.application.tickets.advance(ours, trigger, actor=OPERATOR)
        floor.hand.move(theirs, floor.samples[trigger])
        expect_alike(url, ours, theirs)


def _samples(url: str, product: Product) -> dict[str, Sample]:
    """What the product writes for each move; one ticket goes ahead."""
    (ticket_no,) = product.taken_in(1)
    samples = {}
    for trigger in product.triggers:
        product.application.tickets.advance(ticket_no, trigger, actor=OPERATOR)
        samples[trigger] = sample_rows(url, ticket_no)
    return samples
