"""The post for commands and screens: write and queue a message, send what is due, render a letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache

import structlog

from compliance.contact import Medium, Refused
from scripts.errors import ScriptError
from scripts.letters import EMAIL, LETTER, Letter, LetterCatalog
from workstation.desk.book import InvalidEntry
from workstation.desk.post import Draft, LetterFacts, PostState, Queued
from workstation.desk.reachable import check_address
from workstation.exchange.post.compose import (
    Content,
    build_mail,
    check_header,
    html_text,
    plain_text,
)
from workstation.exchange.post.links import LinkProvider, payables
from workstation.exchange.post.lint import check_writing
from workstation.exchange.post.settings import PostSettings
from workstation.exchange.post.smtp import Smtp, SmtpSession, SmtpUnavailable
from workstation.store.book import SqlBook
from workstation.store.post import Outbox

_log = structlog.get_logger(__name__)

DEFAULTS = PostSettings()


@dataclass(slots=True)
class SendReport:
    """What one round of sending did; outbox ids by what became of them."""

    sent: list[int] = field(default_factory=list)
    later: list[int] = field(default_factory=list)
    """Refused for now by the server, or put off by the gate."""
    failed: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    """Stopped by the gate for good."""
    uncertain: list[int] = field(default_factory=list)
    """Perhaps taken, perhaps not: look the Message-ID up in the server's log."""
    unavailable: str = ""
    """Why the server could not be used, if it could not."""


def queue_message(
    book: SqlBook,
    account_id: int,
    party_id: int,
    template: str,
    user_id: int,
    now: datetime,
    *,
    settings: PostSettings = DEFAULTS,
    provider: LinkProvider | None = None,
    reply_by: date | None = None,
    catalog: LetterCatalog | None = None,
    stage: int = 0,
    invoice_ids: Sequence[int] = (),
    said: Mapping[str, str] | None = None,
) -> Queued | Refused:
    """Write a mail or letter from the catalog and put it into the outbox, if the gate permits it.

    With `invoice_ids` it is about these invoices alone, which may stand at another `stage` than their
    account: a new invoice of a late payer is still sent as what it is. `said` fills fields that only the
    caller knows: what was said or agreed in a session.
    The gate's decision is recorded either way. Raises NotFound, NotAllowed, InvalidEntry (no address, a fact
    the letter must name is missing, not for this debtor) and LinkError.
    """
    catalog = catalog or packaged()
    letter = _letter(catalog, template)
    outbox = Outbox(book)
    facts = outbox.facts(account_id, party_id, user_id, now, invoice_ids, overdue_only=_names_overdue(letter))
    stage = stage or facts.stage
    if stage not in letter.stages:
        stages = ", ".join(map(str, sorted(letter.stages)))
        raise InvalidEntry(f"{letter.title} is for stage {stages}; this account is at stage {stage}")
    if invoice_ids and not facts.lines:
        raise InvalidEntry("nothing of these invoices is open any more")
    recipient = _recipient(letter, facts)
    sender = check_address(settings.sender_address, "the sender's address") if letter.medium == EMAIL else ""
    medium = Medium.EMAIL if letter.medium == EMAIL else Medium.LETTER
    refusal = outbox.refusal(account_id, party_id, user_id, medium, now)
    if refusal is not None:
        return refusal
    content = _content(book, catalog, letter, facts, settings, provider, reply_by, now, said, create=True)
    for warning in check_writing(book, account_id, party_id, medium, plain_text(content), now):
        _log.warning("post.warned", account=account_id, template=template, warning=warning)
    pdf = None
    if letter.medium == LETTER:
        pdf = _pdf(content, facts, settings, now)
    elif letter.attach:
        attached = _letter(catalog, letter.attach)
        parts = _content(
            book, catalog, attached, facts, settings, provider, reply_by, now, said, create=False
        )
        pdf = _pdf(parts, facts, settings, now)
    draft = Draft(
        account_id=account_id,
        party_id=party_id,
        user_id=user_id,
        medium=medium,
        template=letter.id,
        template_digest=letter.digest,
        sender=sender,
        sender_name=settings.sender_name or facts.company,
        recipient=recipient,
        subject=check_header(content.written.subject, "the subject"),
        body=plain_text(content),
        html=html_text(content) if letter.medium == EMAIL else "",
        pdf=pdf,
        domain=sender.rpartition("@")[2] or "dunline.invalid",
    )
    return outbox.queue(draft, now)


def send_due(
    book: SqlBook, smtp: Smtp, now: datetime, limit: int = 100, *, settings: PostSettings = DEFAULTS
) -> SendReport:
    """Hand over the mails that are due, each once; blocking, for a worker thread.

    The server is reached before the first mail is claimed, so that a server that is away costs no tries.
    """
    outbox, report = Outbox(book), SendReport()
    report.uncertain.extend(outbox.settle_lost(now))
    waiting = list(outbox.due(now, limit))
    while waiting and not report.unavailable:
        try:
            with smtp.session() as session:
                while waiting and session.usable:
                    _send_one(outbox, session, waiting.pop(0), report, settings, now)
        except SmtpUnavailable as error:
            report.unavailable = str(error)
    return report


