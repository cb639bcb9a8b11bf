"""The switchboard answers the terminals; it alone holds the telephony secrets, and alone may originate.

``place_call`` is the only way to a call: the book decides, reserves and records in one transaction; from the
committed decision a permit is minted; the engine originates with the permit. If the write fails, no call.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from weakref import WeakValueDictionary

import structlog
from msgspec import structs

from compliance.contact import Check, CollectionPurpose, Refused
from compliance.permit import mint
from dialer.practice.say_aloud import in_breaths
from workstation.desk.book import BookError, BookUnavailable, CallBook, CallRequest, Desk
from workstation.desk.roles import Right, may
from workstation.floor import messages as m
from workstation.floor.board import FloorBoard
from workstation.floor.floor_orders import FloorCommand, FloorOrders, is_open
from workstation.floor.hub import Terminal
from workstation.floor.livecall import CallFacts
from workstation.floor.session import Session, SessionError, Sessions
from workstation.floor.supervision import PhoneCommand, Supervision
from workstation.floor.switchroom import Switchroom

log = structlog.get_logger(__name__)

_OF_OTHERS: Mapping[type[m.Command], Right] = {m.Watch: Right.WATCH_FLOOR}
"""What it takes to do this to a call of somebody else; all else takes the right to steer the floor."""


class PracticeVoice(Protocol):
    """The practice line's control (dialer.practice.client)."""

    async def register_agent(self, uuid: str) -> None:
        """Expect an agent leg with this uuid."""

    async def say(self, uuid: str, text: str) -> object:
        """Speak a text on the agent leg."""

    async def prepare(self, texts: Sequence[str]) -> None:
        """Make texts ready, so that they are spoken at once."""


