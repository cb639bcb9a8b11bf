"""What a private Asterisk is to offer: its phones, where calls go out, and in which codecs."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, fields

from dialer.asterisk.addresses import HostPort
from dialer.asterisk.errors import SettingsError

CODECS = ("g722", "slin16", "ulaw", "alaw")
"""Wideband first: an 8 kHz leg costs the recogniser a large part of its words."""
_EXTENSION = re.compile(r"[0-9]{2,8}")
_RESERVED = {"600"}  # the echo test


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one instance; SettingsError when a value could not be written into a configuration."""

    phones: tuple[str, ...] = ("1001", "1002")
    """Extensions, digits only; each is also the phone's SIP user name."""
    carrier: HostPort | None = None
    """Where calls go out by SIP over UDP, and the only address calls come in from. An IP address."""
    practice: HostPort | None = None
    """The practice line's AudioSocket server. An IP address."""
    codecs: tuple[str, ...] = CODECS

    def __post_init__(self) -> None:
        for extension in self.phones:
            if not _EXTENSION.fullmatch(extension) or extension in _RESERVED:
                raise SettingsError(
                    f"a phone's extension is 2 to 8 digits and not 600 (the echo test): {extension!r}"
                )
        if len(set(self.phones)) != len(self.phones):
            raise SettingsError(f"an extension is listed twice: {', '.join(self.phones)}")
        for codec in self.codecs:
            if codec not in CODECS:
                raise SettingsError(f"unknown codec {codec!r}; known: {', '.join(CODECS)}")
        if not self.codecs:
            raise SettingsError("at least one codec is needed")
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, HostPort):
                _check_address(field.name, value)


def _check_address(name: str, address: HostPort) -> None:
    try:
        ipaddress.ip_address(address.host)
    except ValueError:
        raise SettingsError(f"the {name}'s host is not an IP address: {address.host!r}") from None
    if not 0 < address.port < 65536:
        raise SettingsError(f"the {name}'s port is not between 1 and 65535: {address.port}")
