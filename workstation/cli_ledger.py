"""The ``dunline`` commands of the receivables department: tables, stages, letters, mail, figures."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workstation.clock import clock_from_environment
from workstation.config import ConfigError, load

if TYPE_CHECKING:
    pass

Home = Annotated[Path | None, typer.Option("--home", help="Dunline's home (else DUNLINE_HOME).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsOf = Annotated[datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="A day, else today.")]

table_app = typer.Typer(help="Invoices and payments from other systems, CSV or XLSX.", no_args_is_help=True)
stage_app = typer.Typer(help="The six stages, from notice to last chance.", no_args_is_help=True)
letters_app = typer.Typer(help="Letters and mails.", no_args_is_help=True)
report_app = typer.Typer(help="Figures.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Hang these commands on the tree."""
    app.add_typer(table_app, name="table")
    app.add_typer(stage_app, name="stage")
    app.add_typer(letters_app, name="letters")
    app.add_typer(report_app, name="report")
    app.command("example")(guided_example)


def guided_example(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A list of invoices, CSV.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day.")],
    days: Annotated[int, typer.Option(min=1, max=366)] = 91,
    customers: Annotated[int, typer.Option(min=0, help="Only so many customers; 0: all.")] = 0,
    home: Annotated[Path | None, typer.Option("--home", help="A new folder for the example.")] = None,
) -> None:
    """Live through a list of invoices day by day: stages, letters, mails and figures (docs/example.md)."""
    from workstation.cli import plainly
    from workstation.config import default_home
    from workstation.example import ExampleError, run_example
    from workstation.progress import Bars

    with plainly(), Bars() as bars:
        try:
            target = home or default_home() / "example"
            outcome = run_example(file, target, first.date(), days, typer.echo, bars, customers=customers)
        except ExampleError as error:
            raise ConfigError(str(error)) from None
    typer.echo(f"Look into {outcome.home}: mails/, letters/, and the book (--home {outcome.home}).")


def _day(as_of: datetime | None) -> date:
    return as_of.date() if as_of else clock_from_environment()().date()


# ---- tables ----------------------------------------------------------------------------------------------


@table_app.command("mapping")
def show_mapping(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    kind: Annotated[str, typer.Option(help="invoices or payments; else guessed.")] = "",
) -> None:
    """Propose what a file's columns mean, as a mapping file to confirm or mend."""
    from workstation.cli import plainly
    from workstation.exchange.mapping import propose_mapping

    with plainly():
        proposal = propose_mapping(file, kind=kind)
    typer.echo(f"# looks like {proposal.system or 'no system we know'}")
    for guess in proposal.guesses:
        typer.echo(f"# {guess.field:<18} {guess.heading:<28} {guess.confidence:.0%}  {guess.why}")
    for note in proposal.notes:
        typer.echo(f"# {note}")
    for question in proposal.questions:
        typer.echo(f"# QUESTION: {question}")
    if proposal.unused:
        typer.echo(f"# not read: {', '.join(proposal.unused)}")
    typer.echo(proposal.mapping.to_toml())


