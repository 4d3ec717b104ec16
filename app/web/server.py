"""Puts console and API together: routers, access, headers, errors, static files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from app.web.access import refuse_undeclared
from app.web.api import face
from app.web.errors import bare_answer, install_errors
from app.web.headers import Headed
from app.web.pages import (
    account,
    administration,
    documents,
    health,
    inbox,
    messages,
    new_ticket,
    openings,
    outages,
    progress,
    queue,
    receipts,
    sign_in,
    ticket_changes,
    tickets,
)
from app.web.rendering import STATIC
from app.web.visit import Cookies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import APIRouter

    from app.bootstrap import Application

ROUTERS = (
    health.router,
    sign_in.router,
    account.router,
    queue.router,
    new_ticket.router,
    tickets.router,
    ticket_changes.router,
    documents.router,
    messages.router,
    inbox.router,
    administration.router,
    openings.router,
    outages.router,
    progress.router,
    receipts.router,
    *face.ROUTERS,
)


def create_app(application: Application, *, further: Sequence[APIRouter] = ()) -> FastAPI:
    """The console and the API of one running system.

    Args:
        application: what `app.bootstrap.build` made.
        further: routers of other faces; their routes declare their access like these.

    Raises:
        UndeclaredRouteError: a route says not who may use it.
    """
    refuse_undeclared((*ROUTERS, *further))
    settings = application.settings
    app = FastAPI(title="获电", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.application = application
    app.state.cookies = Cookies(secure=settings.behind_https)
    for router in (*ROUTERS, *further):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    install_errors(app)
    app.add_middleware(Headed, https=settings.behind_https, bare_answer=bare_answer)
    return app
