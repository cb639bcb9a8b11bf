"""Mails, letters and payment links for the account screen: the catalog, the outbox and a payment page.

Imports that cost time are made at the first use, which is in a worker thread: the terminal opens without.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from compliance.contact import Medium, Refused
from workstation.desk.book import InvalidEntry
from workstation.desk.post import LetterFacts, Queued
from workstation.desk.writing import LetterChoice, LetterPreview, LinkGiven

if TYPE_CHECKING:
    from scripts.letters import Letter, LetterCatalog
    from workstation.exchange.post.compose import Payable
    from workstation.exchange.post.links import LinkProvider
    from workstation.exchange.post.settings import PostSettings
    from workstation.store.book import SqlBook
    from workstation.store.post import Outbox


class WritingDesk:
    """Implements the screens' Letters on the packaged catalog and the book's outbox."""

    def __init__(self, book: SqlBook, settings: PostSettings, pay_page: Path | None = None) -> None:
        """`pay_page` is the file of a payment provider (docs/post.md); without one no links are given."""
        self._book = book
        self._settings = settings
        self._pay_page = pay_page

    def choices(self, profile: str, stage: int, medium: Medium, /) -> Sequence[LetterChoice]:
        """See Letters."""
        from scripts.errors import ScriptError

        try:
            return [_choice(x) for x in self._catalog.letters(profile, stage, medium.value)]
        except ScriptError as wrong:
            raise InvalidEntry(str(wrong)) from wrong

    def preview(
        self,
        letter: LetterChoice,
        account_id: int,
        party_id: int,
        user_id: int,
        now: datetime,
        /,
        reply_by: date | None = None,
    ) -> LetterPreview:
        """See Letters."""
        from scripts.errors import ScriptError
        from workstation.exchange.post.compose import Content, plain_text

        outbox = self._outbox
        # As the sender does: a letter that names what is overdue lists that alone.
        facts = outbox.facts(
            account_id,
            party_id or outbox.addressee(account_id),
            user_id,
            now,
            overdue_only="amount_due" in self._catalog.letter(letter.id).fields,
        )
        fields = {
            **facts.fields,
            "opt_out_address": self._settings.opt_out,
            "reply_by": "" if reply_by is None else f"{reply_by:%B} {reply_by.day}, {reply_by.year}",
        }
        to, flaws = self._addressed(letter, facts)
        try:
            written = self._catalog.write(letter.id, fields)
        except ScriptError as wrong:
            raise InvalidEntry(str(wrong)) from wrong
        payable = self._payable(facts, now)
        content = Content(written, facts.lines, payable, tuple(self._settings.bank.items()))
        return LetterPreview(letter, to, written.subject, plain_text(content), flaws)

    def queue(
        self,
        letter: LetterChoice,
        account_id: int,
        party_id: int,
        user_id: int,
        now: datetime,
        /,
        reply_by: date | None = None,
    ) -> Queued | Refused:
        """See Letters."""
        from workstation.exchange.post.links import LinkError
        from workstation.exchange.post.mail import queue_message

        try:
            return queue_message(
                self._book,
                account_id,
                party_id or self._outbox.addressee(account_id),
                letter.id,
                user_id,
                now,
                settings=self._settings,
                provider=self._provider(),
                reply_by=reply_by,
            )
        except LinkError as wrong:
            raise InvalidEntry(str(wrong)) from wrong

    def set_address(
        self, account_id: int, party_id: int, lines: Sequence[str], user_id: int, now: datetime, /
    ) -> None:
        """See Letters."""
        outbox = self._outbox
        outbox.set_address(party_id or outbox.addressee(account_id), lines, user_id, now)

    def set_email(self, account_id: int, party_id: int, address: str, user_id: int, now: datetime, /) -> str:
        """See Letters."""
        outbox = self._outbox
        return outbox.set_email(party_id or outbox.addressee(account_id), address, user_id, now)

    def pay_link(self, account_id: int, invoice: str, user_id: int, now: datetime, /) -> LinkGiven:
        """See Letters."""
        from workstation.exchange.post.links import LinkError, payables

        provider = self._provider()
        if provider is None:
            raise InvalidEntry("no payment page is set up: name its file as pay_page under [post]")
        outbox = self._outbox
        facts = outbox.facts(account_id, outbox.addressee(account_id), user_id, now)
        lines = [line for line in facts.lines if line.number == invoice]
        try:
            found = payables(self._book, lines, provider, now, create=True)
        except LinkError as wrong:
            raise InvalidEntry(str(wrong)) from wrong
        if not found:
            raise InvalidEntry(f"invoice {invoice}: nothing is open and undisputed, so there is no link")
        line = found[0].line
        return LinkGiven(line.number, line.open - line.disputed, found[0].url, provider.name)

    @property
    def _catalog(self) -> LetterCatalog:
        from workstation.exchange.post.mail import packaged

        return packaged()

    @property
    def _outbox(self) -> Outbox:
        from workstation.store.post import Outbox

        return Outbox(self._book)

    def _provider(self) -> LinkProvider | None:
        from workstation.exchange.post.links import LinkError, TemplateProvider

        if self._pay_page is None:
            return None
        try:
            return TemplateProvider.load(self._pay_page)
        except LinkError as wrong:
            raise InvalidEntry(str(wrong)) from wrong

    def _payable(self, facts: LetterFacts, now: datetime) -> tuple[Payable, ...]:
        """How each invoice can be paid; a link that is still to be made is shown as such."""
        from workstation.exchange.post.compose import Payable
        from workstation.exchange.post.links import payables

        provider = self._provider()
        if provider is None:
            return ()
        given = {p.line.number: p for p in payables(self._book, facts.lines, provider, now, create=False)}
        return tuple(
            given.get(line.number, Payable(line, "(the link is made when this is queued)"))
            for line in facts.lines
            if line.open.minor > line.disputed.minor
        )

    def _addressed(self, letter: LetterChoice, facts: LetterFacts) -> tuple[str, tuple[str, ...]]:
        """Whom it goes to and where, and what of that is missing."""
        from workstation.desk.reachable import check_address

        if letter.medium is Medium.LETTER:
            names = list(dict.fromkeys([facts.debtor, facts.recipient]))
            missing = () if facts.address else ("no postal address is known: enter one",)
            return ", ".join([*names, *facts.address]), missing
        flaws = []
        for address, what in (
            (self._settings.sender_address, "the sender's address ([post] sender_address)"),
            (facts.email, f"the mail address of {facts.recipient}"),
        ):
            try:
                check_address(address, what)
            except InvalidEntry as wrong:
                flaws.append(str(wrong))
        return f"{facts.recipient} <{facts.email}>" if facts.email else facts.recipient, tuple(flaws)


def _choice(letter: Letter) -> LetterChoice:
    return LetterChoice(
        letter.id, letter.title, Medium(letter.medium), letter.when, "reply_by" in letter.needs
    )
