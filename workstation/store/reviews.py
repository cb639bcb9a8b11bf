"""Acting on a review: take, judge, add, score, pass, finish, commit. Each act is appended, and in the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from compliance.redaction.mask import mask_text
from compliance.transcription.words import Leg
from workstation.desk.audit import Doubt, Sampling
from workstation.desk.audit_figures import Judged
from workstation.desk.book import InvalidEntry, LeaseHeld, NotAllowed, NotFound
from workstation.desk.review import (
    LOCK_LASTS,
    Act,
    Standing,
    State,
    check_may_finish,
    check_may_take,
)
from workstation.desk.roles import Right
from workstation.store import audit, calls, people, review_read
from workstation.store.review_check import bind
from workstation.store.tables import CallRow, ReviewLock, ReviewStep, ReviewVerdict, User
from workstation.store.types import canonical

STEP, VERDICT = "review step", "review verdict"
"""Actions of the audit log that vouch for rows of reviews."""


def take(session: Session, sampling: Sampling, call_id: str, user_id: int, now: datetime) -> Standing:
    """Take a call for review, or go on with one's own. Raises NotFound, NotAllowed, LeaseHeld, InvalidEntry.

    One reviewer at a time: the call is theirs for half an hour after their last act. The first act keeps the
    call's place on the list as it was, so that figures about the ranking are about what it said beforehand.
    """
    return _work(session, sampling, call_id, user_id, now)[2]


def judge(
    session: Session,
    sampling: Sampling,
    call_id: str,
    user_id: int,
    target: str,
    judged: Judged,
    reason: str,
    now: datetime,
) -> int:
    """Confirm or reject a doubt; the last word stands. A false alarm needs a reason. Raises as `take`."""
    call, user, stands = _work(session, sampling, call_id, user_id, now)
    doubt = next((d for d in review_read.doubts_of(session, call.id) if d.target == target), None)
    if doubt is None:
        raise NotFound(f"call {call.id} has no {target!r} to judge; see dunline audit show {call.id}")
    if judged is Judged.ADDED:
        raise InvalidEntry("what was missed is added, not judged")
    if judged is Judged.REJECTED and not reason.strip():
        raise InvalidEntry("say why it is a false alarm: the rule learns from it")
    return _verdict(session, call, user, stands.level, doubt, judged, reason, now)


def add_missed(
    session: Session,
    sampling: Sampling,
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
    """Add a fault that the machine missed. Raises as `take`, NotFound for a rule, InvalidEntry."""
    from compliance.checks.finding import Heard
    from compliance.checks.rules import load_speech_rules

    rule = next((r for r in load_speech_rules().rules if r.id == rule_id), None)
    if rule is None:
        raise NotFound(f"no speech rule {rule_id!r}; the files of compliance/rules name them")
    if not words.strip():
        raise InvalidEntry("say which words it rests on, or what was not said")
    call, user, stands = _work(session, sampling, call_id, user_id, now)
    if not 0 <= second <= call.talk_seconds + 1:
        raise InvalidEntry(f"the call has no second {second:g}: it is {call.talk_seconds:.0f} s long")
    doubt = Doubt("", rule.id, rule.version, rule.title, rule.severity, rule.kind, Heard.HEARD, 1.0, second)
    return _verdict(
        session, call, user, stands.level, doubt, Judged.ADDED, reason, now, leg=leg.value, words=words
    )


def scored(
    session: Session,
    sampling: Sampling,
    call_id: str,
    user_id: int,
    card: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keep a filled-in scorecard (workstation.desk.scorecard); the last one stands. Raises as `take`."""
    call, user, stands = _work(session, sampling, call_id, user_id, now)
    _step(session, call.id, user, stands.level, Act.SCORED, _masked(card), now)


def _masked(value: Any) -> Any:
    """Mask every text of a scorecard: what people write may hold anything."""
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, Mapping):
        return {key: _masked(one) for key, one in value.items()}
    return [_masked(one) for one in value] if isinstance(value, list | tuple) else value


def pass_on(session: Session, sampling: Sampling, call_id: str, user_id: int, now: datetime) -> int:
    """Pass a call to the next level; returns that level. Raises as `take`, InvalidEntry at the last."""
    call, user, stands = _work(session, sampling, call_id, user_id, now)
    if stands.level >= 3:
        raise InvalidEntry("level 3 is the last: finish and commit")
    _step(session, call.id, user, stands.level, Act.PASSED, {}, now)
    _free(session, call.id)
    return stands.level + 1


def finish(session: Session, sampling: Sampling, call_id: str, user_id: int, now: datetime) -> None:
    """Say that a review is done; every finding must be judged. Raises as `take`, InvalidEntry."""
    call, user, stands = _work(session, sampling, call_id, user_id, now)
    verdicts = {v.target: v for v in review_read.verdicts_of(session, call.id) if v.target}
    check_may_finish(review_read.doubts_of(session, call.id), verdicts)
    _step(session, call.id, user, stands.level, Act.FINISHED, {}, now)


