"""What stands about people and leave that is given, as the gate then sees it; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from compliance.contact import (
    Consent,
    ConsentScope,
    Designation,
    Flag,
    FlagKind,
    Medium,
    Notice,
    NoticeKind,
    Permitted,
    PersonRole,
    Refused,
)
from compliance.permit import mint
from tests.fixtures.book import WEDNESDAY, Shop, put_account
from workstation.desk.book import Authorised, CallEnd, CallRequest, InvalidEntry, NotAllowed, NotFound
from workstation.desk.money import Money
from workstation.desk.roles import Role
from workstation.desk.standing import RECONTACT_LASTS, Consequence, Heard, StandingKind, person_role
from workstation.desk.views import DraftPromise, WrapUp
from workstation.store.tables import Attempt, AuditEntry, Decision, OverrideRow

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def request(shop: Shop, user: int | None = None) -> CallRequest:
    return CallRequest(shop.account, shop.jordan, shop.jordan_phone, user or shop.dana, "practice")


def called_today(shop: Shop) -> datetime:
    """Make one unanswered call; returns a time of the same day at which the next is refused."""
    granted = shop.book.authorise(request(shop), WEDNESDAY)
    assert isinstance(granted, Authorised)
    shop.book.end_call(granted.call_id, CallEnd(WEDNESDAY + MINUTE, "no-answer", True, False, 0.0, {}))
    later = WEDNESDAY + timedelta(hours=1)
    assert isinstance(shop.book.authorise(request(shop), later), Refused)
    return later


def consumer(shop: Shop) -> tuple[int, int, int]:
    """An account of an agency's consumer; (account, person, phone)."""
    account_id = put_account(shop.book, "A-2", "Robin Castellano")
    from workstation.store.tables import Account, Contact, Party

    with shop.book.database.write() as session:
        account = session.get_one(Account, account_id)
        account.profile = "consumer-third-party"
        session.get_one(Party, account.party_id).kind = "natural"
        for contact in session.query(Contact).filter(Contact.account_id == account_id):
            contact.role = "self"
    phone = shop.book.account(account_id, WEDNESDAY).phones[0]
    shop.book.record_standing(
        account_id,
        phone.party_id,
        Notice(NoticeKind.VALIDATION, WEDNESDAY.date() - timedelta(days=60)),
        shop.dana,
        WEDNESDAY - timedelta(days=60),
        source="letter",
    )
    return account_id, phone.party_id, phone.phone_id


# ---- overrides ------------------------------------------------------------------------------------------


def test_an_override_lets_one_call_through_and_the_record_says_so(shop: Shop) -> None:
    later = called_today(shop)
    override_id = shop.book.ask_override(request(shop), "asked us to try again by noon", later)
    (waiting,) = shop.book.overrides(later)
    assert waiting.rules == ("policy/one-a-day", "policy/two-hours-apart")
    assert (waiting.asked_by, waiting.approved_by, waiting.valid_until) == ("Dana Tester", "", None)
    assert isinstance(shop.book.authorise(request(shop), later), Refused), "asking alone opens nothing"

    assert shop.book.approve_override(override_id, shop.morgan, later)
    granted = shop.book.authorise(request(shop), later + MINUTE)
    assert isinstance(granted, Authorised)
    mint(granted.verdict, granted.decision_id, granted.number).check(granted.number, later + MINUTE)
    with shop.book.database.read() as session:
        decision = session.get_one(Decision, granted.decision_id)
        assert decision.permitted
        assert decision.facts["override"] == override_id
        said = {c["rule"]: c["verdict"] for c in decision.checks}
        assert said["policy/one-a-day"] == "refuse", "what the rule said is kept"
        assert session.get_one(OverrideRow, override_id).decision_id == granted.decision_id
    shop.book.end_call(granted.call_id, CallEnd(later + 2 * MINUTE, "no-answer", True, False, 0.0, {}))
    assert isinstance(shop.book.authorise(request(shop), later + 4 * MINUTE), Refused), "one contact, once"
    assert shop.book.overrides(later + 4 * MINUTE) == ()
    assert shop.book.verify_audit().sound


def test_an_override_waits_a_quarter_of_an_hour_and_no_longer(shop: Shop) -> None:
    later = called_today(shop)
    override_id = shop.book.ask_override(request(shop), "asked us to try again", later)
    shop.book.approve_override(override_id, shop.morgan, later)
    assert isinstance(shop.book.authorise(request(shop), later + 15 * MINUTE), Refused)
    assert isinstance(shop.book.authorise(request(shop), later + 15 * MINUTE - MINUTE), Authorised)


