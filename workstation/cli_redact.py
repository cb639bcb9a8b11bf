"""``dunline redact``: mask and mute what must not be kept, and look whether anything of it is there."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workstation.clock import Clock, clock_from_environment

if TYPE_CHECKING:
    from workstation.store.book import SqlBook


def redact(
    call_id: Annotated[str, typer.Argument(help="A call of the book.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every call, and every text of the book.")] = False,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Change nothing; say what leaks and where. Exit status 1 if any."),
    ] = False,
    audio: Annotated[
        bool, typer.Option("--audio", help="With --verify: check that muted stretches are silent, too.")
    ] = False,
    home: Annotated[Path | None, typer.Option("--home", help="Dunline's home (else DUNLINE_HOME).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Mask card data in texts and mute it in recordings (docs/redaction.md)."""
    from workstation import bootstrap, log
    from workstation.cli import plainly
    from workstation.config import load

    if not verify and bool(call_id) == every:
        raise typer.BadParameter("name a call, or give --all")
    if audio and not verify:
        raise typer.BadParameter("--audio goes with --verify: without it, audio is muted anyway")
    with plainly():
        settings = load(home)
        log.set_up(settings.log_file)
        recordings = bootstrap.recordings_of(settings)
        one = call_id or None
        with contextlib.closing(bootstrap.open_book(settings)) as book:
            if verify:
                said = _verify(book, recordings, one, audio=audio)
            else:
                said = _redact(book, recordings, one, clock_from_environment())
    if as_json:
        typer.echo(json.dumps(said, indent=2))
    else:
        _print(said, verify=verify)
    if said["leaks"] or said["audio"]:
        raise typer.Exit(1)


def _verify(book: SqlBook, recordings: Path, call_id: str | None, *, audio: bool) -> dict[str, Any]:
    from workstation.floor.muting import digest, loud

    leaks = book.leaks(call_id)
    problems: list[dict[str, Any]] = []
    owed = {owing.call_id for owing in book.redactions_owed()}
    for owing in book.redacted_calls(call_id):
        if owing.call_id in owed:
            problems.append({"call": owing.call_id, "problem": "the recordings are owed their muting"})
        if not audio or owing.call_id in owed:
            continue
        for name, start, end in loud(recordings, owing):
            problem = f"not silent from {start:.1f} to {end:.1f} s"
            problems.append({"call": owing.call_id, "file": name, "problem": problem})
        for name, known in owing.files.items():
            if (recordings / name).exists() and digest(recordings / name) != known:
                problem = "changed since it was muted"
                problems.append({"call": owing.call_id, "file": name, "problem": problem})
    return {"masked": 0, "muted": 0, "leaks": [_plain(leak) for leak in leaks], "audio": problems}


def _redact(book: SqlBook, recordings: Path, call_id: str | None, clock: Clock) -> dict[str, Any]:
    from compliance.audio import AudioError
    from dialer.recording import RecordingError
    from workstation.floor.muting import mute_call

    masked, left = book.redact(call_id, clock())
    muted, problems = 0, []
    for owing in book.redactions_owed():
        if call_id is not None and owing.call_id != call_id:
            continue
        try:
            files = mute_call(recordings, owing)
        except (AudioError, RecordingError, OSError) as wrong:
            problems.append({"call": owing.call_id, "problem": str(wrong)})
            continue
        book.redaction_paid(owing, files, clock())
        muted += len(files)
    return {"masked": masked, "muted": muted, "leaks": [_plain(leak) for leak in left], "audio": problems}


def _plain(leak: Any) -> dict[str, Any]:
    return {
        "table": leak.table,
        "row": leak.row,
        "column": leak.column,
        "kinds": sorted({kind.value for kind in leak.kinds}),
        **({"call": leak.call_id} if leak.call_id else {}),
    }


def _print(said: dict[str, Any], *, verify: bool) -> None:
    for leak in said["leaks"]:
        of_call = f"  call {leak['call']}" if "call" in leak else ""
        kinds = ", ".join(leak["kinds"])
        typer.echo(f"LEAK   {leak['table']}.{leak['column']} row {leak['row']}: {kinds}{of_call}")
    for problem in said["audio"]:
        file = f" {problem['file']}" if "file" in problem else ""
        typer.echo(f"AUDIO  call {problem['call']}{file}: {problem['problem']}")
    if verify:
        clean = not said["leaks"] and not said["audio"]
        typer.echo("nothing leaks" if clean else f"{len(said['leaks']) + len(said['audio'])} leak(s)")
    else:
        typer.echo(f"{said['masked']} text(s) masked, {said['muted']} recording(s) muted")
        if any(leak["table"] == "notes" for leak in said["leaks"]):
            typer.echo("notes are append-only: their leaks stay until the database's owner removes them")
