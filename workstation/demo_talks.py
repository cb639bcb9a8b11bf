"""Past calls for the demonstration's supervisor: spoken by the practice voices, heard by the real recogniser.

Each talk goes the way of a real call: decided by the gate at the instant it is said to have been made,
recorded on two legs, heard from the recordings, masked, judged and measured by the work after a call, and
wrapped up. What was spoken and heard is kept in the cache by the words: the next book costs no time.
"""

from __future__ import annotations

import hashlib
import json
import wave
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import structlog

from compliance.audio import mix
from compliance.checks.rules import load_speech_rules
from compliance.contact import NumberKind
from compliance.transcription.engine import Engine
from compliance.transcription.field_talk import model_for_calls
from compliance.transcription.live import transcribe
from compliance.transcription.words import Leg, Utterance, Word
from dialer.practice.voices import RATE, VOICES, Speaker, seconds_of
from dialer.recording import file_names
from workstation.clock import Clock
from workstation.config import Settings
from workstation.desk.book import Authorised, BookError, CallEnd, CallRequest, Gap
from workstation.desk.entry import AccountEntry, ContactEntry, InvoiceEntry, PhoneEntry
from workstation.desk.hearing import HeardAgain
from workstation.desk.money import Money
from workstation.desk.views import DraftPromise, WrapUp
from workstation.store.book import SqlBook

LEAD_S = 0.6
_FORMAT = "2"


@dataclass(frozen=True, slots=True)
class Talk:
    """One talk: who called whom, when, what was said, and what the collector made of it."""

    account: str
    contact: str
    collector: str
    ago: int
    """Business days before the demonstration's first."""
    hour: int
    disposition: str
    voice: str
    lines: tuple[tuple[Leg, str, float], ...]
    """Who says what, and the seconds of silence after it."""
    note: str
    promise_minor: int = 0


A, D = Leg.AGENT, Leg.DEBTOR
EXTRA = (
    ("A-10901", "Granite Stair Works", "b2b-first-party", "business", "Rosa Keller", "+13125550171", 61),
    ("A-10908", "Lakeview Printing", "b2b-first-party", "business", "Hugo Brandt", "+13125550172", 34),
    ("A-10915", "Willow Optical", "b2b-first-party", "business", "Celia Young", "+13125550173", 20),
    ("A-10922", "Mary Carter", "consumer-third-party", "natural", "Mary Carter", "+13125550174", 95),
)
"""Accounts of the talks' own, so that no other story of the book changes.

Number, name, profile, kind, contact, phone, days late.
"""
_HELLO = "Hello, this is {} with Bradford Supply on a recorded line. Am I speaking with {}?"
TALKS = (
    Talk(
        "A-10901", "Rosa Keller", "dana", 1, 10, "RPC_REFUSED", "light",
        (
            (A, _HELLO.format("Dana Mitchell", "Rosa Keller"), 0.5),
            (D, "Yes, this is Rosa Keller speaking.", 0.5),
            (A, "Your invoice is sixty days late. When will you pay it?", 0.5),
            (D, "We have no money for that this month.", 0.5),
            (A, "If you do not pay you will be arrested.", 0.5),
            (D, "You cannot say that to me. I will end this call now.", 0.5),
        ),
        "Will not pay this month.",
    ),
    Talk(
        "A-10908", "Hugo Brandt", "sam", 2, 11, "WRONG_NUMBER", "deep",
        (
            (A, _HELLO.format("Sam Duarte", "Hugo Brandt"), 0.5),
            (D, "Yes, you are speaking with Hugo Brandt. What is it about?", 0.5),
            (A, "It is about your open invoice from last month.", 0.5),
            (D, "I have no time for that now. I will not pay it today.", 0.5),
            (A, "All right. Goodbye.", 0.5),
        ),
        "Wrong number.",
    ),
    Talk(
        "A-10915", "Celia Young", "dana", 2, 14, "RPC_PROMISE", "light",
        (
            (A, _HELLO.format("Dana Mitchell", "Celia Young"), 0.5),
            (D, "Yes, this is Celia Young speaking.", 0.5),
            (A, "It is about your invoice. It is twenty days late. Is there anything that keeps it?", 0.5),
            (D, "No. I can pay one thousand dollars on Friday by bank transfer.", 0.5),
            (A, "Thank you. You will have a confirmation today. Goodbye.", 0.5),
        ),
        "Promised one thousand by bank transfer on Friday.", 100_000,
    ),
    Talk(
        "A-10922", "Mary Carter", "sam", 1, 15, "RPC_REFUSED", "light",
        (
            (A, _HELLO.format("Sam Duarte", "Mary Carter"), 0.5),
            (D, "Yes, this is Mary Carter speaking.", 0.5),
            (A, "One moment please, I open your account.", 55.0),
            (A, "You owe six hundred dollars on your account. Can you pay it today?", 0.5),
            (D, "No, I cannot pay it today. I am out of work.", 0.5),
            (A, "Then I will call you again next week. Goodbye.", 0.5),
        ),
        "Out of work; call again next week.",
    ),
)  # fmt: skip
"""A threat, a right party called a wrong number, a clean promise, and a disclosure that was not made."""


