"""Postal addresses that come from a file, and are nobody's entry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _changed_by(*, optional: bool) -> None:
    with op.batch_alter_table("postal_addresses") as table:
        table.alter_column("changed_by", existing_type=sa.BigInteger(), nullable=optional)


def upgrade() -> None:
    """Let an address be without a user who entered it."""
    _changed_by(optional=True)


def downgrade() -> None:
    """Require one again."""
    _changed_by(optional=False)
