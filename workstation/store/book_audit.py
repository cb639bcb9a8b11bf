"""The supervisor's audit, on SqlBook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from compliance.transcription.words import Leg
from workstation.desk.audit import Sampling
from workstation.desk.audit_figures import (
    TOP,
    Judged,
    Lift,
    LineFigures,
    RuleFigures,
    Share,
    by_month,
    lift,
    line_figures,
    rule_figures,
)
from workstation.desk.review import Changed, CoachingNote, Listed, Sheet, Standing
from workstation.desk.roles import Right
from workstation.desk.rule_table import RuleFindings, RuleTable, months_back, rule_table
from workstation.desk.talk_search import Hit, TalkSearch
from workstation.store import (
    audit,
    coaching,
    people,
    review_check,
    review_figures,
    review_pack,
    review_read,
    reviews,
    rule_counts,
    talk_search,
)
from workstation.store.book_talk import TalkBook
from workstation.store.gate import Gate


class AuditBook(TalkBook):
    """A part of SqlBook. Every write is committed when the call returns."""

    gate: Gate
    home_zone: ZoneInfo
    sampling: Sampling = Sampling()

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
        """Return calls to review, worst first, or those reviewed. Raises NotAllowed."""
        with self.database.read() as session:
            people.need(session, user_id, Right.AUDIT_CALLS)
            page = review_read.listed(
                session,
                self.sampling,
                now,
                since=since,
                until=until,
                done=done,
                offset=offset,
                limit=limit,
            )
            return page if offset else replace(page, lift=lift(review_figures.reviewed(session), TOP))

    def audit_sheet(self, call_id: str, user_id: int, now: datetime) -> Sheet:
        """Return one call with all that a reviewer needs. Raises NotFound, NotAllowed."""
        with self.database.read() as session:
            people.need(session, user_id, Right.AUDIT_CALLS)
            return review_read.sheet(session, self.sampling, call_id, now)

    def take_review(self, call_id: str, user_id: int, now: datetime) -> Standing:
        """Take a call for review (see reviews.take)."""
        with self.database.write() as session:
            return reviews.take(session, self.sampling, call_id, user_id, now)

    def release_review(self, call_id: str, user_id: int) -> None:
        """Let go of a call one has open."""
        with self.database.write() as session:
            reviews.release(session, call_id, user_id)

    def judge_finding(
        self, call_id: str, user_id: int, target: str, judged: Judged, reason: str, now: datetime
    ) -> int:
        """Confirm or reject a doubt (see reviews.judge)."""
        with self.database.write() as session:
            return reviews.judge(session, self.sampling, call_id, user_id, target, judged, reason, now)

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
        """Add a fault that the machine missed (see reviews.add_missed)."""
        with self.database.write() as session:
            return reviews.add_missed(
                session,
                self.sampling,
                call_id,
                user_id,
                rule_id=rule_id,
                leg=leg,
                second=second,
                words=words,
                reason=reason,
                now=now,
            )

    def score_call(self, call_id: str, user_id: int, card: Mapping[str, Any], now: datetime) -> None:
        """Keep a filled-in scorecard (see reviews.scored)."""
        with self.database.write() as session:
            reviews.scored(session, self.sampling, call_id, user_id, card, now)

    def pass_review(self, call_id: str, user_id: int, now: datetime) -> int:
        """Pass a call to the next level; returns it (see reviews.pass_on)."""
        with self.database.write() as session:
            return reviews.pass_on(session, self.sampling, call_id, user_id, now)

    def finish_review(self, call_id: str, user_id: int, now: datetime) -> None:
        """Say that a review is done (see reviews.finish)."""
        with self.database.write() as session:
            reviews.finish(session, self.sampling, call_id, user_id, now)

    def commit_review(
        self, call_id: str, user_id: int, files: Mapping[str, str], rules: str, now: datetime
    ) -> None:
        """Commit a review and bind it to what it was about (see reviews.commit)."""
        with self.database.write() as session:
            reviews.commit(session, self.sampling, call_id, user_id, files, rules, now)

    def verify_reviews(self, files_of: Callable[[str], Mapping[str, str]]) -> tuple[Changed, ...]:
        """Return what changed of what reviews were bound to, explained or not."""
        with self.database.read() as session:
            return tuple(review_check.verify(session, files_of))

    def evidence(self, call_id: str, user_id: int, now: datetime) -> Mapping[str, bytes]:
        """Return what the book says of a call for an evidence pack, file by file, and note that it was asked.

        Raises NotFound, NotAllowed.
        """
        with self.database.write() as session:
            user = people.need(session, user_id, Right.AUDIT_CALLS)
            found = review_pack.texts(session, review_read.sheet(session, self.sampling, call_id, now))
            audit.append(session, user.username, review_pack.PACKED, call_id, {}, now)
        return found

    def search_said(self, wanted: TalkSearch, user_id: int) -> tuple[Hit, ...]:
        """Find what was said on any call, newest first. Raises NotAllowed, InvalidEntry."""
        with self.database.read() as session:
            people.need(session, user_id, Right.AUDIT_CALLS)
            return talk_search.search(session, wanted)

    # ---- coaching -----------------------------------------------------------------------------------

    def coach(
        self, call_id: str, user_id: int, text: str, now: datetime, *, second: float | None = None
    ) -> int:
        """Write to the collector who took a call (see coaching.send)."""
        with self.database.write() as session:
            return coaching.send(session, call_id, user_id, text, now, second=second)

    def answer_coaching(self, message_id: int, user_id: int, text: str, now: datetime) -> int:
        """Answer in a thread (see coaching.answer)."""
        with self.database.write() as session:
            return coaching.answer(session, message_id, user_id, text, now)

    def see_coaching(self, thread: int, user_id: int, now: datetime) -> None:
        """Note that somebody has read what a thread says to them."""
        with self.database.write() as session:
            coaching.see(session, thread, user_id, now)

    def coaching_of(self, user_id: int) -> tuple[CoachingNote, ...]:
        """Return what somebody wrote or was written, thread by thread."""
        with self.database.read() as session:
            return coaching.of_user(session, user_id)

    def coaching_unread(self, user_id: int) -> int:
        """Return how many messages somebody has not seen."""
        with self.database.read() as session:
            return coaching.unread(session, user_id)

    # ---- figures ------------------------------------------------------------------------------------

    def rule_figures(self) -> tuple[RuleFigures, ...]:
        """Return how each rule does in the eyes of the reviewers."""
        with self.database.read() as session:
            return rule_figures(review_figures.verdict_lines(session), review_read.findings_made(session))

    def precision_by_month(self) -> tuple[tuple[str, str, Share], ...]:
        """Return (month on the floor's clock, rule, precision of its verdicts)."""
        with self.database.read() as session:
            return by_month(review_figures.verdict_lines(session), self.home_zone)

    def rule_table(self, user_id: int, now: datetime) -> RuleTable:
        """Return how each rule does, in all and by month, with the ranking's lift. Raises NotAllowed."""
        zone = self.home_zone
        months = months_back(now.astimezone(zone).date())
        with self.database.read() as session:
            people.need(session, user_id, Right.AUDIT_CALLS)
            return rule_table(
                review_figures.verdict_lines(session),
                rule_counts.found_by_month(session, months, zone),
                rule_counts.calls_by_month(session, months, zone),
                rule_counts.names(session),
                months,
                zone,
                lift(review_figures.reviewed(session), TOP),
            )

    def findings_of_rule(
        self, rule_id: str, user_id: int, *, offset: int = 0, limit: int = 100
    ) -> RuleFindings:
        """Return what a rule found and what was added under it, newest call first. Raises NotAllowed."""
        with self.database.read() as session:
            people.need(session, user_id, Right.AUDIT_CALLS)
            return rule_counts.findings(session, rule_id, offset=offset, limit=limit)

    def audit_lift(self, k: int) -> Lift:
        """Return how much better the ranking is than chance, over the `k` highest reviewed."""
        with self.database.read() as session:
            return lift(review_figures.reviewed(session), k)

    def line_figures(self, now: datetime) -> tuple[LineFigures, ...]:
        """Return each line of the scripts beside the promises kept."""
        with self.database.read() as session:
            return line_figures(review_figures.promise_calls(session, self.gate, now))

    def keep_lines(self, call_id: str, lines: Mapping[str, tuple[float, float]]) -> None:
        """Keep which lines of the script were heard on a call: (second, share) of each."""
        with self.database.write() as session:
            review_figures.keep_lines(session, call_id, dict(lines))
