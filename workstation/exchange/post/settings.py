"""Settings of the post: who writes, through which server, and how people can pay."""

from __future__ import annotations

from typing import Literal

import msgspec


class SmtpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mail server that takes our mails. The password is not here: it lies in a file of its own."""

    host: str = ""
    port: int = 587
    security: Literal["starttls", "implicit", "none"] = "starttls"
    """``implicit``: TLS from the first byte (usually port 465); ``none``: only to this machine itself."""
    username: str = ""
    """Empty: no authentication."""
    timeout_seconds: float = 30.0
    ca_file: str = ""
    """PEM file of the authorities to trust; empty means the system's."""
    local_name: str = ""
    """What we call ourselves in EHLO; empty means this machine's name."""


class PostSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who writes, and how people can pay."""

    sender_name: str = ""
    """Shown beside the address; empty means the account's company."""
    sender_address: str = ""
    """Where mails come from, and where bounces go."""
    reply_to: str = ""
    opt_out: str = ""
    """Address to which people write to get no more mails; required where the profile asks for an opt-out."""
    letterhead: tuple[str, ...] = ()
    """Lines of our postal address, below the company's name."""
    page: Literal["letter", "a4"] = "letter"
    bank: dict[str, str] = {}
    """Bank details in the order they are printed: what each is called, and what it is."""
    smtp: SmtpSettings = SmtpSettings()
