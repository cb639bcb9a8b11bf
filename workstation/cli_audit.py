"""``dunline audit``: the supervisor's list, reviews, coaching, evidence packs and clips."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workstation import cli_audit_figures
from workstation.cli_desk import Home, Json, OpenDesk, User
from workstation.desk.note import clock_of

if TYPE_CHECKING:
    from workstation.auditing import AuditRoom
    from workstation.desk.audit_figures import Judged
    from workstation.desk.review import ListRow, Sheet

Call = Annotated[str, typer.Argument(help="A call of the book, as the list names it.")]
What = Annotated[
    str, typer.Argument(help="Number of a finding as 'show' prints it, or a mismatch such as right-party.")
]
Second = Annotated[float, typer.Option("--at", min=0, help="Second of the call.")]


class _Desk(OpenDesk):
    """The open book with its recordings."""

    def __init__(self, home: Path | None) -> None:
        from workstation import bootstrap
        from workstation.cli import _settings

        super().__init__(home)
        self.room: AuditRoom = bootstrap.audit_room(_settings(home), self.book)


def list_calls(
    user: User,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="On the floor's clock.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="This day included.")
    ] = None,
    done: Annotated[bool, typer.Option("--done", help="Reviews that are committed.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List calls to review, the worst first, each with why it stands there."""
    from workstation.cli import _print_json, plainly

    with plainly():
        desk = _Desk(home)
        zone = desk.book.home_zone

        def midnight(day: datetime, later: int = 0) -> datetime:
            return datetime.combine(day.date() + timedelta(days=later), time(), zone).astimezone(UTC)

        page = desk.book.audit_list(
            desk.user(user),
            desk.now,
            since=midnight(since) if since else None,
            until=midnight(until, 1) if until else None,
            done=done,
            limit=limit,
        )
    if as_json:
        _print_json({"total": page.total, "calls": page.calls, "rows": [asdict(row) for row in page.rows]})
        return
    typer.echo(f"{page.total} of {page.calls} calls {'reviewed' if done else 'to review'}")
    for row in page.rows:
        typer.echo(_row(row))


def _row(row: ListRow) -> str:
    stands = row.state.value if not row.holder else f"{row.state.value} by {row.holder}"
    return (
        f"{row.place.score:5.1f}  {row.place.call_id}  {row.at:%d %b %H:%M} UTC  {row.collector} → "
        f"{row.party} ({row.account})  {clock_of(row.seconds)}  level {row.level} {stands}\n"
        f"       {' · '.join(row.place.reasons)}"
    )


def show(call: Call, user: User, home: Home = None, as_json: Json = False) -> None:
    """Print one call for review: words, findings with their numbers, verdicts, where the review stands."""
    from workstation.cli import _print_json, plainly

    with plainly():
        desk = _Desk(home)
        sheet = desk.book.audit_sheet(call, desk.user(user), desk.now)
    if as_json:
        _print_json(asdict(sheet))
        return
    for line in _sheet(sheet):
        typer.echo(line)


def _sheet(sheet: Sheet) -> list[str]:
    lines = [
        f"call {sheet.call_id} · {sheet.collector} → {sheet.party} ({sheet.account}) · "
        f"{sheet.at:%d %b %Y %H:%M} UTC · {clock_of(sheet.seconds)} · {sheet.disposition or 'no outcome'}",
        f"review: {sheet.standing.state.value}, level {sheet.standing.level}"
        + (f", open with {sheet.holder}" if sheet.holder else "")
        + (f"; on the list for: {' · '.join(sheet.place.reasons)}" if sheet.place else ""),
        "",
    ]
    verdicts = sheet.stands()
    for doubt in sheet.doubts:
        verdict = verdicts.get(doubt.target)
        said = f"{verdict.judged.value} by {verdict.username} {verdict.reason}" if verdict else "open"
        at = "  –  " if doubt.second is None else clock_of(doubt.second)
        lines.append(
            f"{doubt.target:<14} {at}  {doubt.severity.value:<8} {doubt.title}: {doubt.verdict.value} "
            f"{doubt.confidence:.2f}  [{said.strip()}]"
        )
    for added in sheet.added():
        at = "  –  " if added.second is None else clock_of(added.second)
        lines.append(f"{'added':<14} {at}  {added.rule_id}: {added.words!r} [by {added.username}]")
    lines.append("")
    lines += [f"{clock_of(u.start)}  {u.leg.value:<6}  {u.text}" for u in sheet.utterances]
    for note in sheet.coaching:
        lines.append(f"coaching #{note.id}  {note.author} to {note.to}: {note.text}")
    return lines


