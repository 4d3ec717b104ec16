"""`huodian classify`: what the rules say of a customer, with reasons."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from app.cli.session import AsJson, show
from app.labels import BOUNDARIES, CUSTOMER_TYPES, SCHEMES
from engine.application import ApplicantKind, AreaClass
from engine.errors import MalformedError, Reason


def classify_command(
    applicant_kind: Annotated[ApplicantKind, typer.Option(help="Who applies.")],
    capacity_kw: Annotated[str, typer.Option(help="Requested capacity in kW.")],
    area_class: Annotated[AreaClass, typer.Option(help="Where the supply address lies.")],
    on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Rules of that day.")],
    existing_kw: Annotated[str, typer.Option(help="Capacity already there in kW.")] = "0",
    supply_sources: Annotated[int, typer.Option(min=1, max=9, help="Independent sources.")] = 1,
    voltage_kv: Annotated[str, typer.Option(help="Requested voltage in kV.")] = "",
    as_json: AsJson = False,
) -> None:
    """Customer type, definition, service scheme and investment boundary, and why.

    Example: huodian classify --applicant-kind farmers_cooperative --capacity-kw 90
    --area-class rural --on 2022-01-05
    """
    from workflows.classification import ConnectionFacts, classify  # noqa: PLC0415
    from workflows.eligibility import shipped_eligibility  # noqa: PLC0415

    facts = ConnectionFacts(
        applicant_kind=applicant_kind,
        requested_capacity_kw=_kilo(capacity_kw, "--capacity-kw"),
        existing_capacity_kw=_kilo(existing_kw, "--existing-kw", may_be_zero=True),
        area_class=area_class,
        supply_sources=supply_sources,
        requested_voltage_kv=_kilo(voltage_kv, "--voltage-kv") if voltage_kv else None,
    )
    found = classify(facts, on.date(), shipped_eligibility())
    result = {
        "customer_type": found.customer_type,
        "definition": found.definition_id,
        "service_scheme": found.service_scheme,
        "investment_boundary": found.investment_boundary,
        "reasons": found.reasons,
    }
    head = (
        f"{CUSTOMER_TYPES[found.customer_type]}，{SCHEMES[found.service_scheme]}，"
        f"投资界面{BOUNDARIES[found.investment_boundary]}；适用流程 {found.definition_id}"
    )
    show(result, "\n".join([head, *(f"  · {each}" for each in found.reasons)]), as_json=as_json)


def _kilo(text: str, option: str, *, may_be_zero: bool = False) -> Decimal:
    """A number of kW or kV; NaN, infinities and negative numbers are none."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if value.is_finite() and (value > 0 or (may_be_zero and value == 0)):
        return value
    raise MalformedError(
        Reason(
            code="bad_number",
            field=option,
            message=f"“{text}”不是{'非负' if may_be_zero else '正'}数",
            remedy="例如 90 或 12.5",
        )
    )
