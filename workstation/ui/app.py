"""The workstation's app: puts screens, book, switchboard and scripts together, and leads between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from textual.screen import Screen

from workstation.clock import Clock, system_clock
from workstation.desk.book import Desk
from workstation.desk.final_views import FinalNotices, FinalView
from workstation.desk.portfolio import Behind, Portfolios
from workstation.desk.rule_table import RuleLine
from workstation.desk.strategy_edit import Strategies
from workstation.desk.views import AccountView, QueueRow, SignedInUser
from workstation.floor import messages as m
from workstation.ui import theme
from workstation.ui.audit.ports import Auditing
from workstation.ui.callview import CallView
from workstation.ui.places import home, places_for
from workstation.ui.ports import Letters, Scripts, SwitchboardClient
from workstation.ui.registry import Registry
from workstation.ui.room import Choice, PickList, Question
from workstation.ui.screens.ask import AskScreen
from workstation.ui.screens.audit import AuditScreen
from workstation.ui.screens.audit_call import AuditCallScreen
from workstation.ui.screens.audit_rules import RuleFindingsScreen, RulesScreen
from workstation.ui.screens.base import WorkScreen
from workstation.ui.screens.callbacks import CallbacksScreen
from workstation.ui.screens.coaching import CoachingScreen
from workstation.ui.screens.cockpit import CockpitScreen
from workstation.ui.screens.final import FinalScreen
from workstation.ui.screens.final_session import FinalSessionScreen
from workstation.ui.screens.floor import FloorScreen
from workstation.ui.screens.help import HelpScreen
from workstation.ui.screens.pick import PickScreen
from workstation.ui.screens.portfolio import BehindScreen, PortfolioScreen
from workstation.ui.screens.queue import QueueScreen
from workstation.ui.screens.search import SearchScreen
from workstation.ui.screens.signin import SignInScreen
from workstation.ui.screens.strategies import StrategiesScreen
from workstation.ui.session import Session

_WIDTHS = [(0, "-narrow"), (100, "-two"), (124, "-three")]
_HEIGHTS = [(0, "-short"), (32, "-tall")]
"""Classes a screen has from so many columns and rows on."""


class Workstation(Session, inherit_bindings=False):
    """The collector's terminal."""

    CSS_PATH = "app.tcss"
    TITLE = "Dunline"
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None
    HORIZONTAL_BREAKPOINTS = _WIDTHS
    VERTICAL_BREAKPOINTS = _HEIGHTS

    def __init__(
        self,
        desk: Desk,
        client: SwitchboardClient,
        scripts: Scripts,
        *,
        letters: Letters | None = None,
        auditing: Auditing | None = None,
        final: FinalNotices | None = None,
        portfolios: Portfolios | None = None,
        strategies: Strategies | None = None,
        clock: Clock = system_clock,
        user: SignedInUser | None = None,
        credentials: m.SignIn | m.Resume | None = None,
        keys: Mapping[str, str] | None = None,
        high_contrast: bool = False,
        wrap_seconds: int = 45,
        pace_hints: bool = False,
    ) -> None:
        """`user` skips the sign-in screen; `credentials` open the switchboard session, or resume one.

        Credentials without `user` sign in to both. What is not given cannot be done: without `letters`
        nothing is written, without `auditing` no call reviewed, without `final` no final notice held, without
        `portfolios` no portfolio read, without `strategies` none changed. `keys` remaps actions by id. Raises
        KeymapError.
        """
        super().__init__(desk, client, Registry(keys), clock, user, credentials)
        self.animation_level = "none"
        self.scripts = scripts
        self.letters = letters
        self.auditing = auditing
        self.final = final
        self.portfolios = portfolios
        self.strategies = strategies
        self.wrap_seconds = wrap_seconds
        self.pace_hints = pace_hints
        for one in theme.THEMES:
            self.register_theme(one)
        self.theme = theme.HIGH_CONTRAST.name if high_contrast else theme.QUIET.name
        self.sign_in_screen = SignInScreen(self)
        self.queue = QueueScreen(self)
        self.callbacks = CallbacksScreen(self)
        self.final_list = FinalScreen(self)
        self.final_session = FinalSessionScreen(self)
        self.portfolio = PortfolioScreen(self)
        self.behind = BehindScreen(self)
        self.strategy_list = StrategiesScreen(self)
        self.floor = FloorScreen(self)
        self.audit = AuditScreen(self)
        self.audit_call = AuditCallScreen(self)
        self.audit_rules = RulesScreen(self)
        self.audit_findings = RuleFindingsScreen(self)
        self.coaching = CoachingScreen(self)
        self.search = SearchScreen(self)
        self.cockpit = CockpitScreen(self)
        self._stays_under = False
        """Whether leaving the cockpit leads to the screen below it instead of the queue."""
        self.picker = PickScreen(self)
        self.helper = HelpScreen(self)
        self.asker = AskScreen(self)

    def get_default_screen(self) -> Screen[Any]:
        """The queue lies under everything else."""
        return self.queue

    def on_mount(self) -> None:
        """Install the screens, begin the session, start the clock."""
        for screen in (
            self.sign_in_screen, self.callbacks, self.floor, self.final_list, self.final_session,
            self.portfolio, self.behind, self.strategy_list, self.cockpit,
            self.picker, self.helper, self.asker,
        ):  # fmt: skip
            self.install_screen(screen, screen.NAME)
        for place in (
            self.audit, self.audit_call, self.audit_rules, self.audit_findings, self.coaching, self.search,
        ):  # fmt: skip
            self.install_screen(place, place.NAME)
        if self.user is None:
            self.push_screen("sign-in")
        else:
            self.show_home()
        self.set_interval(1.0, self._tick)
        self.begin()

    async def _tick(self) -> None:
        if not self.screen_stack:  # a tick that was due when the program ended
            return
        if isinstance(self.screen, WorkScreen):
            self.screen.tick()
        if await self.keyboard.watch():
            self.tell("The book has not answered in time; what was typed meanwhile was dropped.", "refused")
        self.retry()

    # -- ways between screens ----------------------------------------------------------------------------

    def tell(self, text: str, kind: str = "info") -> None:
        """Say something on the message line of the working screen."""
        working = [screen for screen in self.screen_stack if isinstance(screen, WorkScreen)]
        if working:
            working[-1].tell(text, kind)

    def take_account(self, row: QueueRow | None) -> None:
        """Lease an account and open it; keys typed meanwhile wait for it."""
        user = self.user
        if user is None:
            return
        now, wanted = self.now(), row.account_id if row is not None else None

        def lease() -> int | None:
            return self.desk.take_account(user.user_id, now, wanted)

        self._open(lease, row.name if row else "")

    def _open(
        self, account: int | Callable[[], int | None], title: str, then: Callable[[], None] | None = None
    ) -> None:
        user = self.user
        if user is None:
            return
        now = self.now()
        self._stays_under = False
        # The screen comes first and its content second: keys typed now are meant for it.
        self.cockpit.clear(title)
        if self.screen is not self.cockpit:
            self.push_screen("cockpit")

        def read() -> tuple[AccountView, Mapping[str, str]] | None:
            account_id = account() if callable(account) else account
            if account_id is None:
                return None
            view = self.desk.account(account_id, now)
            party = view.phones[0].party_id if view.phones else 0
            return view, self.desk.script_facts(account_id, party, user.user_id, now)

        def show(found: tuple[AccountView, Mapping[str, str]] | None) -> None:
            if found is None:
                self._not_opened("The queue is empty: nothing is callable now.")
                return
            self.cockpit.fill(*found)
            if then is not None:
                then()

        self.book(read, show, lambda wrong: self._not_opened(str(wrong)), hold=True)

    def _not_opened(self, text: str) -> None:
        self.show_queue()
        self.queue.tell(text, "notice")

    def show_queue(self) -> None:
        """Go back to the queue."""
        self.cockpit.clear("")
        while self.screen is not self.queue and len(self.screen_stack) > 1:
            self.pop_screen()

    def show_home(self) -> None:
        """Go where the user's role begins."""
        self.show_queue()
        start = home(self.user.role) if self.user is not None else "queue"
        if start != "queue":
            self.push_screen(start)

    def go(self, screen: str) -> None:
        """Go to a place; one step back from it is where the user's role begins, or the queue."""
        self.show_home()
        if screen == "queue":
            self.show_queue()
        elif self._on_screen() != screen:
            self.push_screen(screen)

    @property
    def home_zone(self) -> str:
        """The floor's zone, as the book says it; UTC where it does not."""
        return str(getattr(self.desk, "home_zone", "UTC"))

    def review(self, call_id: str, second: float | None = None) -> None:
        """Open a call for review; keys typed meanwhile wait for it."""
        self.audit_call.show(call_id, second)
        if self.screen is not self.audit_call:
            self.push_screen(self.audit_call.NAME)

    def rule_figures(self) -> None:
        """Show how each speech rule does."""
        self.push_screen(self.audit_rules.NAME)

    def rule_findings(self, line: RuleLine) -> None:
        """List what a speech rule found."""
        self.audit_findings.begin(line)
        self.push_screen(self.audit_findings.NAME)

    def _on_screen(self) -> str:
        return self.screen.NAME if isinstance(self.screen, WorkScreen) else ""

    def places(self) -> None:
        """Offer the places of the user's role."""
        offered = places_for(self.user.role) if self.user is not None else ()
        choices = [Choice(place.screen, place.title, place.what) for place in offered]
        self.pick(PickList("PLACES", choices, lambda choice: self.go(choice.id)))

    # -- the final notice --------------------------------------------------------------------------------

    def open_session(self, account_id: int, name: str) -> None:
        """Open the final-notice session of an account."""
        self.final_session.begin(account_id, name)
        if self.screen is not self.final_session:
            self.push_screen("final-session")

    def call_final(self, view: FinalView) -> None:
        """Call the account of a session: the cockpit with the session's script in front."""
        user = self.user
        if user is None:
            return
        now = self.now()

        def lease() -> int | None:
            return self.desk.take_account(user.user_id, now, view.account_id)

        def shown() -> None:
            self.cockpit.hold_final(view)
            self.cockpit.action_dial()

        self._open(lease, view.name, shown)
        self._stays_under = True

    def show_cockpit(self) -> None:
        """Go to the cockpit of the session's call, or back from it to the session."""
        if self.screen is self.cockpit and self.cockpit.final is not None:
            self.pop_screen()
        elif self.screen is self.final_session and self._session_in_cockpit():
            self.push_screen("cockpit")
        else:
            self.tell("No call of this session is open.")

    def _session_in_cockpit(self) -> bool:
        held = self.cockpit.final
        return held is not None and held.account_id == self.final_session.account_id

    def final_call(self) -> CallView | None:
        """The call of the session on screen, while it is up."""
        call = self.cockpit.call
        return call if call is not None and call.up and self._session_in_cockpit() else None

    def final_changed(self) -> None:
        """Something that may stop the session was heard: read it anew."""
        self.final_session.reload()

    def final_read(self, view: FinalView) -> None:
        """A session was read: the cockpit's script follows it."""
        if self._session_in_cockpit():
            self.cockpit.follow_final(view)

    def leave_cockpit(self) -> None:
        """Leave the account: back to the session or list it was opened from, or to the queue."""
        if not self._stays_under:
            self.show_queue()
            return
        self.cockpit.clear("")
        if self.screen is self.cockpit:
            self.pop_screen()

    # -- the portfolio -----------------------------------------------------------------------------------

    def show_behind(self, heading: str, found: Sequence[Behind]) -> None:
        """List the accounts behind a figure."""
        self.behind.begin(heading, found)
        self.push_screen("portfolio-accounts")

    def open_account(self, account_id: int, name: str) -> None:
        """Lease an account and open it; leaving it leads back to where one was."""
        user = self.user
        if user is None:
            return
        now = self.now()

        def lease() -> int | None:
            return self.desk.take_account(user.user_id, now, account_id)

        self._open(lease, name)
        self._stays_under = True

    def pick(self, spec: PickList) -> None:
        """Open the pick list."""
        self.picker.reset(spec)
        if self.screen is not self.picker:
            self.push_screen("pick")

    def question(self, question: Question) -> None:
        """Ask for one line of text."""
        self.asker.reset(question)
        if self.screen is not self.asker:
            self.push_screen("ask")

    def prove(self, why: str, then: Callable[[], None]) -> None:
        """Have the user give their password again, then go on."""
        user = self.user
        if user is None:
            return

        def proved(_: None) -> None:
            self.close_top()
            then()

        def check(password: str) -> None:
            now = self.now()
            self.book(
                lambda: self.desk.prove(user.user_id, password, now),
                proved,
                lambda wrong: self.asker.refused(str(wrong)),
                hold=True,
            )

        self.question(Question(f"{user.full_name}: your password again", why, check, secret=True))

    def help(self, screen: str) -> None:
        """Open help."""
        self.helper.reset(screen)
        self.push_screen("help")

    def palette(self, screen: str) -> None:
        """Open the list of commands of a screen."""
        target = self.screen
        actions = {a.id: a for a in self.registry.on(screen) if a.in_palette}
        choices = [
            Choice(a.id, a.tooltip, self.registry.key(a.id), words=f"{a.label} {a.id}")
            for a in actions.values()
        ]

        def run(choice: Choice) -> None:
            self.call_next(partial(target.run_action, actions[choice.id].call))

        self.pick(PickList("COMMANDS", choices, run))

    def close_top(self) -> None:
        """Close what lies on top: the pick list, help, a place that is not where the user begins."""
        begins = home(self.user.role) if self.user is not None else "queue"
        if len(self.screen_stack) > 1 and self._on_screen() != begins:
            self.pop_screen()
        else:
            self.tell(f"{self.registry.key('quit')} leaves the workstation.")

    def swap_theme(self) -> None:
        """Change between the quiet and the high-contrast colours."""
        other = theme.QUIET if self.theme == theme.HIGH_CONTRAST.name else theme.HIGH_CONTRAST
        self.theme = other.name

    def leave(self) -> None:
        """End the program."""
        self.exit()
