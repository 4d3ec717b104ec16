"""Proves that a definition keeps the plan's promises on every path, before it touches a ticket.

A published definition is not tested but explored: every configuration that a ticket could come
into, breadth first, so that whatever is wrong is shown by a shortest way to it (R-10.4, R-3.5).

A configuration is a state, the standing of every paper (never handed in, there, rejected), the
investment boundary, and the standing of the clocks. Their product is far too large: 60 states and
12 papers have 60 * 3^12 combinations before the first clock. It is split without losing anything:

* *Papers are free.* In every open state any paper may be handed in or rejected, whatever the state,
  the clocks and the other papers are; a paper that expires is one that is rejected. The others
  matter at a border only, as a conjunction, and whoever stands there may hand in all the others
  first. So for a question about one paper the others may be left out (`paper_walk`).
* *Clocks forget papers.* A clock looks at the awaited papers when a state is entered and when one
  arrives. While it waits they are missing, when a border demanded them they are there, in any other
  case they may be either. So for a question about clocks the papers are implied (`clock_walk`).
* *A suspension delays.* A suspended ticket is resumed in the same state or aborted, so for a
  question about papers or about states the clocks may be left out.
* *Fields block nothing.* Whatever a move asks for can be given with it.
* *Papers are alike.* Two that are due at the same borders walk alike: one walk serves both.

The walks follow `engine.machine`, `engine.clock_keeping`, `engine.documents`, `engine.suspensions`
and `engine.amendments`. That they do is not believed but tested: on small definitions, shipped and
random, the whole product is walked with those very modules, and what it reaches is, configuration
by configuration, what these walks reach.

Out of scope: tickets that a correction or a migration puts into the middle of a definition.
"""

from engine.soundness.finding import Finding
from engine.soundness.proof import prove

__all__ = ["Finding", "prove"]
