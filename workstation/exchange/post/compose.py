"""From a letter's words to what is sent: plain text, HTML, and the lines that say how to pay.

Nothing that came from outside is ever markup or a header here: HTML is escaped, headers with line breaks or
control characters are refused.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from scripts.letters import Mark, Paragraph, Written
from workstation.desk.book import InvalidEntry
from workstation.desk.money import Money
from workstation.desk.post import Claimed, LetterLine
from workstation.desk.reachable import check_address
from workstation.exchange.post.settings import PostSettings

WIDTH = 72
"""Columns of plain text: what every mail program shows without breaking lines."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\x85]")


@dataclass(frozen=True, slots=True)
class Payable:
    """How one invoice can be paid."""

    line: LetterLine
    url: str
    """Empty where there is no link."""


@dataclass(frozen=True, slots=True)
class Content:
    """A letter's words with everything that goes between them."""

    written: Written
    lines: tuple[LetterLine, ...]
    payable: tuple[Payable, ...]
    bank: tuple[tuple[str, str], ...]


def written_day(day: date) -> str:
    """Return ``8 Oct 2026``: short enough for a table, and not to be misread in any country."""
    return f"{day.day} {day:%b %Y}"


def totals(amounts: Sequence[Money]) -> tuple[Money, ...]:
    """Return one sum a currency, in the order the currencies first appear."""
    found: dict[str, Money] = {}
    for amount in amounts:
        found[amount.currency] = found.get(amount.currency, Money(0, amount.currency)) + amount
    return tuple(found.values())


def check_header(text: str, what: str) -> str:
    """Return a header's text. Raises InvalidEntry for line breaks and control characters."""
    if _UNSAFE.search(text):
        raise InvalidEntry(f"{what} holds a line break or control character: {text!r}")
    return text


def plain_text(content: Content) -> str:
    """Return the message as plain text, wrapped, with the invoice list as a table."""
    parts: list[str] = []
    for block in content.written.blocks:
        if block is Mark.INVOICES:
            parts.append(_text_table(content.lines))
        elif block is Mark.PAYMENT:
            parts.append("\n".join(payment_lines(content)))
        elif isinstance(block, Paragraph):
            parts.append("\n".join(_wrap(line) for line in block.text.split("\n")))
    return "\n\n".join(part for part in parts if part) + "\n"


def html_text(content: Content) -> str:
    """Return the same as one simple HTML page: no images, no scripts, no styles from elsewhere."""
    parts: list[str] = []
    for block in content.written.blocks:
        if block is Mark.INVOICES:
            parts.append(_html_table(content.lines))
        elif block is Mark.PAYMENT:
            parts.append(_html_payment(content))
        elif isinstance(block, Paragraph):
            text = "<br>\n".join(html.escape(line) for line in block.text.split("\n"))
            parts.append(f"<p{_SMALL if block.small else ''}>{text}</p>")
    body = "\n".join(part for part in parts if part)
    title = html.escape(content.written.subject)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>\n'
        f'<body style="font-family:sans-serif;max-width:42em">\n{body}\n</body></html>\n'
    )


def payment_lines(content: Content) -> list[str]:
    """Return how to pay, one line each: a link for each invoice that has one, and the bank details."""
    found = [
        f"Pay invoice {p.line.number} ({p.line.open - p.line.disputed}) here:\n{p.url}"
        for p in content.payable
        if p.url
    ]
    if content.bank:
        lead = "Or by bank transfer" if found else "By bank transfer"
        found.append(f"{lead}, quoting {quoting(content.lines)}:")
        found += [f"  {name}: {value}" for name, value in content.bank]
    return found


