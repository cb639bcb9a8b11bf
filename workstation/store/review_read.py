"""Reading for reviews: the supervisor's list, one call's sheet, and the verdicts that stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from compliance.checks.finding import FindingKind, Heard, Severity
from compliance.transcription.words import Leg
from workstation.desk.audit import CallFacts, Doubt, Place, RuleRecord, Sampling, place, rank
from workstation.desk.audit_figures import Judged
from workstation.desk.disposition import dispositions
from workstation.desk.mismatch import Mismatch, MismatchKind
from workstation.desk.review import (
    Act,
    Cut,
    Listed,
    ListRow,
    Sheet,
    Standing,
    Step,
    Verdict,
    standing,
    undecided,
)
from workstation.store import again, calls, coaching, hearing, talks
from workstation.store.tables import (
    Account,
    CallRow,
    FinalCall,
    FindingRow,
    MismatchRow,
    Note,
    RedactionRow,
    ReviewLock,
    ReviewStep,
    ReviewVerdict,
    User,
)

_CHUNK = 500


def reviewable(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Calls that were talked on and judged whole: the others have nothing to review, or not yet."""
    return and_(CallRow.judged.is_(True), CallRow.talk_seconds > 0, *which)


def needs_a_look() -> ColumnElement[bool]:
    """Findings that stand and say something: a disclosure that was heard needs no reviewer."""
    said = or_(FindingRow.kind != FindingKind.DISCLOSURE.value, FindingRow.verdict != Heard.HEARD.value)
    return and_(FindingRow.superseded_at.is_(None), said)


