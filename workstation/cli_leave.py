"""The ``dunline`` commands about leave: what people agreed to, overrides, authorities, the calendar."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workstation.clock import clock_from_environment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from compliance.calendar import Day
    from workstation.desk.standing import AuthorityView, Standing
    from workstation.store.book import SqlBook

Home = Annotated[Path | None, typer.Option("--home", help="Dunline's home (else DUNLINE_HOME).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
User = Annotated[str, typer.Option("--user", help="Who does it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")]
Account = Annotated[str, typer.Argument(help="Account number, such as A-10482.")]
Person = Annotated[str, typer.Option("--person", help="Contact's name; else the first contact.")]
Source = Annotated[str, typer.Option("--source", help="How it came: call, letter, email, in person.")]
Days = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]

override_app = typer.Typer(
    help="Contact once against rules that a supervisor may override.", no_args_is_help=True
)
authority_app = typer.Typer(
    help="Leave to name a consequence: asked for, approved by a second person.", no_args_is_help=True
)
standing_app = typer.Typer(
    help="What people agreed to, and what stands about them and their debts.", no_args_is_help=True
)


def add_to(app: typer.Typer, gate_app: typer.Typer) -> None:
    """Hang these commands on the tree."""
    app.add_typer(override_app, name="override")
    app.add_typer(authority_app, name="authority")
    app.add_typer(standing_app, name="standing")
    gate_app.command("calendar")(calendar)


class _Desk:
    """The open book, the instant, and names turned into ids."""

    def __init__(self, home: Path | None) -> None:
        from workstation import bootstrap
        from workstation.cli import _settings

        self.book: SqlBook = bootstrap.open_book(_settings(home))
        self.now = clock_from_environment()()

    def user(self, name: str) -> int:
        """Return a user's id. Raises NotFound."""
        return self.book.find_user(name).user_id

    def account(self, number: str) -> int:
        """Return an account's id. Raises NotFound."""
        return self.book.find_account(number)

    def person(self, account_id: int, name: str) -> int:
        """Return the id of a contact by name, or of the first contact. Raises NotFound."""
        from workstation.desk.book import NotFound

        phones = self.book.account(account_id, self.now).phones
        for phone in phones:
            if not name or phone.party_name.lower() == name.lower():
                return phone.party_id
        raise NotFound(
            f"no contact {name!r} with a phone; there are: {', '.join(p.party_name for p in phones)}"
        )


def _show(rows: list[dict[str, Any]], lines: list[str], nothing: str, *, as_json: bool) -> None:
    from workstation.cli import _print_json

    if as_json:
        _print_json(rows)
        return
    for line in lines or [nothing]:
        typer.echo(line)


# ---- overrides -------------------------------------------------------------------------------------------


@override_app.command("list")
def list_overrides(home: Home = None, as_json: Json = False) -> None:
    """List overrides that wait for approval, or for their contact."""
    from workstation.cli import plainly

    with plainly():
        desk = _Desk(home)
        found = desk.book.overrides(desk.now)
        lines = [
            f"{o.override_id:>4}  {o.account_number} {o.account_name}  {o.number}  {', '.join(o.rules)}\n"
            f"      {o.reason} ({o.asked_by}, {o.asked_at:%d %b %H:%M} UTC) · "
            + (f"approved by {o.approved_by}" if o.valid_until else _waits(o.two_person, o.approved_by))
            for o in found
        ]
        _show([asdict(o) for o in found], lines, "no override waits", as_json=as_json)


def _waits(two_person: bool, approved_by: str) -> str:
    if two_person:
        return f"waits for a second person after {approved_by}" if approved_by else "waits for two people"
    return "waits for a supervisor"


@override_app.command("ask")
def ask_override(
    account: Account, user: User, reason: Reason, person: Person = "", home: Home = None
) -> None:
    """Ask for leave to call an account's contact once although rules refuse."""
    from workstation.cli import plainly
    from workstation.desk.book import CallRequest

    with plainly():
        desk = _Desk(home)
        account_id = desk.account(account)
        party_id = desk.person(account_id, person)
        phone = next(p for p in desk.book.account(account_id, desk.now).phones if p.party_id == party_id)
        request = CallRequest(account_id, party_id, phone.phone_id, desk.user(user), "")
        override_id = desk.book.ask_override(request, reason, desk.now)
        typer.echo(
            f"override {override_id} waits for approval: dunline override approve {override_id} --user …"
        )


