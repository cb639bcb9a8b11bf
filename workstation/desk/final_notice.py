"""The manager's last chance: what must be in order before the call, and how it ends.

Each condition is a named check with what was found and what to do about it. A person with the right may go on
without some of them, for a reason in writing; others protect the debtor or the truth, and nobody may.

Pure: facts and instants are given, nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from compliance.contact import HoldKind
from workstation.desk.money import Money
from workstation.desk.stage import FINAL, stage_name
from workstation.desk.stages import Evidence, InvoiceCase, long_day
from workstation.desk.stages_plan import ATTEMPTS_FOR_FINAL
from workstation.desk.standing import AuthorityView, Consequence

RECONCILED_FOR = timedelta(hours=24)
"""How long a balance that somebody went through speaks for itself."""

FRESH_FOR = timedelta(minutes=15)
"""A sign-in older than this is not fresh: the password is asked for again."""

WAIVER_LASTS = timedelta(days=7)
"""A waiver nobody used for so long no longer stands."""

NUMBERS_FOR_FINAL = 2
"""Numbers on which attempts must have been made where nobody was reached."""


class CheckId(StrEnum):
    """The conditions, in the order they are looked at."""

    STAGES = "stages"
    DELIVERY = "delivery"
    DISPUTE = "dispute"
    HARDSHIP = "hardship"
    BANKRUPTCY = "bankruptcy"
    ATTORNEY = "attorney"
    CEASE = "cease"
    VALIDATION = "validation"
    TIME_BARRED = "time-barred"
    COMMITMENT = "commitment"
    RECONCILED = "reconciled"
    REACHED = "reached"
    CONTACT = "contact"
    AUTHORITY = "authority"
    PARTNER = "partner"
    MANAGER = "manager"
    FRESH = "fresh sign-in"


class CheckState(StrEnum):
    """What became of a condition."""

    MET = "met"
    WAIVED = "waived"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class _Condition:
    title: str
    todo: str
    waivable: bool = False


CONDITIONS: Mapping[CheckId, _Condition] = {
    CheckId.STAGES: _Condition(
        "stages 1 to 5 are done", "let the stages run, or waive with the reason why one was skipped", True
    ),
    CheckId.DELIVERY: _Condition(
        "the invoices arrived", "have somebody confirm that they arrived: dunline final delivered", True
    ),
    CheckId.DISPUTE: _Condition("nothing is disputed", "answer the dispute first"),
    CheckId.HARDSHIP: _Condition(
        "no hardship is under review", "decide on the hardship first, or waive with what was decided", True
    ),
    CheckId.BANKRUPTCY: _Condition("no bankruptcy", "pass the account to legal"),
    CheckId.ATTORNEY: _Condition("no attorney", "write to the attorney only"),
    CheckId.CEASE: _Condition("nobody asked us to stop", "no further contact; ask legal what may be sent"),
    CheckId.VALIDATION: _Condition("no validation period runs", "wait until it is over"),
    CheckId.TIME_BARRED: _Condition(
        "the debt is not time-barred", "no consequence may be named: talk about payment only"
    ),
    CheckId.COMMITMENT: _Condition(
        "no promise or plan runs", "wait until it is kept or broken, or waive with the reason", True
    ),
    CheckId.RECONCILED: _Condition(
        "the balance was reconciled today", "go through payments and credits: dunline final reconcile", True
    ),
    CheckId.REACHED: _Condition(
        f"talked once, or {ATTEMPTS_FOR_FINAL} attempts on {NUMBERS_FOR_FINAL} numbers",
        "call again, on another number too",
        True,
    ),
    CheckId.CONTACT: _Condition(
        "the call may be made", "wait until it may, or ask for an override: dunline override ask"
    ),
    CheckId.AUTHORITY: _Condition(
        "a consequence is authorised", "ask for one, and have a second person approve: dunline authority ask"
    ),
    CheckId.PARTNER: _Condition(
        "agency or law firm chosen", "ask for the authority again with the partner's name: --with"
    ),
    CheckId.MANAGER: _Condition("you may hold the session", "ask a manager"),
    CheckId.FRESH: _Condition("you signed in just now", "enter your password again"),
}
"""Title, what to do where it is missing, and whether it may be waived in writing."""


@dataclass(frozen=True, slots=True)
class Waived:
    """A condition somebody goes without."""

    check: CheckId
    reason: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NoticeCheck:
    """One condition with what was found."""

    id: CheckId
    title: str
    state: CheckState
    found: str
    """The evidence, or what is missing."""
    todo: str
    """What to do; empty where nothing is missing."""
    waivable: bool


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Somebody went through the account's payments and credits."""

    at: datetime
    who: str
    balance_minor: int


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What the checks look at; amounts in minor units of the account's currency."""

    now: datetime
    today: date
    """The day where the creditor is."""
    currency: str
    stage: int
    invoices: tuple[InvoiceCase, ...]
    """Open invoices at the final notice."""
    demand_minor: int
    """Overdue and undisputed: what is asked for."""
    balance_minor: int
    unapplied_minor: int
    disputed_minor: int
    holds: Mapping[HoldKind, str] = field(default_factory=dict)
    """Holds that stand, proposed ones too, with the day."""
    commitment: str = ""
    validation_until: date | None = None
    """The last day of a validation period that runs."""
    time_barred_from: date | None = None
    reconciled: Reconciled | None = None
    talked_on: date | None = None
    attempts: int = 0
    numbers: int = 0
    refusal: str = ""
    """Why the gate would refuse the call now; empty where it permits."""
    authority: AuthorityView | None = None
    """The one that would be used."""
    authority_waits: bool = False
    who: str = ""
    role: str = ""
    may_hold: bool = False
    fresh: bool = False


