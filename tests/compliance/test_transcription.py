"""Hearing neural speech with the real engine: times, gaps, widening, the live transcriber under load."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soxr

from compliance.transcription.engine import Engine, EngineError, Recogniser
from compliance.transcription.live import LiveTranscriber, transcribe
from compliance.transcription.voiced import voiced_spans
from compliance.transcription.widen import Widener
from compliance.transcription.words import Leg, Source, Utterance, Word
from tests.fixtures.speech import Speak

RATE = 16000
NOTICE = "This call is being recorded for quality and training."
ASK = "Am I speaking with the person who pays the invoices?"
STOP = "Please do not call me again."


def seconds(pcm: bytes, rate: int = RATE) -> float:
    return len(pcm) / 2 / rate


def silence(length: float, rate: int = RATE) -> bytes:
    return bytes(round(length * rate) * 2)


def hear(recogniser: Recogniser, pcm: bytes, start: float, rate: int = RATE) -> list[Utterance]:
    step = rate // 50 * 2
    out: list[Utterance] = []
    for at in range(0, len(pcm), step):
        out += recogniser.feed(pcm[at : at + step], start + at / 2 / rate)
    return out


def finals(utterances: list[Utterance]) -> list[Utterance]:
    return [u for u in utterances if u.final]


# ---- the engine ----------------------------------------------------------------------------------------


@pytest.mark.speech
def test_words_with_times_confidences_and_partials(speech_engine: Engine, speak: Speak) -> None:
    pcm = silence(1.0) + speak(NOTICE) + silence(1.0)
    recogniser = speech_engine.open_leg(Leg.AGENT, RATE)
    heard = hear(recogniser, pcm, 10.0)
    (final,) = finals(heard + recogniser.finish())
    assert final.text.startswith("this call is being recorded for quality")
    assert (final.leg, final.source) == (Leg.AGENT, Source.LIVE)
    assert 10.9 < final.words[0].start < 11.4
    assert final.words[-1].end < 10.0 + seconds(pcm)
    assert all(0 < w.confidence <= 1 and w.start < w.end for w in final.words)
    assert final.confidence > 0.8
    partials = [u for u in heard if not u.final]
    assert len(partials) >= 4
    assert all(not p.words and p.start <= p.end for p in partials)
    assert len(partials[0].text.split()) < len(partials[-1].text.split()) <= len(final.words) + 1


@pytest.mark.speech
def test_times_stay_right_over_jitter_short_and_long_gaps(speech_engine: Engine, speak: Speak) -> None:
    said = speak(STOP)
    recogniser = speech_engine.open_leg(Leg.DEBTOR, RATE)
    starts = [0.0]
    starts.append(starts[-1] + seconds(said) + 0.1)  # jitter: heard as one stretch
    starts.append(starts[-1] + seconds(said) + 1.5)  # bridged with silence
    starts.append(starts[-1] + seconds(said) + 60.0)  # a new time base
    heard: list[Utterance] = []
    for start in starts:
        heard += hear(recogniser, said, start)
    heard += recogniser.finish()
    words = [w for u in finals(heard) for w in u.words]
    at = [w.start for w in words if w.text == "please"]
    assert len(at) == 4
    assert at == pytest.approx([s + at[0] for s in starts], abs=0.35)
    assert words[-1].end < starts[-1] + seconds(said) + 0.3


@pytest.mark.speech
def test_finish_ends_an_utterance_and_hearing_goes_on(speech_engine: Engine, speak: Speak) -> None:
    recogniser = speech_engine.open_leg(Leg.DEBTOR, RATE)
    assert recogniser.finish() == []
    first = finals(hear(recogniser, speak(STOP), 5.0) + recogniser.finish())
    second = finals(hear(recogniser, speak(STOP), 100.0) + recogniser.finish())
    assert [u.text for u in first] == [u.text for u in second] == ["please do not call me again"]
    assert second[0].start == pytest.approx(100.2, abs=0.3)  # it may lie at the very beginning


@pytest.mark.speech
def test_silence_is_no_words(speech_engine: Engine) -> None:
    recogniser = speech_engine.open_leg(Leg.DEBTOR, RATE)
    assert hear(recogniser, silence(12.0), 0.0) + recogniser.finish() == []


def test_a_rate_that_cannot_be_heard(speech_engine: Engine) -> None:
    with pytest.raises(EngineError, match="audio at 44100 Hz cannot be heard: give 8000 or 16000"):
        speech_engine.open_leg(Leg.AGENT, 44100)


def test_a_directory_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"holds no Vosk model: run `dunline doctor --fix`"):
        Engine(tmp_path)


def test_a_broken_model_is_named_and_stderr_stays_clean(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "am").mkdir()
    (tmp_path / "am" / "final.mdl").write_bytes(b"not a model")
    with pytest.raises(EngineError, match=r"Vosk cannot load .*does not contain model files"):
        Engine(tmp_path)
    assert capfd.readouterr().err == ""


# ---- 8 kHz ---------------------------------------------------------------------------------------------


def test_widening_has_no_seams() -> None:
    rng = np.random.default_rng(5)
    pcm = (rng.standard_normal(8000) * 3000).astype("<i2").tobytes()
    whole = Widener().feed(pcm)
    parts = Widener()
    cut = [0, 2, 34, 354, 354, 5000, len(pcm)]
    joined = b"".join(parts.feed(pcm[a:b]) for a, b in pairwise(cut))
    assert joined == whole
    assert len(whole) == 2 * len(pcm)


def test_widening_keeps_the_low_band_and_fills_the_high() -> None:
    t = np.arange(16000) / 8000
    low = (8000 * np.sin(2 * np.pi * 1000 * t)).astype("<i2").tobytes()
    hiss = (8000 * np.sin(2 * np.pi * 3200 * t)).astype("<i2").tobytes()

    def band(pcm: bytes, a: int, b: int) -> float:
        x = np.frombuffer(Widener().feed(pcm), "<i2")[2000:18000].astype(float)
        spectrum = np.abs(np.fft.rfft(x)) ** 2
        return float(spectrum[a:b].sum() / spectrum.sum())

    assert band(low, 990, 1010) > 0.99
    assert band(hiss, 4200, 8000) > 0.2


@pytest.mark.speech
def test_telephone_audio_is_heard(speech_engine: Engine, speak: Speak) -> None:
    wide = np.frombuffer(speak(STOP), "<i2").astype(float)
    narrow = soxr.resample(wide, RATE, 8000).astype("<i2").tobytes()
    recogniser = speech_engine.open_leg(Leg.DEBTOR, 8000)
    (final,) = finals(
        hear(recogniser, silence(0.5, 8000) + narrow + silence(1, 8000), 3.0, 8000) + recogniser.finish()
    )
    assert len({"please", "do", "not", "call", "me", "again"} & set(final.text.split())) >= 5
    assert 3.3 < final.start < 4.0


def test_voiced_spans() -> None:
    rng = np.random.default_rng(1)
    t = np.arange(RATE) / RATE
    buzz = sum(np.sin(2 * np.pi * f * t) / n for n, f in enumerate(range(140, 3000, 140), start=1))
    voice = (5000 * np.asarray(buzz) + rng.standard_normal(RATE) * 50).astype("<i2").tobytes()
    spans = voiced_spans(silence(1) + voice + silence(1), RATE, 100.0)
    assert len(spans) == 1
    assert spans[0] == pytest.approx((101.0, 102.0), abs=0.25)


# ---- recordings ----------------------------------------------------------------------------------------


@pytest.mark.speech
def test_a_gap_is_transcribed_from_the_recording_without_doubling(
    speech_engine: Engine, speak: Speak
) -> None:
    pcm = silence(0.5) + speak(STOP) + silence(1.0) + speak(STOP) + silence(0.5)
    everything = transcribe(speech_engine, pcm, RATE, Leg.DEBTOR, 20.0)
    assert {u.source for u in everything} == {Source.RECORDING}
    words = [w for u in everything for w in u.words]
    border = (words[2].end + words[3].start) / 2
    before = transcribe(speech_engine, pcm, RATE, Leg.DEBTOR, 20.0, within=(0.0, border))
    after = transcribe(speech_engine, pcm, RATE, Leg.DEBTOR, 20.0, within=(border, 99.0))
    # The engine dithers, so two runs differ by a frame or two; the words are the same, each once.
    assert [w.text for u in before + after for w in u.words] == [w.text for w in words]
    assert before[-1].text == "please do not"


# ---- live ----------------------------------------------------------------------------------------------


class Slow:
    """An engine that takes its time, to fall behind with; hears each tenth of a second as one word."""

    name = "slow"

    def __init__(self, delay: float, fail_at: float = 1e9) -> None:
        self.delay = delay
        self.fail_at = fail_at

    def open_leg(
        self,
        leg: Leg,
        rate: int,
        *,
        source: Source = Source.LIVE,
        partials: bool = True,
        also: Sequence[str] = (),
        voice: bytes = b"",
    ) -> SlowRecogniser:
        return SlowRecogniser(self, leg)


class SlowRecogniser:
    def __init__(self, engine: Slow, leg: Leg) -> None:
        self._engine = engine
        self._leg = leg
        self._open: Word | None = None

    def feed(self, pcm: bytes, offset: float | None = None) -> list[Utterance]:
        assert offset is not None
        time.sleep(self._engine.delay)
        if offset >= self._engine.fail_at:
            raise EngineError("broken")
        end = offset + len(pcm) / 32000
        self._open = Word("x", offset, end, 1.0)
        return [Utterance(self._leg, offset, end, "x", (self._open,), True)]

    def finish(self) -> list[Utterance]:
        at = self._open.end if self._open is not None else 0.0
        return [Utterance(self._leg, at, at, "end", (Word("end", at, at, 1.0),), True)]


class Collected:
    """What a transcriber delivered, and the thread's loop it came on."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Utterance]] = []
        self.gaps: list[tuple[str, Leg, float, float | None]] = []
        self.loop = asyncio.get_running_loop()

    def on_utterance(self, call_id: str, utterance: Utterance) -> None:
        assert asyncio.get_running_loop() is self.loop
        self.heard.append((call_id, utterance))

    def on_gap(self, call_id: str, leg: Leg, start: float, end: float | None) -> None:
        assert asyncio.get_running_loop() is self.loop
        self.gaps.append((call_id, leg, start, end))


