"""The telephony of one home: its private Asterisk and, with no carrier, the practice line.

Both run in sessions of their own: they outlive whoever started them, so that calls do too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dialer.asterisk.addresses import HostPort
from dialer.asterisk.errors import AsteriskError
from dialer.asterisk.install import find_or_install
from dialer.asterisk.instance import Instance
from dialer.asterisk.settings import Settings as AsteriskShape
from dialer.practice.process import PracticeProcess, StartFailed, start_process
from dialer.practice.voices import VoiceUnavailable
from workstation.config import ConfigError, Settings

Progress = Callable[[str, int, int], None]


class PlantError(Exception):
    """Telephony cannot be started; the message says how to mend it."""


@dataclass(frozen=True, slots=True)
class Plant:
    """A running Asterisk, and the practice line where there is no carrier."""

    asterisk: Instance
    practice: PracticeProcess | None

    @classmethod
    def start(cls, settings: Settings, progress: Progress) -> Plant:
        """Start what does not run yet, and find what does. Raises PlantError."""
        try:
            installation = find_or_install(settings.cache, progress)
            practice = None if settings.asterisk.carrier else _start_practice(settings)
            shape = AsteriskShape(
                phones=settings.asterisk.phones,
                carrier=_carrier(settings),
                practice=HostPort(practice.host, practice.port) if practice else None,
            )
            running = _running(settings)
            if running and running.settings != shape:
                # A call may be up on it; new settings wait until it is stopped on purpose.
                if _differs_in_more_than_phones(running.settings, shape):
                    raise PlantError(
                        "the running Asterisk was started with other settings; end it first: dunline down"
                    )
                return cls(running, practice)
            instance = running or Instance.create(settings.asterisk_home, installation, shape)
            instance.start(progress)
        except (AsteriskError, StartFailed, VoiceUnavailable) as wrong:
            raise PlantError(str(wrong)) from wrong
        return cls(instance, practice)

    @staticmethod
    def stop(settings: Settings) -> None:
        """End Asterisk and the practice line of a home, and every call in them."""
        if instance := _running(settings):
            instance.stop()
        if practice := PracticeProcess.open(settings.practice_home):
            practice.stop()


def _running(settings: Settings) -> Instance | None:
    try:
        instance = Instance.open(settings.asterisk_home)
    except AsteriskError:
        return None
    return instance if instance.running() else None


def _start_practice(settings: Settings) -> PracticeProcess:
    """Start the practice line on the port a running Asterisk knows, if one runs."""
    running = _running(settings)
    port = running.settings.practice.port if running and running.settings.practice else 0
    return start_process(settings.practice_home, cache=settings.cache / "voices", port=port)


def _differs_in_more_than_phones(one: AsteriskShape, other: AsteriskShape) -> bool:
    return (one.carrier, one.practice, one.codecs) != (other.carrier, other.practice, other.codecs)


def _carrier(settings: Settings) -> HostPort | None:
    text = settings.asterisk.carrier
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigError(
            f"dunline.toml: asterisk.carrier = {text!r} is not host:port, such as 10.0.0.5:5060"
        )
    return HostPort(host.strip("[]"), int(port))
