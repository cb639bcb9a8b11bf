"""What the gate will say on the day a promise should be reminded of."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from compliance.contact import ConsentScope, Medium, Verdict
from workstation.desk.reminder import Reminder, choose, day_before
from workstation.store.facts import Target, call_facts, written_facts
from workstation.store.gate import Gate
from workstation.store.tables import CallRow, Party, PostalAddress

_HOUR = time(10)
"""When on that day, where the person is."""


def of_promise(session: Session, gate: Gate, call: CallRow, due: date, now: datetime) -> Reminder | None:
    """Return how a promise made on a call may be reminded of, given that nothing new happens.

    None where the call's number is no longer in the book.
    """
    zone = ZoneInfo(call.zone)
    on = day_before(due, now.astimezone(zone).date())
    at = datetime.combine(on, _HOUR, zone).astimezone(UTC)
    if call.phone_id is None:
        return None
    target = Target(call.account_id, call.party_id, call.phone_id)
    facts = call_facts(session, [target], now).get(target)
    if facts is None:
        return None
    person = session.get_one(Party, call.party_id)
    posted = session.get(PostalAddress, call.party_id)

    def written(medium: Medium) -> Verdict | None:
        found = written_facts(session, gate, call.account_id, call.party_id, medium, now)
        return None if found is None else gate.decide(found, at)

    return choose(
        on,
        gate.decide(facts, at),
        written(Medium.EMAIL) if person.email else None,
        written(Medium.LETTER) if posted is not None else None,
        agreed=any(
            c.scope is ConsentScope.RECONTACT and c.withdrawn_at is None and (c.ends is None or at < c.ends)
            for c in facts.consents
        ),
    )
