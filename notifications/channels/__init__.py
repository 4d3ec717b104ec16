"""The ways by which a message leaves the house. A channel knows the wire and nothing else.

A channel is handed messages that are already claimed, and says of each what is certain. It reads
no clock and no database, so it can be called without a transaction open.
"""
