"""The ``dunline standing`` commands: what people agreed to, and what stands about them and their debts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation.cli_desk import Account, Home, Json, OpenDesk, Person, Reason, Source, User, show_rows
from workstation.clock import clock_from_environment

if TYPE_CHECKING:
    from workstation.desk.standing import Standing

Days = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]

standing_app = typer.Typer(
    help="What people agreed to, and what stands about them and their debts.", no_args_is_help=True
)


@standing_app.command("list")
def list_standing(account: Account, home: Home = None, as_json: Json = False) -> None:
    """List consents, inconvenient times, notices and flags of an account's people, newest first."""
    from workstation.cli import plainly
    from workstation.desk.standing import sentence

    with plainly():
        desk = OpenDesk(home)
        found = desk.book.standing(desk.account(account))
        lines = [
            f"{s.standing_id:>4}  {s.since:%d %b %Y}  {s.party_name}: {sentence(s.fact)} · by {s.source}"
            + (f" · ended {s.ended_at:%d %b %Y}" if s.ended_at else "")
            for s in found
        ]
        show_rows([asdict(s) for s in found], lines, "nothing stands", as_json=as_json)


def _record(account: str, person: str, fact: Standing, user: str, source: str, home: Path | None) -> None:
    from workstation.desk.standing import sentence

    desk = OpenDesk(home)
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
        desk = OpenDesk(home)
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
        desk = OpenDesk(home)
        said = {name: value for name, value in given.items() if value is not None}
        desk.book.set_debt_facts(desk.account(account), desk.user(user), desk.now, **said)
        typer.echo(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in said.items()))
