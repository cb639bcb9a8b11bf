"""What to say next: the script's steps in order, and the answer to the excuse just heard. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from scripts.errors import ScriptError
from workstation.ui import figures
from workstation.ui.kit import Row, Span, cut_row, row
from workstation.ui.panes import heading
from workstation.ui.ports import Excuse, ExcuseText, Scripts, Step
from workstation.ui.text import wrap

log = structlog.get_logger(__name__)

OFFERED = 9
"""Answers that have a digit."""


@dataclass(frozen=True, slots=True)
class Line:
    """A text to say, and whether it is a step or part of an answer."""

    text: str
    kind: str
    """step, probe, reply or voicemail."""


class SayNext:
    """Which line stands in front of the collector, and what has been said.

    An excuse heard comes first: its question, then its reply, then the script goes on where it was.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._facts: Mapping[str, str] = {}
        self.steps: Sequence[Step] = ()
        self.answers: Sequence[Excuse] = ()
        self.location = False
        self.cursor = 0
        self.said: set[str] = set()
        self.excuse: str = ""
        """The excuse being answered; empty while the script is followed."""
        self.score: float | None = None
        """How sure the recogniser is of it; None where the collector picked it."""
        self.picked: str = ""
        """The excuse answered last, for the note."""
        self._profile, self._stage = "", 0
        self._part = "probe"
        self._out = ""
        """A voicemail being left; empty otherwise."""
        self._texts: dict[str, str] = {}
        self._fixed: Mapping[str, str] = {}
        """Words that come filled: those of a final-notice session."""
        self._answer: ExcuseText | None = None

    def load(self, profile: str, stage: int, *, location: bool = False) -> None:
        """Take up the script of an account's profile and stage, or that of a location call.

        A location call has no answers: they speak of the debt.
        """
        self._profile, self._stage = profile, stage
        self.location, self._fixed = location, {}
        self.steps = self._scripts.location() if location else self._scripts.talk(profile)
        self.answers = () if location else self._scripts.excuses(profile, stage)
        self.restart()

    def follow(self, steps: Sequence[tuple[Step, str]]) -> None:
        """Say a session's own steps, each with its words; the place is kept where the step is still there."""
        at = self.steps[self.cursor].id if self.steps else ""
        self.steps = [step for step, _ in steps]
        self._fixed = {step.id: text for step, text in steps}
        ids = [step.id for step in self.steps]
        self.cursor = ids.index(at) if at in ids else max(0, min(self.cursor, len(ids) - 1))

    def restart(self) -> None:
        """Begin the script again."""
        self.cursor, self.excuse, self.picked, self.score, self._part = 0, "", "", None, "probe"
        self.said.clear()
        self._answer, self._out = None, ""

    def fill(self, facts: Mapping[str, str]) -> None:
        """Take the account's facts for the merge fields."""
        self._facts = facts
        self._texts.clear()

    @property
    def ready(self) -> bool:
        """Whether the facts are here, so that texts can be shown."""
        return bool(self._facts)

    def heard(self, excuse_id: str, score: float) -> bool:
        """Offer the answer to an excuse heard, unless it is or was answered; whether the offer changed."""
        if self.location:
            return False
        if excuse_id in (self.excuse, self.picked):
            if self.excuse == excuse_id:
                self.score = score
            return False
        self._take(excuse_id, score)
        return True

    def choose(self, excuse_id: str) -> None:
        """Answer the excuse the collector picked."""
        self._take(excuse_id, None)

    def _take(self, excuse_id: str, score: float | None) -> None:
        self.excuse, self.score, self._part = excuse_id, score, "probe"
        self._answer = None

    def read_out(self, text: str) -> None:
        """Put a voicemail in front, to be read word for word; what was there comes back after it."""
        self._out = text

    def leave_answer(self) -> bool:
        """Back to the script; False where it was followed already."""
        if self._out:
            self._out = ""
            return True
        if not self.excuse:
            return False
        self.picked, self.excuse = self.excuse, ""
        return True

    def move(self, by: int) -> None:
        """Go along the script; within an answer, between its question and its reply."""
        if self._out:
            self._out = ""
            return
        if self.excuse:
            if by > 0 and self._part == "probe":
                self._part = "reply"
            elif by < 0 and self._part == "reply":
                self._part = "probe"
            else:
                self.leave_answer()
            return
        self.cursor = max(0, min(self.cursor + by, len(self.steps) - 1))

    def line(self) -> Line | None:
        """The text in front of the collector."""
        if self._out:
            return Line(self._out, "voicemail")
        if not self.ready:
            return None
        if self.excuse:
            return self._answer_line()
        if not self.steps:
            return None
        return Line(self._text(self.steps[self.cursor].id), "step")

    def _answer_line(self) -> Line:
        try:
            self._answer = self._answer or self._scripts.render_excuse(self.excuse, self._facts)
        except ScriptError as wrong:
            log.error("an answer could not be filled in", excuse=self.excuse, error=str(wrong))
            return Line(f"(no script: {wrong})", self._part)
        return Line(self._answer.probe if self._part == "probe" else self._answer.reply, self._part)

    def done(self) -> None:
        """The line in front has been said: go to the next."""
        if self._out:
            self._out = ""
        elif self.excuse:
            self.move(1)
        elif self.steps:
            self.said.add(self.steps[self.cursor].id)
            self.cursor = min(self.cursor + 1, len(self.steps) - 1)

    def title(self, excuse_id: str) -> str:
        """An excuse's name."""
        return next((a.title for a in self.answers if a.id == excuse_id), excuse_id)

    def search(self, text: str) -> Sequence[Excuse]:
        """All answers that fit what was typed."""
        if not text.strip() or self.location:
            return self.answers
        return self._scripts.search(text, self._profile, self._stage)

    def offered(self) -> list[Excuse]:
        """The answers with a digit, the one being given left out."""
        return [answer for answer in self.answers if answer.id != self.excuse][:OFFERED]

    def _text(self, step_id: str) -> str:
        if step_id in self._fixed:
            return self._fixed[step_id]
        if step_id not in self._texts:
            try:
                self._texts[step_id] = self._scripts.render_step(step_id, self._facts)
            except ScriptError as wrong:
                log.error("a script could not be filled in", step=step_id, error=str(wrong))
                self._texts[step_id] = f"(no script: {wrong})"
        return self._texts[step_id]

    # -- as rows -----------------------------------------------------------------------------------------

    def rows(self, width: int, height: int, search_key: str) -> list[Row]:
        """The line to say in full, then what comes next, then the answers as far as they fit."""
        head = self._head(width, height)
        text = self._body(width)
        rows = [*head, *text[: max(1, height - len(head))]]
        left = height - len(rows)
        if left < 3:
            return rows
        rows.append(row(("─" * width, "faint")))
        left -= 1
        upcoming = self._upcoming(width, min(3, left // 3 if left > 6 else 1))
        rows += upcoming
        left -= len(upcoming)
        if left < 3 or not self.answers:
            return rows
        rows.append(heading("ANSWERS"))
        offered = self.offered()[: left - 2]
        rows += [
            cut_row(row(("  ", ""), Span(f"{i} ", "key", f"digit('{i}')"), answer.title), width)
            for i, answer in enumerate(offered, 1)
        ]
        rows.append(row("  ", Span(f"{search_key} ", "key", "search"), ("search all answers", "dim")))
        return rows

    def _head(self, width: int, height: int) -> list[Row]:
        if self._out:
            title = row(("▸ ", "accent"), ("voicemail: this and nothing more", "strong"))
            return [heading("SAY NEXT", row(("word for word", "accent")), width), cut_row(title, width)]
        if self.excuse:
            said = "" if self.score is None else f"{self.score:.0%} {figures.likelihood(self.score)}"
            part = "ask first" if self._part == "probe" else "then say"
            title = cut_row(row(("▸ ", "accent"), (self.title(self.excuse), "strong")), width)
            asked = row((f"{part} · ", "dim"), (said or "picked", "accent"))
            return [heading("SAY NEXT", asked, width), title]
        if not self.steps:
            return [heading("SAY NEXT")]
        step = self.steps[self.cursor]
        place = f"{self.cursor + 1} of {len(self.steps)}"
        tick = "✓" if step.id in self.said else "▸"
        return [
            heading("SAY NEXT", row((place, "dim")), width),
            cut_row(row((f"{tick} ", "accent"), (step.title, "strong")), width),
            *([cut_row(row((f"  {step.when}", "dim")), width)] if height > 7 else []),
        ]

    def _body(self, width: int) -> list[Row]:
        line = self.line()
        if line is None:
            return [row(("  …", "faint"))]
        return [row("  " + text) for text in wrap(line.text, max(8, width - 2))]

    def _upcoming(self, width: int, most: int) -> list[Row]:
        first = self.cursor if self.excuse else self.cursor + 1
        lead = "back to " if self.excuse else "then "
        return [
            cut_row(row((("  " + (lead if i == 0 else " " * len(lead))), "dim"), (step.title, "dim")), width)
            for i, step in enumerate(self.steps[first : first + most])
        ]
