"""`huodian serve|daemon|simulate|doctor|settings|outbox|ledger`: running and watching it."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import ledger_export
from app.cli.session import ActingAs, AsJson, acting, opened, show, table
from app.cli.text import messages_text
from notifications.message import MessageState

if TYPE_CHECKING:
    from app.bootstrap import Application

outbox = typer.Typer(no_args_is_help=True)
ledger = typer.Typer(no_args_is_help=True)
ledger_export.register(ledger)

PASSWORD_IN_ADDRESS = re.compile(r"(://[^:/?#@]*):.*@")


def serve(
    with_daemon: Annotated[
        bool, typer.Option("--daemon/--no-daemon", help="Sweep in this process too.")
    ] = True,
) -> None:
    """Serve the console, by default with the daemon in the same process.

    Example: huodian serve
    """
    import uvicorn  # noqa: PLC0415

    from app.daemon import start  # noqa: PLC0415
    from app.timekeeping import keeping_time  # noqa: PLC0415
    from app.web.server import create_app  # noqa: PLC0415

    application = opened()
    _refuse_taken_port(application)
    # When it has closed, the console's server sends itself again the signal that told it to: that
    # would end the process before the daemon has finished what it has begun.
    signal.signal(signal.SIGTERM, _leave)
    daemon = start(application) if with_daemon else None
    _greet(application)
    try:
        with keeping_time(application.clock, application.database):
            uvicorn.run(
                create_app(application),
                host=application.settings.host,
                port=application.settings.port,
                log_level="warning",
                server_header=False,
                proxy_headers=application.settings.behind_https,
            )
    finally:
        if daemon is not None:
            daemon.stop()


def _leave(*_: object) -> None:
    raise SystemExit(0)


def daemon(
    once: Annotated[bool, typer.Option("--once", help="One round of every sweep.")] = False,
    node: Annotated[
        str, typer.Option(help="Name of this daemon among its like (HUODIAN_NODE otherwise).")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Remind, recompute and send; any number may run on one PostgreSQL database.

    Example: huodian daemon --node east-1
    """
    from app.daemon import run_forever, run_once  # noqa: PLC0415
    from app.labels import SWEEPS  # noqa: PLC0415

    application = opened(**({"node": node} if node else {}))
    if not once:
        run_forever(application)
        return
    reports = run_once(application)
    result = {report.name: report.counts() for report in reports}
    rows = [(SWEEPS.get(r.name, r.name), *(str(n) for n in r.counts().values())) for r in reports]
    show(result, table(rows, ("巡检", "处理", "未变", "被抢先", "失败")), as_json=as_json)
    if any(report.failed for report in reports):
        raise typer.Exit(1)


def simulate(
    applications: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="CSV file.")],
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days to play through.")] = 90,
    seed: Annotated[int, typer.Option(help="Same seed, same result.")] = 1,
    database: Annotated[
        str, typer.Option(help="Empty database to use and keep; a temporary one otherwise.")
    ] = "",
    topology: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="CSV of the grid.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Play operators, customers and the daemon through many days on a scratch database.

    Example: huodian simulate --applications applications.csv --days 90 --seed 7
    """
    from app.simulate import run  # noqa: PLC0415

    result = run(
        applications, days=days, seed=seed, database_url=database or None, topology=topology
    )
    show(result, result.as_text(), as_json=as_json)


def doctor(
    online: Annotated[
        bool, typer.Option("--online", help="Ask providers whether they let us in.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Is everything in place: database, definitions, calendar, people, sweeps, messages, channels.

    Exit 3 if something is not, 1 if the database cannot even be looked at.

    Example: huodian doctor --online
    """
    from app.doctor import examine, unusable  # noqa: PLC0415
    from engine.errors import UnavailableError  # noqa: PLC0415

    code = 3
    try:
        findings = examine(opened(), online=online)
    except UnavailableError as error:
        findings, code = unusable(error), 1
    rows = [("✓" if f.ok else "✕", f.subject, f.remark) for f in findings]
    show(findings, table(rows, ("", "项目", "情况")), as_json=as_json)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(code)


def settings(as_json: AsJson = False) -> None:
    """Every setting with its environment variable, value and meaning; secrets stay hidden.

    Example: huodian settings
    """
    from app.provider_settings import PREFIX  # noqa: PLC0415
    from app.settings import Settings, read_settings  # noqa: PLC0415

    found = read_settings()
    rows = [
        (f"{PREFIX}{name.upper()}", _plain(getattr(found, name)), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    result = {variable: {"value": value, "meaning": meaning} for variable, value, meaning in rows}
    show(result, table(rows, ("变量", "值", "含义")), as_json=as_json)


@outbox.command(name="list")
def list_outbox(
    state: Annotated[MessageState | None, typer.Option(help="Only in this state.")] = None,
    ticket: Annotated[str, typer.Option(help="Only of this ticket.")] = "",
    unhandled: Annotated[
        bool, typer.Option("--unhandled", help="Only those that need a person.")
    ] = False,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Messages with their state, the newest first; numbers are masked.

    Example: huodian outbox list --state failed
    """
    application = opened()
    found = application.queries.messages(
        actor=acting(application, user),
        ticket_no=ticket or None,
        state=state,
        unhandled=unhandled,
    )
    show(found, messages_text(found), as_json=as_json)


@ledger.command()
def verify(as_json: AsJson = False) -> None:
    """Follow every hash chain from end to end; exit 6 and the first broken entry if one is broken.

    Example: huodian ledger verify --json
    """
    with opened().database.reading() as work:
        found = work.ledger.verify()
    broken = found.first_broken
    result = {"ok": broken is None, "entries": found.entries, "first_broken": broken}
    text = f"台账完整，共 {found.entries} 条" if broken is None else f"台账已被破坏：{broken}"
    show(result, text, as_json=as_json)
    if broken is not None:
        raise typer.Exit(6)


def _refuse_taken_port(application: Application) -> None:
    """Say so before anything starts, instead of after the greeting."""
    import socket  # noqa: PLC0415

    from engine.errors import MalformedError, Reason, said_by  # noqa: PLC0415

    host, port = application.settings.host, application.settings.port
    try:
        with socket.create_server((host, port)):
            return
    except OSError as fault:
        raise MalformedError(
            Reason(
                code="port_taken",
                field="HUODIAN_PORT",
                message=f"无法在 {host}:{port} 上提供服务（{said_by(fault)}）",
                remedy="请停止占用该端口的程序，或用 HUODIAN_PORT、HUODIAN_HOST 换一个",
            )
        ) from None


def _greet(application: Application) -> None:
    """Say where to go; as long as no administrator has a password, give a one-time link."""
    base = application.settings.base_url
    typer.echo(f"获电 Huodian  {base}", err=True)
    token = application.accounts.first_admin()
    if token is not None:
        typer.echo(f"管理员一次性登录链接（24 小时内有效）  {base}/sign-in/{token}", err=True)


def _plain(value: object) -> str:
    """A value as text; a secret says only whether it is set."""
    from pydantic import SecretStr  # noqa: PLC0415

    if isinstance(value, SecretStr):
        return "（已设置）" if value.get_secret_value() else ""
    if isinstance(value, dict):
        return "、".join(value) or ""
    if isinstance(value, tuple):
        return ",".join(str(each) for each in value)
    return PASSWORD_IN_ADDRESS.sub(r"\1:***@", str(value))
