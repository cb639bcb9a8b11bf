"""Teaches a model how this field talks: sentences of such calls, mixed into what word follows which.

A general model expects everyday English, in which "a lien" is "alien" and "garnish your wages" is rare. Its
acoustics are left as they are; its graph of words (ngram_graph.py) is mixed with one counted on sentences of
such calls: ``p = SHARE p_field + (1 - SHARE) p_general`` wherever the field has been seen to go on, with
p_field smoothed by interpolated Kneser-Ney (Chen & Goodman 1999, section 2.8) and resting on the general
model's single words. Words outside the model's dictionary cannot be taught. docs/hearing-options.md has what
it gains.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compliance.talk import spoken
from compliance.transcription.model import Progress, find_model
from compliance.transcription.ngram_graph import (
    NOTHING,
    START,
    GraphError,
    Ints,
    NgramGraph,
    pair_key,
    pair_keys,
    read_graph,
    states_of_one,
    write_graph,
)

SHARE = 0.5
"""Weight of the field's own talk in the mixture; 0.5 to 0.9 were tried."""
DISCOUNT = 0.75
"""Taken from every count for what was not seen (Kneser & Ney 1995)."""
_LEAST = 1e-12
_WORD = re.compile(r"\{\w+\}|[a-z]+(?:'[a-z]+)*")
"""A word, or a place for a name (``{party}``), which is no word of the model and cuts the sentence."""
_WORKINGS = "1"
"""Changes when this module makes another graph of the same sentences."""
_START_WORD = 0
"""What stands for "nothing was said yet" among a state's words."""

_STEPS = 3
_SILENT: Progress = lambda label, done, total: None  # noqa: E731

Probabilities = NDArray[np.float64]


def can_be_taught(model: Path) -> bool:
    """Whether a model carries its graph in two parts; the large ones do not."""
    return (model / "graph" / "HCLr.fst").is_file() and (model / "graph" / "Gr.fst").is_file()


def model_for_calls(configured: Path | None, cache: Path, progress: Progress = _SILENT) -> Path | None:
    """Return the model to hear calls with: the one that `find_model` finds, taught how they are talked.

    Raises ModelError where a model is configured and there is none.
    """
    found = find_model(configured, cache)
    return None if found is None else taught_model(found, cache, progress)


def taught_model(model: Path, cache: Path, progress: Progress = _SILENT) -> Path:
    """Return a model that has been taught the sentences of compliance/talk: links, and a graph of its own.

    It is made once (10 s) and kept in `cache`. A model that cannot be taught, and one whose graph is of
    another kind, comes back as it is. Raises OSError where it cannot be written.
    """
    if not can_be_taught(model):
        return model
    graph, lines = model / "graph" / "Gr.fst", list(spoken())
    kept = hashlib.sha256(f"{_WORKINGS} {SHARE} {DISCOUNT} {model.resolve()} {graph.stat().st_size}".encode())
    kept.update("\n".join(lines).encode())
    folder = cache / "models" / "taught"
    place = folder / f"{model.name}-{kept.hexdigest()[:12]}"
    if place.is_dir():
        return place
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if place.is_dir():
            return place
        label = "teaching the speech model how calls are talked"
        progress(label, 0, _STEPS)
        try:
            general = read_graph(graph)
        except GraphError:
            return model
        progress(label, 1, _STEPS)
        taught = teach(general, lines)
        progress(label, 2, _STEPS)
        with tempfile.TemporaryDirectory(prefix=".teach-", dir=folder) as made:
            work = Path(made) / "model"
            _link(model, work)
            (work / "graph" / "Gr.fst").unlink()
            write_graph(taught, work / "graph" / "Gr.fst")
            work.rename(place)
        progress(label, _STEPS, _STEPS)
    return place


def _link(model: Path, work: Path) -> None:
    for part in model.rglob("*"):
        to = work / part.relative_to(model)
        if part.is_dir():
            to.mkdir(parents=True)
        else:
            to.parent.mkdir(parents=True, exist_ok=True)
            to.symlink_to(part.resolve())


