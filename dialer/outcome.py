"""How a call ended, and whether it counts, from telephony evidence alone.

The evidence is a flat mapping of raw facts, as the engine gathers it and the book keeps it, so that a
classification can be run again years later. Keys (all optional, all text):

====================  ====================================================================================
``answered``          ``yes`` where the debtor's side answered (DialEnd ANSWER, or both legs bridged)
``dialed``            ``yes`` where Asterisk began to dial the debtor
``ringing``           ``yes`` where 180/183 or an audible ring was seen on the debtor's leg
``dial_status``       DialEnd's DialStatus
``dialstatus``        the dialplan's DIALSTATUS
``cause``             ISDN hangup cause of the debtor's leg, a number
``tech_cause``        SIP status of the debtor's leg, a number (AMI's TechCause)
``agent_cause``       ISDN hangup cause of the agent's leg
``hangup_asked``      ``yes`` where the collector asked to hang up
``hung_up_first``     ``agent`` or ``debtor``
``ended_by``          the last call event: hung-up, agent-failed or lost
====================  ====================================================================================

Whether an attempt counts follows 12 CFR 1006.14(b)(3)(ii) and its official interpretation: an attempt is left
out only where the number could not be connected to (busy, out of service). Ambiguous evidence counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    NOT_IN_SERVICE = "not-in-service"
    CONGESTION = "congestion"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """The agent hung up before the debtor's side answered."""
    AGENT_FAILED = "agent-failed"
    """The agent's own phone did not answer: the debtor was never dialled."""


@dataclass(frozen=True, slots=True)
class Classification:
    """An outcome, whether the attempt counts (12 CFR 1006.14(b)(3)(ii)), and why, in one line."""

    outcome: Outcome
    connected: bool
    reason: str


# ITU-T Q.850 causes and SIP status codes (RFC 3261, RFC 3398) by what they say about the called number.
_BUSY = (frozenset({17}), frozenset({486, 600}))
_REJECTED = (frozenset({21}), frozenset({603}))
_NO_SUCH_NUMBER = (frozenset({1, 22, 28}), frozenset({404, 410, 484}))
_NO_ANSWER = (frozenset({18, 19}), frozenset({408, 480}))
_CONGESTION = (frozenset({34, 38, 41, 42}), frozenset({503}))

_Family = tuple[frozenset[int], frozenset[int]]


def classify(evidence: Mapping[str, str]) -> Classification:
    """Say how a call ended and whether it counts. Never raises: evidence that says nothing counts."""
    if _yes(evidence, "answered"):
        return Classification(Outcome.ANSWERED, True, "the called side answered")
    if not _yes(evidence, "dialed"):
        return _never_dialed(evidence)
    rang = _yes(evidence, "ringing")
    status = (evidence.get("dial_status") or evidence.get("dialstatus") or "").upper()
    if _cancelled(evidence, status):
        seen = "after ringing" if rang else "with no ringing seen: ambiguous, so it counts"
        return Classification(Outcome.CANCELLED, True, f"the agent hung up first, {seen}")
    if (family := _family(evidence)) is not None:
        return _by_cause(family, rang, _cause_text(evidence))
    return _by_status(status, rang, _cause_text(evidence), lost=evidence.get("ended_by") == "lost")


def _never_dialed(evidence: Mapping[str, str]) -> Classification:
    if evidence.get("ended_by", "lost") == "lost":
        return Classification(Outcome.FAILED, True, "its course is not known: ambiguous, so it counts")
    if _yes(evidence, "hangup_asked"):
        return Classification(Outcome.CANCELLED, False, "the agent hung up before the debtor was dialled")
    return Classification(
        Outcome.AGENT_FAILED, False, "the agent's phone was not up: the debtor was not dialled"
    )


def _by_cause(family: _Family, rang: bool, shown: str) -> Classification:
    """Read a cause that speaks for itself (domain rules, section 2.2)."""
    if family is _BUSY:
        if rang:
            return Classification(Outcome.REJECTED, True, f"refused after ringing ({shown})")
        return Classification(Outcome.BUSY, False, f"busy, no ringing before it ({shown})")
    if family is _REJECTED:
        return Classification(Outcome.REJECTED, True, f"the called side refused ({shown})")
    if family is _NO_ANSWER:
        return Classification(Outcome.NO_ANSWER, True, f"no answer ({shown})")
    if family is _NO_SUCH_NUMBER:
        why = "rang, then not in service: ambiguous, so it counts" if rang else "number not in service"
        return Classification(Outcome.NOT_IN_SERVICE, rang, f"{why} ({shown})")
    why = "rang, then congestion: ambiguous, so it counts" if rang else "the network could not connect it"
    return Classification(Outcome.CONGESTION, rang, f"{why} ({shown})")


def _by_status(status: str, rang: bool, shown: str, *, lost: bool) -> Classification:
    """Read the dial status where no cause says more."""
    if lost:
        return Classification(Outcome.FAILED, True, "lost while dialling: ambiguous, so it counts")
    if status == "NOANSWER":
        return Classification(Outcome.NO_ANSWER, True, f"no answer ({shown})")
    if status == "BUSY":
        return _by_cause(_BUSY, rang, shown)
    if status == "CONGESTION":
        return _by_cause(_CONGESTION, rang, shown)
    if status == "CHANUNAVAIL":
        why = "rang, then failed: ambiguous, so it counts" if rang else "the call could not be placed"
        return Classification(Outcome.FAILED, rang, f"{why} ({shown})")
    return Classification(
        Outcome.FAILED, True, f"the evidence does not say: ambiguous, so it counts ({shown})"
    )


def _cancelled(evidence: Mapping[str, str], status: str) -> bool:
    asked = _yes(evidence, "hangup_asked") or evidence.get("hung_up_first") == "agent"
    return status == "CANCEL" or (asked and not status)


def _family(evidence: Mapping[str, str]) -> _Family | None:
    """Return the family of the SIP status, else of the ISDN cause: SIP is what the far end really said."""
    sip, isdn = _number(evidence.get("tech_cause")), _number(evidence.get("cause"))
    families = (_BUSY, _REJECTED, _NO_SUCH_NUMBER, _NO_ANSWER, _CONGESTION)
    for family in families:
        if sip in family[1]:
            return family
    if sip and sip >= 300:
        return None
    return next((family for family in families if isdn in family[0]), None)


def _cause_text(evidence: Mapping[str, str]) -> str:
    keys = ("dial_status", "dialstatus", "cause", "tech_cause")
    return ", ".join(f"{key} {evidence[key]}" for key in keys if evidence.get(key)) or "no cause given"


def _yes(evidence: Mapping[str, str], key: str) -> bool:
    return evidence.get(key) == "yes"


def _number(text: str | None) -> int:
    digits = (text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() else 0
