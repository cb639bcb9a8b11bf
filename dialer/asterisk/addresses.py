"""Where an Asterisk listens and how to sign in. Values only, shared by everything that talks to one."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import NamedTuple


class HostPort(NamedTuple):
    """A host (name or IP address) and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        """``host:port``, with brackets round an IPv6 address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class AmiAddress:
    """The manager interface. `tls` is the client context to use, or None for plain TCP (loopback only)."""

    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AriAddress:
    """The REST interface and its WebSocket, over HTTP on loopback."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
