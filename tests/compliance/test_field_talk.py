"""Teaching a speech model how calls are talked: the graph of words that follow words, and what it gains."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance import talk
from compliance.evaluation.wer import WordErrors, word_errors
from compliance.transcription.engine import Engine
from compliance.transcription.field_talk import likely, taught_model, teach
from compliance.transcription.live import transcribe
from compliance.transcription.model import find_model
from compliance.transcription.ngram_graph import NOTHING, GraphError, NgramGraph, read_graph, write_graph
from compliance.transcription.words import Leg
from tests.fixtures.speech import Speak, cache_directory

WORDS = {"pay": 1, "the": 2, "bill": 3, "lien": 4}
END = 5


def general() -> NgramGraph:
    """A model of four words: ends and words after nothing, a start, and what follows "the" and "pay the"."""
    states = [
        # before that, before, back, weight of backing off, {word: likelihood}
        (NOTHING, NOTHING, 0, 1.0, {1: 0.3, 2: 0.3, 3: 0.2, 4: 0.1, END: 0.1}),
        (NOTHING, 0, 0, 0.5, {1: 0.65}),
        (NOTHING, 2, 0, 0.5, {3: 0.6}),
        (1, 2, 2, 0.5, {3: 0.8}),
    ]
    first = np.cumsum([0, *(len(arcs) for *_, arcs in states)])
    backing = []
    for *_, back, _, arcs in states:
        shorter = dict(states[0][4])
        if back == 2:
            shorter = {w: 0.5 * p for w, p in shorter.items()} | {3: 0.6}
        backing.append((1 - sum(arcs.values())) / max(1e-9, 1 - sum(shorter[w] for w in arcs)))
    return NgramGraph(
        words=WORDS,
        end=END,
        before_that=np.array([s[0] for s in states]),
        before=np.array([s[1] for s in states]),
        back=np.array([s[2] for s in states]),
        back_weight=np.array([0, *(-np.log(b) for b in backing[1:])], np.float32),
        first=first,
        word=np.concatenate([sorted(s[4]) for s in states]).astype(np.int64),
        weight=np.concatenate([[-np.log(s[4][w]) for w in sorted(s[4])] for s in states]).astype(np.float32),
        properties=0,
        tables=b"",
    )


def after(graph: NgramGraph, state: int) -> dict[int, float]:
    every = np.arange(1, END + 1)
    return dict(zip(every.tolist(), likely(graph, np.full(END, state), every).tolist(), strict=True))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from([*WORDS, "unheardof", "{party}"]), min_size=1, max_size=6), max_size=8)
)
def test_what_may_follow_always_adds_up_to_one(sentences: list[list[str]]) -> None:
    taught = teach(general(), [" ".join(words) for words in sentences])
    for state in range(len(taught.before)):
        assert sum(after(taught, state).values()) == pytest.approx(1, abs=2e-3)


def test_what_was_said_becomes_likelier_and_what_was_not_stays_possible() -> None:
    plain = general()
    taught = teach(plain, ["the lien", "pay the lien", "the lien"])
    before, now = after(plain, 2), after(taught, 2)
    assert now[WORDS["lien"]] > 3 * before[WORDS["lien"]]
    assert 0 < now[WORDS["bill"]] < before[WORDS["bill"]]


def test_a_word_that_the_model_does_not_know_cuts_its_sentence() -> None:
    cut = teach(general(), ["pay unheardof lien"])
    assert {(a, b) for a, b in zip(cut.before_that.tolist(), cut.before.tolist(), strict=True) if a == 1} == {
        (1, 2)
    }
    assert teach(general(), ["unheardof", ""]).word.tolist() == general().word.tolist()


def test_every_sentence_can_be_read_and_names_stand_in_their_places() -> None:
    said = list(talk.spoken())
    assert said == list(talk.spoken())
    assert len(said) > 15000
    assert not any("{" in sentence for sentence in said)
    other = [s for s in talk.sentences() if s.file in ("agent", "debtor", "either")]
    assert all(rule.startswith("disclosure.") for s in other for rule in s.rules), "no threats, no stop words"


# ---- with the real model -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def untaught(speech_model: Path) -> Path:
    plain = find_model(None, cache_directory())
    if plain is None or plain == speech_model:
        pytest.skip(f"the model in use, {speech_model}, is one of your own and was not taught")
    return plain


def test_a_graph_of_another_kind_is_named(tmp_path: Path) -> None:
    for content in (
        b"",
        b"no graph at all",
        b"\xd6\xfd\xb2\x7e\x06\x00\x00\x00vector\x08\x00\x00\x00standard" + bytes(40),
    ):
        (tmp_path / "Gr.fst").write_bytes(content)
        with pytest.raises(GraphError, match=r"Gr\.fst: "):
            read_graph(tmp_path / "Gr.fst")


@pytest.mark.speech
def test_a_graph_read_and_written_hears_the_same(untaught: Path, tmp_path: Path, speak: Speak) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(untaught, copy)
    write_graph(read_graph(untaught / "graph" / "Gr.fst"), copy / "graph" / "Gr.fst")
    pcm = speak("The weather was fine on Sunday, so we walked along the river and had our lunch there.")
    one, two = (transcribe(Engine(m), pcm, 16000, Leg.AGENT) for m in (untaught, copy))
    assert [(w.text, w.start) for u in one for w in u.words] == [
        (w.text, w.start) for u in two for w in u.words
    ]


@pytest.mark.speech
def test_a_taught_model_makes_fewer_mistakes_on_calls(
    untaught: Path, speech_model: Path, speak: Speak
) -> None:
    said = (
        "This is an attempt to collect a debt, and any information obtained will be used for that purpose.",
        "If I do not see a payment by Friday, we will garnish your wages and put a lien on your house.",
        "Our records show three overdue invoices on your account, and the oldest is ninety days past due.",
        "I dispute this debt, and I want you to talk to my attorney from now on.",
    )
    errors = {}
    for model in (untaught, speech_model):
        engine, total = Engine(model), WordErrors()
        for sentence in said:
            heard = " ".join(u.text for u in transcribe(engine, speak(sentence), 16000, Leg.AGENT))
            total += word_errors(sentence, heard)
        errors[model] = total.rate or 0.0
    assert errors[speech_model] <= 0.04
    assert errors[speech_model] < errors[untaught]


@pytest.mark.speech
def test_a_model_is_taught_once_and_one_that_cannot_be_stays_as_it_is(
    untaught: Path, speech_model: Path, tmp_path: Path
) -> None:
    steps: list[str] = []
    assert (
        taught_model(untaught, cache_directory(), lambda label, done, total: steps.append(label))
        == speech_model
    )
    assert not steps
    other = tmp_path / "large"
    (other / "graph").mkdir(parents=True)
    assert taught_model(other, tmp_path) == other
    (other / "graph" / "HCLr.fst").write_bytes(b"x")
    (other / "graph" / "Gr.fst").write_bytes(b"no graph")
    assert taught_model(other, tmp_path) == other
