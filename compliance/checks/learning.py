"""Learning, from the sentences of compliance/talk, how like a rule's instances words are.

Two logistic regressions a rule, fitted by scikit-learn: on tf-idf weights of words, and on meanings
(by_example.py says why). The first takes 20 s, once; its weights lie in the cache, under a digest of the
sentences and of this module. The second would take two minutes, for the meanings of 54,000 sentences, and has
few weights: these ship with the sentences (``compliance/talk/sense.npz``), and where somebody changed those,
they are learned anew. ``python -m compliance.checks.learning`` writes what ships.
"""

from __future__ import annotations

import fcntl
import hashlib
import math
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from compliance import talk
from compliance.checks.by_example import LegWeights, plain, short_stretches, spelt, things, weighed
from compliance.checks.meaning import meaning
from compliance.checks.sounds import load_sounds
from compliance.talk import HEARD, Sentence, sentences
from compliance.transcription.words import Leg

EARLY = "early"
"""Talk before it is known who listens. Rules that it alone names (a debt mentioned then) learn from it alone:
other talk mentions debts all the time, and rightly."""
NOTICES = "notices"
"""What a collector states, and what only sounds like it."""
_LEAST = 2
"""Sentences in which something must occur to be weighed."""
_STRENGTH = 30.0
"""Inverse of the regularisation of words' weights (scikit-learn's C)."""
_SENSE_STRENGTH = 90.0
"""The same of meanings' weights."""
_WORKINGS = b"5"
"""Changes when this module learns otherwise from the same sentences."""
_SHIPPED = Path(talk.__file__).with_name("sense.npz")
_LEGS = {"agent": Leg.AGENT, "debtor": Leg.DEBTOR, "cues": Leg.DEBTOR, NOTICES: Leg.AGENT, EARLY: Leg.AGENT}
_STATED = "disclosure."
"""What the ids of statements begin with, which a collector owes: each is learned from all his talk."""

Learning = Callable[[], None]
"""Called when learning begins, which takes a while."""
Sense = tuple[NDArray[np.float32], NDArray[np.float32]]
"""A leg's weights of meanings, and their bias."""


@cache
def learned() -> Mapping[Leg, LegWeights]:
    """Return what the shipped sentences teach, from the cache or learned now. Raises TalkError, OSError.

    The model of meanings and the pronunciations are loaded as well, so that no call waits for them.
    """
    meaning()
    load_sounds()
    return learn_shipped(None)


def learn_shipped(learning: Learning | None) -> Mapping[Leg, LegWeights]:
    """Do what `learned` does, telling when it begins. Raises TalkError, OSError."""
    root = Path(os.environ.get("DUNLINE_CACHE") or platformdirs.user_cache_dir("dunline"))
    return learned_from(sentences(), root / "by-example", learning)


def example_rules() -> frozenset[str]:
    """Return the ids of the rules that there are example sentences of."""
    return frozenset(_ids(sentences()))


def digest() -> str:
    """Return what stands for the sentences and the way they are learned from."""
    return _digest(sentences())


def _digest(of: Iterable[Sentence]) -> str:
    said = hashlib.sha256(_WORKINGS)
    for s in of:
        said.update(f"{s.file}\t{','.join(sorted(s.rules))}\t{s.text}\n".encode())
    return said.hexdigest()[:16]


def learned_from(
    of: Sequence[Sentence], folder: Path, learning: Learning | None = None
) -> Mapping[Leg, LegWeights]:
    """Return what sentences teach, kept in `folder`; several processes may ask at once, and one learns."""
    place = folder / f"{_digest(of)}.npz"
    if not place.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not place.is_file():
                if learning is not None:
                    learning()
                lessons = {leg: _lesson(of, leg) for leg in Leg}
                senses = _shipped(_digest(of)) or {
                    leg: _learn_sense(lesson) for leg, lesson in lessons.items()
                }
                _keep({leg: _learn(lesson, senses[leg]) for leg, lesson in lessons.items()}, place)
    return _kept(place)


