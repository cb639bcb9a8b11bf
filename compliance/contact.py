"""Facts about an intended contact, and the verdict the gate gives on them.

These types are the contract between the gate (pure), the book (which supplies the facts and keeps the
decision) and the screens (which show it). Nothing here does I/O or asks for the time.

Vocabulary (12 CFR 1006.2): an *attempt* is any act to start contact, answered or not; a *conversation* is
live two-way talk about the debt; a *debt* is one obligation and an account may hold several.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum


class Level(StrEnum):
    """How strictly a profile holds a rule."""

    BLOCK = "block"
    """No contact, and nobody at the desk can change that."""
    SUPERVISOR = "supervisor"
    """No contact, unless a supervisor overrides it with a reason."""
    WARN = "warn"
    """Contact may go ahead; the screen says what the rule found."""
    OFF = "off"


class Medium(StrEnum):
    """How a person is contacted."""

    CALL = "call"
    TEXT = "text"
    EMAIL = "email"
    LETTER = "letter"


class NumberKind(StrEnum):
    """What a phone number is for; unknown is treated like home."""

    OFFICE = "office"
    """A business's own line: the usual number of a business debtor."""
    WORK = "work"
    """A natural person's place of employment."""
    HOME = "home"
    MOBILE = "mobile"
    UNKNOWN = "unknown"


class PersonRole(StrEnum):
    """Who the person is to the debt. Up to ``successor`` they count as the consumer (12 CFR 1006.6(a))."""

    DEBTOR = "debtor"
    SPOUSE = "spouse"
    PARENT = "parent"
    """Of a debtor who is a minor."""
    GUARDIAN = "guardian"
    PERSONAL_REPRESENTATIVE = "personal-representative"
    """Executor or administrator of the estate."""
    SUCCESSOR = "successor"
    """Confirmed successor in interest."""
    GUARANTOR = "guarantor"
    BUSINESS_CONTACT = "business-contact"
    """Acts for a business that owes."""
    ATTORNEY = "attorney"
    """The consumer's."""
    CREDITOR = "creditor"
    CREDITOR_ATTORNEY = "creditor-attorney"
    COLLECTOR_ATTORNEY = "collector-attorney"
    BUREAU = "bureau"
    """A consumer reporting agency."""
    EMPLOYER = "employer"
    THIRD_PARTY = "third-party"
    """Anybody else: parents of an adult, friends, neighbours."""


class CollectionPurpose(StrEnum):
    """What the contact is for."""

    COLLECT = "collect"
    LOCATION = "location"
    """To learn where the consumer can be reached (12 CFR 1006.10): never to the consumer."""
    RESPOND = "respond-to-request"
    """Answers what the person asked or began."""
    NOTICE = "required-notice"
    """A notice the law asks for, or one of the three that 12 CFR 1006.6(c)(2) allows after a cease."""


class HoldKind(StrEnum):
    """Why contact must stop. The order is the gate's order (domain rules, section 2.4)."""

    BANKRUPTCY = "bankruptcy"
    DISPUTE = "dispute"
    CEASE = "cease"
    ATTORNEY = "attorney"
    DECEASED = "deceased"
    VULNERABLE = "vulnerable"
    OPT_OUT = "opt-out"
    """The person refused one medium, or one number."""
    WRONG_NUMBER = "wrong-number"
    WORK_FORBIDDEN = "work-forbidden"
    PLACED = "placed"
    """The account is with an agency or a law firm: they alone collect it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A stop on contact. A proposed hold (heard, not yet decided by a person) blocks like a confirmed one."""

    kind: HoldKind
    since: datetime
    until: datetime | None = None
    """None means until somebody lifts it."""
    debt_id: int | None = None
    """None means every debt of the person."""
    number: str | None = None
    """E.164; None means every number."""
    medium: Medium | None = None
    """None means every medium."""
    proposed: bool = False


class FlagKind(StrEnum):
    """What is known of the person that stops contact without anybody having asked for it."""

    MINOR = "minor"
    SERVICEMEMBER = "servicemember"
    """Active duty under the Servicemembers Civil Relief Act: legal decides how to go on."""
    BREATHING_SPACE = "breathing-space"
    """The moratorium of the United Kingdom's Debt Respite Scheme."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A fact about the person, and until when it holds; None: until somebody clears it."""

    kind: FlagKind
    since: datetime
    until: datetime | None = None


