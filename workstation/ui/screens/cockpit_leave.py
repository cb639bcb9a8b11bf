"""The cockpit: leave to call against a rule, and the person's own consent to be called again."""

from __future__ import annotations

from compliance.contact import CheckVerdict, Level
from workstation.ui import panes
from workstation.ui.forms.leave import ConsentForm, OverrideForm, overridable
from workstation.ui.screens.cockpit_deals import CockpitDeals


class CockpitLeave(CockpitDeals):
    """Asks for overrides, and records consent."""

    def action_override(self) -> None:
        """Ask for leave to call once although rules refuse."""
        account, at = self.account, self._may_begin()
        if account is None or at is None:
            return
        phone = self.phone or (account.phones[0] if account.phones else None)
        if phone is None or phone.callable:
            self.tell("No rule stands in the way of a call now.")
        elif overridable(phone):
            self.open_form(OverrideForm(at, phone))
        else:
            fixed = next(
                c
                for c in phone.checks
                if c.verdict is CheckVerdict.REFUSE and c.level is not Level.SUPERVISOR
            )
            why = panes.refusal(phone, account.zone, self.room.now())
            self.tell(f"Nobody may override {fixed.message} ({fixed.citation}). {why}", "refused")

    def action_consent(self) -> None:
        """Record that the person on the line, or the contact, agreed to be called again."""
        account, at = self.account, self._may_begin()
        if account is None or at is None:
            return
        call = self.call
        if call is None:
            self.tell("Consent to be called again is given on a call; none was made here yet.")
            return
        self.open_form(ConsentForm(at, call.party_id, call.number, None))
