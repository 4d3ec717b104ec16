"""Brings what ships with the program into the database, never over the company's own.

As long as nobody but the program has published a definition or a message text, a new release
replaces it by its next version. Once an administrator has published one, it belongs to the
company: what a release brings is laid beside it as a draft, offered once, to be compared, merged
and published, or discarded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.ports.drafts import DraftKind, DraftOutcome, Subject
from app.rules.publication import Publication, fingerprint_of, latest_version, record_publication
from app.rules.template_views import publish_text, record_text
from engine.errors import IntegrityError, Reason
from engine.ticket import SYSTEM
from notifications.renderer import parse_template
from notifications.template_text import fingerprint_of as template_fingerprint
from workflows.versioning import numbered, read_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.ports.drafts import DraftsUnit
    from engine.definition import WorkflowDefinition
    from engine.ticket import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What was published now, and what was laid aside as a draft; each as `id@version`."""

    published: tuple[str, ...]
    offered: tuple[str, ...]


def install_definitions(
    work: DraftsUnit, shipped: Iterable[tuple[WorkflowDefinition, str]], act: Act
) -> Installed:
    """Publish or offer the shipped definitions that are new; the caller commits.

    A shipped file that changed without a new version is a broken promise, not an update.

    Raises:
        IntegrityError: naming every such file.
    """
    published, offered, broken = [], [], []
    for definition, source in shipped:
        versions = work.definitions.versions(definition.id)
        own = {each.version: each for each in versions if each.published_by == SYSTEM.user_id}
        same = own.get(definition.version)
        if same is not None and same.content_hash != definition.content_hash:
            broken.append(_changed_in_place(definition))
        elif same is not None or (own and definition.version < max(own)):
            continue
        elif all(each.published_by == SYSTEM.user_id for each in versions):
            _publish(work, definition, source, act)
            published.append(definition.ref)
        elif _offer(work, definition, source, act):
            offered.append(definition.ref)
    if broken:
        raise IntegrityError(broken)
    return Installed(published=tuple(published), offered=tuple(offered))


def _publish(work: DraftsUnit, definition: WorkflowDefinition, source: str, act: Act) -> None:
    latest = latest_version(work, definition.id)
    work.definitions.publish(definition, source, act.actor.user_id, act.at)
    publication = Publication(
        definition=definition,
        in_force_from=act.at,
        supersedes="" if latest is None else f"{latest.id}@{latest.version}",
        restores=0,
    )
    record_publication(work, "publish", publication, {}, act)


def _offer(work: DraftsUnit, definition: WorkflowDefinition, source: str, act: Act) -> bool:
    """Lay the release's content beside the company's own, unless that was done before."""
    latest = latest_version(work, definition.id)
    version = latest.version if latest else 0
    form = read_form(source, path=definition.id)
    if latest is not None and form.fingerprint == fingerprint_of(work, latest):
        return False
    return offer(
        work,
        Subject.DEFINITION,
        definition.id,
        source=numbered(source, version + 1),
        fingerprint=form.fingerprint,
        base_version=version,
        act=act,
    )


def install_templates(work: DraftsUnit, shipped: Mapping[str, str], act: Act) -> Installed:
    """The same for message texts, by key; their shipped version numbers do not count."""
    published, offered = [], []
    for key, source in sorted(shipped.items()):
        versions = work.message_templates.versions(key)
        content = template_fingerprint(parse_template(key, source))
        if any(each.fingerprint == content for each in versions):
            continue
        latest = versions[0].version if versions else 0
        if all(each.published_by == SYSTEM.user_id for each in versions):
            publish_text(work, key, latest + 1, source, act)
            record_text(work, key, latest + 1, act, content=content)
            published.append(f"{key}@{latest + 1}")
        elif offer(
            work,
            Subject.TEMPLATE,
            key,
            source=source,
            fingerprint=content,
            base_version=latest,
            act=act,
        ):
            offered.append(f"{key}@{latest + 1}")
    return Installed(published=tuple(published), offered=tuple(offered))


def offer(  # noqa: PLR0913  (what a draft consists of)
    work: DraftsUnit,
    subject: Subject,
    key: str,
    *,
    source: str,
    fingerprint: str,
    base_version: int,
    act: Act,
) -> bool:
    """Begin an upgrade draft; False if that content was offered before. An older offer ends."""
    if work.drafts.was_offered(subject, key, DraftKind.UPGRADE, fingerprint):
        return False
    older = work.drafts.find_open(subject, key, DraftKind.UPGRADE)
    if older is not None:
        work.drafts.close(
            older.number,
            older.revision,
            outcome=DraftOutcome.REPLACED,
            by=act.actor.user_id,
            at=act.at,
        )
    number = work.drafts.begin(
        subject=subject,
        key=key,
        kind=DraftKind.UPGRADE,
        base_version=base_version,
        author=act.actor.user_id,
        source=source,
        fingerprint=fingerprint,
        at=act.at,
    )
    return number is not None


def _changed_in_place(definition: WorkflowDefinition) -> Reason:
    return Reason(
        code="definition_changed_in_place",
        message=f"流程定义 {definition.ref} 的内容与已发布的版本不同，已发布的版本不得修改",
        clause="R-10.2",
        remedy="请把修改后的定义作为新版本（version 加一）发布",
    )
