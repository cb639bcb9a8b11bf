"""The workstation's app: puts screens, book, switchboard and scripts together, and leads between them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any, TypeVar

import structlog
from textual import events, on
from textual.app import App
from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from workstation.clock import Clock, system_clock
from workstation.desk.book import BookError, Desk
from workstation.desk.views import AccountView, QueueRow, SignedInUser
from workstation.floor import messages as m
from workstation.floor.client import SwitchboardLost
from workstation.ui import theme
from workstation.ui.callview import CallView
from workstation.ui.keyboard import Keyboard, Settled
from workstation.ui.ports import Scripts, SwitchboardClient
from workstation.ui.registry import Registry
from workstation.ui.room import LOST, Choice, PickList
from workstation.ui.screens.base import WorkScreen
from workstation.ui.screens.cockpit import CockpitScreen
from workstation.ui.screens.help import HelpScreen
from workstation.ui.screens.pick import PickScreen
from workstation.ui.screens.queue import QueueScreen
from workstation.ui.screens.signin import SignInScreen

log = structlog.get_logger(__name__)
T = TypeVar("T")

_WIDTHS = [(0, "-narrow"), (100, "-two"), (124, "-three")]
_HEIGHTS = [(0, "-short"), (32, "-tall")]
"""Classes a screen has from so many columns and rows on."""
_RETRY_S = 3
"""Seconds between attempts to reach a switchboard that was not there at the start."""


class Answered(Message, bubble=False):
    """A thread or task brings what the book or the switchboard said."""

    def __init__(
        self, then: Callable[[Any], None], value: Any, *, held: bool = False, failed: bool = False
    ) -> None:
        super().__init__()
        self.then = then
        self.value = value
        self.held = held
        self.failed = failed


class LineSaid(Message, bubble=False):
    """The switchboard sent an event."""

    def __init__(self, event: m.Event) -> None:
        super().__init__()
        self.event = event


class LinkChanged(Message, bubble=False):
    """The connection to the switchboard changed."""

    def __init__(self, state: str) -> None:
        super().__init__()
        self.state = state


class Workstation(App[None], inherit_bindings=False):
    """The collector's terminal.

    Book calls run in threads, switchboard calls in tasks; both come back as messages, and only handlers of
    messages and keys change what is on screen.
    """

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
        clock: Clock = system_clock,
        user: SignedInUser | None = None,
        credentials: m.SignIn | None = None,
        keys: Mapping[str, str] | None = None,
        high_contrast: bool = False,
        wrap_seconds: int = 45,
    ) -> None:
        """`user` skips the sign-in screen; `credentials` open the switchboard session.

        Credentials without `user` sign in to both. `keys` remaps actions by id. Raises KeymapError.
        """
        super().__init__()
        self.animation_level = "none"
        self.desk = desk
        self.client = client
        self.scripts = scripts
        self.now = clock
        self.registry = Registry(keys)
        self.user = user
        self.wrap_seconds = wrap_seconds
        self.line: m.LineState | None = None
        self._credentials = credentials
        self._in_session = False
        self._lost = False
        self._retry = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._stop_listening: list[Callable[[], None]] = []
        self.keyboard = Keyboard(self._handle_key, self._key_target, self._never_waits)
        for one in theme.THEMES:
            self.register_theme(one)
        self.theme = theme.HIGH_CONTRAST.name if high_contrast else theme.QUIET.name
        self.sign_in_screen = SignInScreen(self)
        self.queue = QueueScreen(self)
        self.cockpit = CockpitScreen(self)
        self.picker = PickScreen(self)
        self.helper = HelpScreen(self)

    @property
    def client_state(self) -> str:
        """The connection to the switchboard: up, down or reconnecting."""
        return self.client.state

    @property
    def at_rest(self) -> bool:
        """Whether the book and the switchboard have answered everything and every key is handled."""
        working = any(not worker.is_finished for worker in self.workers)
        return not working and not self._tasks and self.keyboard.quiet

    # -- start and end -----------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[Any]:
        """The queue lies under everything else."""
        return self.queue

    def on_mount(self) -> None:
        """Install the screens, listen to the switchboard, start the clock."""
        for screen in (self.sign_in_screen, self.cockpit, self.picker, self.helper):
            self.install_screen(screen, screen.NAME)
        if self.user is None:
            self.push_screen("sign-in")
        self._stop_listening = [
            self.client.on_event(self._hear),
            self.client.on_state(self._hear_state),
        ]
        self.set_interval(1.0, self._tick)
        if self._credentials is not None and self.user is None:
            self.sign_in(self._credentials.username, self._credentials.password, self._credentials.extension)
        elif self.user is not None:
            self._start_session()

    async def on_unmount(self) -> None:
        """Leave the switchboard; calls stay up."""
        for stop in self._stop_listening:
            stop()
        for task in list(self._tasks):
            task.cancel()
        await self.client.close()

    async def _tick(self) -> None:
        if not self.screen_stack:  # a tick that was due when the program ended
            return
        if isinstance(self.screen, WorkScreen):
            self.screen.tick()
        if await self.keyboard.watch():
            self.tell("The book has not answered in time; what was typed meanwhile was dropped.", "refused")
        if self.user is not None and not self._in_session and self._credentials is not None:
            self._retry += 1
            if self._retry >= _RETRY_S:
                self._retry = 0
                self._start_session()

    def _hear(self, event: m.Event) -> None:
        self.post_message(LineSaid(event))

    def _hear_state(self, state: str) -> None:
        self.post_message(LinkChanged(state))

    # -- keys --------------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Take keys one after another; everything else goes its way."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            await self.keyboard.press(event)
        else:
            await super().on_event(event)

    async def _handle_key(self, event: events.Key) -> None:
        await super().on_event(event)

    def _key_target(self) -> Any:
        return self.focused or self.screen

    def _never_waits(self, key: str) -> bool:
        urgent = (*self.registry.keys("call.hang_up"), *self.registry.keys("quit"))
        return key in urgent

    async def on_settled(self, message: Settled) -> None:
        """A key has been handled."""
        await self.keyboard.settled(message)

    # -- book and line -----------------------------------------------------------------------------------

    def book(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[BookError], None] | None = None,
        *,
        hold: bool = False,
    ) -> None:
        """Run `work` in a thread; see room.Room.book."""
        if hold:
            self.keyboard.hold()
        sorry = failed or (lambda wrong: self.tell(str(wrong), "refused"))

        def run() -> None:
            try:
                value = work()
            except BookError as wrong:
                self.post_message(Answered(sorry, wrong, held=hold, failed=True))
            except Exception as wrong:
                log.exception("the book failed")
                trouble = BookError(
                    f"the book is in trouble: {type(wrong).__name__}; try again, or see dunline doctor"
                )
                self.post_message(Answered(sorry, trouble, held=hold, failed=True))
            else:
                self.post_message(Answered(then, value, held=hold))

        self.run_worker(run, thread=True, exit_on_error=False, group="book")

    @on(Answered)
    async def _answered(self, message: Answered) -> None:
        message.then(message.value)
        if message.held:
            await self.keyboard.release(drop=message.failed)

    @on(Worker.StateChanged)
    def _worker_failed(self, message: Worker.StateChanged) -> None:
        if message.state is WorkerState.ERROR:
            log.error("a worker failed", error=str(message.worker.error))

    def ask(
        self,
        command: m.Command,
        then: Callable[[m.Reply | m.SignedIn], None] | None = None,
        refused: Callable[[m.Reply], None] | None = None,
    ) -> None:
        """Send the switchboard a command; see room.Room.ask."""
        sorry = refused or (lambda reply: self.tell(reply.error, "refused"))
        self._start(self._ask(command, then or (lambda _: None), sorry))

    async def _ask(
        self,
        command: m.Command,
        then: Callable[[m.Reply | m.SignedIn], None],
        refused: Callable[[m.Reply], None],
    ) -> None:
        try:
            answer = await self.client.ask(command)
        except SwitchboardLost as lost:
            answer = m.Reply(id=LOST, ok=False, error=str(lost))
        if isinstance(answer, m.Reply) and not answer.ok:
            self.post_message(Answered(refused, answer))
        else:
            self.post_message(Answered(then, answer))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- the session -------------------------------------------------------------------------------------

    def sign_in(self, username: str, password: str, extension: str) -> None:
        """Sign in to the book, then to the switchboard, then show the queue."""
        now = self.now()
        self._credentials = m.SignIn(username=username, password=password, extension=extension)
        self.book(
            lambda: self.desk.sign_in(username, password, now),
            partial(self._signed_in, extension),
            lambda wrong: self.sign_in_screen.refused(str(wrong)),
            hold=True,
        )

    def _signed_in(self, extension: str, user: SignedInUser) -> None:
        self.user = SignedInUser(user.user_id, user.username, user.full_name, user.role, extension)
        self.pop_screen()
        self._start_session()

    def _start_session(self) -> None:
        self._start(self._session())

    async def _session(self) -> None:
        try:
            if self.client.state == "down":
                await self.client.connect()
            if self._credentials is not None and not self._in_session:
                answer = await self.client.ask(self._credentials)
                self.post_message(Answered(self._session_open, answer))
            elif self._credentials is None:
                self._in_session = True
                self.post_message(Answered(self._look_back, None))
        except SwitchboardLost as lost:
            self.post_message(Answered(lambda text: self.tell(text, "refused"), str(lost)))

    def _session_open(self, answer: m.Reply | m.SignedIn) -> None:
        if isinstance(answer, m.SignedIn):
            self._in_session = True
            for call_id in answer.calls:
                self.watch_call(call_id)
            if not answer.calls:
                self._look_back(None)
        else:
            self._credentials = None
            self.tell(f"No line: {answer.error}", "refused")

    def _look_back(self, _: None) -> None:
        """Offer the wrap-up of a call that ended while nobody was here."""
        user = self.user
        if user is not None:
            self.book(lambda: self.desk.unwrapped_call(user.user_id), self._unwrapped)

    def _unwrapped(self, left: tuple[str, int] | None) -> None:
        if left is None or self.cockpit.call is not None or self.screen is not self.queue:
            return
        call_id, account_id = left
        call = CallView(call_id, account_id, state="ended")
        self._open(account_id, "", lambda: self.cockpit.resume_wrap(call))

    def watch_call(self, call_id: str) -> None:
        """Have the switchboard send this call's events; where it is over already, say so."""

        def refused(reply: m.Reply) -> None:
            if reply.id != LOST:
                self.cockpit.gone(call_id, reply.error)

        self.ask(m.Watch(call_id=call_id), refused=refused)

    @on(LineSaid)
    def _line_said(self, message: LineSaid) -> None:
        event = message.event
        if isinstance(event, m.LineState):
            self.line = event
        elif isinstance(event, m.CallSnapshot) and self._is_elsewhere(event):
            call = CallView(event.call_id)
            call.apply(event)
            self._open(event.account_id, "", lambda: self.cockpit.enter_call(call))
        elif isinstance(event, m.CallEvent | m.CallSnapshot):
            self.cockpit.take(event)

    def _is_elsewhere(self, event: m.CallSnapshot) -> bool:
        """Whether a call of ours is up that is not on screen: then we are put back into it."""
        on_screen = self.cockpit.call is not None and self.cockpit.call.call_id == event.call_id
        mine = self.user is not None and event.collector_id == self.user.user_id
        return mine and not on_screen and event.state.state != "ended"

    @on(LinkChanged)
    def _link_changed(self, message: LinkChanged) -> None:
        if isinstance(self.screen, WorkScreen):
            self.screen.tick()
            if message.state == "up" and self._lost:
                self._lost = False
                self.screen.tell("The line is back.", "good")
                on_screen = self.cockpit.call
                if on_screen is not None and on_screen.up:
                    # It may have ended meanwhile; then nobody sends its end any more.
                    self.watch_call(on_screen.call_id)
            elif message.state == "reconnecting":
                self._lost = True
                self.screen.tell("The switchboard is gone; calls stay up. Reconnecting …", "refused")

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

    def pick(self, spec: PickList) -> None:
        """Open the pick list."""
        self.picker.reset(spec)
        if self.screen is not self.picker:
            self.push_screen("pick")

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
        """Close the pick list or help."""
        if len(self.screen_stack) > 1:
            self.pop_screen()

    def swap_theme(self) -> None:
        """Change between the quiet and the high-contrast colours."""
        other = theme.QUIET if self.theme == theme.HIGH_CONTRAST.name else theme.HIGH_CONTRAST
        self.theme = other.name

    def leave(self) -> None:
        """End the program."""
        self.exit()
