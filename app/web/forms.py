"""What a form sends, accepted only from the console's own pages.

A foreign site can make a browser post, but it can neither read the form token nor hide where the
post comes from (`Sec-Fetch-Site`, or `Origin` where a browser sends no such header).
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from app.forms.fields import shown, time_claims
from app.tickets.documents import Upload
from engine.errors import MalformedError, Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from app.web.visit import Visit

PRINTED_DATES = frozenset({"expires_on", "expected_energization_on"})
"""Dates that stand on a paper or are a customer's wish; every other field that sounds like a time
is refused (R-5.1)."""
TOKEN_FIELD = "form_token"  # noqa: S105  (the name of a field)
GIVEN = "given["
MAX_FIELDS = 60
MAX_FIELD_BYTES = 64 * 1024


class ForeignFormError(Exception):
    """The post does not come from a form of this console."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The fields of a form, in the order of the form, and at most one file."""

    fields: Mapping[str, str]
    upload: Upload | None
    several: Mapping[str, tuple[str, ...]]

    def text(self, name: str) -> str:
        """A field without surrounding blanks; empty when absent."""
        return self.fields.get(name, "").strip()

    @property
    def given(self) -> Mapping[str, str]:
        """What was filled in for a move: the fields that are named `given[<id of the field>]`."""
        return {
            name.removeprefix(GIVEN).removesuffix("]"): value
            for name, value in self.fields.items()
            if name.startswith(GIVEN) and value.strip()
        }

    @property
    def revision(self) -> int:
        """The revision of the ticket that the form was made from.

        Raises:
            MalformedError: the form carries none.
        """
        text = self.text("revision")
        if not text.isascii() or not text.isdigit():
            raise MalformedError(
                Reason(code="revision_missing", message="页面已失效", remedy="请刷新后重新提交")
            )
        return int(text)


def for_a_form(reasons: Iterable[Reason], chosen: Collection[str]) -> tuple[Reason, ...]:
    """The same reasons where a form has lists for the `chosen` fields: nobody needs their codes."""
    return tuple(
        replace(reason, remedy="请从列表中选择", options=()) if reason.field in chosen else reason
        for reason in reasons
    )


async def submitted(request: Request) -> Submitted:
    """Read the form of a request.

    Raises:
        ForeignFormError: it does not come from our own page.
        MalformedError: a field claims the time of an event.
    """
    refuse_foreign_site(request)
    async with request.form(
        max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES
    ) as form:
        token = form.get(TOKEN_FIELD)
        visit: Visit = request.state.visit
        if not isinstance(token, str) or not hmac.compare_digest(
            token.encode(), visit.form_token.encode()
        ):
            raise ForeignFormError
        fields: dict[str, str] = {}
        several: dict[str, tuple[str, ...]] = {}
        upload = None
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                content = await value.read()
                if value.filename:
                    upload = Upload(name=value.filename, content=content)
            elif name != TOKEN_FIELD:
                fields[name] = value
                several[name] = (*several.get(name, ()), value)
    hidden = [name for name, value in fields.items() if "\x00" in name + value]
    if hidden:
        raise MalformedError(
            Reason(
                code="unreadable_character",
                field=shown(name),
                message="含有无法识别的字符",
                remedy="请重新输入，不要粘贴特殊字符",
            )
            for name in hidden
        )
    claims = time_claims(name for name in fields if name not in PRINTED_DATES)
    if claims:
        raise MalformedError(claims)
    return Submitted(fields=fields, upload=upload, several=several)


def refuse_foreign_site(request: Request) -> None:
    """Refuse a post that another site made the browser send."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise ForeignFormError
        return
    origin = urlsplit(request.headers.get("origin", ""))
    if not origin.netloc or origin.netloc != request.headers.get("host"):
        raise ForeignFormError


Form = Annotated[Submitted, Depends(submitted)]