@override_app.command("approve")
def approve_override(override_id: int, user: User, home: Home = None) -> None:
    """Approve an override; it may be used once within a quarter of an hour."""
    from workstation.cli import plainly

    with plainly():
        desk = _Desk(home)
        ready = desk.book.approve_override(override_id, desk.user(user), desk.now)
        typer.echo("approved: call within 15 minutes" if ready else "approved; a second person must agree")


@override_app.command("decline")
def decline_override(override_id: int, user: User, reason: Reason, home: Home = None) -> None:
    """Decline an override for good."""
    from workstation.cli import plainly

    with plainly():
        desk = _Desk(home)
        desk.book.decline_override(override_id, desk.user(user), desk.now, reason)
        typer.echo("declined")


# ---- authorities -----------------------------------------------------------------------------------------


@authority_app.command("list")
def list_authorities(
    account: Annotated[str, typer.Argument(help="Account number; else all.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List authorities to name a consequence, newest first."""
    from workstation.cli import plainly

    with plainly():
        desk = _Desk(home)
        found = desk.book.authorities(desk.account(account) if account else None)
        lines = [
            f"{a.authority_id:>4}  {a.account_number}  {a.action.value:<18} "
            f"{_state(a, desk.now)}"
            f"  until {a.expires:%d %b %Y}  {a.legal_basis}"
            f"  (asked {a.asked_by}{', approved ' + a.approved_by if a.approved_by else ''})"
            for a in found
        ]
        _show([asdict(a) for a in found], lines, "no authorities", as_json=as_json)


def _state(authority: AuthorityView, now: datetime) -> str:
    if authority.revoked:
        return "revoked"
    if not authority.approved_by:
        return "waits"
    return "stands" if authority.stands(now) else "over"


@authority_app.command("ask")
def ask_authority(
    account: Account,
    action: Annotated[
        str,
        typer.Argument(
            help="lawsuit, garnishment, seizure, lien, credit-reporting, placement, service-suspension"
        ),
    ],
    user: User,
    basis: Annotated[str, typer.Option("--basis", help="The legal basis: clause, statute.")],
    until: Annotated[
        datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="First day it no longer stands.")
    ],
    target: Annotated[str, typer.Option("--with", help="The agency or firm, where there is one.")] = "",
    home: Home = None,
) -> None:
    """Ask for leave to name a consequence; somebody else must approve it."""
    from workstation.cli import plainly
    from workstation.desk.book import InvalidEntry
    from workstation.desk.standing import Consequence

    with plainly():
        try:
            wanted = Consequence(action)
        except ValueError:
            known = ", ".join(c.value for c in Consequence)
            raise InvalidEntry(f"no consequence {action!r}; there are {known}") from None
        desk = _Desk(home)
        expires = datetime.combine(until.date(), time(), UTC)
        asked = desk.book.ask_authority(
            desk.account(account), wanted, basis, expires, desk.user(user), desk.now, target=target
        )
        typer.echo(f"authority {asked} waits: dunline authority approve {asked} --user …")


@authority_app.command("approve")
def approve_authority(authority_id: int, user: User, home: Home = None) -> None:
    """Approve an authority that somebody else asked for."""
    from workstation.cli import plainly

    with plainly():
        desk = _Desk(home)
        desk.book.approve_authority(authority_id, desk.user(user), desk.now)
        typer.echo("approved")


@authority_app.command("revoke")
def revoke_authority(authority_id: int, user: User, reason: Reason, home: Home = None) -> None:
    """Take an authority back, or decline it."""
    from workstation.cli import plainly

    with plainly():
        desk = _Desk(home)
        desk.book.revoke_authority(authority_id, desk.user(user), desk.now, reason)
        typer.echo("revoked")


# ---- what stands -----------------------------------------------------------------------------------------


@standing_app.command("list")
def list_standing(account: Account, home: Home = None, as_json: Json = False) -> None:
    """List consents, inconvenient times, notices and flags of an account's people, newest first."""
    from workstation.cli import plainly
    from workstation.desk.standing import sentence

    with plainly():
        desk = _Desk(home)
        found = desk.book.standing(desk.account(account))
        lines = [
            f"{s.standing_id:>4}  {s.since:%d %b %Y}  {s.party_name}: {sentence(s.fact)} · by {s.source}"
            + (f" · ended {s.ended_at:%d %b %Y}" if s.ended_at else "")
            for s in found
        ]
        _show([asdict(s) for s in found], lines, "nothing stands", as_json=as_json)


def _record(account: str, person: str, fact: Standing, user: str, source: str, home: Path | None) -> None:
    from workstation.desk.standing import sentence

    desk = _Desk(home)
    account_id = desk.account(account)
    made = desk.book.record_standing(
        account_id, desk.person(account_id, person), fact, desk.user(user), desk.now, source=source
    )
    typer.echo(f"{made}: {sentence(fact)}")


@standing_app.command("consent")
def record_consent(
    account: Account,
    scope: Annotated[str, typer.Argument(help="recontact, time, work, medium, recorded-voice")],
    user: User,
    person: Person = "",
    number: Annotated[str, typer.Option(help="Only this number.")] = "",
    medium: Annotated[str, typer.Option(help="Only this medium: call, text, email, letter.")] = "",
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day it no longer holds.")
    ] = None,
    source: Source = "call",
    home: Home = None,
) -> None:
    """Record that somebody agreed to be contacted."""
    from compliance.contact import Consent, ConsentScope, Medium
    from workstation.cli import plainly
    from workstation.desk.book import InvalidEntry

    with plainly():
        try:
            wanted, by = ConsentScope(scope), Medium(medium) if medium else None
        except ValueError as wrong:
            raise InvalidEntry(f"{wrong}: scopes are {', '.join(s.value for s in ConsentScope)}") from None
        ends = datetime.combine(until.date(), time(), UTC) if until else None
        now = clock_from_environment()()
        fact = Consent(wanted, now, ends, number=number or None, medium=by)
        _record(account, person, fact, user, source, home)


@standing_app.command("inconvenient")
def record_inconvenient(
    account: Account,
    user: User,
    days: Annotated[str, typer.Option(help="mon-fri, tue, sat-sun …")] = "mon-sun",
    begins: Annotated[str, typer.Option("--from", help="Local time, such as 12:00.")] = "00:00",
    ends: Annotated[str, typer.Option("--to", help="Local time; empty: the end of the day.")] = "",
    number: Annotated[str, typer.Option(help="Only this number: an inconvenient place.")] = "",
    person: Person = "",
    source: Source = "call",
    home: Home = None,
) -> None:
    """Record a time, or a place, that somebody called inconvenient."""
    from compliance.contact import Designation
    from workstation.cli import plainly
    from workstation.desk.book import InvalidEntry
    from workstation.desk.standing import weekdays

    with plainly():
        now = clock_from_environment()()
        try:
            begin, end = time.fromisoformat(begins), time.fromisoformat(ends) if ends else None
        except ValueError:
            raise InvalidEntry(f"{begins!r} to {ends!r}: write times as 12:00") from None
        fact = Designation(now, weekdays(days), begin, end, number or None)
        _record(account, person, fact, user, source, home)


@standing_app.command("notice")
def record_notice(
    account: Account,
    kind: Annotated[str, typer.Argument(help="validation, medical, agency, email-handover")],
    sent: Annotated[datetime, typer.Option("--sent", formats=["%Y-%m-%d"])],
    user: User,
    received: Annotated[datetime | None, typer.Option("--received", formats=["%Y-%m-%d"])] = None,
    person: Person = "",
    source: Source = "letter",
    home: Home = None,
) -> None:
    """Record that a written notice was sent."""
    from compliance.contact import Notice, NoticeKind
    from workstation.cli import plainly
    from workstation.desk.book import InvalidEntry

    with plainly():
        try:
            wanted = NoticeKind(kind)
        except ValueError:
            raise InvalidEntry(f"no notice {kind!r}; {', '.join(k.value for k in NoticeKind)}") from None
        fact = Notice(wanted, sent.date(), received.date() if received else None)
        _record(account, person, fact, user, source, home)


@standing_app.command("flag")
def record_flag(
    account: Account,
    kind: Annotated[str, typer.Argument(help="minor, servicemember, breathing-space")],
    user: User,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    person: Person = "",
    source: Source = "call",
    home: Home = None,
) -> None:
    """Record a fact about a person that stops contact."""
    from compliance.contact import Flag, FlagKind
    from workstation.cli import plainly
    from workstation.desk.book import InvalidEntry

    with plainly():
        try:
            wanted = FlagKind(kind)
        except ValueError:
            raise InvalidEntry(f"no flag {kind!r}; {', '.join(k.value for k in FlagKind)}") from None
        ends = datetime.combine(until.date(), time(), UTC) if until else None
        _record(account, person, Flag(wanted, clock_from_environment()(), ends), user, source, home)


@standing_app.command("end")
def end_standing(standing_id: int, user: User, reason: Reason, home: Home = None) -> None:
    """End it: a consent withdrawn, a time no longer inconvenient, a flag cleared."""
    from workstation.cli import plainly

    with plainly():
        desk = _Desk(home)
        desk.book.end_standing(standing_id, desk.user(user), desk.now, reason)
        typer.echo("ended")


@standing_app.command("debt")
def set_debt(
    account: Account,
    user: User,
    medical: Annotated[bool | None, typer.Option("--medical/--not-medical")] = None,
    natural_person: Annotated[
        bool | None,
        typer.Option("--natural-person/--no-natural-person", help="A natural person owes or guarantees it."),
    ] = None,
    default_at_acquisition: Annotated[
        bool | None, typer.Option("--default-at-acquisition/--no-default-at-acquisition")
    ] = None,
    time_barred_from: Days = None,
    charged_off_on: Days = None,
    entered_on: Days = None,
    original_minor: Annotated[int | None, typer.Option(help="First owed, in minor units.")] = None,
    loan_account: Annotated[
        str | None, typer.Option(help="Student loans under one number are one debt.")
    ] = None,
    home: Home = None,
) -> None:
    """Say what the rules ask about an account's debt."""
    from workstation.cli import plainly

    def day(given: datetime | None) -> date | None:
        return given.date() if given else None

    given = {
        "medical": medical,
        "natural_person": natural_person,
        "default_at_acquisition": default_at_acquisition,
        "time_barred_from": day(time_barred_from),
        "charged_off_on": day(charged_off_on),
        "entered_on": day(entered_on),
        "original_minor": original_minor,
        "loan_account": loan_account,
    }
    with plainly():
        desk = _Desk(home)
        said = {name: value for name, value in given.items() if value is not None}
        desk.book.set_debt_facts(desk.account(account), desk.user(user), desk.now, **said)
        typer.echo(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in said.items()))


