"""Tickets that are moved to another version, as tests of that need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.rules.impact import Wanted
from engine.migration import MigrationVerdict
from tests.applicants import CHIEF, an_enterprise
from tests.drafting import SECOND
from tests.unit.workflows.drafts import edited

if TYPE_CHECKING:
    from app.rules.impact import Impact
    from engine.ticket import Ticket
    from tests.application import Office


ID = "lv_business"


MOVES, EARLIER = MigrationVerdict.MOVES, MigrationVerdict.EARLIER


REFUSED = MigrationVerdict.REFUSED


SHORTER = edited(
    ID,
    ("limit: {days: 4,", "limit: {days: 3,"),
    ("handling_limit: {days: 5,", "handling_limit: {days: 4,"),
)


RENAMED = edited(
    ID,
    ("- id: site_visit\n", "- id: survey\n"),
    ("    to: site_visit\n", "    to: survey\n"),
    ("    from: site_visit\n", "    from: survey\n"),
    ("from: [submitted, site_visit,", "from: [submitted, survey,"),
)


def on_site(office: Office, address: str = "示例县城知行路66号", **how: Any) -> Ticket:
    """Accepted on Monday the 6th; four days for the rest, until Friday."""
    ticket = office.at("2021-09-06 09:00").submit(an_enterprise(address=address), **how)
    return office.fire(ticket, "complete_intake")


def in_works(office: Office, address: str = "示例县城知行路66号") -> Ticket:
    ticket = on_site(office, address)
    return office.fire(ticket, "finish_site_visit", "release_works")


def proposed(office: Office, version: int = 2, **how: Any) -> int:
    view = office.application.migrations.propose(
        ID, version, reason=how.pop("reason", "时限缩短"), actor=how.pop("actor", CHIEF), **how
    )
    return view.number


def looked_at(office: Office, version: int = 2, **how: Any) -> Impact:
    impact = office.application.impact
    candidate = impact.of_version(ID, version, how.pop("mapping", None))
    return impact.impact(candidate, Wanted(**how), actor=SECOND)


def steps(office: Office) -> list[tuple[str, str]]:
    """What was done about migrations, and by whom."""
    entries = office.entries("definitions")
    return [(each.action, each.actor_id) for each in entries if "migrat" in each.action]
