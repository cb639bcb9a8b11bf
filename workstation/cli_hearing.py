"""The commands about what was said: search it, read it, hear it again."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from typing import Annotated

import typer

from workstation.cli_desk import Home, Json, OpenDesk, show_rows
from workstation.clock import clock_from_environment


def search(
    words: Annotated[str, typer.Argument(help="Words that were said in one utterance, in any order.")],
    finding: Annotated[str, typer.Option(help="Only calls on which this speech rule found something.")] = "",
    collector: Annotated[str, typer.Option(help="Only this user's calls.")] = "",
    account: Annotated[str, typer.Option(help="Only this account's calls.")] = "",
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="On the floor's clock.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="This day included.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Find what was said on any call, newest first; each word found stands between « and »."""
    from compliance.checks.rules import load_speech_rules
    from workstation.cli import plainly
    from workstation.desk.book import NotFound
    from workstation.desk.talk_search import TalkSearch

    with plainly():
        desk = OpenDesk(home)
        if finding and finding not in {rule.id for rule in load_speech_rules().rules}:
            raise NotFound(f"no speech rule {finding!r}; the files of compliance/rules name them")
        zone = desk.book.home_zone

        def midnight(day: datetime, later: int = 0) -> datetime:
            return datetime.combine(day.date() + timedelta(days=later), time(), zone).astimezone(UTC)

        hits = desk.book.search_talk(
            TalkSearch(
                words,
                rule=finding,
                collector_id=desk.user(collector) if collector else None,
                account_id=desk.account(account) if account else None,
                since=midnight(since) if since else None,
                until=midnight(until, 1) if until else None,
                limit=limit,
            )
        )
        lines = [
            f"{h.at.astimezone(zone):%Y-%m-%d %H:%M}  {h.call_id}  {_clock(h.second)} {h.leg.value:<6}  "
            f"{h.collector}, {h.account_number} {h.account_name}\n    {h.snippet}"
            for h in hits
        ]
        show_rows([{**asdict(h), "at": h.at.isoformat()} for h in hits], lines, "nothing", as_json=as_json)


def transcript(
    call_id: Annotated[str, typer.Argument(help="A call of the book.")],
    first: Annotated[
        bool, typer.Option("--first", help="As it was first heard, before it was heard again.")
    ] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print a call's words: those that stand, or those first heard."""
    from workstation.cli import plainly

    with plainly():
        book = OpenDesk(home).book
        book.call(call_id)  # names a call that does not exist
        words = book.first_heard(call_id) if first else book.utterances(call_id)
        lines = [f"{_clock(u.start)} {u.leg.value:<6}  {u.text}  ({u.confidence:.2f})" for u in words]
        again = book.how_heard(call_id)
        if again is not None and not first:
            engine, legs, at = again
            became = ", ".join(f"{leg} {what}" for leg, what in sorted(legs.items()))
            lines.insert(0, f"heard again {at:%Y-%m-%d %H:%M} UTC by {engine}: {became}")
        show_rows([asdict(u) for u in words], lines, "no words", as_json=as_json)


def hear_again(
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with whatever ends, as the switchboard's own pass does.")
    ] = False,
    calls: Annotated[int | None, typer.Option(min=1, help="This many at most, the newest first.")] = None,
    home: Home = None,
) -> None:
    """Hear ended calls again from their recordings, with more care than live; the first words are kept."""
    from workstation import hear_again as again
    from workstation.cli import _settings, plainly

    with plainly():
        done = again.run(_settings(home), clock_from_environment(), most=calls, follow=follow)
        typer.echo(f"{done} call(s) heard again")


def _clock(second: float) -> str:
    minutes, seconds = divmod(int(second), 60)
    return f"{minutes:02}:{seconds:02}"


def add_to(app: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.command()(search)
    app.command()(transcript)
    app.command("hear-again")(hear_again)
