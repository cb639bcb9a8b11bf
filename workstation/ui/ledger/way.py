"""The way through the stages: where the account stands, on what evidence, and what is missing."""

from __future__ import annotations

from workstation.desk.account_ledger import LedgerView, StageLine
from workstation.desk.stage import STAGES
from workstation.desk.stages import NEEDED
from workstation.desk.views import AccountView
from workstation.ui import figures
from workstation.ui.kit import BLANK, Row, cut_row, row, spread
from workstation.ui.ledger.cells import pack
from workstation.ui.panes import heading
from workstation.ui.text import fit, wrap

_NEEDS = {
    "sent": "that it went out",
    "delivered": "who confirmed that it arrived",
    "reminded": "a reminder",
    "talked": "a conversation",
    "pressed": "a firmer letter or a conversation",
}
_LEAD = 11


def page(account: AccountView, ledger: LedgerView, width: int) -> list[Row]:
    """All rows of the page."""
    here, since = f"{account.stage} {account.stage_name}", f" since {figures.day(account.stage_since)}"
    rows: list[Row] = [
        heading("STAGE", row((here, "strong"), (since, "dim")), width),
        *pack([_step(number, account.stage) for number in STAGES], width),
        BLANK,
        heading("EVIDENCE"),
    ]
    for line in ledger.stages:
        rows += _invoice(line, width)
    if not ledger.stages:
        rows += _recorded(account, width)
    rows += [BLANK, heading("TREATMENT"), *_treatment(ledger, width)]
    rows += [BLANK, heading("HOW IT CAME HERE")]
    for sentence in ledger.story:
        lines = wrap(sentence, max(8, width - 2))
        rows += [row(("· " if i == 0 else "  ", "dim"), text) for i, text in enumerate(lines)]
    if not ledger.story:
        rows.append(row(("the nightly run has not looked at these invoices yet", "dim")))
    return rows


def _step(number: int, present: int) -> tuple[str, str]:
    name = f"{number} {STAGES[number]}"
    if number == present:
        return f"▸ {name}", "accent strong"
    return (f"✓ {name}", "") if number < present else (f"○ {name}", "dim")


def _invoice(line: StageLine, width: int) -> list[Row]:
    since = f" since {figures.day(line.since)}" if line.since else ""
    rows = [
        cut_row(
            row((fit(line.invoice, _LEAD), "strong"), f"{line.stage} {line.stage_name}", (since, "dim")),
            width,
        )
    ]
    tokens = [(f"✓ {name} {figures.day(on)}", "") for name, on in line.done]
    tokens += [(f"– {name} waived", "dim") for name in line.waived]
    rows += [row(" " * _LEAD, *found) for found in pack(tokens, max(8, width - _LEAD))]
    if line.missing:
        needs = f"✗ missing: {_NEEDS.get(line.missing, line.missing)}"
        rows += [row((" " * _LEAD + text, "strong")) for text in wrap(needs, max(8, width - _LEAD))]
    elif line.stage in NEEDED and not line.parked:
        rows.append(row((" " * _LEAD + "✓ nothing missing here: it moves when its day has come", "dim")))
    if line.parked:
        rests = f"‖ rests: {line.parked}"
        rows += [row(" " * _LEAD + text) for text in wrap(rests, max(8, width - _LEAD))]
    return rows


def _recorded(account: AccountView, width: int) -> list[Row]:
    """What the history says of the stages, before the nightly run has looked at the invoices."""
    rows: list[Row] = []
    for line in reversed([x for x in account.history if x.kind == "stage"]):
        lead = fit(f"✓ {figures.day(figures.local(line.at, account.zone))}", _LEAD)
        for i, text in enumerate(wrap(line.text, max(8, width - _LEAD))):
            rows.append(row((lead if i == 0 else " " * _LEAD, "dim"), text))
    needed = NEEDED.get(account.stage)
    if needed is not None:
        rows.append(row((f"to leave stage {account.stage} it needs {_NEEDS[needed.value]}", "dim")))
    return rows


def _treatment(ledger: LedgerView, width: int) -> list[Row]:
    treatment = ledger.treatment
    if treatment is None:
        return [row(("not decided yet", "dim"))]
    rows = [
        spread(
            row(treatment.strategy, (f"  for {treatment.segment}", "dim")),
            row((f"looked at {figures.day(treatment.last_run_on)}", "dim")),
            width,
        )
    ]
    for reason in treatment.reasons:
        rows += [row(("  " + text, "dim")) for text in wrap(reason, max(8, width - 2))]
    return rows
