"""Run by Alembic: the connection comes from whoever upgrades, already in one write transaction."""

from __future__ import annotations

from alembic import context

from workstation.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=False,  # the caller's transaction is the one that counts
)
context.run_migrations()
