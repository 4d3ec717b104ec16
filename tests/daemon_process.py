"""The environment in which a test runs the command line as a child process."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.clock import system_clock
from engine.calendar import SHANGHAI

if TYPE_CHECKING:
    from tests.application import Office

PATIENCE = 100
"""Seconds; more than the minute for which a daemon that is told to stop waits for its jobs."""
HUODIAN = Path(sys.executable).with_name("huodian")


def environment(office: Office, **settings: Any) -> dict[str, str]:
    """The environment of a command that works on the office's database, by the real clock."""
    own = office.application.settings
    where = {"database_url": own.database_url, "var_dir": own.var_dir}
    return environment_of(**where, **{"sweep_seconds": 1, "dispatch_seconds": 1} | settings)


def environment_of(**settings: Any) -> dict[str, str]:
    """The environment of a command with these settings, and nothing set by whoever runs tests."""
    inherited = {key: value for key, value in os.environ.items() if "HUODIAN_" not in key}
    chosen = {"sample": "false", **not_quiet_now(), **settings}
    return inherited | {f"HUODIAN_{key.upper()}": str(value) for key, value in chosen.items()}


def not_quiet_now() -> dict[str, str]:
    """Settings that put the quiet hours half a day away from the real time."""
    far_from_now = system_clock().astimezone(SHANGHAI) + timedelta(hours=12)
    until = far_from_now + timedelta(minutes=1)
    return {"quiet_from": f"{far_from_now:%H:%M}", "quiet_until": f"{until:%H:%M}"}
