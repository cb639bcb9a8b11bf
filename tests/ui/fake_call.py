"""The events of a call, as a test has the stand-in of the switchboard send them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime

from workstation.floor import messages as m

CALL = "call-0001-aaaa"


class FakeCall(ABC):
    """A call that the test moves on step by step."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.seq = 0

    @abstractmethod
    def send(self, event: m.Event) -> None:
        """Have every listener hear it."""

    def next(self) -> int:
        self.seq += 1
        return self.seq

    def state_of(
        self,
        state: str,
        *,
        recording: str = "on",
        muted: bool = False,
        at: float | None = None,
        outcome: str = "",
        detail: str = "",
    ) -> None:
        self.send(
            m.CallChanged(
                call_id=CALL,
                seq=self.next(),
                state=state,
                at=at if at is not None else self.now.timestamp(),
                recording=recording,
                muted=muted,
                outcome=outcome,
                detail=detail,
            )
        )

    def heard(
        self, leg: str, index: int, start: float, text: str, *, final: bool = True, unsure: Sequence[str] = ()
    ) -> None:
        words = tuple(
            m.WordOut(w, start + i * 0.3, start + i * 0.3 + 0.3, 0.4 if w in unsure else 0.95)
            for i, w in enumerate(text.split())
        )
        self.send(
            m.Heard(
                call_id=CALL,
                seq=self.next(),
                leg=leg,
                index=index,
                start=start,
                end=start + 0.3 * len(words),
                text=text,
                words=words if final else (),
                final=final,
            )
        )

    def redrawn(self, leg: str, index: int, start: float, text: str) -> None:
        """One utterance masked after it was shown."""
        words = (m.WordOut(text, start, start + 3, 0.9),)
        heard = m.Heard(
            call_id=CALL, seq=self.seq, leg=leg, index=index, start=start, end=start + 3, text=text,
            words=words, final=True,
        )  # fmt: skip
        self.send(
            m.Redrawn(call_id=CALL, seq=self.next(), heard=(heard,), findings=(), excuses=(), caught=())
        )

    def lamps(self, *lamps: tuple[str, str, float | None]) -> None:
        out = tuple(
            m.LampOut(title.replace(" ", "-"), title, state, second) for title, state, second in lamps
        )
        self.send(m.LampsChanged(call_id=CALL, seq=self.next(), lamps=out))

    def finding(
        self,
        title: str,
        *,
        leg: str = "agent",
        start: float = 132.0,
        text: str = "",
        advice: str = "",
        hold: str = "",
        kind: str = "",
    ) -> None:
        self.send(
            m.FindingRaised(
                call_id=CALL,
                seq=self.next(),
                rule_id=title.replace(" ", "-"),
                kind=kind or ("cue" if hold else "forbidden"),
                title=title,
                severity="critical",
                citation="15 USC 1692e(4)",
                leg=leg,
                verdict="heard",
                start=start,
                end=start + 1.5,
                confidence=0.8,
                text=text,
                advice=advice,
                hold=hold,
            )
        )

    def excuse(self, excuse_id: str, title: str, score: float, second: float = 151.0) -> None:
        self.send(
            m.ExcuseHeard(
                call_id=CALL,
                seq=self.next(),
                excuse_id=excuse_id,
                title=title,
                score=score,
                second=second,
                text="we never got the invoice",
            )
        )

    def promise(self, minor: int = 500_000, day: str = "2026-11-20", second: float = 184.0) -> None:
        self.send(
            m.FactCaught(
                call_id=CALL,
                seq=self.next(),
                kind="promise",
                leg="debtor",
                second=second,
                text="i can pay five thousand on friday",
                confidence=0.91,
                amount_minor=minor,
                day=day,
            )
        )


def in_a_talk(call: FakeCall) -> None:
    """Bring a call to the middle of a talk, as on the designer's sheet."""
    call.state_of("dialing", recording="off")
    call.state_of("ringing", recording="off")
    call.state_of("talking", at=call.now.timestamp() - 192)
    call.lamps(
        ("recording notice", "heard", 4.0), ("who is calling", "heard", 6.0), ("right party", "waiting", 30.0)
    )
    call.heard(
        "agent", 0, 2.0, "good afternoon this call is recorded this is dana whitfield with northwind supply"
    )
    call.heard("debtor", 0, 151.0, "we never got the invoice i don't think", unsure=("think",))
    call.heard("agent", 1, 158.0, "no problem i can send it right now while we talk which address is best")
    call.heard("debtor", 1, 167.0, "billing at harlow tool dot com")
    call.heard("agent", 2, 175.0, "sent do you see it")
    call.heard("debtor", 2, 184.0, "yes got it i can pay five thousand on friday", final=False)
    call.excuse("never-got-the-invoice", "never got the invoice", 0.82)
    call.promise()
    call.lamps(
        ("recording notice", "heard", 4.0), ("who is calling", "heard", 6.0), ("right party", "heard", 15.0)
    )
