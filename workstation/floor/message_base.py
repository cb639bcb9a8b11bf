"""What all messages between workstation and switchboard are made of (workstation.floor.messages)."""

from __future__ import annotations

import msgspec


class Command(msgspec.Struct, frozen=True, tag_field="type", tag=True):
    """Anything a workstation asks for."""


class Event(msgspec.Struct, frozen=True, tag_field="type", tag=True):
    """Anything the switchboard sends."""


class LampOut(msgspec.Struct, frozen=True):
    """One disclosure lamp; ``state`` is a value of compliance.checks.finding.LampState."""

    rule_id: str
    title: str
    state: str
    second: float | None = None
