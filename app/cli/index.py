"""The commands by name, each imported when it is called, so that the others cost no time.

What the list of commands says of each stands here; everything else is in its own module.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_group

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter  # (no public names)


class Entry(NamedTuple):
    """Where a command, or a group of them, is found, and what it is for."""

    module: str
    attribute: str
    help: str


INDEX = {
    "ticket": Entry("ticket", "commands", "Tickets: submit, look at, move, change."),
    "document": Entry("document", "commands", "Documents of a ticket."),
    "definition": Entry("definition", "commands", "Workflow definitions."),
    "template": Entry("registration", "commands", "Message texts, and what providers approved."),
    "calendar": Entry("calendar", "commands", "Working days and due dates."),
    "classify": Entry("rules", "classify_command", "Which customer type, process and service."),
    "import": Entry("imports", "commands", "Applications, topology, customers from CSV."),
    "topology": Entry("topology", "commands", "The network: import as a difference, look at it."),
    "outage": Entry("outage", "commands", "Outages: announce, restore, and who was told."),
    "report": Entry("report", "commands", "Figures, with the records behind them."),
    "load": Entry("load", "commands", "Load readings of transformer areas."),
    "readiness": Entry("readiness", "commands", "Is the grid ready for what is asked of it?"),
    "register": Entry("register", "commands", "Undervoltage areas, communities, complaints."),
    "user": Entry("administration", "users", "People, their roles and sign-in links."),
    "token": Entry("token", "commands", "Tokens by which other programs act as a person."),
    "branch": Entry("administration", "branches", "Branches of the company."),
    "grid": Entry("administration", "grids", "Service grids and their managers."),
    "channel": Entry("channel", "channels", "Who carries messages, and what comes back."),
    "suppression": Entry("channel", "suppressions", "Who wants no messages."),
    "outbox": Entry("operation", "outbox", "Messages waiting and sent."),
    "queue": Entry("queue", "commands", "Sending: how it stands, providers, single messages."),
    "ledger": Entry("operation", "ledger", "The tamper-evident record."),
    "serve": Entry("operation", "serve", "Serve the console, and sweep in the same process."),
    "daemon": Entry("operation", "daemon", "Remind, recompute and send."),
    "simulate": Entry("operation", "simulate", "Play many days with operators and customers."),
    "doctor": Entry("operation", "doctor", "Is everything in place?"),
    "settings": Entry("operation", "settings", "Every setting with its variable and value."),
}


class Commands(MutableMapping[str, "Command"]):
    """The commands of `INDEX`; one is imported when it is taken out."""

    def __init__(self) -> None:
        self._loaded: dict[str, Command] = {}

    def __getitem__(self, name: str) -> Command:
        if name not in self._loaded:
            self._loaded[name] = _load(name, INDEX[name])
        return self._loaded[name]

    def __setitem__(self, name: str, command: Command) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(INDEX)

    def __len__(self) -> int:
        return len(INDEX)


class IndexedGroup(TyperGroup):
    """The program itself: its help is made from the index alone."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401  (the library's)
        super().__init__(**attributes)
        self.commands = Commands()

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write the list of commands."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in INDEX.items()])


def _load(name: str, entry: Entry) -> Command:
    found = getattr(import_module(f"app.cli.{entry.module}"), entry.attribute)
    holder = typer.Typer(rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=name, help=entry.help)
    else:
        holder.command(name=name)(found)
    return get_group(holder).commands[name]
