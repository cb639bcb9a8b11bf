"""What stands beside holds: consents, inconvenient times, notices; authorities, overrides; facts of debts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from workstation.store import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _debt_facts() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("original_minor", sa.BigInteger(), nullable=True),
        sa.Column("entered_on", sa.Date(), nullable=True),
        sa.Column("natural_person", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("medical", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("loan_account", sa.String(), server_default="", nullable=False),
        sa.Column("default_at_acquisition", sa.Boolean(), nullable=True),
        sa.Column("charged_off_on", sa.Date(), nullable=True),
        sa.Column("time_barred_from", sa.Date(), nullable=True),
    )


def _contact_facts() -> tuple[tuple[str, sa.Column[Any]], ...]:
    return (
        ("attempts", sa.Column("number_kind", sa.String(), server_default="", nullable=False)),
        ("attempts", sa.Column("message", sa.String(), server_default="none", nullable=False)),
        ("conversations", sa.Column("purpose", sa.String(), server_default="collect", nullable=False)),
    )


def _id() -> sa.types.TypeEngine[int]:
    """SQLite gives row ids automatically to INTEGER PRIMARY KEY only."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _by(table: str, *columns: str) -> tuple[sa.ForeignKeyConstraint, ...]:
    return tuple(_refers(table, column, "users") for column in columns)


def upgrade() -> None:
    """Create the tables and add the columns."""
    op.create_table(
        "standing",
        sa.Column("id", _id(), nullable=False),
        sa.Column("party_id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", types.UtcDateTime(), nullable=False),
        sa.Column("until", types.UtcDateTime(), nullable=True),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.Column("detail", types.JsonText(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("second", sa.Double(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("recorded_by", _id(), nullable=True),
        sa.Column("ended_by", _id(), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=False),
        _refers("standing", "party_id", "parties"),
        _refers("standing", "account_id", "accounts"),
        *_by("standing", "recorded_by", "ended_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing")),
    )
    op.create_index("ix_standing_party", "standing", ["party_id", "ended_at"])
    op.create_table(
        "consequence_authorities",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("not_before", types.UtcDateTime(), nullable=False),
        sa.Column("expires", types.UtcDateTime(), nullable=False),
        sa.Column("asked_by", _id(), nullable=False),
        sa.Column("asked_at", types.UtcDateTime(), nullable=False),
        sa.Column("approved_by", _id(), nullable=True),
        sa.Column("approved_at", types.UtcDateTime(), nullable=True),
        sa.Column("revoked_by", _id(), nullable=True),
        sa.Column("revoked_at", types.UtcDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        _refers("consequence_authorities", "account_id", "accounts"),
        *_by("consequence_authorities", "asked_by", "approved_by", "revoked_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consequence_authorities")),
    )
    op.create_index(op.f("ix_consequence_authorities_account_id"), "consequence_authorities", ["account_id"])
    op.create_table(
        "overrides",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("party_id", _id(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("rules", types.JsonText(), nullable=False),
        sa.Column("two_person", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", _id(), nullable=False),
        sa.Column("asked_at", types.UtcDateTime(), nullable=False),
        sa.Column("approved_by", _id(), nullable=True),
        sa.Column("approved_at", types.UtcDateTime(), nullable=True),
        sa.Column("seconded_by", _id(), nullable=True),
        sa.Column("seconded_at", types.UtcDateTime(), nullable=True),
        sa.Column("valid_until", types.UtcDateTime(), nullable=True),
        sa.Column("declined_by", _id(), nullable=True),
        sa.Column("declined_at", types.UtcDateTime(), nullable=True),
        sa.Column("decision_id", sa.String(), nullable=False),
        _refers("overrides", "account_id", "accounts"),
        _refers("overrides", "party_id", "parties"),
        *_by("overrides", "asked_by", "approved_by", "seconded_by", "declined_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
    )
    op.create_index("ix_overrides_waiting", "overrides", ["account_id", "decision_id"])
    for column in _debt_facts():
        op.add_column("debts", column)
    for table, column in _contact_facts():
        op.add_column(table, column)


def downgrade() -> None:
    """Drop them."""
    for table, column in _contact_facts():
        op.drop_column(table, column.name)
    for column in _debt_facts():
        op.drop_column("debts", column.name)
    for table in ("overrides", "consequence_authorities", "standing"):
        op.drop_table(table)
