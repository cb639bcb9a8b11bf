"""The book's schema, step by step. Alembic is imported only where there is something to do."""

from __future__ import annotations

HEAD = "0014"
"""The newest revision; a test holds it against the files."""
