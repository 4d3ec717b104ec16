"""Message texts and their drafts as the faces show them, and how a text enters the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.streams import TEMPLATES
from engine.ledger import LedgerDraft
from notifications.renderer import parse_template, shipped_renderer
from notifications.template_check import template_faults
from notifications.template_text import fingerprint_of, numbered

if TYPE_CHECKING:
    from datetime import datetime

    from app.ports.drafts import DraftsUnit, PublishedTemplate, StoredDraft
    from engine.errors import Reason
    from engine.ticket import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateView:
    """A message text in use. `audience` is who reads it."""

    key: str
    title: str
    audience: str
    params: tuple[str, ...]
    version: int
    published_by: str
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateDraft:
    """A draft of a message text, with everything that keeps it from being published."""

    number: int
    key: str
    kind: str
    author: str
    base_version: int
    is_current: bool
    revision: int
    saved_at: datetime
    outcome: str
    published_version: int
    source: str
    faults: tuple[Reason, ...]


def text_view(text: PublishedTemplate) -> TemplateView:
    """A published text as it is listed."""
    template = parse_template(text.key, text.source)
    return TemplateView(
        key=text.key,
        title=template.title,
        audience=template.audience,
        params=template.params,
        version=text.version,
        published_by=text.published_by,
        published_at=text.published_at,
    )


def draft_view(work: DraftsUnit, draft: StoredDraft) -> TemplateDraft:
    """A draft with everything that is wrong with it now."""
    newest = newest_text(work, draft.key)
    return TemplateDraft(
        number=draft.number,
        key=draft.key,
        kind=draft.kind,
        author=draft.author,
        base_version=draft.base_version,
        is_current=draft.base_version == (newest.version if newest else 0),
        revision=draft.revision,
        saved_at=draft.saved_at,
        outcome=draft.outcome,
        published_version=draft.published_version,
        source=draft.source,
        faults=template_faults(draft.key, draft.source, shipped_renderer()),
    )


def newest_text(work: DraftsUnit, key: str) -> PublishedTemplate | None:
    """The text in use; None before the first installation."""
    return next(iter(work.message_templates.versions(key)), None)


def publish_text(work: DraftsUnit, key: str, version: int, source: str, act: Act) -> None:
    """Store a text as that version."""
    text = numbered(source, version)
    work.message_templates.publish(
        key,
        version,
        source=text,
        fingerprint=fingerprint_of(parse_template(key, text)),
        by=act.actor.user_id,
        at=act.at,
    )


def record_text(work: DraftsUnit, key: str, version: int, act: Act, **facts: object) -> None:
    """One entry for a publication."""
    entry = LedgerDraft(
        action="publish",
        source_state=f"{key}@{version - 1}" if version > 1 else "",
        target_state=f"{key}@{version}",
        details=facts,
    )
    work.ledger.append(TEMPLATES, entry, act.actor, act.at)