def commit(
    session: Session,
    sampling: Sampling,
    call_id: str,
    user_id: int,
    files: Mapping[str, str],
    rules: str,
    now: datetime,
) -> None:
    """Commit a review, finishing it first where it is not. Raises as `take` and `finish`.

    `files` are the SHA-256 of the call's recordings by file name as they lie there now, `rules` the digest of
    the speech rules. From here on any change to what the review was about is found (``review_check``).
    """
    stands, _ = review_read.standing_of(session, call_id)
    if stands.state is not State.FINISHED:
        finish(session, sampling, call_id, user_id, now)
    call, user, stands = _work(session, sampling, call_id, user_id, now, finished=True)
    _step(session, call.id, user, stands.level, Act.COMMITTED, bind(session, call.id, files, rules), now)
    _free(session, call.id)


def release(session: Session, call_id: str, user_id: int) -> None:
    """Let go of a call one has open; what was judged stays."""
    session.execute(delete(ReviewLock).where(ReviewLock.call_id == call_id, ReviewLock.user_id == user_id))


def _work(
    session: Session,
    sampling: Sampling,
    call_id: str,
    user_id: int,
    now: datetime,
    *,
    finished: bool = False,
) -> tuple[CallRow, people.Staff, Standing]:
    """Return call, reviewer and standing with the call locked to the reviewer, taking it where it is free."""
    user = people.need(session, user_id, Right.AUDIT_CALLS)
    call = calls.get_call(session, call_id, lock=True)
    if not call.judged or call.talk_seconds <= 0:
        raise NotFound(f"call {call_id} has nothing to review: nobody talked, or it is not judged yet")
    stands, steps = review_read.standing_of(session, call_id)
    check_may_take(stands, user_id=user_id, role=user.role, took_the_call=call.collector_id == user_id)
    if stands.state is State.FINISHED and not finished:
        raise NotAllowed("this review is finished: it can only be committed")
    held = session.get(ReviewLock, call_id)
    if held is not None and held.user_id != user_id and held.until > now:
        name = session.get_one(User, held.user_id).full_name
        raise LeaseHeld(f"{name} has this call open for review until {held.until:%H:%M} UTC")
    mine = held is not None and held.user_id == user_id
    if held is None:
        held = ReviewLock(call_id=call_id, user_id=user_id, until=now + LOCK_LASTS)
        session.add(held)
    held.user_id, held.until = user_id, now + LOCK_LASTS
    begun = stands.state is State.OPEN and stands.people.get(stands.level, ())[-1:] == (user_id,)
    if not finished and not (begun and (mine or steps)):
        detail: dict[str, Any] = {}
        if (place := review_read.place_of(session, sampling, call_id)) is not None:
            detail = {
                "score": round(place.score, 4),
                "sampled": place.sampled,
                "why": [w.value for w in place.why],
                "reasons": list(place.reasons),
            }
        _step(session, call_id, user, stands.level, Act.TAKEN, detail, now)
        stands, _ = review_read.standing_of(session, call_id)
    return call, user, stands


def _free(session: Session, call_id: str) -> None:
    session.execute(delete(ReviewLock).where(ReviewLock.call_id == call_id))


def _step(
    session: Session,
    call_id: str,
    user: people.Staff,
    level: int,
    act: Act,
    detail: Mapping[str, Any],
    now: datetime,
) -> None:
    plain: dict[str, Any] = msgspec.json.decode(canonical(dict(detail)))
    row = ReviewStep(call_id=call_id, at=now, user_id=user.id, level=level, act=act.value, detail=plain)
    session.add(row)
    session.flush()
    said = {"row": str(row.id), "act": act.value, "digest": audit.record_digest(row)}
    audit.append(session, user.username, STEP, call_id, said, now)


def _verdict(
    session: Session,
    call: CallRow,
    user: people.Staff,
    level: int,
    doubt: Doubt,
    judged: Judged,
    reason: str,
    now: datetime,
    *,
    leg: str = "",
    words: str = "",
) -> int:
    taken = session.scalars(
        select(ReviewStep.detail)
        .where(ReviewStep.call_id == call.id, ReviewStep.act == Act.TAKEN.value)
        .order_by(ReviewStep.id)
    ).first()
    row = ReviewVerdict(
        call_id=call.id,
        at=now,
        user_id=user.id,
        level=level,
        target=doubt.target,
        judged=judged.value,
        rule_id=doubt.rule_id,
        rule_version=doubt.rule_version,
        reason=mask_text(reason.strip()),
        leg=leg,
        second=doubt.second,
        words=mask_text(words.strip()),
        sampled=bool((taken or {}).get("sampled", False)),
        bad=doubt.bad,
    )
    session.add(row)
    session.flush()
    said = {
        "row": str(row.id),
        "rule": doubt.rule_id,
        "judged": judged.value,
        "digest": audit.record_digest(row),
    }
    audit.append(session, user.username, VERDICT, call.id, said, now)
    return row.id
