"""The verdicts, reviews and promises from which figures about the audit are worked out."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.audit_figures import Judged, PromiseCall, Reviewed, VerdictLine
from workstation.desk.promise import PromiseState
from workstation.desk.review import Act
from workstation.store.gate import Gate
from workstation.store.queue_build import promise_states
from workstation.store.signals import load_accounts
from workstation.store.tables import LineSaid, Promise, ReviewStep, ReviewVerdict

_CHUNK = 500


def verdict_lines(session: Session) -> tuple[VerdictLine, ...]:
    """Return the verdicts that stand: the last on each doubt, and each fault added once a rule and second."""
    last: dict[tuple[str, str], VerdictLine] = {}
    for r in session.scalars(select(ReviewVerdict).order_by(ReviewVerdict.id)):
        about = r.target or f"{r.rule_id}@{round(r.second or 0)}"
        last[r.call_id, about] = VerdictLine(
            r.call_id, r.rule_id, r.rule_version, Judged(r.judged), r.at, r.sampled, r.bad
        )
    return tuple(last.values())


def reviewed(session: Session) -> tuple[Reviewed, ...]:
    """Return the calls whose review is committed, as they stood on the list when it began."""
    bad = {line.call_id for line in verdict_lines(session) if line.bad and line.judged is not Judged.REJECTED}
    done = set(session.scalars(select(ReviewStep.call_id).where(ReviewStep.act == Act.COMMITTED.value)))
    out: dict[str, Reviewed] = {}
    for call_id, detail in session.execute(
        select(ReviewStep.call_id, ReviewStep.detail)
        .where(ReviewStep.act == Act.TAKEN.value)
        .order_by(ReviewStep.id)
    ):
        if call_id in done and call_id not in out:
            out[call_id] = Reviewed(
                call_id, detail.get("score", 0.0), detail.get("sampled", False), call_id in bad
            )
    return tuple(out.values())


def promise_calls(session: Session, gate: Gate, now: datetime) -> tuple[PromiseCall, ...]:
    """Return the calls with a promise decided by now and with lines on record, and whether it was kept.

    A promise that was replaced while it was open is left out; one kept in part was not kept.
    """
    said: dict[str, set[str]] = defaultdict(set)
    for call_id, line in session.execute(select(LineSaid.call_id, LineSaid.line)):
        said[call_id].add(line)
    if not said:
        return ()
    accounts = list(
        session.scalars(
            select(Promise.account_id).where(Promise.call_id.in_(select(LineSaid.call_id))).distinct()
        )
    )
    out = []
    for first in range(0, len(accounts), _CHUNK):
        for data in load_accounts(session, accounts[first : first + _CHUNK], now).values():
            for promise, state in zip(data.promises, promise_states(data, gate, now), strict=True):
                decided = state is not PromiseState.OPEN and promise.replaced_at is None
                if decided and promise.call_id in said:
                    out.append(PromiseCall(frozenset(said[promise.call_id]), state is PromiseState.KEPT))
    return tuple(out)


def keep_lines(session: Session, call_id: str, lines: dict[str, tuple[float, float]]) -> None:
    """Keep which lines of the script were heard: second and share of each. What was kept before goes on."""
    for line, (second, share) in lines.items():
        session.merge(LineSaid(call_id=call_id, line=line, second=second, share=share))
