"""Random small definitions, most of them unsound: what the walks are held against."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from engine.definition import (
    Applicants,
    Checkpoint,
    DocumentRequirement,
    Ending,
    Stage,
    State,
    TimeLimit,
    Transition,
    WorkflowDefinition,
)
from engine.ticket import PauseCause, Role

STAGES = ("first", "second", "third")
PAPERS = ("identity", "licence", "report")
CHECKPOINTS = st.one_of(st.none(), st.sampled_from(Checkpoint))


@st.composite
def requirements(draw: Any) -> tuple[DocumentRequirement, ...]:
    """Up to three, of everybody or of some, key or deferrable or neither."""
    return tuple(
        DocumentRequirement(
            id=paper,
            name=f"资料{paper}",
            any_of=(paper,),
            due_at=draw(st.sampled_from(Checkpoint)),
            clause="R-3.1",
            applies_to=draw(st.sampled_from(Applicants)),
            key=draw(st.booleans()),
            deferrable=draw(st.booleans()),
        )
        for paper in PAPERS[: draw(st.integers(0, 3))]
    )


@st.composite
def small_definitions(draw: Any) -> WorkflowDefinition:
    """Up to four open states and two ends, arrows between any of them."""
    papers = draw(requirements())
    ids = [f"s{n}" for n in range(draw(st.integers(1, 4)))]
    waits = ("", "", "key", *(each.id for each in papers))
    states = [
        State(
            id=each,
            name=each,
            stage=draw(st.sampled_from(STAGES)),
            held_by_customer=draw(st.sampled_from((None, None, PauseCause.CUSTOMER_WORKS))),
            until_received=draw(st.sampled_from(waits)),
            suspendable=draw(st.sampled_from(((), (PauseCause.EXTERNAL_LINE,)))),
        )
        for each in ids
    ]
    ends = (
        State(id="done", name="done", stage="third", ending=Ending.COMPLETED),
        State(id="dropped", name="dropped", stage="third", ending=Ending.ABORTED),
    )
    arrows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(ids),
                st.sampled_from([*ids, "done", "dropped"]),
                CHECKPOINTS,
            ),
            min_size=1,
            max_size=7,
        )
    )
    return WorkflowDefinition(
        id="random",
        version=1,
        name="random",
        basis="",
        stages=tuple(Stage(id=each, name=each, limit=TimeLimit(days=1)) for each in STAGES),
        states=(*states, *ends),
        initial="s0",
        transitions=tuple(
            Transition(
                trigger=f"t{n}",
                name=f"流转{n}",
                source=source,
                target=target,
                roles=(Role.OPERATOR,),
                checkpoint=checkpoint,
            )
            for n, (source, target, checkpoint) in enumerate(arrows)
        ),
        documents=papers,
        document_names={each: each for each in PAPERS},
        handling_limit=TimeLimit(days=3),
        end_to_end_limit=TimeLimit(days=None),
        end_to_end_from=draw(st.sampled_from(["", *ids])),
        deferral_extended=draw(st.sampled_from(Checkpoint)),
        deferral_standard=draw(st.sampled_from(Checkpoint)),
    )
