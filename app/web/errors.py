"""What went wrong: in Chinese, with a request id, never with a traceback.

People get a page, programs that call the API problem details; who is asking is decided here alone.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException

from app.web.access import SignInNeededError, TokenRefusedError
from app.web.forms import ForeignFormError
from app.web.problems import FaultyRowsError, is_for_programs, problem, problem_item, told
from app.web.rendering import page, see_other
from engine.errors import (
    ConflictError,
    HuodianError,
    IntegrityError,
    MalformedError,
    NotFoundError,
    Reason,
    RefusedError,
    UnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import FastAPI, Request
    from fastapi.responses import Response

logger = logging.getLogger(__name__)

STATUS = {
    MalformedError: 422,
    RefusedError: 409,
    NotFoundError: 404,
    ConflictError: 409,
    IntegrityError: 500,
    UnavailableError: 503,
}
FORBIDDEN_CODES = frozenset({"not_permitted", "other_branch"})
HEADINGS = {
    400: "请求有误",
    401: "需要有效的令牌",
    403: "没有权限",
    404: "没有找到",
    405: "不支持这种访问方式",
    409: "现在不能办理",
    413: "提交的内容过大",
    422: "填写有误",
    500: "系统出错了",
    503: "系统暂时不能使用",
}
BARE = {
    400: "地址中有无法识别的字符，请核对后重试。\n",
    413: "提交的内容过大，单个文件不能超过 20 MB。\n",
}
RETRY_AFTER_SECONDS = 30


def status_of(error: HuodianError) -> int:
    """The HTTP status of a refusal."""
    if _is_forbidden(error.reasons):
        return 403
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def _is_forbidden(reasons: Iterable[Reason]) -> bool:
    return any(reason.code in FORBIDDEN_CODES for reason in reasons)


def install_errors(app: FastAPI) -> None:
    """Answer every error in words of ours."""
    app.add_exception_handler(SignInNeededError, _sign_in)
    app.add_exception_handler(ForeignFormError, _foreign_form)
    app.add_exception_handler(TokenRefusedError, _token_refused)
    app.add_exception_handler(FaultyRowsError, _faulty_rows)
    app.add_exception_handler(HuodianError, _refusal)
    app.add_exception_handler(RequestValidationError, _bad_address)
    app.add_exception_handler(HTTPException, _http)


def error_page(request: Request, status: int, reasons: tuple[Reason, ...] = ()) -> Response:
    """The page of an error; for a program that calls the API, its problem details."""
    heading = HEADINGS.get(status, HEADINGS[400 if status < 500 else 500])  # noqa: PLR2004
    if is_for_programs(request):
        return problem(status, heading, told(status, reasons))
    return page(request, "error.html", status=status, heading=heading, reasons=reasons)


def _sign_in(request: Request, _error: Exception) -> Response:
    if request.method != "GET":
        return see_other("/login?ended=1")
    target = request.url.path
    return see_other("/login" if target == "/" else f"/login?next={target}")


def _foreign_form(request: Request, _error: Exception) -> Response:
    logger.warning("foreign form refused")
    reason = Reason(
        code="foreign_form",
        message="这个表单不是从本系统的页面提交的，或页面停留过久已经失效",
        remedy="请返回上一页，刷新后重新填写提交",
    )
    return error_page(request, 403, (reason,))


def _token_refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, TokenRefusedError):
        raise error
    request_id = getattr(request.state, "request_id", "")
    logger.warning("token refused, request %s: %s", request_id, error.reason.code)
    response = error_page(request, error.status, (error.reason,))
    response.headers["WWW-Authenticate"] = error.challenge
    return response


def _faulty_rows(_request: Request, error: Exception) -> Response:
    if not isinstance(error, FaultyRowsError):
        raise error
    status = 403 if _is_forbidden(row.reason for row in error.rows) else 422
    items = (problem_item(row.reason, row.line) for row in error.rows)
    return problem(status, HEADINGS[status], items)


def _refusal(request: Request, error: Exception) -> Response:
    if not isinstance(error, HuodianError):
        raise error
    status = status_of(error)
    if status >= 500:  # noqa: PLR2004  (ours, not the visitor's)
        request_id = getattr(request.state, "request_id", "")
        logger.error("%s, request %s: %s", type(error).__name__, request_id, error)
    response = error_page(request, status, error.reasons)
    if isinstance(error, UnavailableError):
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _bad_address(request: Request, _error: Exception) -> Response:
    return error_page(request, 404)


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    response = error_page(request, error.status_code)
    response.headers.update(error.headers or {})
    return response


def bare_answer(request: Request, status: int) -> Response:
    """The answer where no route gives one.

    Of a fault of ours nothing is told but that it was one; what happened is in the log, under the
    request id.
    """
    if status in BARE and not is_for_programs(request):
        return PlainTextResponse(BARE[status], status_code=status)
    return error_page(request, status)
