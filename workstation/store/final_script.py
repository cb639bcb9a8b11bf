"""The merge fields of a final-notice session, and the words of its ten steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk import stages as machine
from workstation.desk.final_deadline import CLOSES, acts_on, instant
from workstation.desk.final_notice import CREDITORS_REMEDIES
from workstation.desk.final_terms import Terms
from workstation.desk.final_views import ScriptStep
from workstation.desk.money import Money
from workstation.desk.spoken import spoken_day, spoken_money
from workstation.desk.stages import Event, EventKind
from workstation.desk.standing import AuthorityView
from workstation.store.final_facts import Demand
from workstation.store.gate import Gate
from workstation.store.script_facts import script_facts, written_day
from workstation.store.tables.stages import StageEvent

if TYPE_CHECKING:
    from scripts.final import FinalScript

_TOLD = frozenset({EventKind.EVIDENCE.value, EventKind.WAIVED.value})
"""What of the history is read aloud in the third step; the screen shows all of it."""


@cache
def script() -> FinalScript:
    """Return the packaged words, read once."""
    from scripts.final import FinalScript

    return FinalScript.load()


@dataclass(frozen=True, slots=True)
class Announcement:
    """A deadline with what follows it."""

    day: date
    zone: ZoneInfo
    acts_on: date
    authority: AuthorityView | None
    """None: nothing is announced."""

    @classmethod
    def of(
        cls, day: date, zone: ZoneInfo, gate: Gate, country: str, authority: AuthorityView | None
    ) -> Announcement:
        """Work out what follows a day."""
        return cls(day, zone, acts_on(day, lambda d: gate.is_holiday(country, d)), authority)

    @property
    def spoken(self) -> str:
        """The deadline as it is said."""
        return f"five o'clock in the afternoon on {spoken_day(self.day)}"

    @property
    def written(self) -> str:
        """The deadline as it is written, with its time zone."""
        return (
            f"{written_day(self.day)}, {CLOSES:%H:%M} {instant(self.day, self.zone).astimezone(self.zone):%Z}"
        )


def fields(
    session: Session,
    gate: Gate,
    account_id: int,
    party_id: int,
    user_id: int,
    now: datetime,
    callback_number: str,
    demand: Demand,
    today: date,
    announced: Announcement | None,
    terms: Terms,
) -> Mapping[str, str]:
    """Return every field of the vocabulary, those of the final notice filled. Raises NotFound."""
    base = script_facts(session, gate, account_id, party_id, user_id, now, callback_number)
    currency = base["amount_due"].rpartition(" ")[2]
    asked = Money(demand.minor, currency)
    least = Money(terms.least(demand.minor, demand.fees_minor), currency)
    return {
        **base,
        "steps_taken": " ".join(read_steps(session, account_id)),
        "settlement_least": spoken_money(least) if 0 < least.minor < asked.minor else "",
        "settlement_by": spoken_day(today + timedelta(days=terms.settlement_days)),
        "plan_months": str(terms.longest_months),
        "first_payment_by": spoken_day(today + timedelta(days=terms.first_payment_days)),
        "demand": spoken_money(asked),
        **({} if announced is None else _announced(announced, base, asked)),
    }


def _announced(announced: Announcement, base: Mapping[str, str], asked: Money) -> dict[str, str]:
    found = {
        "deadline": announced.spoken,
        "deadline_written": announced.written,
        "consequence_day": spoken_day(announced.acts_on),
    }
    authority = announced.authority
    if authority is None:
        return found
    said = {**base, **found, "demand": spoken_money(asked), "partner": authority.target}
    written = {
        **said,
        "demand": str(asked),
        "deadline": announced.written,
        "consequence_day": written_day(announced.acts_on),
    }
    side = side_of(base["profile"])
    return {
        **found,
        "partner": authority.target,
        "consequence": script().consequence(side, authority.action.value, said),
        "consequence_written": script().consequence(side, authority.action.value, written),
    }


def side_of(profile: str) -> str:
    """Whose consequence it is in a profile: ours, or the creditor's we collect for."""
    return "creditor" if profile in CREDITORS_REMEDIES else "own"


def steps(filled: Mapping[str, str]) -> tuple[ScriptStep, ...]:
    """Return the ten steps; lines without the field they need are left out."""
    return tuple(ScriptStep(s.id, s.title, s.when, s.lines) for s in script().steps(filled))


def history(session: Session, account_id: int) -> tuple[str, ...]:
    """Return the account's whole way through the stages as dated sentences, oldest first."""
    return machine.read_aloud(_events(session, account_id))


def read_steps(session: Session, account_id: int) -> tuple[str, ...]:
    """Return what was done, as dated sentences: evidence and waivers, oldest first."""
    return machine.read_aloud(e for e in _events(session, account_id) if e.kind.value in _TOLD)


def _events(session: Session, account_id: int) -> list[Event]:
    rows = session.scalars(
        select(StageEvent).where(StageEvent.account_id == account_id).order_by(StageEvent.on, StageEvent.id)
    )
    return [Event(r.on, EventKind(r.kind), r.invoice_id, r.stage, r.text, r.who, r.evidence) for r in rows]
