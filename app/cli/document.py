"""`huodian document`: supply, verify, reject, fetch."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli.session import ActingAs, AsJson, Revision, acting, opened, show
from engine.errors import Reason, RefusedError, said_by
from engine.ticket import DocumentSource

commands = typer.Typer(no_args_is_help=True)

TicketNo = Annotated[str, typer.Argument(metavar="TICKET")]
Number = Annotated[int, typer.Argument(min=1, help="Number of the document on its ticket.")]


@commands.command()
def add(
    ticket_no: TicketNo,
    kind: Annotated[str, typer.Argument(help="For example property_proof.")],
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="PDF, JPEG, PNG or OFD.")
    ] = None,
    source: Annotated[
        DocumentSource, typer.Option(help="How it reached the company.")
    ] = DocumentSource.COUNTER,
    expires_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Date of expiry printed on the paper."),
    ] = None,
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Take in a document; without a file it was seen on paper.

    Example: huodian document add TC-20261123-0001 property_proof --file deed.pdf --source on_site
    """
    from app.tickets.documents import Upload  # noqa: PLC0415

    application = opened()
    ticket = application.documents.supply(
        ticket_no,
        kind,
        source,
        actor=acting(application, user),
        upload=None if file is None else Upload(name=file.name, content=file.read_bytes()),
        expires_on=None if expires_on is None else expires_on.date(),
        expected_revision=revision,
    )
    record = ticket.documents[-1]
    text = f"{ticket_no} 第 {record.number} 份资料 {kind} 已登记"
    show(
        {"ticket_no": ticket_no, "revision": ticket.revision, "document": record},
        text,
        as_json=as_json,
    )


@commands.command()
def verify(
    ticket_no: TicketNo,
    number: Number,
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Record that a document was checked and found good.

    Example: huodian document verify TC-20261123-0001 2
    """
    application = opened()
    ticket = application.documents.verify(
        ticket_no, number, actor=acting(application, user), expected_revision=revision
    )
    result = {"ticket_no": ticket_no, "revision": ticket.revision, "number": number}
    show(result, f"{ticket_no} 第 {number} 份资料审核合格", as_json=as_json)


@commands.command()
def reject(
    ticket_no: TicketNo,
    number: Number,
    reason: Annotated[str, typer.Option(help="Told to the customer.")] = "",
    revision: Revision = None,
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Record that a document was found wanting; the customer is told why.

    Example: huodian document reject TC-20261123-0001 2 --reason 照片不清晰
    """
    application = opened()
    ticket = application.documents.reject(
        ticket_no, number, reason, actor=acting(application, user), expected_revision=revision
    )
    result = {"ticket_no": ticket_no, "revision": ticket.revision, "number": number}
    show(result, f"{ticket_no} 第 {number} 份资料已退回：{reason}", as_json=as_json)


@commands.command()
def fetch(
    ticket_no: TicketNo,
    number: Number,
    to: Annotated[Path, typer.Option(dir_okay=False, help="Where to write it; must not exist.")],
    user: ActingAs = "",
    as_json: AsJson = False,
) -> None:
    """Write the file of a document to disk.

    Example: huodian document fetch TC-20261123-0001 2 --to deed.pdf
    """
    application = opened()
    file, content = application.documents.read_file(
        ticket_no, number, actor=acting(application, user)
    )
    _write(to, content)
    show(file, f"{to}（{file.media_type}，{file.size} 字节）", as_json=as_json)


def _write(to: Path, content: bytes) -> None:
    """Write a new file; what is there already is not overwritten.

    Raises:
        RefusedError: it exists, or cannot be written there.
    """
    try:
        with to.open("xb") as target:
            target.write(content)
    except FileExistsError:
        problem, remedy = "文件已存在，不会覆盖", "请换一个文件名"
    except OSError as fault:
        problem, remedy = f"无法写入：{said_by(fault)}", "请换一个可写的位置"
    else:
        return
    raise RefusedError(
        Reason(code="cannot_write", field="--to", message=f"“{to}”{problem}", remedy=remedy)
    )
