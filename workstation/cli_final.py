"""The ``dunline`` commands of the manager's last chance: final notices, and the placement that may follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workstation.cli_desk import Account, Home, Json, OpenDesk, Reason, User, show_rows

if TYPE_CHECKING:
    from workstation.desk.final_views import DeadlineRow, Ending, FinalView
    from workstation.final_desk import FinalDesk

final_app = typer.Typer(help="The manager's last chance: checks, sessions, deadlines.", no_args_is_help=True)
placement_app = typer.Typer(help="Papers for an agency or a law firm.", no_args_is_help=True)

_SIGNS = {"met": "+", "waived": "~", "missing": "-"}
_Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


def add_to(app: typer.Typer) -> None:
    """Hang these commands on the tree."""
    app.add_typer(final_app, name="final")
    app.add_typer(placement_app, name="placement")


class _Open(OpenDesk):
    """The open book with the final notice on it."""

    def __init__(self, home: Path | None) -> None:
        from workstation import bootstrap
        from workstation.cli import _settings

        super().__init__(home)
        self.final: FinalDesk = bootstrap.final_desk(_settings(home), self.book)

    def proved(self, user_id: int, work: Callable[[], None]) -> None:
        """Do what needs a fresh proof; the password is asked for, or read from standard input."""
        from workstation.cli import _password
        from workstation.desk.book import ProofNeeded

        try:
            work()
        except ProofNeeded as needed:
            typer.echo(str(needed), err=True)
            self.book.prove(user_id, _password(), self.now)
            work()


# ---- before the call -------------------------------------------------------------------------------------


@final_app.command("list")
def list_accounts(
    user: User,
    limit: Annotated[int, typer.Option(min=1, help="How many accounts, from the top.")] = 100,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List the accounts at the final notice: lapsed deadlines, then ready, running, blocked."""
    from workstation.cli import plainly

    with plainly():
        desk = _Open(home)
        user_id = desk.user(user)
        order = desk.final.order(user_id, desk.now)
        found = desk.final.accounts(user_id, desk.now, order.account_ids[:limit])
        lines = [
            f"{row.number:<10} {row.name:<28.28} {row.demand!s:>16} {row.days_late:>4} d  "
            + _where(row.blocked, row.deadline, row.in_session)
            for row in found
        ]
        left = len(order.account_ids) - len(found)
        lines += [f"… and {left} more: --limit"] if left else []
        if not as_json:
            given = order.lapsed + order.running
            typer.echo(f"{order.ready} ready · {order.blocked} blocked · {given} with a deadline")
        show_rows([asdict(r) for r in found], lines, "no account is at the final notice", as_json=as_json)


def _where(blocked: Any, deadline: DeadlineRow | None, in_session: str) -> str:
    if in_session:
        return f"in session with {in_session}"
    if deadline is not None:
        return f"{deadline.state.value}: {deadline.day:%a %d %b %Y} 17:00"
    return "; ".join(c.found for c in blocked) or "ready"


@final_app.command("check")
def check_account(account: Account, user: User, home: Home = None, as_json: Json = False) -> None:
    """Show every condition of the final notice: what was found, and what to do where it is missing."""
    from workstation.cli import plainly

    with plainly():
        desk = _Open(home)
        found = desk.final.checks(desk.account(account), desk.user(user), desk.now)
        lines = [
            f"{_SIGNS[c.state.value]} {c.id.value:<14} {c.title}: {c.found}"
            + (f"\n    do: {c.todo}{' (or waive)' if c.waivable else ''}" if c.todo else "")
            for c in found
        ]
        show_rows([asdict(c) for c in found], lines, "", as_json=as_json)
        if any(c.todo for c in found):
            raise typer.Exit(1)


@final_app.command("waive")
def waive_check(
    account: Account,
    check: Annotated[str, typer.Argument(help="The check's name, as 'final check' shows it.")],
    user: User,
    reason: Reason,
    home: Home = None,
) -> None:
    """Go on without a condition, for a reason in writing; some nobody may waive."""
    from workstation.cli import plainly

    with plainly():
        desk = _Open(home)
        desk.final.waive(desk.account(account), check, reason, desk.user(user), desk.now)
        typer.echo("waived, and written down")


@final_app.command("reconcile")
def reconcile_balance(account: Account, user: User, home: Home = None) -> None:
    """Say that an account's payments and credits were gone through; holds for 24 hours."""
    from workstation.cli import plainly

    with plainly():
        desk = _Open(home)
        typer.echo(f"{desk.final.reconcile(desk.account(account), desk.user(user), desk.now)} reconciled")


