"""Finding card data, social security and bank numbers in what two people say, and in what people write.

Which error is worse? A number that stays is a breach that nobody can take back (PCI DSS 3.3.1 forbids it even
encrypted); a number masked without need costs a question. So a run of twelve digits or more said aloud is
masked whether or not its check digit fits, since recognisers get one digit in ten wrong; and where a card is
being talked about, any run that is not an amount, a date or a labelled number is. The one exception is a
number whose own label stands right before it ("invoice number four one one one ..."): it stays, even where
its check digit fits, unless a card is talked about within a minute. In text that people type, digits are
what they are: there a long number is masked when it is a card number by issuer and check digit, when it is
grouped like one, or when the text speaks of a card.

Live and afterwards the same function looks at the same words: a run goes on over several utterances of a leg,
whatever the other leg says in between, and a label counts on either leg.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from compliance.redaction.cards import is_card, issued
from compliance.redaction.policy import CARD_KINDS, Kind, Policy
from compliance.redaction.tokens import LEAST_WRITTEN, Form, Group, parse
from compliance.transcription.words import Leg, Utterance, Word

PAUSE_S = 30.0
"""A run goes on over a pause up to this long: people turn the card over, or fetch it."""
CARD_TALK_S = 60.0
"""How long a card is being talked about once it was named, on either leg."""
AFTER_S = 8.0
"""A card named this soon after the digits is the card they belong to."""
ASKED_S = 20.0
"""How long a question ("and the code on the back?") waits for its digits."""
LABEL_WORDS = 5
"""A label is a number's own when no more words stand between."""
CERTAIN = 12
"""Digits said aloud from which a run is masked with no word about a card: a telephone number has eleven."""
TALKED = 7
"""The same where a card is being talked about."""
SINGLES = 4
"""The same for digits said one by one, as no amount is."""
PARTIAL = 7
"""The same for words still being recognised, which have no label yet and are on screen for a second."""

_BENIGN = frozenset({"reference", "account", "phone", "postal"})
_SECOND_A_WORD = 0.35
_OTHERS, _OTHERS_TALKED, _JOINS = 1, 3, 8
_SILENT_UTTERANCES, _SILENT_WORDS = 2, 8
"""A run goes on over so many utterances of its leg that hold none of it ("hold on, let me see")."""


@dataclass(frozen=True, slots=True)
class Line:
    """A stretch of one leg's words, or a text that somebody wrote."""

    leg: Leg
    start: float
    end: float
    text: str
    written: bool = False
    words: tuple[Word, ...] = ()
    """With their seconds; empty: the text is spread evenly over the line's."""

    @classmethod
    def of(cls, utterance: Utterance) -> Line:
        """Take an utterance; the text is what its words say."""
        words = utterance.words
        text = " ".join([w.text for w in words]) if words else utterance.text
        return cls(utterance.leg, utterance.start, utterance.end, text, words=words)

    @classmethod
    def written_text(cls, text: str) -> Line:
        """Take a text; its "seconds" are those of somebody who reads it aloud."""
        return cls(Leg.AGENT, 0.0, _SECOND_A_WORD * (len(text) / 5), text, written=True)

    def second(self, offset: int, *, end: bool = False) -> float:
        """When a character was said: the start of its word, or the end."""
        past = 0
        for word in self.words:
            past += len(word.text) + 1
            if offset < past:
                return word.end if end else word.start
        share = offset / len(self.text) if self.text else 0.0
        return self.start + share * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of one line to be cut out."""

    line: int
    """Index of the line."""
    start: int
    end: int
    """Character offsets."""
    kind: Kind
    last_four: str = ""
    """Of a whole card number, where it may be kept; else empty."""


@dataclass(slots=True)
class _Run:
    leg: Leg
    parts: list[tuple[int, Group]] = field(default_factory=list)
    head: list[tuple[int, Group]] = field(default_factory=list)
    """Soft groups right before the first digit."""
    tail: int = 0
    """How many soft groups stand at the end."""
    others: int = 0
    joins: int = 0
    silent: int = 0
    lead: str = ""
    """The run's own label: the last one on its leg, if only a few words stand between."""
    distance: int = 0
    start: float = 0.0
    end: float = 0.0

    def solid(self) -> list[tuple[int, Group]]:
        return self.parts[: len(self.parts) - self.tail] if self.tail else self.parts


