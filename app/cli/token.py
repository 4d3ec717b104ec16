"""`huodian token`: tokens by which other programs act as a person, through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.authorization import SCOPE_NAMES, Scope
from app.cli.session import ActingAs, AsJson, acting, opened, show, table
from app.cli.text import local

if TYPE_CHECKING:
    from app.people.api_tokens import TokenSummary

commands = typer.Typer(no_args_is_help=True)


@commands.command()
def issue(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which program will hold it.")],
    holder: Annotated[str, typer.Option("--user", metavar="USER", help="Whom it acts as.")],
    scopes: Annotated[list[Scope], typer.Option("--scope", help="May be given several times.")],
    days: Annotated[int, typer.Option(help="How long it counts, two years at most.")] = 365,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Make a token; it is shown this once, and only its hash is kept.

    Example: huodian token issue 采集系统 --user tc.meter --scope loads:write --days 365
    """
    from app.people.api_tokens import NewToken  # noqa: PLC0415

    application = opened()
    new = NewToken(name=name, user_id=holder, scopes=frozenset(scopes), days=days)
    issued = application.api_tokens.issue(new, actor=acting(application, user))
    found = issued.summary
    text = (
        f"令牌 {found.id}（{found.name}）已签发：代表账号 {found.user_id}，"
        f"权限范围 {_names(found)}，{local(found.expires_at)} 失效\n"
        f"令牌只显示这一次，请立即交给该程序保管：\n{issued.token}"
    )
    show({**_facts(found), "token": issued.token}, text, as_json=as_json)


@commands.command(name="list")
def list_tokens(user: ActingAs = "", as_json: AsJson = False) -> None:
    """Every token with its user, purposes, state and last use; never the token itself.

    Example: huodian token list
    """
    from app.people.api_tokens import STATE_NAMES  # noqa: PLC0415

    application = opened()
    found = application.api_tokens.listing(actor=acting(application, user))
    rows = [
        (
            str(each.id),
            each.name,
            each.user_id,
            each.branch or "-",
            _names(each),
            STATE_NAMES[each.state],
            local(each.expires_at),
            "-" if each.last_used_at is None else local(each.last_used_at),
        )
        for each in found
    ]
    heads = ("编号", "名称", "账号", "单位", "权限范围", "状态", "失效时间", "最近使用")
    text = table(rows, heads) if rows else "没有令牌"
    show([_facts(each) for each in found], text, as_json=as_json)


@commands.command()
def revoke(
    token_id: Annotated[int, typer.Argument(metavar="ID", help="Number of the token.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")] = "",
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """End a token at once, for good.

    Example: huodian token revoke 3 --reason 更换令牌
    """
    application = opened()
    found = application.api_tokens.revoke(token_id, reason=reason, actor=acting(application, user))
    show(_facts(found), f"令牌 {found.id}（{found.name}）已吊销", as_json=as_json)


def _names(token: TokenSummary) -> str:
    return "、".join(SCOPE_NAMES[scope] for scope in token.scopes)


def _facts(token: TokenSummary) -> dict[str, object]:
    """A token as programs are told of it."""
    return {
        "id": token.id,
        "name": token.name,
        "user": token.user_id,
        "branch": token.branch,
        "scopes": list(token.scopes),
        "state": token.state,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    }
