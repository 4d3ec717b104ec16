"""A small company to measure: one branch, its managers, and as many tickets as a round needs."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count as count_from
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from app.bootstrap import build
from app.first_start import prepare
from app.forms.application_form import ApplicationForm
from app.people.accounts import NewUser
from app.people.organisation import NewGrid
from app.settings import Settings
from engine.application import (
    ApplicantKind,
    AreaClass,
    ConnectionApplication,
    Contact,
    IdKind,
)
from engine.ticket import SYSTEM, Actor, ManagerPair, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.bootstrap import Application

BRANCH = "tengchong"
MANAGERS = ManagerPair(project_manager="bench.pm", account_manager="bench.am")
OPERATOR = Actor(
    user_id="bench.am",
    name="赵志强",
    roles=frozenset({Role.OPERATOR, Role.ACCOUNT_MANAGER, Role.PROJECT_MANAGER}),
    branch=BRANCH,
)
BEGINS = datetime(2021, 9, 6, 1, 30, tzinfo=UTC)
"""A Monday, 09:30 in Shanghai."""


class BenchClock:
    """A clock that gains a millisecond a look, so that a run is the same each time."""

    def __init__(self) -> None:
        self.at = BEGINS

    def __call__(self) -> datetime:
        """The instant."""
        self.at += timedelta(milliseconds=1)
        return self.at


@contextmanager
def company(url: str) -> Iterator[Application]:
    """The application on an empty database, with a branch that can take in tickets."""
    with TemporaryDirectory(prefix="huodian-bench-var-") as var:
        settings = Settings(database_url=url, var_dir=Path(var), sample=False)
        application = build(settings, clock=BenchClock(), durable=False)
        try:
            prepare(application)
            _found_branch(application)
            yield application
        finally:
            application.database.close()


def submit(application: Application, count: int) -> list[str]:
    """So many new tickets of small businesses, in one transaction; returns their numbers."""
    numbers = []
    with application.database.writing() as work:
        for _ in range(count):
            act = application.desk.act(OPERATOR)
            form = _form(next(_applicants))
            numbers.append(application.tickets.submit_in(work, form, act).ticket_no)
        work.commit()
    return numbers


def _found_branch(application: Application) -> None:
    organisation = application.organisation
    organisation.set_branch(
        BRANCH, code="TC", name="腾冲供电局", phone="0875-5123456", actor=SYSTEM
    )
    people = (
        (MANAGERS.project_manager, "王建国", Role.PROJECT_MANAGER),
        (MANAGERS.account_manager, "赵志强", Role.ACCOUNT_MANAGER),
    )
    for number, (user_id, name, role) in enumerate(people):
        new = NewUser(
            user_id=user_id,
            name=name,
            roles=frozenset({role}),
            branch=BRANCH,
            phone=f"1380000000{number}",
        )
        application.accounts.create_user(new, actor=SYSTEM)
    grid = NewGrid(id="bench", branch=BRANCH, name="城区", managers=MANAGERS, is_default=True)
    organisation.set_grid(grid, actor=SYSTEM)


_applicants = count_from(1)


def _form(number: int) -> ApplicationForm:
    application = ConnectionApplication(
        contact=Contact(name="示例商贸有限公司", phone="13800138000"),
        applicant_kind=ApplicantKind.SMALL_MICRO,
        id_kind=IdKind.USCC,
        id_number=f"91530500MA{number:08}",
        address=f"腾冲市腾越镇示例路{number}号",
        area_class=AreaClass.COUNTY_SEAT,
        requested_capacity_kw=Decimal(50),
    )
    return ApplicationForm(application=application, branch=BRANCH, documents=("business_licence",))