@pytest.mark.speech
async def test_both_legs_of_two_calls_at_once_and_the_loop_runs_on(
    speech_engine: Engine, speak: Speak
) -> None:
    got = Collected()
    live = LiveTranscriber(speech_engine, got.on_utterance, got.on_gap, behind_limit=60.0)
    agent, debtor = speak(NOTICE) + silence(1.2) + speak(ASK), silence(2.0) + speak(STOP)
    for call_id in ("one", "two"):
        live.open(call_id, Leg.AGENT, RATE)
        live.open(call_id, Leg.DEBTOR, RATE)
    worst = 0.0
    for at in range(0, max(len(agent), len(debtor)), 640):
        for call_id in ("one", "two"):
            for leg, pcm in ((Leg.AGENT, agent), (Leg.DEBTOR, debtor)):
                if at < len(pcm):
                    live.feed(call_id, leg, at / 32000, pcm[at : at + 640])
        before = time.monotonic()
        await asyncio.sleep(0.001)
        worst = max(worst, time.monotonic() - before)
    await live.close("one")
    await live.close("two")
    for call_id in ("one", "two"):
        mine = [u for c, u in got.heard if c == call_id and u.final]
        said = {leg: " ".join(u.text for u in mine if u.leg is leg) for leg in Leg}
        assert said[Leg.AGENT].startswith("this call is being recorded")
        assert "speaking with the person" in said[Leg.AGENT]
        assert said[Leg.DEBTOR] == "please do not call me again"
    assert not got.gaps
    assert live.behind_seconds == 0.0
    assert worst < 0.5  # a recogniser on the loop would hold it for as long as it decodes
    await live.stop()


