"""Floor figures from raw lines: attempts, calls, promises made, findings, refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import partial

from workstation.desk import kpi
from workstation.desk.floor import SpanLine, add_up
from workstation.desk.kpi import Figure, Part, Row
from workstation.desk.kpi_receivables import Period


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One attempt by telephone."""

    reference: str
    account_id: int
    on: date
    currency: str
    connected: bool
    talked: bool
    right_party: bool


@dataclass(frozen=True, slots=True)
class CallLine:
    """One call of the book that was talked on; times in whole milliseconds."""

    reference: str
    on: date
    talk_ms: int
    hold_ms: int
    wrap_ms: int


@dataclass(frozen=True, slots=True)
class DisclosureLine:
    """One required disclosure on one call."""

    reference: str
    on: date
    verdict: str
    """heard, missing or inconclusive."""


@dataclass(frozen=True, slots=True)
class DeadlineLine:
    """One last chance that lapsed."""

    reference: str
    account_id: int
    lapsed_on: date
    in_time: bool
    """What was announced was done by the day that was named."""


@dataclass(frozen=True, slots=True)
class FloorLines:
    """All lines of the floor. Promises made, forbidden phrases and refusals as (reference, day)."""

    attempts: tuple[AttemptLine, ...] = ()
    calls: tuple[CallLine, ...] = ()
    promises_made: tuple[tuple[str, date], ...] = ()
    disclosures: tuple[DisclosureLine, ...] = ()
    forbidden: tuple[tuple[str, date], ...] = ()
    refusals: tuple[tuple[str, date, str], ...] = ()
    """(decision, day, headline rule)."""
    collected: tuple[tuple[str, str, date, int], ...] = ()
    """(currency, payment, day, minor units)."""
    deadlines: tuple[DeadlineLine, ...] = ()
    """Last chances that lapsed."""
    spans: tuple[SpanLine, ...] = ()
    """Who was in which state for how long; empty where nobody recorded it."""


def figures(lines: FloorLines, period: Period) -> tuple[Figure, ...]:
    """Work out every floor figure of a period."""
    tried = [a for a in lines.attempts if a.on in period]
    rpc = [a for a in tried if a.right_party]
    made = [(reference, on) for reference, on in lines.promises_made if on in period]
    attempts = _counted("attempts", tried)
    none_tried = "no attempts in the period"
    worked = {a.account_id: a for a in tried}
    reached = {a.account_id: a for a in rpc}
    by_account = (
        Part("accounts with RPC", len(reached), partial(_account_rows, reached)),
        Part("accounts worked", len(worked), partial(_account_rows, worked)),
    )
    promises = Part("promises", len(made), lambda: tuple(Row("promise", r, on, 1) for r, on in made))
    return (
        Figure("attempts", Fraction(len(tried)), (attempts,)),
        _share(
            "connect-rate", _counted("connected", [a for a in tried if a.connected]), attempts, none_tried
        ),
        _share("contact-rate", _counted("talked", [a for a in tried if a.talked]), attempts, none_tried),
        _share("rpc-attempts", _counted("RPC", rpc), attempts, none_tried),
        _share("rpc-accounts", *by_account, none_tried),
        _share("ptp-rate", promises, _counted("RPC", rpc), "no right-party contact in the period"),
        *_per_contact(lines, period, tried),
        *_handling(lines, period),
        *_conduct(lines, period),
        follow_through(lines.deadlines, period),
    )


def follow_through(deadlines: Sequence[DeadlineLine], period: Period) -> Figure:
    """Work out the share of lapsed last chances that were followed through by the day named."""
    lapsed = [d for d in deadlines if d.lapsed_on in period]

    def counted(symbol: str, found: Sequence[DeadlineLine]) -> Part:
        rows = tuple(Row("deadline", d.reference, d.lapsed_on, 1, d.account_id) for d in found)
        return Part(symbol, len(rows), lambda: rows)

    done, of = counted("done in time", [d for d in lapsed if d.in_time]), counted("lapsed", lapsed)
    return _share("follow-through", done, of, "no last chance lapsed in the period")


def _share(name: str, above: Part, below: Part, otherwise: str) -> Figure:
    value = kpi.percent(above.value, below.value)
    return Figure(name, value, (above, below), why="" if value is not None else otherwise)


def _counted(symbol: str, found: Sequence[AttemptLine]) -> Part:
    return Part(
        symbol, len(found), lambda: tuple(Row("attempt", a.reference, a.on, 1, a.account_id) for a in found)
    )


