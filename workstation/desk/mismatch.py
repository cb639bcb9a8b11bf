"""Where a disposition and the talk say different things: for the supervisor's list. Pure.

A mismatch is a question, not a verdict, and it changes no count: those come from telephony. It is raised only
where the leg that its evidence, or the absence of it, lies on was heard well; else there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from compliance.checks.finding import WITHDRAWN, Caught, CaughtKind, Finding, Heard, Reached
from compliance.checks.quality import measure
from compliance.contact import HoldKind
from compliance.transcription.words import Leg, Utterance
from workstation.desk.disposition import dispositions

SURE = 0.6
"""Confidence from which a fact heard speaks against a disposition."""
TURNS = 4
"""Changes of speaker that make a conversation, which a machine does not have."""
DEBTOR_WORDS = 12
"""Words of the debtor's that make one."""

_VOICEMAIL = frozenset({"LCM_LEFT", "VM_NO_MSG"})
_BEARS_PROMISE = frozenset({"RPC_PROMISE", "RPC_PLAN", "RPC_PAID"})
_NO_DISPUTE = frozenset({"RPC_REFUSED", "RPC_HUNGUP"})


class MismatchKind(StrEnum):
    """What does not fit."""

    RIGHT_PARTY = "wrong number, but the right party answered"
    PROMISE_UNHEARD = "promise, but none was heard"
    PROMISE_UNCODED = "a promise was heard, but another outcome was given"
    CONVERSATION = "voicemail, but somebody talked with us"
    DISPUTE = "refused, but a dispute was heard"

    @property
    def rule_id(self) -> str:
        """The rule under which reviewers' verdicts on it are kept."""
        return f"mismatch.{self.name.lower().replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One thing that does not fit, with what it rests on."""

    kind: MismatchKind
    disposition: str
    second: float | None
    """Where in the recording; None for what was not heard."""
    words: str
    confidence: float


@dataclass(frozen=True, slots=True)
class MismatchLine:
    """A mismatch on the supervisor's list."""

    call_id: str
    at: datetime
    """When the disposition was given."""
    collector: str
    account: str
    party: str
    mismatch: Mismatch


def compare(
    disposition: str,
    utterances: Sequence[Utterance],
    caught: Sequence[Caught],
    findings: Sequence[Finding],
    *,
    unheard: bool = False,
    promise_booked: bool = False,
) -> tuple[Mismatch, ...]:
    """Return what in a talk speaks against its disposition; nothing where the talk was not heard well.

    `unheard`: a stretch could not be heard at all, so that nothing can be called absent; `promise_booked`: a
    promise was entered whatever the disposition.
    """
    well = {leg for leg in Leg if not measure(utterances, leg).doubt}
    if Leg.DEBTOR not in well or disposition not in dispositions():
        return ()
    found: list[Mismatch] = []

    def add(kind: MismatchKind, fact: Caught) -> None:
        found.append(Mismatch(kind, disposition, fact.at, fact.text, fact.confidence))

    reached = _last(caught, CaughtKind.REACHED)
    sure_of = reached if reached is not None and reached.confidence >= SURE else None
    if disposition == "WRONG_NUMBER" and sure_of is not None and sure_of.value == Reached.RIGHT_PARTY:
        add(MismatchKind.RIGHT_PARTY, sure_of)
    promise = _last(caught, CaughtKind.PROMISE)
    if disposition == "RPC_PROMISE" and promise is None and well == set(Leg) and not unheard:
        found.append(Mismatch(MismatchKind.PROMISE_UNHEARD, disposition, None, "", 1.0))
    if promise is not None and _firm(promise) and not promise_booked:
        stops = dispositions()[disposition].starts_hold is not None
        if disposition not in _BEARS_PROMISE and not stops:
            add(MismatchKind.PROMISE_UNCODED, promise)
    if disposition in _VOICEMAIL and (reached is None or reached.value != Reached.MACHINE):
        talk = _conversation(utterances)
        if talk is not None:
            text, second, sure = talk
            found.append(Mismatch(MismatchKind.CONVERSATION, disposition, second, text, sure))
    if disposition in _NO_DISPUTE and (dispute := _dispute(caught, findings)) is not None:
        found.append(Mismatch(MismatchKind.DISPUTE, disposition, *dispute))
    return tuple(found)


def _last(caught: Sequence[Caught], kind: CaughtKind) -> Caught | None:
    return next((fact for fact in reversed(caught) if fact.kind is kind), None)


def _firm(promise: Caught) -> bool:
    return (
        promise.amount_minor is not None
        and promise.day is not None
        and not promise.conditional
        and promise.value != WITHDRAWN
        and promise.confidence >= SURE
    )


def _conversation(utterances: Sequence[Utterance]) -> tuple[str, float, float] | None:
    """Return the debtor's longest words, their second and confidence, where two people took turns."""
    final = sorted((u for u in utterances if u.final and u.words), key=lambda u: u.start)
    turns = sum(a.leg is not b.leg for a, b in pairwise(final))
    debtor = [u for u in final if u.leg is Leg.DEBTOR]
    if turns < TURNS or sum(len(u.words) for u in debtor) < DEBTOR_WORDS:
        return None
    said = max(debtor, key=lambda u: len(u.words))
    sure = sum(w.confidence for w in said.words) / len(said.words)
    return said.text, said.start, round(sure, 3)


def _dispute(caught: Sequence[Caught], findings: Sequence[Finding]) -> tuple[float, str, float] | None:
    fact = _last(caught, CaughtKind.DISPUTE)
    if fact is not None and fact.confidence >= SURE:
        return fact.at, fact.text, fact.confidence
    for finding in findings:
        if finding.hold is HoldKind.DISPUTE and finding.verdict is Heard.HEARD and finding.confidence >= SURE:
            return finding.start, " ".join(w.text for w in finding.words), finding.confidence
    return None
