"""The discipline of every draft: one open at a time, its author's alone, a second person after.

Definitions and message templates are drafts of the same kind. Two administrators at once are told
of each other instead of overwriting each other; whoever publishes did not write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ports.drafts import DraftKind, DraftOutcome
from engine.errors import ConflictError, MalformedError, Reason, RefusedError
from engine.ledger import LedgerDraft

if TYPE_CHECKING:
    from app.ports.drafts import DraftsUnit, StoredDraft, Subject
    from engine.ticket import Act, Actor

CLAUSE = "R-10.2"
SECOND_PERSON_CLAUSE = "R-10.1, R-10.2"
LOOK_AGAIN = "请刷新后在最新内容上重新修改"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is to be kept as a draft.

    Args:
        latest_version: the version published last, from which a new draft begins.
        restores: the old version that is to be published again; 0 for new content.
    """

    subject: Subject
    key: str
    source: str
    fingerprint: str
    latest_version: int
    kind: DraftKind = DraftKind.CHANGE
    restores: int = 0


def keep(
    work: DraftsUnit, content: Content, act: Act, *, revision: int | None, rebase: bool
) -> StoredDraft:
    """Begin a draft, or replace the content of the author's own at the revision he saw.

    Raises:
        ConflictError: another person's draft is open, or this one has changed or ended since.
    """
    known = work.drafts.find_open(content.subject, content.key, content.kind)
    if known is None:
        return work.drafts.get(_begin(work, content, act, revision=revision))
    if known.author != act.actor.user_id:
        raise _taken(known)
    if revision is None:
        raise _own(known)
    kept = known.revision == revision and work.drafts.save(
        known.number,
        known.revision,
        source=content.source,
        fingerprint=content.fingerprint,
        base_version=content.latest_version if rebase else known.base_version,
        at=act.at,
    )
    if not kept:
        raise stale_draft(known)
    return work.drafts.get(known.number)


def _begin(work: DraftsUnit, content: Content, act: Act, *, revision: int | None) -> int:
    if revision is not None:
        raise ConflictError(
            Reason(
                code="draft_closed",
                message="您的草稿已发布或已作废，不能再保存",
                remedy="请不带修订号保存，另起一份草稿",
            )
        )
    number = work.drafts.begin(
        subject=content.subject,
        key=content.key,
        kind=content.kind,
        base_version=content.latest_version,
        author=act.actor.user_id,
        source=content.source,
        fingerprint=content.fingerprint,
        at=act.at,
        restores=content.restores,
    )
    if number is None:
        rival = work.drafts.find_open(content.subject, content.key, content.kind)
        raise stale_draft(None) if rival is None else _taken(rival)
    return number


def open_draft(
    work: DraftsUnit, number: int, subject: Subject, *, revision: int | None = None
) -> StoredDraft:
    """The draft, if it is still open and at the revision that was seen.

    Raises:
        NotFoundError: there is no such draft.
        MalformedError: it is a draft of something else.
        ConflictError: it has ended, or changed since.
    """
    draft = work.drafts.get(number)
    if draft.subject != subject:
        raise MalformedError(
            Reason(code="other_subject", field="number", message=f"草稿 {number} 不属于此类内容")
        )
    if draft.outcome:
        raise ConflictError(
            Reason(
                code="draft_closed",
                message=f"草稿 {number} 已由 {draft.closed_by} {OUTCOME_NAMES[draft.outcome]}",
                remedy="请另起一份草稿",
            )
        )
    if revision is not None and revision != draft.revision:
        raise stale_draft(draft)
    return draft


def refuse_author(draft: StoredDraft, actor: Actor) -> None:
    """Whoever wrote it does not publish it (R-10.1).

    Raises:
        RefusedError: the actor is the author.
    """
    if draft.author == actor.user_id:
        raise RefusedError(
            Reason(
                code="second_person",
                message=f"草稿 {draft.number} 由您本人起草，须由另一名管理员核对后发布",
                clause=SECOND_PERSON_CLAUSE,
                remedy="请通知另一名管理员查看差异并发布",
            )
        )


