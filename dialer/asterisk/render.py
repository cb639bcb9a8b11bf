"""Asterisk's configuration files, rendered from templates/ (strict: a misspelt variable is an error)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from dialer.asterisk.modules import MODULES
from dialer.asterisk.record import AMI_USER, ARI_USER, Record, write_private

# Asterisk complains about each of these when it is missing; our instance needs nothing in them.
_EMPTY = (
    "acl.conf",
    "ccss.conf",
    "cel.conf",
    "features.conf",
    "pjproject.conf",
    "stasis.conf",
    "udptl.conf",
    "websocket_client.conf",
)
_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("dialer.asterisk"),
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # noqa: S701  configuration files, not HTML; every value is validated before it gets here
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def files(home: Path, record: Record) -> dict[str, str]:
    """Return every configuration file of an instance: name to text."""
    settings = record.settings.settings()
    context: dict[str, Any] = {
        "home": home,
        "run": record.run,
        "recordings": home / "spool/monitor",
        "modules_dir": record.installed.modules,
        "data_dir": record.installed.data,
        "modules": MODULES,
        "ports": record.ports,
        "secrets": record.secrets,
        "ami_user": AMI_USER,
        "ari_user": ARI_USER,
        "phones": settings.phones,
        "carrier": settings.carrier,
        "practice": settings.practice,
        "codecs": ",".join(settings.codecs),
    }
    rendered = {
        name.removesuffix(".j2"): _ENVIRONMENT.get_template(name).render(context)
        for name in _ENVIRONMENT.list_templates(extensions=["j2"])
    }
    return dict.fromkeys(_EMPTY, "") | rendered


def write(home: Path, record: Record) -> None:
    """Write the configuration into ``home/etc``; files of an earlier version that are no longer needed go."""
    folder = home / "etc"
    wanted = files(home, record)
    for old in folder.glob("*.conf"):
        if old.name not in wanted:
            old.unlink()
    for name, text in wanted.items():
        write_private(folder / name, text)
