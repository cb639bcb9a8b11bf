"""Practice debtors: what they say, and a pure turn-taking machine that says it at the right moment.

A persona is a TOML file (docs/practice.md describes it): turns said one after another, each when the
collector has spoken and paused, and replies said out of turn when the collector's words hold a cue. Words are
known only where the collector speaks through this practice line; without them the turns alone carry the
conversation. Patience timers guarantee an end: nobody waits for ever.
"""

from __future__ import annotations

import re
import tomllib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec

from dialer.practice.listening import FarSide
from dialer.practice.say_aloud import CannotSay, words_to_say
from dialer.practice.voices import VOICES

POLITE_S = 10.0
"""A debtor who wants to begin waits at most so long for somebody who is talking."""
PAUSE_BEFORE_HANGUP_S = 0.6


class PersonaError(ValueError):
    """A persona file is wrong. The message names the file, the key and what is allowed."""


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the debtor."""

    says: str = ""
    """Empty: nothing is said (a tone, or only the end)."""
    after: Literal["answer", "turn"] = "turn"
    """Said when the call is answered, or when the collector has spoken and paused."""
    delay_s: float = 0.8
    """With after = "answer": seconds from the answer."""
    pause_s: float = 0.9
    """With after = "turn": how long the collector must be quiet."""
    tone_hz: float = 0.0
    """A tone after the words (an answering machine's beep); 0 is none."""
    tone_s: float = 0.0
    ends: bool = False
    """Hangs up afterwards."""


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line said out of turn, because the collector's words hold a cue."""

    cues: tuple[str, ...]
    """Any of these, as whole words, in the collector's words."""
    says: str
    blind: bool = False
    """Also said, once, at a turn whose words are not known (a collector on a real phone)."""
    again: bool = False
    """May be said more than once."""
    ends: bool = False


class Patience(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the debtor waits for a silent collector."""

    nudge_after_s: float = 20.0
    nudges: tuple[str, ...] = ("Hello? Are you still there?", "Can you hear me?")
    """Said one after another; when they are used up, the debtor hangs up."""
    limit_s: float = 300.0
    """The debtor hangs up so long after the answer, whatever happens."""


class Persona(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A practice debtor."""

    id: str
    title: str
    """One line for whoever chooses."""
    digits: str
    """Last digits of the numbers that reach this debtor; empty where only endings do."""
    name: str
    voice: str
    turns: tuple[Turn, ...]
    replies: tuple[Reply, ...] = ()
    patience: Patience = msgspec.field(default_factory=Patience)
    endings: tuple[str, ...] = ()
    """Two or more last digits that reach this debtor; the longest ending that fits a number has it."""

    def lines(self) -> list[str]:
        """Every line this debtor may say, the likeliest first."""
        said = [*(t.says for t in self.turns), *(r.says for r in self.replies), *self.patience.nudges]
        return [line for line in said if line]


# ---- loading -------------------------------------------------------------------------------------------


def shipped_personas() -> dict[str, Persona]:
    """The personas that come with the product, by the endings of the numbers that reach them."""
    folder = resources.files("dialer.practice") / "personas"
    with resources.as_file(folder) as path:
        return load_personas(sorted(path.glob("*.toml")))


def load_personas(paths: Iterable[Path]) -> dict[str, Persona]:
    """Personas by ending. Raises PersonaError where a file is wrong or two files claim one ending."""
    by_ending: dict[str, Persona] = {}
    origin: dict[str, Path] = {}
    for path in paths:
        persona = load_persona(path)
        for key, endings in (("digits", tuple(persona.digits)), ("endings", persona.endings)):
            for ending in endings:
                if ending in by_ending:
                    raise PersonaError(f"{path}: {key}: {ending!r} is already taken by {origin[ending].name}")
                by_ending[ending], origin[ending] = persona, path
    return by_ending


def debtor_at(personas: Mapping[str, Persona], number: str) -> Persona | None:
    """Who answers at a number: the persona of its longest ending."""
    return next((personas[number[i:]] for i in range(len(number)) if number[i:] in personas), None)


def load_persona(path: Path) -> Persona:
    """One persona. Raises PersonaError."""
    try:
        persona = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Persona)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise PersonaError(f"{path}: cannot be read: {error}") from error
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at ")
        raise PersonaError(f"{path}: {where.strip('`').removeprefix('$.') or 'top'}: {reason}") from error
    for key, complaint in _complaints(persona):
        raise PersonaError(f"{path}: {key}: {complaint}")
    return persona


def _complaints(persona: Persona) -> Iterable[tuple[str, str]]:
    if not re.fullmatch(r"[0-9]*", persona.digits) or not (persona.digits or persona.endings):
        yield "digits", f"{persona.digits!r} must be one or more of 0 to 9"
    for i, ending in enumerate(persona.endings):
        if not re.fullmatch(r"[0-9]{2,12}", ending):
            yield f"endings[{i}]", f"{ending!r} must be 2 to 12 digits"
    if persona.voice not in VOICES:
        yield "voice", f"{persona.voice!r} is unknown: one of {', '.join(VOICES)}"
    if not persona.turns:
        yield "turns", "at least one is needed"
    elif not persona.turns[-1].ends:
        yield (
            f"turns[{len(persona.turns) - 1}].ends",
            "the last turn must have ends = true, or nobody hangs up",
        )
    spoken = [(f"turns[{i}].says", turn.says) for i, turn in enumerate(persona.turns) if turn.says]
    spoken += [(f"replies[{i}].says", reply.says) for i, reply in enumerate(persona.replies)]
    spoken += [(f"patience.nudges[{i}]", nudge) for i, nudge in enumerate(persona.patience.nudges)]
    for key, text in spoken:
        try:
            words_to_say(text)
        except CannotSay as error:
            yield key, str(error)
    for i, reply in enumerate(persona.replies):
        if not all(_plain(cue) for cue in reply.cues) or not reply.cues:
            yield f"replies[{i}].cues", "each cue needs a word"
    if persona.patience.nudge_after_s <= 0 or persona.patience.limit_s <= 0:
        yield "patience", "nudge_after_s and limit_s must be above 0"


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


# ---- turn taking ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Say:
    """Speak this line now."""

    text: str


@dataclass(frozen=True, slots=True)
class Tone:
    """Sound a tone now."""

    hz: float
    seconds: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call now."""

    reason: str


Act = Say | Tone | HangUp
Overheard = Callable[[float, float], str | None]
"""The collector's words between two instants, or None where they are not known."""


class Conversation:
    """One debtor on one call. No sound, no clock: `step` is told what is heard and when."""

    def __init__(self, persona: Persona, overheard: Overheard = lambda began, ended: None) -> None:
        self._persona = persona
        self._overheard = overheard
        self._far = FarSide()
        self._turns = deque(persona.turns)
        self._replies = list(persona.replies)
        self._nudges = deque(persona.patience.nudges)
        self._next: deque[Act] = deque()
        self._free_since = 0.0
        self._over = False

    def step(self, now: float, *, far_speaking: bool, talking: bool) -> Act | None:
        """What to do at `now`, seconds since the answer; call it about every 20 ms.

        `talking` is true while an earlier Say or Tone is still being played. After HangUp the answer is
        always None.
        """
        if self._over:
            return None
        self._far.hear(now, far_speaking)
        if now >= self._persona.patience.limit_s:
            return self._hang_up("the call took too long")
        if talking:
            self._free_since = now
            return None
        if self._next:
            return self._do_next(now)
        return self._take_turn(now, far_speaking)

    def _take_turn(self, now: float, far_speaking: bool) -> Act | None:
        turn = self._turns[0] if self._turns else Turn(ends=True)
        if turn.after == "answer":
            waited = now - self._free_since
            if waited < turn.delay_s or (far_speaking and waited < turn.delay_s + POLITE_S):
                return None
            return self._say_turn(now)
        if self._far.turn_over(now, turn.pause_s):
            return self._respond(now)
        quiet_since = max(self._free_since, self._far.last_voice or 0.0)
        if not far_speaking and now - quiet_since >= self._persona.patience.nudge_after_s:
            if not self._nudges:
                return self._hang_up("nobody spoke")
            return Say(self._nudges.popleft())
        return None

    def _respond(self, now: float) -> Act | None:
        began, ended = self._far.began, self._far.last_voice
        words = self._overheard(began, ended) if began is not None and ended is not None else None
        self._far.answered()
        reply = self._fitting_reply(words)
        if reply is None:
            return self._say_turn(now)
        if not reply.again:
            self._replies.remove(reply)
        if reply.ends:
            self._next.append(HangUp("said goodbye"))
        return Say(reply.says)

    def _fitting_reply(self, words: str | None) -> Reply | None:
        if words is None:
            return next((reply for reply in self._replies if reply.blind and not reply.ends), None)
        said = f" {_plain(words)} "
        return next((r for r in self._replies if any(f" {_plain(cue)} " in said for cue in r.cues)), None)

    def _say_turn(self, now: float) -> Act | None:
        turn = self._turns.popleft() if self._turns else Turn(ends=True)
        if turn.says:
            self._next.append(Say(turn.says))
        if turn.tone_hz and turn.tone_s:
            self._next.append(Tone(turn.tone_hz, turn.tone_s))
        if turn.ends:
            self._next.append(HangUp("said everything"))
        return self._do_next(now)

    def _do_next(self, now: float) -> Act | None:
        if not self._next:
            return None
        if isinstance(self._next[0], HangUp) and now - self._free_since < PAUSE_BEFORE_HANGUP_S:
            return None
        act = self._next.popleft()
        if isinstance(act, HangUp):
            return self._hang_up(act.reason)
        return act

    def _hang_up(self, reason: str) -> HangUp:
        self._over = True
        return HangUp(reason)
