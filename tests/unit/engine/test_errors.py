"""A refusal carries every reason, each a sentence that its reader can act on."""

from __future__ import annotations

import pytest

from engine.errors import HuodianError, NotFoundError, Reason, RefusedError, not_found


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (Reason(code="x", message="缺少营业执照"), "缺少营业执照"),
        (
            Reason(code="x", message="缺少营业执照", clause="R-3.1", remedy="请补交"),
            "缺少营业执照；请补交（依据 R-3.1）",
        ),
        (Reason(code="x", message="未填写", field="reason"), "reason：未填写"),
    ],
)
def test_a_reason_reads_as_one_sentence(reason: Reason, sentence: str) -> None:
    assert str(reason) == sentence


def test_an_error_says_all_its_reasons_one_a_line() -> None:
    error = RefusedError([Reason(code="a", message="甲"), Reason(code="b", message="乙")])
    assert [reason.code for reason in error.reasons] == ["a", "b"]
    assert str(error) == "甲\n乙"


def test_one_reason_needs_no_list() -> None:
    assert HuodianError(Reason(code="a", message="甲")).reasons == (Reason(code="a", message="甲"),)


def test_what_does_not_exist_is_named() -> None:
    error = not_found("工单", "TC20210906001")
    assert isinstance(error, NotFoundError)
    assert "工单“TC20210906001”不存在" in str(error)
