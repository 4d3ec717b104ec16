"""A running console for tests: a real application on SQLite with the sample branch, a standing
clock, and people who sign in by link like anybody else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from app.bootstrap import Application, build
from app.first_start import prepare
from app.people.accounts import NewUser
from app.settings import Settings
from app.web.server import create_app
from engine.ticket import SYSTEM, Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fastapi import APIRouter
    from httpx2 import Response

START = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
"""Monday 09:30 in Shanghai; the notice for 2027 is not known yet."""

EVERY_STAFF_ROLE = frozenset(Role) - {Role.CUSTOMER, Role.SYSTEM}


class StandingClock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


@dataclass
class Browser:
    """Somebody's browser: fetches pages, fills in forms as they stand on the page."""

    client: TestClient
    application: Application
    page: str = ""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **options: Any) -> Browser:
        return self._took(self.client.get(path, **options))

    def post(self, path: str, **fields: Any) -> Browser:
        """Post with the form token and the revision of the page that is open."""
        upload = fields.pop("upload", None)
        hidden = {name: self.hidden(name) for name in ("form_token", "revision")}
        sent = {name: value for name, value in {**hidden, **fields}.items() if value is not None}
        files = None if upload is None else {"upload": upload}
        return self._took(self.client.post(path, data=sent, files=files, headers=SAME_ORIGIN))

    def sign_in(self, user_id: str) -> Browser:
        token = self.application.accounts.issue_sign_in_link(user_id)
        self.get(f"/sign-in/{token}")
        return self.post(f"/sign-in/{token}")

    def hidden(self, name: str) -> str | None:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page)
        return found and unescape(found[1])

    @property
    def text(self) -> str:
        """The page without its tags."""
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", self.page)))

    def _took(self, response: Response) -> Browser:
        self.page, self.status = response.text, response.status_code
        self.headers = dict(response.headers)
        return self


SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the sample branch, made once and copied for each test."""
    directory = tmp_path_factory.mktemp("prepared")
    made = build(_settings(directory), clock=StandingClock(), durable=False)
    prepare(made)
    for user_id, branch in (("demo", "tengchong"), ("chief", "")):
        made.accounts.create_user(
            NewUser(user_id=user_id, name="柳青", roles=EVERY_STAFF_ROLE, branch=branch),
            actor=SYSTEM,
        )
    made.database.close()
    return directory / "huodian.db"


@pytest.fixture
def application(prepared: Path, tmp_path: Path, clock: StandingClock) -> Application:
    (tmp_path / "huodian.db").write_bytes(prepared.read_bytes())
    return build(_settings(tmp_path), clock=clock, durable=False)


@pytest.fixture
def browser(application: Application) -> Browser:
    """Nobody is signed in yet."""
    return a_browser(application)


@pytest.fixture
def demo(browser: Browser) -> Browser:
    """Somebody of 腾冲 who holds every role."""
    return browser.sign_in("demo")


def a_browser(
    application: Application, *, scheme: str = "http", further: Sequence[APIRouter] = ()
) -> Browser:
    app = create_app(application, further=further)
    client = TestClient(app, base_url=f"{scheme}://console.test")
    return Browser(client=client, application=application)


def _settings(directory: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{directory / 'huodian.db'}", var_dir=directory)
