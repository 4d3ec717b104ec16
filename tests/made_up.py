"""A process that nothing in the program knows, see `tests/data/definition-well.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.pages import ROOT
from workflows.loader import load_definition

if TYPE_CHECKING:
    from app.bootstrap import Application
    from engine.definition import WorkflowDefinition

FILE = "definition-well.yaml"


def well_text() -> str:
    """The file."""
    return (ROOT / "tests" / "data" / FILE).read_text(encoding="utf-8")


def well() -> WorkflowDefinition:
    """The definition that it describes."""
    return load_definition(well_text(), path=FILE)


def publish_well(application: Application) -> None:
    """Put it in force, as if two administrators had drafted and published it."""
    with application.database.writing() as work:
        work.definitions.publish(well(), well_text(), "chief", application.clock())
        work.commit()
