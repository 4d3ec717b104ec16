"""What lies ahead of a ticket: how its officials work and what its customer does.

Drawn once, when the application arrives. The shares are plausible guesses, not measurements: they
are there so that everything that can happen to a ticket does happen to some.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.ticket import PauseCause

if TYPE_CHECKING:
    from app.simulate.chance import Chance
    from engine.application import ConnectionApplication

KEY_PAPERS = ("identity", "business_licence", "organization_code")
LATER_PAPERS = ("property_proof", "project_approval", "completion_report")


@dataclass(frozen=True, slots=True, kw_only=True)
class Temperament:
    """The lot of one ticket. Days of customers are calendar days, those of officials worked ones.

    Attributes:
        pace: office time that a stage takes, as a share of its limit.
        slow_stage: place of the stage in which the officials are late; None for most.
        slow_days: by how many working days they are.
        is_rushed: everything is done within minutes.
        key_days: after how many days a missing key document is brought; None: never.
        hands_over_on_site: deferred papers are given to the account manager who comes along.
        paper_days: otherwise, after how many days they are brought.
        doubtful: the kind of document that is rejected once; empty for most.
        again_days: after how many days a rejected document is brought again.
        building_days: how long a high-voltage customer builds.
        fails_inspection: the first inspection finds faults, repaired in `repair_days`.
        pause: why the ticket is suspended where its definition allows it; None for most.
        pause_days: for how long.
        withdraws_after: after how many days the customer withdraws; None for most.
        extends: the section head extends the investment boundary.
        correction: the field that has to be corrected; empty for most.
        correction_days: after how many days that is noticed.
        changes_managers: the manager pair is replaced on the way.
    """

    pace: float
    slow_stage: int | None
    slow_days: float
    is_rushed: bool
    key_days: float | None
    hands_over_on_site: bool
    paper_days: float
    doubtful: str
    again_days: float
    building_days: float
    fails_inspection: bool
    repair_days: float
    pause: PauseCause | None
    pause_days: float
    withdraws_after: float | None
    extends: bool
    correction: str
    correction_days: float
    changes_managers: bool


def draw(
    chance: Chance, application: ConnectionApplication, *, is_whole_limited: bool
) -> Temperament:
    """Draw the lot of the ticket of an application.

    `is_whole_limited` tells that the whole process has a limit, which no suspension extends: there
    external works are rare.
    """
    return Temperament(
        pace=chance.around(0.4, 0.15, 0.8),
        slow_stage=int(chance.between(0, 3)) if chance.happens(0.025) else None,
        slow_days=chance.between(0.2, 2.5),
        is_rushed=chance.happens(0.01),
        key_days=chance.between(1, 6) if chance.happens(0.85) else None,
        hands_over_on_site=chance.happens(0.94),
        paper_days=chance.between(0.3, 3),
        doubtful=_doubtful(chance),
        again_days=chance.between(0.5, 2.5),
        building_days=chance.around(18, 10, 40),
        fails_inspection=chance.happens(0.2),
        repair_days=chance.between(2, 9),
        pause=_pause(chance, share=0.02 if is_whole_limited else 0.15),
        pause_days=chance.between(2, 9),
        withdraws_after=chance.between(0.2, 12) if chance.happens(0.03) else None,
        extends=chance.happens(0.8 if application.major_campaign else 0.08),
        correction=_correction(chance),
        correction_days=chance.between(0.1, 3),
        changes_managers=chance.happens(0.02),
    )


def _doubtful(chance: Chance) -> str:
    if not chance.happens(0.1):
        return ""
    return chance.one_of((*LATER_PAPERS, *LATER_PAPERS, *KEY_PAPERS))


def _pause(chance: Chance, *, share: float) -> PauseCause | None:
    if not chance.happens(share):
        return None
    return PauseCause.EXTERNAL_LINE if chance.happens(0.7) else PauseCause.CUSTOMER_WORKS


def _correction(chance: Chance) -> str:
    if not chance.happens(0.05):
        return ""
    return chance.one_of(("phone", "phone", "requested_capacity_kw"))
