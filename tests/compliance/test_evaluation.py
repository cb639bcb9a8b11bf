"""Labelled calls: the format and its errors, word errors, scores, floors, what is kept of what was heard."""

from __future__ import annotations

import struct
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from compliance.checks.finding import Caught, CaughtKind, Finding, FindingKind, Heard, Severity
from compliance.checks.rules import load_speech_rules
from compliance.evaluation.audio import read_leg
from compliance.evaluation.heard import HeardCall, HeardLeg, read_kept, with_second, write_kept
from compliance.evaluation.labels import LabelError, LabelledCall, Part, read_folder, read_label
from compliance.evaluation.scoring import Floor, Judged, Scores, figures, score
from compliance.evaluation.wer import WordErrors, word_errors
from compliance.transcription.g711 import from_ulaw, to_ulaw
from compliance.transcription.words import Leg, Source, Utterance, Word

LABEL = """
set = "held"
profile = "b2b-first-party"
company = "Brightwater Supply Inc."
collector = "Dana Whitfield"
party = "Jordan Reyes"
date = 2026-11-18
silent = ["forbidden.arrest"]
excuse = "cash-flow"

[[expect]]
rule = "cue.stop-calling"
at = 10.0

[[expect]]
rule = "disclosure.recording"
verdict = "missing"
at = 15.0

[[fact]]
kind = "promise"
amount_minor = 20000
day = 2026-11-20

[[said]]
leg = "debtor"
start = 10.0
end = 12.0
text = "Uh, please stop calling me."
"""


def label(text: str = LABEL) -> LabelledCall:
    return read_label(text, "one", "one/call.toml")


def test_a_label_is_read_whole() -> None:
    call = label()
    assert (call.part, call.party, call.day) == (Part.HELD, "Jordan Reyes", date(2026, 11, 18))
    assert [(e.rule, e.start, e.end) for e in call.expected] == [
        ("cue.stop-calling", 10.0, 15.0),
        ("disclosure.recording", 15.0, 20.0),
    ]
    assert call.audio == {Leg.AGENT: "agent.wav", Leg.DEBTOR: "debtor.wav"}
    assert call.facts[0].amount_minor == 20000


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('set = "held"', 'set = "hold"', "key 'set': must be one of development, seen, held, not 'hold'"),
        ('party = "Jordan Reyes"\n', "", "key 'party': is missing"),
        ('party = "J', 'partie = "J', "key 'partie': is not known here (did you mean 'party'?)"),
        ("date = 2026-11-18", 'date = "18 Nov"', "key 'date': must be a date such as 2026-11-18"),
        ('verdict = "missing"', 'verdict = "mising"', "key 'expect[1].verdict': must be one of"),
        ("at = 10.0", "at = 10.0\nuntil = 9.0", "key 'expect[0].until': needs an `at` that is not later"),
        (
            "amount_minor = 20000",
            "amount_minor = 200.5",
            "key 'fact[0].amount_minor': must be a whole number",
        ),
        ("end = 12.0", "end = 2.0", "key 'said[0].end': lies before its start"),
        ('leg = "debtor"', 'leg = "agnt"', "key 'said[0].leg': must be one of agent, debtor"),
        (
            "[[said]]",
            '[audio]\nagent = "../../etc/passwd"\n[[said]]',
            "key 'audio.agent': must be a file's name",
        ),
        ("[[said]]", "[[said", "not TOML"),
    ],
)
def test_what_is_wrong_with_a_label_is_told(before: str, after: str, told: str) -> None:
    assert before in LABEL
    with pytest.raises(LabelError) as wrong:
        label(LABEL.replace(before, after))
    assert str(wrong.value).startswith("one/call.toml: ")
    assert told in str(wrong.value)


def test_a_folder_without_calls_is_told(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"holds no call\.toml"):
        read_folder(tmp_path)
    with pytest.raises(LabelError, match="is no folder"):
        read_folder(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("said", "heard", "errors"),
    [
        ("Don't call me, uh, again.", "do not call me again", WordErrors(5, 0, 0, 0)),
        ("stop calling me", "we've got caught", WordErrors(3, 0, 1, 3)),
        ("one two three", "one three", WordErrors(3, 1, 0, 0)),
        ("one two", "one and two", WordErrors(2, 0, 1, 0)),
        ("", "", WordErrors()),
        ("hello", "", WordErrors(1, 1, 0, 0)),
    ],
)
def test_word_errors(said: str, heard: str, errors: WordErrors) -> None:
    assert word_errors(said, heard) == errors


