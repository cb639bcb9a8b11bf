"""The post: outbox, postal addresses, payment links."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workstation.store import types
from workstation.store.migrations.guards import add_guards

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    """SQLite gives row ids automatically to INTEGER PRIMARY KEY only."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables of the post."""
    op.create_table(
        "outbox",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("party_id", _id(), nullable=False),
        sa.Column("user_id", _id(), nullable=False),
        sa.Column("message_row_id", _id(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("template_digest", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("sender_name", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("queued_at", types.UtcDateTime(), nullable=False),
        sa.Column("next_try_at", types.UtcDateTime(), nullable=True),
        sa.Column("claim_token", sa.String(), nullable=False),
        sa.Column("claimed_at", types.UtcDateTime(), nullable=True),
        sa.Column("attempt_id", _id(), nullable=True),
        sa.Column("sent_at", types.UtcDateTime(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_outbox_account_id_accounts")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_outbox_party_id_parties")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_outbox_user_id_users")),
        sa.ForeignKeyConstraint(
            ["message_row_id"], ["messages.id"], name=op.f("fk_outbox_message_row_id_messages")
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_outbox_decision_id_decisions")
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_outbox_attempt_id_attempts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    op.create_index(op.f("ix_outbox_account_id"), "outbox", ["account_id"])
    op.create_index(op.f("ix_outbox_party_id"), "outbox", ["party_id"])
    op.create_index("ix_outbox_due", "outbox", ["state", "next_try_at"])
    op.create_table(
        "outbox_steps",
        sa.Column("id", _id(), nullable=False),
        sa.Column("outbox_id", _id(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_outbox_steps_outbox_id_outbox")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_steps")),
    )
    op.create_index(op.f("ix_outbox_steps_outbox_id"), "outbox_steps", ["outbox_id"])
    op.create_table(
        "postal_addresses",
        sa.Column("party_id", _id(), autoincrement=False, nullable=False),
        sa.Column("lines", types.JsonText(), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(), nullable=False),
        sa.Column("changed_by", _id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["party_id"], ["parties.id"], name=op.f("fk_postal_addresses_party_id_parties")
        ),
        sa.ForeignKeyConstraint(
            ["changed_by"], ["users.id"], name=op.f("fk_postal_addresses_changed_by_users")
        ),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_postal_addresses")),
    )
    op.create_table(
        "payment_links",
        sa.Column("id", _id(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("invoice_id", _id(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_ref", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("paid_at", types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_payment_links_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_payment_links_invoice_id_invoices")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_links")),
        sa.UniqueConstraint("reference", name=op.f("uq_payment_links_reference")),
    )
    op.create_index(op.f("ix_payment_links_account_id"), "payment_links", ["account_id"])
    op.create_index(op.f("ix_payment_links_invoice_id"), "payment_links", ["invoice_id"])
    op.create_table(
        "link_receipts",
        sa.Column("id", _id(), nullable=False),
        sa.Column("link_id", _id(), nullable=False),
        sa.Column("provider_payment", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("payment_id", _id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["payment_links.id"], name=op.f("fk_link_receipts_link_id_payment_links")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_link_receipts_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_receipts")),
        sa.UniqueConstraint(
            "link_id", "provider_payment", name=op.f("uq_link_receipts_link_id_provider_payment")
        ),
    )
    if op.get_bind().dialect.name == "sqlite":
        add_guards("outbox_steps")
    else:  # the function is there since the first schema
        op.execute(
            "CREATE TRIGGER outbox_steps_append_only BEFORE UPDATE OR DELETE ON outbox_steps "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    """Drop the tables of the post."""
    for table in ("link_receipts", "payment_links", "postal_addresses", "outbox_steps", "outbox"):
        op.drop_table(table)
