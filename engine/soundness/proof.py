"""The proof: everything that is wrong with a definition, and the shortest way that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.soundness.form import ends, malformed
from engine.soundness.names import unresolved
from engine.soundness.papers import unenforced_papers
from engine.soundness.times import faulty_clocks
from engine.soundness.ways import avoidable, wrong_ways

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.definition import Checkpoint, WorkflowDefinition
    from engine.soundness.finding import Finding


def prove(
    definition: WorkflowDefinition, *, milestones: Iterable[Checkpoint] = ()
) -> tuple[Finding, ...]:
    """Everything unsound in the definition; empty if it keeps its promises on every path (R-10.4).

    Args:
        definition: any definition, also one that names what is not there.
        milestones: the borders that every way to a completed end must cross (R-3.3).
    """
    found = [*unresolved(definition), *malformed(definition)]
    if any(True for _ in unresolved(definition)):
        return tuple(found)
    found.extend(ends(definition))
    found.extend(wrong_ways(definition))
    if not definition.state_by_id[definition.initial].is_final:
        for checkpoint in milestones:
            found.extend(avoidable(definition, checkpoint))
        found.extend(unenforced_papers(definition))
        told = {each.at for each in found}
        found.extend(each for each in faulty_clocks(definition) if each.at not in told)
    return tuple(found)
