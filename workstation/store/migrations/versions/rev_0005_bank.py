"""Money on bank statements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workstation.store import types

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    """SQLite gives row ids automatically to INTEGER PRIMARY KEY only."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table of bank receipts."""
    op.create_table(
        "bank_receipts",
        sa.Column("id", _id(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("payer", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("suggestions", types.JsonText(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("payment_id", _id(), nullable=True),
        sa.Column("decided_by", _id(), nullable=True),
        sa.Column("decided_at", types.UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_bank_receipts_payment_id_payments")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_bank_receipts_decided_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_receipts")),
        sa.UniqueConstraint("key", name=op.f("uq_bank_receipts_key")),
    )
    op.create_index("ix_bank_receipts_waiting", "bank_receipts", ["state", "booked_on"])


def downgrade() -> None:
    """Drop the table of bank receipts."""
    op.drop_table("bank_receipts")
