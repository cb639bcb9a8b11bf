"""What the audit screens need of others, as Protocols. Methods may take a while: ask through room.book."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from compliance.transcription.words import Leg
from workstation.desk.audit_figures import Judged
from workstation.desk.review import CoachingNote, Listed, Sheet, Standing
from workstation.desk.rule_table import RuleFindings, RuleTable
from workstation.desk.scorecard import Scorecard
from workstation.desk.talk_search import Hit, TalkSearch


class ReviewBook(Protocol):
    """Reviews in the book (SqlBook). Handlers raise BookError and ask the rights themselves."""

    def audit_list(
        self,
        user_id: int,
        now: datetime,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        done: bool = False,
        offset: int = 0,
        limit: int = 100,
    ) -> Listed:
        """Calls to review, worst first, or with `done` those whose review is committed."""

    def audit_sheet(self, call_id: str, user_id: int, now: datetime) -> Sheet:
        """One call with all that a reviewer needs."""

    def take_review(self, call_id: str, user_id: int, now: datetime) -> Standing:
        """Take a call for review, or go on with one's own."""

    def release_review(self, call_id: str, user_id: int) -> None:
        """Let go of it; what was judged stays."""

    def judge_finding(
        self, call_id: str, user_id: int, target: str, judged: Judged, reason: str, now: datetime
    ) -> int:
        """Confirm or reject a doubt."""

    def add_missed(
        self,
        call_id: str,
        user_id: int,
        *,
        rule_id: str,
        leg: Leg,
        second: float,
        words: str,
        reason: str,
        now: datetime,
    ) -> int:
        """Add a fault that the machine missed."""

    def score_call(self, call_id: str, user_id: int, card: Mapping[str, Any], now: datetime) -> None:
        """Keep a filled-in scorecard."""

    def pass_review(self, call_id: str, user_id: int, now: datetime) -> int:
        """Pass a call to the next level; returns it."""

    def coach(
        self, call_id: str, user_id: int, text: str, now: datetime, *, second: float | None = None
    ) -> int:
        """Write to the collector who took a call."""

    def answer_coaching(self, message_id: int, user_id: int, text: str, now: datetime) -> int:
        """Answer in a thread."""

    def see_coaching(self, thread: int, user_id: int, now: datetime) -> None:
        """Note that somebody has read what a thread says to them."""

    def coaching_of(self, user_id: int) -> tuple[CoachingNote, ...]:
        """What somebody wrote or was written."""

    def coaching_unread(self, user_id: int) -> int:
        """How many messages somebody has not seen."""

    def search_said(self, wanted: TalkSearch, user_id: int) -> tuple[Hit, ...]:
        """Find what was said, newest first."""

    def rule_table(self, user_id: int, now: datetime) -> RuleTable:
        """How each rule does, in all and by month."""

    def findings_of_rule(
        self, rule_id: str, user_id: int, *, offset: int = 0, limit: int = 100
    ) -> RuleFindings:
        """What a rule found and what reviewers added under it, the newest call first."""


class Auditing(Protocol):
    """Reviews with the recordings beside them (workstation.auditing.AuditRoom)."""

    @property
    def book(self) -> ReviewBook:
        """Where reviews are kept."""

    def commit_review(self, call_id: str, user_id: int, now: datetime) -> None:
        """Commit a review, bound to words, findings and recordings as they are."""

    def scorecards(self) -> Mapping[str, Scorecard]:
        """The cards a review can be scored with, by id."""

    def waveform(self, call_id: str, columns: int) -> Mapping[Leg, tuple[float, ...]]:
        """Each leg's peaks, 0 to 1, over equal stretches; a leg without a recording is left out."""

    def length(self, call_id: str) -> float:
        """How long the recording is, in seconds; 0 where there is none."""

    def clip(self, call_id: str, leg: str, start: float, end: float) -> Path:
        """Write a stretch as a WAV file; returns where."""

    def play_here(self, call_id: str, leg: str, start: float) -> str:
        """Play a stretch by a program of this machine; what happens, or where the clip lies."""

    def pack(self, call_id: str, user_id: int, now: datetime, to: Path | None = None) -> Path:
        """Write the evidence pack; returns where."""
