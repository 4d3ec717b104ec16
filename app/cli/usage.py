"""What is wrong with a call, in Chinese and with what to do; the library says it in English.

Its errors have no public names and partly nothing but a sentence, so what cannot be told from
their facts is told from that sentence. One that is not known here is passed on as it is.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Any, get_args

from typer._click.exceptions import (  # its usage errors have no public names
    BadOptionUsage,
    BadParameter,
    ClickException,
    MissingParameter,
    NoSuchOption,
)

from engine.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CODE = "wrong_call"
DATE_LIKE = "请写成 2021-09-17 的样子"
ALIKE = 0.7
"""How much of a word must be that of a command: `tiket` means `ticket`, and hardly `token`."""


def usage_problem(error: ClickException, given: Sequence[str]) -> Reason:
    """Why the call was refused: the option or argument, what is wrong, what to write instead.

    Args:
        error: the library's.
        given: the words after `huodian`; tell which command was meant where the error does not.
    """
    field, message, remedy = _told(error)
    usage = f"用法见 {_command(error, given)} --help"
    return Reason(
        code=CODE, field=field, message=message, remedy="；".join(filter(None, (remedy, usage)))
    )


def _told(error: ClickException) -> tuple[str, str, str]:
    """Field, problem, remedy."""
    match error:
        case MissingParameter():
            return _name(error), "必须给出", _offer(_choices(error.param))
        case BadParameter():
            return _bad_value(error)
        case NoSuchOption():
            return error.option_name, "没有这个选项", _nearest(error.possibilities or ())
        case BadOptionUsage():
            takes_none = "does not take a value" in error.message
            return error.option_name, "不接受值" if takes_none else "后面须给出值", ""
        case _:
            return _sentence(error)


def _sentence(error: ClickException) -> tuple[str, str, str]:
    """Those of which the library knows nothing but its own sentence."""
    said = error.format_message()
    if found := re.match(r"No such command '(.*?)'", said, re.DOTALL):
        context = getattr(error, "ctx", None)
        known = list(getattr(context.command, "commands", ())) if context else []
        near = get_close_matches(found[1], known, cutoff=ALIKE)
        return "", f"没有命令“{found[1]}”", _nearest(near) or f"可用的命令：{'、'.join(known)}"
    if found := re.match(r"Got unexpected extra argument\(s\) \((.*)\)", said, re.DOTALL):
        return "", f"多余的参数：{found[1]}", "含空格的值请加引号"
    return "", said, ""


def _bad_value(error: BadParameter) -> tuple[str, str, str]:
    field, faults = _name(error), getattr(error.__cause__, "errors", None)
    if faults is None:
        return field, *_path_problem(error.message)
    fault = faults()[0]
    value, descriptor = f"“{fault['input']}”", _descriptor(error.param)
    choices = _choices(error.param)
    if choices:
        return field, f"{value}不在可选范围内", _offer(choices)
    if getattr(descriptor, "is_datetime", False):
        return field, f"{value}不是日期", DATE_LIKE
    return field, f"{value}不符合要求", _wanted(fault, descriptor)


def _wanted(fault: Any, descriptor: Any) -> str:  # noqa: ANN401  (pydantic's, and the library's)
    """The range where there is one, else what pydantic missed."""
    from app.forms.type_words import expected  # noqa: PLC0415

    facts = getattr(descriptor, "parameter_info", None)
    least, most = getattr(facts, "min", None), getattr(facts, "max", None)
    if least is not None and most is not None:
        return f"请填 {least} 至 {most} 的整数"
    if least is not None:
        return f"请填不小于 {least} 的整数"
    words = expected(fault)
    return f"应为 {words}" if words else ""


_PATH_PROBLEMS = {
    "does not exist": "不存在",
    "is a directory": "是目录，不是文件",
    "is a file": "是文件，不是目录",
    "is not readable": "没有读取权限",
    "is not writable": "没有写入权限",
}


def _path_problem(said: str) -> tuple[str, str]:
    for words, problem in _PATH_PROBLEMS.items():
        if found := re.fullmatch(rf"\S+ '(.*)' {words}\.", said, re.DOTALL):
            return f"“{found[1]}”{problem}", "请核对路径"
    return said, ""


def _name(error: BadParameter) -> str:
    """The option as it is written, or the argument as the help calls it."""
    hint = error.param_hint
    if hint is None and error.param is not None:
        hint = error.param.get_error_hint()
    names = hint if isinstance(hint, str) else " / ".join(hint or ())
    return names.replace("'", "")


def _descriptor(param: object) -> Any:  # noqa: ANN401  (the library's)
    return getattr(param, "type_descriptor", None)


def _choices(param: object) -> Mapping[str, str]:
    """The words that may be given, with their Chinese names where they have any."""
    annotation = getattr(_descriptor(param), "annotation", None)
    kinds = [each for each in (annotation, *get_args(annotation)) if isinstance(each, type)]
    kind = next((each for each in kinds if issubclass(each, StrEnum)), None)
    if kind is None:
        return {}
    from app.labels import NAMES  # noqa: PLC0415

    names = NAMES.get(kind, {})
    return {str(each): names.get(each, "") for each in kind}


def _offer(choices: Mapping[str, str]) -> str:
    listed = "、".join(f"{word}（{name}）" if name else word for word, name in choices.items())
    return f"可选：{listed}" if listed else ""


def _nearest(found: Sequence[str]) -> str:
    return f"是否应为 {'、'.join(sorted(found))}" if found else ""


def _command(error: ClickException, given: Sequence[str]) -> str:
    """The command that was meant, as far as it is known."""
    context = getattr(error, "ctx", None)
    if context is not None:
        return str(context.command_path)
    from app.cli.index import INDEX  # noqa: PLC0415

    words: list[str] = []
    for word in given[:2]:
        if word.startswith("-") or (not words and word not in INDEX):
            break
        words.append(word)
    return " ".join(("huodian", *words))
