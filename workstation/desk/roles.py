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
    ADJUST_LEDGER = "credit, write off, reverse payments, record grounds for charges"
    FINAL_NOTICE = "hold final-notice sessions"
    MANAGE_USERS = "manage users"


_RIGHTS: dict[Role, frozenset[Right]] = {
    Role.COLLECTOR: frozenset({Right.WORK_ACCOUNTS}),
    Role.SENIOR: frozenset({Right.WORK_ACCOUNTS}),
    Role.SUPERVISOR: frozenset(
        {Right.WORK_ACCOUNTS, Right.LIFT_HOLDS, Right.AUDIT_CALLS, Right.ADJUST_LEDGER}
    ),
    Role.MANAGER: frozenset(
        {Right.WORK_ACCOUNTS, Right.LIFT_HOLDS, Right.AUDIT_CALLS, Right.ADJUST_LEDGER, Right.FINAL_NOTICE}
    ),
    Role.COMPLIANCE: frozenset({Right.LIFT_HOLDS, Right.AUDIT_CALLS}),
    Role.ADMIN: frozenset({Right.MANAGE_USERS}),
}


def may(role: str, right: Right) -> bool:
    """Whether a role has a right; a role nobody knows has none."""
    try:
        return right in _RIGHTS[Role(role)]
    except ValueError:
        return False
