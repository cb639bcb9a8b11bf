"""A call as the screen knows it, built from the switchboard's events and from nothing else. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from workstation.floor import messages as m

UNSURE_BELOW = 0.55
"""Words heard with less confidence are marked on screen."""

_DIALING = frozenset({"reserved", "agent-ringing", "dialing"})


@dataclass(slots=True)
class CallView:
    """What is known of one call as of ``seq``."""

    call_id: str
    account_id: int = 0
    party_id: int = 0
    number: str = ""
    practice: bool = True
    seq: int = -1
    state: str = "reserved"
    recording: str = "off"
    muted: bool = False
    outcome: str = ""
    detail: str = ""
    talk_since: datetime | None = None
    held_since: datetime | None = None
    ended_at: datetime | None = None
    heard: dict[tuple[str, int], m.Heard] = field(default_factory=dict)
    findings: list[m.FindingRaised] = field(default_factory=list)
    lamps: tuple[m.LampOut, ...] = ()
    excuses: list[m.ExcuseHeard] = field(default_factory=list)
    caught: list[m.FactCaught] = field(default_factory=list)

    @property
    def up(self) -> bool:
        """Whether there is a line to end."""
        return self.state != "ended"

    @property
    def talking(self) -> bool:
        """Whether both sides can hear each other, or could until hold."""
        return self.state in ("talking", "held")

    def apply(self, event: m.CallEvent | m.CallSnapshot) -> bool:
        """Take an event in; False where it is of another call or was seen before."""
        if event.call_id != self.call_id:
            return False
        if isinstance(event, m.CallSnapshot):
            self._rebuild(event)
            return True
        if event.seq <= self.seq:
            return False
        self.seq = event.seq
        if isinstance(event, m.CallChanged):
            self._changed(event)
        elif isinstance(event, m.Heard):
            self.heard[event.leg, event.index] = event
        elif isinstance(event, m.FindingRaised):
            self.findings.append(event)
        elif isinstance(event, m.LampsChanged):
            self.lamps = event.lamps
        elif isinstance(event, m.ExcuseHeard):
            self.excuses.append(event)
        elif isinstance(event, m.FactCaught):
            self.caught.append(event)
        elif isinstance(event, m.Redrawn):
            self.heard |= {(h.leg, h.index): h for h in event.heard}
            self.findings, self.excuses = list(event.findings), list(event.excuses)
            self.caught = list(event.caught)
        return True

    def _rebuild(self, snapshot: m.CallSnapshot) -> None:
        self.account_id, self.party_id = snapshot.account_id, snapshot.party_id
        self.number, self.practice = snapshot.number, snapshot.practice
        self.talk_since = _instant(snapshot.talk_since) if snapshot.talk_since is not None else None
        self.heard = {(h.leg, h.index): h for h in snapshot.heard}
        self.findings = list(snapshot.findings)
        self.lamps = snapshot.lamps
        self.excuses = list(snapshot.excuses)
        self.caught = list(snapshot.caught)
        self._changed(snapshot.state)
        self.seq = snapshot.seq

    def _changed(self, event: m.CallChanged) -> None:
        at = _instant(event.at)
        if event.state == "talking" and self.talk_since is None:
            self.talk_since = at
        self.held_since = (self.held_since or at) if event.state == "held" else None
        if event.state == "ended" and self.ended_at is None:
            self.ended_at = at
        self.state = event.state
        self.recording, self.muted = event.recording, event.muted
        self.outcome, self.detail = event.outcome, event.detail

    def word(self, now: datetime) -> tuple[str, str]:
        """The state's word and its running time: ``("TALK", "03:12")``."""
        from workstation.ui.figures import length

        if self.state in _DIALING:
            return "DIALING", ""
        if self.state == "ringing":
            return "RINGING", ""
        if self.state == "talking":
            return "TALK", length((now - self.talk_since).total_seconds() if self.talk_since else 0)
        if self.state == "held":
            return "HOLD", length((now - self.held_since).total_seconds() if self.held_since else 0)
        return "ENDED", ""

    def said(self) -> list[m.Heard]:
        """Everything heard, by the second it began."""
        return sorted(self.heard.values(), key=lambda h: (h.start, h.leg, h.index))

    def best_excuse(self) -> m.ExcuseHeard | None:
        """The excuse to answer now: the newest one heard, the likeliest where several came at one second."""
        if not self.excuses:
            return None
        newest = max(e.second for e in self.excuses)
        return max((e for e in self.excuses if e.second == newest), key=lambda e: e.score)

    def promise(self) -> m.FactCaught | None:
        """The last promise caught: later words correct earlier ones."""
        return next((c for c in reversed(self.caught) if c.kind == "promise"), None)

    def callback(self) -> m.FactCaught | None:
        """The last time to call back that was caught."""
        return next((c for c in reversed(self.caught) if c.kind == "callback"), None)

    def flagged(self, heard: m.Heard) -> list[m.FindingRaised]:
        """Forbidden phrases within an utterance."""
        return [
            f
            for f in self.findings
            if f.kind == "forbidden" and f.leg == heard.leg and f.start < heard.end and f.end > heard.start
        ]


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
