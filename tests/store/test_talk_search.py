"""The search over all that was said: in step with the words, and never led by what was typed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, text, update

from compliance.checks.finding import Finding, FindingKind, Heard, Severity
from compliance.transcription.words import Leg, Source, Utterance, Word
from tests.fixtures.book import WEDNESDAY, Shop, put_account
from tests.store.test_calls import ANSWERED, STOP, place
from workstation.desk.book import Authorised, CallRequest, InvalidEntry
from workstation.desk.hearing import HeardAgain, LegAgain
from workstation.desk.talk_search import TalkSearch, snippet
from workstation.store.tables import Segment


def said(words: str, start: float = 1.0, leg: Leg = Leg.DEBTOR, source: Source = Source.LIVE) -> Utterance:
    timed = tuple(Word(w, start + i, start + i + 0.8, 0.9) for i, w in enumerate(words.split()))
    return Utterance(leg, start, timed[-1].end, words, timed, True, source)


def snippets(shop: Shop, words: str, **narrowed: object) -> list[str]:
    return [h.snippet for h in shop.book.search_talk(TalkSearch(words, **narrowed))]  # type: ignore[arg-type]


def test_a_hit_names_call_second_leg_collector_and_account(shop: Shop) -> None:
    call_id = place(shop).call_id
    shop.book.add_utterance(call_id, said("we never got the invoice", 12.0), WEDNESDAY)
    (hit,) = shop.book.search_talk(TalkSearch("INVOICE got"))
    assert (hit.call_id, hit.second, hit.leg, hit.at) == (call_id, 14.0, Leg.DEBTOR, WEDNESDAY)
    assert (hit.collector, hit.account_number, hit.account_name) == (
        "Dana Tester", "A-1", "Harlow Tool & Die LLC",
    )  # fmt: skip
    assert hit.snippet == "we never «got» the «invoice»"
    assert snippets(shop, "invoice attorney") == []


def test_all_words_must_be_in_one_utterance_and_the_newest_comes_first(shop: Shop) -> None:
    call_id = place(shop).call_id
    for n, words in enumerate(("pay friday", "pay monday", "friday", "pay friday again")):
        shop.book.add_utterance(call_id, said(words, 10.0 * n), WEDNESDAY)
    assert snippets(shop, "friday pay") == ["«pay» «friday» again", "«pay» «friday»"]
    assert snippets(shop, "pay", limit=1) == ["«pay» friday again"]


HOSTILE = (
    'invoice" OR "pay', "invoice OR pay", "invoice*", "text : pay", "^pay", "-pay", "NEAR(pay invoice)",
    "(pay",
    "marks:c1", "'; DROP TABLE segments; --", "pay & invoice", "pay | invoice", "!pay", "pay <-> invoice",
    ":asked", "%", "\\", "pay\x00invoice", "«pay»", "NOT pay AND", "🙂 pay", "pay:*",
)  # fmt: skip


@pytest.mark.parametrize("typed", HOSTILE)
def test_what_is_typed_is_words_and_never_a_language(shop: Shop, typed: str) -> None:
    call_id = place(shop).call_id
    shop.book.add_utterance(call_id, said("i will pay on friday"), WEDNESDAY)
    shop.book.add_utterance(call_id, said("the invoice was wrong", 9.0), WEDNESDAY)
    try:
        found = snippets(shop, typed)
    except InvalidEntry:
        assert not any(c.isalnum() for c in typed)
        return
    # Read as a language, the first ones would find both; as words, only those that hold every one of them.
    assert found in ([], ["i will «pay» on friday"], ["the «invoice» was wrong"])
    if typed in ("invoice OR pay", 'invoice" OR "pay', "marks:c1", "-pay and", "NOT pay AND", "text : pay"):
        assert found == []


def test_nothing_and_too_much_are_refused(shop: Shop) -> None:
    with pytest.raises(InvalidEntry, match="one or more words"):
        snippets(shop, " -- ")
    with pytest.raises(InvalidEntry, match="13 words are too many"):
        snippets(shop, "a " * 13)


def test_a_masked_text_is_found_by_its_mask_only(shop: Shop) -> None:
    call_id = place(shop).call_id
    number = shop.book.add_utterance(call_id, said("my secret is marzipan"), WEDNESDAY).segment_id
    assert snippets(shop, "marzipan")
    with shop.book.database.write() as session:
        session.execute(
            update(Segment).where(Segment.id == number).values(text="my card is (card number)", words=[])
        )
    assert snippets(shop, "marzipan") == []
    assert snippets(shop, "card number") == ["my «card» is «(card» «number)»"]


def test_a_deleted_segment_is_gone(shop: Shop) -> None:
    number = shop.book.add_utterance(place(shop).call_id, said("my secret is marzipan"), WEDNESDAY).segment_id
    with shop.book.database.write() as session:
        session.execute(delete(Segment).where(Segment.id == number))
    assert snippets(shop, "secret") == []


def test_only_the_words_that_stand_are_found(shop: Shop) -> None:
    call_id = place(shop).call_id
    shop.book.add_utterance(call_id, said("the envoys is wrong"), WEDNESDAY)
    better = said("the invoice is wrong", source=Source.THOROUGH)
    heard = HeardAgain("vosk", {Leg.DEBTOR: LegAgain((better,), 30.0)}, {}, (), (), 1.0)
    assert shop.book.hear_again(call_id, heard, WEDNESDAY)
    assert snippets(shop, "envoys") == []
    assert snippets(shop, "wrong") == ["the invoice is «wrong»"]


def calls_of_two(shop: Shop) -> tuple[Authorised, Authorised]:
    """Dana on the first account; a month later Sam on another."""
    first = place(shop)
    shop.book.add_utterance(first.call_id, said("please stop calling me"), WEDNESDAY)
    shop.book.end_call(first.call_id, ANSWERED)
    later = WEDNESDAY + timedelta(days=33)
    other = put_account(shop.book, "B-2", "Lakeside Foods", later)
    phone = shop.book.account(other, later).phones[0]
    second = shop.book.authorise(
        CallRequest(other, phone.party_id, phone.phone_id, shop.sam, "practice"), later
    )
    assert isinstance(second, Authorised), second
    shop.book.add_utterance(second.call_id, said("stop calling us"), WEDNESDAY)
    return first, second


def test_by_collector_account_and_date(shop: Shop) -> None:
    first, second = calls_of_two(shop)

    def calls(**narrowed: object) -> list[str]:
        found = shop.book.search_talk(TalkSearch("calling stop", **narrowed))  # type: ignore[arg-type]
        return [h.call_id for h in found]

    assert calls() == [second.call_id, first.call_id]
    assert calls(collector_id=shop.sam) == [second.call_id]
    assert calls(collector_id=shop.morgan) == []
    assert calls(account_id=shop.account) == [first.call_id]
    assert calls(since=WEDNESDAY + timedelta(seconds=1)) == [second.call_id]
    assert calls(until=WEDNESDAY) == []
    assert calls(since=WEDNESDAY, until=WEDNESDAY + timedelta(seconds=1)) == [first.call_id]
    assert calls(since=WEDNESDAY - timedelta(days=400), until=WEDNESDAY + timedelta(days=400)) == calls()
    assert calls(since=WEDNESDAY + timedelta(days=1), until=WEDNESDAY) == []


def test_by_finding_while_it_stands(shop: Shop) -> None:
    first, _ = calls_of_two(shop)
    forbidden = Finding(
        "forbidden.arrest", "1", FindingKind.FORBIDDEN, "arrest", Severity.CRITICAL, "1692e", Leg.AGENT,
        Heard.HEARD, 3.0, 4.0, 0.9,
    )  # fmt: skip
    shop.book.add_finding(first.call_id, STOP, WEDNESDAY)
    shop.book.add_finding(first.call_id, forbidden, WEDNESDAY)
    assert len(snippets(shop, "stop", rule=STOP.rule_id)) == 1
    assert snippets(shop, "stop", rule="cue.attorney") == []
    number = next(n for n, f in shop.book.numbered_findings(first.call_id) if f.rule_id == STOP.rule_id)
    heard = HeardAgain("vosk", {}, {}, (), (number,), 1.0)
    assert shop.book.hear_again(first.call_id, heard, WEDNESDAY)
    assert snippets(shop, "stop", rule=STOP.rule_id) == []
    assert len(snippets(shop, "stop", rule="forbidden.arrest")) == 1


def test_the_index_agrees_with_the_table_after_all_that(shop: Shop) -> None:
    """FTS5's own check of its index against the table: what was taken out must be what was put in."""
    calls_of_two(shop)
    test_a_masked_text_is_found_by_its_mask_only(
        Shop(shop.book, shop.dana, shop.sam, shop.morgan, *third_account(shop))
    )
    if shop.book.database.is_sqlite:
        with shop.book.database.write() as session:
            session.execute(
                text("INSERT INTO segment_words(segment_words, rank) VALUES('integrity-check', 1)")
            )


def third_account(shop: Shop) -> tuple[int, int, int]:
    account_id = put_account(shop.book, "C-3", "Third Co", WEDNESDAY)
    phone = shop.book.account(account_id, WEDNESDAY).phones[0]
    return account_id, phone.party_id, phone.phone_id


def test_a_snippet_is_short_and_its_marks_cannot_be_forged() -> None:
    long = " ".join(f"w{n}" for n in range(40))
    assert snippet(long, ("w20",)).startswith("… w13 ")
    assert snippet(long, ("w20",)).endswith(" w27 …")
    assert snippet("«pay» [bold]now[/] pay", ("pay",)) == "«pay» [bold]now[/] «pay»"
    assert snippet("«hello» there", ("pay",)) == "hello there"
