"""The stages: invoice stages, their events, actions, treatments, runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workstation.store import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    """SQLite gives row ids automatically to INTEGER PRIMARY KEY only."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    """Create the tables of the stages."""
    op.create_table(
        "invoice_stages",
        sa.Column("invoice_id", _id(), autoincrement=False, nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("stage", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("parked", sa.String(), nullable=False),
        sa.Column("taken_over", sa.Boolean(), nullable=False),
        sa.Column("facts", types.JsonText(), nullable=False),
        sa.Column("waived", types.JsonText(), nullable=False),
        _refers("invoice_stages", "invoice_id", "invoices"),
        _refers("invoice_stages", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("invoice_id", name=op.f("pk_invoice_stages")),
    )
    op.create_index(op.f("ix_invoice_stages_account_id"), "invoice_stages", ["account_id"])
    op.create_table(
        "stage_events",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("invoice_id", _id(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("stage", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("recorded_at", types.UtcDateTime(), nullable=False),
        _refers("stage_events", "account_id", "accounts"),
        _refers("stage_events", "invoice_id", "invoices"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_events")),
    )
    op.create_index(op.f("ix_stage_events_account_id"), "stage_events", ["account_id"])
    op.create_table(
        "stage_actions",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("stage", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("tone", sa.String(), nullable=False),
        sa.Column("form", sa.Boolean(), nullable=False),
        sa.Column("invoice_ids", types.JsonText(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("message_id", _id(), nullable=True),
        sa.Column("planned_at", types.UtcDateTime(), nullable=False),
        _refers("stage_actions", "account_id", "accounts"),
        _refers("stage_actions", "message_id", "messages"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_actions")),
    )
    op.create_index("ix_stage_actions_account", "stage_actions", ["account_id", "on"])
    op.create_index("ix_stage_actions_state", "stage_actions", ["state", "channel"])
    op.create_table(
        "account_treatments",
        sa.Column("account_id", _id(), autoincrement=False, nullable=False),
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("strategy", sa.String(), nullable=False),
        sa.Column("segment_reasons", types.JsonText(), nullable=False),
        sa.Column("reasons", types.JsonText(), nullable=False),
        sa.Column("last_run_on", sa.Date(), nullable=False),
        _refers("account_treatments", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_treatments")),
    )
    op.create_table(
        "stage_runs",
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("started_at", types.UtcDateTime(), nullable=False),
        sa.Column("finished_at", types.UtcDateTime(), nullable=True),
        sa.Column("counts", types.JsonText(), nullable=False),
        sa.PrimaryKeyConstraint("on", name=op.f("pk_stage_runs")),
    )
    _guard("stage_events")


def _guard(table: str) -> None:
    """Forbid UPDATE and DELETE; on PostgreSQL with the function that the first schema made."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Drop the tables of the stages."""
    for table in ("stage_runs", "account_treatments", "stage_actions", "stage_events", "invoice_stages"):
        op.drop_table(table)
