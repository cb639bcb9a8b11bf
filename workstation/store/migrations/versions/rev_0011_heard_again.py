"""Words heard again after the call, findings they no longer bear out, and an index over all words.

On PostgreSQL the index is over an expression and in step by itself. On SQLite it is FTS5 over a view, kept in
step by triggers on ``segments``: a migration that makes that table anew must make them anew too. Only words
that are shown are in it: a segment that is replaced goes out, a changed text takes the place of the old.
Beside the words each entry has marks of its call (``c`` collector, ``a`` account, ``d`` day and ``w`` 32 days
of the epoch), so that a search among one collector's calls is one search of the index, not a walk over all.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from workstation.store import types

# ruff: noqa: S608 - what is put together here are constants of this file
revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_DAY_US = 86_400_000_000
_MARKS = (
    "'c' || c.collector_id || ' a' || c.account_id || "
    f"' d' || (c.reserved_at / {_DAY_US}) || ' w' || (c.reserved_at / {32 * _DAY_US})"
)
_ADD = (
    f"INSERT INTO segment_words(rowid, text, marks) SELECT NEW.id, NEW.text, {_MARKS} "
    "FROM calls c WHERE c.id = NEW.call_id AND NEW.replaced_at IS NULL;"
)
_TAKE_OUT = (
    "INSERT INTO segment_words(segment_words, rowid, text, marks) "
    f"SELECT 'delete', OLD.id, OLD.text, {_MARKS} "
    "FROM calls c WHERE c.id = OLD.call_id AND OLD.replaced_at IS NULL;"
)
_SQLITE = (
    "CREATE VIEW segment_texts AS "
    f"SELECT s.id AS id, s.text AS text, {_MARKS} AS marks FROM segments s "
    "JOIN calls c ON c.id = s.call_id WHERE s.replaced_at IS NULL",
    "CREATE VIRTUAL TABLE segment_words USING fts5(text, marks, content='segment_texts', "
    "content_rowid='id', tokenize='unicode61 remove_diacritics 0')",
    f"CREATE TRIGGER segment_words_added AFTER INSERT ON segments BEGIN {_ADD} END",
    f"CREATE TRIGGER segment_words_gone AFTER DELETE ON segments BEGIN {_TAKE_OUT} END",
    # One trigger for both: the order of two is not laid down, and the old words must go first.
    "CREATE TRIGGER segment_words_changed AFTER UPDATE OF text, replaced_at ON segments "
    f"BEGIN {_TAKE_OUT} {_ADD} END",
    "INSERT INTO segment_words(segment_words) VALUES('rebuild')",
)
_SQLITE_GONE = (
    "DROP TRIGGER segment_words_added",
    "DROP TRIGGER segment_words_gone",
    "DROP TRIGGER segment_words_changed",
    "DROP TABLE segment_words",
    "DROP VIEW segment_texts",
)


def upgrade() -> None:
    """Add what the thorough pass keeps, and index the words there are."""
    op.add_column("segments", sa.Column("replaced_at", types.UtcDateTime(), nullable=True))
    op.add_column("findings", sa.Column("superseded_at", types.UtcDateTime(), nullable=True))
    op.create_index("ix_findings_rule", "findings", ["rule_id", "call_id"])
    op.create_table(
        "hearings",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("at", types.UtcDateTime(), nullable=True),
        sa.Column("engine", sa.String(), nullable=False),
        sa.Column("legs", types.JsonText(), nullable=False),
        sa.Column("cpu_seconds", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_hearings_call_id_calls")),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_hearings")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE:
            op.execute(statement)
    else:
        op.execute(
            "CREATE INDEX ix_segments_words ON segments USING gin (to_tsvector('simple', text)) "
            "WHERE replaced_at IS NULL"
        )


def downgrade() -> None:
    """Drop them; the words first heard are shown again."""
    if op.get_bind().dialect.name == "sqlite":
        for statement in _SQLITE_GONE:
            op.execute(statement)
    else:
        op.execute("DROP INDEX ix_segments_words")
    op.execute("DELETE FROM segments WHERE source = 'thorough'")
    op.drop_table("hearings")
    op.drop_index("ix_findings_rule", table_name="findings")
    with op.batch_alter_table("findings") as table:
        table.drop_column("superseded_at")
    with op.batch_alter_table("segments") as table:
        table.drop_column("replaced_at")
