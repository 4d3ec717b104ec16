"""A piece of grid for tests of readiness, and short ways to load it.

Feeder F2 with all below it is cell tc-02 of the office; area T1 on feeder F1 lies in no cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.ticket import SYSTEM
from tests.applicants import a_resident

if TYPE_CHECKING:
    from engine.application import ConnectionApplication
    from tests.application import Office

HEADER = "node_id,kind,parent_id,name,rated_kva\n"


def with_areas(office: Office, **rated: str) -> None:
    """Further areas on feeder F2: id with rated kVA, empty for unknown."""
    rows = "".join(f"{area},transformer_area,F2,{area}台区,{kva}\n" for area, kva in rated.items())
    report = office.application.imports.topology((HEADER + rows).encode(), actor=SYSTEM)
    assert not report.refused


def with_readings(office: Office, *readings: tuple[str, str, str]) -> None:
    """Readings as (area, day or local time, kVA)."""
    rows = "".join(f"{area},{when},{kva}\n" for area, when, kva in readings)
    content = ("node_id,measured_at,peak_kva\n" + rows).encode()
    report = office.application.loads.import_file(content, actor=SYSTEM)
    assert not report.refused


def swept(office: Office) -> dict[str, int]:
    """One round of the sweep."""
    return office.application.readiness.watch.sweep().counts()


def at_area(area: str = "G-07", **facts: object) -> ConnectionApplication:
    """A resident who is to be connected at an area."""
    return a_resident(node_id=area, **facts)
