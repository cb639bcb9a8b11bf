"""The ledger: credits, adjustments, disputes, charges, settlements, plans, line items, related accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workstation.store import types

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    """SQLite gives row ids automatically to INTEGER PRIMARY KEY only."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables and columns, and carry the figures of a released book over as stated by its files."""
    op.create_table(
        "account_links",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("other_id", _id(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_links_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["accounts.id"], name=op.f("fk_account_links_other_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_links")),
        sa.UniqueConstraint(
            "account_id", "other_id", "relation", name=op.f("uq_account_links_account_id_other_id_relation")
        ),
    )
    op.create_index(op.f("ix_account_links_other_id"), "account_links", ["other_id"], unique=False)
    op.create_table(
        "charge_bases",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("rate_bp", sa.BigInteger(), nullable=False),
        sa.Column("grace_days", sa.BigInteger(), nullable=False),
        sa.Column("cap_bp", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("approved_by", _id(), nullable=False),
        sa.Column("recorded_at", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_charge_bases_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["users.id"], name=op.f("fk_charge_bases_approved_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge_bases")),
    )
    op.create_index(op.f("ix_charge_bases_account_id"), "charge_bases", ["account_id"], unique=False)
    op.create_table(
        "credits",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("user_id", _id(), nullable=True),
        sa.Column("recorded_at", types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_credits_account_id_accounts")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_credits_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credits")),
    )
    op.create_index(op.f("ix_credits_account_id"), "credits", ["account_id"], unique=False)
    op.create_table(
        "plans",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_at", types.UtcDateTime(), nullable=False),
        sa.Column("user_id", _id(), nullable=True),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_plans_account_id_accounts")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_plans_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
    )
    op.create_index(op.f("ix_plans_account_id"), "plans", ["account_id"], unique=False)
    op.create_table(
        "instalments",
        sa.Column("id", _id(), nullable=False),
        sa.Column("plan_id", _id(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_instalments_plan_id_plans")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instalments")),
        sa.UniqueConstraint("plan_id", "position", name=op.f("uq_instalments_plan_id_position")),
    )
    op.create_table(
        "settlements",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("balance_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("offered_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("offered_by", _id(), nullable=False),
        sa.Column("approved_by", _id(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("credit_id", _id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_settlements_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["approved_by"], ["users.id"], name=op.f("fk_settlements_approved_by_users")),
        sa.ForeignKeyConstraint(["credit_id"], ["credits.id"], name=op.f("fk_settlements_credit_id_credits")),
        sa.ForeignKeyConstraint(["offered_by"], ["users.id"], name=op.f("fk_settlements_offered_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlements")),
    )
    op.create_index(op.f("ix_settlements_account_id"), "settlements", ["account_id"], unique=False)
    op.create_table(
        "adjustments",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("invoice_id", _id(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_adjustments_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_adjustments_invoice_id_invoices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustments")),
    )
    op.create_index(op.f("ix_adjustments_account_id"), "adjustments", ["account_id"], unique=False)
    op.create_index(op.f("ix_adjustments_invoice_id"), "adjustments", ["invoice_id"], unique=False)
    op.create_table(
        "credit_allocations",
        sa.Column("id", _id(), nullable=False),
        sa.Column("credit_id", _id(), nullable=False),
        sa.Column("invoice_id", _id(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credit_id"], ["credits.id"], name=op.f("fk_credit_allocations_credit_id_credits")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_credit_allocations_invoice_id_invoices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_allocations")),
    )
    op.create_index(
        op.f("ix_credit_allocations_credit_id"), "credit_allocations", ["credit_id"], unique=False
    )
    op.create_index(
        op.f("ix_credit_allocations_invoice_id"), "credit_allocations", ["invoice_id"], unique=False
    )
    op.create_table(
        "disputes",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("invoice_id", _id(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_by", _id(), nullable=True),
        sa.Column("owner_id", _id(), nullable=True),
        sa.Column("answer_due", sa.Date(), nullable=True),
        sa.Column("resolved_on", sa.Date(), nullable=True),
        sa.Column("resolved_by", _id(), nullable=True),
        sa.Column("resolution", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("credit_id", _id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_disputes_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["credit_id"], ["credits.id"], name=op.f("fk_disputes_credit_id_credits")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_disputes_invoice_id_invoices")
        ),
        sa.ForeignKeyConstraint(["opened_by"], ["users.id"], name=op.f("fk_disputes_opened_by_users")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_disputes_owner_id_users")),
        sa.ForeignKeyConstraint(["resolved_by"], ["users.id"], name=op.f("fk_disputes_resolved_by_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
    )
    op.create_index(op.f("ix_disputes_account_id"), "disputes", ["account_id"], unique=False)
    op.create_index(op.f("ix_disputes_invoice_id"), "disputes", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_disputes_owner_id"), "disputes", ["owner_id"], unique=False)
    op.create_table(
        "finance_charges",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("invoice_id", _id(), nullable=False),
        sa.Column("on_invoice_id", _id(), nullable=False),
        sa.Column("basis_id", _id(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_finance_charges_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["basis_id"], ["charge_bases.id"], name=op.f("fk_finance_charges_basis_id_charge_bases")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_finance_charges_invoice_id_invoices")
        ),
        sa.ForeignKeyConstraint(
            ["on_invoice_id"], ["invoices.id"], name=op.f("fk_finance_charges_on_invoice_id_invoices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finance_charges")),
        sa.UniqueConstraint("invoice_id", name=op.f("uq_finance_charges_invoice_id")),
    )
    op.create_index(op.f("ix_finance_charges_account_id"), "finance_charges", ["account_id"], unique=False)
    op.create_index(
        op.f("ix_finance_charges_on_invoice_id"), "finance_charges", ["on_invoice_id"], unique=False
    )
    op.create_table(
        "invoice_lines",
        sa.Column("id", _id(), nullable=False),
        sa.Column("invoice_id", _id(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_invoice_lines_invoice_id_invoices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_lines")),
        sa.UniqueConstraint("invoice_id", "position", name=op.f("uq_invoice_lines_invoice_id_position")),
    )
    op.add_column("allocations", sa.Column("on", sa.Date(), nullable=True))
    op.add_column("invoices", sa.Column("kind", sa.String(), server_default="invoice", nullable=False))
    op.add_column("invoices", sa.Column("terms", sa.String(), server_default="", nullable=False))
    op.add_column("invoices", sa.Column("stated_open_minor", sa.BigInteger(), nullable=True))
    op.add_column("invoices", sa.Column("stated_disputed_minor", sa.BigInteger(), nullable=True))
    op.add_column("notes", sa.Column("author_role", sa.String(), server_default="", nullable=False))
    op.add_column(
        "payments", sa.Column("before_book", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("payments", sa.Column("key", sa.String(), nullable=True))
    op.add_column(
        "payments",
        sa.Column(
            "reverses_id",
            _id(),
            sa.ForeignKey("payments.id", name="fk_payments_reverses_id_payments"),
            nullable=True,
        ),
        inline_references=True,
    )
    op.add_column(
        "payments",
        sa.Column(
            "user_id", _id(), sa.ForeignKey("users.id", name="fk_payments_user_id_users"), nullable=True
        ),
        inline_references=True,
    )
    op.add_column("payments", sa.Column("recorded_at", types.UtcDateTime(), nullable=True))
    op.create_index("ix_payments_key", "payments", ["account_id", "key"], unique=True)

    _carry_over()


def _carry_over() -> None:
    # What was imported partly paid gets the line that explains it, on the day the account was opened here.
    op.execute(
        sa.text(
            """
            INSERT INTO adjustments (account_id, invoice_id, "on", amount_minor, reason)
            SELECT i.account_id, i.id, a.opened_on, i.open_minor - i.amount_minor + coalesce(p.paid, 0),
                   'settled before it came into the book'
            FROM invoices i
            JOIN accounts a ON a.id = i.account_id
            LEFT JOIN (SELECT invoice_id, sum(amount_minor) AS paid FROM allocations GROUP BY invoice_id) p
                   ON p.invoice_id = i.id
            WHERE i.open_minor - i.amount_minor + coalesce(p.paid, 0) <> 0
            """
        )
    )
    op.execute(
        sa.text(
            """
            INSERT INTO disputes (account_id, invoice_id, amount_minor, reason, cause, detail, opened_on,
                                  resolution, answer)
            SELECT i.account_id, i.id, i.disputed_minor, 'other', 'unknown', 'stated by an imported file',
                   a.opened_on, '', ''
            FROM invoices i JOIN accounts a ON a.id = i.account_id
            WHERE i.disputed_minor > 0
            """
        )
    )
    # A payment without any allocation was taken over as history: its invoices came in without it.
    op.execute(
        sa.text(
            "UPDATE payments SET before_book = :yes WHERE id NOT IN (SELECT payment_id FROM allocations)"
        ).bindparams(yes=True)
    )
