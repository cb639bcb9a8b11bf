"""What is done on the account in place: payments, disputes, plans, settlements, mails, letters, links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from compliance.contact import Medium, Refused
from workstation.desk.account_ledger import LedgerView
from workstation.desk.book import BookError
from workstation.desk.customer import DisputeLine
from workstation.desk.post import Queued
from workstation.desk.views import DraftFact
from workstation.desk.writing import LetterChoice, LetterPreview, LinkGiven
from workstation.ui import entry, figures, letter_rows
from workstation.ui.form_panel import FormPanel
from workstation.ui.forms.base import Form, Standing, free_of
from workstation.ui.forms.dispute import DisputeForm, ResolveForm
from workstation.ui.forms.letter import AddressForm, Draft, EmailForm, LetterForm, ReplyByForm
from workstation.ui.forms.payment import PaymentForm
from workstation.ui.forms.plan import PlanForm
from workstation.ui.forms.settlement import SettlementForm
from workstation.ui.ports import Letters
from workstation.ui.room import Choice, PickList, Room
from workstation.ui.screens.base import KeyHint
from workstation.ui.screens.cockpit_ledger import CockpitLedger
from workstation.ui.wrap import Stage

_BUSY = frozenset({Stage.PROMISE, Stage.CALLBACK, Stage.EDIT, Stage.SAVING})
"""Stages of wrap-up in which the panel is in use."""


class CockpitDeals(CockpitLedger):
    """The forms of the account screen, and its letters."""

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.form_panel = FormPanel()
        self._letter: Draft | None = None
        """What is being written."""
        self._to = 0
        """The contact picked for it; 0: who is on the line, or would be called."""

    @property
    def form(self) -> Form | None:
        """The form on screen."""
        return self.form_panel.form

    def clear(self, title: str) -> None:
        """Make ready for another account: no form is open."""
        self._letter, self._to = None, 0
        self.form_panel.open(None)
        self.set_class(False, "-form")
        super().clear(title)

    def panels(self) -> Iterable[Widget]:
        """Wrap-up, and the form over it."""
        return [*super().panels(), self.form_panel]

    def show_wrap(self) -> None:
        """Lay out wrap-up; a form that is open keeps its place and its cursor until it is left."""
        kept = self.focused
        super().show_wrap()
        if self.form is not None:
            self.panel.display = False
            self.set_focus(kept)

    def standing(self) -> Standing | None:
        """What a form is filled in against; None before an account is on screen."""
        account, user = self.account, self.room.user
        if account is None or user is None:
            return None
        today = figures.local(self.room.now(), account.zone).date()
        call_id = self.call.call_id if self.call is not None else ""
        return Standing(self.room.desk, account, user, today, self.party_name(), call_id)

    def _may_begin(self) -> Standing | None:
        if self.form is not None:
            return None
        if self.wrap.stage in _BUSY:
            self.tell(f"Finish what is open in wrap-up first, or leave it: {self.room.registry.key('back')}.")
            return None
        return self.standing()

    # -- forms -------------------------------------------------------------------------------------------

    def open_form(self, form: Form) -> None:
        """Show a form; typing goes to it at once."""
        self.tell("")
        self.form_panel.open(form)
        self.panel.display = False
        self.set_class(True, "-form")
        self.set_focus(self.form_panel.input(form.begin))
        self.keys_changed()

    def close_form(self) -> None:
        """Leave the form; nothing is saved by leaving."""
        self.form_panel.open(None)
        self.set_class(False, "-form")
        self.show_wrap()
        self.repaint_middle()

    def accept_form(self) -> None:
        """Save the form, or say what is wrong with it."""
        form, panel = self.form, self.form_panel
        if form is None or panel.saving:
            return
        panel.read()
        try:
            work = form.work()
        except entry.EntryError as wrong:
            self.tell(str(wrong), "refused")
            return
        now = self.room.now()
        panel.saving = True
        panel.repaint()
        self.room.book(lambda: work(now), self._form_saved, self._form_refused, hold=True)

    def _form_saved(self, said: str) -> None:
        form = self.form
        self.close_form()
        self.tell(said, "good")
        self.changed()
        if isinstance(form, LetterForm) and self._letter is not None:
            self._look(self._letter)

    def _form_refused(self, wrong: BookError) -> None:
        self.form_panel.saving = False
        self.form_panel.repaint()
        self.tell(f"Not saved: {wrong}", "refused")

    def changed(self) -> None:
        """Something was entered on the account: facts, history, ledger and script say so."""
        self.reload()
        self.refresh_script()

    def pick_slot(self) -> None:
        """F2 in a form: pick from what the field knows."""
        form, index = self.form, self.form_panel.focused_slot()
        if form is None:
            return
        slot = form.slots[index]
        if not slot.picks:
            self.tell(f"{slot.label}: nothing to pick from; type it.")
            return

        def chosen(choice: Choice) -> None:
            self.form_panel.put(index, choice.id)
            following = self.form_panel.inputs[min(index + 1, len(form.slots) - 1)]
            self.set_focus(following)

        self.room.pick(PickList(slot.label.upper(), slot.picks, chosen))

    # -- what may be entered -----------------------------------------------------------------------------

    def action_payment(self) -> None:
        """Record a payment."""
        at = self._may_begin()
        if at is not None:
            self.with_ledger(lambda found: self.open_form(PaymentForm(at, found.customer.discounts)))

    def action_dispute(self) -> None:
        """Open a dispute."""
        at = self._may_begin()
        if at is None:
            return
        if not at.free.minor:
            self.tell("Nothing is open that is not disputed already.")
            return
        self.open_form(DisputeForm(at))

    def dispute_heard(self, fact: DraftFact) -> None:
        """Offer the dispute that was heard on the call, with its reason and words; Esc leaves it."""
        at = self._may_begin()
        if at is not None and at.free.minor:
            self.open_form(DisputeForm(at, fact.value, fact.words))

    def action_resolve(self) -> None:
        """Resolve a dispute; asks which if several are open."""
        at = self._may_begin()
        if at is None:
            return

        def choose(standing: Sequence[DisputeLine]) -> None:
            if not standing:
                self.tell("No dispute is open on this account.")
            elif len(standing) == 1:
                self.open_form(ResolveForm(at, standing[0]))
            else:
                by_id = {str(d.dispute_id): d for d in standing}
                choices = [
                    Choice(str(d.dispute_id), f"{d.invoice}  {d.reason}", d.held.figures(), d.detail)
                    for d in standing
                ]
                self.room.pick(
                    PickList(
                        "RESOLVE WHICH DISPUTE",
                        choices,
                        lambda choice: self.open_form(ResolveForm(at, by_id[choice.id])),
                    )
                )

        self.with_ledger(lambda found: choose([d for d in found.customer.disputes if d.resolved_on is None]))

    def action_plan(self) -> None:
        """Build an instalment plan."""
        at = self._may_begin()
        if at is None:
            return
        if not at.free.minor:
            self.tell("Nothing is open and undisputed, so there is nothing to pay off.")
            return
        self.open_form(PlanForm(at))

    def action_settle(self) -> None:
        """Offer a settlement."""
        at = self._may_begin()
        if at is None:
            return
        if not at.free.minor:
            self.tell("Nothing is open and undisputed, so there is nothing to settle.")
            return
        self.open_form(SettlementForm(at))

    # -- letters -----------------------------------------------------------------------------------------

    def _letters(self) -> Letters | None:
        if self.room.letters is None:
            self.tell("No letters are set up here.", "notice")
        return self.room.letters

    def _addressee(self) -> int:
        """The person a letter goes to: who was picked, else who is on the line, else who would be called."""
        if self._to:
            return self._to
        if self.call is not None and self.call.party_id:
            return self.call.party_id
        return self.phone.party_id if self.phone is not None else 0

    def action_write(self, medium: str) -> None:
        """Choose a mail or letter of the catalog that fits the account."""
        at, letters = self._may_begin(), self._letters()
        if at is None or letters is None:
            return
        self.tell("")
        wanted, account = Medium(medium), at.account

        def show(found: Sequence[LetterChoice]) -> None:
            by_id = {letter.id: letter for letter in found}
            name = letter_rows.NAME[wanted]
            if not found:
                self.tell(f"The catalog has no {name.lower()} for stage {account.stage} here.", "notice")
                return
            choices = [Choice(x.id, x.title, "", f"{x.id} {x.when}") for x in found]
            self.room.pick(
                PickList(f"{name}   for stage {account.stage}", choices, lambda c: self._begin(by_id[c.id]))
            )

        self.room.book(lambda: letters.choices(account.profile, account.stage, wanted), show, hold=True)

    def _begin(self, letter: LetterChoice) -> None:
        at = self.standing()
        if at is None:
            return
        draft = Draft(letter)
        self._letter, self._to = draft, 0
        if letter.asks_reply_by:
            self.open_form(ReplyByForm(at, draft))
        else:
            self._look(draft)

    def _look(self, draft: Draft) -> None:
        """Show how it would read; nothing is recorded by looking."""
        at, letters = self.standing(), self._letters()
        if at is None or letters is None:
            return
        letter, reply_by = draft.letter, draft.reply_by
        now, party = self.room.now(), self._addressee()
        account_id, user_id = at.account.account_id, at.user.user_id

        def show(preview: LetterPreview) -> None:
            if self.account is not None and self.account.account_id == account_id:
                self.show_preview(preview)

        self.room.book(
            lambda: letters.preview(letter, account_id, party, user_id, now, reply_by=reply_by),
            show,
            lambda wrong: self.tell(f"{letter.title}: {wrong}", "refused"),
            hold=True,
        )

    def queue_letter(self) -> None:
        """Put what is looked at into the outbox, if the gate permits."""
        at, letters, preview = self.standing(), self._letters(), self.preview
        if at is None or letters is None or preview is None or self._letter is None:
            return
        if preview.flaws:
            self.tell(preview.flaws[0], "refused")
            return
        letter, reply_by = self._letter.letter, self._letter.reply_by
        now, party = self.room.now(), self._addressee()
        account_id, user_id = at.account.account_id, at.user.user_id

        def done(answer: Queued | Refused) -> None:
            if isinstance(answer, Refused):
                self.tell(letter_rows.refused(letter.medium, answer, at.account.zone, now), "refused")
                self.changed()
                return
            self.show_preview(None)
            self._letter = None
            to = answer.recipient.split("\n")[0]
            self.tell(f"{letter.title} queued for {to}: {answer.subject}", "good")
            self.changed()

        self.room.book(
            lambda: letters.queue(letter, account_id, party, user_id, now, reply_by=reply_by),
            done,
            lambda wrong: self.tell(f"Not queued: {wrong}", "refused"),
            hold=True,
        )

    def pick_addressee(self) -> None:
        """Send it to another contact of the account."""

        def show(found: LedgerView) -> None:
            def chosen(choice: Choice) -> None:
                if self._letter is not None:
                    self._to = int(choice.id)
                    self._look(self._letter)

            people = found.customer.contacts
            choices = [Choice(str(p.party_id), f"{p.name}  {p.role}", p.email) for p in people]
            self.room.pick(PickList("TO WHOM", choices, chosen, empty="nobody is known"))

        self.with_ledger(show)

    def enter_address(self) -> None:
        """Enter the address that a letter or mail needs."""
        at, letters = self.standing(), self._letters()
        if at is None or letters is None or self.preview is None:
            return
        form = AddressForm if self.preview.choice.medium is Medium.LETTER else EmailForm
        self.open_form(form(at, letters, self._addressee()))

    def action_pay_link(self) -> None:
        """Give a link at which an invoice can be paid; asks which if several are open."""
        at, letters = self._may_begin(), self._letters()
        if at is None or letters is None:
            return
        payable = [i for i in at.account.invoices if free_of(i).minor]
        if not payable:
            self.tell("Nothing is open and undisputed, so there is nothing to pay.")
        elif len(payable) == 1:
            self._give_link(payable[0].number)
        else:
            picks = [c for c in at.invoice_picks() if any(i.number == c.id for i in payable)]
            self.room.pick(PickList("PAYMENT LINK FOR", picks, lambda choice: self._give_link(choice.id)))

    def _give_link(self, invoice: str) -> None:
        at, letters = self.standing(), self._letters()
        if at is None or letters is None:
            return
        now, account_id, user_id = self.room.now(), at.account.account_id, at.user.user_id

        def given(link: LinkGiven) -> None:
            self.tell(f"Pay {link.invoice}, {link.amount}: {link.url}", "good")
            self.reload()

        self.room.book(lambda: letters.pay_link(account_id, invoice, user_id, now), given, hold=True)

    # -- keys --------------------------------------------------------------------------------------------

    def hints(self) -> Iterable[KeyHint]:
        """The keys of a form."""
        form = self.form
        if form is None:
            return super().hints()
        picks = form.slots[self.form_panel.focused_slot()].picks
        return [
            KeyHint("say.go", "saves"),
            KeyHint("wrap.edit", "next field"),
            KeyHint("wrap.back_field"),
            KeyHint("say.pick", "pick", off=not picks),
            KeyHint("back", "leaves it"),
            *self._hang_up(),
            KeyHint("help"),
        ]
