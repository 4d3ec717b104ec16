"""Does again what is on record of a ticket, under the same rules or others; writes nothing.

The ledger keeps of every change who made it, when, and what happened. So the acts can be done again
with the engine itself, each at its own instant: under the versions that governed the ticket, which
must give the very ticket that is stored, or under a draft, which shows what it would have done.

Three things are not on record as events and are taken as they are: what the customer applied for
(rewound by the corrections since), when a paper expires and its file, and that the ticket followed
an earlier one. Roles are not on record either: whoever acted is taken to have been allowed to.
The calendar and the settings are those of today.
"""

from engine.replay.finding import ReplayFinding, find
from engine.replay.reenactment import Reenacted, Skip, Stop, reenact
from engine.replay.rules import ReplayRules, replayable

__all__ = [
    "Reenacted",
    "ReplayFinding",
    "ReplayRules",
    "Skip",
    "Stop",
    "find",
    "reenact",
    "replayable",
]
