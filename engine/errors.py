"""Every way the software may say no, with the facts that let a person act on it.

A refusal carries *all* its reasons at once (一次性告知, R-3.4, 四(二)3). The faces map the
class of an error to an exit code or an HTTP status; the core knows nothing of either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason of a refusal.

    Args:
        code: stable identifier in English, for programs and tests.
        message: what is wrong, in Chinese, in words that its reader can act on.
        clause: where the rule comes from, for example `R-3.2, 四(二)4`; may be empty.
        remedy: what to do next, in Chinese; may be empty.
        field: the input field concerned, if it was one.
    """

    code: str
    message: str
    clause: str = ""
    remedy: str = ""
    field: str = ""

    def __str__(self) -> str:
        """The whole sentence: field, problem, remedy, clause."""
        head = f"{self.field}：{self.message}" if self.field else self.message
        tail = f"（依据 {self.clause}）" if self.clause else ""
        return f"{head}{'；' + self.remedy if self.remedy else ''}{tail}"


class HuodianError(Exception):
    """A refusal or a fault that the software understands.

    Attributes:
        reasons: every reason that was found, never empty.
    """

    def __init__(self, reasons: Iterable[Reason] | Reason) -> None:
        self.reasons = (reasons,) if isinstance(reasons, Reason) else tuple(reasons)
        super().__init__("\n".join(str(reason) for reason in self.reasons))


class MalformedError(HuodianError):
    """The call itself is wrong: a malformed value, an unknown trigger, an unknown option."""


class RefusedError(HuodianError):
    """The call is well formed but a rule of the plan or of the definition forbids it now."""


class NotFoundError(HuodianError):
    """What was named does not exist, or lies outside the branch of the one who asks."""


class ConflictError(HuodianError):
    """Somebody was faster: what was read has changed since."""


class IntegrityError(HuodianError):
    """A record that must never change has changed: the ledger is broken."""


def not_found(what: str, key: str) -> NotFoundError:
    """The error for a thing that does not exist; `what` is its Chinese name."""
    return NotFoundError(
        Reason(
            code="not_found",
            message=f"{what}“{key}”不存在",
            remedy="请核对编号，或确认您有权查看该单位的记录",
        )
    )
