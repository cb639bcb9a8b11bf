"""What words mean: the model that ships reads what it was made to read, and likens what says alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from compliance.checks.meaning import LONGEST, SIZE, meaning


def alike(one: str, other: str) -> float:
    first, second = meaning().of([one.split(), other.split()])
    return float(first @ second)


@pytest.mark.parametrize(
    ("said", "like", "unlike"),
    [
        (
            "you are going to be locked up over this",
            "they will put you in jail for it",
            "you locked up the shop over there",
        ),
        ("they will take your wages", "your pay goes to us from now on", "they will take your picture"),
    ],
)
def test_what_says_alike_lies_closer_than_what_shares_words(said: str, like: str, unlike: str) -> None:
    assert alike(said, like) > alike(said, unlike)


def test_each_is_of_length_one_whatever_it_is_asked_with() -> None:
    talk = [["yes"], ["could", "you", "hold", "on", "for", "a", "second", "please"], [], ["wages"] * 90]
    together = meaning().of(talk)
    assert together.shape == (len(talk), SIZE)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for words, mine in zip(talk, together, strict=True):
        assert float(meaning().of([words])[0] @ mine) > 0.99  # padding changes little
    assert meaning().of([]).shape == (0, SIZE)


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        # As the model's own tokenizer gives them.
        (
            ["they", "will", "garnish", "debtor's", "wages"],
            [2027, 2097, 11721, 6826, 4509, 7016, 2953, 1005, 1055, 12678],
        ),
        (["\u2603zz"], [100]),
        ([], []),
    ],
)
def test_words_are_read_by_their_longest_known_pieces(words: Sequence[str], numbers: Sequence[int]) -> None:
    assert meaning().numbers(words) == [101, *numbers, 102]


def test_what_is_too_long_is_cut() -> None:
    assert len(meaning().numbers(["wages"] * 500)) == LONGEST
