"""Scorecards: reading them, answering them, and what the score is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.checks.finding import Finding, FindingKind, Heard, Severity
from compliance.transcription.words import Leg
from workstation.desk.audit_figures import Judged
from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.review import Sheet, Verdict, standing
from workstation.desk.scorecard import (
    Answer,
    Question,
    Scorecard,
    ScorecardError,
    Scored,
    fill,
    read_answer,
    read_scorecard,
    scorecard,
    scorecards,
)
from workstation.desk.talk import measure_talk

NOON = datetime(2026, 11, 18, 18, tzinfo=UTC)
ARREST = Finding(
    "forbidden.arrest", "1", FindingKind.FORBIDDEN, "Threat of arrest", Severity.CRITICAL, "", Leg.AGENT,
    Heard.HEARD, 10.0, 11.0, 0.7,
)  # fmt: skip
NOTICE = replace(ARREST, rule_id="disclosure.recording", kind=FindingKind.DISCLOSURE, title="Notice")
SHEET = Sheet(
    call_id="call-0001", at=NOON, collector="Dana", collector_id=1, account="A-1", party="Jordan",
    zone="UTC", seconds=60.0, disposition="", stage=4, profile="b2b-first-party", utterances=(), findings=(),
    mismatches=(), doubts=(), cuts=(), metrics=None, place=None, steps=(), standing=standing(()), verdicts=(),
    holder="", holder_id=None,
)  # fmt: skip
CARD = """
id = "small"
title = "Small"
[[questions]]
id = "clean"
text = "No forbidden words"
weight = 0
fatal = true
auto = "absent"
of = "forbidden.*"
[[questions]]
id = "notice"
text = "Notice"
weight = 10
auto = "heard"
of = "disclosure.recording"
[[questions]]
id = "share"
text = "Listened"
weight = 10
auto = "at-most"
of = "agent_share"
limit = 0.5
[[questions]]
id = "tone"
text = "Tone"
short = "tone"
weight = 20
scale = 4
"""


def said(target: str, judged: Judged, rule: str = "") -> Verdict:
    return Verdict(1, NOON, 2, "morgan", 1, target, judged, rule, "1")


def answers(sheet: Sheet, **given: str) -> dict[str, str]:
    return {a.question.id: a.said for a in fill(read_scorecard("small.toml", CARD), sheet, given).answers}


def test_what_does_not_apply_drops_out() -> None:
    assert answers(SHEET) == {"clean": "yes", "notice": "n/a", "share": "n/a", "tone": "n/a"}
    assert fill(read_scorecard("small.toml", CARD), SHEET, {}).score is None
    assert fill(read_scorecard("small.toml", CARD), SHEET, {"tone": "3"}).score == 75


def test_findings_answer_and_reviewers_have_the_last_word() -> None:
    missing = replace(NOTICE, verdict=Heard.MISSING)
    unclear = replace(NOTICE, verdict=Heard.INCONCLUSIVE, reason="heard badly")
    for finding, judged, expected in (
        (NOTICE, None, "yes"),
        (missing, None, "no"),
        (missing, Judged.REJECTED, "yes"),
        (unclear, None, "n/a"),
        (unclear, Judged.CONFIRMED, "no"),
        (unclear, Judged.REJECTED, "yes"),
    ):
        verdicts = (said("finding:7", judged),) if judged else ()
        sheet = replace(SHEET, findings=((7, finding),), verdicts=verdicts)
        assert answers(sheet)["notice"] == expected, (finding.verdict, judged)


def test_a_fatal_no_makes_it_nothing() -> None:
    card = read_scorecard("small.toml", CARD)
    sheet = replace(SHEET, findings=((7, ARREST), (8, NOTICE)))
    assert answers(sheet)["clean"] == "n/a"  # nobody has judged it yet
    rejected = replace(sheet, verdicts=(said("finding:7", Judged.REJECTED),))
    assert fill(card, rejected, {"tone": "4"}).score == 100
    confirmed = replace(sheet, verdicts=(said("finding:7", Judged.CONFIRMED),))
    scored = fill(card, confirmed, {"tone": "4"})
    assert (scored.score, scored.fatal) == (0, ("clean",))
    missed = replace(SHEET, verdicts=(said("", Judged.ADDED, "forbidden.insult"),))
    assert fill(card, missed, {}).score == 0


def test_figures_of_the_talk_answer() -> None:
    for agent, expected in (([(0.0, 4.0)], "yes"), ([(0.0, 9.0)], "no")):
        sheet = replace(SHEET, metrics=measure_talk(agent, [(10.0, 15.0)]))
        assert answers(sheet)["share"] == expected


@given(st.lists(st.tuples(st.integers(1, 9), st.sampled_from([None, 0.0, 0.25, 0.5, 1.0])), max_size=8))
def test_a_score_is_a_share_of_what_applies(rows: list[tuple[int, float | None]]) -> None:
    given_ = tuple(Answer(Question(f"q{n}", "", weight), value, "") for n, (weight, value) in enumerate(rows))
    scored = Scored(Scorecard("c", "c", (), ""), given_)
    applies = [(w, v) for w, v in rows if v is not None]
    if not applies:
        assert scored.score is None
        return
    assert scored.score is not None
    assert 0 <= scored.score <= 100
    exact = 100 * sum(w * v for w, v in applies) / sum(w for w, _ in applies)
    assert abs(scored.score - exact) <= 0.5
    best = Scored(scored.card, tuple(replace(a, value=1.0) for a in given_))
    assert best.score == 100


def test_answers_are_read_or_refused() -> None:
    yes_no, scale = Question("a", "", 1, "a"), Question("b", "", 1, "b", scale=4)
    assert [read_answer(yes_no, t).value for t in ("y", "No", " n/a ", "", "-")] == [1, 0, None, None, None]
    assert read_answer(scale, "2").value == 0.5
    for question, text in ((yes_no, "perhaps"), (scale, "5"), (scale, "yes"), (yes_no, "=1+1")):
        with pytest.raises(InvalidEntry):
            read_answer(question, text)
    with pytest.raises(InvalidEntry, match="did you mean 'tone'"):
        answers(SHEET, tune="3")
    with pytest.raises(InvalidEntry, match="no question 'clean'"):
        answers(SHEET, clean="yes")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("weight = 20", "weight = -1", r"small.toml: questions\[4\].weight: a number of 0 or more"),
        ("weight = 20", "wait = 20", r"questions\[4\]: no key 'wait'; did you mean 'weight'"),
        ("scale = 4", "scale = 12", r"questions\[4\].scale"),
        ("scale = 4", "scale = true", r"questions\[4\].scale"),
        ('short = "tone"', 'short = "much too long"', r"questions\[4\].short"),
        ('auto = "heard"', 'auto = "hear"', r"questions\[2\].auto: 'hear'; there are heard"),
        ("disclosure.recording", "disclosure.record", r"questions\[2\].of: no speech rule"),
        (
            "agent_share",
            "agent_shore",
            r"questions\[3\].of: no figure 'agent_shore'; did you mean 'agent_share'",
        ),
        ("limit = 0.5", "", r"questions\[3\].limit"),
        ("fatal = true", 'fatal = "yes"', r"questions\[1\].fatal"),
        ('id = "tone"', 'id = "share"', "'share' is there twice"),
        ('title = "Small"', "", "title: a text"),
        ("[[questions]]", "[[question]]", "no key 'question'"),
        ("scale = 4", "of = 'x'", r"questions\[4\].of: only a question with 'auto'"),
        ("id =", "id", "small.toml: "),
    ],
)
def test_a_bad_file_is_named_with_its_key(old: str, new: str, says: str) -> None:
    assert old in CARD
    with pytest.raises(ScorecardError, match=says):
        read_scorecard("small.toml", CARD.replace(old, new, 1))


def test_the_version_is_the_file_s() -> None:
    a, b = read_scorecard("x", CARD), read_scorecard("x", CARD.replace("weight = 20", "weight = 21"))
    assert a.version != b.version
    assert a.version == read_scorecard("x", CARD).version


def test_the_packaged_cards_are_sound() -> None:
    assert "standard" in scorecards()
    assert 1 <= len(scorecard("standard").asked) <= 6
    with pytest.raises(NotFound, match="standard"):
        scorecard("none")


def test_a_floor_s_own_cards_stand_beside_the_packaged_ones(tmp_path: Path) -> None:
    assert list(scorecards(tmp_path / "none")) == ["standard"]
    (tmp_path / "small.toml").write_text(CARD, "utf-8")
    (tmp_path / "notes.txt").write_text("no card", "utf-8")
    cards = scorecards(tmp_path)
    assert list(cards) == ["standard", read_scorecard("small.toml", CARD).id]
    assert scorecard("small", tmp_path).title == "Small"
    ours = CARD.replace('id = "small"', 'id = "standard"', 1)
    (tmp_path / "ours.toml").write_text(ours, "utf-8")
    assert scorecard("standard", tmp_path).title == "Small", "a floor's own takes the packaged one's place"
    assert scorecard("standard").title == "Every call"


def test_a_bad_card_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(CARD, "utf-8")
    (tmp_path / "b.toml").write_text(CARD, "utf-8")
    with pytest.raises(ScorecardError, match=r"b.toml: id: 'small' is the id of a.toml too"):
        scorecards(tmp_path)
    (tmp_path / "b.toml").write_bytes(b"\xff")
    with pytest.raises(ScorecardError, match=r"b.toml: cannot be read"):
        scorecards(tmp_path)
