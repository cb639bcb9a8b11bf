"""Who proved who they are and when, one-time codes, the end of sessions; who was in which state."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workstation.store import types

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NEW = ("proved_at", "era", "totp_secret", "totp_step", "ticket", "ticket_until", "pause", "paused_by")


def upgrade() -> None:
    """Add the columns and create the table."""
    with op.batch_alter_table("users") as table:
        for name in ("proved_at", "ticket_until"):
            table.add_column(sa.Column(name, types.UtcDateTime(), nullable=True))
        for name in ("era", "totp_step"):
            table.add_column(sa.Column(name, sa.BigInteger(), server_default="0", nullable=False))
        for name in ("totp_secret", "ticket", "pause", "paused_by"):
            table.add_column(sa.Column(name, sa.String(), server_default="", nullable=False))
    op.create_table(
        "floor_spans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("board", sa.String(), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("began_at", types.UtcDateTime(), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.Column("seen_at", types.UtcDateTime(), nullable=False),
        sa.Column("cut", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_floor_spans_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor_spans")),
    )
    op.create_index("ix_floor_spans_user_began", "floor_spans", ["user_id", "began_at"])
    op.create_index("ix_floor_spans_began", "floor_spans", ["began_at"])
    op.create_index("ix_floor_spans_open", "floor_spans", ["ended_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("floor_spans")
    with op.batch_alter_table("users") as table:
        for name in _NEW:
            table.drop_column(name)
