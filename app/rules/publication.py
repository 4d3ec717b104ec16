"""The moment at which a draft of a definition becomes a version that tickets are bound to (R-10.2).

Everything that may change meanwhile is looked at in the one transaction that publishes: the draft,
the base, the effective moment. So nothing is ever half published, and of two publications at once
one wins. The proof depends on the draft's text alone.

Versions of one definition leave no gap and no overlap: a version governs from its own moment until
the moment of the next one. A version planned for later may be overtaken by a rollback that begins
before it; then it never comes into force.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from app.ports.drafts import DraftKind, DraftOutcome
from app.rules.drafting import close, refuse_author, refuse_unless_newest, unchanged
from app.streams import DEFINITIONS
from engine.calendar import SHANGHAI, local_date
from engine.errors import MalformedError, Reason, RefusedError
from engine.ledger import LedgerDraft
from workflows.loader import check_definition, load_definition
from workflows.problems import DefinitionFaultsError
from workflows.versioning import exceptions_in, numbered, read_form

if TYPE_CHECKING:
    from datetime import date

    from app.ports.drafts import DraftsUnit, PublishedVersion, StoredDraft
    from engine.definition import WorkflowDefinition
    from engine.ticket import Act
    from workflows.schema import ExceptionShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What was published, and what it superseded; `supersedes` is empty for a first version."""

    definition: WorkflowDefinition
    in_force_from: datetime
    supersedes: str
    restores: int


def publish_draft(
    work: DraftsUnit, draft: StoredDraft, act: Act, *, in_force_from: date | None = None
) -> Publication:
    """Publish an open draft as the next version; the caller commits.

    With `in_force_from` it comes into force at the beginning of that day, else at once.

    Raises:
        DefinitionFaultsError: the definition has faults.
        RefusedError: by its author, without any change, or before its base.
        MalformedError: the day is not in the future.
        ConflictError: something was published meanwhile, or the draft has changed.
    """
    refuse_author(draft, act.actor)
    latest = latest_version(work, draft.key)
    _refuse_other_base(draft, latest)
    if latest is not None and draft.fingerprint == fingerprint_of(work, latest):
        raise unchanged(draft, latest.version)
    _refuse_unwitnessed_exceptions(work, draft, latest, act)
    begins = _beginning(in_force_from, act.at)
    _refuse_before_base(draft, latest, begins)
    number = 1 if latest is None else latest.version + 1
    source = numbered(draft.source, number)
    definition = load_definition(source, path=f"{draft.key}.yaml")
    work.definitions.publish(definition, source, act.actor.user_id, act.at, begins)
    close(work, draft, DraftOutcome.PUBLISHED, act, published_version=number)
    publication = Publication(
        definition=definition,
        in_force_from=begins,
        supersedes="" if latest is None else f"{latest.id}@{latest.version}",
        restores=draft.restores,
    )
    _record(work, publication, draft, act)
    return publication


def refuse_faults(draft: StoredDraft) -> None:
    """Everything that keeps the draft from being published.

    Raises:
        DefinitionFaultsError: the proof fails; every fault by line and clause.
    """
    problems = check_definition(draft.source, f"{draft.key}.yaml")
    if problems:
        raise DefinitionFaultsError(problems)


def latest_version(work: DraftsUnit, definition_id: str) -> PublishedVersion | None:
    """The version published last, in force or planned; None if there is none."""
    return next(iter(work.definitions.versions(definition_id)), None)


def fingerprint_of(work: DraftsUnit, version: PublishedVersion) -> str:
    """The fingerprint of a published version; empty if this program cannot read its text."""
    try:
        source = work.definitions.source(version.id, version.version)
        return read_form(source, path=version.id).fingerprint
    except DefinitionFaultsError:
        return ""


def record_publication(
    work: DraftsUnit, action: str, publication: Publication, facts: dict[str, object], act: Act
) -> None:
    """One entry for what is published, one for what it supersedes."""
    definition = publication.definition
    details = {
        "content_hash": definition.content_hash,
        "in_force_from": publication.in_force_from,
        **facts,
    }
    entry = LedgerDraft(
        action=action,
        source_state=publication.supersedes,
        target_state=definition.ref,
        details=details,
    )
    work.ledger.append(DEFINITIONS, entry, act.actor, act.at)
    if publication.supersedes:
        entry = LedgerDraft(
            action="supersede",
            source_state=publication.supersedes,
            target_state=definition.ref,
            details={"superseded_at": publication.in_force_from},
        )
        work.ledger.append(DEFINITIONS, entry, act.actor, act.at)


def _record(work: DraftsUnit, publication: Publication, draft: StoredDraft, act: Act) -> None:
    facts: dict[str, object] = {
        "draft": draft.number,
        "draft_revision": draft.revision,
        "author": draft.author,
    }
    is_rollback = draft.kind == DraftKind.ROLLBACK
    if is_rollback:
        facts["restores"] = f"{draft.key}@{draft.restores}"
    record_publication(work, "rollback" if is_rollback else "publish", publication, facts, act)


def _refuse_other_base(draft: StoredDraft, latest: PublishedVersion | None) -> None:
    version, by = (0, "") if latest is None else (latest.version, latest.published_by)
    refuse_unless_newest(draft, version, by)


def _refuse_unwitnessed_exceptions(
    work: DraftsUnit, draft: StoredDraft, latest: PublishedVersion | None, act: Act
) -> None:
    """A new exception from the caps is approved by the very person who publishes it (R-10.3).

    What stands in a file is a claim; that this person looked is what the system itself has seen.
    Exceptions that the version before has already were witnessed when they came in.
    """
    known: tuple[ExceptionShape, ...] = ()
    if latest is not None:
        known = exceptions_in(work.definitions.source(latest.id, latest.version))
    reasons = [
        Reason(
            code="exception_not_witnessed",
            field="exceptions",
            message=(
                f"例外“{each.rule} {each.subject}”写明由 {each.approved_by} 审批，"
                f"而发布人是 {act.actor.user_id}"
            ),
            clause="R-10.3, 四(二)3",
            remedy="新的例外须由审批人本人核对并发布",
        )
        for each in exceptions_in(draft.source)
        if each not in known and each.approved_by != act.actor.user_id
    ]
    if reasons:
        raise RefusedError(reasons)


def _beginning(on: date | None, at: datetime) -> datetime:
    """The instant from which it governs: now, or the beginning of a day to come."""
    if on is None:
        return at
    if on <= local_date(at):
        raise MalformedError(
            Reason(
                code="not_in_future",
                field="in_force_from",
                message=f"生效日期 {on} 不在今天之后",
                clause="R-5.1, 四(一)1",
                remedy="请填写明天或以后的日期；不填则立即生效",
            )
        )
    return datetime.combine(on, time(), SHANGHAI).astimezone(UTC)


def _refuse_before_base(
    draft: StoredDraft, latest: PublishedVersion | None, begins: datetime
) -> None:
    """Only a rollback may overtake a version that is planned for later."""
    if latest is None or draft.kind == DraftKind.ROLLBACK or begins >= latest.in_force_from:
        return
    raise RefusedError(
        Reason(
            code="before_base",
            field="in_force_from",
            message=(
                f"第 {latest.version} 版自 {latest.in_force_from.astimezone(SHANGHAI):%Y-%m-%d} "
                "起生效，在其基础上修改的版本不能早于它生效"
            ),
            clause="R-10.2",
            remedy="请把生效日期定在该日或以后；要撤回尚未生效的版本，请恢复旧版",
        )
    )
