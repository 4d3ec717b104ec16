"""Tickets and definitions as JSON text, and back. Built on first use: building is the slow part."""

from __future__ import annotations

from functools import cache

from pydantic import TypeAdapter

from engine.definition import WorkflowDefinition
from engine.ticket import Ticket


def dump_ticket(ticket: Ticket) -> str:
    """The whole ticket as JSON text."""
    return _tickets().dump_json(ticket).decode()


def load_ticket(text: str) -> Ticket:
    """The ticket that was dumped."""
    return _tickets().validate_json(text)


def dump_definition(definition: WorkflowDefinition) -> str:
    """The whole definition as JSON text."""
    return _definitions().dump_json(definition).decode()


def load_definition(text: str) -> WorkflowDefinition:
    """The definition that was dumped."""
    return _definitions().validate_json(text)


@cache
def _tickets() -> TypeAdapter[Ticket]:
    return TypeAdapter(Ticket)


@cache
def _definitions() -> TypeAdapter[WorkflowDefinition]:
    return TypeAdapter(WorkflowDefinition)
