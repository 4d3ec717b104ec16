"""Registrations as administrators change them: file, check, second person, publication.

    listing() / source(key)               drafts()
    check(source) -> RegistrationCheck    register(source, actor=, ...) -> RegistrationDraft
    confirm(number, actor=) -> int        withdraw(number, actor=, reason=)
    unregistered(providers)

The discipline is that of message texts (R-10.1, R-10.2). A registration is known by its key
`provider/template`, for example `aliyun/next_stage`.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
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
from app.rules.registration_book import registered_from
from app.rules.registration_file import read_registration
from app.streams import REGISTRATIONS
from engine.errors import RefusedError, not_found
from engine.ledger import LedgerDraft
from engine.ticket import Act
from notifications.message import segments
from notifications.registrations import newest, preview
from notifications.renderer import parse_template

if TYPE_CHECKING:
    from datetime import datetime

    from app.clock import Clock
    from app.ports.drafts import (
        PublishedTemplate,
        RegistrationsDatabase,
        RegistrationsUnit,
        StoredDraft,
    )
    from app.rules.registration_file import RegistrationShape
    from engine.errors import Reason
    from engine.ticket import Actor
    from notifications.registrations import Registration
    from notifications.renderer import MessageTemplate

LARGEST = 64 * 1024
"""Characters that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationView:
    """A registration in use. `is_behind` says that our text has changed since it was registered."""

    provider: str
    template: str
    template_version: int
    version: int
    code: str
    sign_name: str
    fields: tuple[str, ...]
    is_behind: bool
    published_by: str
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationCheck:
    """What is wrong with a registration, and how it would read with marks for its parameters."""

    faults: tuple[Reason, ...]
    text: str
    parts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationDraft:
    """A registration that waits for a second person."""

    number: int
    key: str
    author: str
    base_version: int
    revision: int
    saved_at: datetime
    outcome: str
    faults: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationService:
    """The life of a registration."""

    database: RegistrationsDatabase
    clock: Clock

    def listing(self) -> tuple[RegistrationView, ...]:
        """What is in use, by provider and template."""
        with self.database.reading() as work:
            published = {(each.key, each.version): each for each in work.registrations.all()}
            in_use = newest(registered_from(published.values()).registrations)
            texts = {each.key: each.version for each in work.message_templates.current()}
        return tuple(
            _view(each, published[_key(each), each.version], texts.get(each.template_key, 0))
            for each in in_use
        )

    def source(self, key: str, version: int | None = None) -> str:
        """The registration in use, or an older one, as it was written.

        Raises:
            NotFoundError: there is none.
        """
        with self.database.reading() as work:
            for each in work.registrations.versions(key):
                if version in {None, each.version}:
                    return each.source
        what = "模板登记"
        raise not_found(what, key if version is None else f"{key}@{version}")

    def unregistered(self, providers: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """The message texts in use that a provider has nothing for, with that provider."""
        with self.database.reading() as work:
            registered = registered_from(work.registrations.all())
            texts = [(each.key, each.version) for each in work.message_templates.current()]
        return tuple(
            (provider, key)
            for provider in providers
            for key, version in texts
            if registered.of(provider, key, version) is None
        )

    def check(self, source: str) -> RegistrationCheck:
        """Everything that keeps a registration from being published, and how it reads."""
        with self.database.reading() as work:
            texts = _texts(work)
        shape, faults = read_registration(source[:LARGEST], texts)
        if shape is None or faults:
            return RegistrationCheck(faults=faults, text="", parts=0)
        marks = {name: f"〔{name}〕" for name in texts[shape.template].params}
        text = preview(shape.value(0), marks)
        return RegistrationCheck(faults=(), text=text, parts=segments(text) if shape.text else 0)

    def register(
        self,
        source: str,
        *,
        actor: Actor,
        revision: int | None = None,
        rebase: bool = False,
    ) -> RegistrationDraft:
        """Lay a registration before a second person, or replace one's own.

        Raises:
            RefusedError: it has faults, all of them.
            ConflictError: another administrator's waits already, or the revision is stale.
        """
        authorize_company_wide(actor, Action.MANAGE_TEMPLATES)
        act = Act(actor=actor, at=self.clock())
        with self.database.writing() as work:
            shape, faults = _read(work, source)
            if shape is None or faults:
                raise RefusedError(faults)
            key = f"{shape.provider}/{shape.template}"
            content = Content(
                subject=Subject.REGISTRATION,
                key=key,
                source=source[:LARGEST],
                fingerprint=_fingerprint(shape),
                latest_version=_latest(work, key),
            )
            draft = keep(work, content, act, revision=revision, rebase=rebase)
            view = _draft(work, draft)
            work.commit()
        return view

    def drafts(self) -> tuple[RegistrationDraft, ...]:
        """What waits for a second person, the newest first."""
        with self.database.reading() as work:
            return tuple(_draft(work, each) for each in work.drafts.listing(Subject.REGISTRATION))

    def withdraw(self, number: int, *, actor: Actor, reason: str) -> None:
        """Drop what waits, without publishing it.

        Raises:
            MalformedError: without a reason.
            ConflictError: it is dropped or published already.
        """
        authorize_company_wide(actor, Action.MANAGE_TEMPLATES)
        act = Act(actor=actor, at=self.clock(), reason=reason.strip())
        with self.database.writing() as work:
            discard(work, number, Subject.REGISTRATION, act, stream=REGISTRATIONS)
            work.commit()

    def confirm(self, number: int, *, actor: Actor, revision: int | None = None) -> tuple[str, int]:
        """Publish what somebody else laid before one; returns key and version.

        Raises:
            RefusedError: by its author, with faults, or without any change.
            ConflictError: something was published meanwhile, or it has changed.
        """
        authorize_company_wide(actor, Action.MANAGE_TEMPLATES)
        act = Act(actor=actor, at=self.clock())
        with self.database.writing() as work:
            draft = open_draft(work, number, Subject.REGISTRATION, revision=revision)
            refuse_author(draft, actor)
            _, faults = _read(work, draft.source)
            if faults:
                raise RefusedError(faults)
            last = next(iter(work.registrations.versions(draft.key)), None)
            refuse_unless_newest(
                draft, last.version if last else 0, last.published_by if last else ""
            )
            if last is not None and last.fingerprint == draft.fingerprint:
                raise unchanged(draft, last.version)
            version = draft.base_version + 1
            work.registrations.publish(
                draft.key,
                version,
                source=draft.source,
                fingerprint=draft.fingerprint,
                by=actor.user_id,
                at=act.at,
            )
            close(work, draft, DraftOutcome.PUBLISHED, act, published_version=version)
            _record(work, draft, version, act)
            work.commit()
        return draft.key, version


def _texts(work: RegistrationsUnit) -> dict[str, MessageTemplate]:
    return {
        each.key: parse_template(each.key, each.source) for each in work.message_templates.current()
    }


def _read(
    work: RegistrationsUnit, source: str
) -> tuple[RegistrationShape | None, tuple[Reason, ...]]:
    return read_registration(source[:LARGEST], _texts(work))


def _fingerprint(shape: RegistrationShape) -> str:
    """SHA-256 of what it says, however it was laid out."""
    return sha256(shape.model_dump_json().encode()).hexdigest()


def _latest(work: RegistrationsUnit, key: str) -> int:
    newest_first = work.registrations.versions(key)
    return newest_first[0].version if newest_first else 0


def _key(registration: Registration) -> str:
    return f"{registration.provider}/{registration.template_key}"


def _view(
    registration: Registration, published: PublishedTemplate, text_version: int
) -> RegistrationView:
    return RegistrationView(
        provider=registration.provider,
        template=registration.template_key,
        template_version=registration.template_version,
        version=registration.version,
        code=registration.code,
        sign_name=registration.sign_name,
        fields=tuple(each.name for each in registration.fields),
        is_behind=registration.template_version < text_version,
        published_by=published.published_by,
        published_at=published.published_at,
    )


def _draft(work: RegistrationsUnit, draft: StoredDraft) -> RegistrationDraft:
    _, faults = _read(work, draft.source)
    return RegistrationDraft(
        number=draft.number,
        key=draft.key,
        author=draft.author,
        base_version=draft.base_version,
        revision=draft.revision,
        saved_at=draft.saved_at,
        outcome=draft.outcome,
        faults=faults,
    )


def _record(work: RegistrationsUnit, draft: StoredDraft, version: int, act: Act) -> None:
    """One entry for a publication."""
    entry = LedgerDraft(
        action="publish",
        source_state=f"{draft.key}@{version - 1}" if version > 1 else "",
        target_state=f"{draft.key}@{version}",
        details={
            "author": draft.author,
            "draft": draft.number,
            "draft_revision": draft.revision,
            "content": draft.fingerprint,
        },
    )
    work.ledger.append(REGISTRATIONS, entry, act.actor, act.at)
