"""Assembles the commands, and turns every error into an exit code and a sentence.

0 done, 1 internal fault or unusable database, 2 wrong call, 3 refused by a rule, 4 not found,
5 conflict, 6 integrity broken. stdout carries only the result; everything else goes to stderr.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from typing import TYPE_CHECKING

import typer
from typer._click.exceptions import (  # its usage errors have no public names
    ClickException,
    NoArgsIsHelpError,
)

from app.cli.index import IndexedGroup
from app.cli.session import close_opened
from app.cli.usage import usage_problem
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
    from collections.abc import Sequence

logger = logging.getLogger(__name__)

EXIT_CODES: tuple[tuple[type[HuodianError], int], ...] = (
    (MalformedError, 2),
    (RefusedError, 3),
    (NotFoundError, 4),
    (ConflictError, 5),
    (IntegrityError, 6),
    (UnavailableError, 1),
)

CLAIMS_OF_TIME = frozenset(
    {"--at", "--time", "--when", "--date", "--timestamp", "--occurred-at", "--accepted-at"}
    | {"--submitted-at", "--received-at", "--energized-at", "--backdate", "--moved-at"}
)
"""Options that no command has, because no command may set the time of an event (R-5.1)."""

cli = typer.Typer(
    cls=IndexedGroup,
    name="huodian",
    help="Huodian (获电): connection applications as state machines, on time and on record.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@cli.callback()
def _program() -> None:
    """Only its commands do something."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    os.umask(0o077)  # database, files and messages hold personal data
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("app").setLevel(logging.INFO)
    # Of a lost connection whoever used it says what to do; the pool would add a traceback.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    sys.exit(run(given))


def run(given: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    try:
        _refuse_claims_of_time(given)
        outcome = cli(args=list(given), prog_name="huodian", standalone_mode=False)
    except typer.Exit as leaving:
        return leaving.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as fault:  # noqa: BLE001  (the edge: every fault becomes an exit code)
        return _failed(fault, given)
    finally:
        close_opened()
    return outcome if isinstance(outcome, int) else 0


def _failed(fault: Exception, given: Sequence[str]) -> int:
    """Say what went wrong, and choose the exit code."""
    as_json = "--json" in given
    if isinstance(fault, NoArgsIsHelpError):
        print(fault.format_message(), file=sys.stderr)
        return 2
    if isinstance(fault, ClickException):
        fault = MalformedError(usage_problem(fault, given))
    if isinstance(fault, HuodianError):
        if isinstance(fault, UnavailableError) and _wants_traceback():
            logger.error("unavailable", exc_info=fault)
        _say(fault, as_json=as_json)
        return next(code for kind, code in EXIT_CODES if isinstance(fault, kind))
    if not isinstance(fault, typer.Abort):
        # People get a sentence, not a traceback; whoever mends it sets the variable.
        logger.error("internal fault: %r", fault, exc_info=fault if _wants_traceback() else None)
        print("✕ 程序内部错误；设置 HUODIAN_TRACEBACK=1 重试可取得详情", file=sys.stderr)
    return 1


def _wants_traceback() -> bool:
    return bool(os.environ.get("HUODIAN_TRACEBACK"))


def _refuse_claims_of_time(given: Sequence[str]) -> None:
    for argument in given:
        option = argument.split("=", 1)[0]
        if option in CLAIMS_OF_TIME:
            raise MalformedError(
                Reason(
                    code="claims_time",
                    field=option,
                    message="任何命令都不能指定业务发生的时间，时间只由服务器记录",
                    clause="R-5.1, 四(一)1",
                    remedy="请去掉该选项；补记情况请用更正（huodian ticket amend）",
                )
            )


def _say(error: HuodianError, *, as_json: bool) -> None:
    if as_json:
        reasons = [
            {
                "code": each.code,
                "field": each.field,
                "message": each.message,
                "clause": each.clause,
                "remedy": each.remedy_in_words,
            }
            for each in error.reasons
        ]
        body = {"error": type(error).__name__, "reasons": reasons}
        print(json.dumps(body, ensure_ascii=False), file=sys.stderr)
        return
    for reason in error.reasons:
        print(f"✕ {reason}", file=sys.stderr)