def test_rates_add_up() -> None:
    assert (word_errors("a b", "a") + word_errors("c d", "c d")).rate == 0.25
    assert word_errors("", "um").rate is None


# ---- scores --------------------------------------------------------------------------------------------


def finding(rule: str, start: float, verdict: Heard = Heard.HEARD) -> Finding:
    kind = FindingKind[
        {"cue": "CUE", "forbidden": "FORBIDDEN", "disclosure": "DISCLOSURE"}[rule.split(".")[0]]
    ]
    return Finding(
        rule,
        "2021-11-30",
        kind,
        rule,
        Severity.HIGH,
        "",
        Leg.DEBTOR,
        verdict,
        start,
        start + 1,
        0.9,
        reason="why",
    )


def scored(*findings: Finding, call: LabelledCall | None = None, **judged: object) -> Scores:
    empty = HeardLeg((), (), 20.0, 4.0)
    heard = HeardCall(call or label(), LABEL, dict.fromkeys(Leg, empty), "vosk")
    return score([(heard, Judged(findings, **judged))], load_speech_rules())  # type: ignore[arg-type]


def test_found_where_it_was_expected() -> None:
    scores = scored(finding("cue.stop-calling", 11.0), finding("disclosure.recording", 15.0, Heard.MISSING))
    by_name = figures(scores)
    assert by_name["cue.stop-calling"]["recall"] == by_name["missing disclosure.recording"]["recall"] == 1.0
    assert by_name["stop-words"]["precision"] == 1.0
    assert not [s for s in scores.slips if s.row.startswith(("cue", "missing"))]


def test_found_at_another_second_is_one_miss_and_one_false_alarm() -> None:
    tally = scored(finding("cue.stop-calling", 40.0)).rows["cue.stop-calling"]
    assert (tally.expected, tally.found, tally.false, tally.precision) == (1, 0, 1, 0.0)


def test_a_doubtful_cue_is_a_proposal_and_a_doubtful_disclosure_is_none() -> None:
    rows = scored(
        finding("cue.stop-calling", 11.0, Heard.INCONCLUSIVE),
        finding("disclosure.recording", 15.0, Heard.INCONCLUSIVE),
    ).rows
    assert (rows["cue.stop-calling"].found, rows["cue.stop-calling"].inconclusive) == (1, 1)
    missing = rows["missing disclosure.recording"]
    assert (missing.found, missing.inconclusive, missing.false) == (0, 1, 0)


def test_a_twin_that_speaks_is_a_false_alarm() -> None:
    spoke = scored(finding("forbidden.arrest", 5.0)).rows["forbidden.arrest"]
    assert (spoke.twins, spoke.twins_spared, spoke.false) == (1, 0, 1)
    kept = scored().rows["forbidden.arrest"]
    assert (kept.twins, kept.twins_spared, kept.false) == (1, 1, 0)


def test_where_labels_are_not_complete_only_named_rules_are_judged() -> None:
    part = replace(label(), complete=False)
    rows = scored(finding("cue.attorney", 5.0), finding("forbidden.arrest", 5.0), call=part).rows
    assert "cue.attorney" not in rows
    assert rows["forbidden.arrest"].false == 1


def test_facts_and_excuses() -> None:
    wrong_day = Caught(CaughtKind.PROMISE, Leg.DEBTOR, 9.0, "…", 0.9, 20000, date(2026, 11, 21))
    scores = scored(caught=[wrong_day], excuses=["refuse", "cash-flow"])
    promise = figures(scores)["promise"]
    assert (promise["recall"], promise["amount"], promise["day"], promise["all"]) == (1.0, 1.0, 0.0, 0.0)
    assert figures(scores)["excuse"] == {"first": 0.0, "offered": 1.0}
    right = replace(wrong_day, day=date(2026, 11, 20))
    assert figures(scored(caught=[wrong_day, right]))["promise"]["all"] == 1.0


def test_a_label_of_a_rule_that_is_not_is_told() -> None:
    with pytest.raises(
        LabelError, match=r"call one: key 'silent': there is no speech rule 'forbidden\.arest'"
    ):
        scored(call=replace(label(), silent=frozenset({"forbidden.arest"})))


def test_a_label_of_a_rule_that_does_not_apply_to_its_call_is_told() -> None:
    call = label(
        LABEL.replace("profile =", 'purpose = "location"\nprofile =')
        + """
[[expect]]
rule = "disclosure.identity"
at = 1.0
"""
    )
    with pytest.raises(LabelError, match=r"'disclosure\.identity' does not apply to a location call"):
        scored(call=call)


