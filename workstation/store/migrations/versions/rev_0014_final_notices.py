"""Final-notice sessions: waivers, reconciliations, sessions with their calls, deadlines; strategy versions.

A deadline's day and instant cannot be changed: a trigger refuses it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workstation.store import types

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_FIXED = ("session_id", "account_id", "given_at", "day", "at", "zone", "acts_on", "consequence")
"""Columns of a deadline that stay as they were given."""


def _id() -> sa.types.TypeEngine[int]:
    """SQLite gives row ids automatically to INTEGER PRIMARY KEY only."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _refer(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name)


def upgrade() -> None:
    """Create the tables and the guard."""
    op.create_table(
        "final_sessions",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("user_id", _id(), nullable=False),
        sa.Column("begun_at", types.UtcDateTime(), nullable=False),
        sa.Column("checks", types.JsonText(), nullable=False),
        sa.Column("authority_id", _id(), nullable=False),
        sa.Column("demand_minor", sa.BigInteger(), nullable=False),
        sa.Column("stopped_at", types.UtcDateTime(), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("read_back", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("plan_id", _id(), nullable=True),
        sa.Column("settlement_id", _id(), nullable=True),
        sa.Column("confirmed_at", types.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_final_sessions")),
        _refer("final_sessions", "account_id", "accounts"),
        _refer("final_sessions", "user_id", "users"),
        _refer("final_sessions", "authority_id", "consequence_authorities"),
        _refer("final_sessions", "plan_id", "plans"),
        _refer("final_sessions", "settlement_id", "settlements"),
    )
    op.create_index("ix_final_sessions_account", "final_sessions", ["account_id", "ended_at"])
    op.create_table(
        "final_waivers",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("check_id", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("user_id", _id(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("session_id", _id(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_final_waivers")),
        _refer("final_waivers", "account_id", "accounts"),
        _refer("final_waivers", "user_id", "users"),
        _refer("final_waivers", "session_id", "final_sessions"),
    )
    op.create_index(op.f("ix_final_waivers_account_id"), "final_waivers", ["account_id"])
    op.create_table(
        "final_reconciliations",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("user_id", _id(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_final_reconciliations")),
        _refer("final_reconciliations", "account_id", "accounts"),
        _refer("final_reconciliations", "user_id", "users"),
    )
    op.create_index(op.f("ix_final_reconciliations_account_id"), "final_reconciliations", ["account_id"])
    op.create_table(
        "final_calls",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("session_id", _id(), nullable=False),
        sa.Column("stage", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_final_calls")),
        _refer("final_calls", "call_id", "calls"),
        _refer("final_calls", "session_id", "final_sessions"),
    )
    op.create_index(op.f("ix_final_calls_session_id"), "final_calls", ["session_id"])
    op.create_table(
        "final_deadlines",
        sa.Column("id", _id(), nullable=False),
        sa.Column("session_id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("given_by", _id(), nullable=False),
        sa.Column("given_at", types.UtcDateTime(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("acts_on", sa.Date(), nullable=False),
        sa.Column("authority_id", _id(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("consequence", sa.Text(), nullable=False),
        sa.Column("demand_minor", sa.BigInteger(), nullable=False),
        sa.Column("invoice_ids", types.JsonText(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_at", types.UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", _id(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_final_deadlines")),
        sa.UniqueConstraint("session_id", name=op.f("uq_final_deadlines_session_id")),
        _refer("final_deadlines", "session_id", "final_sessions"),
        _refer("final_deadlines", "account_id", "accounts"),
        _refer("final_deadlines", "given_by", "users"),
        _refer("final_deadlines", "authority_id", "consequence_authorities"),
        _refer("final_deadlines", "decided_by", "users"),
    )
    op.create_index(op.f("ix_final_deadlines_account_id"), "final_deadlines", ["account_id"])
    op.create_index("ix_final_deadlines_state", "final_deadlines", ["state", "at"])
    _fix_deadlines()
    op.create_table(
        "strategy_versions",
        sa.Column("id", _id(), nullable=False),
        sa.Column("strategy_id", sa.String(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("user_id", _id(), nullable=False),
        sa.Column("saved_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_strategy_versions")),
        _refer("strategy_versions", "user_id", "users"),
    )
    op.create_index("ix_strategy_versions_strategy", "strategy_versions", ["strategy_id", "effective_on"])


def _fix_deadlines() -> None:
    columns = ", ".join(f'"{name}"' for name in _FIXED)
    words = "a deadline that was given is never moved"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER final_deadlines_fixed BEFORE UPDATE OF {columns} ON final_deadlines "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_moving() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{words}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER final_deadlines_fixed BEFORE UPDATE OF {columns} ON final_deadlines "
        "FOR EACH ROW EXECUTE FUNCTION refuse_moving()"
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("strategy_versions")
    on = "" if op.get_bind().dialect.name == "sqlite" else " ON final_deadlines"
    op.execute(f"DROP TRIGGER final_deadlines_fixed{on}")
    if on:
        op.execute("DROP FUNCTION refuse_moving()")
    op.drop_table("final_deadlines")
    op.drop_table("final_calls")
    op.drop_table("final_reconciliations")
    op.drop_table("final_waivers")
    op.drop_table("final_sessions")
