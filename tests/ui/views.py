"""What a small book with a story shows: an account, its numbers, its row in the queue."""

from __future__ import annotations

from datetime import UTC, date, datetime

from compliance.contact import Check, CheckVerdict
from workstation.desk.money import Money
from workstation.desk.views import AccountView, HistoryLine, InvoiceView, PhoneView, QueueRow

ZONE = "America/Chicago"


def usd(minor: int) -> Money:
    return Money(minor, "USD")


_REFUSED = Check(
    "seven-days-after-talk",
    "2021-11-30",
    "12 CFR 1006.14(b)(2)(i)(B)",
    CheckVerdict.REFUSE,
    "talked 16 Nov: seven days are not over",
    {},
    datetime(2026, 11, 24, 14, 0, tzinfo=UTC),
)


def phone(
    phone_id: int, party_id: int, name: str, number: str, *, ok: bool = True, kind: str = "office"
) -> PhoneView:
    return PhoneView(
        phone_id,
        party_id,
        number,
        kind,
        name,
        "accounts payable",
        ok,
        datetime(2026, 11, 18, 23, 0, tzinfo=UTC) if ok else None,
        (ZONE,),
        () if ok else (_REFUSED,),
        None if ok else _REFUSED.retry_at,
    )


def account(
    account_id: int = 1, *, name: str = "HARLOW TOOL & DIE LLC", ok: bool = True, phones: int = 1
) -> AccountView:
    who = "Jordan Reyes"
    numbers = tuple(
        phone(
            account_id * 10 + i,
            account_id * 100 + i,
            who if i == 0 else "Priya Nair",
            f"+131255501{41 + i}",
            ok=ok,
        )
        for i in range(phones)
    )
    return AccountView(
        account_id=account_id,
        number=f"A-{10481 + account_id}",
        name=name,
        profile="b2b-first-party",
        currency="USD",
        balance=usd(1_230_000),
        past_due=usd(842_000),
        disputed=usd(0),
        days_late=41,
        next_bucket_in=4,
        stage=4,
        stage_name="inquire",
        stage_since=date(2026, 11, 18),
        terms="net 30 · 2/10",
        credit_limit=usd(2_000_000),
        attempts_used=2,
        attempts_cap=3,
        last_talk=datetime(2026, 11, 12, 16, 0, tzinfo=UTC),
        promises_kept=3,
        promises_total=4,
        open_promise=None,
        callback_at=None,
        zone=ZONE,
        phones=numbers,
        invoices=(
            InvoiceView(
                1, "7731", date(2026, 9, 8), date(2026, 10, 8), usd(500_000), usd(500_000), usd(0), 41
            ),
            InvoiceView(
                2, "7802", date(2026, 10, 2), date(2026, 11, 1), usd(730_000), usd(342_000), usd(0), 17
            ),
        ),
        holds=(),
        history=(
            HistoryLine(datetime(2026, 11, 18, 15, 0, tzinfo=UTC), "mail", "reminder 2 opened"),
            HistoryLine(datetime(2026, 11, 12, 16, 0, tzinfo=UTC), "call", "AP clerk, asked to call back"),
            HistoryLine(datetime(2026, 11, 3, 15, 0, tzinfo=UTC), "mail", "reminder 1"),
            HistoryLine(datetime(2026, 10, 2, 15, 0, tzinfo=UTC), "mail", "invoice 7731 delivered"),
        ),
        reasons=("promise of 1,200.00 broken Tue", "best hour now"),
    )


def queue_row(account_id: int, name: str, *, ok: bool = True) -> QueueRow:
    return QueueRow(
        account_id=account_id,
        number=f"A-{10481 + account_id}",
        name=name,
        due=usd(842_000 // account_id),
        days_late=41 - account_id,
        callable=ok,
        call_until=datetime(2026, 11, 18, 23, 0, tzinfo=UTC) if ok else None,
        zone=ZONE,
        reasons=("promise of 1,200.00 broken Tue", "best hour now")
        if ok
        else ("talked 16 Nov: seven days not over", "12 CFR 1006.14(b)(2)(i)(B)"),
        retry_at=None if ok or account_id % 3 == 0 else datetime(2026, 11, 24, 14, 0, tzinfo=UTC),
    )