def seed(
    book: SqlBook,
    settings: Settings,
    recordings: Path,
    clock: Clock,
    progress: Callable[[str, int, int], None],
) -> int:
    """Put the past calls into the demonstration's book; returns how many. Nothing where there is no model."""
    model = model_for_calls(Path(settings.speech.model) if settings.speech.model else None, settings.cache)
    if model is None:
        return 0
    label, now = "Speaking and hearing past calls", clock()
    progress(label, 0, len(TALKS))
    open_accounts(book, now)
    recordings.mkdir(parents=True, exist_ok=True)
    made = 0
    with Heard(settings.cache, model) as heard:
        with ThreadPoolExecutor(2) as pool:
            ready = pool.map(heard.of, TALKS)
            for number, (talk, legs) in enumerate(zip(TALKS, ready, strict=True), 1):
                try:
                    made += put(book, settings, recordings, talk, legs, when(now, talk))
                except BookError as wrong:
                    structlog.get_logger(__name__).warning("a past call was left out", error=str(wrong))
                progress(label, number, len(TALKS))
    return made


def open_accounts(book: SqlBook, now: datetime) -> None:
    """Open the talks' own accounts, each with an invoice that is late."""
    book.put_accounts([_account(*row[:6]) for row in EXTRA], now - timedelta(days=200))
    book.put_invoices([_invoice(row[0], now, row[6]) for row in EXTRA], now)


def when(now: datetime, talk: Talk) -> datetime:
    """Return the instant a talk began, as seen from the demonstration's first day."""
    from workstation.demo import ZONE

    day, left = now.astimezone(ZONE), talk.ago
    while left:
        day -= timedelta(days=1)
        left -= day.weekday() < 5
    return day.replace(hour=talk.hour, minute=12).astimezone(now.tzinfo)


def _account(number: str, name: str, profile: str, kind: str, contact: str, phone: str) -> AccountEntry:
    role = "accounts payable" if kind == "business" else "account holder"
    person = ContactEntry(contact, role, phones=(PhoneEntry(phone, NumberKind.OFFICE),))
    return AccountEntry(
        number,
        name,
        kind,
        profile,
        "USD",
        "Bradford Supply",
        region="US-IL",
        postal_code="60601",
        terms="net 30",
        contacts=(person,),
    )


def _invoice(number: str, now: datetime, late: int) -> InvoiceEntry:
    due = now.date() - timedelta(days=late)
    return InvoiceEntry(number, f"I{number[2:]}", due - timedelta(days=30), due, 260_000, 260_000)


# ---- speaking and hearing ------------------------------------------------------------------------------


Legs = dict[Leg, tuple[bytes, Sequence[Utterance]]]
"""What each side's recording holds, 16-bit mono at its rate, and the words heard in it."""


class Heard:
    """Speaks talks and hears them, out of the cache where that was done before."""

    def __init__(self, cache: Path, model: Path) -> None:
        self._cache = cache / "demo-talks"
        self._model = model
        self._speaker = Speaker(cache / "voices")
        self._engine: Engine | None = None

    def __enter__(self) -> Heard:
        return self

    def __exit__(self, *_: object) -> None:
        self._speaker.close()

    def of(self, talk: Talk) -> Legs:
        """Return both sides of a talk."""
        key = hashlib.sha256(repr((_FORMAT, talk.voice, talk.lines, self._model.name)).encode()).hexdigest()[
            :32
        ]
        kept = self._cache / f"{key}.json"
        try:
            words = json.loads(kept.read_text("utf-8"))
            return {
                leg: (
                    (self._cache / f"{key}-{leg}.s16").read_bytes(),
                    [_utterance(leg, u) for u in words[leg]],
                )
                for leg in Leg
            }
        except (OSError, ValueError, KeyError):
            pass
        sound = self._speak(talk)
        if self._engine is None:
            self._engine = Engine(self._model)
        found: Legs = {}
        for leg, pcm in sound.items():
            found[leg] = pcm, transcribe(self._engine, pcm, RATE, leg)
        self._cache.mkdir(parents=True, exist_ok=True)
        for leg, (pcm, _) in found.items():
            (self._cache / f"{key}-{leg}.s16").write_bytes(pcm)
        kept.write_text(
            json.dumps({leg: [_plain(u) for u in said] for leg, (_, said) in found.items()}), "utf-8"
        )
        return found

    def _speak(self, talk: Talk) -> dict[Leg, bytes]:
        said, at = [], LEAD_S
        for leg, text, pause in talk.lines:
            pcm = self._speaker.speak(text, VOICES["agent" if leg is Leg.AGENT else talk.voice])
            said.append((leg, at, pcm))
            at += seconds_of(pcm) + pause
        legs = {}
        for leg in Leg:
            line = np.zeros(round((at + LEAD_S) * RATE), dtype=np.float32)
            for whose, start, pcm in said:
                if whose is leg:
                    first = round(start * RATE)
                    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
                    line[first : first + len(samples)] += samples
            legs[leg] = np.clip(line, -32768, 32767).astype("<i2").tobytes()
        return legs


