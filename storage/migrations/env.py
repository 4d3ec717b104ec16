"""Runs the migrations on the connection that `storage.database` hands over.

The caller has opened the transaction and holds the lock, so all of them succeed or none does.
"""

from alembic import context

from storage.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
