"""Evidence that comes by itself: a talk that was held, a message that went out or came back."""

from __future__ import annotations

from datetime import date

from workstation.desk.stage import FINAL
from workstation.desk.stages import Event, Evidence, InvoiceCase, long_day, prove, withdraw

PROVEN_BY_MESSAGE: dict[int, Evidence] = {1: Evidence.SENT, 3: Evidence.REMINDED, 5: Evidence.PRESSED}
"""What a message of a stage proves once it went out. Arrival is confirmed by people only."""

_PROVEN_BY_TALK: dict[int, Evidence] = {3: Evidence.REMINDED, 4: Evidence.TALKED, 5: Evidence.PRESSED}

_HOW = {"email": "The e-mail", "letter": "The letter"}


def take_talk(case: InvoiceCase, talked_on: date | None) -> tuple[InvoiceCase, list[Event]]:
    """Count a talk for the stage the invoice is in, unless it is older than the stage."""
    if talked_on is None or case.since is None or talked_on < case.since or not 0 < case.stage < FINAL:
        return case, []
    evidence = _PROVEN_BY_TALK.get(case.stage)
    if evidence is None:
        return case, []
    standing = case.facts.get(evidence)
    if standing is not None and standing >= case.since:  # one talk a stage is enough to know
        return case, []
    case, event = prove(case, evidence, talked_on, "", "in a conversation")
    return case, [event] if event else []


def take_message(
    case: InvoiceCase, stage: int, channel: str, sent_on: date, state: str, as_of: date
) -> tuple[InvoiceCase, list[Event]]:
    """Count a message that went out, or take back what it proved when it came back."""
    evidence = PROVEN_BY_MESSAGE.get(stage)
    how = _HOW.get(channel, "The message")
    if evidence is None:
        return case, []
    if state == "sent":
        case, event = prove(case, evidence, sent_on, "", f"{how[4:]} of {long_day(sent_on)}")
        return case, [event] if event else []
    if state == "bounced":
        case, event = withdraw(case, evidence, sent_on, how, as_of)
        return case, [event]
    return case, []