class Switchboard:
    """Answers the terminals' commands."""

    def __init__(
        self,
        *,
        desk: Desk,
        book: CallBook,
        room: Switchroom,
        sessions: Sessions,
        supervision: Supervision,
        floor: FloorBoard,
        orders: FloorOrders,
        practice: PracticeVoice | None,
        voicemail: Callable[[CallFacts], str],
        script_lines: Callable[[CallFacts], Sequence[str]],
        caller_id: str,
        ring_seconds: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._desk = desk
        self._book = book
        self._room = room
        self._sessions = sessions
        self._supervision = supervision
        self._floor = floor
        self._orders = orders
        self._practice = practice
        self._voicemail = voicemail
        self._script_lines = script_lines
        self._background: set[asyncio.Task[None]] = set()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._caller_id = caller_id
        self._ring_seconds = ring_seconds
        self._clock = clock
        self._placing: set[int] = set()

    async def handle(self, terminal: Terminal, number: int, command: m.Command) -> Sequence[m.Event]:
        """Answer one command of one terminal: exactly one reply, perhaps a snapshot after it."""
        if isinstance(command, m.SignIn):
            return (await self._sign_in(terminal, number, command),)
        if isinstance(command, m.Resume):
            return (await self._resume(terminal, number, command),)
        try:
            session = await self._session(terminal)
        except SessionError as wrong:
            return (m.Reply(id=number, ok=False, error=str(wrong)),)
        except BookError as wrong:
            return (m.Reply(id=number, ok=False, error=f"nothing is done without the book: {wrong}"),)
        if isinstance(command, m.PlaceCall):
            return (await self._place(session, number, command),)
        if isinstance(command, m.Watch):
            return self._watch(terminal, session, number, command)
        if isinstance(command, m.Unwatch):
            terminal.watching.discard(command.call_id)
            return (m.Reply(id=number, ok=True),)
        if isinstance(command, FloorCommand):
            return await self._orders.handle(terminal, session, number, command)
        if isinstance(command, PhoneCommand):
            return (await self._supervision.handle(session, number, command),)
        return (await self._steer(session, number, command),)

    # -- sessions ----------------------------------------------------------------------------------------

    async def _sign_in(self, terminal: Terminal, number: int, command: m.SignIn) -> m.Reply | m.SignedIn:
        now = self._clock()
        try:
            if command.ticket:
                user = await asyncio.to_thread(self._desk.redeem, command.ticket, now)
            else:
                who = command.username, command.password
                user = await asyncio.to_thread(self._desk.sign_in, *who, now, command.code)
        except BookError as wrong:
            return m.Reply(id=number, ok=False, error=str(wrong))
        extension = command.extension or user.extension
        if extension and not self._room.engine.has_phone(extension):
            return m.Reply(id=number, ok=False, error=f"there is no phone with extension {extension} here")
        if not extension and self._practice is None:
            return m.Reply(
                id=number, ok=False, error="name your phone's extension: no practice line runs here"
            )
        token, session = self._sessions.issue(user, extension, now)
        try:
            return await self._opened(terminal, number, token, session)
        except (SessionError, BookError) as wrong:
            return m.Reply(id=number, ok=False, error=str(wrong))

    async def _resume(self, terminal: Terminal, number: int, command: m.Resume) -> m.Reply | m.SignedIn:
        try:
            session = self._sessions.check(command.token, self._clock())
            return await self._opened(terminal, number, command.token, session)
        except (SessionError, BookError) as wrong:
            return m.Reply(id=number, ok=False, error=str(wrong))

    async def _session(self, terminal: Terminal) -> Session:
        """Return the terminal's session with the role its user has now. Raises SessionError, BookError."""
        session = terminal.session
        if session is None or session.expires_at <= self._clock().timestamp():
            if session is not None:
                self._orders.end(terminal)
            raise SessionError("sign in first: the session is not open")
        standing = await self._orders.standing(session.user_id)
        if standing is None or not is_open(session, standing):
            self._orders.end(terminal)
            raise SessionError("this session has ended: sign in again")
        self._floor.stands(standing)  # a pause ordered elsewhere counts for this very command
        return session if session.role == standing.role else structs.replace(session, role=standing.role)

    async def _opened(self, terminal: Terminal, number: int, token: str, session: Session) -> m.SignedIn:
        standing = await self._orders.standing(session.user_id)
        if standing is None or not is_open(session, standing):
            raise SessionError("this session has ended: sign in again")
        left = await asyncio.to_thread(self._desk.unwrapped_call, session.user_id)
        self.gone(terminal)  # somebody else may have sat at it
        terminal.session = session
        self._floor.arrived(session, standing, left)
        terminal.send(self._room.line_state())
        return m.SignedIn(
            id=number,
            token=token,
            expires_at=session.expires_at,
            user_id=session.user_id,
            full_name=session.full_name,
            role=standing.role,
            extension=session.extension,
            calls=tuple(
                c.facts.call_id
                for c in self._room.calls.values()
                if c.facts.collector_id == session.user_id and not c.ended.is_set()
            ),
            pause=standing.pause,
            paused_by=standing.paused_by,
        )

    def gone(self, terminal: Terminal) -> None:
        """A terminal has gone, or is taken over by another user."""
        if terminal.session is not None:
            self._floor.left(terminal.session.user_id)
            terminal.session = None

    # -- calls -------------------------------------------------------------------------------------------

    async def _place(self, session: Session, number: int, command: m.PlaceCall) -> m.Reply:
        if on_pause := self._floor.on_pause(session.user_id):
            return m.Reply(id=number, ok=False, error=on_pause)
        if session.user_id in self._placing or self._room.busy(session.user_id):
            return m.Reply(id=number, ok=False, error="you are in a call: hang up first (F5)")
        self._placing.add(session.user_id)
        try:
            return await self._place_one(session, number, command)
        finally:
            self._placing.discard(session.user_id)

    async def _place_one(self, session: Session, number: int, command: m.PlaceCall) -> m.Reply:
        if not self._room.engine.ready:
            return m.Reply(id=number, ok=False, error="the line is down: Asterisk does not answer")
        practice_leg = "" if session.extension else str(uuid.uuid4())
        agent_leg = f"practice:{practice_leg}" if practice_leg else session.extension
        request = CallRequest(
            command.account_id, command.party_id, command.phone_id, session.user_id, agent_leg
        )
        try:
            decision = await asyncio.to_thread(self._book.authorise, request, self._clock())
        except BookUnavailable as wrong:
            return m.Reply(id=number, ok=False, error=f"no call without a record: {wrong}")
        except BookError as wrong:
            return m.Reply(id=number, ok=False, error=str(wrong))
        if isinstance(decision, Refused):
            return m.Reply(
                id=number,
                ok=False,
                error=f"CALL NOT PERMITTED: {decision.reasons[0].message}",
                refused=tuple(_said(check) for check in decision.reasons),
                retry_at=decision.retry_at.timestamp() if decision.retry_at else None,
            )
        permit = mint(decision.verdict, decision.decision_id, decision.number)
        facts = CallFacts.of(decision, collector_id=session.user_id, agent_leg=agent_leg)
        if practice_leg and self._practice is not None:
            try:
                await self._practice.register_agent(practice_leg)
            except OSError as wrong:
                self._room.open_call(facts)
                await self._room.fail(facts.call_id, f"the practice line does not answer: {wrong}")
                return m.Reply(id=number, ok=False, error="the practice line does not answer: dunline doctor")
            self._get_ready(facts, self._practice)
        problem = await self._room.place(
            permit, facts, caller_id=self._caller_id, ring_seconds=self._ring_seconds
        )
        if problem:
            return m.Reply(id=number, ok=False, error=problem, call_id=decision.call_id)
        return m.Reply(id=number, ok=True, call_id=decision.call_id)

    def _watch(
        self, terminal: Terminal, session: Session, number: int, command: m.Watch
    ) -> tuple[m.Event, ...]:
        call = self._room.calls.get(command.call_id)
        if call is None:
            return (m.Reply(id=number, ok=False, error="that call is over"),)
        if not self._may_touch(session, call.facts, command):
            return (m.Reply(id=number, ok=False, error="that call is another collector's"),)
        terminal.watching.add(command.call_id)
        return (m.Reply(id=number, ok=True, call_id=command.call_id), call.snapshot())

    async def _steer(self, session: Session, number: int, command: m.Command) -> m.Reply:
        call_id: str = getattr(command, "call_id", "")
        call = self._room.calls.get(call_id)
        if call is None or call.ended.is_set():
            return m.Reply(id=number, ok=False, error="that call is over")
        if not self._may_touch(session, call.facts, command):
            return m.Reply(id=number, ok=False, error="that call is another collector's")
        engine = self._room.engine
        try:
            match command:
                case m.HangUp():
                    await engine.hang_up(call_id)
                case m.Hold(on=on):
                    await (engine.hold(call_id) if on else engine.resume(call_id))
                case m.Mute(on=on):
                    await engine.mute(call_id, on)
                    self._room.show_controls(call_id)
                case m.SendDigits(digits=digits):
                    await engine.send_digits(call_id, digits)
                case m.PauseForCard(on=on):
                    await (engine.pause_for_card(call_id) if on else engine.resume_after_card(call_id))
                    self._room.show_controls(call_id)
                case m.Say(text=text):
                    return self._say(call.facts, number, lambda: text)
                case m.PlayVoicemail() if call.facts.purpose is CollectionPurpose.LOCATION:
                    return m.Reply(id=number, ok=False, error="in a location call no message is left")
                case m.PlayVoicemail():
                    return self._say(call.facts, number, lambda: self._voicemail(call.facts))
                case _:
                    return m.Reply(id=number, ok=False, error=f"{type(command).__name__} is not known here")
        except self._room.engine_error as wrong:
            return m.Reply(id=number, ok=False, error=str(wrong))
        return m.Reply(id=number, ok=True, call_id=call_id)

    def _get_ready(self, facts: CallFacts, practice: PracticeVoice) -> None:
        """Have the practice voice rehearse the call's lines while it rings."""

        async def rehearse() -> None:
            await practice.prepare(await asyncio.to_thread(self._script_lines, facts))

        self._in_background(rehearse())

    def _say(self, facts: CallFacts, number: int, text: Callable[[], str]) -> m.Reply:
        """Have the practice voice say a text, after what it says already; the reply does not wait for it.

        On a real phone the collector speaks: nothing is to be done, and nothing is wrong.
        """
        practice = self._practice
        if facts.practice_leg and practice is not None:
            turn = self._turns.setdefault(facts.call_id, asyncio.Lock())

            async def speak() -> None:
                async with turn:  # locks are fair: lines are said in the order they were asked for
                    for part in in_breaths(await asyncio.to_thread(text)):
                        await practice.say(facts.practice_leg, part)

            self._in_background(speak())
        return m.Reply(id=number, ok=True, call_id=facts.call_id)

    def _in_background(self, work: Coroutine[object, object, None]) -> None:
        async def watched() -> None:
            try:
                await work
            except (OSError, RuntimeError, ValueError) as wrong:
                log.warning("the practice voice failed", error=str(wrong))

        task = asyncio.create_task(watched())
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    @staticmethod
    def _may_touch(session: Session, facts: CallFacts, command: m.Command) -> bool:
        right = _OF_OTHERS.get(type(command), Right.STEER_FLOOR)
        return facts.collector_id == session.user_id or may(session.role, right)


def _said(check: Check) -> m.RuleSaid:
    return m.RuleSaid(
        rule_id=check.rule_id,
        citation=check.citation,
        message=check.message,
        retry_at=check.retry_at.timestamp() if check.retry_at else None,
    )
