"""Twenty scripted calls with neural voices: what the hearing benchmarks listen to, and what was truly said.

The agent's leg is 16 kHz; the debtor's is 8 kHz after G.711 mu-law. Every third call has room noise. The same
every time: lines are drawn with a fixed seed and speech is kept in the cache.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from compliance.transcription.widen import MODEL_RATE, NARROW_RATE
from compliance.transcription.words import Leg, Utterance, Word
from dialer.practice.voices import Speaker, Voice

COLLECTOR = "Dana Whitfield"
COMPANY = "Brightwater Supply Inc."
PARTY = "Jordan Reyes"
PROFILE = "consumer-third-party"

OPENING = (
    "Good morning, this is Dana Whitfield with Brightwater Supply.",
    "Hello, my name is Dana Whitfield and I am calling from Brightwater Supply.",
    "Hi, Dana Whitfield here, from Brightwater Supply.",
)
RECORDED = (
    "This call is being recorded for quality and training.",
    "Please be aware this call may be recorded.",
    "",
)
VERIFY = ("Am I speaking with Jordan Reyes?", "May I speak to Jordan Reyes please?")
MIRANDA = (
    "This is an attempt to collect a debt and any information obtained will be used for that purpose.",
    "I am a debt collector and this is an attempt to collect a debt.",
    "",
)
BALANCE = (
    "I am calling about your past due balance of eight thousand four hundred and twenty dollars.",
    "The invoice from March for two thousand three hundred and ten dollars is still open.",
    "Your account is sixty days past due and the balance is nine hundred and fifty dollars.",
)
ASK = (
    "What would help you to get this paid by the end of the month?",
    "Can you tell me when the payment will be sent?",
    "Would you be able to pay half today and the rest next week?",
)
WRONG = (
    "If you do not pay this week you could be arrested.",
    "We are going to garnish your wages.",
    "We will sue you and take your house.",
    "I will tell your employer about this debt.",
    "Nobody will be arrested over this, I promise.",
    "We are not going to take you to court.",
    "I can send you a copy of the invoice this afternoon.",
    "Let me read back what we agreed on.",
)
CLOSING = (
    "Thank you. So that is five thousand dollars on Friday by bank transfer.",
    "All right, I will make a note of that. Have a good day.",
    "I understand. Somebody will call you back tomorrow.",
)
YES = ("Yes, this is Jordan speaking.", "Speaking, who is this?", "This is she.")
REPLY = (
    "We never got the invoice, can you send it again?",
    "Our cash flow is tight this month.",
    "I dispute this debt, it is not mine.",
    "My attorney is handling this, talk to him.",
    "We filed for bankruptcy last month.",
    "Please do not call me again at work.",
    "You have the wrong number, there is nobody of that name here.",
    "The goods arrived damaged and we sent half of them back.",
    "Stop calling me, put everything in writing.",
    "I lost my job and I cannot pay this right now.",
)
OFFER = (
    "I can pay five thousand on Friday.",
    "I will send a check for two hundred dollars next Tuesday.",
    "Call me back tomorrow at two in the afternoon.",
    "I need to talk to my accountant first.",
)
AGENTS = (Voice("agent", 1.0, 1.0, 0.6), Voice("deep", 0.92, 1.0, 0.6), Voice("brisk", 1.08, 1.1, 0.5))
DEBTORS = (Voice("light", 1.35, 1.0, 0.6), Voice("deep", 0.92, 1.0, 0.6), Voice("soft", 1.15, 0.95, 0.4))


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it was truly said; seconds from the start of the call."""

    leg: Leg
    text: str
    start: float
    end: float

    @property
    def words(self) -> list[str]:
        """The words, as a recogniser would write them."""
        return re.findall(r"[a-z']+", self.text.lower())

    def as_heard(self) -> Utterance:
        """What a perfect ear would write: every word, spread evenly over the line, certain."""
        words = self.words
        step = (self.end - self.start) / len(words)
        timed = tuple(
            Word(w, self.start + i * step, self.start + (i + 0.9) * step, 1.0) for i, w in enumerate(words)
        )
        return Utterance(self.leg, self.start, self.end, " ".join(words), timed, True)


