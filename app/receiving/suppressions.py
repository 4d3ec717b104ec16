"""People who want no messages but those that the law demands (退订).

They say so by a reply, or through somebody of the company, who can also take them off the list
again. The ledger keeps that it happened, with the number masked and a keyed digest by which the
same number can be recognised, never the number.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from app.authorization import Action, authorize_company_wide
from app.forms.fields import FieldReader
from app.masking import masked_phone
from app.streams import SUPPRESSIONS
from engine.errors import MalformedError, Reason, RefusedError
from engine.ledger import LedgerDraft
from engine.ticket import Act

if TYPE_CHECKING:
    from datetime import datetime

    from app.clock import Clock
    from app.ports.receiving import (
        ReceivingDatabase,
        ReceivingWork,
        StoredReceipt,
        StoredUplink,
        Suppression,
    )
    from engine.ticket import Actor

BY_REPLY, BY_COMMAND = "reply", "command"
DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionView:
    """One entry of the list, the number masked."""

    address: str
    since: datetime
    source: str
    reason: str
    added_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UplinkView:
    """A reply, the number masked; `effect` says what followed from it."""

    provider: str
    address: str
    text: str
    received_at: datetime
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptView:
    """A report without its content, which holds numbers."""

    id: int
    provider: str
    received_at: datetime
    problem: str
    tries: int
    is_waiting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionService:
    """The list of those who want no messages, and what people and providers wrote.

    Args:
        key: makes numbers in the ledger unreadable and yet comparable.
    """

    database: ReceivingDatabase
    clock: Clock
    key: str

    def listing(self, *, actor: Actor) -> tuple[SuppressionView, ...]:
        """Everybody on the list, the newest first."""
        authorize_company_wide(actor, Action.MANAGE_MESSAGES)
        with self.database.reading() as work:
            return tuple(_view(each) for each in work.suppressions.listing())

    def replies(self, *, actor: Actor, limit: int = 100) -> tuple[UplinkView, ...]:
        """What people wrote back, the newest first."""
        authorize_company_wide(actor, Action.MANAGE_MESSAGES)
        with self.database.reading() as work:
            return tuple(_uplink_view(each) for each in work.uplinks.listing(limit))

    def reports(self, *, actor: Actor, limit: int = 100) -> tuple[ReceiptView, ...]:
        """What providers reported, the newest first."""
        authorize_company_wide(actor, Action.MANAGE_MESSAGES)
        with self.database.reading() as work:
            return tuple(_receipt_view(each) for each in work.receipts.listing(limit))

    def add(self, phone: str, *, reason: str, actor: Actor) -> None:
        """Put a number on the list, because the person asked for it.

        Raises:
            MalformedError: no mobile number, or no reason.
            RefusedError: it is on the list already.
        """
        authorize_company_wide(actor, Action.MANAGE_MESSAGES)
        address, act = self._read(phone, reason, actor)
        with self.database.writing() as work:
            if not suppress(work, address, act, source=BY_COMMAND, key=self.key):
                raise _refused(
                    code="already_suppressed", message=f"{masked_phone(address)} 已在退订名单中"
                )
            work.commit()

    def remove(self, phone: str, *, reason: str, actor: Actor) -> None:
        """Take a number off the list, because the person wants messages again.

        Raises:
            MalformedError: no mobile number, or no reason.
            RefusedError: it is not on the list.
        """
        authorize_company_wide(actor, Action.MANAGE_MESSAGES)
        address, act = self._read(phone, reason, actor)
        with self.database.writing() as work:
            if not work.suppressions.remove(address):
                raise _refused(
                    code="not_suppressed", message=f"{masked_phone(address)} 不在退订名单中"
                )
            _record(work, "lift_suppression", _traces(address, self.key), act)
            work.commit()

    def _read(self, phone: str, reason: str, actor: Actor) -> tuple[str, Act]:
        read = FieldReader({"phone": phone}, {"phone": "手机号"})
        address = read.mobile("phone")
        reasons = list(read.reasons)
        if not reason.strip():
            reasons.append(
                Reason(
                    code="reason_missing",
                    field="reason",
                    message="必须说明原因",
                    remedy="请写明客户何时以何种方式提出",
                )
            )
        if reasons:
            raise MalformedError(reasons)
        return address, Act(actor=actor, at=self.clock(), reason=reason.strip())


def suppress(work: ReceivingWork, address: str, act: Act, *, source: str, key: str) -> bool:
    """Put an address on the list, with an entry in the ledger; False if it is there already."""
    user_id = act.actor.user_id
    added = work.suppressions.add(address, act.at, source=source, reason=act.reason, by=user_id)
    if added:
        _record(work, "suppress", {**_traces(address, key), "source": source}, act)
    return added


def _traces(address: str, key: str) -> dict[str, str]:
    """What the ledger keeps of a number."""
    digest = hmac.new(key.encode(), address.encode(), sha256).hexdigest()
    return {"address": masked_phone(address), "digest": digest[:DIGEST_LENGTH]}


def _record(work: ReceivingWork, action: str, facts: dict[str, str], act: Act) -> None:
    entry = LedgerDraft(action=action, details={**facts, "reason": act.reason})
    work.ledger.append(SUPPRESSIONS, entry, act.actor, act.at)


def _refused(*, code: str, message: str) -> RefusedError:
    return RefusedError(Reason(code=code, field="phone", message=message, remedy="无须处理"))


def _view(found: Suppression) -> SuppressionView:
    return SuppressionView(
        address=masked_phone(found.address),
        since=found.since,
        source=found.source,
        reason=found.reason,
        added_by=found.added_by,
    )


def _uplink_view(found: StoredUplink) -> UplinkView:
    return UplinkView(
        provider=found.provider,
        address=masked_phone(found.address),
        text=found.text,
        received_at=found.received_at,
        effect=found.effect,
    )


def _receipt_view(found: StoredReceipt) -> ReceiptView:
    return ReceiptView(
        id=found.id,
        provider=found.provider,
        received_at=found.received_at,
        problem=found.problem,
        tries=found.tries,
        is_waiting=found.next_try_at is not None,
    )
