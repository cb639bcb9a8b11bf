"""Evidence packs: a zip of a call's audio, words, decision, findings, review and log, that verifies itself.

The same call in the same state gives the same bytes: fixed names, fixed order, no clock, nothing compressed.
``verify.py`` inside is pack_verify.py as it stands here; ``check`` runs the same code.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from dialer.recording import file_names
from workstation.exchange import pack_verify

_DAY_ONE = (1980, 1, 1, 0, 0, 0)
"""The zip format knows no absent date; every entry carries its first."""
MOST_BYTES = 4 * 1024**3
"""A pack is read whole, part by part; what claims to be larger is not opened."""


class PackError(Exception):
    """A pack cannot be written or read; names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of checking a pack."""

    wrong: tuple[str, ...]
    """What does not fit; empty: it is sound."""
    since: tuple[str, ...]
    """What was changed between the review's commit and the packing."""
    counts: Mapping[str, int]


def write(to: Path, call_id: str, texts: Mapping[str, bytes], recordings: Path) -> int:
    """Write a pack; returns how many files are in it. A file that is there is replaced. Raises PackError."""
    parts: dict[str, bytes | Path] = dict(texts)
    placed: dict[str, str] = {}
    for kind, name in file_names(call_id).items():
        if (recordings / name).is_file():
            placed[name] = f"audio/{kind}.wav"
            parts[f"audio/{kind}.wav"] = recordings / name
    parts["verify.py"] = files("workstation.exchange").joinpath("pack_verify.py").read_bytes()
    handle, temporary = tempfile.mkstemp(prefix=".pack-", dir=to.parent if str(to.parent) else ".")
    os.close(handle)
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as zipped:
            digests = {}
            for name in sorted(parts):
                part = parts[name]
                data = part.read_bytes() if isinstance(part, Path) else part
                digests[name] = hashlib.sha256(data).hexdigest()
                zipped.writestr(_entry(name), data)
            manifest = {"call": call_id, "recordings": placed, "sha256": digests}
            zipped.writestr(_entry("manifest.json"), json.dumps(manifest, indent=2, sort_keys=True) + "\n")
        Path(temporary).chmod(0o600)  # it holds what people said
        Path(temporary).replace(to)
    except OSError as wrong:
        raise PackError(f"{to} cannot be written: {wrong}") from wrong
    finally:
        Path(temporary).unlink(missing_ok=True)
    return len(parts) + 1


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DAY_ONE)
    entry.external_attr = 0o600 << 16
    entry.create_system = 3  # the same bytes on every system
    return entry


def check(path: Path) -> Checked:
    """Check a pack as its own verify.py does. Raises PackError for what is no pack."""
    try:
        pack = pack_verify.Zip(str(path))
        if sum(i.file_size for i in pack.file.infolist()) > MOST_BYTES:
            raise PackError(f"{path} claims to hold more than {MOST_BYTES // 1024**3} GiB: it is not opened")
        with pack.file:
            wrong, since, counts = pack_verify.check(pack)
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise PackError(f"{path} is no evidence pack: {error}") from error
    ours = files("workstation.exchange").joinpath("pack_verify.py").read_bytes()
    with zipfile.ZipFile(path) as zipped:
        if not wrong and zipped.read("verify.py") != ours:
            since = [*since, "verify.py is not the one this version writes"]
    return Checked(tuple(wrong), tuple(since), counts)
