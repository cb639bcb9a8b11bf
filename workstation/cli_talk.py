"""``dunline talk`` and ``dunline audit mismatches``: what is made of a call after it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from workstation.cli_desk import Home, Json, OpenDesk
from workstation.desk.note import clock_of


def talk(
    call_id: Annotated[str, typer.Argument(help="A call of the book.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print what was caught from a call and how it was spoken: shares, overlap, dead air, pace."""
    from workstation.cli import _print_json, plainly

    with plainly():
        book = OpenDesk(home).book
        book.call(call_id)
        caught, metrics = book.caught(call_id), book.metrics(call_id)
    if as_json:
        spoken = None if metrics is None else {**asdict(metrics), "agent_share": metrics.agent_share}
        _print_json({"call": call_id, "caught": [asdict(c) for c in caught], "talk": spoken})
        return
    for fact in caught:
        flags = [name for name in ("conditional", "confirmed") if getattr(fact, name)]
        parts = [fact.value, fact.amount_minor, fact.day, fact.time_of_day, fact.method, fact.who, *flags]
        what = " ".join(str(part) for part in parts if part)
        typer.echo(f"{clock_of(fact.at)} {fact.kind.value:<9} {fact.confidence:.2f} {what}  {fact.text!r}")
    if metrics is None:
        typer.echo("not measured: there are no recordings, or the work after the call is not done")
        return
    typer.echo(
        f"collector {metrics.agent_seconds:.1f} s ({metrics.agent_share:.0%} of speech, "
        f"{metrics.agent_pace:.0f} words a minute, broke in {metrics.agent_interruptions} times)\n"
        f"debtor    {metrics.debtor_seconds:.1f} s ({metrics.debtor_pace:.0f} words a minute, "
        f"broke in {metrics.debtor_interruptions} times)\n"
        f"both at once {metrics.overlap_seconds:.1f} s · dead air {metrics.dead_air_seconds:.1f} s, "
        f"longest {metrics.longest_dead_air:.1f} s from {clock_of(metrics.longest_dead_air_at)}"
    )


def mismatches(home: Home = None, as_json: Json = False) -> None:
    """List dispositions that their talks do not bear out, newest first (docs/hearing-facts.md)."""
    from workstation.cli import _print_json, plainly

    with plainly():
        lines = OpenDesk(home).book.mismatches()
    if as_json:
        _print_json([{**asdict(line), "kind": line.mismatch.kind.name.lower()} for line in lines])
        return
    for line in lines:
        found = line.mismatch
        where = (
            ""
            if found.second is None
            else f"  {clock_of(found.second)} {found.confidence:.2f} {found.words!r}"
        )
        typer.echo(
            f"{line.at:%Y-%m-%d %H:%M} UTC  {line.call_id}  "
            f"{line.collector} → {line.party} ({line.account})\n"
            f"    {found.disposition}: {found.kind.value}{where}"
        )
    if not lines:
        typer.echo("every disposition fits its talk, as far as it was heard")


def add_to(app: typer.Typer, audit: typer.Typer) -> None:
    """Hang the commands on the tree."""
    app.command()(talk)
    audit.command()(mismatches)
