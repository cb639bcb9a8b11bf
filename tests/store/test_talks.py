"""Mismatches and figures of talks in the book; and that a click cannot lower a count."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from compliance.checks.finding import Caught, CaughtKind
from compliance.transcription.words import Leg, Utterance, Word
from tests.fixtures.book import Shop
from tests.store.test_calls import ANSWERED, LATER, ended, place, wrap
from workstation.desk.book import InvalidEntry
from workstation.desk.mismatch import MismatchKind
from workstation.desk.talk import measure_talk
from workstation.desk.views import DraftFact, WrapUp
from workstation.store.tables import Attempt, AuditEntry, Conversation, Party

REACHED = Caught(CaughtKind.REACHED, Leg.DEBTOR, 4.0, "yes this is jordan", 0.9, value="right-party")


def heard(text: str, leg: Leg = Leg.DEBTOR, confidence: float = 0.95) -> Utterance:
    words = tuple(Word(w, 4 + i * 0.3, 4.28 + i * 0.3, confidence) for i, w in enumerate(text.split()))
    return Utterance(leg, 4.0, words[-1].end, text, words, True)


def reached(shop: Shop, confidence: float = 0.95) -> str:
    call_id = place(shop).call_id
    shop.book.add_utterance(call_id, heard("yes this is jordan how are you", confidence=confidence), LATER)
    shop.book.add_caught(call_id, REACHED)
    shop.book.end_call(call_id, ANSWERED)
    return call_id


def test_a_wrong_number_click_is_listed_and_lowers_no_count(shop: Shop) -> None:
    call_id = reached(shop)
    shop.book.wrap_up(WrapUp(call_id, shop.dana, "WRONG_NUMBER", ""), LATER)
    (line,) = shop.book.mismatches()
    assert (line.call_id, line.collector, line.mismatch.kind) == (
        call_id,
        "Dana Tester",
        MismatchKind.RIGHT_PARTY,
    )
    assert (line.mismatch.second, line.mismatch.words, line.at) == (4.0, "yes this is jordan", LATER)
    with shop.book.database.read() as session:
        attempt = session.scalars(select(Attempt).where(Attempt.call_id == call_id)).one()
        talks = session.scalars(select(Conversation).where(Conversation.call_id == call_id)).all()
    assert attempt.connected
    assert len(talks) == 1


def test_one_heard_badly_is_not_listed(shop: Shop) -> None:
    shop.book.wrap_up(WrapUp(reached(shop, 0.4), shop.dana, "WRONG_NUMBER", ""), LATER)
    assert shop.book.mismatches() == ()


def test_judging_after_the_call_looks_again_and_adds_each_kind_once(shop: Shop) -> None:
    call_id = ended(shop)
    shop.book.wrap_up(wrap(shop, call_id), LATER)
    assert shop.book.mismatches() == ()
    shop.book.add_utterance(call_id, heard("i can pay five thousand on friday"), LATER)
    promise = Caught(
        CaughtKind.PROMISE, Leg.DEBTOR, 4.0, "five thousand on friday", 0.9, 500_000, date(2026, 11, 20)
    )
    shop.book.add_caught(call_id, promise)
    for _ in range(2):
        shop.book.mark_judged(call_id)
    assert [line.mismatch.kind for line in shop.book.mismatches()] == [MismatchKind.PROMISE_UNCODED]
    shop.book.add_caught(call_id, Caught(CaughtKind.PROMISE, Leg.DEBTOR, 9.0, "no", 0.9, value="withdrawn"))
    shop.book.mark_judged(call_id)
    assert shop.book.mismatches() == ()


def test_a_fact_comes_back_as_it_was_caught(shop: Shop) -> None:
    call_id = place(shop).call_id
    fact = Caught(
        CaughtKind.PROMISE,
        Leg.DEBTOR,
        4.0,
        "my wife will",
        0.9,
        1,
        conditional=True,
        confirmed=True,
        who="wife",
    )
    shop.book.add_caught(call_id, fact)
    assert shop.book.caught(call_id) == (fact,)


def test_how_a_call_was_spoken_is_kept_and_measured_again(shop: Shop) -> None:
    call_id = ended(shop)
    assert shop.book.metrics(call_id) is None
    for spans in ([(0.0, 1.0)], [(0.0, 3.0)]):
        shop.book.keep_metrics(call_id, measure_talk(spans, [(5.0, 7.0)], agent_words=5))
    found = shop.book.metrics(call_id)
    assert found == measure_talk([(0.0, 3.0)], [(5.0, 7.0)], agent_words=5)


def test_a_consent_accepted_at_wrap_up_stands_with_its_call_second_and_words(shop: Shop) -> None:
    call_id = reached(shop)
    fact = DraftFact("consent", "agreed to be called again", 9.0, 0.9, "yes you can call me", "recontact")
    text = DraftFact("consent", "agreed to be contacted by text", 12.0, 0.9, "text is fine", "medium:text")
    wrapped = WrapUp(call_id, shop.dana, "RPC_REFUSED", "Will not pay.", consents=(fact, text))
    assert "consent recorded" in shop.book.wrap_up(wrapped, LATER).summary
    stands = shop.book.standing(shop.account)
    assert {(v.heard.call_id, v.heard.second, v.heard.words) for v in stands if v.heard} == {
        (call_id, 9.0, "yes you can call me"),
        (call_id, 12.0, "text is fine"),
    }


def test_a_mail_address_accepted_at_wrap_up_is_kept_with_its_call_second_and_words(shop: Shop) -> None:
    call_id = reached(shop)
    fact = DraftFact("email", "mail to ap@harlow.example", 9.0, 0.8, "a p at harlow", "ap@harlow.example")
    wrapped = WrapUp(call_id, shop.dana, "RPC_REFUSED", "Will not pay.", email=fact)
    assert "mail address kept: ap@harlow.example" in shop.book.wrap_up(wrapped, LATER).summary
    with shop.book.database.read() as session:
        assert session.get_one(Party, shop.jordan).email == "ap@harlow.example"
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "e-mail address")).one()
    assert entry.detail["call"] == call_id
    assert entry.detail["words"] == "a p at harlow"


def test_a_mail_address_that_cannot_be_written_to_stops_the_wrap_up_whole(shop: Shop) -> None:
    call_id = reached(shop)
    fact = DraftFact("email", "mail to x", 9.0, 0.8, "x", "x\r\nBcc: all@example.org")
    with pytest.raises(InvalidEntry, match="can be written"):
        shop.book.wrap_up(WrapUp(call_id, shop.dana, "RPC_REFUSED", "No.", email=fact), LATER)
    assert shop.book.unwrapped_call(shop.dana) == (call_id, shop.account)
