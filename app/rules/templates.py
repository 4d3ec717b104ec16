"""Message texts as administrators change them: draft, check, preview, second person, publication.

    listing() / source(key)                          drafts()
    check(key, source) -> faults                     preview(key, source, ticket_no, actor=)
    save(key, source, actor=, ...) -> TemplateDraft  discard(number, actor=, reason=)
    publish(number, actor=, revision=None) -> int

The discipline is that of definitions (R-10.1, R-10.2); what may stand in a text is said by
`notifications.template_check`. A message keeps the version that it was written with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize_company_wide
from app.ports.drafts import DraftOutcome, Subject
from app.rules.drafting import (
    Content,
    close,
    discard,
    keep,
    open_draft,
    refuse_author,
    refuse_unless_newest,
    unchanged,
)
from app.rules.template_preview import preview_on
from app.rules.template_views import (
    draft_view,
    newest_text,
    publish_text,
    record_text,
    text_view,
)
from app.streams import TEMPLATES
from engine.errors import RefusedError, not_found
from engine.ticket import Act
from notifications.renderer import parse_template, shipped_renderer
from notifications.template_check import template_faults
from notifications.template_text import fingerprint_of

if TYPE_CHECKING:
    from app.clock import Clock
    from app.ports.drafts import TemplatesDatabase
    from app.rules.template_preview import Preview
    from app.rules.template_views import TemplateDraft, TemplateView
    from engine.errors import Reason
    from engine.ticket import Actor

LARGEST = 64 * 1024
"""Characters that are looked at; the check itself allows far fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateService:
    """The life of a message text."""

    database: TemplatesDatabase
    clock: Clock

    def listing(self) -> tuple[TemplateView, ...]:
        """Every text in use, by key."""
        with self.database.reading() as work:
            return tuple(text_view(each) for each in work.message_templates.current())

    def source(self, key: str, version: int | None = None) -> str:
        """The text in use, or an older one, with its header.

        Raises:
            NotFoundError: there is no such text or version.
        """
        with self.database.reading() as work:
            for each in work.message_templates.versions(key):
                if version in {None, each.version}:
                    return each.source
        what = "消息模板"
        raise not_found(what, key if version is None else f"{key}@{version}")

    def check(self, key: str, source: str) -> tuple[Reason, ...]:
        """Everything that keeps a text from being published under that key."""
        return template_faults(key, source, shipped_renderer())

    def preview(self, key: str, source: str, ticket_no: str, *, actor: Actor) -> Preview:
        """The text as the people of a real ticket would read it, with what is personal masked.

        Raises:
            RefusedError: the text has faults; nothing of it is tried out.
            NotFoundError: there is no such ticket or text.
        """
        authorize_company_wide(actor, Action.MANAGE_TEMPLATES)
        _refuse(self.check(key, source))
        with self.database.reading() as work:
            work.tickets.get(ticket_no)
            told = work.outbox.listing(ticket_no=ticket_no, limit=200)
        return preview_on(parse_template(key, source), told)

    def save(
        self,
        key: str,
        source: str,
        *,
        actor: Actor,
        revision: int | None = None,
        rebase: bool = False,
    ) -> TemplateDraft:
        """Begin a draft of that text, or replace one's own at the revision that was seen.

        Raises:
            TemplateFaultsError: the header cannot be read.
            NotFoundError: the program knows no message of that key.
            ConflictError: another administrator's draft is open, or the revision is stale.
        """
        authorize_company_wide(actor, Action.MANAGE_TEMPLATES)
        shipped_renderer().get(key)
        template = parse_template(key, source[:LARGEST])
        act = Act(actor=actor, at=self.clock())
        with self.database.writing() as work:
            newest = newest_text(work, key)
            content = Content(
                subject=Subject.TEMPLATE,
                key=key,
                source=source[:LARGEST],
                fingerprint=fingerprint_of(template),
                latest_version=newest.version if newest else 0,
            )
            draft = keep(work, content, act, revision=revision, rebase=rebase)
            view = draft_view(work, draft)
            work.commit()
        return view

    def drafts(self) -> tuple[TemplateDraft, ...]:
        """Every open draft, the newest first."""
        with self.database.reading() as work:
            found = work.drafts.listing(Subject.TEMPLATE)
            return tuple(draft_view(work, each) for each in found)

    def draft(self, number: int) -> TemplateDraft:
        """A draft, open or closed.

        Raises:
            NotFoundError: there is none of that number.
        """
        with self.database.reading() as work:
            found = work.drafts.get(number)
            if found.subject != Subject.TEMPLATE:
                what = "消息模板的草稿"
                raise not_found(what, str(number))
            return draft_view(work, found)

    def discard(self, number: int, *, actor: Actor, reason: str) -> None:
        """Close a draft without publishing it. Any administrator may.

        Raises:
            MalformedError: without a reason.
            ConflictError: it is closed already.
        """
        authorize_company_wide(actor, Action.MANAGE_TEMPLATES)
        act = Act(actor=actor, at=self.clock(), reason=reason.strip())
        with self.database.writing() as work:
            discard(work, number, Subject.TEMPLATE, act, stream=TEMPLATES)
            work.commit()

    def publish(self, number: int, *, actor: Actor, revision: int | None = None) -> int:
        """Publish a draft that somebody else wrote; returns its version. In use from now on.

        Raises:
            RefusedError: by its author, with faults, or without any change.
            ConflictError: something was published meanwhile, or the draft has changed.
        """
        authorize_company_wide(actor, Action.MANAGE_TEMPLATES)
        act = Act(actor=actor, at=self.clock())
        with self.database.writing() as work:
            draft = open_draft(work, number, Subject.TEMPLATE, revision=revision)
            refuse_author(draft, actor)
            _refuse(self.check(draft.key, draft.source))
            newest = newest_text(work, draft.key)
            refuse_unless_newest(
                draft, newest.version if newest else 0, newest.published_by if newest else ""
            )
            if newest is not None and newest.fingerprint == draft.fingerprint:
                raise unchanged(draft, newest.version)
            version = draft.base_version + 1
            publish_text(work, draft.key, version, draft.source, act)
            close(work, draft, DraftOutcome.PUBLISHED, act, published_version=version)
            facts = {"author": draft.author, "draft": number, "draft_revision": draft.revision}
            record_text(work, draft.key, version, act, **facts)
            work.commit()
        return version


def _refuse(faults: tuple[Reason, ...]) -> None:
    if faults:
        raise RefusedError(faults)
