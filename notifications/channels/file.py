"""Messages written to a file instead of sent: for a first start, for trials and for training.

One line of JSON a message, only ever appended. What is written can be found again by its id, so
this channel is never in doubt, and handing the same message over twice writes it once.
"""

from __future__ import annotations

import fcntl
import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING

from notifications.channels.base import (
    Capabilities,
    ErrorClass,
    ParsedReceipts,
    ReceiptRequest,
    Result,
    Verdict,
    no_receipts,
    refused,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import BufferedRandom
    from pathlib import Path

    from engine.errors import Reason
    from notifications.message import Message

OWNER_ONLY = 0o600
"""The lines hold phone numbers."""

AS_MANY_AS_THERE_ARE = 1_000_000
CAPABILITIES = Capabilities(
    same_params=AS_MANY_AS_THERE_ARE,
    mixed_params=AS_MANY_AS_THERE_ARE,
    idempotent_for=timedelta.max,
    can_be_asked=True,
)
"""The file is the memory: what is not in it was never written, and is never written twice."""


class FileChannel:
    """Appends to one file, which several processes may share.

    Args:
        path: the file; it and its folder are made when the first message comes.
        name: how the channel is called in settings and logs.
    """

    def __init__(self, path: Path, name: str = "file") -> None:
        self.path = path
        self._name = name
        self._ids: set[str] = set()
        self._read_to = 0

    @property
    def name(self) -> str:
        """How the channel is called in settings and logs."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """Everything at once, and as often as one likes."""
        return CAPABILITIES

    def validate(self, message: Message) -> tuple[Reason, ...]:
        """Anything may be written."""
        del message
        return ()

    def submit(self, messages: Sequence[Message]) -> list[Result]:
        """Write what is not there yet; on return it has reached the disk.

        A file that cannot be written is a `RETRY` of every message: a line that did reach it is
        found by its id the next time.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._opened() as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                self._append(file, messages)
        except OSError as fault:
            code = str(fault.errno)
            text = fault.strerror or type(fault).__name__
            return [refused(each.id, ErrorClass.PROVIDER, code, text) for each in messages]
        return [_accepted(each.id) for each in messages]

    def find(self, message: Message) -> Result | None:
        """The message if it was written."""
        if not self.path.exists():
            return None
        with self._opened() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._read_on(file)
        return _accepted(message.id) if message.id in self._ids else None

    def parse_receipts(self, request: ReceiptRequest) -> ParsedReceipts:
        """A file gives no receipts.

        Raises:
            ReceiptRefusedError: always.
        """
        del request
        raise no_receipts(channel="文件")

    def close(self) -> None:
        """The file is open only while it is written."""

    def _opened(self) -> BufferedRandom:
        return os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, OWNER_ONLY), "r+b")

    def _append(self, file: BufferedRandom, messages: Sequence[Message]) -> None:
        torn = self._read_on(file)
        fresh = {each.id: each for each in messages if each.id not in self._ids}
        # A process died while writing: its torn line stays, the next one begins afresh.
        lines = [b"\n"] if torn and fresh else []
        lines.extend(_line(each) for each in fresh.values())
        file.seek(0, os.SEEK_END)
        file.write(b"".join(lines))
        file.flush()
        os.fsync(file.fileno())

    def _read_on(self, file: BufferedRandom) -> bool:
        """Learn the ids that were written since the last look; whether the last line is torn."""
        if os.fstat(file.fileno()).st_size < self._read_to:
            self._ids.clear()
            self._read_to = 0
        file.seek(self._read_to)
        for line in file:
            self._ids.update(_id_in(line))
            if not line.endswith(b"\n"):
                return True
            self._read_to += len(line)
        return False


def _line(message: Message) -> bytes:
    handed_over_at = message.claimed_at or message.created_at
    fields = {
        "id": message.id,
        "at": handed_over_at.isoformat(),
        "channel": message.channel,
        "to": message.address,
        "recipient": message.recipient,
        "ticket_no": message.ticket_no,
        "template": f"{message.template_key}@{message.template_version}",
        "text": message.text,
    }
    return f"{json.dumps(fields, ensure_ascii=False)}\n".encode()


def _id_in(line: bytes) -> tuple[str, ...]:
    try:
        fields = json.loads(line)
    except ValueError:
        return ()
    return (str(fields["id"]),) if isinstance(fields, dict) and "id" in fields else ()


def _accepted(message_id: str) -> Result:
    return Result(message_id=message_id, verdict=Verdict.ACCEPTED, provider_id=message_id)