class Message(StrEnum):
    """What was left on an answering machine."""

    NONE = "none"
    LIMITED_CONTENT = "limited-content"
    """12 CFR 1006.2(j): an attempt, and not a communication."""
    FULL = "full"
    """Says that a debt collector called: a communication, and not a conversation."""


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """One earlier attempt to reach this person, as telephony evidence has it."""

    at: datetime
    medium: Medium
    debt_ids: frozenset[int]
    number: str | None
    connected: bool
    """Whether the attempt counts (12 CFR 1006.14(b)(3)(ii)); a slot reserved and not yet settled counts."""
    exempt: bool = False
    """True where 12 CFR 1006.14(b)(3) excludes it for a reason kept with the call (law required it, say).

    Consent days and the consumer's attorney need no mark: the gate finds them in consents and roles.
    """
    exemption: str = ""
    """The reason as recorded; for people to read."""
    number_kind: NumberKind | None = None
    """None: not kept; it counts as every kind."""
    message: Message = Message.NONE
    person_id: int | None = None
    """Whom it was for; None: the person of the facts. Others are of the same household (debtor, spouse)."""
    collector: str = ""
    """The legal entity that called; limits count by collector."""


@dataclass(frozen=True, slots=True)
class PastConversation:
    """A live talk about these debts; who called whom does not matter to the wait after it."""

    at: datetime
    debt_ids: frozenset[int]
    inbound: bool = False
    """The person called us."""
    purpose: CollectionPurpose = CollectionPurpose.COLLECT
    reopened: bool = False
    """After a location call: they asked to be called again, or what they said proved wrong or incomplete."""
    collector: str = ""


@dataclass(frozen=True, slots=True)
class PersonContact:
    """The person began a contact: one reply in the same medium may follow (comment 6(b)(1)-2)."""

    at: datetime
    medium: Medium


class ConsentScope(StrEnum):
    """What the person agreed to."""

    RECONTACT = "recontact"
    """Calls beyond the limits on how often (12 CFR 1006.14(b)(3)(i)): at most seven days."""
    TIME = "time"
    """Contact at times that are otherwise inconvenient."""
    WORK = "work"
    """Contact at the place of employment."""
    MEDIUM = "medium"
    """Contact by ``Consent.medium``, where a law asks for consent to it."""
    RECORDED_VOICE = "recorded-voice"
    """Calls with an artificial or recorded voice (47 USC 227(b)(1)(A))."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What the person agreed to, and until when."""

    scope: ConsentScope
    given_at: datetime
    ends: datetime | None = None
    """Exclusive; None: until withdrawn, or as long as the law lets it last."""
    withdrawn_at: datetime | None = None
    debt_ids: frozenset[int] = frozenset()
    """Empty: every debt."""
    number: str | None = None
    """None: every number."""
    medium: Medium | None = None
    """None: every medium."""
    direct: bool = True
    """Given to this collector; what a creditor passed on does not count where the law says directly."""
    barred: bool = False
    """Given in a contact that itself was not allowed: worth nothing (12 CFR 1006.6(b)(4)(i))."""


@dataclass(frozen=True, slots=True)
class Designation:
    """A time or a place that the person called inconvenient; binds until taken back (12 CFR 1006.6(b)(1))."""

    since: datetime
    weekdays: frozenset[int] = frozenset(range(7))
    """0 is Monday."""
    begins: time = time.min
    """Local time where the person is."""
    ends: time | None = None
    """Local, exclusive; None: the end of the day; before ``begins``: on the next day."""
    number: str | None = None
    """Only this number (a hospital, a church); None: wherever."""
    until: datetime | None = None


class NoticeKind(StrEnum):
    """Written notices that something waits for."""

    VALIDATION = "validation"
    """12 CFR 1006.34."""
    MEDICAL = "medical"
    """Nevada, NRS 649.366."""
    AGENCY = "agency"
    """Ontario, RRO 1990, Reg. 74: that an agency collects."""
    EMAIL_HANDOVER = "email-handover"
    """The creditor's notice that a collector will use this address (12 CFR 1006.6(d)(4)(ii))."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice sent to the person."""

    kind: NoticeKind
    sent_on: date
    received_on: date | None = None
    """None: assumed, by the rule of the notice."""
    debt_ids: frozenset[int] = frozenset()
    """Empty: every debt."""


