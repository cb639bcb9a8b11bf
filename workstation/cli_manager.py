"""The ``dunline`` commands of managers beside final notices: the portfolio, and strategies tried out."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation.cli_desk import Home, Json, OpenDesk, Reason, User, show_rows

if TYPE_CHECKING:
    from workstation.desk.strategy_edit import Preview, Tally

strategy_app = typer.Typer(
    help="How accounts are treated: tried out, and kept by date.", no_args_is_help=True
)
_File = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="A strategy; its name is the file's.")
]


def add_to(app: typer.Typer, report_app: typer.Typer) -> None:
    """Hang these commands on the tree."""
    app.add_typer(strategy_app, name="strategy")
    report_app.command("portfolio")(report_portfolio)


def report_portfolio(
    user: User,
    by: Annotated[str, typer.Option("--by", help="all, stage, segment or collector.")] = "all",
    group: Annotated[str, typer.Option("--group", help="Which of them; else the first.")] = "",
    currency: Annotated[str, typer.Option("--currency", help="Else the first.")] = "",
    why: Annotated[str, typer.Option("--why", help="List the accounts behind a figure, by its id.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print a group's figures over six months, or the accounts behind one (docs/portfolio.md)."""
    from workstation.cli import plainly
    from workstation.desk.book import InvalidEntry
    from workstation.desk.portfolio import Cut, behind, portfolio
    from workstation.store.portfolio import PortfolioDesk

    with plainly():
        if by not in list(Cut):
            raise InvalidEntry(f"no cut {by!r}: all, stage, segment or collector")
        desk = OpenDesk(home)
        lines = PortfolioDesk(desk.book).lines(desk.user(user), desk.now)
        found = portfolio(lines, currency, Cut(by), group)
        if group and found.group != group:
            known = ", ".join(g.key for g in found.groups)
            raise InvalidEntry(f"no group {group!r} by {by}; there are: {known}")
        if why:
            chosen = [r for r in found.rows if r.kpi == why and r.last is not None]
            if not chosen:
                known = ", ".join(dict.fromkeys(r.kpi for r in found.rows))
                raise InvalidEntry(f"no figure {why!r} here; there are: {known}")
            rows = [
                {"figure": r.title, **asdict(b), "value": str(b.value)}
                for r in chosen
                if r.last is not None
                for b in behind(lines, r.last, found.currency)
            ]
            told = [f"{r['figure']:<28} {r['number']:<12} {r['name']:<32.32} {r['shown']:>18}" for r in rows]
            show_rows(rows, told, f"no account is behind {why}", as_json=as_json)
            return
        rows = [
            {
                "figure": r.kpi,
                "title": r.title,
                **{
                    p.label: "" if f is None else f.shown()
                    for p, f in zip(found.periods, r.months, strict=True)
                },
            }
            for r in found.rows
        ]
        if not as_json:
            typer.echo(f"{found.group} · {found.currency} · as of {found.as_of:%d %b %Y}")
            for one in found.groups:
                typer.echo(f"  {one.key:<32} {one.accounts:>6,} accounts {one.open!s:>20}")
        told = [
            f"{r.title:<30}" + "".join(f" {'' if f is None else f.shown():>18}" for f in r.months[-3:])
            for r in found.rows
        ]
        show_rows(rows, told, "", as_json=as_json)


@strategy_app.command("list")
def list_strategies(user: User, home: Home = None, as_json: Json = False) -> None:
    """List the strategies in force, and since when."""
    from workstation.cli import plainly
    from workstation.strategy_desk import StrategyDesk

    with plainly():
        desk = OpenDesk(home)
        found = StrategyDesk(desk.book).texts(desk.user(user), desk.now)
        rows = [{**asdict(t), "title": t.read().title, "priority": t.read().priority} for t in found]
        lines = [
            f"{r['id']:<12} priority {r['priority']:<4} {r['title']:<28} "
            + (
                f"since {r['effective_on']} by {r['saved_by']}: {r['reason']}"
                if r["saved_by"]
                else "packaged"
            )
            for r in rows
        ]
        show_rows(rows, lines, "", as_json=as_json)


@strategy_app.command("show")
def show_strategy(
    name: Annotated[str, typer.Argument(help="The strategy's name.")], user: User, home: Home = None
) -> None:
    """Print a strategy as it is written, to edit it."""
    from workstation.cli import plainly
    from workstation.desk.book import NotFound
    from workstation.strategy_desk import StrategyDesk

    with plainly():
        desk = OpenDesk(home)
        found = {t.id: t for t in StrategyDesk(desk.book).texts(desk.user(user), desk.now)}
        if name not in found:
            raise NotFound(f"no strategy {name!r}; there are: {', '.join(found)}")
        typer.echo(found[name].text, nl=False)


@strategy_app.command("preview")
def preview_strategy(
    file: _File,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Else tonight.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Accounts to list.")] = 20,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Say what an edited strategy would change tonight: the planner on the real book; nothing is written."""
    from workstation.cli import _print_json, plainly
    from workstation.progress import Bars
    from workstation.strategy_desk import StrategyDesk

    with plainly():
        desk = OpenDesk(home)
        text = file.read_text(encoding="utf-8")
        with Bars():
            found = StrategyDesk(desk.book).preview(
                file.stem, text, desk.now, as_of.date() if as_of else None
            )
        if as_json:
            _print_json(asdict(found))
            return
        for line in preview_lines(found, limit):
            typer.echo(line)


def preview_lines(found: Preview, limit: int) -> list[str]:
    """A preview as lines: contacts before and after by channel, stage and segment, then the accounts."""

    def table(title: str, tallies: tuple[Tally, ...]) -> list[str]:
        return [
            title,
            *(
                f"  {t.key:<34} {t.before:>6} {t.after:>6} {t.more:>+6}"
                for t in tallies
                if t.before or t.after
            ),
        ]

    lines = [
        f"{found.strategy} on {found.as_of:%a %d %b %Y}: {found.accounts:,} accounts looked at, "
        f"{len(found.changed):,} treated differently",
        f"{'':36} {'now':>6} {'edited':>6}",
        *table("contacts", found.by_channel),
        *table("by stage", found.by_stage),
        *table("by segment", found.by_segment),
    ]
    lines += [
        f"{one.number:<12} {one.before:<26} -> {one.after:<26} {one.why}" for one in found.changed[:limit]
    ]
    if len(found.changed) > limit:
        lines.append(f"and {len(found.changed) - limit} more: --limit")
    return lines


@strategy_app.command("save")
def save_strategy(
    file: _File,
    user: User,
    reason: Reason,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; else the next run.")
    ] = None,
    home: Home = None,
) -> None:
    """Keep an edited strategy as a new version from a day on; the ones before stay in the book."""
    from workstation.cli import plainly
    from workstation.strategy_desk import StrategyDesk

    with plainly():
        desk = OpenDesk(home)
        strategies = StrategyDesk(desk.book)
        day = since.date() if since else strategies.tonight(desk.now)
        text = file.read_text(encoding="utf-8")
        strategies.save(file.stem, text, day, reason, desk.user(user), desk.now)
        typer.echo(f"{file.stem} holds from {day:%d %b %Y}")
