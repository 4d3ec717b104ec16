import hashlib
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tickets import file_store
from app.tickets.file_store import FileStore, display_name
from engine.errors import IntegrityError, MalformedError, NotFoundError, RefusedError

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9"


def archive(entries: dict[str, bytes]) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as written:
        for name, value in entries.items():
            written.writestr(name, value)
    return content.getvalue()


OFD = archive({"OFD.xml": b"<ofd/>", "Doc_0/Document.xml": b"<doc/>"})


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def files_below(path: Path) -> list[Path]:
    return [each for each in path.rglob("*") if each.is_file()]


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("营业执照.pdf", PDF, "application/pdf"),
        ("scan.JPG", JPEG, "image/jpeg"),
        ("scan.jpeg", JPEG, "image/jpeg"),
        ("photo.png", PNG, "image/png"),
        ("电子证照.ofd", OFD, "application/ofd"),
    ],
)
def test_an_accepted_file_is_kept_and_read_back(
    store: FileStore, name: str, content: bytes, media_type: str
) -> None:
    kept = store.keep(name, content)
    assert (kept.name, kept.media_type, kept.size) == (name, media_type, len(content))
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    assert store.read(kept.sha256) == content


def test_it_lies_at_the_path_that_its_hash_spells(store: FileStore, tmp_path: Path) -> None:
    kept = store.keep("../../etc/passwd.pdf", PDF)
    assert files_below(tmp_path) == [tmp_path / "files" / kept.sha256[:2] / kept.sha256[2:]]
    assert kept.name == "passwd.pdf"


def test_the_same_content_twice_is_one_file(store: FileStore, tmp_path: Path) -> None:
    first, second = store.keep("a.pdf", PDF), store.keep("b.pdf", PDF)
    assert first.sha256 == second.sha256
    assert len(files_below(tmp_path)) == 1


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.pdf", b"", "file_empty"),
        ("page.pdf", b"<html><script>alert(1)</script></html>", "file_kind_refused"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "file_kind_refused"),
        ("program.pdf", b"MZ\x90\x00" + bytes(100), "file_kind_refused"),
        ("papers.zip", archive({"a.txt": b"x"}), "file_kind_refused"),
        ("papers.ofd", archive({"a/OFD.xml": b"x"}), "file_kind_refused"),
        ("broken.ofd", OFD[:-10], "file_kind_refused"),
        ("scan.png", JPEG, "file_name_disagrees"),
        ("scan.pdf.exe", PDF, "file_name_disagrees"),
        ("scan", PDF, "file_name_disagrees"),
    ],
)
def test_anything_else_is_refused_and_leaves_nothing(
    store: FileStore, tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    with pytest.raises(RefusedError) as refusal:
        store.keep(name, content)
    (reason,) = refusal.value.reasons
    assert (reason.code, reason.clause) == (code, "R-3.6")
    assert reason.remedy
    assert files_below(tmp_path) == []


def test_the_size_is_capped_exactly(store: FileStore) -> None:
    at_the_cap = PDF + bytes(file_store.MOST_BYTES - len(PDF))
    assert store.keep("a.pdf", at_the_cap).size == file_store.MOST_BYTES
    with pytest.raises(RefusedError, match="20 MB"):
        store.keep("a.pdf", at_the_cap + b"\0")


def test_an_archive_that_unpacks_to_a_flood_is_no_document(store: FileStore) -> None:
    flood = archive({"OFD.xml": b"<ofd/>", "big": bytes(file_store.MOST_UNPACKED_BYTES)})
    assert len(flood) < file_store.MOST_BYTES
    with pytest.raises(RefusedError, match="OFD"):
        store.keep("a.ofd", flood)


def test_a_changed_file_is_noticed_and_mended_by_the_original(
    store: FileStore, tmp_path: Path
) -> None:
    kept = store.keep("a.pdf", PDF)
    (path,) = files_below(tmp_path)
    path.write_bytes(PDF + b"more")
    with pytest.raises(IntegrityError):
        store.read(kept.sha256)
    store.keep("a.pdf", PDF)
    assert store.read(kept.sha256) == PDF


def test_an_absent_file_is_not_found(store: FileStore) -> None:
    with pytest.raises(NotFoundError):
        store.read("0" * 64)


@pytest.mark.parametrize("number", ["", "../../etc/passwd", "0" * 63, "G" * 64, "A" * 64])
def test_only_a_hash_is_looked_for(store: FileStore, number: str) -> None:
    with pytest.raises(MalformedError):
        store.read(number)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("C:\\扫描\\身份证.PDF", "身份证.PDF"),
        ("\u202egpj.exe", "gpj.exe"),
        ('a"\r\nX: b.pdf', "a_X_ b.pdf"),
        ("...", "未命名"),
        ("", "未命名"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_names_are_made_harmless(name: str, shown: str) -> None:
    assert display_name(name) == shown


@given(st.text())
def test_a_name_never_leads_anywhere(name: str) -> None:
    shown = display_name(name)
    assert 0 < len(shown) <= file_store.NAME_LENGTH
    assert not set(shown) & set('\\/"\r\n\0')
    assert shown not in {".", ".."}
