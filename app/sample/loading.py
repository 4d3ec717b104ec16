"""Loads the sample branch through the same use cases, and so the same checks, as anybody's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.people.accounts import NewUser
from app.people.organisation import NewGrid
from app.sample import content, rows
from engine.errors import IntegrityError, Reason
from engine.ticket import SYSTEM, ManagerPair, Role

if TYPE_CHECKING:
    from app.bootstrap import Application
    from app.imports.report import ImportReport

SEPARATOR = ";"


def load_sample(application: Application) -> None:
    """Fill an empty database with the sample branch; the clock of the application counts (R-5.1).

    What is there already from an earlier attempt stays as it is.

    Raises:
        IntegrityError: a sample file was changed and is no longer accepted.
    """
    _load_organisation(application)
    imports = application.imports
    _refuse_faults("topology.csv", imports.topology(content("topology.csv"), actor=SYSTEM))
    _load_grids(application)
    _refuse_faults("customers.csv", imports.customers(content("customers.csv"), actor=SYSTEM))
    applications = content("applications.csv")
    _refuse_faults("applications.csv", imports.applications(applications, actor=SYSTEM))


def _load_organisation(application: Application) -> None:
    for row in rows("branches.csv"):
        application.organisation.set_branch(
            row["id"], code=row["code"], name=row["name"], phone=row["phone"], actor=SYSTEM
        )
    known = {user.id for user in application.accounts.listing(actor=SYSTEM)}
    for row in (each for each in rows("users.csv") if each["id"] not in known):
        user = NewUser(
            user_id=row["id"],
            name=row["name"],
            phone=row["phone"],
            roles=frozenset(Role(role) for role in _several(row["roles"])),
            branch=row["branch"],
        )
        application.accounts.create_user(user, actor=SYSTEM)


def _load_grids(application: Application) -> None:
    for row in rows("grids.csv"):
        grid = NewGrid(
            id=row["id"],
            branch=row["branch"],
            name=row["name"],
            managers=ManagerPair(
                project_manager=row["project_manager"], account_manager=row["account_manager"]
            ),
            nodes=_several(row["nodes"]),
            is_default=row["is_default"] == "yes",
        )
        application.organisation.set_grid(grid, actor=SYSTEM)


def _several(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(SEPARATOR) if part)


def _refuse_faults(name: str, report: ImportReport) -> None:
    reasons = [
        Reason(
            code="sample_refused",
            field=each.field,
            message=f"示例文件 {name} 第{each.line}行：{each.problem}",
            remedy="请恢复示例文件，或设置 HUODIAN_SAMPLE=false 后重新启动",
        )
        for each in report.refused
    ]
    if reasons:
        raise IntegrityError(reasons)
