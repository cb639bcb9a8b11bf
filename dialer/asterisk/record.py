"""What an instance keeps between starts: settings, ports and secrets, in ``instance.toml`` (mode 0600)."""

from __future__ import annotations

import json
import os
import random
import secrets
import socket
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from dialer.asterisk.addresses import HostPort
from dialer.asterisk.errors import SettingsError
from dialer.asterisk.settings import Settings

FILE = "instance.toml"
AMI_USER = "dunline"
ARI_USER = "dunline"
_RTP_PORTS = 2000
"""Two a leg (media and its control): 250 calls of two SIP legs with room to spare."""
_LOWEST = 12000
_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


class Ports(msgspec.Struct, frozen=True):
    """Loopback ports of one instance."""

    ami: int
    http: int
    sip: int
    rtp_first: int
    rtp_last: int


class Secrets(msgspec.Struct, frozen=True):
    """Made for this instance, known to nobody else."""

    ami: str
    ari: str
    phones: dict[str, str]

    def __repr__(self) -> str:
        """Nothing secret: this ends up in logs."""
        return "Secrets(...)"


class Installed(msgspec.Struct, frozen=True):
    """Which Asterisk runs it."""

    version: str
    command: tuple[str, ...]
    modules: str
    data: str


class SavedSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """`Settings` as the file spells them; an empty host stands for none."""

    phones: tuple[str, ...]
    codecs: tuple[str, ...]
    carrier: str = ""
    carrier_port: int = 0
    practice: str = ""
    practice_port: int = 0

    @classmethod
    def of(cls, settings: Settings) -> SavedSettings:
        """Spell out `settings`."""
        carrier, practice = settings.carrier or HostPort("", 0), settings.practice or HostPort("", 0)
        return cls(settings.phones, settings.codecs, *carrier, *practice)

    def settings(self) -> Settings:
        """Read back; raises SettingsError for a value changed by hand into something unusable."""
        return Settings(
            phones=self.phones,
            carrier=HostPort(self.carrier, self.carrier_port) if self.carrier else None,
            practice=HostPort(self.practice, self.practice_port) if self.practice else None,
            codecs=self.codecs,
        )


class Record(msgspec.Struct, frozen=True):
    """Everything in ``instance.toml``."""

    run: str
    """Directory of the control socket and the pid file: short, because a Unix socket's path must be."""
    installed: Installed
    settings: SavedSettings
    ports: Ports
    secrets: Secrets


def load(home: Path) -> Record:
    """Read the record of the instance in `home`; SettingsError when it is absent or damaged."""
    path = home / FILE
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Record, strict=True)
    except FileNotFoundError:
        raise SettingsError(f"there is no Asterisk instance in {home} ({FILE} is missing)") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}. Remove the file to have a new instance made.") from error


def save(home: Path, record: Record) -> None:
    """Write the record: a reader sees the old or the new one, and other users see neither."""
    tree: dict[str, Any] = msgspec.to_builtins(record)
    write_private(home / FILE, "# A private Asterisk. Written by Dunline; holds secrets.\n" + _toml(tree))


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600, atomically."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _toml(table: Mapping[str, Any], path: str = "") -> str:
    """TOML of the few types a record is made of (a JSON string is a TOML string)."""
    plain = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    text = "".join(
        f"{json.dumps(key)} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in plain.items()
    )
    for key, value in table.items():
        if isinstance(value, Mapping):
            name = f"{path}.{json.dumps(key)}" if path else json.dumps(key)
            text += f"\n[{name}]\n{_toml(value, name)}"
    return text


def new_secrets(settings: Settings, before: Secrets | None = None) -> Secrets:
    """Make secrets, keeping those that exist so that registered phones stay registered."""
    kept = before.phones if before else {}
    return Secrets(
        ami=before.ami if before else secrets.token_urlsafe(24),
        ari=before.ari if before else secrets.token_urlsafe(24),
        phones={extension: kept.get(extension) or secrets.token_urlsafe(18) for extension in settings.phones},
    )


def new_ports() -> Ports:
    """Choose free ports below the range the kernel hands to outgoing connections, so that they stay free."""
    top = _highest()
    taken: set[int] = set()

    def free(kind: socket.SocketKind) -> int:
        for _ in range(500):
            port = random.randrange(_LOWEST, top)  # noqa: S311  a port is not a secret
            if port not in taken and is_free(kind, port):
                taken.add(port)
                return port
        raise SettingsError(f"no free port on 127.0.0.1 between {_LOWEST} and {top}")

    # Overlap with another instance's media ports is harmless: Asterisk tries the next one of the range.
    first = random.randrange(_LOWEST, top - _RTP_PORTS) // 2 * 2  # noqa: S311
    tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
    return Ports(
        ami=free(tcp), http=free(tcp), sip=free(udp), rtp_first=first, rtp_last=first + _RTP_PORTS - 1
    )


def still_free(ports: Ports) -> bool:
    """Tell whether nothing else listens on the ports of an instance that is down."""
    tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
    return is_free(tcp, ports.ami) and is_free(tcp, ports.http) and is_free(udp, ports.sip)


def is_free(kind: socket.SocketKind, port: int) -> bool:
    """Tell whether a loopback port can be bound."""
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:  # as Asterisk binds: connections that linger do not count
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _highest() -> int:
    try:
        lowest_ephemeral = int(_EPHEMERAL.read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        lowest_ephemeral = 32768
    return lowest_ephemeral if lowest_ephemeral > _LOWEST + 2 * _RTP_PORTS else 60000
