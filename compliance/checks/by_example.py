"""Telling a rule's meaning by example: words like sentences that broke it, and unlike near misses.

A list of phrases finds what it foresaw. Here a linear classifier weighs the words of a stretch of talk, their
pairs and threes, and pieces of words (which survive mishearing), as it learned from some 31,000 sentences of
such calls (compliance/talk): logistic regression on tf-idf weights, one a rule, fitted by scikit-learn. What
it gives is log odds; a rule says from where it is certain, and from where a doubt (``[by_example]``).

Learning takes 15 s, once; the weights lie in the cache, under a digest of the sentences and of this module.
"""

from __future__ import annotations

import fcntl
import hashlib
import math
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
from numpy.typing import NDArray

from compliance.checks.phrase import spell_out
from compliance.checks.wordlist import word_set
from compliance.talk import HEARD, PLACE, Sentence, sentences
from compliance.transcription.words import Leg

SOMEONE = "someone"
"""Stands for the names of a call's people: who they are says nothing about what is said."""
_WORDS, _PIECES = (1, 2, 3), (3, 4, 5)
"""Words in a row, and letters in a row within a word, that are weighed."""
_LEAST = 2
"""Sentences in which something must occur to be weighed."""
_STRENGTH = 30.0
"""Inverse of the regularisation (scikit-learn's C)."""
_WORKINGS = b"3"
"""Changes when this module learns otherwise from the same sentences."""
_HESITATIONS = word_set("uh um er ah hm hmm mm mhm huh")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
EARLY = "early"
"""Talk before it is known who listens. Rules that it alone names (a debt mentioned then) learn from it alone:
other talk mentions debts all the time, and rightly."""
NOTICES = "notices"
"""What a collector states, and what only sounds like it."""
NOTICE_WORDS, NOTICE_STEP = 6, 2
"""Words of a statement that are looked at at once, and words by which the next stretch begins later: "and we
record our calls" is short, and names and a question stand around it."""
_LEGS = {"agent": Leg.AGENT, "debtor": Leg.DEBTOR, "cues": Leg.DEBTOR, NOTICES: Leg.AGENT, EARLY: Leg.AGENT}
_STATED = "disclosure."
"""What the ids of statements begin with, which a collector owes: each is learned from all his talk."""

Learning = Callable[[], None]
"""Called when learning begins, which takes a while."""


@dataclass(frozen=True, slots=True)
class LegWeights:
    """What was learned for the rules of one leg."""

    rules: tuple[str, ...]
    places: Mapping[str, int]
    """Row of each thing that is weighed."""
    rarity: NDArray[np.float32]
    """Inverse document frequency of each."""
    weights: NDArray[np.float32]
    """A row a thing, a column a rule."""
    bias: NDArray[np.float32]
    early: frozenset[str] = frozenset()
    """Rules of `EARLY` talk."""

    @property
    def rivals(self) -> tuple[str, ...]:
        """Rules whose likeness takes words from another rule: not early ones, nor what is owed anyway."""
        return tuple(r for r in self.rules if r not in self.early and not r.startswith(_STATED))

    def odds(self, words: Sequence[str]) -> Mapping[str, float]:
        """Return the log odds of each rule for words as `plain` gives them."""
        rows, values = _weighed(words, self.places, self.rarity)
        total = values @ self.weights[rows] + self.bias if rows else self.bias
        return dict(zip(self.rules, total.tolist(), strict=True))


def plain(words: Iterable[str], names: Collection[str] = ()) -> list[str]:
    """Return spelt-out words as they are weighed: without hesitations, and names as someone."""
    return [SOMEONE if w in names else w for w in words if w not in _HESITATIONS]


def words_of_names(*names: str) -> frozenset[str]:
    """Return the words that people's names consist of, as they are spelt out."""
    return frozenset(w for name in names for part in name.split() for w in spell_out(part.strip(".,")))


def _spelt(sentence: str) -> list[str]:
    return [w for part in _WORD.findall(PLACE.sub(f" {SOMEONE} ", sentence)) for w in spell_out(part)]


