"""The database a simulation plays on: a temporary one, or an empty one that is then marked.

A ledger cannot be undone. So a database that is anybody's own is refused, and no real message can
leave: whatever the installation has set up, messages go to a file that is deleted in the end.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from app.bootstrap import build
from app.first_start import prepare
from app.settings import read_settings
from engine.errors import Reason, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.bootstrap import Application
    from app.clock import Clock

MADE_BY = "made_by"
"""Mark of a database that a simulation has made."""
SIMULATION = "simulate"


@contextmanager
def scratch_application(database_url: str | None, clock: Clock) -> Iterator[Application]:
    """The whole application with that clock, on a database that nobody needs.

    Raises:
        RefusedError: the database at `database_url` is in use.
    """
    with TemporaryDirectory(prefix="huodian-simulate-") as folder:
        settings = read_settings(
            database_url=database_url or f"sqlite:///{folder}/simulation.db",
            var_dir=Path(folder),
            sample=False,
            sms_carrier="file",
            wechat_carrier="file",
            wecom_carrier="off",
            app_carrier="off",
            email_carrier="off",
            wecom_robots={},
            customer_channels="wechat,sms",
        )
        application = build(settings, clock=clock, durable=False)
        try:
            _refuse_in_use(application)
            prepare(application)
            with application.database.writing() as work:
                work.marks.set(MADE_BY, SIMULATION)
                work.commit()
            yield application
        finally:
            application.close()


def _refuse_in_use(application: Application) -> None:
    """A database with tickets, or with somebody's branches, is no scratch database."""
    database = application.database
    if database.revision() is None:
        return
    database.check()
    with database.reading() as work:
        counts = work.tickets.counts()
        tickets = counts.open + counts.completed + counts.aborted
        branches = len(work.grid.branches())
    if tickets or branches:
        raise RefusedError(
            Reason(
                code="database_in_use",
                field="database",
                message=f"该数据库已有 {tickets} 张工单、{branches} 个单位，不能用来模拟",
                clause="R-5.4",
                remedy="请指定一个空数据库，或省略 --database 以使用临时数据库",
            )
        )
