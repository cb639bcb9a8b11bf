"""Drafting the note, the promise and the fitting dispositions from what telephony and transcript say.

Pure. Every sentence rests on something heard or on telephony evidence and names its second, so that whoever
reads the note can listen to it. Nothing is booked from a draft: the collector accepts or edits it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from compliance.checks.finding import WITHDRAWN, Caught, CaughtKind, Finding, FindingKind, Heard
from compliance.contact import HoldKind
from compliance.transcription.words import Leg, Utterance
from workstation.desk.book import InvalidEntry
from workstation.desk.disposition import dispositions
from workstation.desk.money import Money
from workstation.desk.promise import METHODS
from workstation.desk.reachable import check_address
from workstation.desk.views import DraftFact, DraftPromise, NoteDraft

CALLBACK_TIME = time(10, 0)
"""Proposed for a callback of which only the day was caught."""

_FEW_WORDS = 12
"""A debtor who said less than this and is gone hung up on us, or was a machine."""

_ANSWERED = "answered"

_BY_HOLD: dict[HoldKind, str] = {
    HoldKind.BANKRUPTCY: "BANKRUPTCY",
    HoldKind.ATTORNEY: "ATTORNEY",
    HoldKind.CEASE: "CEASE",
    HoldKind.OPT_OUT: "OPTOUT_PHONE",
    HoldKind.DISPUTE: "RPC_DISPUTE",
    HoldKind.DECEASED: "DECEASED",
    HoldKind.VULNERABLE: "RPC_HARDSHIP",
    HoldKind.WRONG_NUMBER: "WRONG_NUMBER",
    HoldKind.WORK_FORBIDDEN: "WORK_FORBIDDEN",
}

_OUTCOME_SAID = {
    "busy": "Line busy",
    "no-answer": "No answer",
    "not-in-service": "Number not in service",
    "congestion": "Call did not go through (carrier busy)",
    "rejected": "Call rejected",
    "failed": "Call failed",
    "cancelled": "Hung up before an answer",
    "agent-failed": "Our own phone did not answer, nobody was called",
}


@dataclass(frozen=True, slots=True)
class CallHeard:
    """What is known about one ended call."""

    party_name: str
    party_role: str
    number: str
    outcome: str
    """A value of dialer.outcome.Outcome."""
    talk_seconds: float
    currency: str
    zone: str
    started_at: datetime
    usual_method: str = METHODS[0]
    """How this account paid last."""
    utterances: Sequence[Utterance] = ()
    findings: Sequence[Finding] = ()
    caught: Sequence[Caught] = ()
    excuses: Sequence[tuple[str, float, float]] = ()
    """(excuse id, score, second)."""


def draft(call: CallHeard) -> NoteDraft:
    """Compose the draft of one call."""
    promise = draft_promise(call)
    callback_at = draft_callback(call)
    suggested = suggest(call, promise, callback_at)
    text = _text(call, promise, callback_at, suggested)
    return NoteDraft(text, promise, callback_at, suggested, draft_facts(call, promise, callback_at))


def draft_facts(
    call: CallHeard, promise: DraftPromise | None, callback_at: datetime | None
) -> tuple[DraftFact, ...]:
    """Return what was heard and may be accepted, each with its second, in the order it was heard."""
    last = {fact.kind: fact for fact in call.caught}
    found: list[DraftFact] = []

    def add(heard: Caught, text: str, **more: Any) -> None:
        kind = heard.kind.value
        found.append(DraftFact(kind, text, heard.at, heard.confidence, heard.text, heard.value, **more))

    if promise is not None:
        heard = last[CaughtKind.PROMISE]
        hangs = ", if it comes about" if heard.conditional else ""
        agreed = ", read back and confirmed" if heard.confirmed else ""
        text = f"{promise.amount} on {_day(promise.due)} by {promise.method}{hangs}{agreed}"
        add(heard, text, promise=promise)
    if callback_at is not None:
        there = callback_at.astimezone(ZoneInfo(call.zone))
        asked = [c for c in call.caught if c.kind is CaughtKind.CALLBACK and c.day is not None][-1]
        add(asked, f"call back {_day(there.date())} {there:%H:%M}", callback_at=callback_at)
    if CaughtKind.DISPUTE in last:
        add(last[CaughtKind.DISPUTE], f"disputes: {last[CaughtKind.DISPUTE].value}")
    if CaughtKind.CONSENT in last:
        add(last[CaughtKind.CONSENT], consent_words(last[CaughtKind.CONSENT].value))
    if CaughtKind.EMAIL in last and _is_address(last[CaughtKind.EMAIL].value):
        add(last[CaughtKind.EMAIL], f"mail to {last[CaughtKind.EMAIL].value}")
    return tuple(sorted(found, key=lambda fact: fact.second))


def _is_address(text: str) -> bool:
    try:
        return bool(check_address(text))
    except InvalidEntry:
        return False


def draft_promise(call: CallHeard) -> DraftPromise | None:
    """Return the promise as it stood at the end (later words correct earlier); None if incomplete."""
    facts = [c for c in call.caught if c.kind is CaughtKind.PROMISE]
    # The collector's read-back counts only where the debtor's own words left something out.
    # What the debtor said yes to is the debtor's own.
    facts.sort(key=lambda c: (c.leg is Leg.DEBTOR or c.confirmed, c.at))
    amount: Caught | None = None
    day: Caught | None = None
    method = ""
    who = ""
    for fact in facts:
        if fact.value == WITHDRAWN:
            amount, day, method, who = None, None, "", ""
            continue
        who = fact.who or who
        amount = fact if fact.amount_minor is not None else amount
        day = fact if fact.day is not None else day
        method = fact.method or method
    if amount is None or amount.amount_minor is None or day is None or day.day is None:
        return None
    return DraftPromise(
        amount=Money(amount.amount_minor, call.currency),
        due=day.day,
        method=method or call.usual_method,
        who=f"{who} of {call.party_name}" if who else call.party_name,
        second=amount.at,
        confidence=min(amount.confidence, day.confidence),
    )


def draft_callback(call: CallHeard) -> datetime | None:
    """Return the callback asked for last; the morning of the day where no time was caught."""
    asked = [c for c in call.caught if c.kind is CaughtKind.CALLBACK and c.day is not None]
    if not asked or asked[-1].day is None:
        return None
    at = asked[-1].time_of_day or CALLBACK_TIME
    return datetime.combine(asked[-1].day, at, ZoneInfo(call.zone)).astimezone(UTC)


def suggest(call: CallHeard, promise: DraftPromise | None, callback_at: datetime | None) -> tuple[str, ...]:
    """Return fitting disposition codes, best first: stop words, then what was agreed, then telephony."""
    table = dispositions()
    if call.outcome != _ANSWERED:
        return tuple(d.code for d in table.values() if call.outcome in d.suggest_for) or ("NO_ANSWER",)
    found: list[str] = []
    # A stop outranks whatever else was agreed, in the gate's order of holds.
    stops = {f.hold for f in call.findings if f.hold is not None and f.verdict is Heard.HEARD}
    found += [_BY_HOLD[kind] for kind in HoldKind if kind in stops]
    if promise is not None:
        found.append("RPC_PROMISE")
    if callback_at is not None:
        found.append("RPC_CALLBACK")
    if any("hardship" in f.rule_id for f in call.findings if f.verdict is Heard.HEARD):
        found.append("RPC_HARDSHIP")
    spoken = sum(len(u.text.split()) for u in call.utterances if u.leg is Leg.DEBTOR)
    if not found and spoken < _FEW_WORDS:
        found += ["RPC_HUNGUP", "VM_NO_MSG", "LCM_LEFT"]
    found += ["RPC_REFUSED", "RPC_CALLBACK"]
    return tuple(dict.fromkeys(found))[:5]


def clock_of(second: float) -> str:
    """Return a place in the recording: ``03:04``."""
    minutes, seconds = divmod(int(second), 60)
    return f"{minutes:02}:{seconds:02}"


def _text(
    call: CallHeard, promise: DraftPromise | None, callback_at: datetime | None, suggested: tuple[str, ...]
) -> str:
    if call.outcome != _ANSWERED:
        return f"{_OUTCOME_SAID.get(call.outcome, call.outcome.capitalize())}: {call.number}."
    role = f" ({call.party_role})" if call.party_role else ""
    parts = []
    if suggested[0] == "RPC_HUNGUP":
        parts.append(f"Answered on {call.number}, ended after {clock_of(call.talk_seconds)}.")
    elif suggested[0] == "WRONG_NUMBER":
        parts.append(f"Reached {call.number}: not {call.party_name}.")
    else:
        parts.append(f"Spoke with {call.party_name}{role}.")
    parts += _disclosures(call)
    if call.excuses:
        excuse_id, _, second = max(call.excuses, key=lambda e: e[1])
        parts.append(f"Said: {excuse_id.replace('-', ' ').replace('_', ' ')} ({clock_of(second)}).")
    parts += _cues(call)
    if promise is not None:
        at = "" if promise.second is None else f" ({clock_of(promise.second)})"
        parts.append(f"Promised {promise.amount} by {promise.method} for {_day(promise.due)}{at}.")
    mails = [c for c in call.caught if c.kind is CaughtKind.EMAIL]
    if mails:
        parts.append(f"E-mail given: {mails[-1].value or mails[-1].text} ({clock_of(mails[-1].at)}).")
    parts += _said_besides(call)
    if callback_at is not None:
        parts.append(f"Asked for a call back on {_day(callback_at.astimezone(ZoneInfo(call.zone)).date())}.")
    return " ".join(parts)


def _said_besides(call: CallHeard) -> list[str]:
    """Sentences for the condition, the dispute and the consent that stand at the end of the talk."""
    last = {fact.kind: fact for fact in call.caught}
    parts = []
    promise = last.get(CaughtKind.PROMISE)
    if promise is not None and promise.conditional and promise.value != WITHDRAWN:
        parts.append(f'Conditional: "{promise.text}" ({clock_of(promise.at)}).')
    dispute = last.get(CaughtKind.DISPUTE)
    if dispute is not None:
        parts.append(f"Disputes: {dispute.value} ({clock_of(dispute.at)}).")
    consent = last.get(CaughtKind.CONSENT)
    if consent is not None:
        parts.append(f"{consent_words(consent.value).capitalize()} ({clock_of(consent.at)}).")
    return parts


def consent_words(value: str) -> str:
    """Return in words what a caught consent is to: a scope, a medium after a colon."""
    scope, _, medium = value.partition(":")
    if scope == "medium":
        return f"agreed to be contacted by {medium}"
    return {"work": "agreed to be called at work"}.get(scope, "agreed to be called again")


def _disclosures(call: CallHeard) -> list[str]:
    by_verdict: dict[Heard, list[str]] = {verdict: [] for verdict in Heard}
    for finding in call.findings:
        if finding.kind is FindingKind.DISCLOSURE:
            at = f" {clock_of(finding.start)}" if finding.verdict is Heard.HEARD else ""
            by_verdict[finding.verdict].append(f"{finding.title}{at}")
    words = {Heard.HEARD: "Heard", Heard.MISSING: "Not heard", Heard.INCONCLUSIVE: "Could not be judged"}
    return [f"{words[v]}: {', '.join(dict.fromkeys(t))}." for v, t in by_verdict.items() if t]


def _cues(call: CallHeard) -> list[str]:
    cues = [f for f in call.findings if f.kind is FindingKind.CUE and f.verdict is Heard.HEARD]
    return [f"{f.title} ({clock_of(f.start)})." for f in sorted(cues, key=lambda f: f.start)]


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
