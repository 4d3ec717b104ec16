"""The running system as handlers reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import Request

    from app.bootstrap import Application


def application_of(request: Request) -> Application:
    """The system that the server was started with."""
    application: Application = request.app.state.application
    return application