@table_app.command("import")
def import_table(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    mapping: Annotated[Path | None, typer.Option(help="A mapping file; else the proposal is taken.")] = None,
    create_accounts: Annotated[bool, typer.Option(help="Open accounts for unknown customers.")] = False,
    as_of: AsOf = None,
    reject_dir: Annotated[Path | None, typer.Option(help="Where rejected rows go.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Import invoices or payments; the same file twice changes nothing; rejected rows are kept aside."""
    from workstation import bootstrap
    from workstation.cli import plainly
    from workstation.exchange.bulk import import_file
    from workstation.exchange.mapping import load_mapping, propose_mapping
    from workstation.exchange.report import Defaults
    from workstation.progress import Bars
    from workstation.store.intake import SqlIntake

    with plainly():
        settings = load(home)
        columns = load_mapping(mapping, file) if mapping else propose_mapping(file).mapping
        book = bootstrap.open_book(settings)
        with Bars() as bars:
            report = import_file(
                SqlIntake(book),
                file,
                columns,
                clock_from_environment()(),
                defaults=Defaults(company=settings.company.name),
                create_accounts=create_accounts,
                as_of=as_of.date() if as_of else None,
                reject_dir=reject_dir,
                progress=bars,
            )
    if as_json:
        typer.echo(json.dumps(asdict(report), default=str, indent=2))
    else:
        counts = f"{report.created} created, {report.changed} changed, {report.unchanged} unchanged"
        typer.echo(f"{report.path}: {counts}, {report.rejects} rejected")
        for reject in report.first_rejects:
            typer.echo(f"  line {reject.line}, {reject.column}: {reject.reason}")
        if report.reject_file:
            typer.echo(f"  rejected rows: {report.reject_file}")
    if report.rejects:
        raise typer.Exit(1)


@table_app.command("statement")
def read_bank_statement(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CAMT.053 or BAI2.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the matches; book nothing.")] = False,
    home: Home = None,
) -> None:
    """Match a bank statement with open invoices; sure matches are booked, the rest waits for a person."""
    from workstation import bootstrap
    from workstation.cli import plainly
    from workstation.exchange.matching import apply, match
    from workstation.exchange.statements import read_statement
    from workstation.store.bank import SqlReceivables

    with plainly():
        book = SqlReceivables(bootstrap.open_book(load(home)))
        found = match(book, read_statement(file))
        if dry_run:
            known = len(found.known)
            typer.echo(f"{len(found.sure)} sure, {len(found.unsure)} for a person, {known} known already")
            return
        applied = apply(book, found, clock_from_environment()())
    typer.echo(
        f"{applied.payments} booked, {applied.waiting} wait for a person, {applied.known} known already"
    )


# ---- stages ----------------------------------------------------------------------------------------------


@stage_app.command("run")
def run_stages(
    as_of: AsOf = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")] = False,
    user: Annotated[
        str, typer.Option(help="In whose name mails and letters are queued; else none are.")
    ] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Run every account's stage for a day: durable, resumable, and the same day twice does nothing."""
    from workstation import bootstrap
    from workstation.cli import plainly

    with plainly():
        settings = load(home)
        book = bootstrap.open_book(settings)
        day, now = _day(as_of), clock_from_environment()()
        if as_of:  # a day named is run as if it were that day's evening
            now = datetime.combine(day, time(23), UTC)
        if dry_run:
            from workstation.store.stages import run_stages as run

            report = run(book, day, now, dry_run=True)
        else:
            from workstation.floor.nightly import run_night
            from workstation.floor.nightly_post import OutboxPost

            post = (
                OutboxPost(book, book.find_user(user).user_id, bootstrap.post_settings(settings))
                if user
                else None
            )
            report = run_night(book, day, now, settings.home / "nightly.db", post=post)
    if as_json:
        typer.echo(json.dumps(asdict(report), default=str, indent=2))
        return
    for line in report.lines:
        what = f"{line.channel} {line.step}".strip() or "–"
        typer.echo(
            f"{line.number:<12} stage {line.stage}  {what:<28} {line.segment}: {'; '.join(line.reasons)}"
        )
        for event in line.events:
            typer.echo(f"{'':13}{event}")
    done = " (done before)" if report.already_done else ""
    counts = ", ".join(f"{n} {kind}" for kind, n in sorted(report.counts.items()))
    typer.echo(f"{report.as_of}: {report.accounts} accounts{done}. {counts or 'nothing to do'}")


@stage_app.command("history")
def stage_history(account: str, home: Home = None) -> None:
    """Read an account's stages aloud: one dated sentence a step."""
    from workstation import bootstrap
    from workstation.cli import plainly
    from workstation.store.stages_read import stage_history as history

    with plainly():
        book = bootstrap.open_book(load(home))
        for sentence in history(book, book.find_account(account)):
            typer.echo(sentence)


# ---- letters and mail ------------------------------------------------------------------------------------


@letters_app.command("list")
def list_letters(profile: str = "b2b-first-party") -> None:
    """List the mails and letters of a profile."""
    from scripts.letters import LetterCatalog
    from workstation.cli import plainly

    with plainly():
        catalog = LetterCatalog.load()
        found = {
            x.id: x
            for stage in range(1, 7)
            for m in ("email", "letter")
            for x in catalog.letters(profile, stage, m)
        }
        for letter in found.values():
            stages = ", ".join(map(str, sorted(letter.stages)))
            typer.echo(f"{letter.id:<22} {letter.medium:<7} stage {stages:<12} {letter.title}")


@letters_app.command("render")
def render_letter(
    account: str,
    template: str,
    to: Annotated[Path, typer.Option(help="The PDF to write.")],
    user: Annotated[str, typer.Option(help="Who signs.")],
    reply_by: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The deadline named.")
    ] = None,
    home: Home = None,
) -> None:
    """Write a letter as PDF, to look at: nothing is queued or recorded."""
    from workstation import bootstrap
    from workstation.cli import plainly
    from workstation.exchange.post.mail import render_letter as render

    with plainly():
        settings = load(home)
        book = bootstrap.open_book(settings)
        pdf = render(
            book,
            book.find_account(account),
            template,
            clock_from_environment()(),
            user_id=book.find_user(user).user_id,
            settings=bootstrap.post_settings(settings),
            reply_by=reply_by.date() if reply_by else None,
        )
        to.write_bytes(pdf)
        typer.echo(f"{to}: {len(pdf):,} bytes")


@letters_app.command("send")
def send_mail(
    limit: Annotated[int, typer.Option(min=1)] = 100, home: Home = None, as_json: Json = False
) -> None:
    """Hand the mails that are due to the mail server, each once."""
    from workstation import bootstrap
    from workstation.cli import plainly
    from workstation.exchange.post.mail import send_due
    from workstation.exchange.post.smtp import Smtp

    with plainly():
        settings = load(home)
        post = bootstrap.post_settings(settings)
        file = settings.post.smtp.password_file
        password = Path(file).read_text(encoding="utf-8").rstrip("\n") if file else ""
        book = bootstrap.open_book(settings)
        report = send_due(book, Smtp(post.smtp, password), clock_from_environment()(), limit, settings=post)
    if as_json:
        typer.echo(json.dumps(asdict(report), indent=2))
    else:
        for what, ids in asdict(report).items():
            if ids:
                typer.echo(f"{what}: {ids if isinstance(ids, str) else len(ids)}")
    if report.unavailable or report.uncertain:
        raise typer.Exit(1)


# ---- figures ---------------------------------------------------------------------------------------------


@report_app.command("kpis")
def report_kpis(
    as_of: AsOf = None,
    months: Annotated[int, typer.Option(min=1, max=36)] = 3,
    form: Annotated[str, typer.Option(help="text, html, csv or json")] = "text",
    why: Annotated[str, typer.Option(help="Explain one figure: its definition and the rows behind it.")] = "",
    to: Annotated[Path | None, typer.Option(help="Write to a file.")] = None,
    home: Home = None,
) -> None:
    """Print DSO and kin, promises, contacts and the floor's figures by month."""
    from workstation import bootstrap, reports
    from workstation.cli import plainly

    with plainly():
        if form not in ("text", "html", "csv", "json"):
            raise ConfigError(f"no form {form!r}: text, html, csv or json")
        book = bootstrap.open_book(load(home))
        day = _day(as_of)
        if why:
            text = reports.explain(reports.kpi_sections(book, day, months), why)
        else:
            text = reports.render_kpis(book, day, months, form)  # type: ignore[arg-type]  # checked above
    if to:
        to.write_text(text, encoding="utf-8")
    else:
        typer.echo(text)
