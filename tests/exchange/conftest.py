"""Fixtures of the post, for the tests of this room."""

from __future__ import annotations

from tests.fixtures.post import mail_server, now, server_tls, writable, writable_anywhere

__all__ = ["mail_server", "now", "server_tls", "writable", "writable_anywhere"]
