"""The ``dunline`` commands about leave: overrides, and authorities to name a consequence."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Annotated

import typer

from workstation.cli_desk import Account, Home, Json, OpenDesk, Person, Reason, User, show_rows

if TYPE_CHECKING:
    from workstation.desk.standing import AuthorityView

override_app = typer.Typer(
    help="Contact once against rules that a supervisor may override.", no_args_is_help=True
)
authority_app = typer.Typer(
    help="Leave to name a consequence: asked for, approved by a second person.", no_args_is_help=True
)


def add_to(app: typer.Typer) -> None:
    """Hang these commands on the tree."""
    app.add_typer(override_app, name="override")
    app.add_typer(authority_app, name="authority")


# ---- overrides -------------------------------------------------------------------------------------------


@override_app.command("list")
def list_overrides(home: Home = None, as_json: Json = False) -> None:
    """List overrides that wait for approval, or for their contact."""
    from workstation.cli import plainly

    with plainly():
        desk = OpenDesk(home)
        found = desk.book.overrides(desk.now)
        lines = [
            f"{o.override_id:>4}  {o.account_number} {o.account_name}  {o.number}  {', '.join(o.rules)}\n"
            f"      {o.reason} ({o.asked_by}, {o.asked_at:%d %b %H:%M} UTC) · "
            + (f"approved by {o.approved_by}" if o.valid_until else _waits(o.two_person, o.approved_by))
            for o in found
        ]
        show_rows([asdict(o) for o in found], lines, "no override waits", as_json=as_json)


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
        desk = OpenDesk(home)
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
        desk = OpenDesk(home)
        ready = desk.book.approve_override(override_id, desk.user(user), desk.now)
        typer.echo("approved: call within 15 minutes" if ready else "approved; a second person must agree")


@override_app.command("decline")
def decline_override(override_id: int, user: User, reason: Reason, home: Home = None) -> None:
    """Decline an override for good."""
    from workstation.cli import plainly

    with plainly():
        desk = OpenDesk(home)
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
        desk = OpenDesk(home)
        found = desk.book.authorities(desk.account(account) if account else None)
        lines = [
            f"{a.authority_id:>4}  {a.account_number}  {a.action.value:<18} "
            f"{_state(a, desk.now)}"
            f"  until {a.expires:%d %b %Y}  {a.legal_basis}"
            f"  (asked {a.asked_by}{', approved ' + a.approved_by if a.approved_by else ''})"
            for a in found
        ]
        show_rows([asdict(a) for a in found], lines, "no authorities", as_json=as_json)


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
        desk = OpenDesk(home)
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
        desk = OpenDesk(home)
        desk.book.approve_authority(authority_id, desk.user(user), desk.now)
        typer.echo("approved")


@authority_app.command("revoke")
def revoke_authority(authority_id: int, user: User, reason: Reason, home: Home = None) -> None:
    """Take an authority back, or decline it."""
    from workstation.cli import plainly

    with plainly():
        desk = OpenDesk(home)
        desk.book.revoke_authority(authority_id, desk.user(user), desk.now, reason)
        typer.echo("revoked")