def test_an_override_covers_the_rules_it_was_asked_for(shop: Shop) -> None:
    """A rule that began to refuse since (a stop word heard meanwhile) is not overridden."""
    from compliance.contact import HoldKind

    later = called_today(shop)
    override_id = shop.book.ask_override(request(shop), "asked us to try again", later)
    shop.book.approve_override(override_id, shop.morgan, later)
    shop.book.place_hold(shop.account, shop.jordan, HoldKind.VULNERABLE, shop.dana, later)
    assert isinstance(shop.book.authorise(request(shop), later + MINUTE), Refused)


def test_what_nobody_may_override_cannot_even_be_asked_for(shop: Shop) -> None:
    night = WEDNESDAY + 12 * HOUR
    with pytest.raises(InvalidEntry, match="nobody may override"):
        shop.book.ask_override(request(shop), "urgent", night)
    with pytest.raises(InvalidEntry, match="no override is needed"):
        shop.book.ask_override(request(shop), "urgent", WEDNESDAY)
    later = called_today(shop)
    with pytest.raises(InvalidEntry, match="needs a reason"):
        shop.book.ask_override(request(shop), "  ", later)


def test_who_may_approve(shop: Shop) -> None:
    later = called_today(shop)
    override_id = shop.book.ask_override(request(shop), "asked us to try again", later)
    with pytest.raises(NotAllowed):
        shop.book.approve_override(override_id, shop.sam, later)
    shop.book.decline_override(override_id, shop.morgan, later, "tomorrow is soon enough")
    with pytest.raises(NotFound):
        shop.book.approve_override(override_id, shop.morgan, later)
    assert isinstance(shop.book.authorise(request(shop), later), Refused)


def test_a_two_person_override_needs_two_people(shop: Shop) -> None:
    account, person, phone = consumer(shop)
    shop.book.record_standing(
        account,
        person,
        Flag(FlagKind.SERVICEMEMBER, WEDNESDAY - DAY),
        shop.dana,
        WEDNESDAY,
        source="call",
    )
    with shop.book.database.write() as session:
        from workstation.store.tables import Account

        session.get_one(Account, account).profile = "consumer-first-party"
    asked = CallRequest(account, person, phone, shop.dana, "practice")
    refused = shop.book.authorise(asked, WEDNESDAY)
    assert isinstance(refused, Refused)
    assert refused.two_person
    override_id = shop.book.ask_override(asked, "she asked for the call", WEDNESDAY)
    kei = shop.book.create_user("kei", "Kei Imai", Role.MANAGER, "correct horse", WEDNESDAY)
    assert not shop.book.approve_override(override_id, shop.morgan, WEDNESDAY)
    with pytest.raises(NotAllowed, match="second person"):
        shop.book.approve_override(override_id, shop.morgan, WEDNESDAY)
    assert isinstance(shop.book.authorise(asked, WEDNESDAY), Refused)
    assert shop.book.approve_override(override_id, kei, WEDNESDAY)
    (ready,) = shop.book.overrides(WEDNESDAY, account)
    assert ready.approved_by == "Morgan Tester, Kei Imai"
    assert isinstance(shop.book.authorise(asked, WEDNESDAY + MINUTE), Authorised)


# ---- consents and the like ------------------------------------------------------------------------------


def test_consent_to_be_called_again_reopens_the_seven_days_until_it_ends(shop: Shop) -> None:
    account, person, phone = consumer(shop)
    asked = CallRequest(account, person, phone, shop.dana, "practice")
    granted = shop.book.authorise(asked, WEDNESDAY)
    assert isinstance(granted, Authorised)
    end = CallEnd(WEDNESDAY + 5 * MINUTE, "answered", True, True, 200.0, {})
    shop.book.end_call(granted.call_id, end)
    friday = WEDNESDAY + 2 * DAY
    refused = shop.book.authorise(asked, friday)
    assert isinstance(refused, Refused)
    assert {c.rule_id for c in refused.reasons} == {"us/seven-after-talk"}

    given = Consent(ConsentScope.RECONTACT, WEDNESDAY + 4 * MINUTE, number=granted.number)
    consent = shop.book.record_standing(
        account, person, given, shop.dana, WEDNESDAY + 6 * MINUTE, source="call",
        heard=Heard(granted.call_id, 180.5, "yes you can call me on friday"),
    )  # fmt: skip
    (stands, _) = shop.book.standing(account)
    assert stands.kind is StandingKind.CONSENT
    assert isinstance(stands.fact, Consent)
    assert stands.fact.ends == given.given_at + RECONTACT_LASTS
    assert stands.heard == Heard(granted.call_id, 180.5, "yes you can call me on friday")

    facts = shop.book.contact_facts(account, person, friday, phone_id=phone, medium=Medium.CALL)
    assert facts.consents == (stands.fact,)
    verdict = shop.book.gate.decide(facts, friday)
    assert isinstance(verdict, Permitted), verdict.reasons
    shop.book.end_standing(consent, shop.dana, friday, "said on Friday morning not to call")
    facts = shop.book.contact_facts(account, person, friday + HOUR, phone_id=phone, medium=Medium.CALL)
    assert facts.consents[0].withdrawn_at == friday
    assert isinstance(shop.book.authorise(asked, friday + HOUR), Refused)


