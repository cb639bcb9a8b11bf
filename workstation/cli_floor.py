"""``dunline floor``: who does what at this moment, as the switchboard tells it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from workstation.cli_desk import Home, Json

_WAIT_S = 5.0


def floor(
    user: Annotated[str, typer.Option(help="Who looks: somebody who may watch the floor.")],
    code: Annotated[str, typer.Option(help="One-time code, where yours is asked for.")] = "",
    follow: Annotated[bool, typer.Option("--follow", help="Go on with changes until Ctrl-C.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print who is on the floor, in which state, since when; the password is asked for, or piped."""
    from workstation.cli import _password, _settings, plainly
    from workstation.floor.messages import SignIn

    with plainly():
        settings = _settings(home)
        credentials = SignIn(username=user, password=_password(), code=code)
        raise typer.Exit(asyncio.run(_floor(settings, credentials, follow=follow, as_json=as_json)))


async def _floor(settings: Any, credentials: Any, *, follow: bool, as_json: bool) -> int:
    from workstation import bootstrap
    from workstation.floor import messages as m

    client = bootstrap.client(settings)
    events: asyncio.Queue[m.FloorSnapshot | m.FloorChanged] = asyncio.Queue()

    def take(event: m.Event) -> None:
        if isinstance(event, m.FloorSnapshot | m.FloorChanged):
            events.put_nowait(event)

    client.on_event(take)
    await client.connect()
    try:
        for command in (credentials, m.WatchFloor()):
            answer = await client.ask(command)
            if isinstance(answer, m.Reply) and not answer.ok:
                typer.echo(f"dunline: {answer.error}", err=True)
                return 1
        async with asyncio.timeout(_WAIT_S):
            first = await events.get()
        _print(first, as_json=as_json, line=follow)
        while follow:
            event = await events.get()
            if event.rows or (isinstance(event, m.FloorChanged) and event.gone):
                _print(event, as_json=as_json, line=True)
    finally:
        await client.close()
    return 0


def _print(event: Any, *, as_json: bool, line: bool) -> None:
    import json

    from workstation.floor.messages import to_plain
    from workstation.ui.figures import length
    from workstation.ui.text import fit

    if as_json:
        plain = to_plain(event)
        for row in plain["rows"]:
            row["since"] = datetime.fromtimestamp(row["since"], UTC).isoformat(timespec="seconds")
        plain["at"] = datetime.fromtimestamp(plain["at"], UTC).isoformat(timespec="seconds")
        typer.echo(json.dumps(plain, ensure_ascii=False, indent=None if line else 2))
        return
    for row in event.rows:
        about = row.account or (f"{row.pause} (by {row.paused_by})" if row.paused_by else row.pause)
        alarm = "!" if row.alarm else " "
        seconds = length(event.at - row.since)
        said = f"{fit(about, 32)} {fit(row.finding, 26)}".rstrip()
        tally = f"{row.calls:>3} {row.right_party:>3} {row.promises:>3}"
        typer.echo(f"{alarm} {fit(row.name, 22)} {fit(row.state, 11)} {seconds:>8} {tally}  {said}".rstrip())
    for user_id in getattr(event, "gone", ()):
        typer.echo(f"- user {user_id} has left the floor")
    if not event.rows and not getattr(event, "gone", ()):
        typer.echo("nobody is on the floor")