@dataclass(frozen=True, slots=True)
class _Label:
    at: float
    leg: Leg
    name: str


@dataclass(frozen=True, slots=True)
class _Look:
    """A line taken apart, and what of it matters to a run."""

    groups: tuple[Group, ...]
    tells: bool
    """Whether a run can begin here, or something says what one is."""
    digits: bool
    breaks: bool
    others: int
    """Words that count as distance."""
    labels: tuple[tuple[int, str], ...]
    """Where, and which."""


class _Scan:
    """One look at a conversation."""

    def __init__(self, lines: Sequence[Line], policy: Policy, *, partial: bool) -> None:
        self._lines = lines
        self._policy = policy
        self._partial = partial
        self._labels: list[_Label] = []
        self._runs: list[_Run] = []
        self._dates: list[tuple[int, Group, str]] = []

    def cuts(self) -> list[Cut]:
        parsed = [_look(line.text) for line in self._lines]
        for line, look in zip(self._lines, parsed, strict=True):
            for start, name in look.labels:
                self._labels.append(_Label(line.second(start), line.leg, name))
        self._labels.sort(key=lambda label: label.at)
        for leg in Leg:
            self._walk(leg, parsed)
        found = [cut for run in self._runs for cut in self._judge(run)]
        return sorted([*found, *self._expiries()], key=lambda cut: (cut.line, cut.start))

    # ---- runs ------------------------------------------------------------------------------------------

    def _walk(self, leg: Leg, parsed: Sequence[_Look]) -> None:
        run: _Run | None = None
        lead, distance, before = "", 0, 0.0
        soft: list[tuple[int, Group]] = []

        def close() -> None:
            nonlocal run, lead
            if run is not None:
                self._runs.append(run)
                lead = ""  # a label is of one number
            run = None

        for index, line in enumerate(self._lines):
            if line.leg is not leg:
                continue
            look = parsed[index]
            groups = look.groups
            soft = []
            if run is not None and (line.start - run.end > PAUSE_S or self._asked_anew(run, line.start)):
                close()
            if line.start - before > ASKED_S:
                lead = ""
            before = line.end
            if run is None and not look.tells:
                distance += look.others
                continue
            if run is not None:
                if look.digits:
                    run.others = run.joins = 0
                elif look.breaks:
                    close()
                elif len(groups) <= _SILENT_WORDS and run.silent < _SILENT_UTTERANCES:
                    run.silent += not all(g.form is Form.JOIN for g in groups)
                    for group in groups:
                        if group.form is Form.LABEL:
                            lead, distance = _newer(lead, group.label), 0
                    continue
            for group in groups:
                form = group.form
                if form in (Form.DIGITS, Form.HUNDREDS) or (
                    form is Form.MASK and group.label in CARD_KINDS | {"digits"}
                ):
                    if run is not None and run.others and Form.MASK in (form, run.parts[-1][1].form):
                        close()  # beside a mask only what follows at once is of the same number
                    if run is None:
                        start = line.second(group.start)
                        run = _Run(leg, head=soft, lead=lead, distance=distance, start=start)
                    run.parts.append((index, group))
                    run.tail = run.others = run.joins = 0
                    run.end = line.second(group.end - 1, end=True)
                elif form is Form.SOFT and run is not None:
                    run.parts.append((index, group))
                    run.tail += 1
                    run.joins += 1
                    if run.joins > _JOINS:
                        close()
                elif run is not None and form in (Form.JOIN, Form.OTHER):
                    run.others += form is Form.OTHER
                    run.joins += 1
                    most = _OTHERS_TALKED if self._card_talk(run.start, run.end) else _OTHERS
                    if run.others > most or run.joins > _JOINS:
                        close()
                else:
                    close()
                    if form is Form.DATE:
                        self._dates.append((index, group, lead if distance <= LABEL_WORDS else ""))
                soft = [*soft, (index, group)] if form is Form.SOFT and run is None else []
                if form is Form.LABEL:
                    lead, distance = _newer(lead, group.label), 0
                elif form in (Form.BREAK, Form.DATE):
                    lead = ""
                elif form in (Form.OTHER, Form.SOFT):
                    distance += 1
        close()

    # ---- what was talked about -------------------------------------------------------------------------

    def _heard(self, names: frozenset[str], since: float, until: float, leg: Leg | None = None) -> str:
        """The last label of these between two seconds, on a leg or on either."""
        for label in reversed(self._labels):
            if since <= label.at <= until and label.name in names and (leg is None or label.leg is leg):
                return label.name
        return ""

    def _card_talk(self, start: float, end: float) -> bool:
        return bool(self._heard(_CARD_WORDS, start - CARD_TALK_S, end + AFTER_S))

    def _asked(self, run: _Run) -> str:
        """What the other leg asked for last."""
        return self._asked_of(run.leg, run.start)

    def _asked_anew(self, run: _Run, until: float) -> bool:
        """Whether the other leg asked for something else once the run had begun."""
        other = Leg.DEBTOR if run.leg is Leg.AGENT else Leg.AGENT
        return bool(self._heard(_ALL - {"card", "last"}, run.end, until, other))

    def _asked_of(self, leg: Leg, at: float) -> str:
        other = Leg.DEBTOR if leg is Leg.AGENT else Leg.AGENT
        last = self._heard(_ALL, at - ASKED_S, at + 0.01, other)
        if last == "card":  # "the code on the back of the card" asks for the code
            last = self._heard(_PARTS, at - ASKED_S, at + 0.01, other) or last
        return last

    # ---- judging ---------------------------------------------------------------------------------------

    def _judge(self, run: _Run) -> list[Cut]:
        solid = run.solid()
        digits = "".join(g.digits for _, g in solid)
        count = len(digits)
        masks = {g.label for _, g in solid if g.form is Form.MASK}
        if count < 2:
            return []
        hundreds = sum(len(g.digits) for _, g in solid if g.form is Form.HUNDREDS)
        if hundreds * 2 > count:
            return []  # amounts without their currency
        if masks & {Kind.CARD, "digits"}:
            return self._cut(run, Kind.CARD, digits, whole=False)
        own = run.lead if run.distance <= LABEL_WORDS else ""
        meant = own or self._asked(run)
        talk = self._card_talk(run.start, run.end)
        written = self._lines[solid[0][0]].written
        named = self._named(count, meant, talk)
        if named is not None:
            return self._cut(run, named, digits) if named in self._policy.kinds else []
        windows = _cards_in(solid)
        if windows and own in _BENIGN and not talk and not self._partial:
            return []
        if windows and written:
            return [cut for window in windows for cut in self._cut(run, Kind.CARD, digits, window)]
        if windows:
            return self._cut(run, Kind.CARD, digits)
        if self._partial and count >= PARTIAL:
            return self._cut(run, Kind.CARD, digits)
        if meant in _BENIGN and (own or not talk):
            return []
        if meant == "last" and count == 4:
            return []
        return self._cut(run, Kind.CARD, digits) if self._enough(solid, count, talk, written) else []

    def _named(self, count: int, meant: str, talk: bool) -> Kind | None:
        """What the digits are by their label; None where no label says it."""
        if meant == "social" and SINGLES <= count <= 11:
            return Kind.SOCIAL
        if meant == "code" and count in (3, 4):
            return Kind.CODE
        if (meant == "expiry" or (meant == "expires" and talk)) and 3 <= count <= 8:
            return Kind.EXPIRY
        if meant == "bank" and 6 <= count <= 17:
            return Kind.BANK
        return None

    def _enough(self, solid: Sequence[tuple[int, Group]], count: int, talk: bool, written: bool) -> bool:
        singles = sum(g.singles for _, g in solid)
        spelt = sum(len(g.digits) for at, g in solid if not self._lines[at].text[g.start].isdigit())
        if written and spelt * 2 < count:
            return (talk and count >= TALKED) or _grouped(solid)
        return count >= CERTAIN or (talk and (count >= TALKED or singles >= SINGLES))

    def _cut(
        self,
        run: _Run,
        kind: Kind,
        digits: str,
        window: tuple[int, int] | None = None,
        *,
        whole: bool = True,
    ) -> list[Cut]:
        solid = run.solid()
        if window is None and kind is Kind.CARD:
            solid = [*run.head, *run.parts]  # "for one one one": the first may have been a four
        if window is not None:
            solid = solid[window[0] : window[1]]
            digits = "".join(g.digits for _, g in solid)
        last_four = ""
        if kind is Kind.CARD and whole and self._policy.keep_last and is_card(digits):
            last_four = digits[-4:]
        spans: dict[int, list[int]] = {}
        for line, group in solid:
            if group.form is not Form.MASK:
                span = spans.setdefault(line, [group.start, group.end])
                span[1] = max(span[1], group.end)
        cuts = [Cut(line, start, end, kind) for line, (start, end) in spans.items()]
        if last_four and cuts:
            cuts[-1] = Cut(cuts[-1].line, cuts[-1].start, cuts[-1].end, kind, last_four)
        return [part for cut in cuts for part in self._around_masks(cut, solid)]

    def _around_masks(self, cut: Cut, solid: Sequence[tuple[int, Group]]) -> list[Cut]:
        """Leave what was cut out before as it stands."""
        masks = [g for line, g in solid if line == cut.line and g.form is Form.MASK]
        inside = [g for g in masks if cut.start < g.start and g.end < cut.end]
        if not inside:
            return [cut]
        groups = [g for line, g in solid if line == cut.line and g.form is not Form.MASK]
        edges = [0, *(g.start for g in inside), 1 << 30]
        out = []
        for low, high in pairwise(edges):
            between = [g for g in groups if low <= g.start < high]
            if between:
                out.append(Cut(cut.line, between[0].start, between[-1].end, cut.kind))
        return out

    def _expiries(self) -> list[Cut]:
        found = []
        for index, group, lead in self._dates:
            line = self._lines[index]
            at = line.second(group.start)
            meant = lead or self._asked_of(line.leg, at)
            talk = self._card_talk(at, at)
            month_only = bool(group.digits)
            if meant == "expiry" or (meant == "expires" and talk) or (month_only and meant in _CARD_WORDS):
                found.append(Cut(index, group.start, group.end, Kind.EXPIRY))
        return found


