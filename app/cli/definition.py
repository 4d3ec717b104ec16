"""`huodian definition`: list, show, diagram, export; more from the modules beside."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import definition_drafts, definition_impact, definition_migration
from app.cli.session import AsJson, opened, show, table
from workflows.difference_words import FIELD_KIND_NAMES

if TYPE_CHECKING:
    from engine.definition import (
        DocumentRequirement,
        Field,
        Opening,
        Transition,
        WorkflowDefinition,
    )

commands = typer.Typer(no_args_is_help=True)
definition_drafts.register(commands)
definition_impact.register(commands)
definition_migration.register(commands)

DefinitionId = Annotated[str, typer.Argument(metavar="ID", help="For example hv_single_supply.")]


@commands.command(name="list")
def list_definitions(as_json: AsJson = False) -> None:
    """The definitions in force, and how many open tickets are on which version.

    Example: huodian definition list
    """
    application = opened()
    found = application.rulebook.all_in_force()
    flights: dict[str, dict[int, int]] = {}
    for each in application.migrations.in_flight():
        flights.setdefault(each.definition_id, {})[each.version] = each.tickets
    result = [
        {
            "id": each.id,
            "version": each.version,
            "name": each.name,
            "in_flight": flights.setdefault(each.id, {}).pop(each.version, 0),
            "older": [
                {"version": version, "in_flight": tickets}
                for version, tickets in flights[each.id].items()
            ],
        }
        for each in found
    ]
    rows = [
        (each.id, str(each.version), str(row["in_flight"]), _older(flights[each.id]), each.name)
        for each, row in zip(found, result, strict=True)
    ]
    text = table(rows, ("ID", "版本", "在途", "旧版在途", "名称"))
    show(result, text, as_json=as_json)


def _older(tickets: dict[int, int]) -> str:
    return "、".join(f"第{version}版 {count}" for version, count in tickets.items()) or "-"


@commands.command(name="show")
def show_definition(definition_id: DefinitionId, as_json: AsJson = False) -> None:
    """Stages, limits, documents, transitions and fields of the version in force.

    Example: huodian definition show hv_single_supply --json
    """
    definition = _in_force(definition_id)
    result = as_result(definition)
    stages = [
        (each.id, each.name, "-" if each.limit.days is None else str(each.limit.days))
        for each in definition.stages
    ]
    handling, whole = definition.handling_limit.days, definition.end_to_end_limit.days
    lines = [
        f"{definition.name}（{definition.ref}） 依据 {definition.basis}",
        f"合计办理时限 {handling or '-'}，全过程 {whole or '-'}（工作日）",
        table(stages, ("环节", "名称", "时限")),
        table(
            [(each.id, each.name, each.clause) for each in definition.documents],
            ("资料", "名称", "依据"),
        ),
        table(
            [
                (each.source, each.trigger, each.target, each.name)
                for each in definition.transitions
            ],
            ("状态", "操作", "到", "名称"),
        ),
    ]
    if definition.fields:
        rows = [
            (each.id, each.name, _kind(each), _asked(each, definition))
            for each in definition.fields
        ]
        lines.append(table(rows, ("登记项", "名称", "类型", "登记于（*必填）")))
    show(result, "\n\n".join(lines), as_json=as_json)


class DiagramFormat(StrEnum):
    """How a diagram is written."""

    MERMAID = "mermaid"
    SVG = "svg"


@commands.command()
def diagram(
    definition_id: DefinitionId,
    style: Annotated[
        DiagramFormat, typer.Option("--format", help="Text for Mermaid, or a picture.")
    ] = DiagramFormat.MERMAID,
    against: Annotated[
        str,
        typer.Option(
            metavar="VERSION|draft:N",
            help="Mark what changed since that version, or what that draft would change.",
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """The states and arrows as Mermaid text or as SVG, changes marked if wanted.

    Example: huodian definition diagram lv_resident

    Example: huodian definition diagram lv_resident --format svg --against draft:3
    """
    found = opened().diagrams.of(definition_id, against=against)
    text = found.svg() if style is DiagramFormat.SVG else found.mermaid()
    result = {"id": definition_id, "version": found.definition.version, style.value: text}
    show(result, text, as_json=as_json)


class ExportFormat(StrEnum):
    """In which format of others a definition is written."""

    BPMN = "bpmn"


@commands.command()
def export(
    definition_id: DefinitionId,
    style: Annotated[ExportFormat, typer.Option("--format", help="BPMN 2.0 XML with a diagram.")],
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="A version; else the one in force.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The definition as a file for other programs, such as a BPMN modeler.

    Example: huodian definition export hv_single_supply --format bpmn > hv_single_supply.bpmn
    """
    from workflows.exports.bpmn import bpmn  # noqa: PLC0415

    rulebook = opened().rulebook
    if version is None:
        definition = rulebook.in_force(definition_id)
    else:
        definition = rulebook.version(definition_id, version)
    text = bpmn(definition)
    result = {"id": definition.id, "version": definition.version, style.value: text}
    show(result, text.rstrip("\n"), as_json=as_json)


def as_result(definition: WorkflowDefinition) -> dict[str, object]:
    """The definition as `show --json` prints it."""
    return {
        "id": definition.id,
        "version": definition.version,
        "name": definition.name,
        "basis": definition.basis,
        "stages": [
            {"id": each.id, "name": each.name, "limit_days": each.limit.days}
            for each in definition.stages
        ],
        "handling_limit_days": definition.handling_limit.days,
        "end_to_end_limit_days": definition.end_to_end_limit.days,
        "documents": [_document(each) for each in definition.documents],
        "transitions": [_transition(each) for each in definition.transitions],
        "fields": definition.fields,
        "opening": definition.opening,
        "internal": definition.internal,
        "content_hash": definition.content_hash,
    }


def _document(requirement: DocumentRequirement) -> dict[str, object]:
    return {
        "id": requirement.id,
        "name": requirement.name,
        "any_of": requirement.any_of,
        "due_at": requirement.due_at,
        "applies_to": requirement.applies_to,
        "key": requirement.key,
        "deferrable": requirement.deferrable,
        "clause": requirement.clause,
    }


def _transition(transition: Transition) -> dict[str, object]:
    return {
        "trigger": transition.trigger,
        "name": transition.name,
        "from": transition.source,
        "to": transition.target,
        "roles": transition.roles,
        "guards": transition.guards,
        "checkpoint": transition.checkpoint,
        "reason_required": transition.reason_required,
        "asks": transition.asks,
        "takes": transition.takes,
    }


def _kind(field: Field) -> str:
    listed = "、".join(f"{value} {name}" for value, name in field.choices.items())
    name = FIELD_KIND_NAMES[field.kind]
    return f"{name}：{listed}" if listed else name


def _asked(field: Field, definition: WorkflowDefinition) -> str:
    """Where a field is filled in: at the opening, by which triggers; a star where it must be."""
    askings: list[tuple[str, Opening | Transition]] = [
        ("立单", definition.opening),
        *((each.trigger, each) for each in definition.transitions),
    ]
    places = {
        name: "*" if field.id in asking.asks else ""
        for name, asking in askings
        if field.id in (*asking.asks, *asking.takes)
    }
    return "、".join(f"{name}{star}" for name, star in places.items())


def _in_force(definition_id: str) -> WorkflowDefinition:
    return opened().rulebook.in_force(definition_id)