def evaluate(facts: NoticeFacts, waivers: Iterable[Waived] = ()) -> tuple[NoticeCheck, ...]:
    """Return every condition with what was found, in order."""
    given = {w.check: w for w in waivers if facts.now - w.at < WAIVER_LASTS}
    found = {
        CheckId.STAGES: _stages(facts),
        CheckId.DELIVERY: _delivery(facts),
        CheckId.DISPUTE: _dispute(facts),
        CheckId.HARDSHIP: _hold(facts, HoldKind.VULNERABLE, "no hardship or vulnerability is recorded"),
        CheckId.BANKRUPTCY: _hold(facts, HoldKind.BANKRUPTCY, "none reported"),
        CheckId.ATTORNEY: _hold(facts, HoldKind.ATTORNEY, "none reported"),
        CheckId.CEASE: _hold(facts, HoldKind.CEASE, "no such request"),
        CheckId.VALIDATION: _validation(facts),
        CheckId.TIME_BARRED: _time_barred(facts),
        CheckId.COMMITMENT: (not facts.commitment, facts.commitment or "none runs"),
        CheckId.RECONCILED: _reconciled(facts),
        CheckId.REACHED: _reached(facts),
        CheckId.CONTACT: (not facts.refusal, facts.refusal or "the gate permits it now"),
        CheckId.AUTHORITY: _authority(facts),
        CheckId.PARTNER: _partner(facts),
        CheckId.MANAGER: (facts.may_hold, f"{facts.who}, {facts.role}"),
        CheckId.FRESH: (
            facts.fresh,
            "signed in just now" if facts.fresh else f"more than {FRESH_FOR.seconds // 60} minutes ago",
        ),
    }
    return tuple(_check(name, *found[name], given.get(name)) for name in CheckId)


def _check(name: CheckId, met: bool, found: str, waived: Waived | None) -> NoticeCheck:
    condition = CONDITIONS[name]
    state = CheckState.MET if met else CheckState.MISSING
    if state is CheckState.MISSING and waived is not None and condition.waivable:
        state = CheckState.WAIVED
        found = f"{found}; {waived.who} goes on: {waived.reason}"
    todo = condition.todo if state is CheckState.MISSING else ""
    return NoticeCheck(name, condition.title, state, found, todo, condition.waivable)


