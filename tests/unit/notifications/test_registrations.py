"""What fits a registered template: each kind of field at its borders, and what is really read."""

from __future__ import annotations

import pytest

from notifications.field_limits import LIMITS, FieldKind, kind_named, problem_of
from notifications.message import segments
from notifications.registrations import (
    Overflow,
    Registered,
    RegisteredField,
    Registration,
    UnfitMessageError,
    fill,
    newest,
    preview,
)

PARAMS = {"ticket_no": "TC-1", "stage": "业务受理"}


def a_field(name: str = "stage", value: str = "{{ stage }}", **more: object) -> RegisteredField:
    facts = {"kind": FieldKind.TEXT, "longest": 20, **more}
    return RegisteredField(name=name, value=value, **facts)  # type: ignore[arg-type]


def a_registration(*fields: RegisteredField, **more: object) -> Registration:
    facts = {
        "provider": "aliyun",
        "template_key": "next_stage",
        "template_version": 1,
        "version": 1,
        "code": "SMS_1",
        "sign_name": "示例供电",
        "text": "工单${ticket_no}进入${stage}。",
        **more,
    }
    given = fields or (a_field("ticket_no", "{{ ticket_no }}"), a_field())
    return Registration(fields=given, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "fits", "unfit"),
    [
        (FieldKind.TEXT, "腾冲，1号", "见 https://x.cn"),
        (FieldKind.LINK, "https://hd.example/p/1", "hd.example"),
        (FieldKind.NUMBER, "-12.50", "12 千瓦"),
        (FieldKind.LETTER, "abcXYZ", "abc1"),
        (FieldKind.SYMBOL, "+-*", "a+"),
        (FieldKind.CHARACTER_STRING, "TC-2021/0906 A", "工单1"),
        (FieldKind.TIME, "2019年10月1日 15:01", "10月1日"),
        (FieldKind.TIME, "15:01~16:30", "25:00"),
        (FieldKind.DATE, "2019年10月1日~2019年10月7日", "2019-10-01"),
        (FieldKind.DATE, "2019年10月1日 15:01", "明天"),
        (FieldKind.AMOUNT, "¥1234567890.50元", "12345678901"),
        (FieldKind.PHONE_NUMBER, "0875-1234567", "打电话"),
        (FieldKind.CAR_NUMBER, "粤A12345", "粤"),
        (FieldKind.NAME, "买买提阿卜杜拉江木", "李明1"),
        (FieldKind.NAME, "John Smith", "买买提阿卜杜拉江木合麦"),
        (FieldKind.PHRASE, "已经受理", "OK"),
    ],
)
def test_each_kind_takes_what_wechat_says(kind: FieldKind, fits: str, unfit: str) -> None:
    assert problem_of(kind, fits) == ""
    assert problem_of(kind, unfit) == LIMITS[kind].expected


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("thing1", FieldKind.THING),
        ("character_string12", FieldKind.CHARACTER_STRING),
        ("phone_number3", FieldKind.PHONE_NUMBER),
        ("keyword1", None),
        ("thing", None),
        ("", None),
    ],
)
def test_the_name_of_a_wechat_field_says_its_kind(name: str, kind: FieldKind | None) -> None:
    assert kind_named(name) is kind


def test_what_is_read_has_the_signature_and_is_counted_with_it() -> None:
    filled = fill(a_registration(), PARAMS)
    assert filled.text == "【示例供电】工单TC-1进入业务受理。"
    assert dict(filled.values) == PARAMS
    assert filled.parts == 1
    long = fill(a_registration(text="工" * 60 + "${ticket_no}${stage}"), PARAMS)
    assert (len(long.text), long.parts) == (74, segments(long.text)) == (74, 2)


def test_parameters_may_go_by_position() -> None:
    assert fill(a_registration(text="{2}：{1}"), PARAMS).text == "【示例供电】业务受理：TC-1"


@pytest.mark.parametrize("length", [20, 21])
def test_a_value_is_taken_up_to_its_limit(length: int) -> None:
    params = {**PARAMS, "stage": "长" * length}
    if length == 20:
        assert fill(a_registration(), params).values["stage"] == params["stage"]
        return
    with pytest.raises(UnfitMessageError) as refused:
        fill(a_registration(), params)
    assert [each.field for each in refused.value.reasons] == ["stage"]
    may_be_cut = a_registration(
        a_field("ticket_no", "{{ ticket_no }}"), a_field(overflow=Overflow.CUT)
    )
    assert fill(may_be_cut, params).values["stage"] == "长" * 19 + "…"


def test_everything_that_does_not_fit_is_said_at_once() -> None:
    with pytest.raises(UnfitMessageError) as refused:
        fill(a_registration(link="{{ progress_url }}"), {"stage": " \n "})
    codes = [(each.code, each.field) for each in refused.value.reasons]
    assert codes == [("field_unfit", "ticket_no"), ("field_unfit", "stage"), ("link_unfit", "link")]


def test_a_value_is_one_line() -> None:
    assert fill(a_registration(), {**PARAMS, "stage": "业务\n受理 "}).values["stage"] == "业务 受理"


def test_a_registration_stands_for_later_texts_until_another_is_registered() -> None:
    first = a_registration(version=1, template_version=1, code="SMS_1")
    second = a_registration(version=2, template_version=3, code="SMS_3")
    registered = Registered((second, first))
    found = [registered.of("aliyun", "next_stage", version) for version in (1, 2, 3, 9)]
    assert [each and each.code for each in found] == ["SMS_1", "SMS_1", "SMS_3", "SMS_3"]
    assert registered.of("tencent", "next_stage", 1) is None
    assert registered.of("aliyun", "energized", 1) is None
    assert newest((first, second)) == (second,)
    only_later = Registered((second,))
    assert only_later.of("aliyun", "next_stage", 2) is None


def test_against_gives_every_reason_or_none() -> None:
    registered = Registered((a_registration(),))
    assert registered.against("aliyun", "next_stage", 1, PARAMS) == ()
    lacking = registered.against("aliyun", "energized", 1, PARAMS)
    assert [each.code for each in lacking] == ["not_registered"]


def test_a_preview_shows_what_would_not_fit() -> None:
    marks = {"ticket_no": "〔ticket_no〕", "stage": "长" * 99}
    assert preview(a_registration(), marks).startswith("【示例供电】工单〔ticket_no〕进入长长")
    wechat = a_registration(a_field("thing1", "{{ stage }}"), text="", sign_name="")
    assert preview(wechat, PARAMS) == "thing1：业务受理"
