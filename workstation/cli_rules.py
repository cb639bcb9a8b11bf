"""``dunline rules``: the rulebook at the command line, with the same words as the screens."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workstation.clock import clock_from_environment

if TYPE_CHECKING:
    from compliance.rule import Dated, Rule
    from compliance.rulebook import Rulebook

rules_app = typer.Typer(
    help="The gate's rules: list, show and check them, and see what a date changes.",
    no_args_is_help=True,
)

Rules = Annotated[
    Path | None, typer.Option("--rules", help="A directory of rule files (else the packaged ones).")
]
At = Annotated[datetime | None, typer.Option("--at", formats=["%Y-%m-%d"], help="A day, else today.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Profile = Annotated[str | None, typer.Option("--profile", help="Only rules that this profile holds.")]


@rules_app.command("list")
def list_rules(
    rules: Rules = None,
    at: At = None,
    profile: Profile = None,
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Only rules whose primary text nobody has read.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the rules in force on a date."""
    from compliance.contact import Level
    from workstation.cli import plainly

    with plainly():
        book, day = _load(rules), _day(at)
        held = _profile(book, profile)
        rows = [
            {
                "rule": rule.id,
                "title": rule.title,
                "citation": rule.citation,
                "verified": rule.verified,
                "effective": dated.effective.isoformat(),
                "until": _until(rule, dated),
                **({} if held is None else {"level": held.level(rule).value}),
            }
            for rule in sorted(book.rules.values(), key=lambda rule: rule.id)
            if (dated := _in_force(rule, day)) is not None
            and not (unverified and rule.verified)
            and not (held is not None and held.level(rule) is Level.OFF)
        ]
    if as_json:
        _print_json({"rulebook": book.version, "at": day.isoformat(), "rules": rows})
        return
    for row in rows:
        level = f"{row['level']:<10} " if "level" in row else ""
        mark = "" if row["verified"] else "  (not verified)"
        typer.echo(f"{level}{row['rule']}  {row['title']}{mark}")
    typer.echo(f"{len(rows)} rules in force on {day.isoformat()}, rulebook {book.version}")


@rules_app.command()
def show(
    rule_id: Annotated[str, typer.Argument(help="Such as us/seven-in-seven.")],
    rules: Rules = None,
    as_json: Json = False,
) -> None:
    """Show one rule: what it rests on, whom it reaches, its values by date, its level in each profile."""
    from workstation.cli import plainly

    with plainly():
        book = _load(rules)
        rule = _rule(book, rule_id)
    shown = _shown(book, rule)
    if as_json:
        _print_json(shown)
        return
    typer.echo(f"{rule.id}: {rule.title}")
    typer.echo(rule.why)
    typer.echo(f"source    {rule.citation}{'' if rule.verified else '  (nobody has read the primary text)'}")
    for key, value in shown["reach"].items():
        typer.echo(f"reaches   {key}: {value}")
    for value in shown["values"]:
        what = "repealed" if value["repealed"] else value["value"]
        typer.echo(f"from      {value['effective']}: {what}")
    for name, level in shown["levels"].items():
        typer.echo(f"{level:<10}{name}")


