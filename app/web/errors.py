"""What went wrong, as a page: in Chinese, with a request id, never with a traceback."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.web.access import SignInNeededError
from app.web.forms import ForeignFormError
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
    403: "没有权限",
    404: "没有找到",
    405: "不支持这种访问方式",
    409: "现在不能办理",
    413: "提交的内容过大",
    422: "填写有误",
    500: "系统出错了",
    503: "系统暂时不能使用",
}
RETRY_AFTER_SECONDS = 30


def status_of(error: HuodianError) -> int:
    """The HTTP status of a refusal."""
    if any(reason.code in FORBIDDEN_CODES for reason in error.reasons):
        return 403
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def install_error_pages(app: FastAPI) -> None:
    """Answer every error with a page of ours."""
    app.add_exception_handler(SignInNeededError, _sign_in)
    app.add_exception_handler(ForeignFormError, _foreign_form)
    app.add_exception_handler(HuodianError, _refusal)
    app.add_exception_handler(RequestValidationError, _bad_address)
    app.add_exception_handler(HTTPException, _http)


def error_page(request: Request, status: int, reasons: tuple[Reason, ...] = ()) -> Response:
    """The page of an error."""
    heading = HEADINGS.get(status, HEADINGS[400 if status < 500 else 500])  # noqa: PLR2004
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
    status = error.status_code if isinstance(error, HTTPException) else 500
    return error_page(request, status)


def fault_page(request: Request) -> Response:
    """The page of a fault of ours; what happened is in the log, under the request id."""
    return error_page(request, 500)
