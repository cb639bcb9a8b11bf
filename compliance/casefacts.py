"""Facts as case files state them; ``docs/rules.md`` documents the keys."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import TypeVar

from compliance.contact import (
    CollectionPurpose,
    Consent,
    ConsentScope,
    ContactFacts,
    DebtFacts,
    Designation,
    Flag,
    FlagKind,
    Hold,
    HoldKind,
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
from compliance.rulefile import Table

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
K = TypeVar("K", bound=StrEnum)


def read_facts(table: Table, profiles: list[str]) -> ContactFacts:
    """Read ``[facts]``; what is left out has a plain default. Raises RuleFileError naming file and key."""
    debts = _debts(table, frozenset({1}))
    number = _text(table, "number")
    licences = frozenset(table.texts("licences")) if table.has("licences") else None
    facts = ContactFacts(
        profile=table.choice("profile", profiles),
        medium=_kind(table, "medium", Medium, Medium.CALL),
        person_id=table.get("person", int, 1),
        debt_ids=debts,
        country=table.get("country", str, "US"),
        number=number,
        number_kind=_kind(table, "number_kind", NumberKind, NumberKind.UNKNOWN),
        zones=table.texts("zones"),
        jurisdictions=table.texts("jurisdictions"),
        attempts=tuple(_attempt(entry, debts, number) for entry in _events(table, "attempts")),
        conversations=tuple(_conversation(entry, debts) for entry in _events(table, "conversations")),
        holds=tuple(_hold(entry) for entry in table.tables("holds")),
        flags=tuple(_flag(entry) for entry in table.tables("flags")),
        person_role=_kind(table, "role", PersonRole, PersonRole.DEBTOR),
        purpose=_kind(table, "purpose", CollectionPurpose, CollectionPurpose.COLLECT),
        collector=table.get("collector", str, ""),
        consents=tuple(_consent(entry) for entry in table.tables("consents")),
        designations=tuple(_designation(entry) for entry in table.tables("designations")),
        person_contacts=tuple(_person_contact(entry) for entry in _events(table, "person_contacts")),
        notices=tuple(_notice(entry) for entry in table.tables("notices")),
        debts=tuple(_debt(entry) for entry in table.tables("debt_facts")),
        number_confirmed_at=_maybe(table, "number_confirmed_at"),
        address_from_creditor=table.get("address_from_creditor", bool, False),
        recorded_voice=table.get("recorded_voice", bool, False),
        licences=licences,
    )
    table.done()
    return facts


def instant(table: Table, name: str) -> datetime:
    """Read a time with its zone, as UTC. Raises RuleFileError."""
    value = table.take(name, datetime)
    if value.tzinfo is None:
        raise table.error(name, f"{value.isoformat()} has no zone: write 2026-11-18T08:00:00-06:00")
    return value.astimezone(UTC)


def _maybe(table: Table, name: str) -> datetime | None:
    return instant(table, name) if table.has(name) else None


def _text(table: Table, name: str) -> str | None:
    return table.take(name, str) if table.has(name) else None


def _day(table: Table, name: str) -> date | None:
    return table.take(name, date) if table.has(name) else None


def _kind(table: Table, name: str, kinds: type[K], default: K | None = None) -> K:
    return kinds(table.choice(name, [kind.value for kind in kinds], default and default.value))


def _maybe_kind(table: Table, name: str, kinds: type[K]) -> K | None:
    return _kind(table, name, kinds) if table.has(name) else None


def _debts(table: Table, default: frozenset[int]) -> frozenset[int]:
    debts = table.get("debts", list, sorted(default))
    if not all(type(debt) is int for debt in debts):
        raise table.error("debts", "must be a list of whole numbers")
    return frozenset(debts)


def _clock(table: Table, name: str) -> time | None:
    text = _text(table, name)
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a wall-clock time has no zone
    except ValueError:
        raise table.error(name, f"must be a time of day such as 18:30, not {text!r}") from None


def _events(table: Table, name: str) -> tuple[Table, ...]:
    """Return past events; a bare time stands for a table with only ``at``."""
    items = table.get(name, list, [])
    events: list[Table] = []
    for i, item in enumerate(items):
        where = f"{table.key(name)}[{i}]"
        if isinstance(item, datetime):
            events.append(Table({"at": item}, table.file, where))
        elif isinstance(item, dict):
            events.append(Table(item, table.file, where))
        else:
            raise table.error(f"{name}[{i}]", f"must be a time or a table with at, not {item!r}")
    return tuple(events)


def _attempt(entry: Table, debts: frozenset[int], number: str | None) -> PastAttempt:
    attempt = PastAttempt(
        at=instant(entry, "at"),
        medium=_kind(entry, "medium", Medium, Medium.CALL),
        debt_ids=_debts(entry, debts),
        number=_text(entry, "number") or number,
        connected=entry.get("connected", bool, True),
        exempt=entry.get("exempt", bool, False),
        exemption=entry.get("exemption", str, ""),
        number_kind=_maybe_kind(entry, "number_kind", NumberKind),
        message=_kind(entry, "message", Message, Message.NONE),
        person_id=entry.take("person", int) if entry.has("person") else None,
        collector=entry.get("collector", str, ""),
    )
    entry.done()
    return attempt


def _conversation(entry: Table, debts: frozenset[int]) -> PastConversation:
    conversation = PastConversation(
        at=instant(entry, "at"),
        debt_ids=_debts(entry, debts),
        inbound=entry.get("inbound", bool, False),
        purpose=_kind(entry, "purpose", CollectionPurpose, CollectionPurpose.COLLECT),
        reopened=entry.get("reopened", bool, False),
        collector=entry.get("collector", str, ""),
    )
    entry.done()
    return conversation


def _hold(entry: Table) -> Hold:
    hold = Hold(
        kind=_kind(entry, "kind", HoldKind),
        since=instant(entry, "since"),
        until=_maybe(entry, "until"),
        debt_id=entry.take("debt", int) if entry.has("debt") else None,
        number=_text(entry, "number"),
        medium=_maybe_kind(entry, "medium", Medium),
        proposed=entry.get("proposed", bool, False),
    )
    entry.done()
    return hold


def _flag(entry: Table) -> Flag:
    flag = Flag(_kind(entry, "kind", FlagKind), instant(entry, "since"), _maybe(entry, "until"))
    entry.done()
    return flag


def _consent(entry: Table) -> Consent:
    consent = Consent(
        scope=_kind(entry, "scope", ConsentScope),
        given_at=instant(entry, "given_at"),
        ends=_maybe(entry, "ends"),
        withdrawn_at=_maybe(entry, "withdrawn_at"),
        debt_ids=_debts(entry, frozenset()),
        number=_text(entry, "number"),
        medium=_maybe_kind(entry, "medium", Medium),
        direct=entry.get("direct", bool, True),
        barred=entry.get("barred", bool, False),
    )
    entry.done()
    return consent


def _designation(entry: Table) -> Designation:
    weekdays = entry.choices("weekdays", WEEKDAYS) or tuple(WEEKDAYS)
    designation = Designation(
        since=instant(entry, "since"),
        weekdays=frozenset(WEEKDAYS.index(day) for day in weekdays),
        begins=_clock(entry, "begins") or time.min,
        ends=_clock(entry, "ends"),
        number=_text(entry, "number"),
        until=_maybe(entry, "until"),
    )
    entry.done()
    return designation


def _person_contact(entry: Table) -> PersonContact:
    contact = PersonContact(instant(entry, "at"), _kind(entry, "medium", Medium, Medium.CALL))
    entry.done()
    return contact


def _notice(entry: Table) -> Notice:
    notice = Notice(
        kind=_kind(entry, "kind", NoticeKind),
        sent_on=entry.take("sent_on", date),
        received_on=_day(entry, "received_on"),
        debt_ids=_debts(entry, frozenset()),
    )
    entry.done()
    return notice


def _debt(entry: Table) -> DebtFacts:
    debt = DebtFacts(
        debt_id=entry.get("id", int, 1),
        past_due_since=_day(entry, "past_due_since"),
        original_minor=entry.take("original_minor", int) if entry.has("original_minor") else None,
        currency=entry.get("currency", str, "USD"),
        entered_on=_day(entry, "entered_on"),
        natural_person=entry.get("natural_person", bool, False),
        medical=entry.get("medical", bool, False),
        loan_account=entry.get("loan_account", str, ""),
        default_at_acquisition=(
            entry.take("default_at_acquisition", bool) if entry.has("default_at_acquisition") else None
        ),
        charged_off_on=_day(entry, "charged_off_on"),
        time_barred_from=_day(entry, "time_barred_from"),
    )
    entry.done()
    return debt
