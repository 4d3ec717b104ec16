"""Registers (台账) of what the company has to put right, entry by entry, opened and closed."""
