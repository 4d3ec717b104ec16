"""What operators do about sending: every act leaves an entry in the ledger.

A message that failed is never revived: sending it anew makes another one, so that what is known of
the first stays true and a late receipt finds its message.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.authorization import Action, authorize, authorize_company_wide
from app.forms.fields import remark
from app.sending.carriers import record
from app.sending.handover import WAITING_CODES
from app.sending.resending import once_more, refused
from app.streams import MESSAGES
from engine.errors import Reason, RefusedError, not_found
from engine.ledger import LedgerDraft
from notifications.message import MessageState

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.clock import Clock
    from app.ports.sending import SendingDatabase, SendingWork
    from app.sending.carriers import Carriers
    from engine.ticket import Actor
    from notifications.carriage import ProviderStanding
    from notifications.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueService:
    """The queue in the hands of operators."""

    database: SendingDatabase
    carriers: Carriers
    clock: Clock

    # --- providers ----------------------------------------------------------------------------

    def pause(self, name: str, reason: str, *, actor: Actor) -> tuple[ProviderStanding, ...]:
        """Hand nothing more to a provider until it is resumed; its messages go by others or wait.

        Raises:
            NotFoundError: no provider has this name.
            RefusedError: no reason is given, or the actor may not.
        """
        authorize_company_wide(actor, Action.MANAGE_MESSAGES)
        why = _needed(reason)

        def paused(standing: ProviderStanding) -> ProviderStanding:
            return replace(standing, paused_by=actor.user_id, reason=why)

        return self._change(name, paused, actor)

    def resume(self, name: str, *, actor: Actor) -> tuple[ProviderStanding, ...]:
        """Use a provider again that was paused or blocked; what waited for it goes at once.

        Raises:
            NotFoundError: no provider has this name.
        """
        authorize_company_wide(actor, Action.MANAGE_MESSAGES)

        def resumed(standing: ProviderStanding) -> ProviderStanding:
            return replace(standing, paused_by="", blocked_until=None, reason="")

        return self._change(name, resumed, actor)

    def _change(
        self, name: str, change: Callable[[ProviderStanding], ProviderStanding], actor: Actor
    ) -> tuple[ProviderStanding, ...]:
        at = self.clock()
        changed = []
        with self.database.writing() as work:
            for channel in sorted(self.carriers.channels):
                for standing in self.carriers.standings(work, channel, locked=True):
                    if standing.name == name:
                        changed.append(change(standing))
                        record(work, standing, changed[-1], at, actor)
            if not changed:
                what = "服务商"
                raise not_found(what, name)
            work.queue.wake(WAITING_CODES)
            work.commit()
        return tuple(changed)

    # --- messages -----------------------------------------------------------------------------

    def cancel(self, number: str, reason: str, *, actor: Actor) -> Message:
        """Call off a message that has not been sent.

        Raises:
            NotFoundError: there is none, or it belongs to another branch.
            RefusedError: it is being sent or was sent, or no reason is given.
        """
        authorize(actor, Action.MANAGE_MESSAGES)
        why, at = _needed(reason), self.clock()
        with self.database.writing() as work:
            message = self._get(work, number, actor)
            ended = work.queue.end([number], MessageState.CANCELLED, at, "cancelled", why)
            if not ended:
                raise refused(message, "取消", "只有待发送的消息可以取消")
            work.ledger.append(MESSAGES, _draft("cancel_message", message, why), actor, at)
            work.commit()
        return message

    def retry(self, number: str, reason: str, *, actor: Actor) -> Message:
        """Send a message anew that failed, expired or was cancelled: as another message.

        It goes to the address that its recipient has now.

        Raises:
            NotFoundError: there is none, or it belongs to another branch.
            RefusedError: it is not in such a state, may have arrived, is overtaken by newer news,
                has nobody to go to, or was sent anew already.
        """
        authorize(actor, Action.MANAGE_MESSAGES)
        why, at = _needed(reason), self.clock()
        with self.database.writing() as work:
            message = self._get(work, number, actor)
            again = once_more(work, message, at)
            if not work.outbox.add([again]):
                raise refused(message, "重发", "该消息已经重发过，请查看重发的那一条")
            work.outbox.handled(number, actor.user_id, at)
            draft = _draft("resend_message", message, why)
            address = "unchanged" if again.address == message.address else "corrected"
            draft = replace(draft, details={**draft.details, "address": address})
            work.ledger.append(MESSAGES, draft, actor, at)
            work.commit()
        return again

    def handled(self, number: str, note: str, *, actor: Actor) -> Message:
        """Note that somebody was told by other means, so that the message needs nobody any more.

        Raises:
            NotFoundError: there is none, or it belongs to another branch.
            RefusedError: the message needs nobody, or somebody has seen to it.
        """
        authorize(actor, Action.MANAGE_MESSAGES)
        why, at = _needed(note), self.clock()
        with self.database.writing() as work:
            message = self._get(work, number, actor)
            if not message.needs_a_person:
                raise refused(
                    message,
                    "标记",
                    "只有发送失败、结果不明、无法送达或逾期未发的法定通知需要人工处理",
                )
            if not work.outbox.handled(number, actor.user_id, at):
                raise refused(message, "标记", "已有人处理")
            work.ledger.append(MESSAGES, _draft("handle_message", message, why), actor, at)
            work.commit()
        return message

    def _get(self, work: SendingWork, number: str, actor: Actor) -> Message:
        message = work.outbox.get(number)
        if actor.branch and message.ticket_no:
            ticket = work.tickets.get(message.ticket_no)
            if ticket.branch != actor.branch:
                what = "消息"
                raise not_found(what, number)
        return message


def _draft(action: str, message: Message, reason: str) -> LedgerDraft:
    """An entry about a message; it names neither the person nor the number."""
    details = {"message": message.id, "ticket_no": message.ticket_no, "reason": reason}
    return LedgerDraft(action=action, source_state=message.state.value, details=details)


def _needed(reason: str) -> str:
    """The reason in one line.

    Raises:
        RefusedError: there is none.
        MalformedError: it is too long, or holds characters that nobody sees.
    """
    why = remark(reason, "reason")
    if not why:
        raise RefusedError(
            Reason(
                code="reason_missing",
                field="reason",
                message="须说明原因",
                clause="R-5.4",
                remedy="请填写原因，将记入台账",
            )
        )
    return why
