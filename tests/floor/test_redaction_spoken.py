"""A card number spoken by a neural voice, heard by the real recogniser: no text has it, no file says it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import soxr

from compliance.transcription.engine import Engine
from compliance.transcription.live import transcribe
from compliance.transcription.words import Leg, Utterance
from dialer.recording import file_names
from dialer.recording import read as read_recording
from tests.compliance.test_audio import write
from tests.fixtures.book import WEDNESDAY, Shop
from tests.fixtures.speech import Speak
from tests.floor.test_live_redaction import JUDGE, digits_in, everything_stored
from tests.store.test_calls import ANSWERED, place
from workstation.desk.book import Gap
from workstation.floor.aftercall import AfterCall

pytestmark = pytest.mark.speech
RATE = 16000
LATER = WEDNESDAY + timedelta(minutes=10)
DEBTOR = (
    "Good morning, I would like to pay with my credit card today.",
    "The number is four five three two, seven one five nine.",
    "Six four one eight, two two nine seven.",
    "Thank you very much, please send me a receipt by mail.",
)
AGENT = ("Can you read me the number on the card?", "Please go ahead.")
"""No "okay": half of it is heard as "oh" where an utterance is cut there, and "oh" counts as a digit."""


def pause(seconds: float) -> bytes:
    return bytes(int(seconds * RATE) * 2)


def legs(speak: Speak) -> tuple[bytes, bytes]:
    """Both legs of the call; each is silent while the other speaks."""
    agent, debtor = bytearray(), bytearray()
    turns = [(debtor, DEBTOR[0]), (agent, AGENT[0]), (debtor, DEBTOR[1]), (agent, AGENT[1])]
    for leg, text in [*turns, (debtor, DEBTOR[2]), (debtor, DEBTOR[3])]:
        said = speak(text) + pause(0.9)
        leg += said
        (agent if leg is debtor else debtor).extend(bytes(len(said)))
    return bytes(agent), bytes(debtor)


def at_rate(pcm: bytes, rate: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    samples = np.frombuffer(pcm, "<i2")
    return samples if rate == RATE else soxr.resample(samples, RATE, rate).astype(np.int16)


async def test_a_spoken_card_number_is_nowhere_after_the_call(
    shop: Shop, tmp_path: Path, speak: Speak, speech_engine: Engine, book_url: str
) -> None:
    # Rates and databases have nothing to do with each other: each rate is heard on one of them.
    rate = 8000 if book_url.startswith("sqlite") else 16000

    class Ear:
        def transcribe(
            self, pcm: bytes, rate: int, leg: Leg, start: float, within: tuple[float, float]
        ) -> Sequence[Utterance]:
            return transcribe(speech_engine, pcm, rate, leg, start, within=within)

    call_id = place(shop).call_id
    home = tmp_path / "home"
    folder = home / "asterisk" / "spool" / "monitor"
    folder.mkdir(parents=True)
    agent, debtor = legs(speak)
    mixed = (np.frombuffer(agent, "<i2").astype(np.int32) + np.frombuffer(debtor, "<i2")).clip(-32768, 32767)
    names = file_names(call_id)
    write(folder / names["agent"], at_rate(agent, RATE), RATE)
    write(folder / names["debtor"], at_rate(debtor, rate), rate)
    write(folder / names["mixed"], mixed.astype(np.int16), RATE)
    before = transcribe(speech_engine, *read_recording(folder / names["debtor"]), Leg.DEBTOR)
    assert digits_in(" ".join(u.text for u in before)) >= 8, "the recogniser hears digits"
    for leg in Leg:
        shop.book.record_gap(call_id, Gap(leg, 0.0, None))
    shop.book.end_call(call_id, ANSWERED)
    work = AfterCall(
        book=shop.book, ear=Ear(), judge=JUDGE.whole, recordings=folder, clock=lambda: LATER
    ).work
    await asyncio.to_thread(work)
    stored = everything_stored(shop, call_id)
    assert "[card" in stored
    assert digits_in(stored) == 0, stored
    assert "by mail" in stored
    for part in ("debtor", "mixed"):
        again = transcribe(speech_engine, *read_recording(folder / names[part]), Leg.DEBTOR)
        said = " ".join(u.text for u in again)
        assert digits_in(said) == 0, said
        assert "by mail" in said, "what was not card data can still be heard"
    assert any(f.rule_id == "incident.card-data" for f in shop.book.findings(call_id))
    assert shop.book.redactions_owed() == ()
    assert shop.book.leaks() == ()
