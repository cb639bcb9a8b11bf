"""What each key figure means, in words: shown on demand beside the figure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a figure is counted in."""

    MONEY = "money"
    DAYS = "days"
    PERCENT = "%"
    TIMES = "times"
    SECONDS = "s"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure's meaning."""

    kpi: str
    title: str
    unit: Unit
    formula: str
    text: str
    better: str = ""
    """``higher``, ``lower``, or empty where neither is good as such."""


_ALL = (
    Definition(
        "receivables",
        "Receivables",
        Unit.MONEY,
        "AR_e",
        "Open invoice amounts at the end of the day. Unapplied cash is not taken off; it stands by itself.",
    ),
    Definition("sales", "Credit sales", Unit.MONEY, "S", "Invoices issued in the period, in full."),
    Definition(
        "collected",
        "Collected",
        Unit.MONEY,
        "C",
        "Payments received in the period, applied or not.",
        "higher",
    ),
    Definition(
        "unapplied",
        "Unapplied cash",
        Unit.MONEY,
        "U",
        "Money received by the end of the day and applied to no invoice.",
        "lower",
    ),
    Definition(
        "dso",
        "DSO",
        Unit.DAYS,
        "AR_e / S * D",
        "Days sales outstanding over the last three months (S and D of those months). "
        "Without sales there is none.",
        "lower",
    ),
    Definition(
        "dso-countback",
        "DSO, countback",
        Unit.DAYS,
        "whole months of sales + rest / sales * days",
        "From the newest month back, each month's sales are taken off the receivables and its days counted; "
        "the last month counts in proportion. Receivables beyond all sales known: at least so many days.",
        "lower",
    ),
    Definition(
        "dso-best",
        "Best possible DSO",
        Unit.DAYS,
        "CUR_e / S * D",
        "DSO if everything due had been paid; over the same three months.",
        "lower",
    ),
    Definition(
        "add",
        "Average days delinquent",
        Unit.DAYS,
        "DSO - best possible DSO",
        "The part of DSO that is late payment and not terms.",
        "lower",
    ),
    Definition(
        "turnover",
        "AR turnover",
        Unit.TIMES,
        "S / ((AR_b + AR_e) / 2)",
        "How often receivables turn over in the last three months.",
        "higher",
    ),
    Definition(
        "turnover-annual",
        "AR turnover a year",
        Unit.TIMES,
        "turnover * 365 / D",
        "AR turnover as if the period were a year.",
        "higher",
    ),
    Definition(
        "collection-period",
        "Collection period",
        Unit.DAYS,
        "D / turnover",
        "Days that one turn of the receivables takes.",
        "lower",
    ),
    Definition(
        "cei",
        "Collection effectiveness",
        Unit.PERCENT,
        "(AR_b + S - AR_e) / (AR_b + S - CUR_e) * 100",
        "Collected of what could have been collected, with the period's own S (some texts divide S by the "
        "months). Credits can take it above 100.",
        "higher",
    ),
    Definition(
        "current-share",
        "Share not yet due",
        Unit.PERCENT,
        "CUR_e / AR_e * 100",
        "Open amounts not yet due, by due date.",
        "higher",
    ),
    Definition(
        "aging",
        "Aging",
        Unit.MONEY,
        "open amounts by days past the due date",
        "Buckets by due date: current, 1-30, 31-60, 61-90, 91-120, 120+ days past it.",
    ),
    Definition(
        "adbt",
        "Weighted days late",
        Unit.DAYS,
        "sum(amount * max(0, days late)) / sum(amount)",
        "Of what was paid in the period: days past the due date on the day of payment, weighted by amount; "
        "early counts as 0.",
        "lower",
    ),
    Definition(
        "roll-rate",
        "Roll rate",
        Unit.PERCENT,
        "still open and in a later bucket at the end / open in the bucket at the start * 100",
        "Invoice by invoice over the period; what skips a bucket counts as rolled.",
        "lower",
    ),
    Definition(
        "cure-rate",
        "Cure rate",
        Unit.PERCENT,
        "settled by the end / open in the bucket at the start * 100",
        "The part of a bucket that was settled within the period.",
        "higher",
    ),
    Definition(
        "liquidation",
        "Liquidation",
        Unit.PERCENT,
        "collected of the month's invoices / invoiced * 100",
        "By vintage: of the invoices issued in a month, the share paid by the end of the day.",
        "higher",
    ),
    Definition(
        "attempts",
        "Attempts",
        Unit.COUNT,
        "number of attempts",
        "Acts to start contact by telephone, answered or not.",
    ),
    Definition(
        "connect-rate",
        "Connect rate",
        Unit.PERCENT,
        "connected / attempts * 100",
        "Connected as the call-frequency rule counts it (12 CFR 1006.14(b)(3)(ii)): rung or answered.",
    ),
    Definition(
        "contact-rate",
        "Contact rate",
        Unit.PERCENT,
        "talked with somebody / attempts * 100",
        "Attempts that became live two-way talk.",
        "higher",
    ),
    Definition(
        "rpc-attempts",
        "Right-party contact, by attempts",
        Unit.PERCENT,
        "RPC / attempts * 100",
        "Attempts that reached the right party. Sources disagree on the denominator: both are published.",
        "higher",
    ),
    Definition(
        "rpc-accounts",
        "Right-party contact, by accounts",
        Unit.PERCENT,
        "accounts with RPC / accounts worked * 100",
        "Accounts whose right party was reached, of the accounts that were called.",
        "higher",
    ),
    Definition(
        "ptp-rate",
        "Promise rate",
        Unit.PERCENT,
        "promises / RPC * 100",
        "Promises made in the period, for each right-party contact.",
        "higher",
    ),
    Definition(
        "promises-due",
        "Promises due",
        Unit.COUNT,
        "promises whose last day fell in the period",
        "The last day is the due date and its days of grace.",
    ),
    Definition(
        "kept-count",
        "Promises kept, by count",
        Unit.PERCENT,
        "kept / due in the period * 100",
        "Kept: at least 95 % of it came by the due date and its grace.",
        "higher",
    ),
    Definition(
        "kept-value",
        "Promises kept, by value",
        Unit.PERCENT,
        "sum(min(paid, promised)) / sum(promised) * 100",
        "No promise counts for more than itself.",
        "higher",
    ),
    Definition(
        "partial-count",
        "Promises kept in part",
        Unit.PERCENT,
        "partly paid / due in the period * 100",
        "Something came in time, and less than 95 %.",
    ),
    Definition(
        "broken-count",
        "Promises broken",
        Unit.PERCENT,
        "nothing paid / due in the period * 100",
        "Nothing came by the due date and its grace.",
        "lower",
    ),
    Definition(
        "rewritten-count",
        "Promises rewritten",
        Unit.PERCENT,
        "replaced / due in the period * 100",
        "A later promise took its place while it was open.",
        "lower",
    ),
    Definition(
        "per-attempt",
        "Collected per attempt",
        Unit.MONEY,
        "C / attempts",
        "Payments of the period for each attempt to accounts in the currency; rounded down.",
        "higher",
    ),
    Definition(
        "per-rpc",
        "Collected per right-party contact",
        Unit.MONEY,
        "C / RPC",
        "Payments of the period for each right-party contact in the currency; rounded down.",
        "higher",
    ),
    Definition(
        "aht",
        "Average handle time",
        Unit.SECONDS,
        "(talk + hold + wrap) / handled",
        "Of calls that were talked on.",
        "lower",
    ),
    Definition(
        "occupancy",
        "Occupancy",
        Unit.PERCENT,
        "(talk + hold + wrap) / (talk + hold + wrap + available)",
        "Pauses are in neither; utilisation, with paid time, is another figure.",
    ),
    Definition(
        "wrap-share",
        "Wrap-up share",
        Unit.PERCENT,
        "wrap / staffed * 100",
        "Of the staffed time, what went to wrap-up.",
        "lower",
    ),
    Definition(
        "disclosure-adherence",
        "Disclosures given",
        Unit.PERCENT,
        "heard / (heard + missing) * 100",
        "Required disclosures on calls whose transcript was good enough to say.",
        "higher",
    ),
    Definition(
        "disclosure-inconclusive",
        "Disclosures inconclusive",
        Unit.PERCENT,
        "inconclusive / all * 100",
        "Required disclosures nobody can judge from the transcript.",
        "lower",
    ),
    Definition(
        "violations",
        "Violations per 1,000 calls",
        Unit.TIMES,
        "forbidden phrases / talks * 1000",
        "Forbidden phrases heard from the collector, for each thousand calls that were talked on.",
        "lower",
    ),
    Definition(
        "blocked",
        "Attempts refused",
        Unit.COUNT,
        "refused decisions",
        "Contacts the gate refused, by the rule that was the headline.",
    ),
    Definition(
        "stage-dwell",
        "Days in stage",
        Unit.DAYS,
        "sum(days) / stays ended in the period",
        "Mean days invoices spent in the stage they left in the period.",
    ),
    Definition(
        "stage-accounts",
        "Invoices in stage",
        Unit.COUNT,
        "invoices in the stage at the end",
        "Open invoices by stage at the end of the day.",
    ),
    Definition(
        "follow-through",
        "Follow-through",
        Unit.PERCENT,
        "done by the day named / lapsed in the period * 100",
        "Last chances that lapsed: the share after which what was announced was done by the announced day.",
        "higher",
    ),
)

DEFINITIONS: dict[str, Definition] = {d.kpi: d for d in _ALL}
"""Every figure by its id, in the order of the report."""