def test_an_inconvenient_time_closes_its_hours_until_it_is_taken_back(shop: Shop) -> None:
    account, person, phone = consumer(shop)
    asked = CallRequest(account, person, phone, shop.dana, "practice")
    afternoon = Designation(WEDNESDAY - DAY, frozenset({2}), time(12), time(17))
    told = shop.book.record_standing(account, person, afternoon, shop.dana, WEDNESDAY, source="call")
    refused = shop.book.authorise(asked, WEDNESDAY)
    assert isinstance(refused, Refused)
    with pytest.raises(NotAllowed):
        shop.book.end_standing(told, shop.dana, WEDNESDAY, "I want to call")
    shop.book.end_standing(told, shop.morgan, WEDNESDAY, "he said afternoons are fine now")
    assert isinstance(shop.book.authorise(asked, WEDNESDAY + MINUTE), Authorised)


@pytest.mark.parametrize(
    ("fact", "complaint"),
    [
        (Consent(ConsentScope.RECONTACT, WEDNESDAY + DAY), "future"),
        (Consent(ConsentScope.WORK, WEDNESDAY, ends=WEDNESDAY - DAY), "must end after"),
        (Designation(WEDNESDAY), "place a hold instead"),
        (Designation(WEDNESDAY, frozenset({9}), time(9)), "days from Monday"),
        (Notice(NoticeKind.VALIDATION, date(2026, 11, 2), date(2026, 11, 1)), "before it was sent"),
    ],
)
def test_what_makes_no_sense_is_not_recorded(
    shop: Shop, fact: Consent | Designation | Notice, complaint: str
) -> None:
    with pytest.raises(InvalidEntry, match=complaint):
        shop.book.record_standing(shop.account, shop.jordan, fact, shop.dana, WEDNESDAY, source="call")
    assert shop.book.standing(shop.account) == ()


def test_a_strangers_fact_is_refused(shop: Shop) -> None:
    with pytest.raises(NotFound, match="not a contact"):
        shop.book.record_standing(
            shop.account, 9999, Flag(FlagKind.MINOR, WEDNESDAY), shop.dana, WEDNESDAY, source="call"
        )


def test_facts_of_a_debt_reach_the_gate(shop: Shop) -> None:
    shop.book.set_debt_facts(
        shop.account, shop.morgan, WEDNESDAY, medical=True, time_barred_from=date(2026, 1, 1)
    )
    facts = shop.book.contact_facts(
        shop.account, shop.jordan, WEDNESDAY, phone_id=shop.jordan_phone, medium=Medium.CALL
    )
    (debt,) = facts.debts
    assert debt.medical
    assert debt.time_barred_from == date(2026, 1, 1)
    assert debt.past_due_since == WEDNESDAY.date() - timedelta(days=40)
    assert facts.person_role is PersonRole.BUSINESS_CONTACT
    with pytest.raises(InvalidEntry, match="none of"):
        shop.book.set_debt_facts(shop.account, shop.morgan, WEDNESDAY, label="x")
    with pytest.raises(NotAllowed):
        shop.book.set_debt_facts(shop.account, shop.dana, WEDNESDAY, medical=False)


def test_a_limited_content_message_is_kept_as_such(shop: Shop) -> None:
    granted = shop.book.authorise(request(shop), WEDNESDAY)
    assert isinstance(granted, Authorised)
    shop.book.end_call(granted.call_id, CallEnd(WEDNESDAY + MINUTE, "answered", True, False, 20.0, {}))
    shop.book.wrap_up(WrapUp(granted.call_id, shop.dana, "LCM_LEFT", ""), WEDNESDAY + 2 * MINUTE)
    with shop.book.database.read() as session:
        assert [a.message for a in session.query(Attempt)] == ["limited-content"]


@pytest.mark.parametrize(
    ("said", "debtor", "business", "role"),
    [
        ("", True, True, PersonRole.DEBTOR),
        ("accounts payable", False, True, PersonRole.BUSINESS_CONTACT),
        ("Spouse", False, False, PersonRole.SPOUSE),
        ("lawyer", False, True, PersonRole.ATTORNEY),
        ("neighbour", False, False, PersonRole.THIRD_PARTY),
        ("self", False, False, PersonRole.DEBTOR),
    ],
)
def test_who_a_contact_is_to_the_debt(said: str, debtor: bool, business: bool, role: PersonRole) -> None:
    assert person_role(said, is_debtor=debtor, business=business) is role


