"""The hash chain: whatever is changed, removed or moved is found, and the first place is named."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import ManagersAssigned
from engine.ledger import (
    GENESIS,
    Break,
    BreakKind,
    LedgerDraft,
    LedgerEntry,
    LedgerHead,
    canonical,
    entry_hash,
    first_broken,
    instant_text,
    seal,
)
from engine.ticket import Actor, ManagerPair, PauseCause, Role

AT = datetime(2021, 9, 6, 1, 30, tzinfo=UTC)
ACTOR = Actor(user_id="operator", name="受理员", roles=frozenset({Role.OPERATOR}))
STREAM = "TC-20210906-0001"


def a_stream(length: int) -> list[LedgerEntry]:
    entries: list[LedgerEntry] = []
    head = LedgerHead(stream=STREAM)
    for number in range(length):
        draft = LedgerDraft(
            action="note", source_state="a", target_state="b", details={"number": number}
        )
        entries.append(seal(draft, head, ACTOR, AT, "lv_resident@1"))
        head = entries[-1].head
    return entries


def test_the_first_entry_follows_the_genesis_hash() -> None:
    entry = a_stream(1)[0]
    assert (entry.seq, entry.previous_hash) == (1, "0" * 64)
    assert GENESIS == "0" * 64


def test_each_entry_carries_the_hash_of_the_one_before() -> None:
    first, second, third = a_stream(3)
    assert (second.seq, second.previous_hash) == (2, first.hash)
    assert (third.seq, third.previous_hash) == (3, second.hash)


def test_an_entry_can_be_verified_with_json_and_sha256_alone() -> None:
    entry = a_stream(2)[1]
    exported = {
        "action": "note",
        "actor_id": "operator",
        "actor_name": "受理员",
        "at": "2021-09-06T01:30:00.000000+00:00",
        "definition_ref": "lv_resident@1",
        "details": '{"number":1}',
        "previous_hash": entry.previous_hash,
        "seq": 2,
        "source_state": "a",
        "stream": STREAM,
        "target_state": "b",
    }
    text = json.dumps(exported, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert entry.hash == sha256(text.encode()).hexdigest()


def test_the_canonical_form_is_fixed() -> None:
    details = {
        "乙": [1, True, None, 0.5],
        "at": datetime(2021, 9, 6, 9, 30, tzinfo=timezone(timedelta(hours=8))),
        "day": date(2021, 9, 6),
        "kw": Decimal("4.50"),
        "kinds": {"b", "a"},
        "cause": PauseCause.EXTERNAL_LINE,
    }
    assert canonical(details) == (
        '{"at":"2021-09-06T01:30:00.000000+00:00","cause":"external_line","day":"2021-09-06",'
        '"kinds":["a","b"],"kw":"4.50","乙":[1,true,null,0.5]}'
    )


def test_a_value_is_written_as_its_fields_and_a_class_is_refused() -> None:
    pair = ManagerPair(project_manager="u-2", account_manager="u-1")
    event = ManagersAssigned(before=None, after=pair)
    assert canonical({"event": event}) == (
        '{"event":{"after":{"account_manager":"u-1","project_manager":"u-2"},'
        '"before":null,"reason":""}}'
    )
    with pytest.raises(TypeError, match="no canonical form"):
        canonical({"event": ManagersAssigned})


def test_the_facts_of_an_entry_are_its_details() -> None:
    assert a_stream(2)[1].facts == {"number": 1}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), AT.replace(tzinfo=None)])
def test_what_has_no_one_meaning_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"no time zone|not JSON compliant"):
        canonical({"value": value})


def test_what_has_no_canonical_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no canonical form"):
        canonical({"value": object()})


def test_a_naive_instant_cannot_be_sealed() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        seal(LedgerDraft(action="x"), LedgerHead(stream="s"), ACTOR, AT.replace(tzinfo=None))


def test_an_instant_reads_the_same_from_every_zone() -> None:
    east = AT.astimezone(timezone(timedelta(hours=8)))
    assert instant_text(east) == instant_text(AT) == "2021-09-06T01:30:00.000000+00:00"


def test_a_stream_is_whole() -> None:
    entries = a_stream(4)
    assert first_broken(entries, entries[-1].head) is None


def test_an_empty_stream_is_whole() -> None:
    assert first_broken([], LedgerHead(stream=STREAM)) is None


CHANGES: dict[str, object] = {
    "at": AT + timedelta(microseconds=1),
    "actor_id": "other",
    "actor_name": "他人",
    "action": "other",
    "source_state": "x",
    "target_state": "x",
    "definition_ref": "lv_resident@2",
    "details": '{"number":7}',
    "hash": "f" * 64,
}


@pytest.mark.parametrize("field", CHANGES)
def test_a_changed_field_is_found(field: str) -> None:
    entries = a_stream(3)
    head = entries[-1].head
    entries[1] = replace(entries[1], **{field: CHANGES[field]})
    broken = first_broken(entries, head)
    assert broken == Break(stream=STREAM, seq=2, kind=BreakKind.CONTENT)


def test_every_field_is_covered_by_the_hash() -> None:
    covered = {*CHANGES, "stream", "seq", "previous_hash"}
    assert covered == {field.name for field in fields(LedgerEntry)}
    entry = a_stream(1)[0]
    for name in covered - {"hash"}:
        value = {"seq": 9, "stream": "x", "previous_hash": "x"}.get(name, CHANGES.get(name))
        assert entry_hash(replace(entry, **{name: value})) != entry.hash


def test_an_entry_rehashed_after_a_change_breaks_the_next_one() -> None:
    entries = a_stream(3)
    head = entries[-1].head
    forged = replace(entries[1], actor_name="他人")
    entries[1] = replace(forged, hash=entry_hash(forged))
    broken = first_broken(entries, head)
    assert broken == Break(stream=STREAM, seq=3, kind=BreakKind.LINK)


def test_a_last_entry_rehashed_after_a_change_differs_from_the_head() -> None:
    entries = a_stream(3)
    head = entries[-1].head
    forged = replace(entries[2], actor_name="他人")
    entries[2] = replace(forged, hash=entry_hash(forged))
    broken = first_broken(entries, head)
    assert broken == Break(stream=STREAM, seq=3, kind=BreakKind.HEAD_DIFFERS)


def test_a_removed_entry_leaves_a_gap() -> None:
    first, second, third = a_stream(3)
    broken = first_broken([first, third], third.head)
    assert broken == Break(stream=STREAM, seq=2, kind=BreakKind.GAP)
    assert first_broken([second, third], third.head) == Break(
        stream=STREAM, seq=1, kind=BreakKind.GAP
    )


def test_swapped_entries_are_found() -> None:
    first, second, third = a_stream(3)
    broken = first_broken([first, third, second], third.head)
    assert broken == Break(stream=STREAM, seq=2, kind=BreakKind.GAP)
    renumbered = [first, replace(third, seq=2), replace(second, seq=3)]
    assert first_broken(renumbered, third.head) == Break(stream=STREAM, seq=2, kind=BreakKind.LINK)


def test_a_cut_tail_is_found() -> None:
    entries = a_stream(4)
    broken = first_broken(entries[:2], entries[-1].head)
    assert broken == Break(stream=STREAM, seq=3, kind=BreakKind.TAIL_MISSING)


def test_a_stream_of_which_only_the_head_is_left_is_found() -> None:
    broken = first_broken([], a_stream(2)[-1].head)
    assert broken == Break(stream=STREAM, seq=1, kind=BreakKind.TAIL_MISSING)


def test_entries_beyond_the_head_are_found() -> None:
    entries = a_stream(3)
    broken = first_broken(entries, entries[1].head)
    assert broken == Break(stream=STREAM, seq=3, kind=BreakKind.HEAD_DIFFERS)


def test_a_finding_names_stream_and_entry() -> None:
    finding = Break(stream=STREAM, seq=3, kind=BreakKind.CONTENT)
    assert str(finding) == "台账“TC-20210906-0001”第 3 条内容与校验值不符，已被改动"


@given(
    length=st.integers(1, 6),
    place=st.integers(0, 5),
    damage=st.sampled_from(["change", "remove", "repeat"]),
)
def test_no_damage_stays_hidden(length: int, place: int, damage: str) -> None:
    entries = a_stream(length)
    head, place = entries[-1].head, place % length
    if damage == "change":
        entries[place] = replace(entries[place], details='{"number":-1}')
    elif damage == "remove":
        del entries[place]
    else:
        entries.insert(place, entries[place])
    broken = first_broken(entries, head)
    assert broken is not None
    assert broken.seq in {place + 1, place + 2}
