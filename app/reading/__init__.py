"""Reads for screens and commands. Nothing here writes."""
