"""A decision before every call: facts, gate, reserved attempt and decision record in one transaction."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from compliance.contact import Check, ContactFacts, Medium, Permitted, Refused, Verdict
from workstation.desk.book import Authorised, CallRequest, NotFound
from workstation.desk.roles import Right
from workstation.store import audit, final_calls, leases, leave, people
from workstation.store.facts import Target, call_facts
from workstation.store.gate import Gate
from workstation.store.prepared import NewRow, Query
from workstation.store.queue_build import mark_stale
from workstation.store.tables import Account, Attempt, CallRow, Contact, Decision, Party

RESERVED = "reserved"
"""The state in which a call begins its life (dialer.call)."""

_PERSON = Query(select(Party.id, Party.name).where(Party.id == bindparam("id")).with_for_update())
_ACCOUNT = Query(
    select(Account.id, Account.profile, Account.currency, Account.stage).where(Account.id == bindparam("id"))
)
_CONTACT = Query(
    select(Contact.id).where(
        Contact.account_id == bindparam("account"), Contact.party_id == bindparam("person")
    )
)
_DECISION, _CALL, _ATTEMPT = NewRow(Decision), NewRow(CallRow), NewRow(Attempt)


def authorise(session: Session, gate: Gate, request: CallRequest, now: datetime) -> Authorised | Refused:
    """Decide about one call and, if permitted, reserve its attempt. See CallBook.authorise.

    The person's row is locked first, so that whoever decides about the same person next sees this attempt.
    """
    person = _PERSON.first(session, id=request.party_id)
    account = _ACCOUNT.first(session, id=request.account_id)
    if person is None or account is None:
        raise NotFound(f"no account {request.account_id} or person {request.party_id} in the book")
    _check_contact(session, request)
    collector = people.need(session, request.collector_id, Right.WORK_ACCOUNTS)
    leases.check_free(session, request.collector_id, request.account_id, now)
    target = Target(request.account_id, request.party_id, request.phone_id)
    facts = call_facts(session, [target], now).get(target)
    if facts is None or facts.number is None:
        raise NotFound(f"{person.name} has no phone {request.phone_id} in the book")
    verdict = gate.decide(facts, now)
    decision_id = secrets.token_hex(12)
    used: leave.Used | None = None
    if isinstance(verdict, Refused) and verdict.overridable:
        used = leave.use_override(
            session, request.account_id, request.party_id, facts.number, verdict, decision_id
        )
        verdict = used.permitted if used else verdict
    call_id = secrets.token_hex(8) if isinstance(verdict, Permitted) else ""
    decision = _record(decision_id, verdict, facts, request, call_id, used)
    _DECISION.put(session, decision)
    mark_stale(session, request.account_id)
    detail = {
        "digest": audit.decision_digest(decision),
        "permitted": str(decision.permitted).lower(),
        "account": str(account.id),
        "number": facts.number,
    }
    if used:
        detail["override"] = str(used.override_id)
    if isinstance(verdict, Refused):
        audit.append(session, collector.username, "decision", decision.id, detail, now)
        return verdict
    _CALL.put(
        session,
        CallRow(
            id=call_id,
            decision_id=decision.id,
            account_id=account.id,
            party_id=person.id,
            phone_id=request.phone_id,
            collector_id=collector.id,
            number=facts.number,
            agent_leg=request.agent_leg,
            profile=account.profile,
            party_name=person.name,
            currency=account.currency,
            zone=facts.zones[0] if facts.zones else "UTC",
            state=RESERVED,
            reserved_at=now,
            evidence={},
            recordings={},
        ),
    )
    _ATTEMPT.put(
        session,
        Attempt(
            call_id=call_id,
            account_id=account.id,
            party_id=person.id,
            at=now,
            medium=Medium.CALL.value,
            debt_ids=sorted(facts.debt_ids),
            number=facts.number,
            number_kind=facts.number_kind.value,
        ),
    )
    final_calls.note(session, account.id, collector.id, call_id, account.stage)
    # Last of all: from here to the commit every other writer of the log waits.
    audit.append(session, collector.username, "decision", decision.id, detail, now)
    return Authorised(
        call_id=call_id,
        decision_id=decision.id,
        verdict=verdict,
        number=facts.number,
        account_id=account.id,
        party_id=person.id,
        debt_ids=tuple(sorted(facts.debt_ids)),
        profile=account.profile,
        party_name=person.name,
        currency=account.currency,
        zone=facts.zones[0] if facts.zones else "UTC",
        collector_name=collector.full_name,
        stage=account.stage,
        authorities=frozenset(authority.action for authority in facts.authorities),
        purpose=facts.purpose,
    )


def is_valid(session: Session, decision_id: str, call_id: str, number: str) -> bool:
    """Whether a committed Permitted decision stands behind a leg that quotes it."""
    found = session.execute(
        select(Decision.id).where(
            Decision.id == decision_id,
            Decision.call_id == call_id,
            Decision.number == number,
            Decision.permitted.is_(True),
        )
    ).first()
    return bool(call_id) and found is not None


def _check_contact(session: Session, request: CallRequest) -> None:
    known = _CONTACT.first(session, account=request.account_id, person=request.party_id)
    if known is None:
        raise NotFound(f"person {request.party_id} is not a contact of account {request.account_id}")


def _record(
    decision_id: str,
    verdict: Verdict,
    facts: ContactFacts,
    request: CallRequest,
    call_id: str,
    used: leave.Used | None,
) -> Decision:
    permitted = isinstance(verdict, Permitted)
    return Decision(
        id=decision_id,
        at=verdict.at,
        permitted=permitted,
        call_id=call_id,
        account_id=request.account_id,
        party_id=request.party_id,
        collector_id=request.collector_id,
        medium=facts.medium.value,
        number=facts.number or "",
        profile=facts.profile,
        rulebook=verdict.rulebook,
        valid_until=verdict.until if isinstance(verdict, Permitted) else None,
        retry_at=verdict.retry_at if isinstance(verdict, Refused) else None,
        facts={
            "debts": sorted(facts.debt_ids),
            "zones": list(facts.zones),
            "jurisdictions": list(facts.jurisdictions),
            "number_kind": facts.number_kind.value,
            "attempts": len(facts.attempts),
            "conversations": len(facts.conversations),
            "holds": len(facts.holds),
            "role": facts.person_role.value,
            "purpose": facts.purpose.value,
            "consents": len(facts.consents),
            "override": None if used is None else used.override_id,
        },
        checks=[check_record(c) for c in verdict.checks],
    )


def check_record(check: Check) -> dict[str, Any]:
    """Return one rule's verdict as decisions keep it."""
    return {
        "rule": check.rule_id,
        "version": check.rule_version,
        "citation": check.citation,
        "verdict": check.verdict.value,
        "message": check.message,
        "inputs": dict(check.inputs),
        "retry_at": None if check.retry_at is None else check.retry_at.astimezone(UTC).isoformat(),
    }
