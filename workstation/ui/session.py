"""The session: who sits here, signed in to book and switchboard, and the line's own events.

A call that is up when somebody signs in, or comes up on another of their terminals, brings its account on
screen; one that ended while nobody was here is offered for wrap-up.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial

from textual import on
from textual.message import Message

from workstation.clock import Clock
from workstation.desk.book import BookError, CodeNeeded, Desk
from workstation.desk.views import SignedInUser
from workstation.floor import messages as m
from workstation.floor.client import SwitchboardLost
from workstation.ui.callview import CallView
from workstation.ui.errands import Answered, Errands
from workstation.ui.ports import SwitchboardClient
from workstation.ui.registry import Registry
from workstation.ui.room import LOST
from workstation.ui.screens.audit_call import AuditCallScreen
from workstation.ui.screens.base import WorkScreen
from workstation.ui.screens.cockpit import CockpitScreen
from workstation.ui.screens.floor import FloorScreen
from workstation.ui.screens.queue import QueueScreen
from workstation.ui.screens.signin import SignInScreen

_RETRY_S = 3
"""Seconds between attempts to reach a switchboard that was not there at the start."""


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


class Session(Errands, inherit_bindings=False):
    """Signs in, keeps the line, and hands its events to the cockpit."""

    queue: QueueScreen
    floor: FloorScreen
    audit_call: AuditCallScreen
    cockpit: CockpitScreen
    sign_in_screen: SignInScreen

    def __init__(
        self,
        desk: Desk,
        client: SwitchboardClient,
        registry: Registry,
        clock: Clock,
        user: SignedInUser | None,
        credentials: m.SignIn | m.Resume | None,
    ) -> None:
        super().__init__(client, registry)
        self.desk = desk
        self.now = clock
        self.user = user
        self.line: m.LineState | None = None
        self._credentials: m.SignIn | m.Resume | None = credentials
        self.pause = ""
        """The pause the user is on; empty: none."""
        self.paused_by = ""
        self._in_session = False
        self._lost = False
        self._retry = 0
        self._stop_listening: list[Callable[[], None]] = []

    @abstractmethod
    def _open(
        self, account: int | Callable[[], int | None], title: str, then: Callable[[], None] | None = None
    ) -> None:
        """Bring an account on screen."""

    @abstractmethod
    def show_home(self) -> None:
        """Go where the user's role begins."""

    @abstractmethod
    def show_queue(self) -> None:
        """Go back to the queue."""

    def begin(self) -> None:
        """Listen to the switchboard, and sign in where there is somebody to sign in."""
        self._stop_listening = [
            self.client.on_event(self._hear),
            self.client.on_state(self._hear_state),
        ]
        if isinstance(self._credentials, m.SignIn) and self.user is None:
            self.sign_in(self._credentials.username, self._credentials.password, self._credentials.extension)
        elif self.user is not None:
            self._start_session()

    async def on_unmount(self) -> None:
        """Listen no more."""
        for stop in self._stop_listening:
            stop()

    def retry(self) -> None:
        """A second has passed: reach for a switchboard that was not there at the start."""
        if self.user is not None and not self._in_session and self._credentials is not None:
            self._retry += 1
            if self._retry >= _RETRY_S:
                self._retry = 0
                self._start_session()

    def _hear(self, event: m.Event) -> None:
        self.post_message(LineSaid(event))

    def _hear_state(self, state: str) -> None:
        self.post_message(LinkChanged(state))

    # -- the session -------------------------------------------------------------------------------------

    def sign_in(self, username: str, password: str, extension: str, code: str = "") -> None:
        """Sign in to the book, then to the switchboard, then show the queue."""
        now = self.now()
        self._credentials = m.SignIn(username=username, password=password, extension=extension)

        def refused(wrong: BookError) -> None:
            if isinstance(wrong, CodeNeeded):
                self.sign_in_screen.code_needed(str(wrong))
            else:
                self.sign_in_screen.refused(str(wrong))

        self.book(
            lambda: self.desk.sign_in(username, password, now, code),
            partial(self._signed_in, extension),
            refused,
            hold=True,
        )

    def _signed_in(self, extension: str, user: SignedInUser) -> None:
        self.user = SignedInUser(user.user_id, user.username, user.full_name, user.role, extension)
        if user.ticket:  # the code is used up: the switchboard takes the ticket in its place
            self._credentials = m.SignIn(
                username=user.username, password="", extension=extension, ticket=user.ticket
            )
        self.show_home()
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
            self.pause, self.paused_by = answer.pause, answer.paused_by
            if answer.pause:
                self._paused(answer.pause, answer.paused_by)
            if isinstance(self.screen, FloorScreen):
                self.screen.on_screen_resume()
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
        elif isinstance(event, m.PhoneChanged) and event.job == "play":
            self.audit_call.take(event)
        elif isinstance(event, m.FloorSnapshot | m.FloorChanged | m.PhoneChanged):
            self.floor.take(event)
        elif isinstance(event, m.PauseChanged):
            self._paused(event.reason, event.by)
        elif isinstance(event, m.SignedOut):
            self._signed_out(event.reason)
        elif isinstance(event, m.CallSnapshot) and self._is_elsewhere(event):
            call = CallView(event.call_id)
            call.apply(event)
            self._open(event.account_id, "", lambda: self.cockpit.enter_call(call))
        elif isinstance(event, m.CallEvent | m.CallSnapshot):
            self.cockpit.take(event)
            self.floor.take(event)
            if isinstance(event, m.TakenOver) and self.screen is self.cockpit:
                self.tell(
                    f"{event.by} has taken this call over: you hear no more of it, and wrap it up.", "notice"
                )

    def _paused(self, reason: str, by: str) -> None:
        """Say that a pause began or ended, whoever ordered it."""
        self.pause, self.paused_by = reason, by
        if isinstance(self.screen, WorkScreen):
            self.screen.keys_changed()
        if by:
            self.tell(f"{by} has paused you: {reason}. A call that is up goes on.", "notice")
        elif reason:
            self.tell(f"You are on pause ({reason}): no calls until you come back.", "notice")
        else:
            self.tell("You can take calls again.", "good")

    def _signed_out(self, reason: str) -> None:
        """The session has ended: somebody must sign in anew."""
        self._in_session, self._credentials, self.user = False, None, None
        self.pause = self.paused_by = ""
        self.show_queue()
        self.push_screen("sign-in")
        self.sign_in_screen.refused(reason)

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
                self.floor.lost()
                self.screen.tell("The switchboard is gone; calls stay up. Reconnecting …", "refused")