def _shipped(wanted: str) -> Mapping[Leg, Sense] | None:
    """Return the weights of meanings that ship, if they were learned from the sentences that are wanted."""
    if not _SHIPPED.is_file():
        return None
    with np.load(_SHIPPED) as data:
        if str(data["digest"]) != wanted:
            return None
        return {leg: (data[f"{leg}.sense"], data[f"{leg}.sense_bias"]) for leg in Leg}


def ship() -> None:
    """Learn the weights of meanings from the sentences, and write them beside these."""
    arrays: dict[str, NDArray[Any]] = {"digest": np.array(digest())}
    for leg in Leg:
        weights, bias = _learn_sense(_lesson(sentences(), leg))
        arrays |= {f"{leg}.sense": weights, f"{leg}.sense_bias": bias}
    np.savez(_SHIPPED, allow_pickle=False, **arrays)


def _keep(weights: Mapping[Leg, LegWeights], place: Path) -> None:
    arrays: dict[str, NDArray[Any]] = {}
    for leg, w in weights.items():
        arrays |= {
            f"{leg}.rules": np.array("\n".join(w.rules)),
            f"{leg}.early": np.array("\n".join(sorted(w.early))),
            f"{leg}.things": np.frombuffer("\n".join(w.places).encode(), np.uint8),
            f"{leg}.rarity": w.rarity,
            f"{leg}.weights": w.weights,
            f"{leg}.bias": w.bias,
            f"{leg}.sense": w.sense,
            f"{leg}.sense_bias": w.sense_bias,
            f"{leg}.rivals": np.array("\n".join(w.rivals)),
        }
    with tempfile.NamedTemporaryFile(dir=place.parent, suffix=".part", delete=False) as file:
        np.savez(file, allow_pickle=False, **arrays)
    Path(file.name).replace(place)


def _kept(place: Path) -> Mapping[Leg, LegWeights]:
    with np.load(place) as data:
        return {
            leg: LegWeights(
                tuple(str(data[f"{leg}.rules"]).split("\n")),
                {t: n for n, t in enumerate(data[f"{leg}.things"].tobytes().decode().split("\n"))},
                data[f"{leg}.rarity"],
                data[f"{leg}.weights"],
                data[f"{leg}.bias"],
                data[f"{leg}.sense"],
                data[f"{leg}.sense_bias"],
                frozenset(str(data[f"{leg}.early"]).split()),
                tuple(str(data[f"{leg}.rivals"]).split()),
            )
            for leg in Leg
        }


def _short(rule: str) -> str:
    return rule.rpartition(".")[2]


def _leg(rule: str) -> Leg:
    """Whose words a rule judges: the collector's are forbidden or owed, the debtor's are cues."""
    return Leg.AGENT if rule.startswith(("forbidden.", _STATED)) else Leg.DEBTOR


def _leg_of(sentence: Sentence, ids: Mapping[str, str]) -> Leg | None:
    """Return whose talk a sentence is; None for either's. `ids`: rules by their short names."""
    file = _written_for(sentence)
    return _LEGS.get(file) or (_leg(ids[file]) if file in ids else None)


def _written_for(sentence: Sentence) -> str:
    return sentence.file.removeprefix("calls-").removeprefix(HEARD)


def _early_rules(of: Iterable[Sentence]) -> frozenset[str]:
    """Return the rules that only early talk names."""
    named: dict[bool, set[str]] = {True: set(), False: set()}
    for s in of:
        named[_written_for(s) == EARLY] |= s.rules
    return frozenset(named[True] - named[False])


@dataclass(frozen=True, slots=True)
class _Lesson:
    """What a leg's rules learn from."""

    said: Sequence[Sequence[str]]
    """The sentences, as weighed."""
    rules: tuple[str, ...]
    early: frozenset[str]
    named: Mapping[str, NDArray[np.bool_]]
    """For each rule, which sentences are instances of it,"""
    teach: Mapping[str, NDArray[np.bool_]]
    """and from which it learns."""


