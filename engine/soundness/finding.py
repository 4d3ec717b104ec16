"""What a proof finds: the fault, where it stands, and the shortest way that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.definition import Transition, WorkflowDefinition

Place = tuple[str | int, ...]
"""Where in a definition: a field and the position in it, for example `("transitions", 3)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a way: a trigger or another event, and what a reader calls it."""

    event: str
    words: str


SUPPLY = Step(event="supply", words="交来该资料")
REJECT = Step(event="reject", words="该资料被退回或过期")
RECEIVE = Step(event="supply", words="收到所等资料")
EXTEND = Step(event="extend_boundary", words="决定延伸投资界面")
SUSPEND = Step(event="suspend", words="暂停计时")
RESUME = Step(event="resume", words="恢复计时")


def firing(transition: Transition) -> Step:
    """The step that fires a transition."""
    return Step(event=transition.trigger, words=f"{transition.name}({transition.trigger})")


def in_words(trail: Iterable[Step], definition: WorkflowDefinition) -> str:
    """The way as a reader follows it, from the initial state on."""
    first = definition.state_by_id[definition.initial].name
    return " → ".join((first, *(step.words for step in trail)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a definition gets wrong.

    Args:
        code: stable English identifier.
        message: what is wrong and the way to it, in Chinese.
        subject: id of the state, trigger, document, stage or rung it belongs to.
        at: the same as a place in the definition.
        path: triggers and other events of the shortest counter-example; empty if it needs none.
        clause: the rule that is broken.
        remedy: what to do, in Chinese.
    """

    code: str
    message: str
    subject: str
    at: Place
    path: tuple[str, ...] = ()
    clause: str = "R-10.4"
    remedy: str = ""


def events(trail: Iterable[Step]) -> tuple[str, ...]:
    """The way as programs read it."""
    return tuple(step.event for step in trail)
