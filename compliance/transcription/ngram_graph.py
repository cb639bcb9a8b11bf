"""The language part of a Vosk model that carries its graph in two: ``Gr.fst``, what word follows which.

A back-off model of three words (Katz 1987), as a finite-state acceptor: a state is the one or two words
before, an arc the next word, weighed by its negative log likelihood, and an arc without a word goes to the
state that remembers one word less. It is read as OpenFst's ``ngram`` kind stores it (a tree in bit vectors,
Sorensen & Allauzen 2011), which the ordinary FST packages do not read, and written as its ``const`` kind:
two tables, which take 1.9 times the memory and are searched a fifth faster.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]

_FST, _TABLE = 2125659606, 2125658996
"""OpenFst's magic numbers, of a graph and of a table of symbols."""
_TABLES = 3
"""Flags: a table of input symbols and one of output symbols follow."""
_LOW_PROPERTIES, _EXPANDED = 0xFFFF, 1
_CONST_VERSION = 2
START = 1
"""State in which an utterance begins."""
NOTHING = -1
"""In place of a word that a state does not remember."""
_STATE = np.dtype(
    [("final", "<f4"), ("first", "<u4"), ("arcs", "<u4"), ("free_in", "<u4"), ("free_out", "<u4")]
)
_ARC = np.dtype([("in", "<i4"), ("out", "<i4"), ("weight", "<f4"), ("to", "<i4")])


class GraphError(Exception):
    """A graph is not of the kind that can be read; the message says what was found."""


@dataclass(frozen=True, slots=True)
class NgramGraph:
    """A back-off model of three words. State 0 remembers nothing, the next ones one word, the last ones two.

    Arcs lie state by state, each state's in order of their words. The end of an utterance is an arc with
    word `end`.
    """

    words: dict[str, int]
    """Number of each word."""
    end: int
    """Number that stands for the end of an utterance; no word has it, and it is larger than any word's."""
    before: Ints
    """The newest word that each state remembers, or NOTHING."""
    before_that: Ints
    """The word before it, or NOTHING."""
    back: Ints
    """State that each state backs off to; itself for state 0."""
    back_weight: Floats
    first: Ints
    """Number of each state's first arc, and one more: the number of arcs."""
    word: Ints
    weight: Floats
    properties: int
    tables: bytes
    """The tables of symbols as the file has them."""


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, form: str) -> tuple[int, ...]:
        found = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return found

    def text(self) -> str:
        (length,) = self.take("i")
        self.at += length
        return self.data[self.at - length : self.at].decode()

    def table(self) -> dict[str, int]:
        if self.take("i") != (_TABLE,):
            raise GraphError("its table of symbols is not where it should be")
        self.text()
        _, size = self.take("qq")
        found = {}
        for _ in range(size):
            word = self.text()
            (found[word],) = self.take("q")
        return found

    def bits(self, count: int) -> NDArray[np.uint8]:
        room = (count + 63) // 64 * 8
        packed = np.frombuffer(self.data, np.uint8, room, self.at)
        self.at += room
        return np.unpackbits(packed, bitorder="little")[:count]

    def ints(self, count: int) -> Ints:
        self.at += 4 * count
        return np.frombuffer(self.data, "<i4", count, self.at - 4 * count).astype(np.int64)

    def floats(self, count: int) -> Floats:
        self.at += 4 * count
        return np.frombuffer(self.data, "<f4", count, self.at - 4 * count).astype(np.float32)


def read_graph(path: Path) -> NgramGraph:
    """Read ``Gr.fst``. Raises GraphError where it is of another kind, OSError where it cannot be read."""
    reader = _Reader(path.read_bytes())
    try:
        return _read(reader)
    except (struct.error, ValueError, UnicodeDecodeError) as wrong:
        raise GraphError(f"{path}: {wrong}") from None
    except GraphError as wrong:
        raise GraphError(f"{path}: {wrong}") from None


