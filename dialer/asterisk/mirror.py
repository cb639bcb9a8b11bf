"""Which Debian mirror this machine's own apt uses: asked of apt, else read from its sources.

No mirror is named here on purpose. A machine of another distribution names one in ``DUNLINE_DEBIAN_MIRROR``.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from dialer.asterisk.errors import InstallError

VARIABLE = "DUNLINE_DEBIAN_MIRROR"
_URI = re.compile(r"[a-z][a-z0-9+.-]*:/[^\s\[\]'\"<>]*", re.IGNORECASE)


def find_mirror(environ: Mapping[str, str] = os.environ) -> str:
    """Return the address of the Debian archive to fetch from; raise InstallError when there is none."""
    named = environ.get(VARIABLE, "").strip()
    if named:
        if not _URI.fullmatch(named):
            raise InstallError(f"{VARIABLE} is not a mirror address: {named!r}")
        return named
    for site in (*_of_apt(), *_of_sources(*_source_places())):
        # Security updates live in an archive of their own, which does not carry the newer suite.
        if _URI.fullmatch(site) and "security" not in site:
            return site
    raise InstallError(
        "no Debian mirror found: apt on this machine has no Debian sources. "
        f"Set {VARIABLE} to the address of a Debian archive, or install Asterisk 22.5 or newer yourself."
    )


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def _of_apt() -> list[str]:
    """Mirrors of the package lists apt has on disk; none when `apt-get update` never ran."""
    text = _run("apt-get", "indextargets", "--format", "$(ORIGIN) $(SITE)", "Created-By: Packages")
    rows = [line.partition(" ") for line in text.splitlines()]
    return [site for origin, _, site in rows if origin == "Debian"]


def _source_places() -> tuple[Path, Path]:
    shell = _run("apt-config", "shell", "LIST", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d")
    named = dict(word.split("=", 1) for word in shlex.split(shell) if "=" in word)
    return (
        Path(named.get("LIST", "/etc/apt/sources.list")),
        Path(named.get("PARTS", "/etc/apt/sources.list.d")),
    )


def _of_sources(single: Path, folder: Path) -> list[str]:
    """Mirrors named in apt's source files, both formats, those with a ``main`` component only."""
    found: list[str] = []
    for path in (single, *sorted(folder.glob("*.list")), *sorted(folder.glob("*.sources"))):
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found += _deb822(text) if path.suffix == ".sources" else _one_line(text.splitlines())
    return found


def _one_line(lines: Iterable[str]) -> list[str]:
    """``deb [options] URI suite component...``."""
    found = []
    for line in lines:
        match = re.match(r"\s*deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+\S+\s+([^#]*)", line)
        if match and "main" in match[2].split() and "debian" in match[1]:
            found.append(match[1])
    return found


def _deb822(text: str) -> list[str]:
    """Stanzas of ``Field: value`` lines, continued by indented lines."""
    found = []
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace():
                fields[name] = f"{fields.get(name, '')} {line.strip()}"
                continue
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
        wanted = (
            fields.get("enabled", "yes").lower() not in {"no", "false", "0"}
            and "deb" in fields.get("types", "").split()
            and "main" in fields.get("components", "").split()
        )
        if wanted:
            found += [uri for uri in fields.get("uris", "").split() if "debian" in uri]
    return found
