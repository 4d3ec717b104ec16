"""Definitions as pictures: the version in force, what changed in it, or where a ticket stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from app.ports.drafts import Subject
from engine.errors import MalformedError, Reason, RefusedError, not_found
from workflows.diagram import is_drawable, mermaid, mermaid_difference
from workflows.drawing.picture import picture
from workflows.drawing.svg import svg
from workflows.versioning import read_form

if TYPE_CHECKING:
    from app.ports.drafts import DraftsDatabase, DraftsUnit
    from app.trip.desk import Desk
    from engine.definition import WorkflowDefinition
    from engine.ticket import Actor

DRAFT = "draft:"
"""Before the number of a draft; a number alone is that of a published version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """A definition to be drawn; `against` an older version, `current` the state of a ticket."""

    definition: WorkflowDefinition
    against: WorkflowDefinition | None = None
    current: str = ""

    def mermaid(self) -> str:
        """As Mermaid text."""
        if self.against is None:
            return mermaid(self.definition)
        return mermaid_difference(self.against, self.definition)

    def svg(self) -> str:
        """As an SVG element."""
        return svg(picture(self.definition, against=self.against, current=self.current))


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagramService:
    """Finds what is to be drawn. `database` is the desk's own, seen with its drafts."""

    desk: Desk
    database: DraftsDatabase

    def of(self, definition_id: str, *, against: str = "") -> Diagram:
        """The version in force; with `against` what changed.

        `against` is the number of an older version, or `draft:` and the number of a draft: then
        the draft is shown against the version that was published last.

        Raises:
            NotFoundError: no such definition, version or draft.
            MalformedError: `against` is neither.
            RefusedError: the draft names states that are not there.
        """
        if against.startswith(DRAFT):
            return self._draft(definition_id, against.removeprefix(DRAFT))
        with self.desk.database.reading() as work:
            machine = self.desk.definitions.in_force(work, definition_id, self.desk.clock())
            if not against:
                return Diagram(definition=machine.definition)
            before = self.desk.definitions.get(work, definition_id, _number(against))
        return Diagram(definition=machine.definition, against=before.definition)

    def of_ticket(self, ticket_no: str, *, actor: Actor) -> Diagram:
        """The version that governs the ticket, with the state that the ticket is in.

        Raises:
            NotFoundError: unknown, or another branch's.
        """
        authorize(actor, Action.READ)
        with self.desk.database.reading() as work:
            case = self.desk.load(work, ticket_no, self.desk.act(actor))
        return Diagram(definition=case.definition, current=case.ticket.state)

    def _draft(self, definition_id: str, number: str) -> Diagram:
        with self.database.reading() as work:
            draft = work.drafts.get(_number(number))
            if draft.subject != Subject.DEFINITION or draft.key != definition_id:
                what = f"“{definition_id}”的草稿"
                raise not_found(what, number)
            before = _latest(work, definition_id)
        after = read_form(draft.source, path=f"草稿 {number}").definition
        if not is_drawable(after):
            raise RefusedError(
                Reason(
                    code="not_drawable",
                    message=f"草稿 {number} 引用了没有定义的状态或环节，不能画成流程图",
                    remedy=f"请先按 huodian definition check --draft {number} 的提示改正",
                )
            )
        return Diagram(definition=after, against=before)


def _latest(work: DraftsUnit, definition_id: str) -> WorkflowDefinition | None:
    versions = work.definitions.versions(definition_id)
    return work.definitions.get(definition_id, versions[0].version) if versions else None


def _number(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 7:  # noqa: PLR2004  (as versions go)
        return int(text)
    raise MalformedError(
        Reason(
            code="bad_version",
            field="against",
            message=f"“{text[:20]}”不是版本号，也不是草稿编号",
            remedy="已发布的版本写作 2，草稿写作 draft:3",
        )
    )