def _plain(said: Utterance) -> list[list[object]]:
    return [[w.text, w.start, w.end, w.confidence] for w in said.words]


def _utterance(leg: Leg, words: list[list[object]]) -> Utterance:
    heard = tuple(Word(str(t), float(str(a)), float(str(b)), float(str(c))) for t, a, b, c in words)
    return Utterance(leg, heard[0].start, heard[-1].end, " ".join(w.text for w in heard), heard, True)


# ---- into the book -------------------------------------------------------------------------------------


def put(book: SqlBook, settings: Settings, recordings: Path, talk: Talk, legs: Legs, at: datetime) -> bool:
    """Decide about the call, record it, hear it, judge it, wrap it up; False where the gate refused.

    Raises BookError.
    """
    from scripts.catalog import Catalog
    from workstation.bootstrap import Judge
    from workstation.floor.aftercall import AfterCall
    from workstation.floor.lines import lines_said
    from workstation.floor.livecall import CallFacts
    from workstation.floor.talktime import measure_call

    account, user = book.find_account(talk.account), book.find_user(talk.collector).user_id
    phone = book.account(account, at).phones[0]
    granted = book.authorise(CallRequest(account, phone.party_id, phone.phone_id, user, "practice"), at)
    if not isinstance(granted, Authorised):
        structlog.get_logger(__name__).warning("a past call was refused", reasons=str(granted.reasons))
        return False
    call_id = granted.call_id
    names = _record(recordings, call_id, legs)
    length = len(legs[Leg.AGENT][0]) / 2 / RATE
    book.record_recording(call_id, names, at)
    for leg in Leg:
        book.record_gap(call_id, Gap(leg, 0.0, None))
    over = at + timedelta(seconds=length)
    book.end_call(call_id, CallEnd(over, "answered", True, True, length, {"cause": "16"}))

    class Ear:
        """What was heard already."""

        def transcribe(
            self, pcm: bytes, rate: int, leg: Leg, start: float, within: tuple[float, float]
        ) -> Sequence[Utterance]:
            return legs[leg][1]

    catalog = Catalog.load()
    judge = Judge(
        load_speech_rules(), catalog, settings.company.name, lambda: over, book.owed_minor, recordings
    )
    call = book.call(call_id)
    ears = judge.ears(CallFacts.of(call, collector_id=user, agent_leg=call.agent_leg))

    def measure(judged: str) -> None:
        heard = book.utterances(judged)
        for said in heard:
            for fact in ears.facts(said):
                book.add_caught(judged, fact)
        fields = book.script_facts(account, phone.party_id, user, at)
        texts = {s.id: catalog.render_step(s.id, fields) for s in catalog.talk(call.profile)}
        book.keep_lines(judged, lines_said(texts, heard))
        book.keep_metrics(judged, measure_call(recordings, judged, heard))

    AfterCall(
        book=book, ear=Ear(), judge=judge.whole, recordings=recordings, clock=lambda: over, measure=measure
    ).work()
    promise = None
    if talk.promise_minor:
        friday = (at + timedelta(days=(4 - at.weekday()) % 7 or 7)).date()
        promise = DraftPromise(Money(talk.promise_minor, "USD"), friday, "bank transfer", talk.contact)
    wrap = WrapUp(call_id, user, talk.disposition, talk.note)
    book.wrap_up(replace(wrap, promise=promise), over + timedelta(seconds=20))
    # It was heard with all the care there is: the pass after the call need not do it again.
    kept = dict.fromkeys(Leg, "heard whole from the recording")
    book.begin_hearing(call_id)
    book.hear_again(call_id, HeardAgain("vosk", {}, kept, (), (), 0.0), over)
    return True


def _record(recordings: Path, call_id: str, legs: Legs) -> dict[str, str]:
    names = dict(file_names(call_id))
    for leg, (pcm, _) in legs.items():
        with wave.open(str(recordings / names[leg.value]), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(pcm)
    mix(recordings / names["agent"], recordings / names["debtor"], recordings / names["mixed"])
    return names
