"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workstation.store import types
from workstation.store.migrations.guards import add_guards

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    """SQLite gives row ids automatically to INTEGER PRIMARY KEY only."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table, the head of the audit log, and the guards of what is append-only."""
    audit_head = op.create_table(
        "audit_head",
        sa.Column("id", _id(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_log",
        sa.Column("seq", _id(), autoincrement=False, nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("detail", types.JsonText(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_log")),
    )
    op.create_table(
        "book_figures",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_book_figures")),
    )
    op.create_table(
        "parties",
        sa.Column("id", _id(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("postal_code", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parties")),
    )
    op.create_table(
        "users",
        sa.Column("id", _id(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("extension", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("wrong_tries", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", types.UtcDateTime(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_table(
        "accounts",
        sa.Column("id", _id(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("party_id", _id(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.Column("credit_limit_minor", sa.BigInteger(), nullable=True),
        sa.Column("stage", sa.BigInteger(), nullable=False),
        sa.Column("stage_since", sa.Date(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_accounts_party_id_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("number", name=op.f("uq_accounts_number")),
    )
    op.create_index(op.f("ix_accounts_party_id"), "accounts", ["party_id"], unique=False)
    op.create_table(
        "phones",
        sa.Column("id", _id(), nullable=False),
        sa.Column("party_id", _id(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("zones", types.JsonText(), nullable=False),
        sa.Column("jurisdictions", types.JsonText(), nullable=False),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("consent_at", types.UtcDateTime(), nullable=True),
        sa.Column("suppressed", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_phones_party_id_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phones")),
        sa.UniqueConstraint("party_id", "number", name=op.f("uq_phones_party_id_number")),
    )
    op.create_index(op.f("ix_phones_number"), "phones", ["number"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("id", _id(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("party_id", _id(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("debt_ids", types.JsonText(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("exempt", sa.Boolean(), nullable=False),
        sa.Column("right_party", sa.Boolean(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_attempts_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_attempts_party_id_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_account_id"), "attempts", ["account_id"], unique=False)
    op.create_index(op.f("ix_attempts_call_id"), "attempts", ["call_id"], unique=False)
    op.create_index("ix_attempts_party_at", "attempts", ["party_id", "at"], unique=False)
    op.create_table(
        "callbacks",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("party_id", _id(), nullable=True),
        sa.Column("due_at", types.UtcDateTime(), nullable=False),
        sa.Column("user_id", _id(), nullable=True),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(), nullable=False),
        sa.Column("done_at", types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_callbacks_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_callbacks_party_id_parties")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_callbacks_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callbacks")),
    )
    op.create_index(op.f("ix_callbacks_account_id"), "callbacks", ["account_id"], unique=False)
    op.create_index("ix_callbacks_open", "callbacks", ["done_at", "due_at"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("party_id", _id(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_contacts_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_contacts_party_id_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("account_id", "party_id", name=op.f("uq_contacts_account_id_party_id")),
    )
    op.create_index(op.f("ix_contacts_party_id"), "contacts", ["party_id"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("id", _id(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("party_id", _id(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("debt_ids", types.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_conversations_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_conversations_party_id_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    op.create_index(op.f("ix_conversations_account_id"), "conversations", ["account_id"], unique=False)
    op.create_index(op.f("ix_conversations_call_id"), "conversations", ["call_id"], unique=False)
    op.create_index("ix_conversations_party_at", "conversations", ["party_id", "at"], unique=False)
    op.create_table(
        "debts",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_debts_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debts")),
    )
    op.create_index(op.f("ix_debts_account_id"), "debts", ["account_id"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("permitted", sa.Boolean(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("party_id", _id(), nullable=False),
        sa.Column("collector_id", _id(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("valid_until", types.UtcDateTime(), nullable=True),
        sa.Column("retry_at", types.UtcDateTime(), nullable=True),
        sa.Column("facts", types.JsonText(), nullable=False),
        sa.Column("checks", types.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_decisions_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["collector_id"], ["users.id"], name=op.f("fk_decisions_collector_id_users")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_decisions_party_id_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_account_id"), "decisions", ["account_id"], unique=False)
    op.create_table(
        "leases",
        sa.Column("account_id", _id(), autoincrement=False, nullable=False),
        sa.Column("user_id", _id(), nullable=False),
        sa.Column("until", types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_leases_account_id_accounts")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_leases_user_id_users")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_leases")),
    )
    op.create_index(op.f("ix_leases_user_id"), "leases", ["user_id"], unique=False)
    op.create_table(
        "messages",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("party_id", _id(), nullable=True),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("medium", sa.String(), nullable=False),
        sa.Column("inbound", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_messages_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_messages_party_id_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index(op.f("ix_messages_account_id"), "messages", ["account_id"], unique=False)
    op.create_table(
        "notes",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("user_id", _id(), nullable=True),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_notes_account_id_accounts")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_notes_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index(op.f("ix_notes_account_id"), "notes", ["account_id"], unique=False)
    op.create_table(
        "payments",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_payments_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
    )
    op.create_index(op.f("ix_payments_account_id"), "payments", ["account_id"], unique=False)
    op.create_table(
        "promises",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("party_id", _id(), nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("made_at", types.UtcDateTime(), nullable=False),
        sa.Column("user_id", _id(), nullable=True),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("second", sa.Double(), nullable=True),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("replaced_at", types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_promises_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_promises_party_id_parties")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_promises_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    op.create_index(op.f("ix_promises_account_id"), "promises", ["account_id"], unique=False)
    op.create_table(
        "queue_entries",
        sa.Column("account_id", _id(), autoincrement=False, nullable=False),
        sa.Column("tier", sa.BigInteger(), nullable=False),
        sa.Column("order_key", sa.Float(), nullable=False),
        sa.Column("window_from", types.UtcDateTime(), nullable=True),
        sa.Column("window_until", types.UtcDateTime(), nullable=True),
        sa.Column("stale_at", types.UtcDateTime(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("open_to_all_at", types.UtcDateTime(), nullable=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("due_minor", sa.BigInteger(), nullable=False),
        sa.Column("oldest_due", sa.Date(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("reasons", types.JsonText(), nullable=False),
        sa.Column("refusal", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_queue_entries_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_queue_entries")),
    )
    op.create_index(
        "ix_queue_later", "queue_entries", ["window_from", "tier", "order_key", "account_id"], unique=False
    )
    op.create_index("ix_queue_stale", "queue_entries", ["stale_at"], unique=False)
    op.create_index(
        "ix_queue_work",
        "queue_entries",
        [
            "tier",
            "order_key",
            "account_id",
            "window_from",
            "window_until",
            "owner_id",
            "open_to_all_at",
            "stale_at",
        ],
        unique=False,
    )
    op.create_table(
        "search_words",
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_search_words_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("word", "account_id", name=op.f("pk_search_words")),
    )
    op.create_index(op.f("ix_search_words_account_id"), "search_words", ["account_id"], unique=False)
    op.create_table(
        "stage_steps",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("stage", sa.BigInteger(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_stage_steps_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_steps")),
    )
    op.create_index(op.f("ix_stage_steps_account_id"), "stage_steps", ["account_id"], unique=False)
    op.create_table(
        "calls",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("party_id", _id(), nullable=False),
        sa.Column("phone_id", _id(), nullable=True),
        sa.Column("collector_id", _id(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("agent_leg", sa.String(), nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("party_name", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reserved_at", types.UtcDateTime(), nullable=False),
        sa.Column("recording_started_at", types.UtcDateTime(), nullable=True),
        sa.Column("talk_started_at", types.UtcDateTime(), nullable=True),
        sa.Column("ended_at", types.UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("conversation", sa.Boolean(), nullable=False),
        sa.Column("talk_seconds", sa.Double(), nullable=False),
        sa.Column("evidence", types.JsonText(), nullable=False),
        sa.Column("recordings", types.JsonText(), nullable=False),
        sa.Column("disposition", sa.String(), nullable=False),
        sa.Column("wrapped_at", types.UtcDateTime(), nullable=True),
        sa.Column("wrap_seconds", sa.Double(), nullable=False),
        sa.Column("judged", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_calls_account_id_accounts")),
        sa.ForeignKeyConstraint(["collector_id"], ["users.id"], name=op.f("fk_calls_collector_id_users")),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_calls_decision_id_decisions")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_calls_party_id_parties")),
        sa.ForeignKeyConstraint(["phone_id"], ["phones.id"], name=op.f("fk_calls_phone_id_phones")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_calls_decision_id")),
    )
    op.create_index(op.f("ix_calls_account_id"), "calls", ["account_id"], unique=False)
    op.create_index("ix_calls_collector", "calls", ["collector_id", "reserved_at"], unique=False)
    op.create_index("ix_calls_open", "calls", ["ended_at"], unique=False)
    op.create_index("ix_calls_unjudged", "calls", ["judged", "ended_at"], unique=False)
    op.create_table(
        "holds",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("party_id", _id(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", types.UtcDateTime(), nullable=False),
        sa.Column("until", types.UtcDateTime(), nullable=True),
        sa.Column("debt_id", _id(), nullable=True),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("medium", sa.String(), nullable=True),
        sa.Column("proposed", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("confirmed_at", types.UtcDateTime(), nullable=True),
        sa.Column("confirmed_by", _id(), nullable=True),
        sa.Column("lifted_at", types.UtcDateTime(), nullable=True),
        sa.Column("lifted_by", _id(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_holds_account_id_accounts")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["users.id"], name=op.f("fk_holds_confirmed_by_users")),
        sa.ForeignKeyConstraint(["debt_id"], ["debts.id"], name=op.f("fk_holds_debt_id_debts")),
        sa.ForeignKeyConstraint(["lifted_by"], ["users.id"], name=op.f("fk_holds_lifted_by_users")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_holds_party_id_parties")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_account_id"), "holds", ["account_id"], unique=False)
    op.create_index(op.f("ix_holds_party_id"), "holds", ["party_id"], unique=False)
    op.create_table(
        "invoices",
        sa.Column("id", _id(), nullable=False),
        sa.Column("account_id", _id(), nullable=False),
        sa.Column("debt_id", _id(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("issued", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("open_minor", sa.BigInteger(), nullable=False),
        sa.Column("disputed_minor", sa.BigInteger(), nullable=False),
        sa.Column("po_number", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_invoices_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["debt_id"], ["debts.id"], name=op.f("fk_invoices_debt_id_debts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("account_id", "number", name=op.f("uq_invoices_account_id_number")),
    )
    op.create_table(
        "allocations",
        sa.Column("id", _id(), nullable=False),
        sa.Column("payment_id", _id(), nullable=False),
        sa.Column("invoice_id", _id(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoices.id"], name=op.f("fk_allocations_invoice_id_invoices")
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("fk_allocations_payment_id_payments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
    )
    op.create_index(op.f("ix_allocations_invoice_id"), "allocations", ["invoice_id"], unique=False)
    op.create_index(op.f("ix_allocations_payment_id"), "allocations", ["payment_id"], unique=False)
    op.create_table(
        "call_steps",
        sa.Column("id", _id(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("evidence", types.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_steps_call_id_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_steps")),
    )
    op.create_index(op.f("ix_call_steps_call_id"), "call_steps", ["call_id"], unique=False)
    op.create_table(
        "caught",
        sa.Column("id", _id(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("second", sa.Double(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("time_of_day", sa.Time(), nullable=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_caught_call_id_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caught")),
    )
    op.create_index(op.f("ix_caught_call_id"), "caught", ["call_id"], unique=False)
    op.create_table(
        "excuses_heard",
        sa.Column("id", _id(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("excuse_id", sa.String(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("second", sa.Double(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_excuses_heard_call_id_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_excuses_heard")),
    )
    op.create_index(op.f("ix_excuses_heard_call_id"), "excuses_heard", ["call_id"], unique=False)
    op.create_table(
        "findings",
        sa.Column("id", _id(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=False),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("rule_version", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("citation", sa.String(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("words", types.JsonText(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("hold", sa.String(), nullable=True),
        sa.Column("advice", sa.String(), nullable=False),
        sa.Column("hold_id", _id(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_findings_call_id_calls")),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_findings_hold_id_holds")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
    )
    op.create_index(op.f("ix_findings_call_id"), "findings", ["call_id"], unique=False)
    op.create_table(
        "gaps",
        sa.Column("id", _id(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=True),
        sa.Column("filled", sa.Boolean(), nullable=False),
        sa.Column("unheard", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_gaps_call_id_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
    )
    op.create_index(op.f("ix_gaps_call_id"), "gaps", ["call_id"], unique=False)
    op.create_index(op.f("ix_gaps_filled"), "gaps", ["filled"], unique=False)
    op.create_table(
        "segments",
        sa.Column("id", _id(), nullable=False),
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", types.JsonText(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_segments_call_id_calls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
    )
    op.create_index("ix_segments_call_start", "segments", ["call_id", "start"], unique=False)
    op.bulk_insert(audit_head, [{"id": 1, "seq": 0, "digest": "0" * 64}])
    add_guards("audit_log", "decisions", "call_steps", "notes")


def downgrade() -> None:
    """There is nothing before the first schema; dropping the book is not done by a migration."""
    raise NotImplementedError("the first schema cannot be taken back: remove the database instead")
