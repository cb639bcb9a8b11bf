"""The screens' twins for the command line: what the ``dunline`` commands print."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from compliance.checks.finding import Finding
from compliance.contact import Check
from compliance.transcription.words import Leg, Utterance
from workstation.clock import Clock
from workstation.config import Settings
from workstation.desk.book import NotFound
from workstation.desk.views import PhoneView, QueueRow
from workstation.store.book import SqlBook


def _out(line: str = "") -> None:
    sys.stdout.write(line + "\n")


def _json(value: Any) -> None:
    _out(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def _when(at: datetime | None, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%a %d %b %H:%M") if at else "ask supervisor"


# ---- queue -----------------------------------------------------------------------------------------------


def print_queue(
    book: SqlBook,
    username: str,
    clock: Clock,
    limit: int,
    *,
    later: bool,
    as_json: bool,
    to: Path | None = None,
) -> None:
    """Print the queue, or with `later` what is not callable now and until when."""
    now = clock()
    user_id = book.find_user(username).user_id if username else 0
    rows = book.queue_page(user_id, now, 0, limit, later=later).rows
    if as_json:
        _json([_row(row) for row in rows])
        return
    if to is not None:
        from workstation.exchange.export import export_table

        heads = ("account", "name", "due", "days late", "callable until", "next eligible", "reasons")
        written = export_table(
            (
                (r.number, r.name, r.due, r.days_late, r.call_until, r.retry_at, " · ".join(r.reasons))
                for r in rows
            ),
            heads,
            to,
        )
        _out(f"{to}: {written} rows")
        return
    for n, row in enumerate(rows, 1):
        until = f"until {_when(row.call_until, row.zone)}" if row.callable else _when(row.retry_at, row.zone)
        _out(
            f"{n:>4} {row.number:<10} {row.name[:30]:<30} {row.due!s:>18} {row.days_late:>4} d  {until:<22}"
            f" {' · '.join(row.reasons)}"
        )


def _row(row: QueueRow) -> dict[str, Any]:
    return {
        **asdict(row),
        "due": {"minor": row.due.minor, "currency": row.due.currency},
        "call_until": row.call_until and row.call_until.isoformat(),
        "retry_at": row.retry_at and row.retry_at.isoformat(),
    }


# ---- the gate --------------------------------------------------------------------------------------------


def explain_gate(book: SqlBook, number: str, at: datetime | None, clock: Clock, *, as_json: bool) -> None:
    """Print every rule's verdict on each phone of an account. Raises NotFound."""
    now = at.replace(tzinfo=at.tzinfo or UTC) if at else clock()
    rows = book.search_accounts(number, now, 5)
    account = next((r for r in rows if r.number.lower() == number.lower()), None)
    if account is None:
        raise NotFound(f"no account {number!r}; dunline queue --json lists the numbers")
    view = book.account(account.account_id, now)
    if as_json:
        _json([_phone(phone) for phone in view.phones])
        return
    for phone in view.phones:
        zone = phone.zones[0] if phone.zones else "UTC"
        said = f"PERMITTED until {_when(phone.call_until, zone)}" if phone.callable else "REFUSED"
        _out(f"{view.number} {view.name} · {phone.party_name} · {phone.number} ({phone.kind}): {said}")
        _out(f"  zones {', '.join(phone.zones) or 'unknown'}; as of {_when(now, zone)}")
        for check in phone.checks:
            _out(f"  {check.verdict.value:<7} {check.message:<64} {check.citation}")
            if check.verdict.value != "pass":
                _out(f"          {', '.join(f'{k} {v}' for k, v in check.inputs.items())}")
        if not phone.callable:
            _out(f"  next eligible: {_when(phone.retry_at, zone)}")


def _phone(phone: PhoneView) -> dict[str, Any]:
    def said(check: Check) -> dict[str, Any]:
        return {
            "rule": check.rule_id,
            "version": check.rule_version,
            "citation": check.citation,
            "verdict": check.verdict.value,
            "message": check.message,
            "inputs": dict(check.inputs),
            "retry_at": check.retry_at and check.retry_at.isoformat(),
        }

    return {
        "number": phone.number,
        "person": phone.party_name,
        "permitted": phone.callable,
        "until": phone.call_until and phone.call_until.isoformat(),
        "next_eligible": phone.retry_at and phone.retry_at.isoformat(),
        "zones": phone.zones,
        "checks": [said(check) for check in phone.checks],
    }