def ready(checks: Iterable[NoticeCheck]) -> bool:
    """Whether every condition is met or waived."""
    return all(check.state is not CheckState.MISSING for check in checks)


def blocked_by(checks: Iterable[NoticeCheck]) -> tuple[NoticeCheck, ...]:
    """Return what is missing; who asks, and when they signed in, come last and are not the account's."""
    return tuple(check for check in checks if check.state is CheckState.MISSING)


PERSONAL = frozenset({CheckId.MANAGER, CheckId.FRESH})
"""Checks of who asks, not of the account: a list of accounts leaves them out."""


def may_be_waived(check: CheckId) -> bool:
    """Whether a person may go on without it, in writing."""
    return CONDITIONS[check].waivable


# ---- the findings ---------------------------------------------------------------------------------------

_Finding = tuple[bool, str]


def _stages(facts: NoticeFacts) -> _Finding:
    if not facts.invoices:
        return False, f"no invoice has reached the final notice: the account is at {stage_name(facts.stage)}"
    missing = sorted(
        {
            (evidence.value, case.number)
            for case in facts.invoices
            for evidence in Evidence
            if evidence is not Evidence.DELIVERED
            and evidence not in case.facts
            and evidence not in case.waived
        }
    )
    if missing:
        return False, "; ".join(f"{number}: not {evidence}" for evidence, number in missing[:4])
    numbers = ", ".join(case.number for case in facts.invoices[:3])
    more = f" and {len(facts.invoices) - 3} more" if len(facts.invoices) > 3 else ""
    return True, f"sent, reminded, talked about and pressed for: {numbers}{more}"


def _delivery(facts: NoticeFacts) -> _Finding:
    if not facts.invoices:
        return False, "no invoice stands at the final notice"
    unproven = [c.number for c in facts.invoices if Evidence.DELIVERED not in c.facts]
    if unproven:
        return False, f"nobody confirmed that {', '.join(unproven[:3])} arrived"
    last = max(c.facts[Evidence.DELIVERED] for c in facts.invoices)
    return True, f"arrival confirmed, the last on {long_day(last)}"


def _dispute(facts: NoticeFacts) -> _Finding:
    if facts.disputed_minor:
        return False, f"{Money(facts.disputed_minor, facts.currency)} is disputed"
    return _hold(facts, HoldKind.DISPUTE, "none open")


def _hold(facts: NoticeFacts, kind: HoldKind, none: str) -> _Finding:
    since = facts.holds.get(kind)
    return (True, none) if since is None else (False, since)


def _validation(facts: NoticeFacts) -> _Finding:
    until = facts.validation_until
    if until is not None and facts.today <= until:
        return False, f"it runs until {long_day(until)}"
    return True, "none" if until is None else f"over since {long_day(until)}"


def _time_barred(facts: NoticeFacts) -> _Finding:
    since = facts.time_barred_from
    if since is not None and since <= facts.today:
        return False, f"suing is barred since {long_day(since)}"
    return True, "no bar known" if since is None else f"not before {long_day(since)}"


def _reconciled(facts: NoticeFacts) -> _Finding:
    done = facts.reconciled
    if facts.unapplied_minor:
        return False, f"{Money(facts.unapplied_minor, facts.currency)} is not applied to any invoice"
    if done is None:
        return False, "nobody has gone through it"
    if done.balance_minor != facts.balance_minor:
        return False, f"the balance has changed since {done.who} went through it"
    age = facts.now - done.at
    if age >= RECONCILED_FOR:
        return False, f"{done.who} went through it {age.days} day{'s' if age.days != 1 else ''} ago"
    return True, f"{Money(done.balance_minor, facts.currency)}, gone through by {done.who}"


