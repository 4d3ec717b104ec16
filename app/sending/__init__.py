"""Hands the outbox over to the channels."""