def teach(general: NgramGraph, sentences: Iterable[str]) -> NgramGraph:
    """Return the graph mixed with what `sentences` say; a word that it does not know cuts its sentence."""
    triples, pairs = _counted(general, sentences)
    if not len(triples):
        return general
    graph = _with_states(general, triples)
    field = _Field(graph, triples, pairs)
    mixed = graph
    for remembered in (0, 1, 2):
        mixed = _mixed(mixed, field, graph, remembered)
    return mixed


def _counted(general: NgramGraph, sentences: Iterable[str]) -> tuple[Ints, Ints]:
    """Return what followed what, as often as said: rows of (older, newer, word), and of (newer, word)."""
    triples: list[tuple[int, int, int]] = []
    pairs: list[tuple[int, int]] = []
    for sentence in sentences:
        known = [
            general.words.get(w, NOTHING) for w in _WORD.findall(sentence.lower().replace("\u2019", "'"))
        ]
        spoken = [_START_WORD, *known, general.end]
        pairs += [pair for pair in pairwise(spoken) if NOTHING not in pair]
        triples += [t for t in zip(spoken, spoken[1:], spoken[2:], strict=False) if NOTHING not in t]
    return np.array(triples, np.int64).reshape(-1, 3), np.array(pairs, np.int64).reshape(-1, 2)


def _with_states(graph: NgramGraph, triples: Ints) -> NgramGraph:
    """Return the graph with states for the words and pairs that the field's talk goes on from."""
    alone = states_of_one(graph)
    new = np.setdiff1d(triples[:, 1], np.nonzero(alone)[0])
    graph = _grown(graph, np.full(len(new), NOTHING), new, np.zeros(len(new), np.int64))
    alone = states_of_one(graph)
    pairs = np.unique(triples[:, :2], axis=0)
    keys, _ = pair_keys(graph)
    pairs = pairs[~np.isin(pair_key(graph.end, pairs[:, 0], pairs[:, 1]), keys)]
    return _grown(graph, pairs[:, 0], pairs[:, 1], alone[pairs[:, 1]])


def _grown(graph: NgramGraph, older: Ints, newer: Ints, back: Ints) -> NgramGraph:
    count = len(newer)
    return replace(
        graph,
        before=np.concatenate([graph.before, newer]),
        before_that=np.concatenate([graph.before_that, older]),
        back=np.concatenate([graph.back, back]),
        back_weight=np.concatenate([graph.back_weight, np.zeros(count, np.float32)]),
        first=np.concatenate([graph.first, np.full(count, graph.first[-1])]),
    )


class _Field:
    """What the field's talk goes on with, by state: Kneser-Ney counts of the words that follow."""

    def __init__(self, graph: NgramGraph, triples: Ints, pairs: Ints) -> None:
        """`graph` has a state for every word and pair that is followed by something."""
        states, back = len(graph.before), graph.back
        pair_of, pair_state = pair_keys(graph)
        at = np.searchsorted(pair_of, pair_key(graph.end, triples[:, 0], triples[:, 1]))
        after_two = np.column_stack([pair_state[at], triples[:, 2]])
        # One word or none: not how often, but after how many different words (Kneser & Ney 1995).
        after_one = np.unique(after_two, axis=0)
        after_one = np.column_stack([back[after_one[:, 0]], after_one[:, 1]])
        after_none = np.column_stack(
            [np.zeros(len(np.unique(pairs, axis=0)), np.int64), np.unique(pairs, axis=0)[:, 1]]
        )
        opening = pairs[pairs[:, 0] == _START_WORD]
        after_start = np.column_stack([np.full(len(opening), START), opening[:, 1]])
        rows, seen = np.unique(
            np.concatenate([after_two, after_one, after_none, after_start]), axis=0, return_counts=True
        )
        self._graph = graph
        self.state, self.word, self._seen = rows[:, 0], rows[:, 1], seen
        self._keys = pair_key(graph.end, self.state, self.word)
        self.total = np.bincount(self.state, seen, minlength=states)
        self._kinds = np.bincount(self.state, minlength=states)
        self._single = np.zeros(graph.end + 1)
        self._single[graph.word[: graph.first[1]]] = np.exp(-graph.weight[: graph.first[1]])

    def likely(self, state: Ints, word: Ints) -> Probabilities:
        """Return how likely each word is after each state in the field's talk."""
        back = self._graph.back[state]
        after_none = self._smoothed(np.zeros_like(state), word, self._single[word])
        after_one = self._smoothed(np.where(back == 0, state, back), word, after_none)
        after_two = self._smoothed(state, word, after_one)
        return np.where(state == 0, after_none, np.where(back == 0, after_one, after_two))

    def _smoothed(self, state: Ints, word: Ints, shorter: Probabilities) -> Probabilities:
        """Interpolate what followed a state with what is likely after one word less; without counts that."""
        wanted = pair_key(self._graph.end, state, word)
        at = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        seen = np.where(self._keys[at] == wanted, self._seen[at], 0)
        total = self.total[state]
        own = np.maximum(seen - DISCOUNT, 0) + DISCOUNT * self._kinds[state] * shorter
        return np.where(total > 0, own / np.maximum(total, 1), shorter)


