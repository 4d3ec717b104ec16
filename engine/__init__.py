"""The pure core: tickets, definitions, the machine, the calendar and the clocks.

Nothing in here reads a wall clock, a file, a database or a network. Every function
takes the moment it speaks about as `at`, so a decision can be repeated years later.
"""
