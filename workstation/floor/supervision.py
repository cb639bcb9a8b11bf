"""What supervisors do through their own phones: listen in, take a call over, hear a recording.

Every act is allowed by a right and stands in the audit log before it is done. A user without a phone of their
own can read what is said (``Watch``), and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime

import structlog

from dialer.call import CallError
from dialer.own_phone import SPYING, Job
from dialer.own_phones import PhoneState, PhoneStatus
from workstation.desk.book import BookError
from workstation.desk.book_floor import FloorBook
from workstation.desk.roles import Right
from workstation.floor import messages as m
from workstation.floor.clips import LEGS, ClipError, Clips, checked_stretch
from workstation.floor.session import Session
from workstation.floor.switchroom import Switchroom

log = structlog.get_logger(__name__)

NO_PHONE = "this needs a phone of your own: sign in with its extension (its words can be read without)"
_ENDED = frozenset({PhoneState.OVER, PhoneState.FAILED, PhoneState.TAKEN})
_RIGHTS = {Job.LISTEN: Right.WATCH_FLOOR, Job.WHISPER: Right.STEER_FLOOR, Job.BARGE: Right.STEER_FLOOR}

PhoneCommand = m.Monitor | m.StopMonitor | m.TakeOver | m.PlayOnPhone | m.StopPlaying


@dataclass(frozen=True, slots=True)
class _Order:
    """Who had a phone rung, and what must go when that is over."""

    user_id: int
    full_name: str
    clip: str = ""


class Supervision:
    """Answers the commands about own phones, and tells their users what becomes of it."""

    def __init__(
        self,
        *,
        book: FloorBook,
        room: Switchroom,
        clips: Clips,
        tell: Callable[[int, m.Event], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._book = book
        self._room = room
        self._clips = clips
        self._tell = tell
        self._clock = clock
        self._background: set[asyncio.Task[None]] = set()

    async def handle(self, session: Session, number: int, command: PhoneCommand) -> m.Reply:
        """Answer one command; what the phone does is told by PhoneChanged."""
        if not session.extension:
            return m.Reply(id=number, ok=False, error=NO_PHONE)
        call_id: str = getattr(command, "call_id", "")
        try:
            match command:
                case m.Monitor(mode=mode):
                    await self._monitor(session, call_id, mode)
                case m.TakeOver():
                    await self._take_over(session, call_id)
                case m.PlayOnPhone():
                    await self._play(session, command)
                case m.StopMonitor():
                    await self._room.engine.own_phones.stop(session.extension, *SPYING, Job.READY)
                case m.StopPlaying():
                    await self._room.engine.own_phones.stop(session.extension, Job.PLAY)
        except (BookError, CallError, ClipError) as wrong:
            return m.Reply(id=number, ok=False, error=str(wrong), call_id=call_id)
        return m.Reply(id=number, ok=True, call_id=call_id)

    def on_phone(self, status: PhoneStatus) -> None:
        """Take what the engine says of an own phone (called on the event loop)."""
        order = status.owner
        if not isinstance(order, _Order):
            return
        if status.state in _ENDED and order.clip:
            self._spawn(asyncio.to_thread(self._clips.remove, order.clip))
        if status.state is PhoneState.TAKEN and (call := self._room.calls.get(status.call_id)):
            now, call_id = self._clock(), status.call_id
            call.taken_over(
                status.extension,
                order.full_name,
                lambda: self._book.taken_over(call_id, order.user_id, status.extension, now),
            )
        self._tell(
            order.user_id,
            m.PhoneChanged(
                job=status.job.value, state=status.state.value, call_id=status.call_id, detail=status.detail
            ),
        )

    # -- inside ------------------------------------------------------------------------------------------

    async def _monitor(self, session: Session, call_id: str, mode: str) -> None:
        if mode not in SPYING:
            raise ClipError(f"{mode!r} is not a way to listen: listen, whisper or barge")
        job = Job(mode)
        self._still_up(call_id)
        order = await self._record(session, _RIGHTS[job], f"monitored: {mode}", call_id)
        await self._room.engine.own_phones.monitor(session.extension, call_id, job, order)

    async def _take_over(self, session: Session, call_id: str) -> None:
        self._still_up(call_id)
        order = await self._record(session, Right.STEER_FLOOR, "take-over ordered", call_id)
        await self._room.engine.own_phones.take_over(session.extension, call_id, order)

    async def _play(self, session: Session, command: m.PlayOnPhone) -> None:
        if command.leg not in LEGS:
            raise ClipError(f"{command.leg!r} is no side of a call: {', '.join(LEGS)}")
        checked_stretch(command.start_s, command.seconds)
        said = {"from": f"{command.start_s:.1f}", "seconds": f"{command.seconds:.1f}"}
        detail = {**said, "phone": session.extension}
        name = await asyncio.to_thread(
            self._book.play_recording, session.user_id, command.call_id, command.leg, detail, self._clock()
        )
        clip = await asyncio.to_thread(self._clips.cut, name, command.start_s, command.seconds)
        order = _Order(session.user_id, session.full_name, clip)
        try:
            await self._room.engine.own_phones.play(session.extension, command.call_id, clip, order)
        except BaseException:
            await asyncio.to_thread(self._clips.remove, clip)
            raise

    async def _record(self, session: Session, right: Right, action: str, call_id: str) -> _Order:
        name = await asyncio.to_thread(
            self._book.supervise,
            session.user_id,
            right,
            action,
            call_id,
            {"phone": session.extension},
            self._clock(),
        )
        return _Order(session.user_id, name)

    def _still_up(self, call_id: str) -> None:
        call = self._room.calls.get(call_id)
        if call is None or call.ended.is_set():
            raise CallError("that call is over")

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
