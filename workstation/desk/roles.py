"""Roles, and what each may do. Screens and handlers ask the same table."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Who somebody is at work."""

    COLLECTOR = "collector"
    SENIOR = "senior"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    COMPLIANCE = "compliance"
    ADMIN = "admin"


class Right(StrEnum):
    """What may be done."""

    WORK_ACCOUNTS = "work accounts"
    """Take accounts, call, wrap up, place holds."""
    LIFT_HOLDS = "lift holds"
    AUDIT_CALLS = "audit calls"
    WATCH_FLOOR = "watch the floor and listen in on calls that are up"
    STEER_FLOOR = "whisper, barge, take calls over, pause collectors and sign them out"
    CLOSE_REVIEWS = "decide a review at the third level"
    ADJUST_LEDGER = "credit, write off, reverse payments, record grounds for charges"
    OVERRIDE_RULES = "override rules at level supervisor"
    ASK_AUTHORITY = "ask for authority to name a consequence"
    APPROVE_AUTHORITY = "approve authority to name a consequence"
    FINAL_NOTICE = "hold final-notice sessions"
    SEE_PORTFOLIO = "see the portfolio"
    EDIT_STRATEGIES = "change strategies"
    MANAGE_USERS = "manage users"


_WORKER = frozenset({Right.WORK_ACCOUNTS})
_SUPERVISOR = _WORKER | {
    Right.LIFT_HOLDS,
    Right.AUDIT_CALLS,
    Right.WATCH_FLOOR,
    Right.STEER_FLOOR,
    Right.ADJUST_LEDGER,
    Right.OVERRIDE_RULES,
    Right.ASK_AUTHORITY,
    Right.SEE_PORTFOLIO,
}
_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.COLLECTOR: _WORKER,
    Role.SENIOR: _WORKER,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.MANAGER: _SUPERVISOR
    | {Right.APPROVE_AUTHORITY, Right.FINAL_NOTICE, Right.CLOSE_REVIEWS, Right.EDIT_STRATEGIES},
    Role.COMPLIANCE: frozenset(
        {
            Right.LIFT_HOLDS,
            Right.AUDIT_CALLS,
            Right.WATCH_FLOOR,
            Right.CLOSE_REVIEWS,
            Right.OVERRIDE_RULES,
            Right.APPROVE_AUTHORITY,
        }
    ),
    Role.ADMIN: frozenset({Right.MANAGE_USERS}),
}


def may(role: str, right: Right) -> bool:
    """Whether a role has a right; a role nobody knows has none."""
    try:
        return right in _RIGHTS[Role(role)]
    except ValueError:
        return False
