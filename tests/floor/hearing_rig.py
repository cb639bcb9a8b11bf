"""A process that hears a call again and dies at a named moment, as the system's killer would have it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from compliance.checks.rules import load_speech_rules
from compliance.transcription.words import Leg, Source, Utterance, Word
from scripts.catalog import Catalog
from tests.fixtures.book import WEDNESDAY
from workstation.bootstrap import Judge
from workstation.desk.redaction import Kept
from workstation.floor.thorough import ThoroughPass
from workstation.store import hearing
from workstation.store.book import SqlBook, open_book

BETTER = {
    Leg.AGENT: ("good morning this is dana whitfield of bradford supply", "this call is being recorded"),
    Leg.DEBTOR: ("yes this is jordan", "please stop calling me", "i will send the invoice back"),
}
MOMENTS = ("begin", "one leg", "both legs", "first word", "last word", "finding", "done")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def better(pcm: bytes, rate: int, leg: Leg) -> list[Utterance]:
    """What a better ear makes of the leg."""
    heard = []
    for n, text in enumerate(BETTER[leg]):
        at = 2.0 + 8.0 * n + (0.0 if leg is Leg.AGENT else 4.0)
        words = tuple(Word(w, at + i * 0.3, at + i * 0.3 + 0.28, 0.96) for i, w in enumerate(text.split()))
        heard.append(Utterance(leg, at, words[-1].end, text, words, True, Source.THOROUGH))
    return heard


def the_pass(book: SqlBook, recordings: Path, hear: Any = better) -> ThoroughPass:
    judge = Judge(load_speech_rules(), Catalog.load(), "Bradford Supply", lambda: WEDNESDAY)
    return ThoroughPass(
        book=book,
        hear=hear,
        engine="test ear",
        judge=judge.whole,
        recordings=recordings,
        clock=lambda: WEDNESDAY,
    )


def main(url: str, recordings: str, moment: str) -> None:
    book = open_book(url)
    legs: list[Leg] = []

    def hear(pcm: bytes, rate: int, leg: Leg) -> Sequence[Utterance]:
        if (moment, len(legs)) in {("begin", 0), ("one leg", 1)}:
            die()
        legs.append(leg)
        return better(pcm, rate, leg)

    written: list[str] = []
    add_utterance, add_finding = hearing.add_utterance, hearing.add_finding

    def dying_utterance(session: Any, call_id: str, utterance: Utterance, now: Any) -> Kept:
        number = add_utterance(session, call_id, utterance, now)
        written.append(utterance.text)
        if (moment, len(written)) in {("first word", 1), ("last word", 5)}:
            die()
        return number

    def dying_finding(*given: Any) -> int | None:
        hold = add_finding(*given)
        given[0].flush()
        if moment == "finding":
            die()
        return hold

    setattr(hearing, "add_utterance", dying_utterance)  # noqa: B010 - not the type's own shape
    setattr(hearing, "add_finding", dying_finding)  # noqa: B010
    work = the_pass(book, Path(recordings), hear)
    if moment == "both legs":
        work._book = _Dying(book)  # dies where the result would go into the book
    work.work()
    if moment == "done":
        die()


class _Dying:
    def __init__(self, book: SqlBook) -> None:
        self._book = book

    def __getattr__(self, name: str) -> Any:
        if name == "hear_again":
            die()
        return getattr(self._book, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
