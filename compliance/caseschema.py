"""The JSON Schema of case files, for editors that check TOML while it is written.

``dunline rules schema`` prints it, and a test holds ``docs/case-file.schema.json`` to it. Another
holds it to the reader: every key the reader takes stands here, and no other.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from compliance.casefacts import WEEKDAYS
from compliance.cases import NEVER, PERMITTED, REFUSED
from compliance.contact import (
    CollectionPurpose,
    ConsentScope,
    FlagKind,
    HoldKind,
    Medium,
    Message,
    NoticeKind,
    NumberKind,
    PersonRole,
)

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
YES_OR_NO: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
INSTANT: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
CLOCK: Schema = {"type": "string", "pattern": "^[0-2][0-9]:[0-5][0-9]$"}


def _one_of(kinds: type[StrEnum]) -> Schema:
    return {"enum": [kind.value for kind in kinds]}


def _many(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _table(required: list[str], **properties: Schema) -> Schema:
    table: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return table | {"required": required} if required else table


DEBTS = _many(WHOLE)
TEXTS = _many(TEXT)


def _event(**properties: Schema) -> Schema:
    return _many({"anyOf": [INSTANT, _table(["at"], at=INSTANT, **properties)]})


FACTS = _table(
    [],
    profile=TEXT,
    medium=_one_of(Medium),
    person=WHOLE,
    debts=DEBTS,
    country=TEXT,
    number=TEXT,
    number_kind=_one_of(NumberKind),
    zones=TEXTS,
    jurisdictions=TEXTS,
    role=_one_of(PersonRole),
    purpose=_one_of(CollectionPurpose),
    collector=TEXT,
    licences=TEXTS,
    number_confirmed_at=INSTANT,
    address_from_creditor=YES_OR_NO,
    recorded_voice=YES_OR_NO,
    attempts=_event(
        medium=_one_of(Medium),
        debts=DEBTS,
        number=TEXT,
        connected=YES_OR_NO,
        exempt=YES_OR_NO,
        exemption=TEXT,
        number_kind=_one_of(NumberKind),
        message=_one_of(Message),
        person=WHOLE,
        collector=TEXT,
    ),
    conversations=_event(
        debts=DEBTS,
        inbound=YES_OR_NO,
        purpose=_one_of(CollectionPurpose),
        reopened=YES_OR_NO,
        collector=TEXT,
    ),
    person_contacts=_event(medium=_one_of(Medium)),
    holds=_many(
        _table(
            ["kind", "since"],
            kind=_one_of(HoldKind),
            since=INSTANT,
            until=INSTANT,
            debt=WHOLE,
            number=TEXT,
            medium=_one_of(Medium),
            proposed=YES_OR_NO,
        )
    ),
    flags=_many(_table(["kind", "since"], kind=_one_of(FlagKind), since=INSTANT, until=INSTANT)),
    consents=_many(
        _table(
            ["scope", "given_at"],
            scope=_one_of(ConsentScope),
            given_at=INSTANT,
            ends=INSTANT,
            withdrawn_at=INSTANT,
            debts=DEBTS,
            number=TEXT,
            medium=_one_of(Medium),
            direct=YES_OR_NO,
            barred=YES_OR_NO,
        )
    ),
    designations=_many(
        _table(
            ["since"],
            since=INSTANT,
            weekdays=_many({"enum": WEEKDAYS}),
            begins=CLOCK,
            ends=CLOCK,
            number=TEXT,
            until=INSTANT,
        )
    ),
    notices=_many(
        _table(["kind", "sent_on"], kind=_one_of(NoticeKind), sent_on=DAY, received_on=DAY, debts=DEBTS)
    ),
    debt_facts=_many(
        _table(
            [],
            id=WHOLE,
            past_due_since=DAY,
            original_minor=WHOLE,
            currency=TEXT,
            entered_on=DAY,
            natural_person=YES_OR_NO,
            medical=YES_OR_NO,
            loan_account=TEXT,
            default_at_acquisition=YES_OR_NO,
            charged_off_on=DAY,
            time_barred_from=DAY,
        )
    ),
)

CASE = _table(
    ["name", "at", "expect"],
    name=TEXT,
    citation=TEXT,
    at=INSTANT,
    expect={"enum": [PERMITTED, REFUSED]},
    headline=TEXT,
    reasons=TEXTS,
    warnings=TEXTS,
    overridable=YES_OR_NO,
    retry_at={"anyOf": [INSTANT, {"const": NEVER}]},
    until=INSTANT,
    facts=FACTS,
)

SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Case file of the gate",
    **_table(["title", "case"], title=TEXT, citation=TEXT, facts=FACTS, case=_many(CASE)),
}


def schema_text() -> str:
    """Return the schema as the file in ``docs/`` holds it."""
    return json.dumps(SCHEMA, indent=2) + "\n"
