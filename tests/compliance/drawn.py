"""Facts for tests of the gate: a plain contact to change, and drawn ones with all that may hang on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from compliance.contact import (
    CollectionPurpose,
    Consent,
    ConsentScope,
    ContactFacts,
    DebtFacts,
    Designation,
    Flag,
    FlagKind,
    Medium,
    Message,
    Notice,
    NoticeKind,
    NumberKind,
    PastAttempt,
    PastConversation,
    PersonContact,
    PersonRole,
)
from compliance.rulebook import Rulebook

BOOK = Rulebook.load()
CHICAGO = ZoneInfo("America/Chicago")
NOON = datetime(2026, 11, 18, 12, tzinfo=CHICAGO)


def facts(**changes: object) -> ContactFacts:
    base = ContactFacts(
        profile="consumer-third-party",
        medium=Medium.CALL,
        person_id=1,
        debt_ids=frozenset({1}),
        country="US",
        number="+13125550151",
        number_kind=NumberKind.HOME,
        zones=("America/Chicago",),
        jurisdictions=("US-IL",),
    )
    return replace(base, **changes)  # type: ignore[arg-type]  # keyword fields of the dataclass


def attempt(at: datetime, **changes: object) -> PastAttempt:
    base = PastAttempt(at, Medium.CALL, frozenset({1}), "+13125550151", connected=True)
    return replace(base, **changes)  # type: ignore[arg-type]  # as above


WINTER = datetime(2026, 1, 12, tzinfo=UTC)
"""Seven weeks from here have no clock change and, but for two Mondays, no holiday."""
DAYS = 20
BEFORE = WINTER - timedelta(days=20)
"""Consents, told times and what the person began lie before every instant asked about: they hold already."""

ZONES = ["America/New_York", "America/Chicago", "America/Phoenix", "America/Los_Angeles", "America/Anchorage"]
PLACES = [
    ("US-IL",),
    ("US-MA",),
    ("US-WA", "US-IL"),
    ("US-DC",),
    ("US-NY-NYC",),
    ("US-NV", "US-CA"),
    ("US-WV",),
    (),
]
PROFILES = ["b2b-first-party", "consumer-first-party", "consumer-third-party"]
NUMBERS = ["+13125550151", "+13125550152", None]

instants = st.integers(0, DAYS * 24 * 60).map(lambda minutes: WINTER + timedelta(minutes=minutes))
earlier = st.integers(0, DAYS * 24 * 60).map(lambda minutes: BEFORE + timedelta(minutes=minutes))
ends = st.none() | instants
debts = st.frozensets(st.integers(1, 3), max_size=2)
attempts = st.builds(
    PastAttempt,
    at=instants,
    medium=st.sampled_from([Medium.CALL, Medium.TEXT, Medium.EMAIL]),
    debt_ids=debts,
    number=st.sampled_from(NUMBERS),
    connected=st.booleans(),
    exempt=st.booleans(),
    number_kind=st.sampled_from([None, NumberKind.HOME, NumberKind.WORK]),
    message=st.sampled_from(list(Message)),
    person_id=st.sampled_from([None, None, 1, 2]),
    collector=st.sampled_from(["", "", "Other Ltd"]),
)
conversations = st.builds(
    PastConversation,
    at=instants,
    debt_ids=debts,
    inbound=st.booleans(),
    purpose=st.sampled_from([CollectionPurpose.COLLECT, CollectionPurpose.LOCATION]),
)
consents = st.builds(
    Consent,
    scope=st.sampled_from(
        [ConsentScope.RECONTACT, ConsentScope.RECONTACT, ConsentScope.TIME, ConsentScope.MEDIUM]
    ),
    given_at=st.sampled_from([WINTER, WINTER - timedelta(days=3), WINTER - timedelta(days=9)]),
    ends=ends,
    withdrawn_at=ends,
    debt_ids=debts,
    number=st.sampled_from(NUMBERS),
    direct=st.booleans(),
)
designations = st.builds(
    Designation,
    since=earlier,
    weekdays=st.frozensets(st.integers(0, 6), min_size=1, max_size=3),
    begins=st.sampled_from([time(0), time(9), time(13, 30), time(18)]),
    ends=st.sampled_from([None, time(9), time(15), time(20)]),
    until=ends,
)
notices = st.builds(
    Notice,
    kind=st.sampled_from([NoticeKind.MEDICAL, NoticeKind.EMAIL_HANDOVER]),
    sent_on=earlier.map(datetime.date) | st.just((WINTER - timedelta(days=58)).date()),
    debt_ids=debts,
)
debt_facts = st.builds(
    DebtFacts,
    debt_id=st.integers(1, 3),
    past_due_since=st.none() | earlier.map(datetime.date),
    natural_person=st.booleans(),
    medical=st.booleans(),
    loan_account=st.sampled_from(["", "", "L-1"]),
)
situations = st.builds(
    facts,
    profile=st.sampled_from(PROFILES),
    medium=st.sampled_from([Medium.CALL, Medium.CALL, Medium.TEXT, Medium.EMAIL]),
    debt_ids=debts,
    number_kind=st.sampled_from([NumberKind.HOME, NumberKind.WORK, NumberKind.MOBILE]),
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True).map(tuple),
    jurisdictions=st.sampled_from(PLACES),
    attempts=st.lists(attempts, max_size=14).map(tuple),
    conversations=st.lists(conversations, max_size=3).map(tuple),
    consents=st.lists(consents, max_size=3).map(tuple),
    designations=st.lists(designations, max_size=2).map(tuple),
    person_contacts=st.lists(
        st.builds(PersonContact, at=st.just(WINTER), medium=st.sampled_from([Medium.CALL, Medium.TEXT])),
        max_size=1,
    ).map(tuple),
    notices=st.lists(notices, max_size=2).map(tuple),
    debts=st.lists(debt_facts, max_size=2, unique_by=lambda debt: debt.debt_id).map(tuple),
    flags=st.lists(
        st.builds(Flag, kind=st.sampled_from([FlagKind.MINOR]), since=earlier, until=instants), max_size=1
    ).map(tuple),
    purpose=st.sampled_from([CollectionPurpose.COLLECT, CollectionPurpose.RESPOND]),
    person_role=st.sampled_from(
        [PersonRole.DEBTOR, PersonRole.DEBTOR, PersonRole.SPOUSE, PersonRole.ATTORNEY]
    ),
    number_confirmed_at=st.none() | earlier,
)
