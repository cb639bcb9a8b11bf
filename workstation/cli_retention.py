"""``dunline retention``: which recordings are over their time, and deleting them."""

from __future__ import annotations

import contextlib
from datetime import UTC
from typing import Annotated

import typer

from workstation.cli_desk import Home, Json

RULE = "conduct/retention"


def retention(
    apply: Annotated[bool, typer.Option("--apply", help="Delete them; else they are only listed.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List recordings kept as long as the law asks (12 CFR 1006.100), or delete them; the words stay.

    Recordings of accounts in dispute, bankruptcy or with an attorney are kept, whatever their age.
    """
    from compliance.rulebook import Rulebook
    from workstation import bootstrap
    from workstation.cli import _print_json, _settings, plainly
    from workstation.clock import clock_from_environment
    from workstation.floor import retention as floor

    with plainly():
        settings, now = _settings(home), clock_from_environment()()
        years = Rulebook.load().figure(RULE, "recording_years", now.astimezone(UTC).date())
        recordings = bootstrap.recordings_of(settings)
        with contextlib.closing(bootstrap.open_book(settings)) as book:
            found = book.recordings_ended_before(floor.ended_before(now, years))
            for one in found if apply else ():
                floor.delete(recordings, one.call_id)
                book.recordings_deleted(one.call_id, f"kept {years} years: {RULE}", now)
    if as_json:
        _print_json(
            [
                {
                    "call": one.call_id,
                    "account": one.account_number,
                    "ended_at": one.ended_at.isoformat(),
                    "kept_until": floor.kept_until(one.ended_at, years).isoformat(),
                    "files": sorted(one.files.values()),
                    "deleted": apply,
                }
                for one in found
            ]
        )
        return
    for one in found:
        typer.echo(f"{one.ended_at:%d %b %Y}  {one.account_number}  {one.account_name}  {one.call_id}")
    if not found:
        typer.echo(f"No recording is older than {years} years, or all such are kept for a dispute.")
    elif apply:
        typer.echo(f"{len(found)} calls' recordings deleted; what was said stays in the book.")
    else:
        typer.echo(f"{len(found)} calls' recordings were kept {years} years. --apply deletes them.")
