"""``dunline audit figures``: what reviewers made of the rules, the ranking's lift, lines and promises."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workstation.cli_desk import Home, Json, OpenDesk
from workstation.desk.audit_figures import TOP

if TYPE_CHECKING:
    from workstation.desk.audit_figures import Share


def figures(
    top: Annotated[int, typer.Option(min=1, help="How many of the highest scores the lift looks at.")] = TOP,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print what reviewers made of each rule, the ranking's lift, and script lines beside promises kept."""
    from workstation.cli import _print_json, plainly

    with plainly():
        desk = OpenDesk(home)
        rules, months = desk.book.rule_figures(), desk.book.precision_by_month()
        found, lines = desk.book.audit_lift(top), desk.book.line_figures(desk.now)
    if as_json:
        _print_json(
            {
                "rules": [
                    {**asdict(r), "precision": _plain(r.precision), "recall": _plain(r.recall)} for r in rules
                ],
                "months": [{"month": m, "rule": r, "precision": _plain(s)} for m, r, s in months],
                "lift": {
                    "top": _plain(found.top),
                    "random": _plain(found.random),
                    "value": found.value,
                    "low": found.low,
                    "unknown": found.unknown,
                },
                "lines": [
                    {"line": line.line, "said": _plain(line.said), "unsaid": _plain(line.unsaid)}
                    for line in lines
                ],
            }
        )
        return
    for r in rules:
        typer.echo(
            f"{r.rule_id} {r.rule_version}: {r.findings} findings on {r.calls} calls; "
            f"precision {_said(r.precision)}; recall in the random sample {_said(r.recall)}"
        )
    known = (
        found.unknown
        if found.value is None
        else f"{found.value:.1f} times as many bad calls as listening at random (at least {found.low:.1f})"
    )
    typer.echo(
        f"lift: {'not known yet: ' if found.value is None else ''}{known}\n"
        f"  highest {top} reviewed: {_said(found.top)} bad; random sample: {_said(found.random)} bad"
    )
    for line in lines:
        typer.echo(
            f"{line.line}: promises kept {_said(line.said)} where it was said, "
            f"{_said(line.unsaid)} where not (they go together; that one causes the other is not shown)"
        )


def _said(share: Share) -> str:
    if share.value is None:
        return "none yet"
    low, high = share.interval
    return f"{share.value:.0%} ({share.hits} of {share.of}; {low:.0%} to {high:.0%})"


def _plain(share: Share) -> dict[str, Any]:
    return {"hits": share.hits, "of": share.of, "value": share.value, "interval": share.interval}
