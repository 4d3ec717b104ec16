"""What went wrong, for a program that called: problem details (RFC 9457), never a page.

Every address below `/api` answers like this, whether there is something at that address or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import Response
from pydantic import BaseModel, Field

from engine.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import Request

    from app.imports.report import RefusedRow

API = "/api"
MEDIA_TYPE = "application/problem+json"
MAX_BODY = 4 * 1024 * 1024
"""What one call may send: the most readings at once, with room to spare."""
OURS = 500
"""From this status on it is not the caller's fault, and what happened is not told to strangers."""


class ProblemItem(BaseModel):
    """One thing that is wrong; all of them are told at once."""

    line: int | None = Field(
        description="Which element of the list it concerns, the first being 1; null for the rest."
    )
    field: str = Field(description="The field concerned; empty if it is none in particular.")
    code: str = Field(description="Stable identifier of the problem, for programs.")
    problem: str = Field(description="What is wrong, in Chinese.")
    remedy: str = Field(description="What to do, in Chinese; may be empty.")
    clause: str = Field(description="Where the rule comes from; may be empty.")


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str = Field(description="Always `about:blank`: the status says what kind it is.")
    title: str = Field(description="The kind of problem, in Chinese.")
    status: int = Field(description="The HTTP status, once more.")
    errors: list[ProblemItem] = Field(description="Everything that is wrong, never empty.")


class FaultyRowsError(Exception):
    """What was sent cannot be taken; `rows` has every problem, line 0 being the request itself."""

    def __init__(self, rows: Iterable[RefusedRow]) -> None:
        self.rows = tuple(rows)
        super().__init__(f"{len(self.rows)} problems")


def is_for_programs(request: Request) -> bool:
    """Whether a program is asking, which cannot read a page."""
    path: str = request.scope["path"]
    return path == API or path.startswith(f"{API}/")


def problem(status: int, title: str, items: Iterable[ProblemItem]) -> Response:
    """The answer that tells a program of it."""
    found = Problem(type="about:blank", title=title, status=status, errors=list(items))
    return Response(found.model_dump_json(), status_code=status, media_type=MEDIA_TYPE)


def problem_item(reason: Reason, line: int = 0) -> ProblemItem:
    """A reason as a program is told of it."""
    return ProblemItem(
        line=line or None,
        field=reason.field,
        code=reason.code,
        problem=reason.message,
        remedy=reason.remedy_in_words,
        clause=reason.clause,
    )


def told(status: int, reasons: Iterable[Reason]) -> list[ProblemItem]:
    """The reasons, or what is always said of that status where there are none to be told."""
    found = [problem_item(reason) for reason in reasons] if status < OURS else []
    general = _GENERAL.get(status, _GENERAL[OURS] if status >= OURS else _GENERAL[400])
    return found or [problem_item(general)]


_GENERAL = {
    400: Reason(
        code="bad_request", message="请求无法识别", remedy="请对照 /api/v1/openapi.json 核对请求"
    ),
    404: Reason(
        code="no_such_address",
        message="没有这个接口地址",
        remedy="可用的地址见 /api/v1/openapi.json",
    ),
    405: Reason(
        code="method_not_allowed",
        message="这个接口地址不支持该请求方法",
        remedy="可用的方法见响应头 Allow",
    ),
    413: Reason(
        code="too_large",
        message=f"请求内容超过上限 {MAX_BODY // 1024 // 1024} MB",
        remedy="请分批提交",
    ),
    500: Reason(
        code="fault",
        message="系统出错，没有完成您的请求",
        remedy="请稍后重试；若仍然出错，请把响应头 X-Request-Id 的值告诉管理员",
    ),
    503: Reason(
        code="unavailable",
        message="系统暂时不能使用，您的请求可能没有完成",
        remedy="请在响应头 Retry-After 所示的秒数之后重试",
    ),
}
