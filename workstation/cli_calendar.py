"""``dunline gate calendar``: on which days of a year a contact may be called."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workstation.cli_desk import Account, Home, Json, OpenDesk, Person

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from compliance.calendar import Day


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
        desk = OpenDesk(home)
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