def run_cases(directory: Path, *, as_json: bool) -> int:
    """Run the gate's case files of a directory; returns the exit status. Raises RuleFileError."""
    from compliance.cases import run_cases as run
    from compliance.rulebook import Rulebook

    results = run(directory, Rulebook.load())
    failed = [r for r in results if r.failures]
    if as_json:
        _json({"cases": len(results), "failed": [{"case": r.line(), "failures": r.failures} for r in failed]})
    else:
        for result in failed:
            _out(result.line())
        _out(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


# ---- the audit log ---------------------------------------------------------------------------------------


def verify_audit(book: SqlBook) -> int:
    """Recompute the audit log; returns the exit status."""
    verified = book.verify_audit()
    if verified.sound:
        _out(f"✓ {verified.lines} lines, unbroken")
        return 0
    _out(f"✗ broken at line {verified.broken_at}: {verified.reason}")
    return 1


# ---- import ----------------------------------------------------------------------------------------------


def import_files(
    book: SqlBook,
    settings: Settings,
    accounts: Path | None,
    contacts: Path | None,
    invoices: Path | None,
    reject_dir: Path | None,
    clock: Clock,
    *,
    as_json: bool,
) -> int:
    """Import CSV files; returns 0 when every row was taken, else 1. Raises ImportRefused."""
    from workstation.exchange.importing import import_book
    from workstation.exchange.report import Defaults
    from workstation.progress import Bars
    from workstation.store.intake import SqlIntake

    with Bars() as bars:
        reports = import_book(
            SqlIntake(book),
            clock(),
            accounts=accounts,
            contacts=contacts,
            invoices=invoices,
            defaults=Defaults(company=settings.company.name),
            reject_dir=reject_dir,
            progress=bars,
        )
    if as_json:
        _json([asdict(report) for report in reports])
    for report in reports if not as_json else ():
        counts = f"{report.created} created, {report.changed} changed, {report.unchanged} unchanged"
        _out(f"{report.path}: {counts}, {report.rejects} rejected")
        for reject in report.first_rejects:
            _out(f"  line {reject.line}, {reject.column}: {reject.reason}")
        if report.reject_file:
            _out(f"  rejected rows: {report.reject_file}")
    return 1 if any(report.rejects for report in reports) else 0


# ---- speech ----------------------------------------------------------------------------------------------


def transcribe(settings: Settings, recording: Path, leg: str, *, as_json: bool) -> None:
    """Print the words of a recording of one leg, card data masked. Raises ModelError, ConfigError."""
    from compliance.redaction.mask import masked_call
    from compliance.redaction.policy import CARDS
    from compliance.transcription.engine import Engine
    from compliance.transcription.live import transcribe as hear
    from dialer.recording import read, settle
    from workstation.speech import speech_model

    model = speech_model(settings)
    settle(recording)
    pcm, rate = read(recording)
    heard = hear(Engine(model), pcm, rate, Leg(leg))
    _print_utterances(masked_call(heard, CARDS), as_json=as_json)


def _print_utterances(heard: Sequence[Utterance], *, as_json: bool) -> None:
    if as_json:
        _json([asdict(u) for u in heard])
        return
    for u in heard:
        minutes, seconds = divmod(u.start, 60)
        _out(f"{int(minutes):02}:{seconds:04.1f}  {u.leg.value:<6}  {u.text}  ({u.confidence:.2f})")


def check(book: SqlBook, settings: Settings, call_id: str, clock: Clock, *, as_json: bool) -> None:
    """Print what the speech rules say about a stored transcript. Raises NotFound."""
    from compliance.checks.rules import load_speech_rules
    from scripts.catalog import Catalog
    from workstation.bootstrap import Judge, recordings_of

    judge = Judge(
        load_speech_rules(),
        Catalog.load(),
        settings.company.name,
        clock,
        recordings=recordings_of(settings),
    )
    found = judge.whole(book.call(call_id), book.utterances(call_id), book.unheard(call_id))
    if as_json:
        _json([_finding(f) for f in found])
        return
    _print_utterances(book.utterances(call_id), as_json=False)
    for f in found:
        words = " ".join(w.text for w in f.words)
        _out(
            f"{f.verdict.value:<13} {f.severity.value:<9} {f.title:<34}"
            f" {f.start:6.1f} s  {words!r} {f.reason}"
        )


def _finding(f: Finding) -> dict[str, Any]:
    return {**asdict(f), "words": [asdict(w) for w in f.words]}