def _things(words: Sequence[str]) -> tuple[set[str], set[str]]:
    rows = {" ".join(words[at : at + n]) for n in _WORDS for at in range(len(words) - n + 1)}
    pieces = {
        f"#{framed[at : at + n]}"
        for framed in {f" {word} " for word in words}
        for n in _PIECES
        for at in range(max(1, len(framed) - n + 1))
    }
    return rows, pieces


def _weighed(
    words: Sequence[str], places: Mapping[str, int], rarity: NDArray[np.float32]
) -> tuple[list[int], NDArray[np.float32]]:
    """Return the rows of what is weighed in words, and its share: words and pieces each of length one."""
    found: list[int] = []
    shares: list[NDArray[np.float32]] = []
    for things in _things(words):
        rows = sorted(places[thing] for thing in things if thing in places)
        if rows:
            found += rows
            shares.append(rarity[rows] / np.linalg.norm(rarity[rows]))
    return found, np.concatenate(shares) if shares else np.zeros(0, np.float32)


@cache
def learned() -> Mapping[Leg, LegWeights]:
    """Return what the shipped sentences teach, from the cache or learned now. Raises TalkError, OSError."""
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
                _keep({leg: _learn(of, leg) for leg in Leg}, place)
    return _kept(place)


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
                frozenset(str(data[f"{leg}.early"]).split()),
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


def _learn(of: Sequence[Sentence], leg: Leg) -> LegWeights:
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    ids = {_short(rule): rule for rule in _ids(of)}
    mine = [s for s in of if _leg_of(s, ids) in (leg, None)]
    mine += [part for s in mine if s.file == NOTICES and not s.rules for part in _parts(s)]
    rules = sorted(rule for rule in ids.values() if _leg(rule) is leg)
    said = [plain(_spelt(s.text)) for s in mine]
    count: Counter[str] = Counter()
    for words in said:
        for things in _things(words):
            count.update(things)
    places = {thing: n for n, thing in enumerate(sorted(t for t, times in count.items() if times >= _LEAST))}
    rarity = np.array([math.log((1 + len(said)) / (1 + count[t])) + 1 for t in places], np.float32)
    starts, rows, values = [0], [], []
    for words in said:
        at, share = _weighed(words, places, rarity)
        rows.append(np.array(at, np.int32))
        values.append(share)
        starts.append(starts[-1] + len(at))
    shape = (len(said), len(places))
    matrix = csr_matrix((np.concatenate(values), np.concatenate(rows), starts), shape=shape)
    early = _early_rules(mine)
    spoken_early = np.array([_written_for(s) == EARLY for s in mine])
    # What names a debt early was not held against the other rules.
    debt_named = np.array([not s.rules.isdisjoint(early) for s in mine])
    everything = np.ones(len(mine), bool)
    fitted = []
    for rule in rules:
        teach = spoken_early if rule in early else everything if rule.startswith(_STATED) else ~debt_named
        named = np.array([rule in s.rules for s in mine])
        model = LogisticRegression(C=_STRENGTH, solver="liblinear", max_iter=600)
        fitted.append(model.fit(matrix[teach], named[teach]))
    weights = np.stack([f.coef_[0] for f in fitted], axis=1).astype(np.float32)
    bias = np.array([f.intercept_[0] for f in fitted], np.float32)
    return LegWeights(tuple(rules), places, rarity, weights, bias, early)


def _parts(harmless: Sentence) -> Iterator[Sentence]:
    """Yield the short stretches of a sentence that states nothing: they state nothing either."""
    words = _spelt(harmless.text)
    for first, last in short_stretches(len(words)):
        if last - first < len(words):
            yield replace(harmless, text=" ".join(words[first:last]))


def _ids(of: Iterable[Sentence]) -> set[str]:
    return {rule for s in of for rule in s.rules}


def short_stretches(count: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of `count` words that are held against what a collector states."""
    return windows(count, NOTICE_WORDS, NOTICE_STEP)


def windows(count: int, longest: int, step: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of `count` words, first and after the last: all of them where they are not too many."""
    if count <= longest:
        yield 0, count
        return
    last = count - longest
    for at in (*range(0, last, step), last):
        yield at, at + longest
