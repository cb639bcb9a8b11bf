"""The account's side of the cockpit as rows: facts, history, and the head of the narrow screen. Pure."""

from __future__ import annotations

from datetime import datetime

from compliance.contact import CheckVerdict
from workstation.desk.views import AccountView, PhoneView
from workstation.ui import figures
from workstation.ui.kit import BLANK, Field, Row, cut_row, field_grid, row, spread
from workstation.ui.text import fit

FACT_ROWS = 15
"""Height of the facts: the same for every account, blank where there is nothing to say."""
NARROW_FACT_ROWS = 4


def heading(title: str, right: Row = (), width: int = 0) -> Row:
    """A pane's heading."""
    left = row((title, "head"))
    return spread(left, right, width) if right and width else left


def callable_word(phone: PhoneView | None, account: AccountView, now: datetime) -> Row:
    """What the gate says of a number, in a sign and words."""
    if phone is None:
        return row(("no number on file", "dim"))
    if phone.callable:
        until = f"until {figures.moment(phone.call_until, account.zone, now)}" if phone.call_until else "now"
        return row(("✓ ", "accent"), (f"callable {until}", ""))
    return row(("✗ ", "stop"), (f"not now · {later_word(phone.retry_at, account.zone, now)}", ""))


def later_word(retry_at: datetime | None, zone_name: str, now: datetime) -> str:
    """``Tue 17 08:00``, or that waiting does not help."""
    return figures.moment(retry_at, zone_name, now) if retry_at else "ask supervisor"


def refusal(phone: PhoneView, zone_name: str, now: datetime) -> str:
    """Why a number may not be called, by which rule, and when it may again: one line."""
    refused = [check for check in phone.checks if check.verdict is CheckVerdict.REFUSE]
    when = figures.next_time(phone.retry_at, zone_name, now)
    if not refused:
        return f"CALL NOT PERMITTED: this number is not callable now · {when}"
    first = refused[0]
    more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
    return f"CALL NOT PERMITTED: {first.message} · {first.citation}{more} · {when}"


def person(account: AccountView, phone: PhoneView | None) -> str:
    """Who would be called: ``Jordan Reyes, accounts payable``."""
    chosen = phone or (account.phones[0] if account.phones else None)
    if chosen is None:
        return ""
    role = f", {chosen.party_role}" if chosen.party_role else ""
    return f"{chosen.party_name}{role}"


def facts(account: AccountView, phone: PhoneView | None, now: datetime, width: int) -> list[Row]:
    """The facts in fixed cells, FACT_ROWS of them."""
    amounts = max(12, len(figures.whole(account.past_due)) + 2)
    number = row((f"#{account.number.lstrip('#')}", "dim"))
    called = (
        row("☎ ", (figures.phone(phone.number), "strong"), (f" {phone.kind}", "dim"))
        if phone
        else row(("☎ –", "dim"))
    )
    others = len(account.phones) - 1
    due = row(
        (fit(account.past_due.figures(), amounts - 2, right=True), "strong"),
        (f" {account.currency}", "dim"),
        (f"   of {account.balance.figures()}", ""),
    )
    oldest = (
        f"{account.days_late} days late" if account.days_late > 0 else f"due in {-account.days_late} days"
    )
    bucket = f"   next bucket in {account.next_bucket_in}" if account.next_bucket_in is not None else ""
    last = figures.day(figures.local(account.last_talk, account.zone)) if account.last_talk else "never"
    attempts = row(
        (f"attempts {account.attempts_used} of {account.attempts_cap}", ""),
        (f" this week · last talk {last}", ""),
    )
    limit = f" · limit {figures.whole(account.credit_limit)}" if account.credit_limit else ""
    disputed = row(account.disputed.figures()) if account.disputed.minor else row(("–", "dim"))
    fields = [
        Field("due", due),
        Field("oldest", row(oldest, bucket)),
        Field("promise", _promise(account)),
        Field(
            "stage", row(f"{account.stage} {account.stage_name} · since {figures.day(account.stage_since)}")
        ),
        Field("terms", row((account.terms or "–") + limit)),
        Field("dispute", disputed),
        Field("hold", holds(account, now)),
        *_why(account.reasons),
    ]
    rows: list[Row] = [
        spread(row((account.name, "title")), number, width),
        row(person(account, phone), (f"   +{others} more" if others > 0 else "", "dim")),
        called,
        callable_word(phone, account, now),
        attempts,
        BLANK,
        *field_grid(fields, width),
    ]
    return [cut_row(line, width) for line in rows]


NOT_SHOWN: Row = row(("not shown in a location call", "dim"))


def location_facts(account: AccountView, phone: PhoneView | None, now: datetime, width: int) -> list[Row]:
    """What a collector sees in a location call, FACT_ROWS of it: whom, about whom, and nothing of the debt.

    12 CFR 1006.10(b): own name; confirming or correcting where the person is; never that a debt is owed.
    """
    called = row("☎ ", (figures.phone(phone.number) if phone else "–", "strong"))
    rows: list[Row] = [
        spread(row(("LOCATION CALL", "notice")), row(("12 CFR 1006.10", "dim")), width),
        row((person(account, phone), "strong"), (" about ", "dim"), (account.name, "strong")),
        row(*called, "  ", *callable_word(phone, account, now)),
        row(("say nothing of the debt; amounts are not shown", "accent")),
        BLANK,
        *(row((line, "")) for line in _LOCATION_RULES),
    ]
    rows += [BLANK] * (FACT_ROWS - len(rows))
    return [cut_row(line, width) for line in rows[:FACT_ROWS]]


