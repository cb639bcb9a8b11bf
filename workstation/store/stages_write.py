"""Writing what a batch of the stage run came to: every row of it in the batch's own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from workstation.desk.stages import Event, InvoiceCase
from workstation.desk.stages_plan import Plan
from workstation.store.facts import batches
from workstation.store.queue_build import STALE
from workstation.store.rows import put_rows
from workstation.store.stages_known import Known
from workstation.store.tables import Account, InvoiceStage, QueueEntry, StageStep
from workstation.store.tables.stages import AccountTreatment, StageAction, StageEvent


@dataclass(frozen=True, slots=True)
class Worked:
    """One account's plan with all its events."""

    known: Known
    plan: Plan
    events: tuple[Event, ...]


def write_batch(session: Session, worked: Sequence[Worked], as_of: date, now: datetime) -> None:
    """Write what changed, table by table, and mark the accounts that something happened to for the queue."""
    states: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    actions: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    restaged: list[dict[str, Any]] = []
    settled: list[dict[str, Any]] = []
    treatments: list[dict[str, Any]] = []
    touched: list[int] = []
    for item in worked:
        made, known = item.plan, item.known
        moved = [c for c in made.invoices if c.stage and c != known.states.get(c.invoice_id)]
        states += [state_values(made.account_id, c) for c in moved]
        events += [event_values(made.account_id, e, now) for e in item.events]
        if made.action is not None:
            actions.append(_action_values(made, as_of, now))
        if made.stage != known.stage:
            restaged.append({"id": made.account_id, "stage": made.stage, "stage_since": as_of})
            steps.append(
                {
                    "account_id": made.account_id,
                    "at": now,
                    "stage": made.stage,
                    "evidence": _account_evidence(item),
                }
            )
        if moved or made.action is not None or made.stage != known.stage:
            touched.append(made.account_id)
        treatments.append(
            {
                "account_id": made.account_id,
                "segment": known.case.segment.name,
                "strategy": made.strategy,
                "segment_reasons": list(known.case.segment.reasons),
                "reasons": list(made.reasons),
                "last_run_on": as_of,
            }
        )
        settled += [{"id": o.action_id, "state": o.now} for o in known.outcomes]
    put_rows(session, InvoiceStage, states, "invoice_id")
    put_rows(session, AccountTreatment, treatments, "account_id")
    put_rows(session, StageEvent, events)
    put_rows(session, StageAction, actions)
    put_rows(session, StageStep, steps)
    if restaged:
        session.execute(update(Account), restaged)
    if settled:
        session.execute(update(StageAction), settled)
    for batch in batches(sorted(touched)):
        session.execute(update(QueueEntry).where(QueueEntry.account_id.in_(batch)).values(stale_at=STALE))


def state_values(account_id: int, case: InvoiceCase) -> dict[str, Any]:
    """Return the columns of an invoice's standing."""
    return {
        "invoice_id": case.invoice_id,
        "account_id": account_id,
        "stage": case.stage,
        "since": case.since,
        "parked": case.parked,
        "taken_over": case.taken_over,
        "facts": {e.value: on.isoformat() for e, on in case.facts.items()},
        "waived": sorted(e.value for e in case.waived),
    }


def event_values(account_id: int, event: Event, now: datetime) -> dict[str, Any]:
    """Return the columns of one event."""
    return {
        "account_id": account_id,
        "invoice_id": event.invoice_id,
        "on": event.on,
        "stage": event.stage,
        "kind": event.kind.value,
        "text": event.text,
        "who": event.who,
        "evidence": event.evidence,
        "recorded_at": now,
    }


def _action_values(made: Plan, as_of: date, now: datetime) -> dict[str, Any]:
    action = made.action
    assert action is not None
    return {
        "account_id": made.account_id,
        "on": as_of,
        "step": action.step,
        "stage": action.stage,
        "channel": action.channel.value,
        "template": action.template,
        "tone": action.tone.value,
        "form": action.form,
        "invoice_ids": list(action.invoice_ids),
        "reason": action.reason,
        "state": "planned",
        "detail": "",
        "message_id": None,
        "planned_at": now,
    }


def _account_evidence(item: Worked) -> str:
    """The events that took the account to its new stage, as one text."""
    told = [e.text for e in item.events if e.stage == item.plan.stage or e.kind.value == "ended"]
    return " ".join(told[-2:])