def between(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    """Calls placed from `since` on and before `until`."""
    found: list[ColumnElement[bool]] = []
    if since is not None:
        found.append(CallRow.reserved_at >= since)
    if until is not None:
        found.append(CallRow.reserved_at < until)
    return found


def facts(session: Session, *which: ColumnElement[bool]) -> list[CallFacts]:
    """Return what the ranking knows of the calls."""
    wanted = reviewable(*which)
    ids = select(CallRow.id).where(wanted)
    doubts: dict[str, list[Doubt]] = defaultdict(list)
    for call_id, doubt in _finding_doubts(session, FindingRow.call_id.in_(ids)):
        doubts[call_id].append(doubt)
    for call_id, doubt in _mismatch_doubts(session, MismatchRow.call_id.in_(ids)):
        doubts[call_id].append(doubt)
    ask = {code for code, d in dispositions().items() if d.requires_audit}
    rows = session.execute(
        select(
            CallRow.id,
            CallRow.reserved_at,
            # A manager's last chance stays one, whatever stage the account is at today.
            func.coalesce(FinalCall.stage, Account.stage).label("stage"),
            CallRow.disposition,
        )
        .join(Account, Account.id == CallRow.account_id)
        .outerjoin(FinalCall, FinalCall.call_id == CallRow.id)
        .where(wanted)
    )
    return [
        CallFacts(call_id, at, stage, tuple(doubts.get(call_id, ())), code, code in ask)
        for call_id, at, stage, code in rows
    ]


def _finding_doubts(session: Session, *which: ColumnElement[bool]) -> Iterable[tuple[str, Doubt]]:
    rows = session.execute(
        select(
            FindingRow.call_id,
            FindingRow.id,
            FindingRow.rule_id,
            FindingRow.rule_version,
            FindingRow.title,
            FindingRow.severity,
            FindingRow.kind,
            FindingRow.verdict,
            FindingRow.confidence,
            FindingRow.start,
        )
        .where(needs_a_look(), *which)
        .order_by(FindingRow.id)
    )
    for call_id, n, rule, version, title, severity, kind, verdict, confidence, start in rows:
        said = Heard(verdict)
        yield (
            call_id,
            Doubt(
                f"finding:{n}",
                rule,
                version,
                title,
                Severity(severity),
                FindingKind(kind),
                said,
                confidence,
                start,
            ),
        )


def _mismatch_doubts(session: Session, *which: ColumnElement[bool]) -> Iterable[tuple[str, Doubt]]:
    rows = session.execute(
        select(MismatchRow.call_id, MismatchRow.kind, MismatchRow.confidence, MismatchRow.second)
        .where(MismatchRow.stands.is_(True), *which)
        .order_by(MismatchRow.id)
    )
    for call_id, kind, confidence, second in rows:
        yield call_id, mismatch_doubt(MismatchKind[kind], confidence, second)


def mismatch_doubt(kind: MismatchKind, confidence: float, second: float | None) -> Doubt:
    """Return a mismatch as something that can be confirmed or rejected."""
    target = f"mismatch:{kind.name}"
    return Doubt(target, kind.rule_id, "1", kind.value, Severity.HIGH, None, Heard.HEARD, confidence, second)


def records(session: Session) -> dict[tuple[str, str], RuleRecord]:
    """Return what reviewers said so far, by rule and version; the last verdict on a doubt counts."""
    last: dict[tuple[str, str], tuple[str, str, str]] = {}
    for call_id, target, judged, rule, version in session.execute(
        select(
            ReviewVerdict.call_id,
            ReviewVerdict.target,
            ReviewVerdict.judged,
            ReviewVerdict.rule_id,
            ReviewVerdict.rule_version,
        )
        .where(ReviewVerdict.target != "")
        .order_by(ReviewVerdict.id)
    ):
        last[call_id, target] = (judged, rule, version)
    tally: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for judged, rule, version in last.values():
        tally[rule, version][judged == Judged.REJECTED.value] += 1
    return {key: RuleRecord(*counts) for key, counts in tally.items()}


def listed(
    session: Session,
    sampling: Sampling,
    now: datetime,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    done: bool = False,
    offset: int = 0,
    limit: int = 100,
) -> Listed:
    """Return the list, worst first: calls still to review, or with `done` those whose review is committed."""
    found = facts(session, *between(since, until))
    committed = set(session.scalars(select(ReviewStep.call_id).where(ReviewStep.act == Act.COMMITTED.value)))
    if done:
        placed = [
            place(f, percent=sampling.percent, seed=sampling.seed) or _nothing(f.call_id)
            for f in sorted(found, key=lambda f: f.at, reverse=True)
            if f.call_id in committed
        ]
    else:
        known = records(session)
        wanted = (f for f in found if f.call_id not in committed)
        placed = list(rank(wanted, known, percent=sampling.percent, seed=sampling.seed))
    page = placed[offset : offset + limit]
    by_id = {f.call_id: f for f in found}
    return Listed(_rows(session, page, by_id, now), len(placed), len(found))


def _nothing(call_id: str) -> Place:
    return Place(call_id, 0.0, (), (), False)


def _rows(
    session: Session, page: Sequence[Place], by_id: Mapping[str, CallFacts], now: datetime
) -> tuple[ListRow, ...]:
    ids = [p.call_id for p in page]
    seen: dict[str, Any] = {}
    steps: dict[str, list[Step]] = defaultdict(list)
    said: dict[str, dict[str, Verdict]] = defaultdict(dict)
    holders: dict[str, str] = {}
    for first in range(0, len(ids), _CHUNK):
        some = ids[first : first + _CHUNK]
        for row in session.execute(
            select(
                CallRow.id,
                CallRow.party_name,
                CallRow.talk_seconds,
                CallRow.collector_id,
                User.full_name,
                Account.number,
            )
            .join(User, User.id == CallRow.collector_id)
            .join(Account, Account.id == CallRow.account_id)
            .where(CallRow.id.in_(some))
        ):
            seen[row.id] = row
        for call_id, step in read_steps(session, ReviewStep.call_id.in_(some)):
            steps[call_id].append(step)
        for call_id, verdict in read_verdicts(session, ReviewVerdict.call_id.in_(some)):
            said[call_id][verdict.target] = verdict
        locks = session.execute(
            select(ReviewLock.call_id, User.full_name)
            .join(User, User.id == ReviewLock.user_id)
            .where(ReviewLock.call_id.in_(some), ReviewLock.until > now)
        )
        holders |= {lock.call_id: lock.full_name for lock in locks}
    out = []
    for one in page:
        row, fact = seen[one.call_id], by_id[one.call_id]
        stands = standing(steps[one.call_id])
        out.append(
            ListRow(
                place=one,
                at=fact.at,
                collector=row.full_name,
                collector_id=row.collector_id,
                account=row.number,
                party=row.party_name,
                seconds=row.talk_seconds,
                disposition=fact.disposition,
                stage=fact.stage,
                state=stands.state,
                level=stands.level,
                holder=holders.get(one.call_id, ""),
                open_doubts=len(undecided(fact.doubts, said[one.call_id])),
            )
        )
    return tuple(out)


def read_steps(session: Session, *which: ColumnElement[bool]) -> Iterable[tuple[str, Step]]:
    """Yield (call id, step) in the order they were taken."""
    rows = session.execute(
        select(ReviewStep, User.username, User.full_name)
        .join(User, User.id == ReviewStep.user_id)
        .where(*which)
        .order_by(ReviewStep.id)
    )
    for r, username, name in rows:
        yield r.call_id, Step(r.id, r.at, r.user_id, username, name, r.level, Act(r.act), r.detail)


def read_verdicts(session: Session, *which: ColumnElement[bool]) -> Iterable[tuple[str, Verdict]]:
    """Yield (call id, verdict) in the order they were given."""
    rows = session.execute(
        select(ReviewVerdict, User.username)
        .join(User, User.id == ReviewVerdict.user_id)
        .where(*which)
        .order_by(ReviewVerdict.id)
    )
    for r, username in rows:
        yield (
            r.call_id,
            Verdict(
                r.id,
                r.at,
                r.user_id,
                username,
                r.level,
                r.target,
                Judged(r.judged),
                r.rule_id,
                r.rule_version,
                r.reason,
                r.leg,
                r.second,
                r.words,
            ),
        )


def doubts_of(session: Session, call_id: str) -> tuple[Doubt, ...]:
    """Return what a reviewer can confirm or reject on a call, findings first."""
    return (
        *(d for _, d in _finding_doubts(session, FindingRow.call_id == call_id)),
        *(d for _, d in _mismatch_doubts(session, MismatchRow.call_id == call_id)),
    )


def steps_of(session: Session, call_id: str) -> tuple[Step, ...]:
    """Return a call's review, step by step."""
    return tuple(s for _, s in read_steps(session, ReviewStep.call_id == call_id))


def verdicts_of(session: Session, call_id: str) -> tuple[Verdict, ...]:
    """Return every verdict on a call, in order."""
    return tuple(v for _, v in read_verdicts(session, ReviewVerdict.call_id == call_id))


def place_of(session: Session, sampling: Sampling, call_id: str) -> Place | None:
    """Return a call's place on the list as it is now; None where it is not on it."""
    found = facts(session, CallRow.id == call_id)
    known = records(session)
    return place(found[0], known, percent=sampling.percent, seed=sampling.seed) if found else None


def sheet(session: Session, sampling: Sampling, call_id: str, now: datetime) -> Sheet:
    """Return one call with all that a reviewer needs. Raises NotFound."""
    call = calls.get_call(session, call_id)
    collector = session.get_one(User, call.collector_id)
    account = session.get_one(Account, call.account_id)
    steps = steps_of(session, call_id)
    lock = session.execute(
        select(User.id, User.full_name)
        .join(ReviewLock, ReviewLock.user_id == User.id)
        .where(ReviewLock.call_id == call_id, ReviewLock.until > now)
    ).first()
    cuts = session.scalars(
        select(RedactionRow).where(RedactionRow.call_id == call_id).order_by(RedactionRow.start)
    )
    note = session.scalars(select(Note.text).where(Note.call_id == call_id).order_by(Note.id)).first()
    final = session.get(FinalCall, call_id)
    return Sheet(
        call_id=call_id,
        at=call.reserved_at,
        collector=collector.full_name,
        collector_id=collector.id,
        account=account.number,
        party=call.party_name,
        zone=call.zone,
        seconds=call.talk_seconds,
        disposition=call.disposition,
        stage=account.stage if final is None else final.stage,
        profile=call.profile,
        utterances=hearing.utterances(session, call_id),
        findings=again.numbered_findings(session, call_id),
        mismatches=_mismatches(session, call_id),
        doubts=doubts_of(session, call_id),
        cuts=tuple(Cut(c.id, Leg(c.leg), c.start, c.end, c.kind) for c in cuts),
        metrics=talks.metrics(session, call_id),
        place=place_of(session, sampling, call_id),
        steps=steps,
        standing=standing(steps),
        verdicts=verdicts_of(session, call_id),
        holder="" if lock is None else lock.full_name,
        holder_id=None if lock is None else lock.id,
        coaching=coaching.of_call(session, call_id),
        note=note or "",
    )


def _mismatches(session: Session, call_id: str) -> tuple[Mismatch, ...]:
    return tuple(
        Mismatch(MismatchKind[r.kind], r.disposition, r.second, r.words, r.confidence)
        for r in session.scalars(
            select(MismatchRow)
            .where(MismatchRow.call_id == call_id, MismatchRow.stands.is_(True))
            .order_by(MismatchRow.id)
        )
    )


def standing_of(session: Session, call_id: str) -> tuple[Standing, tuple[Step, ...]]:
    """Return where a call's review stands, and its steps."""
    steps = steps_of(session, call_id)
    return standing(steps), steps


def findings_made(session: Session) -> dict[tuple[str, str], tuple[int, int]]:
    """Return, by rule and version, how many findings need a look and on how many calls they are."""
    rows = session.execute(
        select(
            FindingRow.rule_id,
            FindingRow.rule_version,
            func.count(FindingRow.id),
            func.count(func.distinct(FindingRow.call_id)),
        )
        .where(needs_a_look())
        .group_by(FindingRow.rule_id, FindingRow.rule_version)
    )
    return {(rule, version): (findings, calls_) for rule, version, findings, calls_ in rows}
