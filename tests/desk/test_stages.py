"""The stage machine: evidence moves an invoice, reasons let it pass, nothing skips."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.desk.money import Money
from workstation.desk.segment import Behaviour, Relationship, Segment, Size
from workstation.desk.stage import FINAL, PAID, PLACED, WRITTEN_OFF
from workstation.desk.stages import (
    NEEDED,
    EntryCheck,
    EventKind,
    Evidence,
    InvoiceCase,
    Timing,
    Waiver,
    account_stage,
    advance,
    end,
    prove,
    read_aloud,
    waive,
)
from workstation.desk.stages_evidence import take_message, take_talk
from workstation.desk.stages_plan import AccountCase, Plan, plan
from workstation.desk.treatment import Channel, Strategy, strategies

TODAY = date(2026, 3, 2)
TIMING = Timing(inquire=1, press=15, final=45)
GREEN = (EntryCheck("all", met=True, detail="fine"),)


def case(**changes: object) -> InvoiceCase:
    fresh = InvoiceCase(
        1, "C-10", TODAY - timedelta(days=2), TODAY + timedelta(days=28), Money(120_000, "USD"), 120_000
    )
    return replace(fresh, **changes)  # type: ignore[arg-type]  # the tests name real fields


def run(invoice: InvoiceCase, on: date = TODAY, **more: object) -> tuple[InvoiceCase, list[EventKind]]:
    moved, events = advance(invoice, as_of=on, parked_by="", timing=TIMING, **more)  # type: ignore[arg-type]
    return moved, [e.kind for e in events]


def test_an_invoice_walks_all_six_stages_on_evidence() -> None:
    invoice, told = run(case())
    assert (invoice.stage, told) == (1, [EventKind.ENTERED])
    invoice, _ = prove(invoice, Evidence.SENT, TODAY, "", "by e-mail")
    invoice, _ = run(invoice)
    assert invoice.stage == 2
    invoice, _ = prove(invoice, Evidence.DELIVERED, TODAY, "Jordan Reyes")
    invoice, _ = run(invoice)
    assert invoice.stage == 3
    invoice, _ = prove(invoice, Evidence.REMINDED, invoice.due - timedelta(days=5), "")
    assert run(invoice, invoice.due)[0].stage == 3, "on the due date nothing is late"
    invoice, _ = run(invoice, invoice.due + timedelta(days=1))
    assert invoice.stage == 4
    invoice, _ = prove(invoice, Evidence.TALKED, invoice.due + timedelta(days=3), "")
    assert run(invoice, invoice.due + timedelta(days=14))[0].stage == 4
    invoice, _ = run(invoice, invoice.due + timedelta(days=15))
    assert invoice.stage == 5
    invoice, _ = prove(invoice, Evidence.PRESSED, invoice.due + timedelta(days=20), "")
    late = invoice.due + timedelta(days=45)
    red = (EntryCheck("talk", met=False, detail="no talk"),)
    assert run(invoice, late, final_checks=red)[0].stage == 5
    invoice, _ = run(invoice, late, final_checks=GREEN)
    assert invoice.stage == FINAL


def test_a_talk_before_the_stage_does_not_count_for_it() -> None:
    invoice = case(
        stage=4, since=TODAY, due=TODAY - timedelta(days=30), facts={Evidence.TALKED: date(2026, 2, 1)}
    )
    assert run(invoice)[0].stage == 4


def test_nothing_is_skipped_without_a_written_reason() -> None:
    with pytest.raises(ValueError, match="written reason"):
        run(case(due=TODAY - timedelta(days=9)), enter_at=4)
    standing = case(stage=2, since=TODAY)
    with pytest.raises(ValueError, match="written reason"):
        waive(standing, "  ", "Morgan", TODAY)
    waived, event = waive(standing, "they use our portal", "Morgan", TODAY)
    assert "they use our portal" in event.text
    assert run(waived)[0].stage == 3


def test_a_strategy_waiver_is_told_with_its_reason() -> None:
    waiver = Waiver(Evidence.DELIVERED, 10, "nobody said it had not arrived", needs_sent=True)
    standing = case(stage=2, since=TODAY, facts={Evidence.SENT: TODAY})
    assert run(standing, TODAY + timedelta(days=9), waivers=(waiver,))[0].stage == 2
    moved, told = run(standing, TODAY + timedelta(days=10), waivers=(waiver,))
    assert (moved.stage, told) == (3, [EventKind.WAIVED, EventKind.ENTERED])
    unsent = replace(standing, facts={})
    assert run(unsent, TODAY + timedelta(days=10), waivers=(waiver,))[0].stage == 2


def test_a_dispute_or_a_promise_parks_and_the_rest_resumes() -> None:
    invoice = case(
        stage=4, since=TODAY - timedelta(days=9), due=TODAY - timedelta(days=20), disputed_minor=500
    )
    invoice = replace(invoice, facts={Evidence.TALKED: TODAY})
    parked, told = run(invoice)
    assert told == [EventKind.PARKED]
    assert parked.stage == 4
    assert run(parked)[1] == [], "the same day again: nothing"
    free, told = run(replace(parked, disputed_minor=0))
    assert told == [EventKind.RESUMED, EventKind.ENTERED]
    assert free.stage == 5
    promised, _ = advance(free, as_of=TODAY, parked_by="Ines promised 10.00 USD", timing=TIMING)
    assert promised.parked.startswith("Ines")


def test_payment_ends_it_and_an_ending_is_final() -> None:
    paid, told = run(case(stage=5, since=TODAY, open_minor=0))
    assert (paid.stage, told) == (PAID, [EventKind.ENDED])
    assert run(paid) == (paid, [])
    assert run(case(stage=5, since=TODAY, open_minor=0, written_off=True))[0].stage == WRITTEN_OFF
    with pytest.raises(ValueError, match="final notice first"):
        end(case(stage=5, since=TODAY), PLACED, "no answer", "Kei", TODAY)
    with pytest.raises(ValueError, match="say why"):
        end(case(stage=FINAL, since=TODAY), PLACED, "", "Kei", TODAY)
    placed, event = end(case(stage=FINAL, since=TODAY), PLACED, "the deadline lapsed", "Kei", TODAY)
    assert placed.ended
    assert "the deadline lapsed" in event.text


def test_what_came_back_proves_nothing() -> None:
    standing = case(stage=1, since=TODAY)
    sent, events = take_message(standing, 1, "email", TODAY, "sent", TODAY)
    assert sent.has(Evidence.SENT)
    assert "e-mail of 2 March 2026" in events[0].text
    back, events = take_message(sent, 1, "email", TODAY, "bounced", TODAY + timedelta(days=1))
    assert not back.has(Evidence.SENT)
    assert "came back" in events[0].text
    talked, _ = take_talk(case(stage=2, since=TODAY), TODAY)
    assert not talked.facts, "a talk alone does not prove that the invoice arrived"


def test_the_history_reads_aloud() -> None:
    moved, events = advance(case(), as_of=TODAY, parked_by="", timing=TIMING)
    _, sent = prove(moved, Evidence.SENT, TODAY, "", "by e-mail")
    assert sent is not None
    assert read_aloud([*events, sent]) == (
        "On 2 March 2026: Invoice C-10 of 1,200.00 USD, due 30 March 2026, entered stage 1, notify.",
        "The same day: Invoice C-10 was sent, by e-mail.",
    )


def test_accounts_roll_up_to_the_furthest_that_runs() -> None:
    assert account_stage([case(stage=2), case(stage=4), case(stage=PAID)]) == 4
    assert account_stage([case(stage=PAID)]) == PAID
    assert account_stage([]) == 1


days = st.integers(-60, 120).map(lambda n: TODAY + timedelta(days=n))
facts = st.dictionaries(st.sampled_from(list(Evidence)), days)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 6), facts, days, days, st.integers(0, 2), st.sampled_from(["", "a promise"]),
    st.lists(st.builds(Waiver, st.sampled_from(list(Evidence)), st.integers(0, 20), st.just("why not"))),
)  # fmt: skip
def test_no_stage_is_left_without_evidence_or_a_told_waiver(
    stage: int,
    known: dict[Evidence, date],
    due: date,
    on: date,
    disputed: int,
    parked: str,
    waivers: list[Waiver],
) -> None:
    before = case(stage=stage, since=TODAY if stage else None, facts=known, due=due, disputed_minor=disputed)
    after, events = advance(
        before, as_of=on, parked_by=parked, timing=TIMING, waivers=waivers, final_checks=GREEN
    )
    if after.parked and before.stage:
        assert after.stage == before.stage
    told = {e.evidence for e in events if e.kind is EventKind.WAIVED}
    for left in range(max(1, before.stage), after.stage):
        assert NEEDED[left] in known or NEEDED[left].value in told
    entered = [e.stage for e in events if e.kind is EventKind.ENTERED]
    assert entered == list(range(before.stage + 1, after.stage + 1)), "one stage at a time"
    assert advance(after, as_of=on, parked_by=parked, timing=TIMING, waivers=waivers, final_checks=GREEN) == (
        after,
        [],
    )


# ---- one account's run ------------------------------------------------------------------------------

SEGMENT = Segment(Size.SMALL, Behaviour.UNKNOWN, Relationship.NEW, ("small: 1,200.00 USD open",), None, None)


def standard() -> Strategy:
    return next(s for s in strategies() if s.id == "standard")


def account(*invoices: InvoiceCase, **changes: object) -> AccountCase:
    made = AccountCase(
        7, "A-7", "Harlow", "b2b-first-party", "USD", SEGMENT, invoices, has_email=True, has_phone=True
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # the tests name real fields


def planned(a: AccountCase, on: date = TODAY) -> Plan:
    return plan(a, standard(), on)


def test_a_new_invoice_is_sent_first() -> None:
    found = planned(account(case()))
    assert found.action is not None
    assert (found.action.channel, found.action.step, found.action.form) == (
        Channel.EMAIL,
        "send-invoice",
        False,
    )
    assert found.stage == 1


def test_without_an_address_the_next_channel_is_taken_and_said() -> None:
    found = planned(account(case(), has_email=False))
    assert found.action is not None
    assert found.action.channel is Channel.LETTER
    assert "no e-mail address" in found.action.reason
    nothing = planned(account(case(), has_email=False, has_address=False))
    assert nothing.action is None
    assert "no postal address" in nothing.reasons[0]


def pressing(**changes: object) -> AccountCase:
    late = case(stage=5, since=TODAY - timedelta(days=8), due=TODAY - timedelta(days=30))
    return account(late, done={(1, "press-call"): TODAY - timedelta(days=4)}, **changes)


def test_never_two_form_letters_without_a_talk_between() -> None:
    first = planned(pressing())
    assert first.action is not None
    assert first.action.form
    second = planned(pressing(forms_since_talk=1))
    assert second.action is not None
    assert second.action.channel is Channel.CALL
    assert "a person calls first" in second.action.reason
    assert planned(pressing(forms_since_talk=1, has_phone=False)).action is None


def test_caps_hold_over_all_channels() -> None:
    near = planned(pressing(contacts=(TODAY - timedelta(days=2),)))
    assert near.action is None
    assert "nothing before 3 March 2026" in near.reasons[0]
    often = planned(pressing(contacts=(TODAY - timedelta(days=6), TODAY - timedelta(days=4))))
    assert often.action is None
    assert "2 of 2 contacts this week" in often.reasons[0]
    assert (
        planned(pressing(contacts=(TODAY - timedelta(days=7), TODAY - timedelta(days=4)))).action is not None
    )


def test_one_contact_covers_every_invoice_of_the_step() -> None:
    a = account(case(), case(invoice_id=2, number="C-11"), case(invoice_id=3, stage=2, since=TODAY))
    found = planned(a)
    assert found.action is not None
    assert found.action.invoice_ids == (1, 2)


def test_an_open_call_is_not_asked_for_twice() -> None:
    late = case(stage=4, since=TODAY - timedelta(days=3), due=TODAY - timedelta(days=5))
    assert planned(account(late)).action is not None
    waiting = planned(account(late, open_call="ask"))
    assert waiting.action is None
    assert "still to be made" in waiting.reasons[0]


def test_a_promise_rests_the_account() -> None:
    found = planned(account(case(), parked_by="Ines promised 5.00 USD by 4 March 2026"))
    assert found.action is None
    assert found.reasons[0].startswith("rests: Ines promised")


def test_a_taken_over_account_goes_on_where_it_stood() -> None:
    late = case(due=TODAY - timedelta(days=40))
    found = planned(account(late, case(invoice_id=2), stage_before=4, stage_evidence="promise not kept"))
    assert [c.stage for c in found.invoices] == [4, 1]
    assert "promise not kept" in found.events[0].text
    assert {e.evidence for e in found.events if e.kind is EventKind.WAIVED} == {"sent", "reminded"}


def test_the_final_notice_says_what_is_missing() -> None:
    ready = case(
        stage=5,
        since=TODAY - timedelta(days=9),
        due=TODAY - timedelta(days=60),
        facts={Evidence.PRESSED: TODAY, Evidence.SENT: TODAY, Evidence.REMINDED: TODAY},
    )
    held = planned(account(ready, talked_on=TODAY))
    assert held.invoices[0].stage == 5
    assert any("arrival was never confirmed" in r for r in held.reasons)
    proven = replace(ready, facts={**ready.facts, Evidence.DELIVERED: TODAY})
    assert planned(account(proven, talked_on=TODAY)).invoices[0].stage == FINAL
    assert planned(account(proven)).invoices[0].stage == 5, "nobody was spoken to"
    assert planned(account(proven, attempts=3, attempted_numbers=2)).invoices[0].stage == FINAL
