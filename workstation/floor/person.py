"""One collector on the floor board, and what is known of the call they are in."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import structs

from compliance.checks.finding import FindingKind, Heard, LampState, Severity
from workstation.desk.floor import FloorState, Today
from workstation.desk.roles import Right, may
from workstation.floor import messages as m

_GRAVE = frozenset({Severity.CRITICAL.value, Severity.HIGH.value})


@dataclass(slots=True)
class OnCall:
    """The call somebody is in, or wraps up."""

    call_id: str
    account_id: int
    state: str
    """A value of dialer.call.CallState."""
    recording: str = "off"
    account: str = ""
    lamps: tuple[m.LampOut, ...] = ()
    finding: str = ""
    severity: str = ""
    grave: bool = False
    taken_by: str = ""

    @property
    def up(self) -> str | None:
        """Its state while it is up."""
        return None if self.state == "ended" else self.state

    @property
    def alarm(self) -> bool:
        """Whether it needs a supervisor's look now."""
        missing = any(lamp.state == LampState.MISSING.value for lamp in self.lamps)
        return self.up is not None and (self.grave or missing)


@dataclass(slots=True)
class Person:
    """Somebody on the floor."""

    user_id: int
    name: str
    role: str
    extension: str
    state: FloorState
    since: float
    terminals: int = 0
    pause: str = ""
    paused_by: str = ""
    call: OnCall | None = None
    today: Today = field(default_factory=Today)

    def row(self) -> m.FloorRow:
        """As watchers see them."""
        call = self.call
        shown = m.FloorRow(
            user_id=self.user_id,
            name=self.name,
            role=self.role,
            extension=self.extension,
            state=self.state.value,
            since=self.since,
            pause=self.pause,
            paused_by=self.paused_by,
            connected=self.terminals > 0,
            calls=self.today.calls,
            right_party=self.today.right_party,
            promises=self.today.promises,
        )
        if call is None:
            return shown
        return _with_call(shown, call)


def _with_call(row: m.FloorRow, call: OnCall) -> m.FloorRow:
    return structs.replace(
        row,
        call_id=call.call_id,
        account_id=call.account_id,
        account=call.account,
        lamps=call.lamps,
        finding=call.finding,
        severity=call.severity,
        alarm=call.alarm,
        taken_by=call.taken_by,
    )


def on_floor(role: str) -> bool:
    """Whether a role is shown as soon as it signs in: those who work accounts and do not watch others."""
    return may(role, Right.WORK_ACCOUNTS) and not may(role, Right.WATCH_FLOOR)


def is_grave(finding: m.FindingRaised) -> bool:
    """Whether a finding is one a supervisor must look at now."""
    wrong = Heard.MISSING if finding.kind == FindingKind.DISCLOSURE.value else Heard.HEARD
    return finding.severity in _GRAVE and finding.verdict == wrong.value
