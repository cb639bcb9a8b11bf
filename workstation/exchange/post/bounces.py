"""Reports that come back about mails (RFC 3464): bounced, delayed, delivered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import Message

from workstation.desk.book import InvalidEntry
from workstation.store.book import SqlBook
from workstation.store.post import Outbox

_ID = re.compile(r"<([^<>\s]{1,250})>")


class NotAReport(InvalidEntry):
    """The mail is no delivery report; a person should read it."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says about one mail to one address."""

    message_id: str
    action: str
    """failed, delayed, delivered, relayed or expanded."""
    recipient: str
    status: str
    """Enhanced status code, such as 5.1.1."""
    diagnostic: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was done with a report."""

    report: Report
    outbox_id: int | None
    """None: it is not about a mail of ours."""


def parse_report(raw: bytes) -> tuple[Report, ...]:
    """Return what a delivery report says, one entry an address. Raises NotAReport."""
    mail = message_from_bytes(raw, policy=policy.compat32)
    status: Message | None = None
    original = ""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status" and status is None:
            status = part
        elif kind in ("message/rfc822", "text/rfc822-headers") and not original:
            original = _message_id(part)
    if status is None:
        raise NotAReport("the mail is no delivery report: it has no message/delivery-status part")
    if not original:
        raise NotAReport("the report does not quote the Message-ID of the mail it is about")
    blocks = status.get_payload()
    found = [
        Report(
            message_id=original,
            action=_line(block, "Action").lower(),
            recipient=_line(block, "Final-Recipient").partition(";")[2].strip(),
            status=_line(block, "Status"),
            diagnostic=_line(block, "Diagnostic-Code").partition(";")[2].strip(),
        )
        for block in (blocks if isinstance(blocks, list) else [])
        if isinstance(block, Message) and block.get("Action")
    ]
    if not found:
        raise NotAReport("the report names no action for any address")
    return tuple(found)


def record_report(book: SqlBook, raw: bytes, now: datetime) -> tuple[Recorded, ...]:
    """Record what a report says about mails of ours; a report read twice changes nothing.

    Raises NotAReport.
    """
    outbox = Outbox(book)
    done = []
    for report in parse_report(raw):
        said = (report.status, report.diagnostic or report.action, report.recipient)
        detail = " ".join(word for word in said if word)
        if report.action == "failed":
            found = outbox.bounced(report.message_id, detail, now)
        elif report.action == "delivered":
            found = outbox.delivered(report.message_id, detail, now)
        else:
            found = outbox.find(report.message_id)
        done.append(Recorded(report, found))
    return tuple(done)


def _message_id(part: Message) -> str:
    inner = part.get_payload()
    if isinstance(inner, list) and inner and isinstance(inner[0], Message):
        value = inner[0].get("Message-ID", "")
    else:
        headers = part.get_payload(decode=True)
        if not isinstance(headers, bytes):
            return ""
        value = message_from_bytes(headers).get("Message-ID", "")
    match = _ID.search(str(value))
    return match.group(1) if match else ""


def _line(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())[:300]
