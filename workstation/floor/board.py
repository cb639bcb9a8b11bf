"""The floor board: everybody who is signed in here and what they do, from telephony and session events only.

A change of state is kept in the book as a span and sent to those who watch, gathered four times a second.
Nothing is guessed: a call's state is what telephony says, wrap-up ends when the book has the disposition, and
away is the absence of any terminal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime

import structlog

from workstation.desk.book import BookUnavailable
from workstation.desk.book_floor import FloorBook
from workstation.desk.floor import FloorState, SpanChange, Standing, Today, floor_state
from workstation.floor import messages as m
from workstation.floor.livecall import LiveCall
from workstation.floor.person import OnCall, Person, is_grave, on_floor
from workstation.floor.session import Session

log = structlog.get_logger(__name__)

GATHER_S = 0.25
"""Changes are sent together this often at most."""
BEAT_S = 1.0
"""Watchers hear something this often even where nothing changed."""
LOOK_S = 1.0
"""How often the book is asked who has wrapped up, and whose standing changed."""
FIGURES_S = 30.0
ALIVE_S = 10.0
"""How often open spans are confirmed: what is lost of them when the switchboard is killed."""
GONE_S = 300.0
"""Away for this long is off the floor."""
_RETRY_S = 0.5


class FloorBoard:
    """Keeps the floor of one switchboard. All but `run` is called on the event loop and returns at once."""

    def __init__(
        self,
        *,
        book: FloorBook,
        board: str,
        publish: Callable[[m.FloorChanged], None],
        lag_ms: Callable[[], int],
        clock: Callable[[], datetime],
    ) -> None:
        self._book = book
        self._board = board
        self._publish = publish
        self._lag_ms = lag_ms
        self._clock = clock
        self._people: dict[int, Person] = {}
        self._changed: set[int] = set()
        self._gone: set[int] = set()
        self._spans: asyncio.Queue[SpanChange] = asyncio.Queue()
        self._labels: dict[int, str] = {}
        self._figures_due: set[int] = set()

    # -- what happens ------------------------------------------------------------------------------------

    def arrived(self, session: Session, standing: Standing, unwrapped: tuple[str, int] | None = None) -> None:
        """A terminal of a user opened its session; `unwrapped` is a call that waits for its disposition."""
        person = self._people.get(session.user_id)
        if person is None:
            if not on_floor(standing.role):
                return
            person = self._add(session.user_id, session.full_name, standing.role, session.extension)
        person.terminals += 1
        person.name, person.role, person.extension = session.full_name, standing.role, session.extension
        if unwrapped is not None and person.call is None:
            person.call = OnCall(*unwrapped, state="ended", account=self._labels.get(unwrapped[1], ""))
        self._figures_due.add(session.user_id)
        self._stands(person, standing)
        self._settle(person, touched=True)

    def left(self, user_id: int) -> None:
        """A terminal of a user is gone."""
        if (person := self._people.get(user_id)) is not None:
            person.terminals = max(0, person.terminals - 1)
            self._settle(person, touched=True)

    def signed_out(self, user_id: int) -> None:
        """A session of a user has ended: off the floor, unless another is open or a call of theirs is up."""
        person = self._people.get(user_id)
        if person is None or person.terminals:
            return
        if person.call is None or person.call.up is None:
            self._remove(person)

    def opened(self, call: LiveCall) -> None:
        """A call began, or was taken over after a restart."""
        facts = call.facts
        person = self._people.get(facts.collector_id)
        if person is None:
            person = self._add(facts.collector_id, facts.collector_name, "", facts.agent_leg)
        person.call = OnCall(
            facts.call_id, facts.account_id, call.state.state, account=self._labels.get(facts.account_id, "")
        )
        self._settle(person, at=call.state.at)

    def take(self, event: m.CallEvent | m.CallSnapshot) -> None:
        """Something happened on a call."""
        person = next((p for p in self._people.values() if p.call and p.call.call_id == event.call_id), None)
        if person is None or person.call is None:
            return
        call = person.call
        if isinstance(event, m.CallChanged):
            # A pause for a card changes no state of the call: its moment is now.
            at = event.at if event.state != call.state else None
            call.state, call.recording = event.state, event.recording
            if event.state == "ended":
                self._figures_due.add(person.user_id)
            self._settle(person, at=at)
        elif isinstance(event, m.LampsChanged):
            call.lamps = event.lamps
            self._changed.add(person.user_id)
        elif isinstance(event, m.FindingRaised):
            call.finding, call.severity = event.title, event.severity
            call.grave = call.grave or is_grave(event)
            self._changed.add(person.user_id)
        elif isinstance(event, m.TakenOver):
            call.taken_by = event.by
            self._changed.add(person.user_id)

    def stands(self, standing: Standing) -> None:
        """The book says something else of a user: their role, or that they are on pause."""
        if (person := self._people.get(standing.user_id)) is not None and self._stands(person, standing):
            self._settle(person, touched=True)

    # -- what is known -----------------------------------------------------------------------------------

    def snapshot(self) -> m.FloorSnapshot:
        """Everybody, as of now."""
        rows = tuple(p.row() for p in sorted(self._people.values(), key=lambda p: (p.name, p.user_id)))
        return m.FloorSnapshot(at=self._clock().timestamp(), lag_ms=self._lag_ms(), rows=rows)

    def on_pause(self, user_id: int) -> str:
        """What keeps a user from new calls, in one line; empty: nothing does."""
        person = self._people.get(user_id)
        if person is None or not person.pause:
            return ""
        if person.paused_by:
            return f"{person.paused_by} has paused you ({person.pause}): a supervisor ends that"
        return f"you are on pause ({person.pause}): come back first"

    # -- the loop ----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Write spans, look into the book, and tell the watchers, until cancelled."""
        left = await asyncio.to_thread(self._book.floor_left, self._board)
        if left:
            log.warning("spans of a switchboard that was killed are closed at what was known", spans=left)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write_spans())
            tasks.create_task(self._tell())
            tasks.create_task(self._look())

    async def close(self) -> None:
        """Take everybody off the floor: a switchboard that ends in order leaves no span open."""
        for person in list(self._people.values()):
            self._remove(person)
        try:
            await asyncio.to_thread(self._book.floor_changed, self._board, self._waiting())
        except BookUnavailable as wrong:
            log.warning("spans stay open until the next start", error=str(wrong))

    async def _tell(self) -> None:
        silent = 0.0
        while True:
            await asyncio.sleep(GATHER_S)
            silent += GATHER_S
            if self._changed or self._gone or silent >= BEAT_S:
                silent = 0.0
                self._publish(self.delta())

    def delta(self) -> m.FloorChanged:
        """What changed since this was last asked."""
        changed, self._changed = self._changed, set()
        gone, self._gone = self._gone, set()
        return m.FloorChanged(
            at=self._clock().timestamp(),
            lag_ms=self._lag_ms(),
            rows=tuple(self._people[u].row() for u in sorted(changed) if u in self._people),
            gone=tuple(sorted(gone)),
        )

    async def _look(self) -> None:
        """Ask the book what only it knows; where it does not answer, the next second asks again."""
        since = FIGURES_S
        while True:
            try:
                await self._look_once(everybody=since >= FIGURES_S)
                since = 0.0 if since >= FIGURES_S else since + LOOK_S
            except BookUnavailable as wrong:
                log.warning("the floor cannot be read from the book", error=str(wrong))
            await asyncio.sleep(LOOK_S)

    async def _look_once(self, *, everybody: bool) -> None:
        wrapping = {p.call.call_id: p for p in self._people.values() if p.call and p.call.up is None}
        if wrapping:
            for call_id in await asyncio.to_thread(self._book.wrapped, tuple(wrapping)):
                person = wrapping[call_id]
                if person.call is not None and person.call.call_id == call_id:
                    person.call = None
                    self._figures_due.add(person.user_id)
                    self._settle(person, touched=True)
        unnamed = {p.call.account_id for p in self._people.values() if p.call and not p.call.account}
        for account_id in unnamed:
            number, name = await asyncio.to_thread(self._book.account_label, account_id)
            self._name(account_id, f"{number} {name}".strip() or "?")
        due = set(self._people) if everybody else self._figures_due & set(self._people)
        if due:
            self._figures_due -= due
            for user_id, today in (
                await asyncio.to_thread(self._book.floor_today, tuple(due), self._clock())
            ).items():
                self._count(user_id, today)
        now = self._clock().timestamp()
        for person in list(self._people.values()):
            if person.state is FloorState.AWAY and now - person.since >= GONE_S:
                self._remove(person)

    def _name(self, account_id: int, label: str) -> None:
        self._labels[account_id] = label
        for person in self._people.values():
            if person.call is not None and person.call.account_id == account_id:
                person.call.account = label
                self._changed.add(person.user_id)

    def _count(self, user_id: int, today: Today) -> None:
        person = self._people.get(user_id)
        if person is not None and person.today != today:
            person.today = today
            self._changed.add(user_id)

    # -- spans -------------------------------------------------------------------------------------------

    async def _write_spans(self) -> None:
        alive = asyncio.get_running_loop().time()
        while True:
            try:
                async with asyncio.timeout(ALIVE_S):
                    waiting = [await self._spans.get()]
            except TimeoutError:
                waiting = []
            await self._store(waiting + self._waiting())
            if (now := asyncio.get_running_loop().time()) - alive >= ALIVE_S:
                alive = now
                await self._confirm()

    async def _confirm(self) -> None:
        try:
            await asyncio.to_thread(self._book.floor_alive, self._board, self._clock())
        except BookUnavailable as wrong:
            log.warning("open spans could not be confirmed", error=str(wrong))

    def _waiting(self) -> list[SpanChange]:
        found = []
        while not self._spans.empty():
            found.append(self._spans.get_nowait())
        return found

    async def _store(self, changes: list[SpanChange]) -> None:
        """Write changes, again and again where the book cannot be written: none is dropped."""
        while changes:
            try:
                await asyncio.to_thread(self._book.floor_changed, self._board, changes)
            except BookUnavailable as wrong:
                log.warning("spans wait for the book", spans=len(changes), error=str(wrong))
                await asyncio.sleep(_RETRY_S)
            else:
                return

    # -- inside ------------------------------------------------------------------------------------------

    def _add(self, user_id: int, name: str, role: str, extension: str) -> Person:
        now = self._clock().timestamp()
        person = Person(user_id, name, role, extension, FloorState.AWAY, now)
        self._people[user_id] = person
        self._gone.discard(user_id)
        return person

    def _remove(self, person: Person) -> None:
        del self._people[person.user_id]
        self._changed.discard(person.user_id)
        self._gone.add(person.user_id)
        self._spans.put_nowait(SpanChange(person.user_id, "", "", "", self._clock()))

    def _stands(self, person: Person, standing: Standing) -> bool:
        before = (person.role, person.pause, person.paused_by)
        person.role, person.pause, person.paused_by = standing.role, standing.pause, standing.paused_by
        return before != (person.role, person.pause, person.paused_by)

    def _settle(self, person: Person, *, at: float | None = None, touched: bool = False) -> None:
        """Bring a person's state to what the evidence says."""
        call = person.call
        if call is None and not on_floor(person.role):
            self._remove(person)  # a supervisor who called, and is done
            return
        state = floor_state(
            call=call.up if call is not None else None,
            recording=call.recording if call is not None else "",
            wrapping=call is not None and call.up is None,
            connected=person.terminals > 0,
            paused=bool(person.pause),
        )
        if touched:
            self._changed.add(person.user_id)
        if state is person.state:
            return
        when = self._clock().timestamp() if at is None else max(at, person.since)
        person.state, person.since = state, when
        self._changed.add(person.user_id)
        self._span(person, datetime.fromtimestamp(when, UTC))

    def _span(self, person: Person, at: datetime) -> None:
        reason = person.pause if person.state is FloorState.PAUSED else ""
        call_id = person.call.call_id if person.call is not None else ""
        self._spans.put_nowait(SpanChange(person.user_id, person.state.value, reason, call_id, at))

    def people(self) -> Collection[int]:
        """Ids of everybody on the floor."""
        return tuple(self._people)
