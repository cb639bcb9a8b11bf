"""What several of the ``dunline`` commands share: options, the open book, names turned into ids."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workstation.clock import clock_from_environment

if TYPE_CHECKING:
    from workstation.store.book import SqlBook

Home = Annotated[Path | None, typer.Option("--home", help="Dunline's home (else DUNLINE_HOME).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
User = Annotated[str, typer.Option("--user", help="Who does it.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")]
Account = Annotated[str, typer.Argument(help="Account number, such as A-10482.")]
Person = Annotated[str, typer.Option("--person", help="Contact's name; else the first contact.")]
Source = Annotated[str, typer.Option("--source", help="How it came: call, letter, email, in person.")]


class OpenDesk:
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


def show_rows(rows: list[dict[str, Any]], lines: list[str], nothing: str, *, as_json: bool) -> None:
    """Print rows as JSON, or as lines; `nothing` where there are none."""
    from workstation.cli import _print_json

    if as_json:
        _print_json(rows)
        return
    for line in lines or [nothing]:
        typer.echo(line)
