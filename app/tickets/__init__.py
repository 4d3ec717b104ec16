"""Use cases of a ticket: what people and the clock do to it."""