def _reached(facts: NoticeFacts) -> _Finding:
    if facts.talked_on is not None:
        return True, f"talked on {long_day(facts.talked_on)}"
    found = f"no talk; {facts.attempts} attempts on {facts.numbers} numbers"
    return facts.attempts >= ATTEMPTS_FOR_FINAL and facts.numbers >= NUMBERS_FOR_FINAL, found


def _authority(facts: NoticeFacts) -> _Finding:
    authority = facts.authority
    if authority is None:
        return False, "one waits for approval" if facts.authority_waits else "none stands"
    return True, (
        f"{authority.action.value}, approved by {authority.approved_by}, "
        f"until {long_day(authority.expires.date())}"
    )


def _partner(facts: NoticeFacts) -> _Finding:
    authority = facts.authority
    if authority is None:
        return False, "no authority names one"
    if authority.target:
        return True, authority.target
    if authority.action in NEEDS_PARTNER:
        return False, f"the authority for {authority.action.value} names nobody"
    return True, "nobody else is needed"


# ---- consequences ---------------------------------------------------------------------------------------

NEEDS_PARTNER = frozenset({Consequence.PLACEMENT, Consequence.LAWSUIT})
"""Consequences that somebody else carries out."""

NAMEABLE = (
    Consequence.PLACEMENT,
    Consequence.LAWSUIT,
    Consequence.CREDIT_REPORTING,
    Consequence.SERVICE_SUSPENSION,
)
"""What a final notice may name, the mildest first. Garnishment, seizure and liens need a judgment before."""

CREDITORS_REMEDIES = frozenset({"consumer-third-party", "ontario-agency"})
"""Profiles in which we collect for somebody else: what follows is the creditor's to do, and is said so."""

_CREDITORS = frozenset({Consequence.PLACEMENT, Consequence.LAWSUIT})


def choose_authority(
    authorities: Iterable[AuthorityView], profile: str, now: datetime, *, time_barred: bool
) -> AuthorityView | None:
    """Return the authority whose consequence a notice may name: the mildest that stands; None without one.

    On time-barred debt a suit is never named (12 CFR 1006.26(b)). For somebody else's debt only what that
    creditor would do is (12 CFR 1006.18(c)).
    """
    standing = [
        a
        for a in authorities
        if a.stands(now)
        and a.action in NAMEABLE
        and not (time_barred and a.action is Consequence.LAWSUIT)
        and (profile not in CREDITORS_REMEDIES or a.action in _CREDITORS)
    ]
    return min(standing, key=lambda a: (NAMEABLE.index(a.action), a.authority_id), default=None)


# ---- how it ends ----------------------------------------------------------------------------------------


class Outcome(StrEnum):
    """What a session came to."""

    PAID = "paid"
    SETTLEMENT = "settlement"
    PLAN = "plan"
    LAST_CHANCE = "last chance given"
    STOPPED = "stopped by dispute"
    NOT_REACHED = "not reached"


STOPS: Mapping[HoldKind, str] = {
    HoldKind.DISPUTE: "the debt is disputed",
    HoldKind.BANKRUPTCY: "a bankruptcy was reported",
    HoldKind.ATTORNEY: "an attorney was named",
    HoldKind.CEASE: "the debtor asked us to stop",
    HoldKind.DECEASED: "the debtor is reported deceased",
    HoldKind.VULNERABLE: "hardship or illness was mentioned",
}
"""Holds that end a session at once, also when they are only proposed by words that were heard."""


def stop_reason(holds: Iterable[HoldKind], disputed_minor: int, currency: str) -> str:
    """Say what stops a session that runs; empty while nothing does."""
    standing = frozenset(holds)
    for kind, words in STOPS.items():
        if kind in standing:
            return words
    return f"{Money(disputed_minor, currency)} is disputed" if disputed_minor else ""


def at_final(stage: int) -> bool:
    """Whether an account stands at the final notice."""
    return stage == FINAL