@pytest.mark.speech
async def test_how_loud_the_agent_speaks_is_measured_and_nobody_else(
    speech_engine: Engine, speak: Speak
) -> None:
    got = Collected()
    live = LiveTranscriber(speech_engine, got.on_utterance, got.on_gap, behind_limit=60.0)
    said = np.frombuffer(speak(NOTICE), "<i2")
    loud = np.clip(said.astype(np.float64) * 10 ** (9 / 20) / 4, -32768, 32767).astype("<i2").tobytes()
    pcm = (said // 4).astype("<i2").tobytes() + silence(1.5) + loud + silence(1.0)
    for leg in Leg:
        live.open("one", leg, RATE)
        for at in range(0, len(pcm), 640):
            live.feed("one", leg, at / 32000, pcm[at : at + 640])
    await live.close("one")
    levels = {leg: [u.level for _, u in got.heard if u.final and u.leg is leg] for leg in Leg}
    quiet, raised = levels[Leg.AGENT]
    assert quiet is not None
    assert raised is not None
    assert raised - quiet == pytest.approx(9.0, abs=1.5)
    assert set(levels[Leg.DEBTOR]) == {None}
    await live.stop()


@pytest.mark.speech
async def test_a_pause_gives_up_the_last_words_and_what_follows_is_in_its_place(
    speech_engine: Engine, speak: Speak
) -> None:
    got = Collected()
    live = LiveTranscriber(speech_engine, got.on_utterance, got.on_gap, behind_limit=60.0)
    live.open("c", Leg.DEBTOR, RATE)
    pcm = speak(STOP)
    for at in range(0, len(pcm), 640):
        live.feed("c", Leg.DEBTOR, at / 32000, pcm[at : at + 640])
    async with asyncio.timeout(10):
        while not any(u.final for _, u in got.heard):
            await asyncio.sleep(0.02)  # no close, no flush: the silence alone brings it
    for at in range(0, len(pcm), 640):
        live.feed("c", Leg.DEBTOR, 50.0 + at / 32000, pcm[at : at + 640])
    await live.close("c")
    first, second = (u for _, u in got.heard if u.final)
    assert first.text == second.text == "please do not call me again"
    assert second.start == pytest.approx(first.start + 50.0, abs=0.1)
    await live.stop()


async def test_a_leg_far_behind_skips_and_every_second_is_heard_or_reported() -> None:
    got = Collected()
    live = LiveTranscriber(Slow(0.03), got.on_utterance, got.on_gap, workers=1, behind_limit=2.0)
    live.open("c", Leg.AGENT, RATE)
    total = 60.0
    for n in range(int(total * 10)):
        live.feed("c", Leg.AGENT, n / 10, silence(0.1))
        if n % 50 == 0:
            await asyncio.sleep(0.02)
    assert 0 < live.behind_seconds <= 2.0
    await live.close("c")
    assert got.gaps
    heard = [(u.start, u.end) for _, u in got.heard if u.text == "x"]
    spans = sorted(heard + [(start, end if end is not None else 1e9) for _, _, start, end in got.gaps])
    at = 0.0
    for start, end in spans:
        assert start == pytest.approx(at, abs=1e-6)
        at = end
    assert at == pytest.approx(total)
    await live.stop()


async def test_a_recogniser_that_fails_costs_its_leg_only_and_is_reported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    got = Collected()
    live = LiveTranscriber(Slow(0.0, fail_at=1.0), got.on_utterance, got.on_gap, workers=1, behind_limit=99)
    live.open("bad", Leg.AGENT, RATE)
    live.open("good", Leg.AGENT, RATE)
    for n in range(20):
        live.feed("bad", Leg.AGENT, n / 10, silence(0.1))
        live.feed("good", Leg.AGENT, n / 100, silence(0.01))
        await asyncio.sleep(0.002)
    async with asyncio.timeout(5):
        await live.close("bad")
        await live.close("good")
    (gap,) = got.gaps
    heard = [u for c, u in got.heard if c == "bad"]
    assert gap == ("bad", Leg.AGENT, max((u.end for u in heard), default=0.0), None)
    assert [u.text for c, u in got.heard if c == "good"][-1] == "end"
    await live.stop()


async def test_close_delivers_everything_and_late_frames_are_nothing() -> None:
    got = Collected()
    live = LiveTranscriber(Slow(0.01), got.on_utterance, got.on_gap, behind_limit=99.0)
    live.open("c", Leg.AGENT, RATE)
    for n in range(30):
        live.feed("c", Leg.AGENT, n * 0.02, silence(0.02))
    closing = asyncio.ensure_future(live.close("c"))
    again = asyncio.ensure_future(live.close("c"))
    await asyncio.sleep(0)
    live.feed("c", Leg.AGENT, 5.0, silence(0.5))
    await asyncio.gather(closing, again)
    assert got.heard[-1][1].text == "end"
    assert got.heard[-2][1].end == pytest.approx(0.6)
    count = len(got.heard)
    live.feed("c", Leg.AGENT, 6.0, silence(0.5))
    live.feed("never-opened", Leg.AGENT, 0.0, silence(0.5))
    await live.close("c")
    await live.close("never-opened")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            while len(got.heard) == count:
                await asyncio.sleep(0.01)
    assert len(got.heard) == count
    await live.stop()
