"""The worklist (待办工单)."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from app.reading.worklist import Cursor, WorklistFilter
from app.web.access import Reader, Staff
from app.web.rendering import page, see_other
from app.web.serving import application_of

router = APIRouter()


@router.get("/")
def home(_who: Staff) -> Response:
    """Everybody starts with what is to be done."""
    return see_other("/queue")


class QueueAddress(BaseModel):
    """The filter as it stands in the address; a page can be kept as a bookmark."""

    branch: str = ""
    text: str = ""
    mine: bool = False
    overdue: bool = False
    ended: bool = False
    after: str = ""

    @property
    def filter(self) -> WorklistFilter:
        """What the use case takes."""
        return WorklistFilter(
            branch=self.branch,
            text=self.text.strip(),
            mine=self.mine,
            overdue=self.overdue,
            ended_too=self.ended,
            after=Cursor.parse(self.after),
        )

    def to(self, after: Cursor | None) -> str:
        """The query of the page after that row, or of the first one."""
        chosen = self.model_dump(mode="json", exclude={"after"}, exclude_defaults=True)
        if after is not None:
            chosen["after"] = after.text
        texts = {name: "true" if value is True else value for name, value in chosen.items()}
        return urlencode(texts)


@router.get("/queue")
def queue(request: Request, who: Reader, address: Annotated[QueueAddress, Query()]) -> Response:
    """Open tickets, the least time left first."""
    queries = application_of(request).queries
    found = queries.worklist(address.filter, actor=who.actor)
    return page(
        request,
        "queue.html",
        rows=found.rows,
        wanted=address.filter,
        branches={} if who.actor.branch else queries.branches(),
        first_page=address.to(None) if address.after else None,
        next_page=address.to(found.after) if found.after else None,
    )
