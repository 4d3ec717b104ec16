"""Load readings (负载数据) of transformer areas, as a collecting system sends them (R-9.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from app.web.access import LoadWriter
from app.web.api.body import NumberText, exact_json, read_as, read_body
from app.web.api.describing import PROBLEMS, ROOT, json_body
from app.web.problems import FaultyRowsError
from app.web.serving import application_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.bootstrap import Application
    from app.people.api_tokens import Bearer

router = APIRouter(prefix=ROOT, tags=["loads"], responses=PROBLEMS)

MOST_READINGS = 10_000


class Reading(BaseModel):
    """The peak load of a transformer area (台区) at an instant, in kVA or in kW: one of the two."""

    model_config = ConfigDict(strict=True, extra="forbid")

    node_id: str = Field(description="The area's id in the topology of the grid.")
    measured_at: str = Field(
        description="When it was measured: a day, or a time of a day, by ISO 8601. Without an "
        "offset it is Beijing time; a day alone means its beginning. Never later than now."
    )
    peak_kva: NumberText = Field(
        default=None, description="Apparent power: 0 to 1,000,000, at most two decimals."
    )
    peak_kw: NumberText = Field(default=None, description="Active power, alike.")


class LoadSubmission(BaseModel):
    """Readings that go in together or not at all."""

    model_config = ConfigDict(strict=True, extra="forbid")

    readings: list[Reading] = Field(min_length=1, max_length=MOST_READINGS)
    dry_run: bool = Field(default=False, description="Check everything, keep nothing.")


class Note(BaseModel):
    """Something to know about a reading that went in all the same."""

    line: int = Field(description="Which reading, the first being 1.")
    note: str = Field(description="In Chinese.")


class LoadsTaken(BaseModel):
    """What became of the readings."""

    accepted: int = Field(description="Those that are new or correct an earlier value.")
    unchanged: int = Field(description="Those that were there already, as they are.")
    notes: list[Note] = Field(description="What they cannot be used for yet.")


EXAMPLE = {
    "readings": [
        {"node_id": "TC-T04", "measured_at": "2026-11-22T19:30:00+08:00", "peak_kva": 80.5},
        {"node_id": "TC-T03", "measured_at": "2026-11-22 19:30", "peak_kw": "63"},
    ],
    "dry_run": False,
}


@router.post(
    "/loads",
    operation_id="record_loads",
    summary="Record load readings",
    response_description="All readings went in, or in a trial run would.",
    openapi_extra=json_body(LoadSubmission, EXAMPLE),
)
async def record_loads(request: Request, bearer: LoadWriter) -> LoadsTaken:
    """All readings go in, or none and every problem is told.

    The same readings again change nothing, so a call without an answer may be repeated as it is.
    Another value for the same area and instant replaces the earlier one.
    """
    body = await read_body(request)
    return await run_in_threadpool(_recorded, application_of(request), body, bearer)


def _recorded(application: Application, body: bytes, bearer: Bearer) -> LoadsTaken:
    submission = read_as(LoadSubmission, Reading, exact_json(body))
    report = application.loads.record(
        [_row(each) for each in submission.readings],
        actor=bearer.actor,
        token_id=bearer.token_id,
        dry_run=submission.dry_run,
    )
    if report.refused:
        raise FaultyRowsError(report.refused)
    return LoadsTaken(
        accepted=report.accepted,
        unchanged=report.unchanged,
        notes=[Note(line=each.line, note=each.note) for each in report.notes],
    )


def _row(reading: Reading) -> Mapping[str, str]:
    """The reading as a row of a file."""
    return {name: text for name, text in reading if text is not None}