def _lesson(of: Sequence[Sentence], leg: Leg) -> _Lesson:
    ids = {_short(rule): rule for rule in _ids(of)}
    mine = [s for s in of if _leg_of(s, ids) in (leg, None)]
    mine += [part for s in mine if s.file == NOTICES and not s.rules for part in _parts(s)]
    rules = tuple(sorted(rule for rule in ids.values() if _leg(rule) is leg))
    early = _early_rules(mine)
    spoken_early = np.array([_written_for(s) == EARLY for s in mine])
    # What names a debt early was not held against the other rules.
    no_debt = np.array([s.rules.isdisjoint(early) for s in mine])
    everything = np.ones(len(mine), bool)
    return _Lesson(
        said=[plain(spelt(s.text)) for s in mine],
        rules=rules,
        early=early,
        named={rule: np.array([rule in s.rules for s in mine]) for rule in rules},
        teach={r: spoken_early if r in early else everything if _stated(r) else no_debt for r in rules},
    )


def _stated(rule: str) -> bool:
    return rule.startswith(_STATED)


def _learn(lesson: _Lesson, sense: Sense) -> LegWeights:
    """Fit the weights of words, and put those of meanings beside them."""
    from scipy.sparse import csr_matrix

    said = lesson.said
    count: Counter[str] = Counter()
    for words in said:
        for kind in things(words):
            count.update(kind)
    places = {thing: n for n, thing in enumerate(sorted(t for t, times in count.items() if times >= _LEAST))}
    rarity = np.array([math.log((1 + len(said)) / (1 + count[t])) + 1 for t in places], np.float32)
    starts, rows, values = [0], [], []
    for words in said:
        at, share = weighed(words, places, rarity)
        rows.append(np.array(at, np.int32))
        values.append(share)
        starts.append(starts[-1] + len(at))
    shape = (len(said), len(places))
    matrix = csr_matrix((np.concatenate(values), np.concatenate(rows), starts), shape=shape)
    weights, bias = _fitted(lesson, matrix, C=_STRENGTH, solver="liblinear", max_iter=600)
    rivals = tuple(r for r in lesson.rules if r not in lesson.early and not _stated(r))
    return LegWeights(lesson.rules, places, rarity, weights, bias, *sense, lesson.early, rivals)


def _learn_sense(lesson: _Lesson) -> Sense:
    """Fit the weights of meanings: none for rules of early talk, where all talk of payments is alike."""
    meanings = meaning(threads=os.cpu_count() or 1).of(lesson.said)
    weights, bias = _fitted(lesson, meanings, C=_SENSE_STRENGTH, max_iter=1000)
    early = [rule in lesson.early for rule in lesson.rules]
    weights[:, early], bias[early] = 0, 0
    return weights, bias


def _fitted(lesson: _Lesson, matrix: Any, **how: Any) -> Sense:
    """Fit a logistic regression a rule on rows of a matrix; return weights, a column a rule, and bias."""
    from sklearn.linear_model import LogisticRegression

    fitted = []
    for rule in lesson.rules:
        teach = lesson.teach[rule]
        fitted.append(LogisticRegression(**how).fit(matrix[teach], lesson.named[rule][teach]))
    weights = np.stack([f.coef_[0] for f in fitted], axis=1).astype(np.float32)
    return weights, np.array([f.intercept_[0] for f in fitted], np.float32)


def _parts(harmless: Sentence) -> Iterator[Sentence]:
    """Yield the short stretches of a sentence that states nothing: they state nothing either."""
    words = spelt(harmless.text)
    for first, last in short_stretches(len(words)):
        if last - first < len(words):
            yield replace(harmless, text=" ".join(words[first:last]))


def _ids(of: Iterable[Sentence]) -> set[str]:
    return {rule for s in of for rule in s.rules}


if __name__ == "__main__":
    ship()
