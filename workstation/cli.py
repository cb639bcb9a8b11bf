"""The ``dunline`` command. Each job of the screens has a twin here, with `--json` for programs to read."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from workstation.clock import clock_from_environment
from workstation.config import ConfigError, Settings, load

app = typer.Typer(
    name="dunline",
    help="A collector's call workstation: queue, calls, live transcript, compliance checks, notes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Home = Annotated[Path | None, typer.Option("--home", help="Dunline's home (else DUNLINE_HOME).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_MARKS = {"ok": "✓", "missing": "–", "broken": "✗"}


@contextlib.contextmanager
def plainly() -> Iterator[None]:
    """Turn what a user can mend into one line on standard error and exit status 2."""
    try:
        yield
    except Exception as wrong:
        if isinstance(wrong, typer.Exit) or not isinstance(wrong, _mendable()):
            raise
        typer.echo(f"dunline: {wrong}", err=True)
        raise typer.Exit(2) from None


def _mendable() -> tuple[type[Exception], ...]:
    """What users can mend. Imported only when something went wrong: a start must not pay for it."""
    from compliance.checks.phrase import PhraseError
    from compliance.checks.rules import RuleError
    from compliance.evaluation.labels import LabelError
    from compliance.rulefile import RuleFileError
    from compliance.transcription.engine import EngineError
    from compliance.transcription.model import ModelError
    from dialer.call import CallError
    from workstation.bootstrap_switchboard import AlreadyRunning
    from workstation.desk.book import BookError
    from workstation.exchange.export import ExportRefused
    from workstation.exchange.pack import PackError
    from workstation.exchange.post.smtp import SmtpUnavailable
    from workstation.exchange.report import ImportRefused
    from workstation.floor.client import SwitchboardLost
    from workstation.floor.session import SessionError
    from workstation.plant import PlantError

    return (
        AlreadyRunning,
        BookError,
        CallError,
        ConfigError,
        EngineError,
        ExportRefused,
        ImportRefused,
        LabelError,
        ModelError,
        PackError,
        PhraseError,
        PlantError,
        RuleError,
        RuleFileError,
        SessionError,
        SmtpUnavailable,
        SwitchboardLost,
    )


def _settings(home: Path | None) -> Settings:
    from workstation import log

    settings = load(home)
    log.set_up(settings.log_file)
    return settings


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


@app.command()
def demo(
    home: Home = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="Work one account without a terminal and print what happened.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin again with a new book.")] = False,
    role: Annotated[
        str, typer.Option(help="Sign in as: dana (collector), morgan (supervisor), kei (manager).")
    ] = "dana",
) -> None:
    """Open the workstation on a book of fictional debtors who answer the phone."""
    from workstation import demo as show

    with plainly():
        raise typer.Exit(show.run(home, headless=headless, fresh=fresh, role=role))


@app.command("open")
def open_workstation(home: Home = None) -> None:
    """Open the workstation in this terminal."""
    from workstation import bootstrap

    with plainly():
        settings = _settings(home)
        # A page of dunline serve hands over who signed in; nothing this process starts may see it.
        token = os.environ.pop("DUNLINE_SESSION", "")
        bootstrap.workstation(settings, clock_from_environment(), token=token).run()


@app.command()
def switchboard(home: Home = None) -> None:
    """Run the switchboard of this machine's Asterisk. Calls stay up when it ends."""
    from workstation.bootstrap_switchboard import run_switchboard
    from workstation.progress import Bars

    with plainly():
        settings = _settings(home)

        async def serve() -> None:
            task = asyncio.ensure_future(
                run_switchboard(settings, clock_from_environment(), bars, _ready(settings))
            )
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, task.cancel)
            with contextlib.suppress(asyncio.CancelledError):
                await task

        with Bars() as bars:
            asyncio.run(serve())


def _ready(settings: Settings) -> Callable[[int], None]:
    def ready(taken_over: int) -> None:
        calls = f", {taken_over} call(s) taken over" if taken_over else ""
        typer.echo(f"switchboard ready: {settings.switchboard_socket}{calls}", err=True)

    return ready


@app.command()
def down(home: Home = None) -> None:
    """End this home's Asterisk and practice line, and every call in them."""
    from workstation.plant import Plant

    with plainly():
        Plant.stop(_settings(home))


@app.command()
def doctor(
    home: Home = None,
    fix: Annotated[bool, typer.Option("--fix", help="Get what is missing.")] = False,
    only: Annotated[str, typer.Option(help="'parts': only what set-up can fetch.")] = "",
    as_json: Json = False,
) -> None:
    """Say what is there, what is missing, and how to get it."""
    from workstation import doctor as surgery
    from workstation.progress import Bars

    with plainly():
        settings = load(home)
        if fix:
            with Bars() as bars:
                list(surgery.fix(settings, bars))
        parts = list(surgery.examine(settings, only_parts=only == "parts"))
    if as_json:
        _print_json(
            [{"name": p.name, "state": p.state, "detail": p.detail, "remedy": p.remedy} for p in parts]
        )
    else:
        for part in parts:
            typer.echo(f" {_MARKS[part.state]} {part.name:<14} {part.state:<8} {part.detail}")
            if part.remedy:
                typer.echo(f"{'':27}→ {part.remedy}")
    if any(part.state != "ok" for part in parts):
        raise typer.Exit(1)