@rules_app.command()
def check(
    directory: Annotated[Path, typer.Argument(help="A directory of rule files.")],
    cases: Annotated[
        Path | None, typer.Option("--cases", help="Case files to run against these rules.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read a directory of rule files and say what is wrong with it; exit status 1 when cases fail."""
    from compliance.cases import run_cases
    from workstation.cli import plainly

    with plainly():
        book = _load(directory)
        results = () if cases is None else run_cases(cases, book)
    failed = [result.line() for result in results if result.failures]
    unread = sorted(rule.id for rule in book.rules.values() if not rule.verified)
    if as_json:
        _print_json(
            {
                "rulebook": book.version,
                "rules": len(book.rules),
                "profiles": sorted(book.profiles),
                "not_verified": unread,
                "cases": len(results),
                "failed": failed,
            }
        )
    else:
        for line in failed:
            typer.echo(line)
        typer.echo(
            f"{len(book.rules)} rules ({len(unread)} not verified), {len(book.profiles)} profiles: whole"
        )
        if cases is not None:
            typer.echo(f"{len(results) - len(failed)} cases passed, {len(failed)} failed")
    if failed:
        raise typer.Exit(1)


@rules_app.command()
def diff(
    at: Annotated[datetime, typer.Option("--at", formats=["%Y-%m-%d"], help="The day to compare with.")],
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The other day, else today.")
    ] = None,
    rules: Rules = None,
    as_json: Json = False,
) -> None:
    """Say what changes between two dates: rules that begin, end, or take another value."""
    from workstation.cli import plainly

    with plainly():
        book, begin, end = _load(rules), _day(since), _day(at)
    changes: list[dict[str, str]] = []
    for rule in sorted(book.rules.values(), key=lambda rule: rule.id):
        before, after = _in_force(rule, begin), _in_force(rule, end)
        if before is after:
            continue
        what = "begins" if before is None else "ends" if after is None else "changes"
        was, now = ("" if dated is None else _value(dated) for dated in (before, after))
        changes.append({"rule": rule.id, "change": what, "from": was, "to": now, "citation": rule.citation})
    if as_json:
        _print_json({"from": begin.isoformat(), "to": end.isoformat(), "changes": changes})
        return
    for change in changes:
        typer.echo(f"{change['change']:<8} {change['rule']}  {change['from'] or '-'} → {change['to'] or '-'}")
    typer.echo(f"{len(changes)} changes from {begin.isoformat()} to {end.isoformat()}")


@rules_app.command()
def schema() -> None:
    """Print the JSON Schema of case files, for an editor."""
    from compliance.caseschema import schema_text

    typer.echo(schema_text(), nl=False)


def _load(directory: Path | None) -> Rulebook:
    from compliance.rulebook import PACKAGED, Rulebook

    return Rulebook.load(directory or PACKAGED)


def _day(day: datetime | None) -> date:
    return day.date() if day else clock_from_environment()().date()


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _rule(book: Rulebook, rule_id: str) -> Rule:
    from compliance.rulefile import nearest

    try:
        return book.rules[rule_id]
    except KeyError:
        hint = nearest(rule_id, list(book.rules)) if len(rule_id) > 1 else "see: dunline rules list"
        raise typer.BadParameter(f"no rule {rule_id!r}; {hint}") from None


def _profile(book: Rulebook, profile_id: str | None) -> Any:
    from compliance.rulebook import UnknownProfileError

    if profile_id is None:
        return None
    try:
        return book.profile(profile_id)
    except UnknownProfileError as unknown:
        raise typer.BadParameter(str(unknown)) from None


def _in_force(rule: Rule, day: date) -> Dated | None:
    dated = rule.value_at(day)
    return None if dated is None or dated.repealed else dated


def _until(rule: Rule, dated: Dated) -> str | None:
    later = [other.effective for other in rule.values if other.effective > dated.effective]
    return min(later).isoformat() if later else None


def _value(dated: Dated) -> str:
    return ", ".join(f"{key} = {value}" for key, value in dated.text.items()) or "in force"


def _shown(book: Rulebook, rule: Rule) -> dict[str, Any]:
    reach = rule.reach
    sets = {
        "roles": reach.roles,
        "debtors": reach.debtors,
        "profiles": reach.profiles,
        "media": reach.media,
        "number_kinds": reach.number_kinds,
        "places": reach.places,
        "except_persons": reach.except_persons,
    }
    return {
        "rule": rule.id,
        "title": rule.title,
        "why": rule.why,
        "citation": rule.citation,
        "verified": rule.verified,
        "unit": rule.unit,
        "step": rule.step.value,
        "never_off": rule.never_off,
        "two_person": rule.two_person,
        "reach": {key: ", ".join(sorted(values)) for key, values in sets.items() if values}
        | ({} if reach.debts is None else {"debts": str(reach.debts)}),
        "values": [
            {"effective": d.effective.isoformat(), "repealed": d.repealed, "value": _value(d)}
            for d in reversed(rule.values)
        ],
        "levels": {name: book.level(name, rule.id).value for name in sorted(book.profiles)},
    }
