"""The findings of each speech rule by month of the call, and those behind one rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, func, literal, select, union_all
from sqlalchemy.orm import Session

from compliance.checks.finding import Heard
from compliance.checks.rules import load_speech_rules
from workstation.desk.audit_figures import Judged
from workstation.desk.mismatch import MismatchKind
from workstation.desk.rule_table import Found, RuleFinding, RuleFindings, RuleName, begins
from workstation.store.review_read import needs_a_look, read_verdicts, reviewable
from workstation.store.tables import Account, CallRow, FindingRow, MismatchRow, ReviewVerdict, User


def _month_of(months: Sequence[date], zone: tzinfo) -> ColumnElement[int]:
    """The index of the month in which a call was placed; -1 before the first.

    Compared with instants, not cut from dates: so it is the floor's month, and the same SQL in both books.
    """
    later = [(CallRow.reserved_at >= begins(m, zone), n) for n, m in reversed(list(enumerate(months)))]
    return case(*later, else_=-1)


def calls_by_month(session: Session, months: Sequence[date], zone: tzinfo) -> dict[date | None, int]:
    """Return how many calls were talked on and judged, by month; None: before the first."""
    month = _month_of(months, zone).label("month")
    rows = session.execute(select(month, func.count()).where(reviewable()).group_by(month))
    return {_named(months, n): count for n, count in rows}


def found_by_month(session: Session, months: Sequence[date], zone: tzinfo) -> tuple[Found, ...]:
    """Return what each rule found by month of the call, dispositions the talk does not bear out included."""
    month = _month_of(months, zone).label("month")

    def counted(
        rule: Any, row: type[FindingRow | MismatchRow], stands: ColumnElement[bool]
    ) -> Select[*tuple[Any, ...]]:
        return (
            select(rule, month, func.count(row.id), func.count(func.distinct(row.call_id)))
            .join(CallRow, CallRow.id == row.call_id)
            .where(stands, reviewable())
            .group_by(rule, month)
        )

    findings = session.execute(counted(FindingRow.rule_id, FindingRow, needs_a_look()))
    out = [Found(rule, _named(months, n), *counts) for rule, n, *counts in findings]
    mismatches = session.execute(counted(MismatchRow.kind, MismatchRow, MismatchRow.stands.is_(True)))
    return (
        *out,
        *(Found(MismatchKind[kind].rule_id, _named(months, n), *counts) for kind, n, *counts in mismatches),
    )


def _named(months: Sequence[date], index: int) -> date | None:
    return months[index] if index >= 0 else None


def names(session: Session) -> Mapping[str, RuleName]:
    """Return what the rules are called; of one that is no longer installed, what its last finding says."""
    last = select(func.max(FindingRow.id)).group_by(FindingRow.rule_id)
    kept = session.execute(
        select(FindingRow.rule_id, FindingRow.title, FindingRow.severity, FindingRow.citation).where(
            FindingRow.id.in_(last)
        )
    )
    return {
        **{kind.rule_id: RuleName(kind.value) for kind in MismatchKind},
        **{rule: RuleName(*said) for rule, *said in kept},
        **{r.id: RuleName(r.title, r.severity.value, r.citation) for r in load_speech_rules().rules},
    }


# ---- the findings behind a rule ------------------------------------------------------------------------


def _kind_of(rule_id: str) -> MismatchKind | None:
    return next((kind for kind in MismatchKind if kind.rule_id == rule_id), None)


def _of_rule(rule_id: str) -> tuple[Select[*tuple[Any, ...]], Callable[[Any], str]]:
    """Select a rule's findings as (call, number, second, confidence, verdict); and name one's target."""
    kind = _kind_of(rule_id)
    if kind is not None:
        return (
            select(
                MismatchRow.call_id,
                MismatchRow.id.label("number"),
                MismatchRow.second,
                MismatchRow.confidence,
                literal(Heard.HEARD.value, String).label("verdict"),
            ).where(MismatchRow.kind == kind.name, MismatchRow.stands.is_(True)),
            lambda _number: f"mismatch:{kind.name}",
        )
    return (
        select(
            FindingRow.call_id,
            FindingRow.id.label("number"),
            FindingRow.start.label("second"),
            FindingRow.confidence,
            FindingRow.verdict,
        ).where(FindingRow.rule_id == rule_id, needs_a_look()),
        lambda number: f"finding:{number}",
    )


def findings(session: Session, rule_id: str, *, offset: int, limit: int) -> RuleFindings:
    """Return what a rule found and what reviewers added under it, the newest call first, by pages."""
    found, target_of = _of_rule(rule_id)
    added = select(
        ReviewVerdict.call_id,
        (-ReviewVerdict.id).label("number"),
        ReviewVerdict.second,
        literal(0.0).label("confidence"),
        literal("", String).label("verdict"),
    ).where(ReviewVerdict.rule_id == rule_id, ReviewVerdict.judged == Judged.ADDED.value)
    both = union_all(found, added).subquery()
    rows = session.execute(
        select(both, CallRow.reserved_at, CallRow.party_name, User.full_name, Account.number.label("account"))
        .join(CallRow, CallRow.id == both.c.call_id)
        .join(User, User.id == CallRow.collector_id)
        .join(Account, Account.id == CallRow.account_id)
        .where(reviewable())
        .order_by(CallRow.reserved_at.desc(), both.c.call_id, both.c.second, both.c.number)
        .offset(offset)
        .limit(limit)
    ).all()
    total = session.scalar(
        select(func.count()).select_from(both).join(CallRow, CallRow.id == both.c.call_id).where(reviewable())
    )
    verdicts = {
        (call_id, v.target or str(-v.id)): v
        for call_id, v in read_verdicts(session, ReviewVerdict.call_id.in_({r.call_id for r in rows}))
    }
    said = _words(session, rule_id, [r.number for r in rows if r.number > 0])
    out = []
    for r in rows:
        verdict = verdicts.get((r.call_id, target_of(r.number) if r.number > 0 else str(r.number)))
        out.append(
            RuleFinding(
                r.call_id,
                r.reserved_at,
                r.full_name,
                r.party_name,
                r.account,
                r.second,
                r.confidence,
                r.verdict,
                said.get(r.number, verdict.words if verdict is not None else ""),
                None if verdict is None else verdict.judged,
                "" if verdict is None else verdict.username,
                "" if verdict is None else verdict.reason,
            )
        )
    return RuleFindings(tuple(out), total or 0)


def _words(session: Session, rule_id: str, numbers: Sequence[int]) -> dict[int, str]:
    """Return the words each finding rests on, or why it cannot be said."""
    if _kind_of(rule_id) is not None:
        kept = select(MismatchRow).where(MismatchRow.id.in_(numbers))
        return {row.id: row.words for row in session.scalars(kept)}
    rows = select(FindingRow.id, FindingRow.words, FindingRow.reason).where(FindingRow.id.in_(numbers))
    return {
        number: " ".join(str(word[0]) for word in words) or reason
        for number, words, reason in session.execute(rows)
    }
