"""Drafts and publications, as tests of changing definitions make them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TYPE_CHECKING, Any

from engine.errors import (
    HuodianError,
)
from engine.ticket import SYSTEM, Actor, Role
from tests.applicants import CHIEF
from tests.unit.workflows.drafts import edited

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.rules.draft_views import DraftView
    from engine.ledger import LedgerEntry
    from tests.application import Office


SECOND = Actor(user_id="second", name="方晓白", roles=frozenset({Role.ADMINISTRATOR}))


THIRD = replace(SECOND, user_id="third", name="苗云开")


ID = "lv_business"


SHORTER = (
    ("limit: {days: 4,", "limit: {days: 3,"),
    ("handling_limit: {days: 5,", "handling_limit: {days: 4,"),
)


STRICTER = edited(ID, *SHORTER)
"""One working day less than the plan allows: always permitted."""


LOOSER = edited(
    ID,
    ("limit: {days: 4,", "limit: {days: 9,"),
    ("handling_limit: {days: 5,", "handling_limit: {days: 10,"),
)


OTHER = edited(ID, *SHORTER, ("name: 现场服务", "name: 上门服务"))


def drafted(office: Office, text: str = STRICTER, by: Actor = CHIEF, **how: Any) -> DraftView:
    return office.application.drafts.save(text, actor=by, **how)


def published(office: Office, text: str = STRICTER, **how: Any) -> str:
    """A draft of the chief, published by the second administrator; the new version."""
    view = drafted(office, text)
    done = office.application.drafts.publish(view.number, actor=SECOND, **how)
    return done.definition.ref


def in_force(office: Office, definition_id: str = ID) -> str:
    return office.application.rulebook.in_force(definition_id).ref


def publications(office: Office) -> list[LedgerEntry]:
    """What administrators did to definitions, after the installation."""
    return [each for each in office.entries("definitions") if each.actor_id != SYSTEM.user_id]


def at_once(do: Callable[[Any], Any], *arguments: Any) -> list[Any]:
    """The results of calls that begin at the same moment; a refusal is a result."""
    barrier = Barrier(len(arguments))

    def attempt(argument: Any) -> Any:
        barrier.wait()
        try:
            return do(argument)
        except HuodianError as refusal:
            return refusal

    with ThreadPoolExecutor(len(arguments)) as threads:
        return list(threads.map(attempt, arguments))