@app.command("import")
def import_files(
    accounts: Annotated[Path | None, typer.Option(help="CSV of accounts.")] = None,
    contacts: Annotated[
        Path | None, typer.Option(help="CSV of people, numbers and addresses for accounts in the book.")
    ] = None,
    invoices: Annotated[Path | None, typer.Option(help="CSV of invoices.")] = None,
    home: Home = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Directory for rejected rows; else beside each file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take accounts, contacts and invoices into the book; bad rows are kept aside (docs/import.md)."""
    from workstation import bootstrap, headless

    with plainly():
        settings = _settings(home)
        book = bootstrap.open_book(settings)
        status = headless.import_files(
            book, settings, accounts, contacts, invoices, rejects, clock_from_environment(), as_json=as_json
        )
    raise typer.Exit(status)


@app.command()
def queue(
    home: Home = None,
    user: Annotated[str, typer.Option(help="Whose queue.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    later: Annotated[bool, typer.Option("--later", help="Those not callable now, and until when.")] = False,
    to: Annotated[Path | None, typer.Option(help="Write a .csv or .xlsx instead.")] = None,
    as_json: Json = False,
) -> None:
    """Print the work queue with its reasons."""
    from workstation import bootstrap, headless

    with plainly():
        book = bootstrap.open_book(_settings(home))
        headless.print_queue(book, user, clock_from_environment(), limit, later=later, as_json=as_json, to=to)


@app.command("call")
def place_call(
    account: Annotated[str, typer.Argument(help="Account number, such as A-10482.")],
    user: Annotated[str, typer.Option(help="Who calls.")],
    number: Annotated[str, typer.Option(help="One of the account's numbers, E.164; else the best.")] = "",
    extension: Annotated[
        str, typer.Option(help="Your SIP phone; else your usual one, or the practice line.")
    ] = "",
    code: Annotated[str, typer.Option(help="One-time code, where yours is asked for.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Place one call and follow it in plain lines; Ctrl-C hangs up. The password is asked for, or piped."""
    from workstation import headless_call
    from workstation.floor.messages import SignIn

    with plainly():
        settings = _settings(home)
        password = _password()
        credentials = SignIn(username=user, password=password, extension=extension, code=code)
        raise typer.Exit(
            asyncio.run(
                headless_call.call(
                    settings, clock_from_environment(), credentials, account, number, as_json=as_json
                )
            )
        )


def _password(*, confirm: bool = False) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=confirm))
    return sys.stdin.readline().rstrip("\n")


gate_app = typer.Typer(help="Explain the gate's verdicts; run files of cases.", no_args_is_help=True)
app.add_typer(gate_app, name="gate")


@gate_app.command("explain")
def gate_explain(
    account: Annotated[str, typer.Argument(help="Account number, such as A-10482.")],
    at: Annotated[datetime | None, typer.Option(help="Instant, ISO 8601 in UTC; else now.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show each rule's verdict on calling an account, with citation, inputs and the next eligible time."""
    from workstation import bootstrap, headless

    with plainly():
        book = bootstrap.open_book(_settings(home))
        headless.explain_gate(book, account, at, clock_from_environment(), as_json=as_json)


@gate_app.command("cases")
def gate_cases(directory: Annotated[Path, typer.Argument(exists=True)], as_json: Json = False) -> None:
    """Run case files (docs/rules.md) and print failures; exit status 1 if any fails."""
    from workstation import headless

    with plainly():
        raise typer.Exit(headless.run_cases(directory, as_json=as_json))


audit_app = typer.Typer(help="Calls to review, reviews, and the audit log.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")


@audit_app.command("verify")
def verify_audit(home: Home = None) -> None:
    """Recompute the hash chain and check committed reviews; exit status 1 if anything was altered."""
    from workstation import bootstrap, headless
    from workstation.cli_audit import verify_reviews

    with plainly():
        log = headless.verify_audit(bootstrap.open_book(_settings(home)))
        raise typer.Exit(verify_reviews(home) or log)


@app.command()
def transcribe(
    recording: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A WAV file of one leg.")],
    leg: Annotated[str, typer.Option(help="agent or debtor")] = "debtor",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print what a recording of one leg says, with times and confidence."""
    from workstation import headless

    with plainly():
        headless.transcribe(load(home), recording, leg, as_json=as_json)


# The ledger's commands are a module of their own; they hang themselves on the same tree.
from workstation import (  # noqa: E402
    cli_audit,
    cli_browser,
    cli_calendar,
    cli_eval,
    cli_final,
    cli_floor,
    cli_hearing,
    cli_leave,
    cli_ledger,
    cli_manager,
    cli_redact,
    cli_retention,
    cli_rules,
    cli_standing,
    cli_talk,
    cli_users,
)

cli_ledger.add_to(app)
cli_browser.add_to(app)
app.add_typer(cli_rules.rules_app, name="rules")
cli_leave.add_to(app)
cli_final.add_to(app)
cli_manager.add_to(app, cli_ledger.report_app)
cli_talk.add_to(app, audit_app)
cli_audit.add_to(audit_app)
cli_hearing.add_to(app)
cli_eval.add_to(app)
app.add_typer(cli_standing.standing_app, name="standing")
gate_app.command("calendar")(cli_calendar.calendar)
app.add_typer(cli_users.users_app, name="users")
app.command("floor")(cli_floor.floor)
app.command("redact")(cli_redact.redact)
app.command("retention")(cli_retention.retention)


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()