def build_mail(claimed: Claimed, settings: PostSettings, now: datetime) -> EmailMessage:
    """Return the mail to hand over. Raises InvalidEntry where a header would not be safe."""
    message = EmailMessage(policy=SMTP)
    sender = check_address(claimed.sender, "the sender's address")
    name = check_header(claimed.sender_name, "the sender's name")
    message["From"] = Address(display_name=name, addr_spec=sender)
    message["To"] = Address(addr_spec=check_address(claimed.recipient))
    message["Subject"] = check_header(claimed.subject, "the subject")
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{check_header(claimed.message_id, 'the Message-ID')}>"
    if settings.reply_to:
        message["Reply-To"] = Address(addr_spec=check_address(settings.reply_to, "the reply address"))
    if settings.opt_out:
        opt_out = check_address(settings.opt_out, "the opt-out address")
        message["List-Unsubscribe"] = f"<mailto:{opt_out}?subject=STOP>"
    message.set_content(claimed.body)
    if claimed.html:
        message.add_alternative(claimed.html, subtype="html")
    if claimed.pdf is not None:
        message.add_attachment(claimed.pdf, maintype="application", subtype="pdf", filename="letter.pdf")
    return message


_SMALL = ' style="font-size:smaller;color:#555"'
_CELL = ' style="padding:2px 10px 2px 0"'
_NUMBER = ' style="padding:2px 10px 2px 0;text-align:right"'


def quoting(lines: Sequence[LetterLine]) -> str:
    """Return what a payer should quote with a transfer."""
    if not lines:
        return "your account number"
    numbers = ", ".join(line.number for line in lines[:3])
    word = "invoice" if len(lines) == 1 else "invoices"
    return f"{word} {numbers}" if len(lines) <= 3 else f"{word} {numbers} and so on"


def _wrap(line: str) -> str:
    import textwrap

    return textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False)


def late_text(line: LetterLine) -> str:
    """Return how late an invoice is, as a table says it."""
    if line.days_late <= 0:
        return "not due" if line.days_late < 0 else "today"
    return f"{line.days_late} days" if line.days_late != 1 else "1 day"


def _text_table(lines: Sequence[LetterLine]) -> str:
    if not lines:
        return ""
    rows = [("Invoice", "Due", "Late", "Open")]
    rows += [(x.number, written_day(x.due), late_text(x), str(x.open)) for x in lines]
    rows += [("Total", "", "", str(total)) for total in totals([x.open for x in lines])]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {c:<{widths[2]}}  {d:>{widths[3]}}".rstrip()
        for a, b, c, d in rows
    )


def _html_table(lines: Sequence[LetterLine]) -> str:
    if not lines:
        return ""
    head = f"<tr><th{_CELL}>Invoice</th><th{_CELL}>Due</th><th{_CELL}>Late</th><th{_NUMBER}>Open</th></tr>"
    rows = [
        f"<tr><td{_CELL}>{html.escape(x.number)}</td><td{_CELL}>{written_day(x.due)}</td>"
        f"<td{_CELL}>{late_text(x)}</td><td{_NUMBER}>{html.escape(str(x.open))}</td></tr>"
        for x in lines
    ]
    rows += [
        f'<tr><td{_CELL} colspan="3"><b>Total</b></td><td{_NUMBER}><b>{html.escape(str(total))}</b></td></tr>'
        for total in totals([x.open for x in lines])
    ]
    return f'<table style="border-collapse:collapse">\n{head}\n' + "\n".join(rows) + "\n</table>"


def _html_payment(content: Content) -> str:
    links = [
        f'<li><a href="{html.escape(p.url)}">Pay invoice {html.escape(p.line.number)}</a> '
        f"({html.escape(str(p.line.open - p.line.disputed))})</li>"
        for p in content.payable
        if p.url
    ]
    parts = ["<ul>\n" + "\n".join(links) + "\n</ul>"] if links else []
    if content.bank:
        lead = "Or by bank transfer" if links else "By bank transfer"
        rows = "<br>\n".join(f"{html.escape(n)}: {html.escape(v)}" for n, v in content.bank)
        parts.append(f"<p>{lead}, quoting {html.escape(quoting(content.lines))}:<br>\n{rows}</p>")
    return "\n".join(parts)