def test_floors() -> None:
    by_name = figures(scored(finding("cue.stop-calling", 11.0)))
    assert not Floor.parse("cue.stop-calling:recall=1").broken(by_name)
    assert Floor.parse("missing:recall=0.5").broken(by_name) == "missing: recall is 0.000, under 0.5"
    assert Floor.parse("debtor:wer=0.5").broken(by_name) == "debtor: wer is 1.000, over 0.5"
    assert "cannot be measured" in Floor.parse("agent:wer=0.5").broken(by_name)
    with pytest.raises(LabelError, match="nothing of it; they have disclosures"):
        Floor.parse("cue.attorney:recall=1").broken(by_name)
    with pytest.raises(LabelError, match="is no figure of it; it has recall"):
        Floor.parse("cues:recal=1").broken(by_name)
    for text in ("recall=1", "cues:recall", "cues:recall=much", "cues:recall=-1"):
        with pytest.raises(LabelError, match="write it as"):
            Floor.parse(text)


# ---- what was heard, and sound -------------------------------------------------------------------------


def heard_leg(leg: Leg) -> HeardLeg:
    words = (Word("it's", 1.0, 1.25, 0.99), Word("ten:thirty", 1.25, 1.8, 0.5))
    said = Utterance(leg, 1.0, 1.8, "it's ten:thirty", words, True, Source.RECORDING)
    return with_second(HeardLeg((said,), ((0.9, 1.9),), 3.0, 0.4), [Word("yes", 1.1, 1.2, 0.9)])


def test_what_was_heard_is_kept_and_read_again(tmp_path: Path) -> None:
    call = HeardCall(label(), LABEL, {leg: heard_leg(leg) for leg in Leg}, "vosk small")
    file = tmp_path / "kept.jsonl.gz"
    write_kept(file, [replace(call, label=label())])
    first = file.read_bytes()
    assert read_kept(file) == [call]
    write_kept(file, [call])
    assert file.read_bytes() == first
    file.write_bytes(first[: len(first) // 2])
    with pytest.raises(LabelError, match="is no kept evaluation"):
        read_kept(file)


def test_mu_law_there_and_back_loses_at_most_half_a_step() -> None:
    every = np.arange(-32600, 32601, 7, dtype="<i2")
    back = np.frombuffer(from_ulaw(to_ulaw(every.tobytes())), "<i2").astype(int)
    step = 2.0 ** (np.floor(np.log2(np.minimum(np.abs(every.astype(int)), 32635) + 132)) - 4)
    assert (np.abs(back - every) <= step / 2).all()
    # Table of the recommendation: the codes of the largest, the least and no amplitude.
    assert to_ulaw(np.array([32124, -32124, 0], "<i2").tobytes()) == b"\x80\x00\xff"
    assert from_ulaw(bytes(range(256))) == from_ulaw(to_ulaw(from_ulaw(bytes(range(256)))))


def wav(kind: int, channels: int, rate: int, bits: int, sound: bytes) -> bytes:
    shape = struct.pack(
        "<HHIIHH", kind, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits
    )
    body = (
        b"WAVEfmt "
        + struct.pack("<I", 16)
        + shape
        + b"LIST\x03\0\0\0abc\0data"
        + struct.pack("<I", len(sound))
    )
    return b"RIFF" + struct.pack("<I", len(body) + len(sound)) + body + sound


def test_legs_are_read_from_pcm_and_mu_law(tmp_path: Path) -> None:
    file = tmp_path / "leg.wav"
    file.write_bytes(wav(1, 1, 16000, 16, b"\1\0\2\0"))
    assert read_leg(file) == (b"\1\0\2\0", 16000)
    file.write_bytes(wav(7, 1, 8000, 8, b"\x80\xff"))
    assert read_leg(file) == (np.array([32124, 0], "<i2").tobytes(), 8000)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"not a wave", "is no WAV file"),
        (wav(1, 2, 8000, 16, b"\0" * 8), "has 2 channel"),
        (wav(1, 1, 44100, 16, b"\0" * 8), "at 44100 Hz"),
        (wav(3, 1, 8000, 32, b"\0" * 8), "is in format 3 with 32 bits"),
        (b"RIFF\4\0\0\0WAVE", "holds no sound"),
    ],
)
def test_sound_that_cannot_be_read_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "leg.wav"
    file.write_bytes(content)
    with pytest.raises(LabelError, match=told) as wrong:
        read_leg(file)
    assert "leg.wav" in str(wrong.value)
