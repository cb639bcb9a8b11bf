"""Everything a collector may be offered to say: the steps of the talk, the answers to excuses, voicemail.

Loading reads and checks every file, so that a mistake shows at start and not in a call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz

from scripts.errors import UnknownScript, nearest
from scripts.excuse import BUSINESS, CONSUMER, Excuse, read_excuses
from scripts.matching import SURE, Heard, Hit, words_of
from scripts.render import Renderer, load_vocabulary
from scripts.talk import LOCATION, Step, TalkPlan, read_talk

PACKAGED = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Match:
    """An excuse recognised in the debtor's words."""

    excuse: Excuse
    score: float
    """0 to 1: how well the best cue was met."""
    words: str
    """The words it rests on."""


@dataclass(frozen=True, slots=True)
class ExcuseText:
    """An answer with the account's own facts in it."""

    title: str
    probe: str
    reply: str


class Catalog:
    """The scripts of one directory, checked. Safe to share between threads."""

    def __init__(self, renderer: Renderer, plans: Mapping[str, TalkPlan], excuses: Sequence[Excuse]) -> None:
        self._renderer = renderer
        self._plans = plans
        self._excuses = {excuse.id: excuse for excuse in excuses}
        self._steps = {step.id: step for plan in plans.values() for step in plan.steps}
        self._profiles: dict[tuple[str, int], tuple[Excuse, ...]] = {}

    @classmethod
    def load(cls, directory: Path = PACKAGED) -> Catalog:
        """Read and check every file. Raises ScriptFileError: which file, line or key, what is right."""
        renderer = Renderer(load_vocabulary(directory / "vocabulary.toml"))
        return cls(renderer, read_talk(directory, renderer), read_excuses(directory / "excuses", renderer))

    @property
    def profiles(self) -> tuple[str, ...]:
        """Return the profiles there is a talk for."""
        return tuple(name for name in self._plans if name != LOCATION)

    def talk(self, profile: str) -> tuple[Step, ...]:
        """Return the steps of a call in order. Raises UnknownScript."""
        return self._plan(profile).steps

    def location(self) -> tuple[Step, ...]:
        """Return the steps of a location call. Raises UnknownScript."""
        return self._plan(LOCATION).steps

    def excuses(self, profile: str, stage: int) -> tuple[Excuse, ...]:
        """Return the excuses for a profile and stage (1 to 6), the commonest first. Raises UnknownScript."""
        key = (profile, stage)
        found = self._profiles.get(key)
        if found is None:
            debtor = self._plan(profile).debtor
            found = tuple(
                excuse
                for excuse in sorted(self._excuses.values(), key=lambda e: (e.rank, e.id))
                if debtor in excuse.applies and stage in excuse.stages
            )
            self._profiles[key] = found
        return found

    def excuse(self, excuse_id: str) -> Excuse:
        """Return one excuse. Raises UnknownScript."""
        try:
            return self._excuses[excuse_id]
        except KeyError:
            raise UnknownScript(f"no excuse {excuse_id!r}; {nearest(excuse_id, self._excuses)}") from None

    def recognise(self, text: str, profile: str, stage: int, again: str = "") -> tuple[Match, ...]:
        """Return the excuses heard in the debtor's words, best first; usually none. Raises UnknownScript.

        Excuses of other stages are recognised too, a little less readily: debtors know nothing of stages.
        `again` is what a second, narrower listening made of the same talk: looked at where `text` says
        nothing.
        """
        return self._recognised(text, profile, stage) or self._recognised(again, profile, stage)

    def _recognised(self, text: str, profile: str, stage: int) -> tuple[Match, ...]:
        debtor = self._plan(profile).debtor
        heard = Heard(text)
        found: list[tuple[float, Excuse, Hit]] = []
        for excuse in self._excuses.values():
            if debtor not in excuse.applies:
                continue
            hit = heard.match(excuse.cues)
            score = hit.score if stage in excuse.stages else hit.score * 0.96
            if score >= SURE:
                found.append((score, excuse, hit))
        found.sort(key=lambda item: (-item[0], item[1].rank))
        kept: list[tuple[float, Excuse, Hit]] = []
        for item in found:
            # Words that speak for one excuse do not speak for a second one less well.
            if not any(item[0] < score and item[2].shares(hit) for score, _, hit in kept):
                kept.append(item)
        return tuple(Match(excuse, round(score, 3), heard.quote(hit)) for score, excuse, hit in kept)

    def search(self, text: str, profile: str = "", stage: int = 0) -> tuple[Excuse, ...]:
        """Return the excuses whose title, cues or cause fit what the collector typed, best first.

        An empty text finds all. `profile` and `stage` narrow the search where given. Raises UnknownScript.
        """
        pool: Sequence[Excuse] = tuple(self._excuses.values())
        if profile:
            debtor = self._plan(profile).debtor
            pool = [e for e in pool if debtor in e.applies and (not stage or stage in e.stages)]
        typed = words_of(text)
        scored = [(_typed_score(typed, excuse), excuse) for excuse in pool]
        scored.sort(key=lambda pair: (-pair[0], pair[1].rank, pair[1].id))
        return tuple(excuse for score, excuse in scored if score > 0)

    def render_step(self, step_id: str, facts: Mapping[str, str]) -> str:
        """Return a step's words. Raises UnknownScript, RenderError."""
        step = self._steps.get(step_id)
        if step is None:
            raise UnknownScript(f"no step {step_id!r}; {nearest(step_id, self._steps)}")
        return self._renderer.fill(step.text, facts)

    def render_excuse(self, excuse_id: str, facts: Mapping[str, str]) -> ExcuseText:
        """Return an answer's words, the variant chosen by the facts ``profile`` and ``stage``.

        Without ``profile`` a business is assumed where ``debtor_company`` is filled. Raises UnknownScript
        and RenderError.
        """
        excuse = self.excuse(excuse_id)
        plan = self._plans.get(facts.get("profile", ""))
        debtor = plan.debtor if plan else BUSINESS if facts.get("debtor_company") else CONSUMER
        stage = facts.get("stage", "")
        reply = excuse.reply(debtor, int(stage) if stage.isdecimal() else 0)
        return ExcuseText(
            excuse.title, self._renderer.fill(excuse.probe, facts), self._renderer.fill(reply, facts)
        )

    def voicemail(self, profile: str, facts: Mapping[str, str]) -> str:
        """Return the voicemail to leave for a profile. Raises UnknownScript, RenderError.

        Consumer profiles get a limited-content message (12 CFR 1006.2(j)); one that the facts would turn into
        something else raises voicemail.NotLimitedContent.
        """
        from scripts.voicemail import require_limited_content

        plan = self._plan(profile)
        if plan.voicemail is None:
            raise UnknownScript("no message is left in a location call (12 CFR 1006.10): hang up instead")
        text = self._renderer.fill(plan.voicemail, facts)
        if plan.debtor == CONSUMER:
            require_limited_content(text, facts)
        return text

    def _plan(self, profile: str) -> TalkPlan:
        try:
            return self._plans[profile]
        except KeyError:
            raise UnknownScript(
                f"no scripts for profile {profile!r}; {nearest(profile, self._plans)}"
            ) from None


def _typed_score(typed: tuple[str, ...], excuse: Excuse) -> float:
    """Score an excuse for typed words: each must begin or resemble a word of it; titles count double."""
    if not typed:
        return 1.0
    title = words_of(f"{excuse.title} {excuse.cause} {excuse.id.replace('-', ' ')}")
    cues = {word for cue in excuse.cues for word in cue.words}
    score = 0.0
    for word in typed:
        if any(other.startswith(word) for other in title):
            score += 2.0
        elif any(other.startswith(word) for other in cues):
            score += 1.0
        elif max((fuzz.ratio(word, other) for other in (*title, *cues)), default=0.0) >= 80.0:
            score += 0.5
        else:
            return 0.0
    return score
