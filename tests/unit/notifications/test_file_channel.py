"""The file channel: everything once, on disk, and found again."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from notifications.channels.base import (
    ErrorClass,
    ReceiptRefusedError,
    ReceiptRequest,
    Verdict,
)
from notifications.channels.file import FileChannel
from tests.unit.notifications.sms import AT, message

if TYPE_CHECKING:
    from pathlib import Path


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_message_is_one_readable_line_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "messages.jsonl"
    (result,) = FileChannel(path).submit([message()])
    assert result.verdict is Verdict.ACCEPTED
    line = json.loads(path.read_text(encoding="utf-8"))
    assert (line["to"], line["text"]) == ("13800138000", message().text)
    assert "工单已受理" in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_handed_over_twice_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    first = FileChannel(path)
    first.submit([message(1), message(1), message(2)])
    first.submit([message(2), message(3)])
    FileChannel(path).submit([message(1), message(4)])
    first.submit([message(4)])
    assert ids(path) == [message(n).id for n in (1, 2, 3, 4)]


def test_what_was_written_is_found_by_any_channel(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    reader = FileChannel(path)
    assert reader.find(message(1)) is None
    FileChannel(path).submit([message(1)])
    found = reader.find(message(1))
    assert found is not None
    assert found.verdict is Verdict.ACCEPTED
    assert reader.find(message(2)) is None


def test_a_line_torn_by_a_crash_is_left_behind_and_its_message_written_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "messages.jsonl"
    FileChannel(path).submit([message(1), message(2)])
    path.write_bytes(path.read_bytes()[:-20])
    channel = FileChannel(path)
    assert channel.find(message(2)) is None
    channel.submit([message(2), message(3)])
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in (lines[0], *lines[2:])] == [
        message(n).id for n in (1, 2, 3)
    ]


def test_a_line_that_lacks_only_its_end_is_not_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    FileChannel(path).submit([message(1)])
    path.write_bytes(path.read_bytes()[:-1])
    FileChannel(path).submit([message(1), message(2)])
    assert ids(path) == [message(1).id, message(2).id]


def test_a_file_begun_anew_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    channel = FileChannel(path)
    channel.submit([message(1)])
    channel.submit([message(2)])
    path.unlink()
    channel.submit([message(1)])
    assert ids(path) == [message(1).id]
    assert channel.find(message(2)) is None


def test_many_writers_lose_and_double_nothing(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"

    def write(start: int) -> None:
        channel = FileChannel(path)
        for number in range(start, start + 20):
            channel.submit([message(number)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, (0, 10, 20, 30)))
    assert sorted(ids(path)) == [message(number).id for number in range(50)]


def test_a_file_that_cannot_be_written_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be", encoding="utf-8")
    (result,) = FileChannel(tmp_path / "var" / "messages.jsonl").submit([message()])
    assert (result.verdict, result.error_class) == (Verdict.RETRY, ErrorClass.PROVIDER)


def test_a_file_gives_no_receipts(tmp_path: Path) -> None:
    with pytest.raises(ReceiptRefusedError):
        FileChannel(tmp_path / "messages.jsonl").parse_receipts(ReceiptRequest(received_at=AT))
