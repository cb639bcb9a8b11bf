"""The demonstration's past calls: what the supervisor finds, from the words as they are written.

Speaking and hearing them is the demonstration's own; here the recognition is perfect and takes no time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from compliance.transcription.words import Leg, Utterance, Word
from dialer.practice.voices import RATE
from tests.fixtures.book import Demo
from workstation import demo_talks
from workstation.config import Settings
from workstation.desk.audit import Sampling
from workstation.desk.review import State


def written(talk: demo_talks.Talk) -> demo_talks.Legs:
    """A tone where somebody speaks, and the words as they stand in the script."""
    heard: dict[Leg, list[Utterance]] = {leg: [] for leg in Leg}
    at = demo_talks.LEAD_S
    for leg, text, pause in talk.lines:
        spoken = [w.strip(".,?").lower() for w in text.split()]
        words = tuple(
            Word(w, round(at + n * 0.3, 2), round(at + n * 0.3 + 0.28, 2), 0.95) for n, w in enumerate(spoken)
        )
        heard[leg].append(Utterance(leg, at, words[-1].end, " ".join(spoken), words, True))
        at = words[-1].end + pause
    tone = (b"\x00\x20" * 8 + b"\x00\xe0" * 8) * (RATE // 16)
    return {leg: (_laid(said, at, tone), said) for leg, said in heard.items()}


def _laid(said: Sequence[Utterance], length: float, tone: bytes) -> bytes:
    out = bytearray(2 * round((length + 1) * RATE))
    for one in said:
        first, count = 2 * round(one.start * RATE), 2 * round((one.end - one.start) * RATE)
        out[first : first + count] = (tone * (count // len(tone) + 1))[:count]
    return bytes(out)


def test_the_supervisor_finds_a_threat_a_missing_disclosure_and_a_wrong_click(
    demo_book: Demo, tmp_path: Path
) -> None:
    book, now = demo_book.book, demo_book.now
    demo_talks.open_accounts(book, now)
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    for talk in demo_talks.TALKS:
        legs = written(talk)
        assert demo_talks.put(book, Settings(), recordings, talk, legs, demo_talks.when(now, talk))
    book.sampling = Sampling(0)
    page = book.audit_list(book.find_user("morgan").user_id, now)
    assert [(row.party, row.place.reasons[0]) for row in page.rows] == [
        ("Rosa Keller", "Threat of arrest or jail 0.95"),
        ("Mary Carter", "Debt collector disclosure: missing"),
        ("Hugo Brandt", "wrong number, but the right party answered"),
    ]
    assert page.calls == 4, "the clean call is there, and not on the list"
    assert all(row.state is State.NEW for row in page.rows)
    assert page.rows[1].seconds > 60
    assert book.calls_to_hear_again() == ()
    assert len(list(recordings.iterdir())) == 12
    assert book.verify_audit().sound
    kept = book.line_figures(now + timedelta(days=30))
    assert kept, "the lines said stand beside the promise that was due"