def _cards_in(solid: Sequence[tuple[int, Group]]) -> list[tuple[int, int]]:
    """The groups that make a card number together, each from and past the last of them."""
    found: list[tuple[int, int]] = []
    first, ahead = 0, sum(len(g.digits) for _, g in solid)
    while first < len(solid) and ahead >= LEAST_WRITTEN:
        joined, past = "", 0
        for last in range(first, len(solid)):
            joined += solid[last][1].digits
            if len(joined) > 19:
                break
            if is_card(joined):
                past = last + 1
        if past:
            found.append((first, past))
        ahead -= sum(len(g.digits) for _, g in solid[first : past or first + 1])
        first = past or first + 1
    return found


def _grouped(solid: Sequence[tuple[int, Group]]) -> bool:
    """Whether written groups stand as on a card: 4-4-4-4 or 4-6-5, with an issuer's beginning."""
    shape = tuple(len(g.digits) for _, g in solid)
    joined = "".join(g.digits for _, g in solid)
    return shape in ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4)) and issued(joined)


@lru_cache(maxsize=8192)
def _look(text: str) -> _Look:
    """Take a text apart, once: a conversation is looked at again with every utterance."""
    groups = parse(text)
    forms = {g.form for g in groups}
    labels = [
        (g.start, g.label if g.form is Form.LABEL else "card")
        for g in groups
        if g.form is Form.LABEL or (g.form is Form.MASK and g.label == Kind.CARD)
    ]
    return _Look(
        groups=groups,
        tells=bool(forms - {Form.JOIN, Form.OTHER, Form.SOFT}),
        digits=bool(forms & {Form.DIGITS, Form.MASK, Form.HUNDREDS}),
        breaks=bool(forms & {Form.BREAK, Form.DATE}),
        others=sum(g.form in (Form.OTHER, Form.SOFT) for g in groups),
        labels=tuple(labels),
    )


def _newer(lead: str, label: str) -> str:
    """The label that counts: "the code of my card" is about the code."""
    return lead if label == "card" and lead in _PARTS else label


_PARTS = frozenset({"code", "expiry"})
_CARD_WORDS = _PARTS | {"card"}
_ALL = _CARD_WORDS | _BENIGN | {"expires", "last", "social", "bank"}


def scan(lines: Sequence[Line], policy: Policy, *, partial: bool = False) -> list[Cut]:
    """Find what must be cut out of a conversation (its lines in order of time), in order of place.

    `partial`: the last line is still being recognised; what looks like digits is cut sooner.
    """
    return _Scan(lines, policy, partial=partial).cuts()


__all__ = ["Cut", "Line", "scan"]