def render_letter(
    book: SqlBook,
    account_id: int,
    template: str,
    now: datetime,
    *,
    user_id: int,
    party_id: int | None = None,
    settings: PostSettings = DEFAULTS,
    provider: LinkProvider | None = None,
    reply_by: date | None = None,
    catalog: LetterCatalog | None = None,
) -> bytes:
    """Return a letter as PDF, to look at: nothing is queued, recorded, or asked of a payment provider.

    Without `party_id` it is to the account's first contact. Raises NotFound and InvalidEntry.
    """
    catalog = catalog or packaged()
    letter = _letter(catalog, template)
    outbox = Outbox(book)
    facts = outbox.facts(
        account_id,
        outbox.addressee(account_id) if party_id is None else party_id,
        user_id,
        now,
        overdue_only=_names_overdue(letter),
    )
    content = _content(book, catalog, letter, facts, settings, provider, reply_by, now, create=False)
    return _pdf(content, facts, settings, now)


def post_letter(book: SqlBook, outbox_id: int, user_id: int, now: datetime) -> bytes | Refused:
    """Say that a queued letter goes into the post now; returns the PDF to print.

    The gate is asked again, as for a mail that is sent. Raises NotFound and InvalidEntry.
    """
    outbox = Outbox(book)
    view, pdf = outbox.view(outbox_id), outbox.pdf(outbox_id)
    if view.medium != Medium.LETTER.value or pdf is None:
        raise InvalidEntry(f"message {outbox_id} is a mail: it is sent, not put in the post")
    claimed = outbox.claim(outbox_id, now)
    if claimed is None:
        raise InvalidEntry(f"letter {outbox_id} is {view.state.value}: it cannot go into the post now")
    if isinstance(claimed, Refused):
        return claimed
    outbox.posted(claimed, user_id, now)
    return pdf


@cache
def packaged() -> LetterCatalog:
    """Return the packaged letters, read once."""
    return LetterCatalog.load()


def _send_one(
    outbox: Outbox,
    session: SmtpSession,
    outbox_id: int,
    report: SendReport,
    settings: PostSettings,
    now: datetime,
) -> None:
    claimed = outbox.claim(outbox_id, now)
    if claimed is None:
        return  # another sender has it
    if isinstance(claimed, Refused):
        (report.refused if claimed.retry_at is None else report.later).append(outbox_id)
        return
    mail = build_mail(claimed, settings, now)
    delivery = session.hand_over(mail, claimed.sender, claimed.recipient)
    state = outbox.settle(claimed, delivery, now)
    kept = {
        PostState.SENT: report.sent,
        PostState.QUEUED: report.later,
        PostState.UNCERTAIN: report.uncertain,
    }
    kept.get(state, report.failed).append(outbox_id)


def _letter(catalog: LetterCatalog, template: str) -> Letter:
    try:
        return catalog.letter(template)
    except ScriptError as error:
        raise InvalidEntry(str(error)) from error


def _names_overdue(letter: Letter) -> bool:
    """Whether it says what is overdue: then it lists that, and not what else is open."""
    return bool(letter.fields & {"amount_due", "demand"})


def _recipient(letter: Letter, facts: LetterFacts) -> str:
    if letter.medium == EMAIL:
        if not facts.email:
            raise InvalidEntry(f"{facts.recipient} has no mail address: enter one with the contact")
        return check_address(facts.email, f"the mail address of {facts.recipient}")
    if not facts.address:
        raise InvalidEntry(f"there is no postal address for {facts.recipient}: enter one with the contact")
    return "\n".join([facts.debtor, facts.recipient, *facts.address])


def _content(
    book: SqlBook,
    catalog: LetterCatalog,
    letter: Letter,
    facts: LetterFacts,
    settings: PostSettings,
    provider: LinkProvider | None,
    reply_by: date | None,
    now: datetime,
    said: Mapping[str, str] | None = None,
    *,
    create: bool,
) -> Content:
    fields: Mapping[str, str] = {
        **facts.fields,
        "opt_out_address": settings.opt_out,
        "reply_by": "" if reply_by is None else f"{reply_by:%B} {reply_by.day}, {reply_by.year}",
        **(said or {}),
    }
    if reply_by is not None and reply_by <= facts.today:
        raise InvalidEntry(f"the day to answer by, {reply_by:%d %b %Y}, must be after today")
    try:
        written = catalog.write(letter.id, fields)
    except ScriptError as error:
        raise InvalidEntry(str(error)) from error
    payable = payables(book, facts.lines, provider, now, create=create)
    return Content(written, facts.lines, payable, tuple(settings.bank.items()))


def _pdf(content: Content, facts: LetterFacts, settings: PostSettings, now: datetime) -> bytes:
    from workstation.exchange.post.pdf import letter_pdf  # fpdf2 costs a third of a second to import

    return letter_pdf(content, facts, settings, now)
