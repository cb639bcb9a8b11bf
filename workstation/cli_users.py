"""``dunline users``: people who may sign in, managed by an admin (docs/people.md)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from workstation.cli_desk import Home, Json, OpenDesk, User
from workstation.desk.roles import Role

Who = Annotated[str, typer.Argument(help="The user's name.")]
RoleOption = Annotated[str, typer.Option(help=", ".join(role.value for role in Role))]

users_app = typer.Typer(help="People who may sign in.", no_args_is_help=True)


@users_app.command("list")
def list_users(home: Home = None, as_json: Json = False) -> None:
    """List everybody: role, extension, and what keeps them from signing in."""
    from workstation.cli import _print_json, plainly

    with plainly():
        desk = OpenDesk(home)
        found = desk.book.users(desk.now)
    if as_json:
        _print_json([asdict(user) for user in found])
        return
    for user in found:
        notes = [
            *([] if user.active else ["deactivated"]),
            *([f"locked until {user.locked_until:%H:%M} UTC"] if user.locked_until else []),
            *(["one-time codes"] if user.one_time_codes else []),
        ]
        where = f"ext {user.extension}" if user.extension else "practice line"
        typer.echo(f"{user.username:<16} {user.full_name:<24} {user.role:<11} {where:<14} {', '.join(notes)}")
    if not found:
        typer.echo("nobody yet: dunline users add NAME 'FULL NAME' --role admin")


@users_app.command("add")
def add_user(
    username: Who,
    full_name: Annotated[str, typer.Argument(help="As screens and letters name them.")],
    role: RoleOption = "collector",
    extension: Annotated[str, typer.Option(help="The extension of the user's SIP phone.")] = "",
    user: Annotated[str | None, typer.Option("--user", help="Who does it; not for the first admin.")] = None,
    home: Home = None,
) -> None:
    """Add a user; the password is asked for, or read from standard input."""
    from workstation.cli import _password, plainly

    with plainly():
        wanted, password = _role(role), _password(confirm=True)
        desk = OpenDesk(home)
        user_id = desk.book.add_user(
            user, username, full_name, wanted, password, desk.now, extension=extension
        )
        typer.echo(f"user {user_id}: {username}, {full_name}, {wanted.value}")


@users_app.command("role")
def set_role(username: Who, role: RoleOption, user: User, home: Home = None) -> None:
    """Change a user's role; their sessions end, and the new role counts at once."""
    from workstation.cli import plainly

    with plainly():
        wanted, desk = _role(role), OpenDesk(home)
        desk.book.set_role(user, username, wanted, desk.now)
        typer.echo(f"{username} is {wanted.value} now")


@users_app.command("edit")
def edit_user(
    username: Who,
    user: User,
    name: Annotated[str | None, typer.Option(help="The full name.")] = None,
    extension: Annotated[str | None, typer.Option(help="The phone's extension; '' for none.")] = None,
    home: Home = None,
) -> None:
    """Change a user's name or extension."""
    from workstation.cli import plainly

    with plainly():
        desk = OpenDesk(home)
        desk.book.set_details(user, username, desk.now, full_name=name, extension=extension)
        typer.echo(f"{username} is changed")


@users_app.command("password")
def set_password(username: Who, user: User, home: Home = None) -> None:
    """Set a user's password, asked for or read from standard input; their sessions end."""
    from workstation.cli import _password, plainly

    with plainly():
        password, desk = _password(confirm=True), OpenDesk(home)
        desk.book.set_password(user, username, password, desk.now)
        typer.echo(f"{username} has a new password")


@users_app.command("unlock")
def unlock(username: Who, user: User, home: Home = None) -> None:
    """Lift the lock after wrong tries."""
    from workstation.cli import plainly

    with plainly():
        desk = OpenDesk(home)
        desk.book.unlock(user, username, desk.now)
        typer.echo(f"{username} may sign in again")


@users_app.command("deactivate")
def deactivate(username: Who, user: User, home: Home = None) -> None:
    """Let a user sign in no longer; their sessions end, and what they did stays theirs."""
    _set_active(username, user, home, active=False)


@users_app.command("activate")
def activate(username: Who, user: User, home: Home = None) -> None:
    """Take a deactivated user back."""
    _set_active(username, user, home, active=True)


@users_app.command("totp")
def totp(
    username: Who,
    state: Annotated[str, typer.Argument(help="on (a fresh key) or off (also when the key is lost)")],
    user: User,
    home: Home = None,
) -> None:
    """Ask a user for one-time codes (RFC 6238) at sign-in, or no longer; prints the key once."""
    from workstation.cli import plainly
    from workstation.desk.book import InvalidEntry

    with plainly():
        if state not in ("on", "off"):
            raise InvalidEntry(f"{state!r}: say on or off")
        desk = OpenDesk(home)
        address = desk.book.set_codes(user, username, state == "on", desk.now)
        if address:
            typer.echo("For the user's authenticator app; it is shown this once:")
            typer.echo(address)
        else:
            typer.echo(f"{username} signs in without codes")


def _set_active(username: str, user: str, home: Home, *, active: bool) -> None:
    from workstation.cli import plainly

    with plainly():
        desk = OpenDesk(home)
        desk.book.set_active(user, username, active, desk.now)
        typer.echo(f"{username} is {'active' if active else 'deactivated'}")


def _role(text: str) -> Role:
    from workstation.desk.book import InvalidEntry

    try:
        return Role(text)
    except ValueError:
        raise InvalidEntry(f"no role {text!r}; there are {', '.join(r.value for r in Role)}") from None
