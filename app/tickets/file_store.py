"""Papers as files: kept by content hash outside the database, and never trusted (R-3.6).

A file is kept only if its content is of an accepted kind, whatever its name says. It is never
executed, unpacked or served inline; its name is kept for display alone and no part of it reaches
the file system.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import unicodedata
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath

from engine.errors import (
    IntegrityError,
    MalformedError,
    Reason,
    RefusedError,
    UnavailableError,
    not_found,
    place_unusable,
)
from engine.ticket import StoredFile

MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED_BYTES = 200 * 1024 * 1024
MOST_ENTRIES = 2_000
NAME_LENGTH = 120
SHA256 = re.compile(r"[0-9a-f]{64}")
FORBIDDEN_IN_NAMES = frozenset('\\/:*?"<>|')
INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
CLAUSE = "R-3.6"
OFD_ENTRY = "OFD.xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """An accepted kind of file: its media type, and the name endings that agree with it."""

    media_type: str
    endings: tuple[str, ...]


PDF = FileKind(media_type="application/pdf", endings=(".pdf",))
JPEG = FileKind(media_type="image/jpeg", endings=(".jpg", ".jpeg"))
PNG = FileKind(media_type="image/png", endings=(".png",))
OFD = FileKind(media_type="application/ofd", endings=(".ofd",))
ACCEPTED = "PDF、JPG、PNG 或 OFD"


class FileStore:
    """Files below `root`, each at the path that its SHA-256 spells: `ab/cdef…`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, name: str, content: bytes) -> StoredFile:
        """Keep a file; the same content twice is one file.

        Args:
            name: as the sender called it; its ending must agree with the content.
            content: the whole file, at most 20 MB.

        Raises:
            RefusedError: empty, too large, of another kind, or named as another kind (R-3.6).
            UnavailableError: the disk is full, or the folder cannot be written.
        """
        shown_name = display_name(name)
        kind = _accepted_kind(shown_name, content)
        sha256 = hashlib.sha256(content).hexdigest()
        path = self._path(sha256)
        try:
            if not _holds(path, content):
                _write_atomically(path, content)
        except OSError as fault:
            what = "资料文件没有保存"
            raise _unusable(what, fault) from fault
        return StoredFile(
            sha256=sha256, name=shown_name, media_type=kind.media_type, size=len(content)
        )

    def read(self, sha256: str) -> bytes:
        """The content that was kept under this hash.

        Raises:
            MalformedError: not a SHA-256 in lower-case hexadecimal.
            NotFoundError: no such file.
            IntegrityError: the file is not what was kept.
            UnavailableError: the disk or the folder cannot be read.
        """
        if not SHA256.fullmatch(sha256):
            raise MalformedError(
                Reason(
                    code="malformed_hash",
                    field="sha256",
                    message="文件编号格式不正确",
                    remedy="应为64位小写十六进制的SHA-256",
                )
            )
        try:
            content = self._path(sha256).read_bytes()
        except FileNotFoundError as absent:
            what = "文件"
            raise not_found(what, sha256) from absent
        except OSError as fault:
            what = "资料文件无法读取"
            raise _unusable(what, fault) from fault
        if hashlib.sha256(content).hexdigest() != sha256:
            raise IntegrityError(
                Reason(
                    code="file_changed",
                    message=f"文件 {sha256[:12]}… 的内容与登记时不一致，可能损坏或被改动",
                    clause=CLAUSE,
                    remedy="请从备份恢复，并报告系统管理员",
                )
            )
        return content

    def _path(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256[2:]


def display_name(name: str) -> str:
    """The last part of a file name without anything that could mislead a reader or a header."""
    last = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    visible = "".join(
        "_" if each in FORBIDDEN_IN_NAMES else each
        for each in last
        if unicodedata.category(each) not in INVISIBLE_CATEGORIES
    ).strip(" .")
    stem, dot, ending = visible.rpartition(".")
    if not dot:
        stem, ending = visible, ""
    room = NAME_LENGTH - len(dot + ending)
    return f"{stem[: max(room, 1)]}{dot}{ending}"[:NAME_LENGTH] or "未命名"


def _accepted_kind(name: str, content: bytes) -> FileKind:
    """The kind of the content, if it is an accepted one and the name agrees with it."""
    if (problem := _size_problem(name, len(content))) is not None:
        raise RefusedError(problem)
    kind = _sniffed(content)
    if kind is None:
        raise RefusedError(_foreign_kind(name))
    if not name.lower().endswith(kind.endings):
        raise RefusedError(_disagreeing_name(name, kind))
    return kind


def _unusable(what: str, fault: OSError) -> UnavailableError:
    remedy = "请管理员检查磁盘空间，以及 HUODIAN_VAR_DIR 下 files 目录的读写权限，然后重试"
    return place_unusable(what, fault, code="files_unusable", remedy=remedy)


def _size_problem(name: str, size: int) -> Reason | None:
    if size == 0:
        return _reason("file_empty", f"文件“{name}”是空的", "请重新选择文件")
    if size <= MOST_BYTES:
        return None
    return _reason(
        "file_too_large",
        f"文件“{name}”为 {size / 1024 / 1024:.1f} MB，超过上限 {MOST_BYTES // 1024 // 1024} MB",
        "请降低扫描分辨率，或拆分后分别上传",
    )


def _foreign_kind(name: str) -> Reason:
    return _reason(
        "file_kind_refused",
        f"文件“{name}”的实际内容不是 {ACCEPTED}",
        f"请上传 {ACCEPTED} 格式的扫描件、照片或电子证照",
    )


def _disagreeing_name(name: str, kind: FileKind) -> Reason:
    return _reason(
        "file_name_disagrees",
        f"文件“{name}”的扩展名与实际内容（{kind.media_type}）不符",
        f"请核对文件，并使用扩展名 {'、'.join(kind.endings)}",
    )


def _reason(code: str, message: str, remedy: str) -> Reason:
    return Reason(code=code, field="file", message=message, clause=CLAUSE, remedy=remedy)


def _sniffed(content: bytes) -> FileKind | None:
    import filetype  # noqa: PLC0415  (only who uploads pays for it)

    guess = filetype.guess(content)
    media_type = guess.mime if guess is not None else ""
    if media_type == "application/zip":
        return OFD if _is_ofd(content) else None
    return next((kind for kind in (PDF, JPEG, PNG) if kind.media_type == media_type), None)


def _is_ofd(content: bytes) -> bool:
    """Whether a ZIP archive is an OFD document (GB/T 33190); only its directory is read.

    An archive that would unpack to a huge size, or that is encrypted, is none.
    """
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError):
        return False
    has_root = any(entry.filename == OFD_ENTRY for entry in entries)
    is_small = sum(entry.file_size for entry in entries) <= MOST_UNPACKED_BYTES
    is_plain = not any(entry.flag_bits & 1 for entry in entries)
    return has_root and is_small and is_plain and len(entries) <= MOST_ENTRIES


def _holds(path: Path, content: bytes) -> bool:
    """Whether the file is there and whole; a damaged one is written anew."""
    try:
        return path.read_bytes() == content
    except FileNotFoundError:
        return False


def _write_atomically(path: Path, content: bytes) -> None:
    """Write so that after a crash the file is there whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
