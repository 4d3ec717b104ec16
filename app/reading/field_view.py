"""What a move or an opening asks to be filled in, ready to be shown as a form or a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from engine.application import ServiceRequest
from engine.calendar import SHANGHAI
from engine.definition import FieldKind
from engine.fields import options, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from engine.application import ConnectionApplication
    from engine.definition import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field to fill in.

    `value` is what is known already, as a form's control wants it; `options` are the values to
    choose from, by name, none where anything may be written.
    """

    id: str
    name: str
    kind: FieldKind
    is_required: bool
    options: Mapping[str, str]
    clause: str
    value: str


def field_views(
    asks: Iterable[Field], takes: Iterable[Field], details: Mapping[str, str]
) -> tuple[FieldView, ...]:
    """What must be filled in, then what may be."""
    wanted = [*((each, True) for each in asks), *((each, False) for each in takes)]
    return tuple(
        FieldView(
            id=each.id,
            name=each.name,
            kind=each.kind,
            is_required=is_required,
            options=options(each),
            clause=each.clause,
            value=_for_input(each, details.get(each.id, "")),
        )
        for each, is_required in wanted
    )


def details_of(request: ConnectionApplication | ServiceRequest) -> Mapping[str, str]:
    """What was filled in so far; nothing on an application."""
    return request.details if isinstance(request, ServiceRequest) else {}


def shown_details(
    details: Mapping[str, str], fields: Mapping[str, Field]
) -> tuple[tuple[str, str], ...]:
    """Names and values as people read them, in the order of the definition."""
    known = [field_id for field_id in fields if field_id in details]
    return tuple((fields[each].name, shown(fields[each], details[each])) for each in known)


def _for_input(asked: Field, value: str) -> str:
    """A control for an instant wants local time, to the minute unless there are seconds."""
    if asked.kind is not FieldKind.INSTANT or not value:
        return value
    at = datetime.fromisoformat(value).astimezone(SHANGHAI)
    return f"{at:%Y-%m-%dT%H:%M:%S}" if at.second else f"{at:%Y-%m-%dT%H:%M}"
