"""What other programs call the columns of their aging lists, open item lists and payment reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

INVOICE_FIELDS: Final = (
    "account_number", "customer_name", "invoice_number", "document_type", "issued", "due", "terms", "amount",
    "open", "disputed", "settled_on", "currency", "po_number",
)  # fmt: skip
PAYMENT_FIELDS: Final = (
    "account_number", "customer_name", "received_on", "amount", "currency", "method", "reference",
    "invoice_number", "document_type",
)  # fmt: skip

DATE_FIELDS: Final = frozenset({"issued", "due", "settled_on", "received_on"})
AMOUNT_FIELDS: Final = frozenset({"amount", "open"})


@dataclass(frozen=True, slots=True)
class System:
    """One program's headings, normalised: lower case, words apart by one blank, no other signs."""

    name: str
    kind: str
    """invoices or payments."""
    columns: dict[str, tuple[str, ...]]


SYSTEMS: Final = (
    System("Dunline", "invoices", {
        "account_number": ("account number",), "invoice_number": ("invoice number",), "issued": ("issued",),
        "due": ("due",), "amount": ("amount",), "open": ("open",), "disputed": ("disputed",),
        "currency": ("currency",), "po_number": ("po number",), "terms": ("terms",),
        "settled_on": ("settled on",), "customer_name": ("customer name",),
        "document_type": ("document type",),
    }),
    System("Dunline", "payments", {
        "account_number": ("account number",), "received_on": ("received on",), "amount": ("amount",),
        "currency": ("currency",), "method": ("method",), "reference": ("reference",),
        "invoice_number": ("invoice number",), "customer_name": ("customer name",),
    }),
    System("QuickBooks", "invoices", {
        "customer_name": ("customer", "customer full name", "name"), "invoice_number": ("num", "no"),
        "document_type": ("transaction type", "type"), "issued": ("date", "transaction date"),
        "due": ("due date",), "terms": ("terms",), "amount": ("amount",), "open": ("open balance",),
        "currency": ("currency",), "po_number": ("p o number", "p o"),
    }),
    System("QuickBooks", "payments", {
        "customer_name": ("customer", "received from", "name"), "received_on": ("date", "payment date"),
        "document_type": ("transaction type",),
        "amount": ("amount", "amount received"), "method": ("payment method", "pay method"),
        "reference": ("reference no", "ref no", "num"), "invoice_number": ("applied to", "invoice no"),
    }),
    System("Xero", "invoices", {
        "account_number": ("account number", "contact account number"),
        "customer_name": ("contactname", "contact name", "contact"),
        "invoice_number": ("invoicenumber", "invoice number"), "document_type": ("type", "source"),
        "issued": ("invoicedate", "invoice date"), "due": ("duedate", "due date"),
        "amount": ("total", "invoice total"), "open": ("invoiceamountdue", "amount due", "due amount"),
        "currency": ("currency",), "po_number": ("reference",),
    }),
    System("Xero", "payments", {
        "customer_name": ("contactname", "contact name", "contact", "payee"),
        "received_on": ("payment date", "date paid"),
        "amount": ("payment amount", "amount paid", "invoiceamountpaid"), "currency": ("currency",),
        "reference": ("reference", "payment reference"),
        "invoice_number": ("invoicenumber", "invoice number"),
    }),
    System("SAP", "invoices", {
        "account_number": ("customer", "account", "kunnr"), "customer_name": ("name 1", "customer name"),
        "invoice_number": ("document number", "documentno", "document no", "belnr", "billing document"),
        "document_type": ("document type", "doc type", "blart"),
        "issued": ("document date", "doc date", "bldat"),
        "due": ("net due date", "net due dt", "due on", "faedt"),
        "terms": ("payment terms", "payt terms", "zterm"),
        "amount": ("amount in doc curr", "amount in document currency", "amount in local currency", "wrbtr"),
        "currency": ("document currency", "curr", "local currency", "waers"),
        "po_number": ("purchase order", "customer reference", "bstnk"),
    }),
    System("SAP", "payments", {
        "account_number": ("customer", "account"),
        "received_on": ("posting date", "pstng date", "value date"), "document_type": ("document type",),
        "amount": ("amount in doc curr", "amount in local currency"),
        "currency": ("document currency", "curr"),
        "reference": ("document number", "documentno"), "method": ("payment method", "pymt meth"),
        "invoice_number": ("invoice reference", "assignment", "reference"),
    }),
    System("NetSuite", "invoices", {
        "account_number": ("customer id", "entity id"),
        "customer_name": ("customer name", "customer project", "entity name", "name"),
        "invoice_number": ("document number", "tran id", "transaction number"),
        "document_type": ("transaction type", "type"), "issued": ("date", "transaction date"),
        "due": ("due date", "date due"), "terms": ("terms",),
        "amount": ("amount foreign currency", "amount transaction total", "amount"),
        "open": ("amount remaining", "amount remaining foreign currency", "open balance"),
        "currency": ("currency",), "po_number": ("p o no", "po check number"),
    }),
    System("NetSuite", "payments", {
        "account_number": ("customer id", "entity id"), "customer_name": ("customer name", "name"),
        "received_on": ("payment date", "date"), "amount": ("payment amount", "amount"),
        "currency": ("currency",), "method": ("payment method",),
        "reference": ("document number", "tran id", "check number"),
        "invoice_number": ("applied to transaction", "applying to", "invoice number"),
    }),
    System("Sage", "invoices", {
        "account_number": ("customer no", "customer number", "a c", "account ref", "account reference"),
        "customer_name": ("customer name", "account name"),
        "invoice_number": ("invoice no", "invoice number", "inv ref", "ref"),
        "document_type": ("type", "tp", "invoice type"), "issued": ("invoice date", "date"),
        "due": ("due date", "invoice due date", "date due"), "terms": ("terms code",),
        "amount": ("invoice amount", "amount", "gross amount", "invoice amt"),
        "open": ("balance", "outstanding", "invoice balance", "o s amount"),
        "currency": ("currency", "currency code"), "po_number": ("customer po no", "order no", "ext ref"),
    }),
    System("Sage", "payments", {
        "account_number": ("customer no", "customer number", "a c", "account ref"),
        "customer_name": ("customer name", "account name"), "received_on": ("deposit date", "receipt date"),
        "amount": ("cash receipt amount", "receipt amount", "amount applied", "posting amount"),
        "reference": ("check no", "check number", "cheque no", "deposit no"), "method": ("payment type",),
        "invoice_number": ("invoice no", "inv ref"),
    }),
    System("IBM sample", "invoices", {
        "account_number": ("customerid",), "invoice_number": ("invoicenumber",), "issued": ("invoicedate",),
        "due": ("duedate",), "amount": ("invoiceamount",), "disputed": ("disputed",),
        "settled_on": ("settleddate",),
    }),
)  # fmt: skip

