"""Every way the software may say no, with the facts that let a person act on it.

A refusal carries *all* its reasons at once (一次性告知, R-3.4, 四(二)3). The faces map the
class of an error to an exit code or an HTTP status; the core knows nothing of either.
"""

from __future__ import annotations

import errno
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
        options: what may be given instead: each word with its Chinese name, to close the remedy.
    """

    code: str
    message: str
    clause: str = ""
    remedy: str = ""
    field: str = ""
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """The whole sentence: field, problem, remedy, clause."""
        head = f"{self.field}：{self.message}" if self.field else self.message
        tail = f"（依据 {self.clause}）" if self.clause else ""
        remedy = self.remedy_in_words
        return f"{head}{'；' + remedy if remedy else ''}{tail}"

    @property
    def remedy_in_words(self) -> str:
        """The remedy for whoever types: options are the words to be given, with their names."""
        return self._closed_by(
            f"{word}（{name}）" if name not in {"", word} else word for word, name in self.options
        )

    @property
    def remedy_in_names(self) -> str:
        """The remedy for whoever looks at a screen: options by name only."""
        return self._closed_by(name or word for word, name in self.options)

    def _closed_by(self, options: Iterable[str]) -> str:
        listed = "、".join(options)
        return f"{self.remedy or '可选'}：{listed}" if listed else self.remedy


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


class UnavailableError(HuodianError):
    """What the software stands on cannot be used now: a database that is away, a full disk."""


def not_found(what: str, key: str) -> NotFoundError:
    """The error for a thing that does not exist; `what` is its Chinese name."""
    return NotFoundError(
        Reason(
            code="not_found",
            message=f"{what}“{key}”不存在",
            remedy="请核对编号，或确认您有权查看该单位的记录",
        )
    )


def place_unusable(what: str, fault: OSError, *, code: str, remedy: str) -> UnavailableError:
    """The error for a place on disk that cannot be used; `what` is it and what was tried."""
    message = f"{what}（{said_by(fault)}）"
    return UnavailableError(Reason(code=code, message=message, remedy=remedy))


def said_by(fault: OSError) -> str:
    """What the operating system says, in Chinese where it says it often."""
    return _SYSTEM_WORDS.get(fault.errno or 0) or fault.strerror or type(fault).__name__


_SYSTEM_WORDS = {
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "所在磁盘只读",
    errno.ENOSPC: "磁盘空间已满",
    errno.EDQUOT: "磁盘配额已满",
    errno.ENOENT: "路径不存在",
    errno.ENOTDIR: "路径中有不是目录的部分",
    errno.EEXIST: "同名的文件已存在",
    errno.EISDIR: "是一个目录",
    errno.EMFILE: "打开的文件过多",
    errno.EIO: "读写磁盘失败",
    errno.EADDRINUSE: "已被占用",
    errno.EADDRNOTAVAIL: "本机没有这个地址",
}
