"""Loading what passed between us and an account: talks, attempts, messages, steps taken, ways to reach it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from workstation.desk.treatment import Channel
from workstation.store.stages_known import Bits, Outcome
from workstation.store.tables import (
    Attempt,
    Contact,
    Conversation,
    Message,
    Party,
    Phone,
    PostalAddress,
    StageStep,
)
from workstation.store.tables.stages import StageAction

CONTACTS_BACK = timedelta(days=60)
"""How far back contacts are loaded: as long as the longest pause a strategy may ask for."""

LIVE_ACTIONS = ("planned", "queued", "sent", "done")
"""States of an action that count as taken."""

REFUSED_RESTS = timedelta(days=3)
"""A step that the post or the gate refused is tried again after this."""


def contacts(
    session: Session, low: int, high: int, as_of: date, zone: ZoneInfo, bits: dict[int, Bits]
) -> None:
    """Load talks, attempts and messages of these accounts: what the caps and the final notice look at."""
    end = datetime.combine(as_of + timedelta(days=1), datetime.min.time(), zone)
    for account_id, at in session.execute(
        select(Conversation.account_id, func.max(Conversation.at))
        .where(Conversation.account_id.between(low, high), Conversation.at < end)
        .group_by(Conversation.account_id)
    ):
        bits[account_id].talked_at = at
    for account_id, count, numbers in session.execute(
        select(Attempt.account_id, func.count(), func.count(Attempt.number.distinct()))
        .where(
            Attempt.account_id.between(low, high),
            Attempt.at < end,
            Attempt.medium == "call",
            Attempt.connected,
        )
        .group_by(Attempt.account_id)
    ):
        bits[account_id].attempts, bits[account_id].numbers = count, numbers
    since = end - CONTACTS_BACK
    for account_id, at in session.execute(
        select(Attempt.account_id, Attempt.at).where(
            Attempt.account_id.between(low, high), Attempt.at >= since, Attempt.at < end, Attempt.connected
        )
    ):
        bits[account_id].contacts.add(at.astimezone(zone).date())
    # A written message is a form letter unless a run decided otherwise (the invoice itself).
    mails = session.execute(
        select(Message.account_id, Message.at, Message.state, StageAction.form)
        .outerjoin(
            StageAction,
            and_(StageAction.message_id == Message.id, StageAction.account_id.between(low, high)),
        )
        .where(
            Message.account_id.between(low, high),
            Message.inbound.is_(False),
            Message.at >= since,
            Message.at < end,
            Message.state.not_in(("refused", "failed")),
        )
    )
    for account_id, at, _, form in mails:
        bits[account_id].contacts.add(at.astimezone(zone).date())
        if form is None or form:
            bits[account_id].forms.append(at)


_STATES = {"sent": "sent", "delivered": "sent", "opened": "sent", "bounced": "bounced", "failed": "failed"}
"""What a message's state means for the action it came from; of others nothing is known yet."""


def actions(
    session: Session, low: int, high: int, as_of: date, zone: ZoneInfo, bits: dict[int, Bits]
) -> None:
    """Load the steps that earlier runs decided on, and what has become of each. After `contacts`."""
    rows = session.execute(
        select(
            StageAction.id,
            StageAction.account_id,
            StageAction.on,
            StageAction.step,
            StageAction.stage,
            StageAction.channel,
            StageAction.invoice_ids,
            StageAction.state,
            StageAction.form,
            StageAction.message_id,
            StageAction.planned_at,
            Message.state.label("message_state"),
            Message.at.label("message_at"),
        )
        .outerjoin(Message, Message.id == StageAction.message_id)
        .where(
            StageAction.account_id.between(low, high),
            or_(
                StageAction.state.in_(LIVE_ACTIONS),
                and_(StageAction.state == "refused", StageAction.on > as_of - REFUSED_RESTS),
            ),
        )
        .order_by(StageAction.id)
    )
    for row in rows:
        bit = bits[row.account_id]
        state, on = row.state, row.on
        if row.state == "refused":
            bit.done.update({(invoice_id, row.step): row.on for invoice_id in row.invoice_ids})
        elif row.channel == Channel.CALL:
            talked = bit.talked_at is not None and bit.talked_at.astimezone(zone).date() >= row.on
            if state == "planned" and talked:
                state = "done"
            elif state == "planned":
                bit.open_call = row.step
                bit.contacts.add(row.on)  # a person is about to ring: nothing is sent meanwhile
        elif row.message_id is not None:
            state = _STATES.get(row.message_state, state)
            on = row.message_at.astimezone(zone).date()
        else:  # decided on and not yet in the outbox
            bit.contacts.add(row.on)
            if row.form:
                bit.forms.append(row.planned_at)
        if state != row.state:
            bit.outcomes.append(
                Outcome(row.id, row.stage, row.channel, on, row.state, state, tuple(row.invoice_ids))
            )
        if state in LIVE_ACTIONS:
            for invoice_id in row.invoice_ids:
                bit.done[invoice_id, row.step] = row.on


def ways(session: Session, low: int, high: int, bits: dict[int, Bits]) -> None:
    """Load by which channels these accounts can be reached, and how they came to their stage."""
    for (account_id,) in session.execute(
        select(Contact.account_id)
        .join(Phone, Phone.party_id == Contact.party_id)
        .where(Contact.account_id.between(low, high), Phone.suppressed.is_(False))
        .distinct()
    ):
        bits[account_id].phone = True
    for (account_id,) in session.execute(
        select(Contact.account_id)
        .join(Party, Party.id == Contact.party_id)
        .where(Contact.account_id.between(low, high), Party.email != "")
        .distinct()
    ):
        bits[account_id].email = True
    for (account_id,) in session.execute(
        select(Contact.account_id)
        .join(PostalAddress, PostalAddress.party_id == Contact.party_id)
        .where(Contact.account_id.between(low, high))
        .distinct()
    ):
        bits[account_id].address = True
    for account_id, evidence in session.execute(
        select(StageStep.account_id, StageStep.evidence)
        .where(StageStep.account_id.between(low, high))
        .order_by(StageStep.id)
    ):
        bits[account_id].evidence = evidence
