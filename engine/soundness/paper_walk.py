"""The walk of one paper through a definition: where it may still be missing, or missing again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from engine.definition import Checkpoint
from engine.soundness.borders import border_of, demanded
from engine.soundness.exploration import Exploration, explore
from engine.soundness.finding import EXTEND, REJECT, SUPPLY, Step, firing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.definition import DocumentRequirement, WorkflowDefinition


class Paper(StrEnum):
    """How a requirement stands; an expired paper counts as a rejected one."""

    NONE = "none"
    THERE = "there"
    REJECTED = "rejected"


class PaperConfiguration(NamedTuple):
    """A ticket as far as one paper is concerned; `crossed` are the borders that matter to it."""

    state: str
    paper: Paper
    extended: bool
    crossed: frozenset[Checkpoint]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperWalk:
    """The walk of one requirement. Only what may be deferred depends on the boundary."""

    definition: WorkflowDefinition
    requirement: DocumentRequirement

    @property
    def borders(self) -> frozenset[Checkpoint]:
        """Where it may fall due, and the plan's confirmation, which fixes the boundary."""
        standard, extended = (self.border(extended=each) for each in (False, True))
        return frozenset({standard, extended, Checkpoint.PLAN_CONFIRMATION})

    def border(self, *, extended: bool) -> Checkpoint:
        """Where it falls due."""
        return border_of(self.requirement, self.definition, extended=extended)

    def explored(self) -> Exploration[PaperConfiguration]:
        """Everything that can happen to it, from a submission without it on.

        One that comes along is one that is handed in before the first move.
        """
        boundaries = (False, True) if self.requirement.deferrable else (False,)
        starts = (
            PaperConfiguration(self.definition.initial, Paper.NONE, extended, frozenset())
            for extended in boundaries
        )
        return explore(starts, self._successors)

    def _successors(self, now: PaperConfiguration) -> Iterator[tuple[Step, PaperConfiguration]]:
        if self.definition.state_by_id[now.state].is_final:
            return
        for transition in self.definition.offered[now.state]:
            border = transition.checkpoint
            asked = demanded(self.requirement, border, self.definition, extended=now.extended)
            if now.paper is Paper.THERE or not asked:
                crossed = now.crossed | (self.borders & {border}) if border else now.crossed
                yield firing(transition), now._replace(state=transition.target, crossed=crossed)
        if now.paper is Paper.THERE:
            yield REJECT, now._replace(paper=Paper.REJECTED)
        else:
            yield SUPPLY, now._replace(paper=Paper.THERE)
        may_extend = self.requirement.deferrable and not now.extended
        if may_extend and Checkpoint.PLAN_CONFIRMATION not in now.crossed:
            yield EXTEND, now._replace(extended=True)
