"""A review of a call: three levels, one reviewer at a time, and what is bound when it is committed. Pure.

Level 1 listens, level 2 listens again to see whether reviewers agree (calibration), level 3 decides. A level
is another person's than those before it, and nobody reviews a call they took themselves. Each level passes
the call on, or finishes it; a finished review is committed, and nothing is added to it after that. What
happened is read from the steps, which are only ever appended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from compliance.checks.finding import Finding
from compliance.transcription.words import Leg, Utterance
from workstation.desk.audit import Doubt, Place
from workstation.desk.audit_figures import Judged, Lift
from workstation.desk.book import InvalidEntry, NotAllowed
from workstation.desk.mismatch import Mismatch
from workstation.desk.roles import Right, may
from workstation.desk.talk import TalkMetrics

LEVELS = {1: "reviewer", 2: "calibration", 3: "decision"}
LOCK_LASTS = timedelta(minutes=30)
"""How long a call stays a reviewer's own after their last act on it."""


class Act(StrEnum):
    """One step of a review."""

    TAKEN = "taken"
    SCORED = "scored"
    PASSED = "passed"
    FINISHED = "finished"
    COMMITTED = "committed"


class State(StrEnum):
    """Where a review stands."""

    NEW = "new"
    OPEN = "in review"
    WAITING = "waiting"
    """Passed to the next level, which has not begun."""
    FINISHED = "finished"
    COMMITTED = "committed"


@dataclass(frozen=True, slots=True)
class Step:
    """One step as it stands in the book."""

    id: int
    at: datetime
    user_id: int
    username: str
    name: str
    level: int
    act: Act
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A reviewer's word on a doubt, or a fault the machine missed."""

    id: int
    at: datetime
    user_id: int
    username: str
    level: int
    target: str
    """``finding:ID``, ``mismatch:KIND``; empty for what was added."""
    judged: Judged
    rule_id: str
    rule_version: str
    reason: str = ""
    leg: str = ""
    second: float | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a review stands, from its steps."""

    state: State
    level: int
    """The level that is at work, or whose turn it is."""
    people: Mapping[int, tuple[int, ...]]
    """Who worked on which level, by level; the last is who took it last."""


def standing(steps: Sequence[Step]) -> Standing:
    """Work out where a review stands; steps in the order they were taken."""
    state, level = State.NEW, 1
    people: dict[int, tuple[int, ...]] = {}
    for step in steps:
        if step.act is Act.TAKEN:
            state = State.OPEN
            people[level] = (*(u for u in people.get(level, ()) if u != step.user_id), step.user_id)
        elif step.act is Act.PASSED:
            state, level = State.WAITING, step.level + 1
        elif step.act is Act.FINISHED:
            state = State.FINISHED
        elif step.act is Act.COMMITTED:
            state = State.COMMITTED
    return Standing(state, level, people)


def check_may_take(stands: Standing, *, user_id: int, role: str, took_the_call: bool) -> None:
    """Raise NotAllowed, with what is in the way, where this person may not work on the review now."""
    if stands.state is State.COMMITTED:
        raise NotAllowed("the review of this call is committed: nothing is added to it")
    if took_the_call:
        raise NotAllowed("you took this call: somebody else reviews it")
    need = Right.AUDIT_CALLS if stands.level < 3 else Right.CLOSE_REVIEWS
    if not may(role, need):
        raise NotAllowed(f"level {stands.level} ({LEVELS[stands.level]}): a {role} may not {need.value}")
    if any(user_id in who for level, who in stands.people.items() if level != stands.level):
        raise NotAllowed(f"you worked on this review already: level {stands.level} is another person's")


def undecided(doubts: Sequence[Doubt], verdicts: Mapping[str, Verdict]) -> tuple[Doubt, ...]:
    """Return the faults that nobody confirmed or rejected yet; a debtor's cue needs no verdict."""
    return tuple(d for d in doubts if d.bad and d.target not in verdicts)


def check_may_finish(doubts: Sequence[Doubt], verdicts: Mapping[str, Verdict]) -> None:
    """Raise InvalidEntry where a finding is still open: a review says something about each."""
    if open_ones := undecided(doubts, verdicts):
        what = ", ".join(d.title for d in open_ones[:3])
        raise InvalidEntry(f"{len(open_ones)} open: confirm or reject {what}")


@dataclass(frozen=True, slots=True)
class CoachingNote:
    """One message of a coaching thread."""

    id: int
    thread: int
    """Id of the message it began with."""
    at: datetime
    call_id: str
    author_id: int
    author: str
    to_id: int
    to: str
    second: float | None
    text: str
    party: str = ""
    """Whom the collector spoke with."""
    unread: bool = False
    """Whether the reader asked about has not seen it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch that was cut out of the call; seconds on its timeline."""

    id: int
    leg: Leg
    start: float
    end: float
    kind: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """A call on the supervisor's list."""

    place: Place
    at: datetime
    collector: str
    collector_id: int
    account: str
    party: str
    seconds: float
    disposition: str
    stage: int
    state: State
    level: int
    holder: str = ""
    """Who has it open now."""
    open_doubts: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list, and how large it is."""

    rows: tuple[ListRow, ...]
    total: int
    """Calls on the list."""
    calls: int
    """Calls of the period that were talked on and judged."""
    lift: Lift | None = None
    """How much better the ranking has been than chance; on the first page only."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One call, with all that a reviewer needs."""

    call_id: str
    at: datetime
    collector: str
    collector_id: int
    account: str
    party: str
    zone: str
    seconds: float
    disposition: str
    stage: int
    profile: str
    utterances: tuple[Utterance, ...]
    findings: tuple[tuple[int, Finding], ...]
    mismatches: tuple[Mismatch, ...]
    doubts: tuple[Doubt, ...]
    cuts: tuple[Cut, ...]
    metrics: TalkMetrics | None
    place: Place | None
    steps: tuple[Step, ...]
    standing: Standing
    verdicts: tuple[Verdict, ...]
    """Every verdict, in order; see :meth:`stands`."""
    holder: str
    holder_id: int | None
    coaching: tuple[CoachingNote, ...] = ()
    note: str = ""

    def stands(self) -> dict[str, Verdict]:
        """Return the last verdict on each doubt."""
        return {v.target: v for v in self.verdicts if v.target}

    def added(self) -> tuple[Verdict, ...]:
        """Return the faults that reviewers added."""
        return tuple(v for v in self.verdicts if v.judged is Judged.ADDED)

    @property
    def card(self) -> Mapping[str, Any] | None:
        """The last scorecard, as its step keeps it; None where there is none."""
        return next(self._cards(), None)

    def answers(self, version: str) -> Mapping[str, str]:
        """Return the last answers on a card by question id; empty where this version was never filled in."""
        kept = next((card for card in self._cards() if card.get("version") == version), {})
        return dict(kept.get("answers", {}))

    def _cards(self) -> Iterator[Mapping[str, Any]]:
        return (s.detail for s in reversed(self.steps) if s.act is Act.SCORED)


@dataclass(frozen=True, slots=True)
class Changed:
    """Something a committed review was bound to that is not as it was."""

    call_id: str
    what: str
    """Such as ``words of the agent at 02:12``."""
    because: str
    """``redaction #3``, ``heard again``, ``retention``; empty: nobody accounts for it."""

    @property
    def sound(self) -> bool:
        """Whether something on record explains it."""
        return bool(self.because)