# ---- the calendar ----------------------------------------------------------------------------------------


def calendar(
    account: Account,
    year: Annotated[int | None, typer.Option(help="Else this year.")] = None,
    person: Person = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show on which days of a year a contact may be called, given that nothing new happens, and why not."""
    from zoneinfo import ZoneInfo

    from compliance.calendar import calendar as of_year
    from compliance.contact import Medium
    from compliance.rulebook import Rulebook
    from workstation.cli import _print_json, plainly

    with plainly():
        desk = _Desk(home)
        account_id = desk.account(account)
        party_id = desk.person(account_id, person)
        view = desk.book.account(account_id, desk.now)
        phone = next(p for p in view.phones if p.party_id == party_id)
        facts = desk.book.contact_facts(
            account_id, party_id, desk.now, phone_id=phone.phone_id, medium=Medium.CALL
        )
        zone = ZoneInfo(facts.zones[0] if facts.zones else "UTC")
        chosen = year or desk.now.astimezone(zone).year
        days = of_year(facts, Rulebook.load(), chosen, zone)
        if as_json:
            _print_json([_day_json(day, zone) for day in days])
            return
        typer.echo(f"{view.number} {view.name} · {phone.party_name} · {phone.number} · {chosen}, {zone.key}")
        for line in calendar_lines(days, zone, desk.now.astimezone(zone).date()):
            typer.echo(line)


def calendar_lines(days: tuple[Day, ...], zone: ZoneInfo, today: date) -> list[str]:
    """Return a year as lines: one a month to come, a mark a day (a dot: gone), then what the marks mean."""
    reasons: dict[str, str] = {}
    hours: dict[str, int] = {}
    lines = ["      " + "".join(f"{n:>3}" for n in range(1, 32))]
    for month in range(1, 13):
        if days[0].date.replace(month=month, day=28) < today.replace(day=1):
            continue  # a month that is gone
        cells = []
        for day in (d for d in days if d.date.month == month):
            if day.date < today:
                cells.append("  ·")
            elif day.windows:
                cells.append("  ■")
                span = " ".join(
                    f"{b.astimezone(zone):%H:%M}-{e.astimezone(zone):%H:%M}" for b, e in day.windows
                )
                hours[span] = hours.get(span, 0) + 1
            else:
                why = f"{day.closed.message} · {day.closed.citation}" if day.closed else "no time left"
                mark = reasons.setdefault(why, chr(ord("a") + len(reasons) % 26))
                cells.append(f"  {mark}")
        lines.append(f"{date(2000, month, 1):%b}   " + "".join(cells))
    for span, count in sorted(hours.items(), key=lambda item: -item[1])[:4]:
        lines.append(f"  ■  {span} on {count} days")
    lines += [f"  {mark}  {why}" for why, mark in reasons.items()]
    return lines


def _day_json(day: Day, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "date": day.date.isoformat(),
        "open": [[b.astimezone(zone).isoformat(), e.astimezone(zone).isoformat()] for b, e in day.windows],
        "closed": day.closed and {"rule": day.closed.rule_id, "message": day.closed.message},
    }
