"""What commands share: opening the application, naming the actor, printing a result."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.bootstrap import Application
    from engine.ticket import Actor

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON value.")]
ActingAs = Annotated[
    str,
    typer.Option(
        "--as", metavar="USER", help="User id on whose behalf to act (HUODIAN_ACTOR otherwise)."
    ),
]
Revision = Annotated[
    int | None,
    typer.Option("--revision", help="Refuse if the ticket is no longer at this revision."),
]


_OPENED: list[Application] = []


def opened(**settings: object) -> Application:
    """The application on the configured database, brought up to date; closed when the command ends.

    `settings` are those that the command line gives instead of the environment.

    Raises:
        HuodianError: settings or database are not in order.
    """
    from app.bootstrap import build  # noqa: PLC0415
    from app.clock import ClusterClock  # noqa: PLC0415
    from app.first_start import prepare  # noqa: PLC0415
    from app.settings import read_settings  # noqa: PLC0415

    application = build(read_settings(**settings), clock=ClusterClock())
    _OPENED.append(application)
    prepare(application)
    return application


def close_opened() -> None:
    """Close what the command used."""
    while _OPENED:
        _OPENED.pop().close()


def acting(application: Application, user_id: str) -> Actor:
    """Who acts: the one named, else the configured one; must be a known, active user."""
    return application.accounts.actor(user_id or application.settings.actor)


def show(result: Any, text: str, *, as_json: bool) -> None:  # noqa: ANN401  (any value of a query)
    """Print the result: for programs as JSON, for people as text."""
    if not as_json:
        print(text)
        return
    from pydantic_core import to_jsonable_python  # noqa: PLC0415

    json.dump(to_jsonable_python(result), sys.stdout, ensure_ascii=False)
    print()


def pairs(given: Sequence[str]) -> dict[str, str]:
    """`field=value` arguments as a mapping; a field is given once.

    Raises:
        MalformedError: naming every argument that is none, and every field that is repeated.
    """
    from engine.errors import MalformedError, Reason  # noqa: PLC0415

    names = [each.split("=", 1)[0] for each in given]
    reasons = [
        Reason(
            code="not_a_pair",
            field=each,
            message="应写作 字段=值",
            remedy="例如 phone=13800138000",
        )
        for each in given
        if "=" not in each
    ]
    reasons += [
        Reason(
            code="repeated_field",
            field=name,
            message=f"给出了 {names.count(name)} 次",
            remedy="每个字段只写一次；多种资料用分号隔开，如 documents=identity;property_proof",
        )
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if reasons:
        raise MalformedError(reasons)
    return dict(each.split("=", 1) for each in given)


def table(rows: Sequence[tuple[str, ...]], heads: tuple[str, ...]) -> str:
    """Rows as aligned text; Chinese characters count two columns."""
    widths = [max(_width(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    lines = [
        "  ".join(cell + " " * (widths[i] - _width(cell)) for i, cell in enumerate(row)).rstrip()
        for row in [heads, *rows]
    ]
    return "\n".join(lines)


def _width(text: str) -> int:
    from unicodedata import east_asian_width  # noqa: PLC0415

    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
