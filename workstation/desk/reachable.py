"""Where people can be written to: mail addresses and postal addresses, in the form they are kept."""

from __future__ import annotations

import re
from collections.abc import Iterable

from workstation.desk.book import InvalidEntry

MAX_ADDRESS_LINES = 6
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def check_address(text: str, what: str = "the mail address") -> str:
    """Return a mail address as it goes to a server: its domain in ASCII. Raises InvalidEntry."""
    address = text.strip()
    local, at, domain = address.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_domain = ""
    labels = ascii_domain.split(".")
    sound = at and _LOCAL.fullmatch(local) and len(labels) > 1 and all(_LABEL.fullmatch(x) for x in labels)
    if not sound or len(local) > 64 or len(ascii_domain) > 253:
        raise InvalidEntry(f"{what} {text!r} is not one that can be written to: enter name@domain")
    return f"{local}@{ascii_domain}"


def address_lines(lines: Iterable[str]) -> tuple[str, ...]:
    """Return a postal address as it is printed. Raises ValueError: no lines, too many, or too long."""
    kept = tuple(joined for line in lines if (joined := " ".join(line.split())))
    if not 1 <= len(kept) <= MAX_ADDRESS_LINES or any(len(line) > 60 for line in kept):
        raise ValueError(f"a postal address has 1 to {MAX_ADDRESS_LINES} lines of at most 60 characters each")
    return kept
