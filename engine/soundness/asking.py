"""Whether a field is asked on every way to a completed end: some duties are nobody's to drop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.soundness.exploration import explore
from engine.soundness.finding import Step, firing, in_words
from engine.soundness.ways import completed_ends

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import WorkflowDefinition

Asked = tuple[str, bool]
"""A state, and whether the field has been asked on the way to it."""


def way_without_asking(definition: WorkflowDefinition, field_id: str) -> str:
    """A shortest way to a completed end on which the field is never asked; empty if there is none.

    The names in the definition must be resolved.
    """

    def onward(now: Asked) -> Iterator[tuple[Step, Asked]]:
        state, asked = now
        for each in definition.offered[state]:
            yield firing(each), (each.target, asked or field_id in each.asks)

    ways = explore([(definition.initial, field_id in definition.opening.asks)], onward)
    completed = completed_ends(definition)
    around = ways.nearest(lambda now: now[0] in completed and not now[1])
    return "" if around is None else in_words(ways.trail(around), definition)
