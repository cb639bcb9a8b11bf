"""A call in the book: decision, reservation, what was heard, the end, wrap-up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from compliance.checks.finding import Caught, CaughtKind, Finding, FindingKind, Heard, Severity
from compliance.contact import HoldKind, Permitted, Refused
from compliance.permit import mint
from compliance.transcription.words import Leg, Source, Utterance, Word
from tests.fixtures.book import WEDNESDAY, Shop
from workstation.desk.book import (
    Authorised,
    CallEnd,
    CallRequest,
    Gap,
    InvalidEntry,
    LeaseHeld,
    NotAllowed,
    NotFound,
    TransitionRecord,
)
from workstation.desk.money import Money
from workstation.desk.views import DraftPromise, WrapUp
from workstation.store.tables import Attempt, AuditEntry, Conversation, Decision

ANSWERED = CallEnd(WEDNESDAY + timedelta(minutes=4), "answered", True, True, 200.0, {"Cause": "16"})
NO_ANSWER = CallEnd(WEDNESDAY + timedelta(minutes=1), "no-answer", True, False, 0.0, {"Cause": "19"})
BUSY = CallEnd(WEDNESDAY + timedelta(minutes=1), "busy", False, False, 0.0, {"Cause": "17"})
STOP = Finding(
    "cue.stop-calling", "1", FindingKind.CUE, "asked to stop", Severity.CRITICAL, "15 USC 1692c(c)",
    Leg.DEBTOR, Heard.HEARD, 14.0, 15.0, 0.9,
    (Word("stop", 14.0, 14.4, 0.9), Word("calling", 14.4, 15.0, 0.9)),
    hold=HoldKind.CEASE,
)  # fmt: skip


def place(shop: Shop, now: datetime = WEDNESDAY) -> Authorised:
    request = CallRequest(shop.account, shop.jordan, shop.jordan_phone, shop.dana, "practice")
    granted = shop.book.authorise(request, now)
    assert isinstance(granted, Authorised)
    return granted


def ended(shop: Shop, end: CallEnd = ANSWERED) -> str:
    call_id = place(shop).call_id
    shop.book.end_call(call_id, end)
    return call_id


def wrap(shop: Shop, call_id: str, code: str = "RPC_REFUSED", note: str = "Will not pay.") -> WrapUp:
    return WrapUp(call_id, shop.dana, code, note)


LATER = WEDNESDAY + timedelta(minutes=5)

# ---- the decision ----


def test_a_permitted_call_has_its_decision_and_its_attempt_in_the_book(shop: Shop) -> None:
    granted = place(shop)
    assert isinstance(granted.verdict, Permitted)
    assert (granted.party_name, granted.collector_name, granted.zone, granted.currency) == (
        "Jordan Reyes", "Dana Tester", "America/Chicago", "USD",
    )  # fmt: skip
    mint(granted.verdict, granted.decision_id, granted.number).check(granted.number, WEDNESDAY)
    assert shop.book.decision_is_valid(granted.decision_id, granted.call_id, granted.number)
    assert not shop.book.decision_is_valid(granted.decision_id, granted.call_id, "+13125550199")
    assert not shop.book.decision_is_valid(granted.decision_id, "", granted.number)
    assert not shop.book.decision_is_valid("invented", granted.call_id, granted.number)
    with shop.book.database.read() as session:
        decision = session.get_one(Decision, granted.decision_id)
        attempt = session.scalars(select(Attempt)).one()
    assert {c["rule"] for c in decision.checks} >= {"holds/bankruptcy", "holds/cease"}
    assert all(c["citation"] for c in decision.checks)
    assert decision.facts["zones"] == ["America/Chicago"]
    assert (attempt.connected, attempt.settled) == (True, False)


def test_a_refusal_is_recorded_too(shop: Shop) -> None:
    place(shop)
    request = CallRequest(shop.account, shop.jordan, shop.jordan_phone, shop.dana, "practice")
    refused = shop.book.authorise(request, WEDNESDAY + timedelta(hours=2, minutes=10))
    assert isinstance(refused, Refused)
    assert refused.retry_at == datetime(2026, 11, 19, 15, tzinfo=UTC)  # tomorrow at nine in Chicago
    with shop.book.database.read() as session:
        kept = session.scalars(select(Decision).where(Decision.permitted.is_(False))).one()
        assert kept.retry_at == refused.retry_at
        assert session.scalars(select(Attempt)).all()[1:] == []
    assert len(shop.book.open_calls()) == 1


def test_an_unsettled_attempt_counts_and_a_busy_line_frees_it(shop: Shop) -> None:
    view = shop.book.account(shop.account, WEDNESDAY)
    assert (view.attempts_used, view.attempts_cap) == (0, 3)
    call_id = place(shop).call_id
    assert shop.book.account(shop.account, LATER).attempts_used == 1
    shop.book.end_call(call_id, BUSY)
    assert shop.book.account(shop.account, LATER).attempts_used == 0


def test_who_may_not_call(shop: Shop) -> None:
    book = shop.book
    book.take_account(shop.sam, WEDNESDAY, shop.account)
    request = CallRequest(shop.account, shop.jordan, shop.jordan_phone, shop.dana, "practice")
    with pytest.raises(LeaseHeld, match="Sam Tester"):
        book.authorise(request, WEDNESDAY)
    book.release_account(shop.sam, shop.account)
    owner = next(p for p in book.account(shop.account, WEDNESDAY).phones if p.party_id != shop.jordan)
    for wrong in (
        replace(request, account_id=99),
        replace(request, party_id=99),
        replace(request, phone_id=owner.phone_id),
        replace(request, phone_id=99),
    ):
        with pytest.raises(NotFound):
            book.authorise(wrong, WEDNESDAY)
    with pytest.raises(NotAllowed):
        book.authorise(replace(request, collector_id=99), WEDNESDAY)
    assert book.open_calls() == ()


# ---- the call ----


def test_a_call_is_followed_step_by_step(shop: Shop) -> None:
    call_id = place(shop).call_id
    answered = WEDNESDAY + timedelta(seconds=9)
    for at, before, event, after in (
        (WEDNESDAY, "reserved", "originate", "agent-ringing"),
        (answered, "ringing", "answer", "talking"),
        (answered + timedelta(seconds=30), "talking", "hold", "held"),
        (answered + timedelta(seconds=40), "held", "resume", "talking"),
    ):
        shop.book.record_transition(call_id, TransitionRecord(at, before, event, after, {"Channel": "x"}))
    shop.book.record_recording(call_id, {"agent": "a.wav"}, answered)
    shop.book.record_recording(call_id, {"debtor": "d.wav"}, answered + timedelta(seconds=1))
    (found,) = shop.book.open_calls()
    assert (found.state, found.talk_started_at, found.recording_started_at) == ("talking", answered, answered)
    assert (found.collector_name, found.stage) == ("Dana Tester", 1)
    shop.book.end_call(call_id, ANSWERED)
    shop.book.end_call(call_id, BUSY)  # a late second end changes nothing
    assert shop.book.open_calls() == ()
    assert shop.book.call(call_id).state == "ended"
    with shop.book.database.read() as session:
        assert session.scalars(select(Attempt)).one().connected
        talk = session.scalars(select(Conversation)).one()
    assert talk.at == answered
    assert shop.book.account(shop.account, LATER).last_talk == answered


def test_words_come_back_as_they_were_heard(shop: Shop) -> None:
    call_id = place(shop).call_id
    second = Utterance(Leg.DEBTOR, 3.0, 4.0, "we never got it", (Word("we", 3.0, 3.2, 0.91),), True)
    first = Utterance(Leg.AGENT, 0.5, 2.0, "good afternoon", (Word("good", 0.5, 0.9, 0.5),), True)
    assert shop.book.add_utterance(call_id, second, WEDNESDAY).utterance == second
    assert shop.book.add_utterance(call_id, first, WEDNESDAY).changed == ()
    assert shop.book.utterances(call_id) == (first, second)
    with pytest.raises(ValueError, match="final"):
        shop.book.add_utterance(call_id, replace(first, final=False), WEDNESDAY)
    with pytest.raises(NotFound):
        shop.book.add_utterance("no such call", first, WEDNESDAY)


def test_a_stop_word_closes_the_next_dial_at_once(shop: Shop) -> None:
    call_id = place(shop).call_id
    hold_id = shop.book.add_finding(call_id, STOP, WEDNESDAY)
    assert hold_id is not None
    assert shop.book.add_finding(call_id, STOP, WEDNESDAY) == hold_id  # said twice, held once
    (hold,) = shop.book.account(shop.account, WEDNESDAY).holds
    assert (hold.hold_id, hold.proposed, hold.source) == (hold_id, True, 'heard at 00:14: "stop calling"')
    assert shop.book.findings(call_id) == (STOP, STOP)
    shop.book.end_call(call_id, ANSWERED)
    request = CallRequest(shop.account, shop.jordan, shop.jordan_phone, shop.dana, "practice")
    refused = shop.book.authorise(request, WEDNESDAY + timedelta(days=14))
    assert isinstance(refused, Refused)
    assert (refused.reasons[0].rule_id, refused.retry_at) == ("holds/cease", None)


def test_an_unclear_stop_word_proposes_nothing(shop: Shop) -> None:
    call_id = place(shop).call_id
    assert shop.book.add_finding(call_id, replace(STOP, verdict=Heard.INCONCLUSIVE), WEDNESDAY) is None
    assert shop.book.account(shop.account, WEDNESDAY).holds == ()


def test_gaps_are_filled_from_the_recording_before_the_call_is_judged(shop: Shop) -> None:
    call_id = place(shop).call_id
    gap = Gap(Leg.DEBTOR, 12.34, None)
    shop.book.record_gap(call_id, gap)
    assert shop.book.gaps() == ()  # the call is still up
    shop.book.end_call(call_id, ANSWERED)
    assert shop.book.gaps() == ((call_id, gap),)
    assert shop.book.calls_to_judge() == ()
    late = Utterance(Leg.DEBTOR, 13.0, 14.0, "friday", (), True, Source.RECORDING)
    shop.book.fill_gap(call_id, gap, [late], LATER)
    assert shop.book.gaps() == ()
    assert shop.book.utterances(call_id) == (late,)
    with pytest.raises(NotFound):
        shop.book.fill_gap(call_id, gap, [], LATER)
    assert shop.book.calls_to_judge() == (call_id,)
    shop.book.mark_judged(call_id)
    assert shop.book.calls_to_judge() == ()


# ---- wrap-up ----


def test_a_promise_is_drafted_from_the_talk_and_saved(shop: Shop) -> None:
    call_id = place(shop).call_id
    said = Utterance(
        Leg.DEBTOR, 180.0, 186.0, "i can pay five thousand on friday the twenty seventh", (), True
    )
    shop.book.add_utterance(call_id, said, WEDNESDAY)
    friday = date(2026, 11, 27)
    promise = Caught(CaughtKind.PROMISE, Leg.DEBTOR, 184.0, said.text, 0.91, 500_000, friday, "check")
    shop.book.add_caught(call_id, promise)
    shop.book.add_excuse(call_id, "never-got-the-invoice", 0.82, 151.0, "never got the invoice")
    shop.book.end_call(call_id, ANSWERED)
    assert shop.book.unwrapped_call(shop.dana) == (call_id, shop.account)
    draft = shop.book.draft_note(call_id, LATER)
    assert draft.promise == DraftPromise(Money(500_000, "USD"), friday, "check", "Jordan Reyes", 184.0, 0.91)
    saved = shop.book.wrap_up(WrapUp(call_id, shop.dana, "RPC_PROMISE", draft.text, draft.promise), LATER)
    assert saved.summary == "RPC_PROMISE saved, 5,000.00 USD due Fri 27 Nov"
    assert saved.next_eligible == datetime(2026, 11, 19, 15, tzinfo=UTC)
    assert shop.book.unwrapped_call(shop.dana) is None
    view = shop.book.account(shop.account, LATER)
    assert view.open_promise is not None
    assert (view.open_promise.amount.minor, view.open_promise.state) == (500_000, "open")
    kinds = {line.kind for line in view.history}
    assert kinds == {"note", "promise", "call", "invoice"}
    counts = shop.book.queue_counts(shop.dana, LATER)
    assert (counts.calls_today, counts.rpc_today, counts.promises_today) == (1, 1, 1)
    assert counts.promised_today == (Money(500_000, "USD"),)


def test_a_later_promise_takes_the_place_of_the_open_one(shop: Shop) -> None:
    promise = DraftPromise(Money(100_000, "USD"), date(2026, 11, 23), "card", "Jordan Reyes")
    shop.book.wrap_up(WrapUp(ended(shop), shop.dana, "RPC_PROMISE", "", promise), LATER)
    friday = WEDNESDAY + timedelta(days=2)
    call_id = place(shop, friday).call_id
    shop.book.end_call(call_id, replace(ANSWERED, at=friday))
    other = replace(promise, amount=Money(90_000, "USD"), due=date(2026, 11, 30))
    shop.book.wrap_up(WrapUp(call_id, shop.dana, "RPC_PROMISE", "", other), friday)
    view = shop.book.account(shop.account, friday)
    assert view.open_promise is not None
    assert view.open_promise.amount.minor == 90_000
    assert view.promises_total == 0  # the first is neither kept nor broken


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"disposition": "RPC_PROMISED"}, "no disposition"),
        ({"disposition": "UNDISPOSED"}, "no disposition"),
        ({"disposition": "RPC_PROMISE"}, "enter amount and date"),
        ({"disposition": "RPC_CALLBACK"}, "enter day and time"),
        ({"note": "  "}, "needs a note"),
        ({"callback_at": WEDNESDAY}, "the time is past"),
        ({"callback_at": WEDNESDAY + timedelta(days=91)}, "more than 90 days"),
        (
            {
                "disposition": "RPC_PROMISE",
                "promise": DraftPromise(Money(900_000, "USD"), date(2026, 11, 22), "check", ""),
            },
            "more than the balance 8,420.00 USD; .*Sunday.*; say who promised",
        ),
    ],
)
def test_what_cannot_be_saved_is_explained_and_leaves_nothing(
    shop: Shop, changes: dict[str, object], says: str
) -> None:
    call_id = ended(shop)
    with pytest.raises(InvalidEntry, match=says):
        shop.book.wrap_up(replace(wrap(shop, call_id), **changes), LATER)  # type: ignore[arg-type]  # real fields
    assert shop.book.unwrapped_call(shop.dana) == (call_id, shop.account)
    assert "note" not in {line.kind for line in shop.book.account(shop.account, LATER).history}


def test_a_call_is_wrapped_up_once_by_its_own_collector_after_its_end(shop: Shop) -> None:
    call_id = place(shop).call_id
    with pytest.raises(InvalidEntry, match="hang up first"):
        shop.book.wrap_up(wrap(shop, call_id), LATER)
    shop.book.end_call(call_id, ANSWERED)
    with pytest.raises(NotAllowed):
        shop.book.wrap_up(replace(wrap(shop, call_id), user_id=shop.sam), LATER)
    shop.book.wrap_up(wrap(shop, call_id), LATER)
    with pytest.raises(InvalidEntry, match="wrapped up already"):
        shop.book.wrap_up(wrap(shop, call_id), LATER)


def test_the_agents_word_adds_to_what_telephony_counted_and_never_frees_it(shop: Shop) -> None:
    call_id = ended(shop, NO_ANSWER)
    shop.book.wrap_up(wrap(shop, call_id, "BUSY", ""), LATER)
    assert shop.book.account(shop.account, LATER).attempts_used == 1


def test_a_talk_that_telephony_did_not_see_is_counted_and_marked(shop: Shop) -> None:
    call_id = ended(shop, BUSY)
    shop.book.wrap_up(wrap(shop, call_id, "RPC_REFUSED"), LATER)
    view = shop.book.account(shop.account, LATER)
    assert (view.attempts_used, view.last_talk) == (1, WEDNESDAY)
    with shop.book.database.read() as session:
        line = session.scalars(select(AuditEntry).where(AuditEntry.action == "wrapped up")).one()
    assert line.detail["differs"] == "telephony saw no conversation"


def test_a_wrong_number_is_never_offered_again(shop: Shop) -> None:
    shop.book.wrap_up(wrap(shop, ended(shop), "WRONG_NUMBER", ""), LATER)
    view = shop.book.account(shop.account, LATER)
    assert shop.jordan_phone not in {p.phone_id for p in view.phones}
    assert [h.kind for h in view.holds] == ["wrong number"]
    request = CallRequest(shop.account, shop.jordan, shop.jordan_phone, shop.dana, "practice")
    assert isinstance(shop.book.authorise(request, WEDNESDAY + timedelta(days=14)), Refused)


def test_a_callback_is_booked_and_a_talk_settles_it(shop: Shop) -> None:
    due = WEDNESDAY + timedelta(days=1)
    shop.book.wrap_up(replace(wrap(shop, ended(shop), "RPC_CALLBACK"), callback_at=due), LATER)
    assert shop.book.account(shop.account, LATER).callback_at == due
    assert shop.book.queue_counts(shop.dana, LATER).next_callback == due
    call_id = place(shop, due).call_id
    shop.book.end_call(call_id, replace(NO_ANSWER, at=due))
    shop.book.wrap_up(wrap(shop, call_id, "NO_ANSWER", ""), due)
    assert shop.book.account(shop.account, due).callback_at == due  # a vain call leaves it open
    friday = due + timedelta(days=1)
    call_id = place(shop, friday).call_id
    shop.book.end_call(call_id, replace(ANSWERED, at=friday))
    shop.book.wrap_up(wrap(shop, call_id), friday)
    assert shop.book.account(shop.account, friday).callback_at is None


def test_an_answered_call_nobody_described_counts_as_a_talk(shop: Shop) -> None:
    call_id = ended(shop, replace(ANSWERED, conversation=False))
    assert shop.book.close_undisposed(WEDNESDAY, LATER) == 0  # too fresh
    assert shop.book.close_undisposed(LATER, LATER) == 1
    assert shop.book.account(shop.account, LATER).last_talk == WEDNESDAY
    assert shop.book.unwrapped_call(shop.dana) is None
    with pytest.raises(InvalidEntry):
        shop.book.wrap_up(wrap(shop, call_id), LATER)


# ---- holds ----


def test_a_hold_is_confirmed_by_a_collector_and_lifted_by_a_supervisor(shop: Shop) -> None:
    call_id = place(shop).call_id
    hold_id = shop.book.add_finding(call_id, STOP, WEDNESDAY)
    assert hold_id is not None
    shop.book.end_call(call_id, ANSWERED)
    shop.book.wrap_up(replace(wrap(shop, call_id, "CEASE"), confirm_holds=(hold_id,)), LATER)
    (hold,) = shop.book.account(shop.account, LATER).holds
    assert (hold.hold_id, hold.proposed) == (hold_id, False)
    with pytest.raises(NotAllowed):
        shop.book.resolve_hold(hold_id, shop.dana, LATER, confirm=False, reason="he said so")
    with pytest.raises(InvalidEntry, match="reason"):
        shop.book.resolve_hold(hold_id, shop.morgan, LATER, confirm=False, reason=" ")
    shop.book.resolve_hold(hold_id, shop.morgan, LATER, confirm=False, reason="letter withdrawn")
    assert shop.book.account(shop.account, LATER).holds == ()
    with pytest.raises(NotFound):
        shop.book.resolve_hold(hold_id, shop.morgan, LATER, confirm=False, reason="again")


def test_a_bankruptcy_stops_every_contact_of_the_debtor_and_a_cease_only_the_one_who_spoke(
    shop: Shop,
) -> None:
    def callable_ids() -> set[int]:
        return {p.party_id for p in shop.book.account(shop.account, WEDNESDAY).phones if p.callable}

    everyone = callable_ids()
    assert len(everyone) == 2
    shop.book.place_hold(shop.account, shop.jordan, HoldKind.CEASE, shop.dana, WEDNESDAY)
    assert callable_ids() == everyone - {shop.jordan}
    shop.book.place_hold(shop.account, shop.jordan, HoldKind.BANKRUPTCY, shop.dana, WEDNESDAY)
    assert callable_ids() == set()
    with pytest.raises(InvalidEntry, match="number"):
        shop.book.place_hold(shop.account, shop.jordan, HoldKind.WRONG_NUMBER, shop.dana, WEDNESDAY)
