"""What collectors and supervisors order on the floor: pauses, and the end of sessions; and who watches it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from workstation.desk.book import BookError
from workstation.desk.book_floor import FloorBook
from workstation.desk.floor import Standing
from workstation.desk.roles import Right, may
from workstation.floor import messages as m
from workstation.floor.board import LOOK_S, FloorBoard
from workstation.floor.hub import Hub, Terminal
from workstation.floor.session import Session

log = structlog.get_logger(__name__)

FloorCommand = (
    m.WatchFloor | m.UnwatchFloor | m.Pause | m.Unpause | m.ForcePause | m.LiftPause | m.ForceSignOut
)


class FloorOrders:
    """Answers the floor's commands, and ends sessions whose user may work here no longer."""

    def __init__(
        self, *, book: FloorBook, board: FloorBoard, hub: Hub, clock: Callable[[], datetime]
    ) -> None:
        self._book = book
        self._board = board
        self._hub = hub
        self._clock = clock
        self._pauses: dict[int, tuple[str, str]] = {}
        """What each user was told last."""
        self._why: dict[int, str] = {}
        """Why a user was signed out, in a supervisor's words."""

    async def handle(
        self, terminal: Terminal, session: Session, number: int, command: FloorCommand
    ) -> Sequence[m.Event]:
        """Answer one command; watching begins with a snapshot."""
        now, mine = self._clock(), session.user_id
        try:
            match command:
                case m.WatchFloor():
                    if not may(session.role, Right.WATCH_FLOOR):
                        return (
                            m.Reply(id=number, ok=False, error=f"a {session.role} may not watch the floor"),
                        )
                    terminal.watching_floor = True
                    return (m.Reply(id=number, ok=True), self._board.snapshot())
                case m.UnwatchFloor():
                    terminal.watching_floor = False
                case m.Pause(reason=reason):
                    await asyncio.to_thread(self._book.pause, mine, reason, now)
                    await self.look(mine)
                case m.Unpause():
                    await asyncio.to_thread(self._book.unpause, mine, now)
                    await self.look(mine)
                case m.ForcePause(user_id=user_id, reason=reason):
                    await asyncio.to_thread(self._book.force_pause, mine, user_id, reason, now)
                    await self.look(user_id)
                case m.LiftPause(user_id=user_id):
                    await asyncio.to_thread(self._book.lift_pause, mine, user_id, now)
                    await self.look(user_id)
                case m.ForceSignOut(user_id=user_id, reason=reason):
                    # Known before it is done: the look of every second may be the one that ends the sessions.
                    self._why[user_id] = f"{session.full_name} has signed you out: {' '.join(reason.split())}"
                    try:
                        await asyncio.to_thread(self._book.sign_out, mine, user_id, reason, now)
                        await self.look(user_id)
                    finally:
                        self._why.pop(user_id, None)
        except BookError as wrong:
            return (m.Reply(id=number, ok=False, error=str(wrong)),)
        return (m.Reply(id=number, ok=True),)

    async def standing(self, user_id: int) -> Standing | None:
        """What the book says of a user now. Raises BookUnavailable."""
        return (await asyncio.to_thread(self._book.standings, (user_id,))).get(user_id)

    async def run(self) -> None:
        """Every second: roles, pauses and ended sessions count at once, whoever changed them."""
        while True:
            try:
                await self.look()
            except BookError as wrong:
                log.warning("standings cannot be read", error=str(wrong))
            await asyncio.sleep(LOOK_S)

    async def look(self, *user_ids: int) -> None:
        """Bring sessions and board to what the book says, of these users or of all who are here."""
        known = set(user_ids) or {t.session.user_id for t in self._hub.signed_in() if t.session}
        known |= set() if user_ids else set(self._board.people())
        if not known:
            return
        standings = await asyncio.to_thread(self._book.standings, tuple(known))
        for terminal in self._hub.signed_in():
            session = terminal.session
            if session is not None and session.user_id in known:
                standing = standings.get(session.user_id)
                if standing is None or not is_open(session, standing):
                    self.end(terminal)
        for user_id, standing in standings.items():
            self._board.stands(standing)
            self._tell_pause(user_id, standing)

    def end(self, terminal: Terminal) -> None:
        """End a terminal's session: it hears why, and nothing more."""
        session = terminal.session
        if session is None:
            return
        why = self._why.get(session.user_id) or "this session has ended: sign in again"
        terminal.send(m.SignedOut(reason=why))
        terminal.session = None
        terminal.watching.clear()
        terminal.watching_floor = False
        self._board.left(session.user_id)
        self._board.signed_out(session.user_id)
        log.info("a session was ended", user=session.username)

    def _tell_pause(self, user_id: int, standing: Standing) -> None:
        pause = standing.pause, standing.paused_by
        if self._pauses.get(user_id, ("", "")) != pause:
            self._pauses[user_id] = pause
            self._hub.tell(user_id, m.PauseChanged(reason=standing.pause, by=standing.paused_by))


def is_open(session: Session, standing: Standing) -> bool:
    """Whether a session still holds: its user works here, and nothing ended it since."""
    return standing.active and session.era == standing.era
