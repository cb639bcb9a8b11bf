"""The forms of a review: a false alarm's reason, a fault the machine missed, a word to the collector."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from compliance.transcription.words import Leg
from workstation.desk.audit_figures import Judged
from workstation.desk.book import InvalidEntry
from workstation.desk.review import CoachingNote, Sheet
from workstation.desk.scorecard import NOT_APPLICABLE, Answer, Question, Scorecard, Scored, fill
from workstation.ui import entry, figures
from workstation.ui.audit.call_rows import Mark
from workstation.ui.audit.ports import ReviewBook
from workstation.ui.forms.base import Form, Slot, Work
from workstation.ui.kit import Row, Span, cut_row, row, row_width
from workstation.ui.room import Choice
from workstation.ui.text import wrap

_SIDES = (Choice("agent", "agent", "the collector"), Choice("debtor", "debtor"))


class RejectForm(Form):
    """Why a finding is a false alarm."""

    title = "FALSE ALARM"

    def __init__(self, book: ReviewBook, sheet: Sheet, mark: Mark, user_id: int) -> None:
        self._book, self._sheet, self._mark, self._user = book, sheet, mark, user_id
        self.slots = (Slot("reason", "because", span=3),)
        super().__init__()

    def _reason(self) -> str:
        reason = self.values["reason"].strip()
        if not reason:
            raise entry.EntryError("because: why is it none? The rule's figures rest on it")
        return reason

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """Which finding."""
        self._reason()
        return [row((self._mark.title, "strong"), (f"  {self._mark.said}  {self._mark.words}", "dim"))]

    def work(self) -> Work:
        """Reject it."""
        reason, doubt, book = self._reason(), self._mark.doubt, self._book
        if doubt is None:
            raise entry.EntryError("this was added by a reviewer: it is no alarm of the machine's")

        def save(now: datetime) -> str:
            book.judge_finding(self._sheet.call_id, self._user, doubt.target, Judged.REJECTED, reason, now)
            return f"False alarm: {doubt.title}."

        return save


class AddForm(Form):
    """A fault that the machine missed."""

    title = "MISSED BY THE MACHINE"

    def __init__(
        self, book: ReviewBook, sheet: Sheet, rules: Sequence[Choice], at: float, words: str, user_id: int
    ) -> None:
        self._book, self._sheet, self._rules, self._user = book, sheet, rules, user_id
        self.slots = (
            Slot("rule", "rule", picks=tuple(rules)),
            Slot("side", "side", "agent", _SIDES),
            Slot("second", "at", figures.length(at)),
            Slot("words", "words", words[:80], span=5),
        )
        super().__init__()

    def _read(self) -> tuple[Choice, Leg, float, str]:
        typed = self.values["rule"].strip().lower()
        ids = [rule.id for rule in self._rules]
        if not typed:
            raise entry.EntryError("rule: which rule was broken? F2 lists them")
        exact = [r for r in self._rules if r.id == typed]
        found = exact or [r for r in self._rules if typed in f"{r.id} {r.label}".lower()]
        if len(found) != 1:
            raise entry.EntryError(f"rule: which one? {', '.join(r.id for r in found) or ', '.join(ids)}")
        side = entry.one_of(self.values["side"], [leg.value for leg in Leg], "side", "whose words?")
        words = self.values["words"].strip()
        if not words:
            raise entry.EntryError("words: what was said, or what was not")
        return found[0], Leg(side), second_of(self.values["second"]), words

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """What would be added."""
        rule, leg, at, words = self._read()
        return [
            row((rule.label, "strong"), (f"  {leg.value} at {figures.length(at)}  “{words}”", "dim")),
            row(("It counts against the rule's recall where the call is of the random sample.", "dim")),
        ]

    def work(self) -> Work:
        """Add it."""
        rule, leg, at, words = self._read()

        def save(now: datetime) -> str:
            self._book.add_missed(
                self._sheet.call_id,
                self._user,
                rule_id=rule.id,
                leg=leg,
                second=at,
                words=words,
                reason="",
                now=now,
            )
            return f"Added: {rule.label}."

        return save


class CoachForm(Form):
    """A word to the collector who took the call, or an answer."""

    title = "COACHING"

    def __init__(
        self,
        book: ReviewBook,
        user_id: int,
        *,
        to: str,
        call_id: str = "",
        at: float | None = None,
        answers: CoachingNote | None = None,
    ) -> None:
        self._book, self._user, self._to = book, user_id, to
        self._call, self._at, self._answers = call_id, at, answers
        self.slots = (Slot("text", "say", span=5),)
        super().__init__()

    def _text(self) -> str:
        text = self.values["text"].strip()
        if not text:
            raise entry.EntryError("say: what should they know?")
        return text

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """To whom, and about what."""
        self._text()
        about = f" about {figures.length(self._at)}" if self._at is not None else ""
        return [
            row(("to ", "dim"), (self._to, "strong"), (about, "dim")),
            row(("They see it in their queue's head line and can answer; the thread is kept.", "dim")),
        ]

    def work(self) -> Work:
        """Send it."""
        text = self._text()

        def save(now: datetime) -> str:
            if self._answers is not None:
                self._book.answer_coaching(self._answers.id, self._user, text, now)
            else:
                self._book.coach(self._call, self._user, text, now, second=self._at)
            return f"Sent to {self._to}."

        return save


class AnswerForm(CoachForm):
    """An answer to a message, which stands under it in full."""

    def __init__(self, book: ReviewBook, user_id: int, note: CoachingNote) -> None:
        other = note.author if note.to_id == user_id else note.to
        super().__init__(book, user_id, to=other, answers=note)
        self._note = note

    def rows(self, width: int, height: int) -> list[Row]:
        """What is answered."""
        at = f" about {figures.length(self._note.second)}" if self._note.second is not None else ""
        head = row((self._note.author, "strong"), (f"{at} of the call with {self._note.party}", "dim"))
        return [head, *(row(line) for line in wrap(self._note.text, max(8, width)))][:height]


class ScoreForm(Form):
    """A scorecard: what people answer is typed, the rest stands there already."""

    deep = True

    def __init__(self, book: ReviewBook, sheet: Sheet, card: Scorecard, user_id: int) -> None:
        self._book, self._sheet, self._card, self._user = book, sheet, card, user_id
        before = sheet.answers(card.version)
        self.title = f"SCORECARD  {card.title}"
        self.slots = tuple(
            Slot(
                q.id,
                q.short,
                "" if before.get(q.id, NOT_APPLICABLE) == NOT_APPLICABLE else before[q.id],
                _answers(q),
            )
            for q in card.asked
        )
        super().__init__()

    def _scored(self) -> Scored:
        try:
            return fill(self._card, self._sheet, self.values)
        except InvalidEntry as wrong:
            raise entry.EntryError(str(wrong)) from None

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """The score so far, and how each question stands; blank does not apply."""
        scored = self._scored()
        said = "nothing applies yet" if scored.score is None else f"{scored.score} of 100"
        fatal = [a.question.text for a in scored.answers if a.question.id in scored.fatal]
        head = row(
            ("score ", "dim"),
            (said, "strong"),
            (f"  ✗ fatal: {fatal[0]}" if fatal else "   blank does not apply", "stop" if fatal else "dim"),
        )
        cells = [_cell(answer, width // 2 - 1) for answer in scored.answers]
        half = (len(cells) + 1) // 2
        right = [*cells[half:], *[()] * half]
        pairs = [(*cell, Span("  "), *beside) for cell, beside in zip(cells[:half], right, strict=False)]
        return [head, *pairs]

    def work(self) -> Work:
        """Keep it."""
        scored = self._scored()

        def save(now: datetime) -> str:
            self._book.score_call(self._sheet.call_id, self._user, scored.detail(), now)
            return "Scorecard kept" + (f": {scored.score}." if scored.score is not None else ".")

        return save


def card_choices(cards: Iterable[Scorecard], sheet: Sheet) -> list[Choice]:
    """The cards to pick from, the one the review holds first; each with its score, or how much is asked."""
    kept = (sheet.card or {}).get("card", "")

    def said(card: Scorecard) -> str:
        if card.id == kept:
            return f"{card.id} · score {(sheet.card or {}).get('score', '–')}"
        return f"{card.id} · {len(card.asked)} to answer"

    return [
        Choice(card.id, card.title, said(card), words=card.id)
        for card in sorted(cards, key=lambda card: card.id != kept)
    ]


_ANSWER_SIGN = {"yes": ("✓", "accent"), "no": ("✗", "stop"), NOT_APPLICABLE: ("–", "dim")}


def _cell(answer: Answer, width: int) -> Row:
    sign, style = _ANSWER_SIGN.get(answer.said, (answer.said, "accent"))
    auto = " · auto" if answer.question.auto is not None else ""
    said = cut_row(row((f"{sign} ", style), (answer.question.text, ""), (auto, "dim")), width)
    return (*said, Span(" " * max(0, width - row_width(said))))


def _answers(question: Question) -> tuple[Choice, ...]:
    if question.scale:
        return tuple(
            Choice(str(n), str(n), question.text if n == question.scale else "")
            for n in reversed(range(question.scale + 1))
        )
    return (Choice("yes", "yes", question.text), Choice("no", "no"), Choice(NOT_APPLICABLE, "does not apply"))


def second_of(text: str) -> float:
    """Read a place in a call: ``132``, ``02:12``, ``1:03:12``. Raises entry.EntryError."""
    bare = text.strip()
    if not re.fullmatch(r"\d{1,6}(\.\d)?|(\d{1,2}:)?\d{1,3}:\d{2}", bare):
        raise entry.EntryError(f"at: {bare!r} is no second of a call; write 132 or 02:12")
    total = 0.0
    for part in bare.split(":"):
        total = total * 60 + float(part)
    return total
