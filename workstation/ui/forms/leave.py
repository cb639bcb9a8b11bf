"""Leave that is asked for, and leave that the person gives: an override, a consent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from compliance.contact import CheckVerdict, Consent, ConsentScope, Level
from workstation.desk.book import CallRequest
from workstation.desk.roles import Right, may
from workstation.desk.standing import RECONTACT_LASTS, Heard
from workstation.desk.views import PhoneView
from workstation.ui import entry, figures
from workstation.ui.forms.base import Form, Slot, Standing, Work
from workstation.ui.kit import Row, row


class OverrideForm(Form):
    """Why a call must be made although rules refuse; whoever may approve it does so by saving."""

    title = "OVERRIDE"

    def __init__(self, at: Standing, phone: PhoneView) -> None:
        self._at, self._phone = at, phone
        self.slots = (Slot("reason", "because", span=3),)
        super().__init__()

    def _reason(self) -> str:
        reason = self.values["reason"].strip()
        if not reason:
            raise entry.EntryError("because: why must this call be made now?")
        return reason

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """Which rules would be overridden, and who must agree."""
        self._reason()
        refusals = [c for c in self._phone.checks if c.verdict is CheckVerdict.REFUSE]
        two = any(check.two_person for check in refusals)
        mine = may(self._at.user.role, Right.OVERRIDE_RULES)
        who = (
            "you approve it"
            if mine and not two
            else "two people must agree"
            if two
            else "a supervisor must agree"
        )
        return [
            row(("one call to ", "dim"), (figures.phone(self._phone.number), "strong"), f" · {who}"),
            *(row(("against ", "dim"), check.message) for check in refusals),
        ]

    def work(self) -> Work:
        """Ask, and approve where the role may."""
        reason, at, phone = self._reason(), self._at, self._phone

        def save(now: datetime) -> str:
            request = CallRequest(at.account.account_id, phone.party_id, phone.phone_id, at.user.user_id, "")
            override_id = at.desk.ask_override(request, reason, now)
            if may(at.user.role, Right.OVERRIDE_RULES) and at.desk.approve_override(
                override_id, at.user.user_id, now
            ):
                return f"Override {override_id} approved: call within 15 minutes, once."
            return f"Override {override_id} asked for; it waits for approval."

        return save


class ConsentForm(Form):
    """The person agreed to be called again: it takes calls out of the limits for seven days at most."""

    title = "CONSENT"

    def __init__(self, at: Standing, party_id: int, number: str, second: float | None) -> None:
        self._at, self._party, self._number, self._second = at, party_id, number, second
        self.slots = (Slot("words", "they said", span=3),)
        super().__init__()

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """What it opens, and until when."""
        words = self.values["words"].strip()
        last = self._at.today + RECONTACT_LASTS
        return [
            row(
                (self._at.who, "strong"), " agrees to be called again on ",
                (figures.phone(self._number), "strong"), f", until {figures.weekday(last)} at the latest",
            ),
            row(("Asked for and given on the call; a withdrawal ends it at once. ", "dim"), (words, "")),
        ]  # fmt: skip

    def work(self) -> Work:
        """Record it."""
        at, words = self._at, self.values["words"].strip()

        def save(now: datetime) -> str:
            fact = Consent(ConsentScope.RECONTACT, now, number=self._number)
            heard = Heard(at.call_id, self._second, words) if at.call_id else None
            at.desk.record_standing(
                at.account.account_id, self._party, fact, at.user.user_id, now, source="call", heard=heard
            )
            return f"Consent recorded: {at.who} may be called again."

        return save


def overridable(phone: PhoneView) -> bool:
    """Whether every rule that refuses may be overridden by a supervisor."""
    refusals = [c for c in phone.checks if c.verdict is CheckVerdict.REFUSE]
    return bool(refusals) and all(c.level is Level.SUPERVISOR for c in refusals)