SYNONYMS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "invoices": {
        "account_number": ("account no", "acct", "acct no", "account id", "cust no", "customer code",
                           "debtor no"),
        "customer_name": ("customer", "client", "client name", "debtor", "company", "company name"),
        "invoice_number": ("invoice", "invoice id", "inv no", "inv", "document", "doc no", "invoice num"),
        "document_type": ("doc type",),
        "issued": ("issue date", "issued on", "inv date", "billing date", "bill date"),
        "due": ("payment due", "due on", "maturity", "maturity date", "pay by"),
        "terms": ("payment terms",),
        "amount": ("invoice amount", "original amount", "total amount", "gross", "invoice value", "value"),
        "open": ("open amount", "balance due", "outstanding amount", "amount outstanding", "remaining",
                 "amount open", "unpaid"),
        "disputed": ("disputed amount", "in dispute"),
        "settled_on": ("settled date", "paid on", "paid date", "clearing date", "closed date"),
        "currency": ("ccy", "currency code", "iso currency"),
        "po_number": ("po", "po no", "purchase order number", "customer po", "order number"),
    },
    "payments": {
        "account_number": ("account no", "acct", "account id", "cust no", "customer code", "customer id"),
        "customer_name": ("customer", "client", "payer", "payer name", "company"),
        "received_on": ("received", "date", "payment date", "date received", "value date", "paid on"),
        "amount": ("paid", "payment", "amount paid", "amount received", "payment amount"),
        "currency": ("ccy", "currency code"),
        "method": ("payment type", "paid by", "tender"),
        "reference": ("payment reference", "ref", "transaction id", "payment id", "check number",
                      "cheque number"),
        "invoice_number": ("invoice", "invoice no", "invoice id", "applied to invoice"),
        "document_type": ("doc type",),
    },
}  # fmt: skip


def normalise(heading: str) -> str:
    """Return a heading as the tables above write it."""
    return " ".join("".join(c if c.isalnum() else " " for c in heading.casefold()).split())


def usual_names(kind: str) -> dict[str, str]:
    """Return headings and the field they mean for this kind of file, where all programs agree."""
    meant: dict[str, set[str]] = {}
    for system in SYSTEMS:
        if system.kind == kind:
            for name, headings in system.columns.items():
                for heading in headings:
                    meant.setdefault(heading, set()).add(name)
    agreed = {heading: names.pop() for heading, names in meant.items() if len(names) == 1}
    return agreed | {h: name for name, headings in SYNONYMS[kind].items() for h in headings}
