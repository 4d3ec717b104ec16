"""The straight line that every change of a ticket follows, and what it carries along."""
