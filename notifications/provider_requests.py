"""Cuts messages into the requests that a cloud provider takes, and finds those that fit none. Pure.

Equal messages go together, because one request then tells a thousand people; a message that is
like no other waits for company of its template where the provider takes mixed requests. One
request never holds a phone twice: what comes back is told apart by its phone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from engine.errors import Reason
from notifications.registrations import CLAUSE, Filled, Registered, Registration, UnfitMessageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from notifications.message import Message

MOBILE = re.compile(r"1\d{10}")
"""A mobile number of the mainland, as the forms store it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A message with its phone as providers know it, and the values that fill its template."""

    message: Message
    phone: str
    filled: Filled


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRequest:
    """What one request carries; `is_equal` says that one set of values stands for all."""

    registration: Registration
    items: tuple[Item, ...]
    is_equal: bool

    @property
    def phones(self) -> list[str]:
        """The recipients, in order."""
        return [each.phone for each in self.items]

    def halves(self) -> tuple[ProviderRequest, ProviderRequest]:
        """The same in two requests."""
        middle = len(self.items) // 2
        return self._of(self.items[:middle]), self._of(self.items[middle:])

    @property
    def reference(self) -> str:
        """What the provider repeats in its reports, and what a lost answer is found by.

        A request to one person names the message. One to many names what all of them are told, so
        that it can be made again from each of them.
        """
        if len(self.items) == 1:
            return self.items[0].message.id
        return reference_to_many(self.items[0].message) if self.is_equal else ""

    def _of(self, items: tuple[Item, ...]) -> ProviderRequest:
        return ProviderRequest(registration=self.registration, items=items, is_equal=self.is_equal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Requests, and the messages that go into none, each with every reason."""

    requests: tuple[ProviderRequest, ...]
    unfit: tuple[tuple[Message, tuple[Reason, ...]], ...]


def cut(
    messages: Sequence[Message], registered: Registered, provider: str, *, same: int, mixed: int
) -> Cut:
    """Cut messages to size: `same` equal ones a request, or `mixed` different ones."""
    groups: dict[tuple[int, tuple[str, ...]], list[Item]] = defaultdict(list)
    registrations: dict[int, Registration] = {}
    unfit: list[tuple[Message, tuple[Reason, ...]]] = []
    for message in messages:
        try:
            registration, filled = _fitted(message, registered, provider)
        except UnfitMessageError as refusal:
            unfit.append((message, refusal.reasons))
            continue
        registrations[id(registration)] = registration
        key = (id(registration), tuple(filled.values.values()))
        item = Item(message=message, phone=national(message.address), filled=filled)
        groups[key].append(item)
    lonely: dict[int, list[Item]] = defaultdict(list)
    requests: list[ProviderRequest] = []
    for (identity, _), items in groups.items():
        if len(items) == 1 and mixed > 1 and not items[0].message.urgent:
            lonely[identity] += items
        else:
            requests += _requests(registrations[identity], items, same, is_equal=True)
    for identity, items in lonely.items():
        requests += _requests(registrations[identity], items, mixed, is_equal=len(items) == 1)
    return Cut(requests=tuple(requests), unfit=tuple(unfit))


def national(phone: str) -> str:
    """A mobile number without the country's code, as we store it."""
    return re.sub(r"^(\+|00)?86(?=1\d{10}$)", "", phone.strip())


def reference_to_many(message: Message) -> str:
    """Names what a message says, not whom it is for; never longer than 64 characters."""
    params = sorted(message.params.items())
    told = "\n".join([f"{message.template_key}@{message.template_version}", *map(str, params)])
    return f"many-{sha256(told.encode()).hexdigest()[:32]}"


def _fitted(message: Message, registered: Registered, provider: str) -> tuple[Registration, Filled]:
    if not MOBILE.fullmatch(national(message.address)):
        raise UnfitMessageError(
            Reason(
                code="bad_number",
                message="手机号码无效" if message.address else "没有号码",
                clause=CLAUSE,
                remedy="请更正联系电话后重发，或电话告知",
            )
        )
    key, version = message.template_key, message.template_version
    return registered.fill(provider, key, version, message.params)


def _requests(
    registration: Registration, items: Iterable[Item], size: int, *, is_equal: bool
) -> Iterator[ProviderRequest]:
    for each in _without_repeats(items):
        for start in range(0, len(each), size):
            yield ProviderRequest(
                registration=registration,
                items=tuple(each[start : start + size]),
                is_equal=is_equal,
            )


def _without_repeats(items: Iterable[Item]) -> list[list[Item]]:
    """The first message to each phone, then the second ones, and so on."""
    rounds: list[list[Item]] = []
    seen: dict[str, int] = defaultdict(int)
    for each in items:
        number = seen[each.phone]
        seen[each.phone] += 1
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(each)
    return rounds
