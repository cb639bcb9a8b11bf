"""Settings: where things lie and what they are called. One TOML file in Dunline's home, checked key by key.

``dunline.toml`` in the home directory (``--home``, else DUNLINE_HOME, else the platform's data directory).
Every key has a default, so an absent file is a private single-machine installation. Secrets are not in it:
they lie in files of mode 0600 beside it.
"""

from __future__ import annotations

import difflib
import os
import stat
import tempfile
import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
import platformdirs


class ConfigError(Exception):
    """A settings file that cannot be used; names the file, the key and what to do."""


class BookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the book of accounts is."""

    url: str = ""
    """SQLAlchemy URL; empty means SQLite in the home directory."""


class CompanySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is calling: said in every call and letter."""

    name: str = "Bradford Supply"
    callback_number: str = "+13125550100"
    """E.164; also the caller id shown to debtors."""


class AsteriskSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which Asterisk to drive. Without a host, a private one on loopback is set up and started."""

    phones: tuple[str, ...] = ("1001", "1002", "1003", "1004")
    """Extensions of the collectors' SIP phones on the private Asterisk."""
    carrier: str = ""
    """``host:port`` of the SIP carrier that takes outbound calls; empty means the practice line."""
    ring_seconds: int = 30


class SpeechSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The recogniser."""

    model: str = ""
    """A Vosk model directory; empty means the small English one, fetched at set-up."""
    threads: int = 2
    thorough: bool = True
    """Hear every call again after it ended, with more care than there is time for live."""
    whisper: str = ""
    """Hear again with Whisper: a model directory, or ``package:NAME``. Empty: with Vosk, searching longer."""


class SwitchboardSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where workstations reach the switchboard."""

    listen: str = ""
    """``host:port`` for workstations on other machines, with the two TLS files; empty: Unix socket only."""
    tls_certificate: str = ""
    tls_key: str = ""
    session_hours: float = 12.0


class PostSmtpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mail server that takes our mails; see workstation.exchange.post.settings, which these become."""

    host: str = ""
    port: int = 587
    security: str = "starttls"
    username: str = ""
    password_file: str = ""
    """File (mode 0600) that holds the password and nothing else."""
    timeout_seconds: float = 30.0
    ca_file: str = ""
    local_name: str = ""


class PostSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who writes, and how people can pay."""

    sender_name: str = ""
    sender_address: str = ""
    reply_to: str = ""
    opt_out: str = ""
    letterhead: tuple[str, ...] = ()
    page: str = "letter"
    bank: dict[str, str] = {}
    pay_page: str = ""
    """File that names a payment page (docs/post.md), below the home; empty: letters carry no links."""
    smtp: PostSmtpSettings = PostSmtpSettings()


class ScreenSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the workstation looks and what it says."""

    high_contrast: bool = False
    wrap_seconds: int = 45
    """Seconds of wrap-up before its timer says OVER."""
    pace_hints: bool = False
    """Tell the collector while they talk too fast, too much, or break in."""


class AuditSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which calls are looked at whatever was found on them (docs/audit.md)."""

    random_percent: Annotated[float, msgspec.Meta(ge=0, le=100)] = 10.0
    """The random share of each day's calls."""
    seed: str = ""
    """Laid under the draw: two floors with different seeds draw different calls."""


class FinalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a manager may go in a final-notice session (docs/final-notice.md)."""

    least_settlement_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 80
    """Of what is asked for, fees that may be waived taken off; 100: no part of the debt is let go."""
    longest_plan_months: Annotated[int, msgspec.Meta(ge=1, le=60)] = 6
    fees_waivable: bool = True
    """Whether finance charges may be left out of a settlement."""
    first_payment_days: Annotated[int, msgspec.Meta(ge=0, le=60)] = 7
    """The first payment of a plan comes within so many days."""
    settlement_days: Annotated[int, msgspec.Meta(ge=0, le=180)] = 14
    """A settlement is paid within so many days."""


class KeySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Remapped keys: action id to a comma-separated list of keys."""

    map: dict[str, str] = {}


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings, with the home directory they belong to."""

    home: Path = Path()
    cache: Path = Path()
    book: BookSettings = BookSettings()
    company: CompanySettings = CompanySettings()
    asterisk: AsteriskSettings = AsteriskSettings()
    speech: SpeechSettings = SpeechSettings()
    switchboard: SwitchboardSettings = SwitchboardSettings()
    post: PostSettings = PostSettings()
    screen: ScreenSettings = ScreenSettings()
    audit: AuditSettings = AuditSettings()
    final: FinalSettings = FinalSettings()
    keys: KeySettings = KeySettings()

    @property
    def book_url(self) -> str:
        """SQLAlchemy URL of the book."""
        return self.book.url or f"sqlite:///{self.home / 'book.db'}"

    @property
    def asterisk_home(self) -> Path:
        """Home of the private Asterisk."""
        return self.home / "asterisk"

    @property
    def recordings(self) -> Path:
        """Where the private Asterisk keeps the recordings."""
        return self.asterisk_home / "spool" / "monitor"

    @property
    def practice_home(self) -> Path:
        """Home of the practice line."""
        return self.home / "practice"

    @property
    def log_file(self) -> Path:
        """Where this home's processes log, as JSON lines."""
        return self.home / "log" / "dunline.log"

    @property
    def switchboard_key(self) -> Path:
        """The key that signs session tokens (mode 0600)."""
        return self.home / "switchboard.key"

    @property
    def switchboard_socket(self) -> Path:
        """The switchboard's Unix socket; kept short, since the system allows about 100 bytes."""
        direct = self.home / "switchboard.sock"
        if len(os.fsencode(direct)) < 100:
            return direct
        digest = format(hash_path(self.home), "016x")
        return _private_runtime() / f"{digest}.sock"


def hash_path(path: Path) -> int:
    """A stable 64-bit number for a path."""
    import hashlib

    return int.from_bytes(hashlib.blake2b(os.fsencode(path), digest_size=8).digest(), "big")


def _private_runtime() -> Path:
    """A short folder that only this user can enter. Raises ConfigError where another has taken its name."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    folder = Path(base) / "dunline" if base else Path(tempfile.gettempdir()) / f"dunline-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    there = folder.stat(follow_symlinks=False)
    if not stat.S_ISDIR(there.st_mode) or there.st_uid != os.getuid() or there.st_mode & 0o077:
        raise ConfigError(
            f"{folder} is not a private folder of this user; remove it, or use a shorter --home"
        )
    return folder


def default_home() -> Path:
    """DUNLINE_HOME, else the platform's data directory."""
    return Path(os.environ.get("DUNLINE_HOME") or platformdirs.user_data_path("dunline"))


def cache_home() -> Path:
    """DUNLINE_CACHE, else the platform's cache directory: Asterisk, models, voices; shared by all homes."""
    return Path(os.environ.get("DUNLINE_CACHE") or platformdirs.user_cache_path("dunline"))


def load(home: Path | None = None) -> Settings:
    """Read ``dunline.toml`` of a home. Raises ConfigError naming file, key and the nearest valid key."""
    base = (home or default_home()).absolute()
    file = base / "dunline.toml"
    raw: dict[str, Any] = {}
    if file.exists():
        try:
            raw = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
            raise ConfigError(f"{file}: not valid TOML: {wrong}") from None
    _refuse_unknown(file, raw, Settings, "", skip={"home", "cache"})
    try:
        settings = msgspec.convert(raw, Settings, strict=True)
    except msgspec.ValidationError as wrong:
        raise ConfigError(f"{file}: {wrong}") from None
    if settings.switchboard.listen and not (
        settings.switchboard.tls_certificate and settings.switchboard.tls_key
    ):
        raise ConfigError(
            f"{file}: switchboard.listen is set, so switchboard.tls_certificate and tls_key must be too"
        )
    return msgspec.structs.replace(settings, home=base, cache=cache_home().absolute())


def _refuse_unknown(file: Path, raw: dict[str, Any], model: Any, where: str, skip: set[str]) -> None:
    fields = {f.name: f for f in msgspec.structs.fields(model) if f.name not in skip}
    for key, value in raw.items():
        if key not in fields:
            near = difflib.get_close_matches(key, fields, 1)
            hint = f"; did you mean {where}{near[0]}?" if near else f"; valid keys: {', '.join(fields)}"
            raise ConfigError(f"{file}: unknown key {where}{key}{hint}")
        kind = fields[key].type
        if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            _refuse_unknown(file, value, kind, f"{where}{key}.", set())
