"""How far a hold of each kind reaches: one contact or the whole debtor, one debt, number or medium."""

from __future__ import annotations

from dataclasses import dataclass

from compliance.contact import HoldKind, Medium


@dataclass(frozen=True, slots=True)
class Reach:
    """What a hold of a kind covers when it is placed during work on an account."""

    whole_debtor: bool = False
    """True where every contact of the account is meant, not only the one who spoke."""
    this_debt: bool = False
    """True where only this account's debts are meant."""
    this_number: bool = False
    """True where only the number is meant."""
    medium: Medium | None = None


REACH: dict[HoldKind, Reach] = {
    HoldKind.BANKRUPTCY: Reach(whole_debtor=True),
    HoldKind.DISPUTE: Reach(whole_debtor=True, this_debt=True),
    HoldKind.CEASE: Reach(),
    HoldKind.ATTORNEY: Reach(whole_debtor=True),
    HoldKind.DECEASED: Reach(),
    HoldKind.VULNERABLE: Reach(),
    HoldKind.OPT_OUT: Reach(medium=Medium.CALL),
    HoldKind.WRONG_NUMBER: Reach(this_number=True),
    HoldKind.WORK_FORBIDDEN: Reach(this_number=True),
    HoldKind.PLACED: Reach(whole_debtor=True, this_debt=True),
}

LABEL: dict[HoldKind, str] = {
    HoldKind.BANKRUPTCY: "bankruptcy",
    HoldKind.DISPUTE: "disputes the debt",
    HoldKind.CEASE: "asked us to stop all contact",
    HoldKind.ATTORNEY: "has an attorney",
    HoldKind.DECEASED: "deceased",
    HoldKind.VULNERABLE: "in a vulnerable situation",
    HoldKind.OPT_OUT: "asked us to stop calling",
    HoldKind.WRONG_NUMBER: "wrong number",
    HoldKind.WORK_FORBIDDEN: "may not be called at work",
    HoldKind.PLACED: "placed with an agency",
}
"""Each kind as a line on the screen says it."""