@final_app.command("delivered")
def confirm_delivery(
    account: Account,
    invoice: Annotated[str, typer.Argument(help="Invoice number.")],
    by: Annotated[str, typer.Option("--by", help="Who confirmed that it arrived.")],
    on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="When it had arrived.")],
    user: User,
    home: Home = None,
) -> None:
    """Record who confirmed that an invoice arrived."""
    from workstation.cli import plainly
    from workstation.store.stages_acts import confirm_delivery as confirm
    from workstation.store.stages_read import invoice_id

    with plainly():
        desk = OpenDesk(home)
        found = invoice_id(desk.book, desk.account(account), invoice)
        confirm(desk.book, found, by, on.date(), desk.user(user), desk.now)
        typer.echo("confirmed")


# ---- the session -----------------------------------------------------------------------------------------


@final_app.command("session")
def hold_session(
    account: Account,
    user: User,
    begin: Annotated[bool, typer.Option("--begin", help="Begin it, where every check is in order.")] = False,
    outcome: Annotated[
        str,
        typer.Option(help="End it: paid, settlement, plan, last-chance, stopped, not-reached."),
    ] = "",
    deadline: _Day = None,
    settle: Annotated[str, typer.Option(help="Amount of a settlement.")] = "",
    pay_by: _Day = None,
    first: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="A plan's first payment.")
    ] = None,
    count: Annotated[int, typer.Option(min=0, help="A plan's payments, a month apart.")] = 0,
    who: Annotated[str, typer.Option(help="Who agreed to the plan.")] = "",
    method: Annotated[str, typer.Option(help="How a plan is paid.")] = "bank transfer",
    read_back: Annotated[bool, typer.Option("--read-back", help="It was read back and understood.")] = False,
    note: Annotated[str, typer.Option(help="A note on the session.")] = "",
    confirm: Annotated[bool, typer.Option("--confirm", help="Queue the written confirmation.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show, begin or end a session: steps with their words, the authority, the days that may be chosen."""
    from workstation.cli import plainly
    from workstation.desk.book import InvalidEntry

    with plainly():
        desk = _Open(home)
        account_id, user_id = desk.account(account), desk.user(user)
        if begin:
            desk.proved(user_id, lambda: _begin(desk, account_id, user_id))
        day = deadline.date() if deadline else None
        view = desk.final.view(account_id, user_id, desk.now, day)
        if outcome:
            if view.session_id is None or view.outcome:
                raise InvalidEntry("no session runs on this account: begin one with --begin")
            ending = _ending(
                view, outcome, day, settle, pay_by, first, count, who, method, read_back=read_back, note=note
            )
            desk.final.finish(view.session_id, ending, user_id, desk.now)
            view = desk.final.view(account_id, user_id, desk.now)
        if confirm:
            if view.session_id is None:
                raise InvalidEntry("no session ended today: there is nothing to confirm")
            done = desk.final.confirm(view.session_id, user_id, desk.now)
            for line in done.queued:
                typer.echo(f"queued: {line}", err=as_json)
            for line in done.refused:
                typer.echo(f"not queued: {line}", err=True)
        if as_json:
            from workstation.cli import _print_json

            _print_json(asdict(view))
        else:
            _show(view)


def _begin(desk: _Open, account_id: int, user_id: int) -> None:
    desk.final.begin(account_id, user_id, desk.now)


_OUTCOMES = {
    "paid": "PAID",
    "settlement": "SETTLEMENT",
    "plan": "PLAN",
    "last-chance": "LAST_CHANCE",
    "stopped": "STOPPED",
    "not-reached": "NOT_REACHED",
}


def _ending(
    view: FinalView,
    outcome: str,
    deadline: Any,
    settle: str,
    pay_by: datetime | None,
    first: datetime | None,
    count: int,
    who: str,
    method: str,
    *,
    read_back: bool,
    note: str,
) -> Ending:
    from workstation.desk.book import InvalidEntry
    from workstation.desk.final_notice import Outcome
    from workstation.desk.final_views import Ending
    from workstation.desk.money import MoneyError, parse_money
    from workstation.desk.plan import PlanError, build

    if outcome not in _OUTCOMES:
        raise InvalidEntry(f"no outcome {outcome!r}; there are {', '.join(_OUTCOMES)}")
    try:
        amount = parse_money(settle, view.currency).minor if settle else None
        parts = build(view.demand, first.date(), count=count) if first and count else ()
    except (MoneyError, PlanError) as error:
        raise InvalidEntry(str(error)) from None
    return Ending(
        Outcome[_OUTCOMES[outcome]],
        read_back=read_back,
        note=note,
        deadline=deadline,
        settle_minor=amount,
        pay_by=pay_by.date() if pay_by else None,
        instalments=parts,
        who=who,
        method=method,
    )


def _show(view: FinalView) -> None:
    state = view.outcome or ("running" if view.session_id else "not begun")
    typer.echo(f"{view.number} {view.name}: {view.demand} · session {state}")
    if view.stopped:
        typer.echo(f"STOPPED: {view.stopped}")
    for line in view.history:
        typer.echo(f"  {line}")
    for number, step in enumerate(view.steps, start=1):
        typer.echo(f"{number:>2} {step.title} ({step.when})")
        for text in step.lines:
            typer.echo(f"   “{text}”")
    typer.echo(
        f"authority: settle from {view.least} ({view.terms.least_share}%)"
        f" · {view.terms.longest_months} months"
        + (f" · fees of {view.fees} may be left out" if view.terms.fees_waivable and view.fees.minor else "")
    )
    if view.deadline_text:
        typer.echo(f"deadline: {view.deadline_text}")
    if view.authorised:
        typer.echo(f"consequence: {view.action} {view.partner} · {view.authorised}")


# ---- afterwards ------------------------------------------------------------------------------------------


@final_app.command("deadlines")
def list_deadlines(
    due: Annotated[bool, typer.Option("--due", help="Only what lapsed and waits for a decision.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List the last chances that were given, and what became of them."""
    from workstation.cli import plainly
    from workstation.desk.final_deadline import DeadlineState

    with plainly():
        desk = _Open(home)
        found = desk.final.deadlines(desk.now, (DeadlineState.DUE,) if due else ())
        lines = [
            f"{d.deadline_id:>4}  {d.number:<10} {d.name:<26.26} {d.demand!s:>16}  "
            f"{d.day:%a %d %b %Y} 17:00  "
            f"{d.state.value}{': ' + d.reason if d.reason else ''}"
            for d in found
        ]
        show_rows([asdict(d) for d in found], lines, "no deadline was given", as_json=as_json)


@final_app.command("clock")
def run_clock(home: Home = None, as_json: Json = False) -> None:
    """Judge the deadlines that run, now; the switchboard does so every minute. Twice is the same as once."""
    from workstation.cli import _print_json, plainly

    with plainly():
        desk = _Open(home)
        counts = dict(desk.final.tick(desk.now))
        if as_json:
            _print_json(counts)
        else:
            typer.echo(", ".join(f"{n} {what}" for what, n in sorted(counts.items())) or "nothing to do")


@final_app.command("follow-through")
def follow_through(
    deadline_id: int,
    user: User,
    why_not: Annotated[str, typer.Option("--why-not", help="Do not do it, and write down why.")] = "",
    home: Home = None,
) -> None:
    """Do what was announced for a lapsed deadline, or write down why not."""
    from workstation.cli import plainly

    with plainly():
        desk = _Open(home)
        if why_not:
            desk.final.let_lapse(deadline_id, why_not, desk.user(user), desk.now)
            typer.echo("written down")
            return
        user_id = desk.user(user)
        desk.proved(user_id, lambda: desk.final.follow_through(deadline_id, user_id, desk.now))
        typer.echo("followed through: calls and letters of ours stop")


@placement_app.command("pack")
def write_placement_pack(
    account: Account,
    to: Annotated[Path, typer.Option("--to", help="The ZIP file to write.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Write an account's papers: statement, invoices, delivery, history, disputes, authority, notice."""
    from workstation import bootstrap
    from workstation.cli import _print_json, _settings, plainly
    from workstation.exchange.placement import write_pack

    with plainly():
        desk = OpenDesk(home)
        post = bootstrap.post_settings(_settings(home))
        done = write_pack(desk.book, desk.account(account), to, desk.now, post)
        if as_json:
            _print_json({"path": str(done.path), "sha256": done.sha256, "files": dict(done.files)})
            return
        for name, digest in done.files.items():
            typer.echo(f"{digest[:16]}…  {name}")
        typer.echo(f"{done.path}: {len(done.files)} files, SHA-256 {done.sha256}")


@placement_app.command("check")
def check_placement_pack(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A placement pack.")],
) -> None:
    """Hold a placement pack against its manifest."""
    from workstation.cli import plainly
    from workstation.exchange.placement import check_pack

    with plainly():
        wrong = check_pack(file)
    for line in wrong:
        typer.echo(line, err=True)
    if wrong:
        raise typer.Exit(1)
    typer.echo("every file is as it was written")