def _account_rows(found: dict[int, AttemptLine]) -> tuple[Row, ...]:
    return tuple(
        Row("account", str(account_id), a.on, 1, account_id) for account_id, a in sorted(found.items())
    )


def _per_contact(lines: FloorLines, period: Period, tried: Sequence[AttemptLine]) -> list[Figure]:
    found = []
    for currency in sorted({c for c, *_ in lines.collected} | {a.currency for a in lines.attempts}):
        rows = tuple(
            Row("payment", r, on, m) for c, r, on, m in lines.collected if c == currency and on in period
        )
        cash = Part("C", sum(int(r.value) for r in rows), partial(tuple, rows), money=True)
        here = [a for a in tried if a.currency == currency]
        for name, part in (
            ("per-attempt", _counted("attempts", here)),
            ("per-rpc", _counted("RPC", [a for a in here if a.right_party])),
        ):
            each = int(cash.value) // int(part.value) if part.value else None
            found.append(
                Figure(
                    name,
                    None if each is None else Fraction(each),
                    (cash, part),
                    currency=currency,
                    label=currency,
                    why="" if each is not None else f"no {part.symbol} in the period",
                )
            )
    return found


def _handling(lines: FloorLines, period: Period) -> list[Figure]:
    calls = [c for c in lines.calls if c.on in period]

    def seconds(symbol: str, times: Sequence[int]) -> Part:
        rows = tuple(
            Row("call", c.reference, c.on, Fraction(t, 1000)) for c, t in zip(calls, times, strict=True)
        )
        return Part(symbol, Fraction(sum(times), 1000), lambda: rows)

    talk = seconds("talk", [c.talk_ms for c in calls])
    hold = seconds("hold", [c.hold_ms for c in calls])
    wrap = seconds("wrap", [c.wrap_ms for c in calls])
    handled = Part("handled", len(calls), lambda: tuple(Row("call", c.reference, c.on, 1) for c in calls))
    aht = kpi.average_handle_time(talk.value, hold.value, wrap.value, len(calls))
    found = [
        Figure(
            "aht", aht, (talk, hold, wrap, handled), why="" if aht is not None else "no call was talked on"
        )
    ]
    spans = [span for span in lines.spans if span.on in period]
    if not spans:
        missing = "no states were recorded in the period: the switchboard records them"
        return [
            *found,
            Figure("occupancy", None, (talk, hold, wrap), why=missing),
            Figure("wrap-share", None, (wrap,), why=missing),
        ]
    time = add_up(spans)
    available = Part("available", Fraction(time.available, 1000))
    staffed = Part("staffed", Fraction(time.staffed, 1000))
    busy = kpi.occupancy(talk.value, hold.value, wrap.value, available.value)
    parts = (talk, hold, wrap, available)
    found.append(Figure("occupancy", busy, parts, why="" if busy is not None else "no time"))
    found.append(_share("wrap-share", wrap, staffed, "no staffed time"))
    return found


def _conduct(lines: FloorLines, period: Period) -> list[Figure]:
    told = [d for d in lines.disclosures if d.on in period]

    def verdicts(symbol: str, *of: str) -> Part:
        rows = tuple(Row("finding", d.reference, d.on, 1) for d in told if d.verdict in of)
        return Part(symbol, len(rows), lambda: rows)

    calls = [c for c in lines.calls if c.on in period]
    forbidden = tuple(Row("finding", r, on, 1) for r, on in lines.forbidden if on in period)
    phrases = Part("forbidden phrases", len(forbidden), lambda: forbidden)
    talks = Part("talks", len(calls), lambda: tuple(Row("call", c.reference, c.on, 1) for c in calls))
    per_thousand = kpi.ratio(len(forbidden) * 1000, len(calls))
    found = [
        _share(
            "disclosure-adherence",
            verdicts("heard", "heard"),
            verdicts("heard + missing", "heard", "missing"),
            "no conclusive transcript in the period",
        ),
        _share(
            "disclosure-inconclusive",
            verdicts("inconclusive", "inconclusive"),
            verdicts("all", "heard", "missing", "inconclusive"),
            "no disclosures were required in the period",
        ),
        Figure(
            "violations",
            per_thousand,
            (phrases, talks),
            why="" if per_thousand is not None else "no call was talked on",
        ),
    ]
    refused = [(d, on, rule) for d, on, rule in lines.refusals if on in period]
    for rule, count in sorted(Counter(rule for _, _, rule in refused).items()):
        rows = tuple(Row("decision", d, on, 1) for d, on, r in refused if r == rule)
        found.append(
            Figure("blocked", Fraction(count), (Part("refused", count, partial(tuple, rows)),), label=rule)
        )
    return found
