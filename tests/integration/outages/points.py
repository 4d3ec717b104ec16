"""Looking at the points of an outage, and moving them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import text

from engine.ticket import SYSTEM

if TYPE_CHECKING:
    from app.outages.results import OutageResult
    from tests.application import Office


HEAD = (
    "node_id,kind,parent_id,name,rated_kva,contract_kw,area_class,important,alternative_node_id\n"
)
P11_TO_G07 = "P11,service_point,G-07,和畅1号表位,,8,city_centre,,\n"


def put(office: Office, *rows: str) -> None:
    content = HEAD + "".join(rows)
    assert office.application.imports.topology(content.encode(), actor=SYSTEM).refused == ()


def sweep(office: Office) -> int:
    return office.application.outages.sweep.sweep().done


def stretches(
    office: Office, result: OutageResult, node_id: str
) -> list[tuple[datetime | None, datetime | None]]:
    """From when until when the point was without supply by the outage."""
    kept = text(
        "SELECT interrupted_at, restored_at FROM outage_affected"
        " WHERE ticket_no = :number AND node_id = :node_id ORDER BY episode"
    )
    with office.application.database.reading() as work:
        rows = work.connection.execute(
            kept, {"number": result.outage.ticket_no, "node_id": node_id}
        )
        return [(as_instant(begins), as_instant(ends)) for begins, ends in rows]


def as_instant(value: object) -> datetime | None:
    return None if value is None else datetime.fromisoformat(str(value))
