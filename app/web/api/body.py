"""What a program sends: JSON, read without losing a digit, every fault of its shape at once.

A number is never a float here. `80.5` is the text "80.5" to the use case, as if it stood in a file.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

from pydantic import BaseModel, BeforeValidator, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from app.forms.fields import foreign_fields, shown
from app.forms.type_words import expected
from app.imports.report import RefusedRow
from app.web.headers import BodyTooLargeError
from app.web.problems import MAX_BODY, FaultyRowsError
from engine.errors import MalformedError, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastapi import Request
    from pydantic_core import ErrorDetails

Shape = TypeVar("Shape", bound=BaseModel)

MOST_ZEROS = 20
"""A number with a larger exponent is not written out: `1e999999999` would fill the memory."""


async def read_body(request: Request) -> bytes:
    """The body, as long as it is not larger than any call needs.

    Raises:
        BodyTooLargeError: it is; no more of it is read.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > MAX_BODY:
        raise BodyTooLargeError
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise BodyTooLargeError
    return bytes(body)


def exact_json(body: bytes) -> object:
    """The value of a JSON text, every number in it a `Decimal`.

    Raises:
        MalformedError: it is no JSON, or not only one thing can be meant by it.
    """
    if not body.strip():
        _refuse("body_empty", "请求内容是空的", "请以 JSON 提交")
    try:
        return json.loads(
            body.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_no_number,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError:
        _refuse("encoding", "请求内容不是 UTF-8 编码的文字", "请以 UTF-8 编码提交，不要压缩")
    except json.JSONDecodeError as fault:
        where = f"第{fault.lineno}行第{fault.colno}列"
        _refuse(
            "not_json", f"请求内容不是 JSON（{where}起无法识别）", "请核对该处的引号、逗号和括号"
        )
    except ArithmeticError:
        _refuse("not_a_number", "请求内容中有无法表示的数字", "请核对数字的指数部分")
    except RecursionError:
        _refuse("not_json", "请求内容嵌套过深", "请核对括号")


def read_as(shape: type[Shape], element: type[BaseModel], value: object) -> Shape:
    """The value as that shape; `element` is the shape of what is in its list.

    Raises:
        FaultyRowsError: with everything that is wrong about its shape.
    """
    try:
        return shape.model_validate(value)
    except ValidationError as fault:
        faults = fault.errors(include_url=False, include_input=False)
        raise FaultyRowsError(_refused(each, shape, element) for each in faults) from None


def _as_text(value: object) -> object:
    """A number as the text that it was; what is neither is refused."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        is_short = abs(value.adjusted()) <= MOST_ZEROS
        return f"{value:f}" if is_short else str(value)
    kind, words = "number_or_text", "数字，或加引号的数字"
    raise PydanticCustomError(kind, words)


NumberText = Annotated[
    str | None,
    BeforeValidator(_as_text),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "null"}]}),
]
"""A number, or the same number as text, exactly as it was written; null is the same as nothing."""


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        _refuse("field_twice", f"字段“{shown(twice)}”出现多次", "每个字段只写一次", shown(twice))
    return found


def _no_number(literal: str) -> NoReturn:
    _refuse("not_a_number", f"“{literal}”不是数字", "没有数值的字段请不要提交")


def _refuse(code: str, message: str, remedy: str, field: str = "") -> NoReturn:
    raise MalformedError(Reason(code=code, field=field, message=message, remedy=remedy))


def _refused(fault: ErrorDetails, shape: type[BaseModel], element: type[BaseModel]) -> RefusedRow:
    place = fault["loc"]
    line = next((part + 1 for part in place if isinstance(part, int)), 0)
    name = place[-1] if place and isinstance(place[-1], str) else ""
    known = (element if line else shape).model_fields
    return RefusedRow(line=line, reason=_reason(fault, name, known))


def _reason(fault: ErrorDetails, name: str, known: Iterable[str]) -> Reason:
    context = fault.get("ctx", {})
    match fault["type"]:
        case "extra_forbidden":
            (reason,) = foreign_fields([name], tuple(known))
            return reason
        case "missing":
            code, message, remedy = "required", f"缺少字段“{name}”", "请补上该字段"
        case "too_short":
            code, message, remedy = "required", "没有要提交的内容", "至少提交一条"
        case "too_long":
            code, remedy = "too_many", "请分批提交"
            message = f"一次最多 {context['max_length']:,} 条，超过了上限"
        case "string_unicode":
            code, message = "unreadable_character", "字段名中有无法识别的字符"
            remedy = "请重新输入，不要粘贴特殊字符"
        case _:
            code, remedy = "wrong_type", f"应为{expected(fault) or fault['msg']}"
            message = f"字段“{name}”的类型不对" if name else "类型不对"
    return Reason(code=code, field=name, message=message, remedy=remedy)