def close(
    work: DraftsUnit,
    draft: StoredDraft,
    outcome: DraftOutcome,
    act: Act,
    *,
    published_version: int = 0,
) -> None:
    """End the work on a draft at the very revision that was looked at.

    Raises:
        ConflictError: it has changed or ended since.
    """
    closed = work.drafts.close(
        draft.number,
        draft.revision,
        outcome=outcome,
        by=act.actor.user_id,
        at=act.at,
        published_version=published_version,
    )
    if not closed:
        raise stale_draft(draft)


def discard(work: DraftsUnit, number: int, subject: Subject, act: Act, *, stream: str) -> None:
    """Close a draft unpublished; its text stays. `act` carries the reason.

    Raises:
        MalformedError: without a reason.
        ConflictError: it is closed already.
    """
    if not act.reason:
        raise MalformedError(
            Reason(
                code="reason_missing",
                field="reason",
                message="作废草稿必须说明原因",
                remedy="请填写原因",
            )
        )
    draft = open_draft(work, number, subject)
    close(work, draft, DraftOutcome.DISCARDED, act)
    details = {"draft": number, "author": draft.author, "reason": act.reason}
    entry = LedgerDraft(action="discard_draft", target_state=draft.key, details=details)
    work.ledger.append(stream, entry, act.actor, act.at)


def refuse_unless_newest(draft: StoredDraft, latest_version: int, published_by: str) -> None:
    """What was published since the draft began must not be lost by publishing the draft.

    Raises:
        ConflictError: the base is no longer the version published last.
    """
    if draft.base_version == latest_version:
        return
    raise ConflictError(
        Reason(
            code="base_superseded",
            message=(
                f"草稿 {draft.number} 依据第 {draft.base_version} 版起草，"
                f"此后 {published_by} 已发布第 {latest_version} 版"
            ),
            clause=CLAUSE,
            remedy="请起草人把改动合并到最新版本后重新保存（--rebase），再行发布",
        )
    )


def unchanged(draft: StoredDraft, version: int) -> RefusedError:
    """A draft that says the same as the version it would supersede."""
    return RefusedError(
        Reason(
            code="nothing_changed",
            message=f"草稿 {draft.number} 与第 {version} 版内容相同，无须发布",
            clause=CLAUSE,
            remedy="请修改内容，或作废该草稿",
        )
    )


def stale_draft(draft: StoredDraft | None) -> ConflictError:
    """The draft is no longer what was seen."""
    now = f"，现为第 {draft.revision} 次保存（{draft.author}）" if draft is not None else ""
    return ConflictError(
        Reason(
            code="stale_draft",
            field="revision",
            message=f"草稿在您查看之后又有变动{now}",
            clause=CLAUSE,
            remedy=LOOK_AGAIN + "，并带上当前的修订号",
        )
    )


def _own(draft: StoredDraft) -> ConflictError:
    """There is one already, and nobody said that it is to be replaced."""
    return ConflictError(
        Reason(
            code="stale_draft",
            field="revision",
            message=f"您已有“{draft.key}”的草稿 {draft.number}，"
            f"现为第 {draft.revision} 次保存（{draft.author}）",
            clause=CLAUSE,
            remedy=f"要替换它的内容，请带上修订号保存（命令行加 --revision {draft.revision}）；"
            f"不再需要的，先作废草稿 {draft.number}",
        )
    )


def _taken(draft: StoredDraft) -> ConflictError:
    return ConflictError(
        Reason(
            code="draft_taken",
            message=(
                f"“{draft.key}”已有 {draft.author} 的草稿 {draft.number}"
                f"（第 {draft.revision} 次保存），同一时间只能有一份"
            ),
            clause=CLAUSE,
            remedy=f"请与 {draft.author} 商定；如该草稿不再需要，先作废草稿 {draft.number}",
        )
    )


OUTCOME_NAMES: dict[str, str] = {
    DraftOutcome.PUBLISHED: "发布",
    DraftOutcome.DISCARDED: "作废",
    DraftOutcome.REPLACED: "替换",
}
"""How a draft ended, as people read it."""

KIND_NAMES: dict[str, str] = {
    DraftKind.CHANGE: "修改",
    DraftKind.ROLLBACK: "恢复旧版",
    DraftKind.UPGRADE: "程序升级带来",
}
"""Why a draft was begun, as people read it."""
