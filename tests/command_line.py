"""The command line run in this process: arguments in, exit code and the two streams out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.cli.main import run
from tests.daemon_process import not_quiet_now

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def codes(self) -> set[str]:
        """The codes of the reasons that `--json` gave on stderr."""
        return {reason["code"] for reason in json.loads(self.err)["reasons"]}


class Shell:
    """Runs `huodian` on one SQLite database, as somebody."""

    def __init__(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.path = path
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.set(database_url=f"sqlite:///{path}", var_dir=path.parent / "var", sample="false")
        self.set(**not_quiet_now())

    def set(self, **settings: object) -> None:
        """Set variables of the environment."""
        for name, value in settings.items():
            self._monkeypatch.setenv(f"HUODIAN_{name.upper()}", str(value))

    def run(self, *arguments: str, user: str = "") -> Ran:
        """Run one command; nothing may escape as an exception."""
        whose = ("--as", user) if user else ()
        self._capsys.readouterr()
        code = run([*arguments, *whose])
        streams = self._capsys.readouterr()
        assert "Traceback" not in streams.err
        return Ran(code=code, out=streams.out, err=streams.err)

    def json(self, *arguments: str, user: str = "") -> Any:
        """The result of a command that must succeed, and must say nothing else."""
        ran = self.run(*arguments, "--json", user=user)
        assert (ran.code, ran.err) == (0, "")
        return json.loads(ran.out)

    def fails(self, code: int, *arguments: str, user: str = "") -> Ran:
        """A command that must fail with that exit code, and give no result."""
        ran = self.run(*arguments, "--json", user=user)
        assert (ran.code, ran.out) == (code, ""), ran.err
        return ran
