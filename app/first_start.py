"""Makes a database ready: migrations, what ships with the program, at the first start a sample.

Called by every command. Once everything is in place this costs one look at the database.
"""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from app.timekeeping import set_clock
from engine.errors import place_unusable
from engine.ticket import SYSTEM, Act, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.bootstrap import Application

PREPARED = "prepared_for"
"""Mark in the database: the shipped definitions and message texts that are installed in it."""

ENGINE = "job_engine"
"""Mark in the database: the version of the job engine whose tables are in it."""

SAMPLE = "sample"
"""Mark in the database: the sample branch belongs in it, finished or not."""

TRIAL_ROLES = frozenset(
    {
        Role.ADMINISTRATOR,
        Role.OPERATOR,
        Role.ACCOUNT_MANAGER,
        Role.PROJECT_MANAGER,
        Role.SECTION_HEAD,
    }
)
"""What the first administrator may do where the sample was loaded: everything in the tour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What preparing did: what was published now or laid aside, and whether the sample came in."""

    published: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    sample_loaded: bool = False


def prepare(application: Application) -> Preparation:
    """Bring the database up to date; harmless when it is.

    Raises:
        DefinitionFaultsError: a shipped definition is wrong; all faults at once.
        IntegrityError: a shipped definition was changed without a new version.
    """
    database = application.database
    if database.is_behind():
        database.migrate()
    database.check()
    set_clock(application.clock, database)
    fingerprint = _shipped()
    if _is_prepared(application, fingerprint):
        return Preparation()
    with _alone(application.settings.var_dir):
        if _is_prepared(application, fingerprint):
            return Preparation()
        return _install(application, fingerprint)


def _is_prepared(application: Application, fingerprint: str) -> bool:
    tables = application.transport.jobs.tables()
    with application.database.reading() as work:
        has_tables = not tables or work.marks.find(ENGINE) == tables
        return has_tables and work.marks.find(PREPARED) == fingerprint


@contextmanager
def _alone(var_dir: Path) -> Iterator[None]:
    """Console and daemon may be started together: one of them prepares, the other one waits."""
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        lock = (var_dir / ".first-start.lock").open("w")
    except OSError as fault:
        what = f"数据目录 {var_dir} 不能使用"
        remedy = "请建立该目录并授予读写权限，或核对 HUODIAN_VAR_DIR"
        raise place_unusable(what, fault, code="var_dir_unusable", remedy=remedy) from fault
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _shipped() -> str:
    """Changes whenever a definition or a message text that ships with the program changes."""
    from notifications.renderer import shipped_sources  # noqa: PLC0415
    from workflows.catalog import shipped_fingerprint  # noqa: PLC0415

    whole = sha256(shipped_fingerprint().encode())
    for key, source in sorted(shipped_sources().items()):
        whole.update(sha256(f"{key}\n{source}".encode()).digest())
    return whole.hexdigest()


def _install(application: Application, fingerprint: str) -> Preparation:
    """Every step may be done again and the mark comes last, so a killed start is finished later."""
    from app.rules.installation import install_definitions, install_templates  # noqa: PLC0415
    from app.sample.loading import load_sample  # noqa: PLC0415
    from notifications.renderer import shipped_sources  # noqa: PLC0415
    from workflows.catalog import load_shipped  # noqa: PLC0415

    shipped = load_shipped()
    act = Act(actor=SYSTEM, at=application.clock())
    with application.database.writing() as work:
        installed = install_definitions(work, shipped, act)
        texts = install_templates(work, shipped_sources(), act)
        is_first = work.marks.find(PREPARED) is None
        is_empty = work.marks.find(SAMPLE) is not None or not work.accounts.users()
        with_sample = is_first and is_empty and application.settings.sample
        if with_sample:
            work.marks.set(SAMPLE, "begun")
        work.commit()
    if with_sample:
        load_sample(application)
    if is_first:
        _add_administrator(application, with_sample=with_sample)
    jobs = application.transport.jobs
    jobs.prepare()
    with application.database.writing() as work:
        if jobs.tables():
            work.marks.set(ENGINE, jobs.tables())
        work.marks.set(PREPARED, fingerprint)
        work.commit()
    return Preparation(
        published=(*installed.published, *texts.published),
        offered=(*installed.offered, *texts.offered),
        sample_loaded=with_sample,
    )


def _add_administrator(application: Application, *, with_sample: bool) -> None:
    """The first account. With the sample it may try everything; really, roles are kept apart."""
    from app.people.accounts import FIRST_ADMIN_ID, NewUser  # noqa: PLC0415

    with application.database.reading() as work:
        if work.accounts.find_user(FIRST_ADMIN_ID) is not None:
            return
    roles = TRIAL_ROLES if with_sample else frozenset({Role.ADMINISTRATOR})
    new = NewUser(user_id=FIRST_ADMIN_ID, name="管理员", roles=roles)
    application.accounts.create_user(new, actor=SYSTEM)
