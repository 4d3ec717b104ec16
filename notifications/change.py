"""What those who tell of a change look at: the ticket before and after, and what they may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifications.context import Notice, PlanContext
from notifications.wording import earlier_promise, stage_promise

if TYPE_CHECKING:
    from engine.definition import Checkpoint
    from engine.events import Outcome
    from engine.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the tellers below look at."""

    before: Ticket | None
    outcome: Outcome
    context: PlanContext

    @property
    def after(self) -> Ticket:
        """The ticket as it is now."""
        return self.outcome.ticket

    def has_passed(self, checkpoint: Checkpoint) -> bool:
        """Whether this very change passed the checkpoint."""
        earlier = () if self.before is None else self.before.passed_checkpoints
        return checkpoint in self.after.passed_checkpoints and checkpoint not in earlier

    def notice(self, template: str, **params: str) -> Notice:
        """A notice of this change."""
        return Notice(template=template, occasion=str(self.after.revision), params=params)

    def dates(self) -> dict[str, str]:
        """Parameters `stage`, `due` and, where the promise has changed, `was`."""
        promise = stage_promise(self.after, self.context)
        was = earlier_promise(self.before, self.after)
        return {"stage": promise["stage"], "due": promise["due"], "was": was}
