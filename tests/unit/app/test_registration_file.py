"""A registration is refused with everything that is wrong with it, each fault with its line."""

from __future__ import annotations

import pytest

from app.rules.registration_file import parse_registration, read_registration
from notifications.field_limits import FieldKind
from notifications.registrations import Overflow
from notifications.renderer import shipped_renderer
from tests.registrations import source, wechat_source

TEXTS = shipped_renderer().templates


def codes(text: str) -> list[str]:
    return [each.code for each in read_registration(text, TEXTS)[1]]


@pytest.mark.parametrize("text", [source("aliyun"), source("tencent"), wechat_source()])
def test_a_good_registration_has_no_faults(text: str) -> None:
    assert codes(text) == []


def test_a_good_registration_is_read() -> None:
    changed = source().replace("limit: 20}", "limit: 20, overflow: cut}", 1)
    found = parse_registration(changed, 3)
    assert (found.provider, found.template_key, found.version) == (
        "aliyun",
        "application_received",
        3,
    )
    assert [each.name for each in found.fields] == ["ticket_no", "stage", "due"]
    assert [each.overflow for each in found.fields] == [
        Overflow.REFUSE,
        Overflow.CUT,
        Overflow.REFUSE,
    ]
    wechat = parse_registration(wechat_source(), 1)
    assert [(each.kind, each.longest) for each in wechat.fields] == [
        (FieldKind.CHARACTER_STRING, 32),
        (FieldKind.THING, 20),
        (FieldKind.THING, 20),
    ]


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("provider: aliyun", "provider: pigeon", "unknown_provider"),
        ("template: application_received", "template: never_heard_of", "unknown_template"),
        ("{{ due }}", "{{ reason }}", "template_parameter"),
        ("{{ due }}", "{{ due", "template_syntax"),
        (", limit: 35", "", "limit_missing"),
        ("limit: 35", "limit: 501", "wrong_value"),
        ("sign_name: 示例供电", "sign_name: ''", "sign_name_missing"),
        ("sign_name: 示例供电", "sign_name: 【示例供电】", "brackets"),
        ("${due}", "${until}", "field_missing"),
        ("，最迟${due}", "", "field_unused"),
        ("name: due", "name: stage", "duplicate_field"),
        ("limit: 35", "limit: 35, colour: red", "unknown_key"),
        ("code: ", "code：", "full_width_punctuation"),
    ],
)
def test_what_is_wrong_is_named(before: str, after: str, code: str) -> None:
    assert before in source()
    assert code in codes(source().replace(before, after))


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("name: thing2", "name: keyword2", "kind_missing"),
        ('"{{ due }}"', '"{{ due }}", limit: 21', "limit_too_high"),
        ("code: tpl", "sign_name: 示例\ncode: tpl", "not_for_wechat"),
        ("{{ progress_url }}", "{{ nowhere }}", "template_parameter"),
    ],
)
def test_what_is_wrong_for_wechat_is_named(before: str, after: str, code: str) -> None:
    assert before in wechat_source()
    assert code in codes(wechat_source().replace(before, after))


def test_tencents_fields_go_by_position() -> None:
    assert "field_missing" in codes(source("tencent").replace("{3}", "{4}"))
    assert "field_unused" in codes(source("tencent").replace("，最迟{3}", ""))


def test_a_fault_names_its_line_and_what_to_do() -> None:
    _, (reason,) = read_registration(source().replace("{{ due }}", "{{ reason }}"), TEXTS)
    assert reason.field == "registration:10 fields.2.value"
    assert "ticket_no" in reason.remedy


@pytest.mark.parametrize("text", ["", "- a\n- b", "provider: aliyun", "a: &x 1\nb: *x", "{"])
def test_what_is_no_registration_at_all_is_refused(text: str) -> None:
    shape, faults = read_registration(text, TEXTS)
    assert faults
    assert shape is None or shape.provider == "aliyun"
    with pytest.raises(ValueError, match="cannot be read"):
        parse_registration(text, 1)