_LOCATION_RULES = (
    "ask    home address, telephone, workplace",
    "say    your own name",
    "never  debt, owe, balance, account, collect",
    "never  whom you work for, unless asked",
    "leave  no message",
    "once   one contact a person, unless they",
    "       ask, or the answer was wrong",
)


def _why(reasons: tuple[str, ...]) -> list[Field]:
    lines = [*reasons, "", ""][:2]
    return [Field(label, row((line, "accent"))) for label, line in zip(("why", " "), lines, strict=True)]


def invoices(account: AccountView, width: int, height: int) -> list[Row]:
    """The open invoices, oldest first: number, due day, what is open, how late or that it is disputed."""
    room = max(0, height - 2)
    shown = account.invoices if len(account.invoices) <= room else account.invoices[: room - 1]
    rows: list[Row] = [heading("OPEN INVOICES", row((f"{len(account.invoices)}", "dim")), width)]
    for one in shown:
        late = f"{one.days_late} d" if one.days_late > 0 else "not due"
        word = ("disputed", "stop") if one.disputed.minor else (late, "dim")
        right = row(fit(one.open.figures(), 13, right=True), (fit(word[0], 9, right=True), word[1]))
        rows.append(
            spread(
                row(fit(one.number, 10), (f" due {figures.day(one.due)}", "dim")),
                right,
                width,
            )
        )
    if len(shown) < len(account.invoices):
        rows.append(row((f"and {len(account.invoices) - len(shown)} more", "dim")))
    return rows


def narrow_facts(
    account: AccountView, phone: PhoneView | None, now: datetime, width: int, caught: str = ""
) -> list[Row]:
    """The facts that matter most, in four rows; what was caught takes the place of why."""
    number = row((f"#{account.number.lstrip('#')}", "dim"))
    due = row(
        ("due ", "dim"),
        (account.past_due.figures(), "strong"),
        (f" {account.currency}", "dim"),
        (f" of {account.balance.figures()}", ""),
        (f"   {account.days_late} days late" if account.days_late > 0 else "   not yet due", ""),
        (f"   {account.attempts_used} of {account.attempts_cap} attempts", ""),
    )
    call = row(
        "☎ ",
        (figures.phone(phone.number) if phone else "–", "strong"),
        "  ",
        *callable_word(phone, account, now),
    )
    standing = holds(account, now) if account.holds else row(("promise ", "dim"), *_promise(account))
    reasons = " · ".join(account.reasons)
    rows = [
        spread(row((account.name, "title"), ("  " + person(account, phone), "")), number, width),
        due,
        call,
        row(*standing, (f"   {'ready to log' if caught else 'why'} ", "dim"), (caught or reasons, "accent")),
    ]
    return [cut_row(line, width) for line in rows]


def holds(account: AccountView, now: datetime) -> Row:
    """The holds that stand, by name; a dash where there are none."""
    if not account.holds:
        return row(("–", "dim"))
    words = []
    for hold in account.holds:
        since = figures.day(figures.local(hold.since, account.zone))
        words.append(f"{hold.kind}{' (proposed)' if hold.proposed else ''} since {since}")
    return row(("✗ ", "stop"), (" · ".join(words), "strong"))


def _promise(account: AccountView) -> Row:
    kept = f" · kept {account.promises_kept} of {account.promises_total}" if account.promises_total else ""
    if account.open_promise is None:
        return row(("none open", "" if kept else "dim"), kept)
    promise = account.open_promise
    return row((f"{promise.amount.figures()} {figures.weekday(promise.due)} {promise.state}", "strong"), kept)


def history(account: AccountView, width: int, height: int) -> list[Row]:
    """What happened, newest first, one line each."""
    rows: list[Row] = [heading("HISTORY")]
    for line in account.history[: max(0, height - 1)]:
        on = figures.local(line.at, account.zone)
        rows.append(
            cut_row(row((f"{figures.day(on)}  ", "dim"), (fit(line.kind, 8), "dim"), line.text), width)
        )
    if not account.history:
        rows.append(row(("nothing yet", "dim")))
    return rows


def compact_phone(view: PhoneView, zone_name: str, now: datetime) -> tuple[str, str]:
    """A number for the pick list: who and what, and the gate's word."""
    gate = (
        f"✓ until {figures.moment(view.call_until, zone_name, now)}"
        if view.callable and view.call_until
        else "✓ now"
        if view.callable
        else f"✗ {later_word(view.retry_at, zone_name, now)}"
    )
    return f"{figures.phone(view.number)}  {view.kind}  {view.party_name}", gate


__all__ = [
    "FACT_ROWS",
    "NARROW_FACT_ROWS",
    "NOT_SHOWN",
    "callable_word",
    "compact_phone",
    "facts",
    "heading",
    "history",
    "holds",
    "later_word",
    "location_facts",
    "narrow_facts",
    "person",
    "refusal",
]
