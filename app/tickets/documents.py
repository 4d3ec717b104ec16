"""Use cases of documents: supply, verify, reject, read. Files lie outside the database (R-3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.authorization import Action, authorize
from engine.calendar import local_date
from engine.clock_keeping import keep_clocks
from engine.documents import Paper, reject, supply, verify
from engine.errors import not_found
from engine.events import Outcome

if TYPE_CHECKING:
    from datetime import date

    from app.ports.work import Files
    from app.trip.case import Case
    from app.trip.desk import Desk
    from engine.ticket import Actor, DocumentSource, StoredFile, Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it was handed in."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentService:
    """Everything people do with the papers of a ticket."""

    desk: Desk
    files: Files

    def supply(  # noqa: PLR0913  (one keyword a fact of the paper)
        self,
        ticket_no: str,
        kind: str,
        source: DocumentSource,
        *,
        actor: Actor,
        upload: Upload | None = None,
        expires_on: date | None = None,
        expected_revision: int | None = None,
    ) -> Ticket:
        """Take in a paper; what waited for it starts its clock now (R-1.2).

        The file is kept before the transaction: a file without an entry is harmless, an entry
        without its file is not. Who may not supply it leaves no file behind.
        """
        act = self.desk.act(actor)
        with self.desk.database.reading() as work:
            branch = self.desk.load(work, ticket_no, act).ticket.branch
        authorize(actor, Action.SUPPLY_DOCUMENT, branch=branch)
        file = None if upload is None else self.files.keep(upload.name, upload.content)
        paper = Paper(kind=kind, source=source, file=file, expires_on=expires_on)

        def decide(case: Case) -> Outcome:
            return _kept(supply(case.ticket, case.definition, paper, act), case)

        return self.desk.change(
            ticket_no, act, Action.SUPPLY_DOCUMENT, decide, expected_revision=expected_revision
        )

    def verify(
        self,
        ticket_no: str,
        number: int,
        *,
        actor: Actor,
        expected_revision: int | None = None,
    ) -> Ticket:
        """Record that a document was checked and found good.

        One that was rejected counts again, and a clock that waited for it starts now.
        """
        act = self.desk.act(actor)

        def decide(case: Case) -> Outcome:
            checked = verify(case.ticket, case.definition, number, on=local_date(act.at))
            return _kept(checked, case)

        return self.desk.change(
            ticket_no,
            act,
            Action.VERIFY_DOCUMENT,
            decide,
            expected_revision=expected_revision,
        )

    def reject(
        self,
        ticket_no: str,
        number: int,
        reason: str,
        *,
        actor: Actor,
        expected_revision: int | None = None,
    ) -> Ticket:
        """Record that a document was found wanting; the customer is told why (R-3.4)."""
        return self.desk.change(
            ticket_no,
            self.desk.act(actor, reason),
            Action.REJECT_DOCUMENT,
            lambda case: reject(case.ticket, case.definition, number, case.act.reason),
            expected_revision=expected_revision,
        )

    def read_file(self, ticket_no: str, number: int, *, actor: Actor) -> tuple[StoredFile, bytes]:
        """The file of a document, whole.

        Raises:
            NotFoundError: no such document, or it was seen on paper only.
            IntegrityError: the file is no longer what was handed in.
        """
        act = self.desk.act(actor)
        with self.desk.database.reading() as work:
            ticket = self.desk.load(work, ticket_no, act).ticket
        authorize(actor, Action.READ, branch=ticket.branch)
        file = next((each.file for each in ticket.documents if each.number == number), None)
        if file is None:
            what = "资料文件"
            raise not_found(what, f"{ticket_no} 第 {number} 份")
        return file, self.files.read(file.sha256)


def _kept(outcome: Outcome, case: Case) -> Outcome:
    """The same with the clocks started or resumed that waited for the paper (R-1.2)."""
    kept = keep_clocks(outcome.ticket, case.definition, case.calendar, case.act, moved=False)
    return Outcome(ticket=kept.ticket, events=(*outcome.events, *kept.events))
