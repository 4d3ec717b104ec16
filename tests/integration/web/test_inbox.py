"""What members of staff were sent, in the console; what a customer was told, on the own page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browsing import FORM, new_number

if TYPE_CHECKING:
    from app.bootstrap import Application
    from notifications.message import Message
    from tests.integration.web.conftest import Browser


def submitted(demo: Browser, **changes: str) -> str:
    """A new ticket; its two managers are told."""
    managers = {"project_manager": "tc-project-1", "account_manager": "tc-account-1"}
    demo.get("/tickets/new").post("/tickets", **{**FORM, **managers, **changes})
    return new_number(demo)


def told(application: Application, ticket_no: str, recipient: str) -> Message:
    found = application.queries.outbox(
        ticket_no=ticket_no, actor=application.accounts.actor("demo")
    )
    (mine,) = (each.message for each in found if each.message.recipient == recipient)
    return mine
