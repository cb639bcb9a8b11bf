"""What a caught fact hangs on and whether it was confirmed; mismatches; how calls were spoken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workstation.store import types

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    """SQLite gives row ids automatically to INTEGER PRIMARY KEY only."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _of_call(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f(f"fk_{table}_call_id_calls"))


def upgrade() -> None:
    """Add the columns and create the tables."""
    with op.batch_alter_table("caught") as table:
        for name in ("conditional", "confirmed"):
            table.add_column(sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
        table.add_column(sa.Column("who", sa.String(), server_default="", nullable=False))
    op.create_table(
        "mismatches",
        sa.Column("id", _id(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("disposition", sa.String(), nullable=False),
        sa.Column("second", sa.Double(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("stands", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mismatches")),
        sa.UniqueConstraint("call_id", "kind", name=op.f("uq_mismatches_call_id_kind")),
        _of_call("mismatches"),
    )
    op.create_index(op.f("ix_mismatches_call_id"), "mismatches", ["call_id"])
    op.create_table(
        "talks",
        sa.Column("call_id", sa.String(), nullable=False),
        *(
            sa.Column(name, sa.Double(), nullable=False)
            for name in (
                "seconds",
                "agent_seconds",
                "debtor_seconds",
                "overlap_seconds",
                "dead_air_seconds",
                "longest_dead_air",
                "longest_dead_air_at",
            )
        ),
        sa.Column("agent_interruptions", sa.BigInteger(), nullable=False),
        sa.Column("debtor_interruptions", sa.BigInteger(), nullable=False),
        sa.Column("agent_pace", sa.Double(), nullable=False),
        sa.Column("debtor_pace", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_talks")),
        _of_call("talks"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("talks")
    op.drop_index(op.f("ix_mismatches_call_id"), table_name="mismatches")
    op.drop_table("mismatches")
    with op.batch_alter_table("caught") as table:
        for name in ("who", "confirmed", "conditional"):
            table.drop_column(name)
