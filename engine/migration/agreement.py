"""The customer's agreement to what a version asks more than was promised, on record (R-10.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import Reason, RefusedError
from engine.events import MigrationAgreed, Outcome
from engine.migration.examination import MigrationVerdict
from engine.migration.objections import CLAUSE
from engine.ticket import Agreement

if TYPE_CHECKING:
    from engine.definition import WorkflowDefinition
    from engine.migration.examination import Examination
    from engine.ticket import Act


def agree(
    examination: Examination, definition: WorkflowDefinition, evidence: str, act: Act
) -> Outcome:
    """Record that the customer agrees to move to `definition`, for which it was examined.

    Raises:
        RefusedError: there is nothing to agree to, agreement would not help, or no evidence;
            all reasons at once.
    """
    reasons: list[Reason] = []
    if examination.verdict is MigrationVerdict.REFUSED:
        reasons.extend(examination.reasons)
    elif examination.verdict is not MigrationVerdict.NEEDS_AGREEMENT or not examination.effects:
        reasons.append(
            Reason(
                code="nothing_to_agree",
                message="迁移不减损对客户的承诺，或客户已经同意，无须登记",
                clause=CLAUSE,
                remedy="可直接迁移",
            )
        )
    if not evidence.strip():
        reasons.append(
            Reason(
                code="evidence_missing",
                field="evidence",
                message="登记客户同意必须有依据",
                clause=CLAUSE,
                remedy="请填写客户同意的凭据（如书面同意书编号、录音编号）",
            )
        )
    if reasons or examination.effects is None:
        raise RefusedError(reasons)
    ticket, effects = examination.ticket, examination.effects
    agreement = Agreement(
        definition_ref=definition.ref,
        evidence=evidence.strip(),
        recorded_at=act.at,
        recorded_by=act.actor.user_id,
    )
    agreed = MigrationAgreed(
        definition=definition.ref,
        terms=tuple(each for each in effects.terms if each.is_later),
        papers=tuple(each.name for each in effects.asked),
        evidence=agreement.evidence,
    )
    kept = replace(ticket, agreements=(*ticket.agreements, agreement))
    return Outcome(ticket=kept, events=(agreed,))