def _read(reader: _Reader) -> NgramGraph:
    if reader.take("i") != (_FST,):
        raise GraphError("is no OpenFst graph")
    kind, arcs = reader.text(), reader.text()
    _, flags = reader.take("ii")
    (properties,) = reader.take("Q")
    _, _, _ = reader.take("qqq")
    if (kind, arcs, flags) != ("ngram", "standard", _TABLES):
        raise GraphError(
            f"is a {kind} graph of {arcs} arcs (flags {flags}), not an ngram graph with its words"
        )
    begin = reader.at
    words = reader.table()
    reader.table()
    tables = reader.data[begin : reader.at]
    states, futures, finals = reader.take("QQQ")
    tree = reader.bits(2 * states + 1)
    follow = reader.bits(futures + states + 1)
    final = reader.bits(states).astype(bool)
    own = reader.ints(states + 1)[:states]
    word = reader.ints(futures)
    back_weight = reader.floats(states + 1)[:states]
    final_weight = reader.floats(finals)
    weight = reader.floats(futures)

    # A one in `tree` is a state, and the zeros before it count the states whose children are listed before.
    back = np.nonzero(tree)[0][:states] - np.arange(states) - 1
    back[0] = 0
    if np.any(back[back] != 0):
        raise GraphError("remembers more than two words")
    newest = np.where(back == 0, own, own[back])
    newest[0] = NOTHING
    zeros = np.nonzero(follow == 0)[0]
    first = zeros[: states + 1] - np.arange(states + 1)
    state = np.repeat(np.arange(states), np.diff(first))
    end = int(max(words.values())) + 1
    all_state = np.concatenate([state, np.nonzero(final)[0]])
    all_word = np.concatenate([word, np.full(finals, end)])
    all_weight = np.concatenate([weight, final_weight])
    order = np.lexsort((all_word, all_state))
    return NgramGraph(
        words=words,
        end=end,
        before=newest,
        before_that=np.where(back == 0, NOTHING, own),
        back=back,
        back_weight=np.where(np.isfinite(back_weight), back_weight, 0).astype(np.float32),
        first=np.searchsorted(all_state[order], np.arange(states + 1)),
        word=all_word[order],
        weight=all_weight[order],
        properties=properties,
        tables=tables,
    )


def write_graph(graph: NgramGraph, path: Path) -> None:
    """Write a graph for Vosk to load. Raises OSError."""
    count = len(graph.before)
    state = np.repeat(np.arange(count), np.diff(graph.first))
    ending = graph.word == graph.end
    states = np.zeros(count, _STATE)
    states["final"] = np.inf
    states["final"][state[ending]] = graph.weight[ending]

    backing = np.arange(1, count)
    arcs = np.zeros(count - 1 + int(np.sum(~ending)), _ARC)
    from_state = np.concatenate([backing, state[~ending]])
    word = np.concatenate([np.zeros(count - 1, np.int64), graph.word[~ending]])
    order = np.lexsort((word, from_state))
    arcs["in"] = arcs["out"] = word[order]
    arcs["weight"] = np.concatenate([graph.back_weight[1:], graph.weight[~ending]])[order]
    to = np.concatenate([graph.back[1:], _next_states(graph, state[~ending], graph.word[~ending])])
    arcs["to"] = to[order]
    first = np.searchsorted(from_state[order], np.arange(count + 1))
    states["first"], states["arcs"] = first[:-1], np.diff(first)
    states["free_in"] = states["free_out"] = np.arange(count) > 0

    kind, arc_kind = b"const", b"standard"
    with path.open("wb") as file:
        file.write(struct.pack("<i", _FST))
        file.write(struct.pack("<i", len(kind)) + kind + struct.pack("<i", len(arc_kind)) + arc_kind)
        file.write(struct.pack("<ii", _CONST_VERSION, _TABLES))
        file.write(struct.pack("<Q", (graph.properties & ~_LOW_PROPERTIES) | _EXPANDED))
        file.write(struct.pack("<qqq", START, count, len(arcs)))
        file.write(graph.tables)
        file.write(states.tobytes())
        file.write(arcs.tobytes())


def states_of_one(graph: NgramGraph) -> Ints:
    """Return, by word, the state that remembers it alone; 0 where there is none."""
    states = np.zeros(graph.end + 1, np.int64)
    of_one = np.nonzero((graph.before_that == NOTHING) & (graph.before != NOTHING))[0]
    states[graph.before[of_one]] = of_one
    return states


def pair_keys(graph: NgramGraph) -> tuple[Ints, Ints]:
    """Return the pairs of words that states remember, as sorted keys (`pair_key`), and their states."""
    of_pairs = np.nonzero(graph.before_that != NOTHING)[0]
    keys = pair_key(graph.end, graph.before_that[of_pairs], graph.before[of_pairs])
    order = np.argsort(keys)
    return keys[order], of_pairs[order]


def pair_key(end: int, older: Ints, newer: Ints) -> Ints:
    """Return one number for two words."""
    return older * (end + 1) + newer


def _next_states(graph: NgramGraph, state: Ints, word: Ints) -> Ints:
    """Return the state after each arc: the one that remembers most of the words then spoken."""
    alone = states_of_one(graph)
    keys, states = pair_keys(graph)
    newest = graph.before[state]
    wanted = pair_key(graph.end, newest, word)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where((newest != NOTHING) & (keys[place] == wanted), states[place], alone[word])
