"""Which providers of a channel would take a message, asked before it is given to one of them.

Not everybody has every text registered, nor fields of the same length. So a message goes to one who
would take it, waits if that one may not be used just now, and fails only if nobody ever would.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.errors import Reason, UnavailableError
from notifications.channels.base import LONGEST_TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notifications.channels.base import MessageChannel
    from notifications.message import Channel, Message

logger = logging.getLogger(__name__)

UNCHECKED = "check_failed"
"""Error code of a message that our own code could not look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the providers of its channel say of a message; both are empty if there are none.

    Args:
        willing: names of those that would take it, in the order of preference.
        refusals: the others, with every reason.
    """

    willing: tuple[str, ...]
    refusals: Mapping[str, tuple[Reason, ...]]

    @property
    def is_refused(self) -> bool:
        """Whether nobody who is set up would ever take it."""
        return bool(self.refusals) and not self.willing

    @property
    def code(self) -> str:
        """Why the preferred one refuses."""
        return next(iter(self.refusals.values()))[0].code

    @property
    def text(self) -> str:
        """Every reason of everybody, once."""
        said = [each.message for reasons in self.refusals.values() for each in reasons]
        return "；".join(dict.fromkeys(said))[:LONGEST_TEXT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Takers:
    """The answers for one page of messages, each asked for once.

    Those of a notice have the same words, so one of them speaks for all.
    """

    channels: Mapping[Channel, tuple[MessageChannel, ...]]
    _known: dict[tuple[Channel, str], Answers] = field(default_factory=dict)

    def of(self, message: Message) -> Answers:
        """Who would take it."""
        key = (message.channel, message.notice_id or message.id)
        if key not in self._known:
            self._known[key] = self._asked(message)
        return self._known[key]

    def _asked(self, message: Message) -> Answers:
        adapters = self.channels.get(message.channel, ())
        said = {each.name: refusal_of(each, message) for each in adapters}
        return Answers(
            willing=tuple(name for name, reasons in said.items() if not reasons),
            refusals={name: reasons for name, reasons in said.items() if reasons},
        )


def refusal_of(adapter: MessageChannel, message: Message) -> tuple[Reason, ...]:
    """Why a provider would not take a message; empty if it would.

    Whatever goes wrong with one message is that message's: it must not keep back the others.

    Raises:
        UnavailableError: the database is away, which is nobody's fault here.
    """
    try:
        return adapter.validate(message)
    except UnavailableError:
        raise
    except Exception as fault:  # noqa: BLE001  (the edge: one message must not stop the others)
        kind = type(fault).__name__  # its words may hold personal data
        logger.error("message %s: %s could not check it: %s", message.id, adapter.name, kind)  # noqa: TRY400
        return (Reason(code=UNCHECKED, message=f"无法核对消息（{adapter.name}：{kind}）"),)