# ---- consequence authorities ----------------------------------------------------------------------------


def test_a_consequence_may_be_named_only_with_two_peoples_leave_and_while_it_lasts(shop: Shop) -> None:
    kei = shop.book.create_user("kei", "Kei Imai", Role.MANAGER, "correct horse", WEDNESDAY)
    until = WEDNESDAY + timedelta(days=30)
    with pytest.raises(NotAllowed):
        shop.book.ask_authority(
            shop.account, Consequence.LAWSUIT, "contract clause 9", until, shop.dana, WEDNESDAY
        )
    with pytest.raises(InvalidEntry, match="legal basis"):
        shop.book.ask_authority(shop.account, Consequence.LAWSUIT, " ", until, kei, WEDNESDAY)
    asked = shop.book.ask_authority(
        shop.account, Consequence.LAWSUIT, "contract clause 9", until, kei, WEDNESDAY, target="Northgate LLP"
    )
    assert not shop.book.authorities(shop.account)[0].stands(WEDNESDAY)
    with pytest.raises(NotAllowed, match="second person"):
        shop.book.approve_authority(asked, kei, WEDNESDAY)
    ines = shop.book.create_user("ines", "Ines Osei", Role.COMPLIANCE, "correct horse", WEDNESDAY)
    shop.book.approve_authority(asked, ines, WEDNESDAY)
    (view,) = shop.book.authorities(shop.account)
    assert view.stands(WEDNESDAY)
    assert not view.stands(until)

    granted = shop.book.authorise(request(shop), WEDNESDAY + MINUTE)
    assert isinstance(granted, Authorised)
    assert granted.authorities == {"lawsuit"}
    assert shop.book.call(granted.call_id).authorities == {"lawsuit"}
    shop.book.revoke_authority(asked, kei, WEDNESDAY + HOUR, "they paid half")
    assert not shop.book.authorities(shop.account)[0].stands(WEDNESDAY + HOUR)
    facts = shop.book.contact_facts(
        shop.account, shop.jordan, WEDNESDAY + HOUR, phone_id=shop.jordan_phone, medium=Medium.CALL
    )
    assert facts.authorities == ()
    assert shop.book.verify_audit().sound


def test_everything_is_in_the_audit_log(shop: Shop) -> None:
    later = called_today(shop)
    override_id = shop.book.ask_override(request(shop), "asked us to try again", later)
    shop.book.approve_override(override_id, shop.morgan, later)
    fact = Consent(ConsentScope.MEDIUM, later, medium=Medium.TEXT)
    shop.book.record_standing(shop.account, shop.jordan, fact, shop.dana, later, source="call")
    with shop.book.database.read() as session:
        actions = [e.action for e in session.query(AuditEntry)]
    assert {"override asked for", "override approved", "consent recorded"} <= set(actions)
    assert replace(fact, debt_ids=frozenset({1})) in [s.fact for s in shop.book.standing(shop.account)]


def test_a_promise_reminder_in_the_seven_days_is_a_mail_or_an_agreed_call(shop: Shop) -> None:
    """Promised on Wednesday for Friday: the day before lies in the wait, unless they agreed to be called."""
    account, person, phone = consumer(shop)
    with shop.book.database.write() as session:
        from workstation.store.tables import Party

        session.get_one(Party, person).email = "robin@castellano.example"
    asked = CallRequest(account, person, phone, shop.dana, "practice")
    said = {}
    for agreed, week in ((False, 0), (True, 2)):
        now = WEDNESDAY + timedelta(weeks=week)
        granted = shop.book.authorise(asked, now)
        assert isinstance(granted, Authorised)
        shop.book.end_call(granted.call_id, CallEnd(now + 5 * MINUTE, "answered", True, True, 200.0, {}))
        if agreed:
            given = Consent(ConsentScope.RECONTACT, now + 6 * MINUTE)
            shop.book.record_standing(account, person, given, shop.dana, now + 6 * MINUTE, source="call")
        due = now.date() + timedelta(days=2)
        promise = DraftPromise(Money(5_000, "USD"), due, "card", "Robin Castellano", 30.0, 0.9)
        wrap = WrapUp(granted.call_id, shop.dana, "RPC_PROMISE", "Pays on Friday.", promise=promise)
        said[agreed] = shop.book.wrap_up(wrap, now + 7 * MINUTE).reminder
    assert said[False].startswith(
        "remind Thu 19 Nov by e-mail, no call: talked Wed 18 Nov: 7 days are not over"
    )
    assert "consent to be called again would allow one" in said[False]
    assert said[True] == "remind Thu 3 Dec by call, as agreed"
