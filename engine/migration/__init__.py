"""Moving an open ticket to another version of its definition: what it would do, and whether it may.

A ticket stays on the version it started with, unless two persons decide otherwise (R-10.2). Then
what has happened to it stays true: its stages with their starts and pauses, its papers, the borders
it has passed. And nothing that the customer was promised gets worse: a limit may only become
shorter and a paper may only be asked later or not at all, unless the customer agreed.

    plan = MigrationPlan(to=definition, mapping={"old_state": "new_state"})
    examination = examine(ticket, before, plan, circumstances)
    examination.verdict, examination.reasons        whether it may, and why not
    examination.effects                             what it changes; None where no state takes over
    examination.outcome                             the moved ticket and its events, if it may

The impact of a draft, the dry run and the migration itself ask this one function.
"""

from engine.migration.agreement import agree
from engine.migration.effects import Effects, PaperChange
from engine.migration.examination import Examination, MigrationVerdict, examine
from engine.migration.plan import Circumstances, MigrationPlan, refuse_lost_states

__all__ = [
    "Circumstances",
    "Effects",
    "Examination",
    "MigrationPlan",
    "MigrationVerdict",
    "PaperChange",
    "agree",
    "examine",
    "refuse_lost_states",
]