@dataclass(frozen=True, slots=True)
class Talk:
    """A call: both legs' PCM, as long as each other, and what was said."""

    lines: tuple[Line, ...]
    agent: bytes
    """16 kHz."""
    debtor: bytes
    """8 kHz, after mu-law."""

    @property
    def seconds(self) -> float:
        """Length of the call."""
        return len(self.agent) / 2 / MODEL_RATE

    def leg(self, leg: Leg) -> tuple[bytes, int]:
        """A leg's PCM and its rate in Hz."""
        return (self.agent, MODEL_RATE) if leg is Leg.AGENT else (self.debtor, NARROW_RATE)

    def spoken(self, leg: Leg) -> bytes:
        """A leg's PCM without the other side's turns: its lines with a moment around each."""
        pcm, rate = self.leg(leg)
        cuts = [(line.start - 0.25, line.end + 0.45) for line in self.lines if line.leg is leg]
        return b"".join(pcm[round(a * rate) * 2 : round(b * rate) * 2] for a, b in cuts)

    def said(self, leg: Leg) -> list[str]:
        """Every word of a leg in order."""
        return [w for line in self.lines if line.leg is leg for w in line.words]


def talks(cache: Path, count: int = 20, seed: int = 20261118) -> list[Talk]:
    """Make the calls, speaking what is not in the cache."""
    chance = random.Random(seed)
    with Speaker(cache / "voices") as speaker:
        return [_talk(chance, speaker, n) for n in range(count)]


def script(chance: random.Random) -> list[tuple[Leg, str]]:
    """Draw one call's lines."""
    lines = [
        (Leg.AGENT, chance.choice(OPENING)),
        (Leg.AGENT, chance.choice(RECORDED)),
        (Leg.AGENT, chance.choice(VERIFY)),
        (Leg.DEBTOR, chance.choice(YES)),
        (Leg.AGENT, chance.choice(MIRANDA)),
        (Leg.AGENT, chance.choice(BALANCE)),
        (Leg.DEBTOR, chance.choice(REPLY)),
        (Leg.AGENT, chance.choice(ASK)),
        (Leg.DEBTOR, chance.choice(REPLY)),
        (Leg.AGENT, chance.choice(WRONG)),
        (Leg.DEBTOR, chance.choice(OFFER)),
        (Leg.AGENT, chance.choice(CLOSING)),
    ]
    return [(leg, text) for leg, text in lines if text]


def _talk(chance: random.Random, speaker: Speaker, number: int) -> Talk:
    voices = {Leg.AGENT: AGENTS[number % 3], Leg.DEBTOR: DEBTORS[number // 3 % 3]}
    at, lines, pieces = 0.8, [], []
    for leg, text in script(chance):
        pcm = np.frombuffer(speaker.speak(text, voices[leg]), "<i2") / 32768
        end = at + len(pcm) / MODEL_RATE
        lines.append(Line(leg, text, at, end))
        pieces.append((leg, at, pcm))
        at = end + chance.uniform(0.5, 1.1)
    length = round((at + 1.5) * MODEL_RATE)
    legs = {leg: np.zeros(length) for leg in Leg}
    for leg, start, pcm in pieces:
        first = round(start * MODEL_RATE)
        legs[leg][first : first + len(pcm)] += pcm
    noise = np.random.default_rng(number)
    level = 0.004 if number % 3 == 2 else 0.0005
    for samples in legs.values():
        samples += noise.normal(0.0, level, length)
    narrow = mu_law(soxr.resample(legs[Leg.DEBTOR], MODEL_RATE, NARROW_RATE))
    return Talk(tuple(lines), to_pcm(legs[Leg.AGENT]), to_pcm(narrow))


def to_pcm(samples: NDArray[np.float64]) -> bytes:
    """Return samples in -1 to 1 as 16-bit PCM."""
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def mu_law(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return samples (-1 to 1) after G.711 mu-law: eight bits a sample."""
    level = np.round(np.sign(x) * np.log1p(255 * np.abs(np.clip(x, -1, 1))) / np.log(256) * 127) / 127
    return np.asarray(np.sign(level) * (256 ** np.abs(level) - 1) / 255, dtype=np.float64)
