"""How messages reach a member of staff: what an administrator may enter, checked all at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.forms.fields import FieldReader
from engine.errors import MalformedError, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME_LENGTH = 50
FORMS = {
    "wecom_id": (
        re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}"),
        "企业微信账号须为 1 至 64 位字母、数字、点、横线、下划线或@",
    ),
    "email": (
        re.compile(r"(?=[!-~]+$)[^@\s<>,;:\"]+@[^@\s<>,;:\"]+\.[^@\s<>,;:\".]+"),
        "邮箱须形如 name@example.cn，只含英文字母、数字和符号，不能有汉字或空格",
    ),
}
"""Field -> what it looks like, and how one says so."""
LABELS = {"name": "姓名", "phone": "手机号", "wecom_id": "企业微信账号", "email": "邮箱"}


def checked_contacts(changes: Mapping[str, str]) -> dict[str, str]:
    """The changes as they are stored; an empty text takes a way away.

    Raises:
        MalformedError: with everything that is wrong about them, or if there are none.
    """
    given = {name: value.strip() for name, value in changes.items()}
    read = FieldReader(given, LABELS)
    reasons = list(_problems(given))
    if "phone" in given:
        given["phone"] = read.mobile("phone", required=False)
    reasons += read.reasons
    if reasons:
        raise MalformedError(reasons)
    return given


def _problems(given: Mapping[str, str]) -> list[Reason]:
    reasons = []
    if not given:
        reasons.append(Reason(code="nothing_given", message="没有要修改的内容"))
    if "name" in given and not 0 < len(given["name"]) <= NAME_LENGTH:
        message = f"姓名须填写，且不超过 {NAME_LENGTH} 个字"
        reasons.append(Reason(code="bad_name", field="name", message=message))
    for name, (form, expected) in FORMS.items():
        if given.get(name) and not form.fullmatch(given[name]):
            reasons.append(Reason(code="malformed", field=name, message=expected))
    return reasons