@dataclass(frozen=True, slots=True)
class DebtFacts:
    """What the rules ask about one debt. What is None is unknown, and unknown is taken as the stricter."""

    debt_id: int
    past_due_since: date | None = None
    original_minor: int | None = None
    """The amount first owed, in minor units of ``currency``."""
    currency: str = "USD"
    entered_on: date | None = None
    """When the contract was made, renewed, sold or assigned last."""
    natural_person: bool = False
    """A natural person owes or guarantees it, although its purpose is commercial."""
    medical: bool = False
    loan_account: str = ""
    """Student loans serviced under one account number are one debt (12 CFR 1006.14(b)(4))."""
    default_at_acquisition: bool | None = None
    charged_off_on: date | None = None
    time_barred_from: date | None = None
    """The first day on which suing is barred."""


@dataclass(frozen=True, slots=True)
class ConsequenceAuthority:
    """Leave to name one consequence: lawful, intended and approved (domain rules, section 2.8)."""

    action: str
    """What may be named, such as ``lawsuit``, ``credit-reporting``, ``service-suspension``."""
    legal_basis: str
    approved_by: str
    not_before: datetime
    expires: datetime
    debt_ids: frozenset[int] = frozenset()
    """Empty: every debt."""


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """Everything the gate looks at for one intended contact."""

    profile: str
    """Profile id, such as ``b2b-first-party``."""
    medium: Medium
    person_id: int
    debt_ids: frozenset[int]
    country: str
    """ISO 3166-1 alpha-2 of the person's address, used for holidays."""
    number: str | None = None
    """E.164, required for calls and texts."""
    number_kind: NumberKind = NumberKind.UNKNOWN
    """Also of a mail address: ``work`` is one that the employer provides."""
    zones: tuple[str, ...] = ()
    """Every IANA zone the person may be in; empty means unknown, and unknown refuses."""
    jurisdictions: tuple[str, ...] = ()
    """Candidate places, ISO 3166-2 such as ``US-IL``, from number and address; ``US-NY-NYC`` is a city."""
    attempts: tuple[PastAttempt, ...] = ()
    conversations: tuple[PastConversation, ...] = ()
    holds: tuple[Hold, ...] = ()
    flags: tuple[Flag, ...] = ()
    person_role: PersonRole = PersonRole.DEBTOR
    purpose: CollectionPurpose = CollectionPurpose.COLLECT
    collector: str = ""
    """The legal entity that collects."""
    consents: tuple[Consent, ...] = ()
    designations: tuple[Designation, ...] = ()
    person_contacts: tuple[PersonContact, ...] = ()
    notices: tuple[Notice, ...] = ()
    debts: tuple[DebtFacts, ...] = ()
    """About the debts of ``debt_ids``; one that is missing is unknown in every respect."""
    authorities: tuple[ConsequenceAuthority, ...] = ()
    number_confirmed_at: datetime | None = None
    """When the person last texted from the number, or a reassigned-number check last confirmed it."""
    address_from_creditor: bool = False
    """The mail address is one that the creditor handed over."""
    recorded_voice: bool = False
    """The call plays an artificial or recorded voice."""
    licences: frozenset[str] | None = None
    """Places where the collector may collect (ISO 3166); None: not kept, and not judged."""


class CheckVerdict(StrEnum):
    """What one rule said."""

    PASS = "pass"  # noqa: S105 - a verdict
    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Check:
    """One rule's verdict with all that is needed to explain it."""

    rule_id: str
    rule_version: str
    """The effective date of the rule value used, ISO 8601."""
    citation: str
    verdict: CheckVerdict
    message: str
    """One line for the person at the screen."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    retry_at: datetime | None = None
    """UTC instant from which this rule alone would pass; None means not by waiting."""
    level: Level = Level.BLOCK
    """How strictly the profile holds the rule."""
    two_person: bool = False
    """At level supervisor: two people must agree to override it."""


@dataclass(frozen=True, slots=True)
class Permitted:
    """Contact may start at any instant from ``at`` until ``until`` (UTC, exclusive)."""

    at: datetime
    until: datetime
    checks: tuple[Check, ...]
    rulebook: str
    """Version of the rulebook: a digest of its files."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Contact may not start. ``reasons[0]`` is the headline by the gate's order."""

    at: datetime
    reasons: tuple[Check, ...]
    checks: tuple[Check, ...]
    retry_at: datetime | None
    """The next eligible instant (UTC), every rule considered; None means not by waiting."""
    rulebook: str

    @property
    def overridable(self) -> bool:
        """Whether a supervisor may override it: every rule that refuses stands at level supervisor."""
        return all(check.level is Level.SUPERVISOR for check in self.reasons)

    @property
    def two_person(self) -> bool:
        """Whether an override needs two people."""
        return any(check.two_person for check in self.reasons)


Verdict = Permitted | Refused
