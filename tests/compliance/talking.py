"""Words said on a call, and the checks that listen to them: for the tests of speech rules."""

from __future__ import annotations

from collections.abc import Sequence

from compliance.checks.finding import Finding
from compliance.checks.live import LiveChecks
from compliance.checks.rules import load_speech_rules
from compliance.contact import CollectionPurpose
from compliance.transcription.words import Leg, Utterance, Word


def words(text: str, start: float = 0.0, confidence: float = 1.0) -> tuple[Word, ...]:
    return tuple(
        Word(w, start + 0.3 * n, start + 0.3 * n + 0.28, confidence) for n, w in enumerate(text.split())
    )


def said(leg: Leg, text: str, start: float = 0.0, confidence: float = 1.0) -> Utterance:
    w = words(text, start, confidence)
    return Utterance(leg, w[0].start, w[-1].end, text, w, True)


def checks(
    profile: str = "consumer-third-party",
    authorities: Sequence[str] = (),
    purpose: CollectionPurpose = CollectionPurpose.COLLECT,
) -> LiveChecks:
    return LiveChecks(
        load_speech_rules(),
        profile,
        party_name="Jordan Reyes",
        collector_name="Dana Whitfield",
        company="Brightwater Supply Inc.",
        authorities=authorities,
        purpose=purpose,
    )


def ids(findings: Sequence[Finding]) -> set[str]:
    return {f.rule_id for f in findings}