def likely(graph: NgramGraph, state: Ints, word: Ints) -> Probabilities:
    """Return how likely each word is after each state by a back-off graph."""
    keys = pair_key(graph.end, np.repeat(np.arange(len(graph.before)), np.diff(graph.first)), graph.word)
    found, share, at_state = np.zeros(len(word)), np.ones(len(word)), state
    for _ in range(3):
        wanted = pair_key(graph.end, at_state, word)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        here = (keys[at] == wanted) & (share > 0)
        found[here] = share[here] * np.exp(-graph.weight[at[here]])
        share = np.where(here | (at_state == 0), 0, share * np.exp(-graph.back_weight[at_state]))
        at_state = graph.back[at_state]
    return found


def _mixed(graph: NgramGraph, field: _Field, general: NgramGraph, remembered: int) -> NgramGraph:
    """Mix the states that remember so many words; those that remember fewer have been mixed already.

    `general` tells the likelihoods that are mixed, `graph` those that a mixed state backs off to.
    """
    count = len(graph.before)
    remembers = (graph.before != NOTHING).astype(np.int64) + (graph.before_that != NOTHING)
    changed = (remembers == remembered) & (field.total > 0)
    state = np.repeat(np.arange(count), np.diff(graph.first))
    old, new = changed[state], changed[field.state]
    arcs = np.unique(
        np.column_stack(
            [
                np.concatenate([state[old], field.state[new]]),
                np.concatenate([graph.word[old], field.word[new]]),
            ]
        ),
        axis=0,
    )
    at, word = arcs[:, 0], arcs[:, 1]
    mixture = SHARE * field.likely(at, word) + (1 - SHARE) * likely(general, at, word)
    all_state, all_word = np.concatenate([state[~old], at]), np.concatenate([graph.word[~old], word])
    weight = np.concatenate([graph.weight[~old], -np.log(np.maximum(mixture, _LEAST)).astype(np.float32)])
    order = np.lexsort((all_word, all_state))
    mixed = replace(
        graph,
        first=np.searchsorted(all_state[order], np.arange(count + 1)),
        word=all_word[order],
        weight=weight[order],
    )
    return _balanced(mixed, remembers == remembered) if remembered else mixed


def _balanced(graph: NgramGraph, states: NDArray[np.bool_]) -> NgramGraph:
    """Weigh anew what some states give to backing off, so that what may follow each adds up to one."""
    count = len(graph.before)
    state = np.repeat(np.arange(count), np.diff(graph.first))
    mine = states[state]
    at, word = state[mine], graph.word[mine]
    left = 1 - np.bincount(at, np.exp(-graph.weight[mine]), minlength=count)
    shorter = 1 - np.bincount(at, likely(graph, graph.back[at], word), minlength=count)
    weight = -np.log(np.maximum(left, _LEAST) / np.maximum(shorter, _LEAST)).astype(np.float32)
    return replace(graph, back_weight=np.where(states, weight, graph.back_weight))