def confirm(
    call: Call,
    what: What,
    user: User,
    reason: Annotated[str, typer.Option(help="A word about it.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Confirm a finding: what the machine says is so."""
    from workstation.desk.audit_figures import Judged

    _judge(call, what, user, Judged.CONFIRMED, reason, home, as_json=as_json)


def reject(
    call: Call,
    what: What,
    user: User,
    reason: Annotated[str, typer.Option(help="Why it is a false alarm.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Reject a finding: a false alarm, with the reason."""
    from workstation.desk.audit_figures import Judged

    _judge(call, what, user, Judged.REJECTED, reason, home, as_json=as_json)


def _judge(
    call: str, what: str, user: str, judged: Judged, reason: str, home: Path | None, *, as_json: bool
) -> None:
    from workstation.cli import plainly

    target = f"finding:{what}" if what.isdecimal() else what
    if ":" not in target:
        target = f"mismatch:{target.upper().replace('-', '_')}"
    with plainly():
        desk = _Desk(home)
        number = desk.book.judge_finding(call, desk.user(user), target, judged, reason, desk.now)
    _done({"call": call, "target": target, "judged": judged.value, "verdict": number}, as_json=as_json)


def add(
    call: Call,
    user: User,
    rule: Annotated[str, typer.Option(help="Id of the speech rule that was broken.")],
    at: Second,
    words: Annotated[str, typer.Option(help="The words, or what was not said.")],
    leg: Annotated[str, typer.Option(help="agent or debtor")] = "agent",
    reason: Annotated[str, typer.Option(help="A word about it.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Add a fault that the machine missed; the rule's recall is worked out from these."""
    from compliance.transcription.words import Leg
    from workstation.cli import plainly
    from workstation.desk.book import InvalidEntry

    with plainly():
        if leg not in set(Leg):
            raise InvalidEntry(f"no leg {leg!r}: agent or debtor")
        desk = _Desk(home)
        number = desk.book.add_missed(
            call,
            desk.user(user),
            rule_id=rule,
            leg=Leg(leg),
            second=at,
            words=words,
            reason=reason,
            now=desk.now,
        )
    _done({"call": call, "rule": rule, "judged": "added", "verdict": number}, as_json=as_json)


def score(
    call: Call,
    user: User,
    answers: Annotated[
        list[str] | None, typer.Option("--answer", help="QUESTION=yes, no, n/a or a number; may be repeated.")
    ] = None,
    card: Annotated[str, typer.Option(help="Which scorecard, by id.")] = "standard",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Fill in a scorecard: what findings and figures answer is filled in already; prints what is asked."""
    from workstation.cli import _print_json, plainly
    from workstation.desk.book import InvalidEntry
    from workstation.desk.scorecard import fill, scorecard

    with plainly():
        desk = _Desk(home)
        given = {}
        for answer in answers or ():
            name, sign, value = answer.partition("=")
            if not sign:
                raise InvalidEntry(f"--answer {answer!r}: write QUESTION=yes, no, n/a or a number")
            given[name.strip()] = value
        sheet = desk.book.audit_sheet(call, desk.user(user), desk.now)
        scored = fill(scorecard(card, desk.room.cards), sheet, given)
        if given:
            desk.book.score_call(call, desk.user(user), scored.detail(), desk.now)
    if as_json:
        _print_json({**scored.detail(), "saved": bool(given)})
        return
    for one in scored.answers:
        mark = "fatal" if one.question.id in scored.fatal else f"{one.question.weight:g}"
        typer.echo(
            f"{one.said:>4}  {mark:>5}  {one.question.id:<20} {one.question.text}"
            + (f"  [{one.why}]" if one.why else "")
        )
    said = "nothing applies yet" if scored.score is None else f"score {scored.score}"
    typer.echo(f"{said} ({scored.card.id} {scored.card.version}){'' if given else '; nothing saved'}")


def pass_on(call: Call, user: User, home: Home = None, as_json: Json = False) -> None:
    """Pass a call to the next level: calibration, then decision."""
    from workstation.cli import plainly

    with plainly():
        desk = _Desk(home)
        level = desk.book.pass_review(call, desk.user(user), desk.now)
    _done({"call": call, "level": level}, as_json=as_json)


def commit(call: Call, user: User, home: Home = None, as_json: Json = False) -> None:
    """Finish and commit a review: what it was about is bound, so that nothing of it changes unseen."""
    from workstation.cli import plainly

    with plainly():
        desk = _Desk(home)
        desk.room.commit_review(call, desk.user(user), desk.now)
    _done({"call": call, "review": "committed"}, as_json=as_json)


def coach(
    call: Call,
    text: Annotated[str, typer.Argument(help="What the collector should know.")],
    user: User,
    at: Annotated[float | None, typer.Option("--at", min=0, help="Second of the call it is about.")] = None,
    answer: Annotated[int, typer.Option(help="Answer this message instead; either side may.")] = 0,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write to the collector who took a call, or answer; the thread is kept."""
    from workstation.cli import plainly

    with plainly():
        desk = _Desk(home)
        if answer:
            number = desk.book.answer_coaching(answer, desk.user(user), text, desk.now)
        else:
            number = desk.book.coach(call, desk.user(user), text, desk.now, second=at)
    _done({"call": call, "message": number}, as_json=as_json)


def pack(
    call: Call,
    user: User,
    to: Annotated[Path | None, typer.Option(help="The zip to write; else one in the home's folder.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write a call's evidence pack: audio, words, decision, findings, review, log; it verifies itself."""
    from workstation.cli import plainly

    with plainly():
        desk = _Desk(home)
        written = desk.room.pack(call, desk.user(user), desk.now, to)
    _done({"call": call, "pack": str(written)}, as_json=as_json)


def check_pack(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An evidence pack.")],
    as_json: Json = False,
) -> None:
    """Check an evidence pack as its own verify.py does; exit status 1 if anything does not fit."""
    from workstation.cli import _print_json, plainly
    from workstation.exchange.pack import check

    with plainly():
        checked = check(file)
    if as_json:
        _print_json(asdict(checked))
    else:
        for line in checked.wrong:
            typer.echo(f"✗ {line}")
        for line in checked.since:
            typer.echo(f"· {line}")
        if not checked.wrong:
            typer.echo("✓ " + ", ".join(f"{n} {what}" for what, n in checked.counts.items()))
    if checked.wrong:
        raise typer.Exit(1)


def clip(
    call: Call,
    user: User,
    start: Annotated[float, typer.Option("--from", min=0, help="Second it begins.")],
    end: Annotated[float, typer.Option("--until", min=0, help="Second it ends.")],
    leg: Annotated[str, typer.Option(help="agent, debtor or mixed")] = "mixed",
    to: Annotated[Path | None, typer.Option(help="The WAV to write; else one in the home's folder.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write a stretch of a call's recording as a WAV file."""
    from workstation.cli import plainly

    with plainly():
        desk = _Desk(home)
        desk.book.audit_sheet(call, desk.user(user), desk.now)
        written = desk.room.clip(call, leg, start, end, to)
    _done({"call": call, "clip": str(written)}, as_json=as_json)


def _done(said: dict[str, Any], *, as_json: bool) -> None:
    from workstation.cli import _print_json

    if as_json:
        _print_json(said)
        return
    typer.echo(" · ".join(f"{key} {value}" for key, value in said.items()))


def verify_reviews(desk_home: Path | None) -> int:
    """Print what changed of what committed reviews were bound to; returns the exit status."""
    desk = _Desk(desk_home)
    changed = desk.book.verify_reviews(desk.room.files_of)
    for one in changed:
        why = f"changed since by {one.because}" if one.sound else "ALTERED, and nothing on record explains it"
        typer.echo(f"{'·' if one.sound else '✗'} call {one.call_id}: {one.what}: {why}")
    bad = sum(not one.sound for one in changed)
    if not bad:
        explained = f", {len(changed)} changes on record" if changed else ""
        typer.echo(f"✓ reviews are as they were committed{explained}")
    return 1 if bad else 0


def add_to(audit: typer.Typer) -> None:
    """Hang the commands on the tree."""
    audit.command("list")(list_calls)
    audit.command("pass")(pass_on)
    audit.command("check-pack")(check_pack)
    for command in (show, confirm, reject, add, score, commit, coach, pack, clip, cli_audit_figures.figures):
        audit.command()(command)
