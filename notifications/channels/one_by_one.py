"""For providers that take one message a call."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from notifications.channels.base import unknown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

    from notifications.channels.base import Result
    from notifications.message import Message
    from notifications.wire.places import Places

logger = logging.getLogger(__name__)


def one_by_one(
    messages: Iterable[Message], send: Callable[[Message], Awaitable[Result]], places: Places
) -> Iterator[Result]:
    """One call a message; the results as answers come in, a doubt where our own code fails."""
    return places.each(partial(_certainly, send, each) for each in messages)


async def _certainly(send: Callable[[Message], Awaitable[Result]], message: Message) -> Result:
    """The result of a call: a channel never raises for a message.

    What was raised is logged by its kind alone, because its words may hold personal data.
    """
    try:
        return await send(message)
    except Exception as fault:  # noqa: BLE001  (the edge: one message must not stop the others)
        kind = type(fault).__name__
        logger.error("message %s: a channel failed with %s", message.id, kind)  # noqa: TRY400
        return unknown(message.id, kind)
