"""The cockpit's account read anew while it is open, and the holds that are proposed on it."""

from __future__ import annotations

from collections.abc import Mapping

from workstation.desk.roles import Right, may
from workstation.desk.views import AccountView
from workstation.ui.screens.cockpit_view import Bar, CockpitView


class CockpitHolds(CockpitView):
    """Keeps the account current, and decides on holds heard in the talk."""

    def reload(self) -> None:
        """Read the account again: holds and counters change during a call."""
        account = self.account
        if account is not None:
            now = self.room.now()
            self.room.book(lambda: self.room.desk.account(account.account_id, now), self._reloaded)

    def _reloaded(self, account: AccountView) -> None:
        if self.account is not None and account.account_id == self.account.account_id:
            self.refill(account)
            self.keys_changed()

    def refresh_script(self) -> None:
        """Read the script's facts again: sums change, and so may the person on the line."""
        account, user = self.account, self.room.user
        if account is None or user is None:
            return
        account_id, party, now = account.account_id, self._party_id(account), self.room.now()

        def read(facts: Mapping[str, str]) -> None:
            if self.account is not None and self.account.account_id == account_id:
                self.say.fill(facts)
                self.repaint("say")

        self.room.book(lambda: self.room.desk.script_facts(account_id, party, user.user_id, now), read)

    def _party_id(self, account: AccountView) -> int:
        if self.call is not None and self.call.party_id:
            return self.call.party_id
        return account.phones[0].party_id if account.phones else 0

    # -- holds -------------------------------------------------------------------------------------------

    def _asked(self) -> Bar | None:
        bar = next((b for b in reversed(self.bars) if b.asks), None)
        if bar is None:
            self.tell("No hold is proposed.")
        elif bar.hold_id is None:
            self.tell("The hold is being written; try again in a moment.")
            self.reload()
            return None
        return bar

    def action_confirm_hold(self) -> None:
        """Confirm the proposed hold."""
        self._decide_hold(confirm=True, reason="heard on the call and confirmed by the collector")

    def action_dismiss_hold(self) -> None:
        """Say that the proposed hold is a mistake; lifting it takes a supervisor."""
        user = self.room.user
        if user is not None and not may(user.role, Right.LIFT_HOLDS):
            if (bar := self._asked()) is not None:
                self._drop(bar)
                self.tell("Left as proposed: no contact until a supervisor has decided.", "notice")
            return
        self._decide_hold(confirm=False, reason="misheard: not meant as a stop, decided on the call")

    def _decide_hold(self, *, confirm: bool, reason: str) -> None:
        bar, user = self._asked(), self.room.user
        if bar is None or bar.hold_id is None or user is None:
            return
        hold_id, now = bar.hold_id, self.room.now()

        def decided(_: None) -> None:
            self._drop(bar)
            self.tell(f"Hold {'confirmed' if confirm else 'lifted'}: {bar.finding.hold}.", "good")
            self.reload()

        self.room.book(
            lambda: self.room.desk.resolve_hold(hold_id, user.user_id, now, confirm=confirm, reason=reason),
            decided,
        )

    def _drop(self, bar: Bar) -> None:
        self.bars = [other for other in self.bars if other is not bar]
        self._bar.repaint()

    def drop_warning(self) -> bool:
        """Take away the warning in front, if it does not ask for a decision."""
        if self.bars and not self.bars[-1].asks:
            self._drop(self.bars[-1])
            return True
        return False
