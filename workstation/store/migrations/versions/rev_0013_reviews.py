"""Reviews of calls: steps, verdicts and coaching, append-only; locks; script lines heard."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workstation.store import types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_GUARDED = ("review_steps", "review_verdicts", "coaching", "coaching_seen")


def _id() -> sa.types.TypeEngine[int]:
    """SQLite gives row ids automatically to INTEGER PRIMARY KEY only."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    """Create the tables and the guards of what is append-only."""
    op.create_table(
        "review_steps",
        sa.Column("id", _id(), nullable=False),
        *_text("call_id"),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("user_id", _id(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        *_text("act"),
        sa.Column("detail", types.JsonText(), nullable=False),
        _refers("review_steps", "call_id", "calls"),
        _refers("review_steps", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_steps")),
    )
    op.create_table(
        "review_verdicts",
        sa.Column("id", _id(), nullable=False),
        *_text("call_id"),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("user_id", _id(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        *_text("target", "judged", "rule_id", "rule_version"),
        sa.Column("reason", sa.Text(), nullable=False),
        *_text("leg"),
        sa.Column("second", sa.Double(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("sampled", sa.Boolean(), nullable=False),
        sa.Column("bad", sa.Boolean(), nullable=False),
        _refers("review_verdicts", "call_id", "calls"),
        _refers("review_verdicts", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_verdicts")),
    )
    op.create_table(
        "review_locks",
        *_text("call_id"),
        sa.Column("user_id", _id(), nullable=False),
        sa.Column("until", types.UtcDateTime(), nullable=False),
        _refers("review_locks", "call_id", "calls"),
        _refers("review_locks", "user_id", "users"),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_review_locks")),
    )
    op.create_table(
        "coaching",
        sa.Column("id", _id(), nullable=False),
        sa.Column("thread", sa.BigInteger(), nullable=False),
        *_text("call_id"),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("author_id", _id(), nullable=False),
        sa.Column("to_id", _id(), nullable=False),
        sa.Column("second", sa.Double(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        _refers("coaching", "call_id", "calls"),
        _refers("coaching", "author_id", "users"),
        _refers("coaching", "to_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coaching")),
    )
    op.create_table(
        "coaching_seen",
        sa.Column("message_id", _id(), autoincrement=False, nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        _refers("coaching_seen", "message_id", "coaching"),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_coaching_seen")),
    )
    op.create_table(
        "lines_said",
        *_text("call_id", "line"),
        sa.Column("second", sa.Double(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        _refers("lines_said", "call_id", "calls"),
        sa.PrimaryKeyConstraint("call_id", "line", name=op.f("pk_lines_said")),
    )
    for table, column in (
        ("review_steps", "call_id"),
        ("review_verdicts", "call_id"),
        ("coaching", "call_id"),
        ("coaching", "thread"),
        ("coaching", "to_id"),
    ):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    for table in _GUARDED:
        _guard(table)


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
    """Drop the tables of the reviews."""
    for table in (
        "lines_said",
        "coaching_seen",
        "coaching",
        "review_locks",
        "review_verdicts",
        "review_steps",
    ):
        op.drop_table(table)
