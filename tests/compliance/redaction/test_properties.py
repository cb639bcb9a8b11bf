"""Any card number, said in any of the ways people say one, is masked; what the scripts say is not."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.redaction.cards import is_card
from compliance.redaction.mask import found_in, mask_call, mask_partial, mask_text, masked_call
from compliance.redaction.policy import Kind, policy_of
from compliance.transcription.words import Leg, Utterance
from dialer.practice.numerals import cardinal
from dialer.practice.say_aloud import words_to_say
from scripts.catalog import Catalog
from scripts.render import load_vocabulary
from tests.compliance.redaction.test_cases import BOOK, conversation, left, live

POLICY = policy_of(BOOK, "consumer-third-party", date(2026, 11, 18))
CATALOG = Catalog.load()
FACTS = {name: field.example for name, field in load_vocabulary().items()}
PREFIXES = (
    "4",
    "51",
    "55",
    "2221",
    "2720",
    "34",
    "37",
    "36",
    "300",
    "6011",
    "65",
    "3530",
    "62",
    "5018",
    "6304",
)
LENGTHS = {"34": 15, "37": 15, "36": 14, "300": 14, "5018": 16, "6304": 19}
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
BETWEEN = ("", "um", "and then", "dash", "okay")
ANSWERS = ("mm-hm", "go on", "yes", "okay", "right go ahead", "uh huh i have that")


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """A card number with its check digit."""
    prefix = draw(st.sampled_from(PREFIXES))
    length = LENGTHS.get(prefix, 16)
    body = prefix + draw(st.text("0123456789", min_size=length, max_size=length))[: length - 1 - len(prefix)]
    return next(body + check for check in "0123456789" if is_card(body + check))


def said_single(draw: st.DrawFn, digit: str) -> str:
    return draw(st.sampled_from(("zero", "oh"))) if digit == "0" else DIGITS[int(digit)]


def said(draw: st.DrawFn, digits: str) -> str:
    """A stretch of digits as people say it: one by one, doubles and triples, pairs, teens."""
    words, at = [], 0
    while at < len(digits):
        same = len(digits[at:]) - len(digits[at:].lstrip(digits[at]))
        way = draw(st.sampled_from(("single", "single", "pair", "many")))
        if way == "many" and same >= 2:
            count = draw(st.integers(2, min(same, 3)))
            words.append(f"{('double', 'triple')[count - 2]} {said_single(draw, digits[at])}")
            at += count
        elif way == "pair" and at + 2 <= len(digits) and digits[at] != "0":
            words.append(cardinal(int(digits[at : at + 2])))
            at += 2
        else:
            words.append(said_single(draw, digits[at]))
            at += 1
    return " ".join(words)


@st.composite
def spoken(draw: st.DrawFn) -> list[str]:
    """A conversation in which the debtor says a card number, at once or in up to four utterances."""
    number = draw(numbers())
    cuts = sorted(draw(st.sets(st.integers(3, len(number) - 3), max_size=3)))
    lines: list[str] = []
    for first, past in zip([0, *cuts], [*cuts, len(number)], strict=True):
        filler = draw(st.sampled_from(BETWEEN))
        lines.append(f"d: {filler} {said(draw, number[first:past])}".replace("  ", " "))
        if past < len(number):
            lines.append(f"a: {draw(st.sampled_from(ANSWERS))}")
    lead = draw(st.sampled_from(("", "a: can i have the card number", "d: it is my visa")))
    return [lead, *lines] if lead else lines


@settings(max_examples=400, deadline=None)
@given(spoken())
def test_any_card_number_said_in_any_way_is_masked(lines: list[str]) -> None:
    before = conversation(lines)
    for after in (masked_call(before, POLICY), live(before, POLICY)):
        text = " ".join(u.text for u in after)
        assert "[card" in text
        assert left(text) == "", text
        assert masked_call(after, POLICY) == after


@settings(max_examples=200, deadline=None)
@given(spoken())
def test_no_partial_shows_seven_digits(lines: list[str]) -> None:
    before: list[Utterance] = []
    for utterance in conversation(lines):
        for n in range(1, len(utterance.words) + 1):
            text = " ".join(w.text for w in utterance.words[:n])
            partial = Utterance(utterance.leg, utterance.start, utterance.end, text, (), False)
            shown = mask_partial(partial, before, POLICY)
            assert len(left(shown.text)) < 7, shown.text
        before = masked_call([*before, utterance], POLICY)


@settings(max_examples=300, deadline=None)
@given(numbers(), st.sampled_from(("", " ", "-", ".", "\u00a0", "\u2009", "\u200b", "\n", " - ")), st.data())
def test_any_card_number_written_in_any_way_is_masked(number: str, sign: str, data: st.DataObject) -> None:
    shape = (4, 6, 5) if len(number) == 15 else (4,) * 5
    parts, at = [], 0
    for size in shape:
        parts.append(number[at : at + size])
        at += size
    text = data.draw(st.sampled_from(("", "card ", "Paid with ", "<b>", "see: "))) + sign.join(
        filter(None, parts)
    )
    assert found_in(text) == (Kind.CARD,)
    assert left(mask_text(text)) == ""
    assert found_in(mask_text(text)) == ()


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(CATALOG.profiles),
    st.integers(100, 99_999_999),
    st.integers(1000, 9_999_999),
    st.dates(date(2025, 1, 1), date(2028, 12, 31)),
    st.booleans(),
)
def test_what_the_scripts_say_of_amounts_dates_and_invoices_stays(
    profile: str, minor: int, invoice: int, day: date, card: bool
) -> None:
    facts = dict(FACTS)
    for name, example in FACTS.items():
        if "USD" in example:
            facts[name] = f"{minor / 100:,.2f} USD"
        elif "2026" in example:
            facts[name] = f"{day.day} {day:%B %Y}"
        elif name.endswith("_invoice"):
            facts[name] = str(invoice)
    texts = [CATALOG.render_step(step.id, facts) for step in CATALOG.talk(profile)]
    lines = [f"a: {words_to_say(text)}" for text in texts if text]
    lines.append(
        f"d: i can pay {words_to_say(f'${minor / 100:,.2f}')} on {words_to_say(f'{day:%B} {day.day}')}"
    )
    lines.append(f"a: it falls due on {words_to_say(f'{day + timedelta(days=9):%d %B %Y}')}")
    if card:
        lines.insert(0, "d: i want to pay by card")
    lines = [line.replace(",", "").replace(".", "").replace("?", "").lower() for line in lines]
    before = conversation(lines)
    assert mask_call(before, POLICY) == []
    for text in texts:
        assert mask_text(text, POLICY) == text
    assert before[0].leg in Leg
