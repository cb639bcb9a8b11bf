"""The hand-written debtors of the demo book. Every name is invented, every number a fictional 555-01xx.

The last digit of a number picks who answers on the practice line: 1 promises, 2 busy, 3 no answer, 4 not in
service, 5 disputes, 6 answering machine, 7 hangs up at once, 8 stop calling, 9 lost job, 0 wrong number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from compliance.contact import HoldKind, NumberKind
from compliance.hours import public_holidays
from workstation.desk.entry import (
    AccountEntry,
    CallbackEntry,
    ContactEntry,
    History,
    HoldEntry,
    InvoiceEntry,
    PastCall,
    PastMessage,
    PastPayment,
    PastPromise,
    PhoneEntry,
    StageEntry,
)
from workstation.desk.promise import last_day

COMPANY = "Bradford Supply"
B2B = "b2b-first-party"
CONSUMER = "consumer-first-party"

HOME = ZoneInfo("America/Chicago")


def _is_holiday(day: date) -> bool:
    return day in public_holidays("US", day.year)


@dataclass(frozen=True, slots=True)
class Story:
    """One account with everything that happened on it."""

    account: AccountEntry
    invoices: tuple[InvoiceEntry, ...]
    history: History


class Days:
    """Days and times relative to the demo's present."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today: date = now.astimezone(HOME).date()

    def ago(self, days: int) -> date:
        """That many days before today."""
        return self.today - timedelta(days=days)

    def at(self, days: int, hour: int, minute: int = 0) -> datetime:
        """That many days ago at a local time of the floor; moved to the Friday before from a weekend."""
        day = self.workday(days)
        return datetime.combine(day, time(hour, minute), HOME).astimezone(self.now.tzinfo)

    def workday(self, days: int) -> date:
        """That many days ago, or the Friday before where that is a weekend."""
        day = self.ago(days)
        return day - timedelta(days=max(0, day.weekday() - 4))

    def broken_day(self) -> date:
        """The latest weekday whose promise is by now past its days of grace."""
        day = self.today
        while day.weekday() > 4 or last_day(day, _is_holiday) >= self.today:
            day -= timedelta(days=1)
        return day


def stories(days: Days, dana: int) -> tuple[Story, ...]:
    """Return the hand-written accounts, first of the queue first. `dana` is the user whose callback waits."""
    return (
        _harlow(days),
        _meridian(days, dana),
        _blue_harbor(days),
        _pine_ridge(days),
        _alder(days),
        _castellano(days),
        _brooks(days),
        _quill(days),
        _summit(days),
        _ferris(days),
        _larkspur(days),
    )


def business(
    number: str,
    name: str,
    contacts: tuple[ContactEntry, ...],
    region: str,
    postal_code: str,
    *,
    terms: str = "net 30",
    limit: int | None = None,
    stage: int = 4,
    since: date | None = None,
) -> AccountEntry:
    """A trade account of the demo's creditor."""
    return AccountEntry(
        number=number,
        name=name,
        kind="business",
        profile=B2B,
        currency="USD",
        company=COMPANY,
        region=region,
        postal_code=postal_code,
        terms=terms,
        credit_limit_minor=limit,
        stage=stage,
        stage_since=since,
        contacts=contacts,
    )


def contact(
    name: str, role: str, number: str, kind: NumberKind = NumberKind.OFFICE, email: str = ""
) -> ContactEntry:
    """A contact with one number."""
    return ContactEntry(name, role, email, (PhoneEntry(number, kind),))


def invoice(
    account: str,
    number: str,
    due: date,
    amount: int,
    opened: int | None = None,
    disputed: int = 0,
    net: int = 30,
) -> InvoiceEntry:
    """An invoice by its due date; amounts in minor units, open in full unless said."""
    return InvoiceEntry(
        account,
        number,
        due - timedelta(days=net),
        due,
        amount,
        amount if opened is None else opened,
        disputed,
    )


def _harlow(d: Days) -> Story:
    number, jordan, phone = "A-10482", "Jordan Reyes", "+13125550141"
    broken = d.broken_day()
    made = d.at((d.today - broken).days + 5, 10, 20)
    return Story(
        business(
            number,
            "HARLOW TOOL & DIE LLC",
            (
                contact(jordan, "accounts payable", phone, email="billing@harlowtool.example"),
                contact("Ines Harlow", "owner", "+13125550143", NumberKind.MOBILE),
            ),
            "US-IL",
            "60607",
            terms="net 30 · 2/10",
            limit=20_000_00,
            since=d.workday(4),
        ),
        (
            invoice(number, "7731", d.ago(57), 3_200_00),
            invoice(number, "7790", d.ago(31), 5_220_00),
            invoice(number, "7856", d.ago(-9), 3_880_00),
        ),
        History(
            calls=(
                PastCall(
                    d.at(62, 15, 5),
                    jordan,
                    phone,
                    "Jordan Reyes: promised 2,150.00 · T. Okafor",
                    True,
                    True,
                    True,
                ),
                PastCall(d.at(33, 10, 40), jordan, phone, "no answer · T. Okafor"),
                PastCall(
                    made, jordan, phone, "Jordan Reyes: promised 1,200.00 · T. Okafor", True, True, True
                ),
            ),
            messages=(
                PastMessage(d.at(86, 9, 0), "invoice 7731", state="delivered"),
                PastMessage(d.at(40, 9, 0), "reminder: invoice 7731 is late", state="opened"),
                PastMessage(d.at(20, 9, 0), "second reminder, statement attached", state="opened"),
                PastMessage(d.at(19, 11, 26), "Re: second reminder: will check with receiving", inbound=True),
            ),
            notes=((made, "AP says 7731 is with receiving for matching. Will send 1,200 on account."),),
            promises=(
                PastPromise(d.at(150, 11), 980_00, d.workday(143), "check", jordan),
                PastPromise(d.at(110, 14), 1_400_00, d.workday(104), "bank transfer", jordan),
                PastPromise(d.at(62, 15, 5), 2_150_00, d.workday(55), "bank transfer", jordan),
                PastPromise(made, 1_200_00, broken, "bank transfer", jordan),
            ),
            payments=(
                PastPayment(d.workday(143), 980_00, "check", "ck 20177"),
                PastPayment(d.workday(104), 1_400_00, "bank transfer"),
                PastPayment(d.workday(55), 2_150_00, "bank transfer"),
            ),
            stages=(
                StageEntry(d.at(86, 9, 0), 1, "invoice 7731 sent, delivered"),
                StageEntry(d.at(62, 15, 6), 2, "delivery of 7731 confirmed by Jordan Reyes"),
                StageEntry(d.at(40, 9, 0), 3, "reminder sent, opened"),
                StageEntry(d.at(4, 9, 0), 4, "promise not kept"),
            ),
        ),
    )


def _meridian(d: Days, dana: int) -> Story:
    number, osei, phone = "A-10317", "M. Osei", "+14045550122"
    due_at = (d.now + timedelta(minutes=70)).replace(second=0, microsecond=0)
    due_at -= timedelta(minutes=due_at.minute % 10)
    return Story(
        business(
            number,
            "Meridian Packaging",
            (contact(osei, "controller", phone, email="osei@meridianpack.example"),),
            "US-GA",
            "30303",
            limit=10_000_00,
        ),
        (invoice(number, "7802", d.ago(12), 3_115_50),),
        History(
            calls=(
                PastCall(
                    d.at(2, 16, 10),
                    osei,
                    phone,
                    "M. Osei: in a meeting, asked for a call back · D. Whitfield",
                ),
            ),
            messages=(PastMessage(d.at(9, 9, 0), "reminder: invoice 7802 is late", state="delivered"),),
            callbacks=(CallbackEntry(due_at, osei, dana),),
        ),
    )


def _blue_harbor(d: Days) -> Story:
    number, contact_name, phone = "A-10090", "Carla Nyström", "+16175550115"
    return Story(
        business(
            number,
            "Blue Harbor Foods Inc.",
            (contact(contact_name, "accounts payable manager", phone),),
            "US-MA",
            "02110",
            terms="net 45",
            limit=25_000_00,
            stage=5,
        ),
        (
            invoice(number, "7602", d.ago(57), 18_450_00, disputed=2_310_00, net=45),
            invoice(number, "7688", d.ago(26), 9_720_00, net=45),
        ),
        History(
            calls=(
                PastCall(d.at(37, 14, 30), contact_name, phone, "voicemail left · T. Okafor"),
                PastCall(
                    d.at(15, 11, 15),
                    contact_name,
                    phone,
                    "Carla Nyström: two pallets short · T. Okafor",
                    True,
                    True,
                    True,
                ),
            ),
            messages=(PastMessage(d.at(14, 9, 30), "delivery note for 7602, signed", state="opened"),),
            notes=((d.at(15, 11, 22), "Disputes 2,310.00 of 7602: two pallets short. Warehouse to answer."),),
        ),
    )


def _pine_ridge(d: Days) -> Story:
    number, name, phone = "A-10255", "Avery Lindqvist", "+13035550126"
    return Story(
        business(number, "Pine Ridge Logistics", (contact(name, "office manager", phone),), "US-CO", "80202"),
        (invoice(number, "7745", d.ago(22), 2_640_00), invoice(number, "7811", d.ago(3), 1_180_00)),
        History(
            calls=(
                PastCall(
                    d.at(8, 13, 5),
                    name,
                    phone,
                    "Avery Lindqvist: promised 2,640.00 · S. Duarte",
                    True,
                    True,
                    True,
                ),
            ),
            promises=(PastPromise(d.at(8, 13, 5), 2_640_00, d.today, "bank transfer", name),),
        ),
    )


def _alder(d: Days) -> Story:
    number, name, phone = "A-10611", "Nora Alder", "+15035550131"
    return Story(
        AccountEntry(
            number=number,
            name=name,
            kind="natural",
            profile=CONSUMER,
            currency="USD",
            company=COMPANY,
            region="US-OR",
            postal_code="97205",
            terms="monthly statement",
            stage=4,
            contacts=(contact(name, "account holder", phone, NumberKind.MOBILE),),
        ),
        (invoice(number, "C-2204", d.ago(63), 1_940_00),),
        History(
            calls=(
                PastCall(
                    d.at(3, 12, 40),
                    name,
                    phone,
                    "Nora Alder: will look at the statement · S. Duarte",
                    True,
                    True,
                    True,
                ),
            ),
            notes=((d.at(3, 12, 45), "Asked for the statement again; sent by e-mail while on the line."),),
        ),
    )


def _castellano(d: Days) -> Story:
    number, name, phone = "A-10655", "R. Castellano", "+19725550118"
    return Story(
        AccountEntry(
            number=number,
            name=name,
            kind="natural",
            profile=CONSUMER,
            currency="USD",
            company=COMPANY,
            region="US-TX",
            postal_code="75201",
            terms="monthly statement",
            stage=4,
            contacts=(contact(name, "account holder", phone, NumberKind.HOME),),
        ),
        (invoice(number, "C-2231", d.ago(30), 612_00),),
        History(
            calls=(
                PastCall(
                    d.at(13, 17, 30), name, phone, "R. Castellano: stop calling · S. Duarte", True, True, True
                ),
            ),
            holds=(HoldEntry(HoldKind.CEASE, name, "letter received by S. Duarte", d.at(11, 9, 0)),),
        ),
    )


def _brooks(d: Days) -> Story:
    number, name, phone = "A-10508", "Terrell Brooks", "+17135550129"
    return Story(
        business(
            number,
            "Brooks Landscaping",
            (contact(name, "owner", phone, NumberKind.MOBILE),),
            "US-TX",
            "77002",
        ),
        (invoice(number, "7577", d.ago(74), 1_465_00), invoice(number, "7699", d.ago(44), 820_00)),
        History(
            calls=(PastCall(d.at(24, 9, 50), name, phone, "no answer · S. Duarte"),),
            messages=(PastMessage(d.at(30, 9, 0), "statement of account", state="bounced"),),
        ),
    )


def _quill(d: Days) -> Story:
    number, phone = "A-10733", "+12065550130"
    return Story(
        business(
            number, "Quill & Anchor Press", (contact("Dana Petrov", "bookkeeper", phone),), "US-WA", "98101"
        ),
        (invoice(number, "7720", d.ago(36), 2_275_00),),
        History(messages=(PastMessage(d.at(12, 9, 0), "reminder: invoice 7720 is late", state="delivered"),)),
    )


def _summit(d: Days) -> Story:
    number, phone = "A-10744", "+18015550134"
    return Story(
        business(
            number,
            "Summit Dental Supply",
            (contact("Lee Whitcomb", "accounts payable", phone),),
            "US-UT",
            "84101",
        ),
        (invoice(number, "7761", d.ago(27), 4_310_00),),
        History(calls=(PastCall(d.at(9, 11, 0), "Lee Whitcomb", phone, "no answer · D. Whitfield"),)),
    )


def _ferris(d: Days) -> Story:
    number, phone = "A-10762", "+12165550137"
    return Story(
        business(
            number, "Ferris Auto Body", (contact("Gil Ferris", "owner", phone),), "US-OH", "44113", stage=5
        ),
        (invoice(number, "7498", d.ago(118), 1_905_00),),
        History(
            calls=(
                PastCall(
                    d.at(16, 15, 20), "Gil Ferris", phone, "hung up on us · S. Duarte", True, False, True
                ),
            )
        ),
    )


def _larkspur(d: Days) -> Story:
    number, phone = "A-10780", "+16025550133"
    return Story(
        business(
            number,
            "Larkspur Hotels of Phoenix",
            (contact("Priya Raman", "accounts payable", phone),),
            "US-AZ",
            "85004",
            limit=15_000_00,
        ),
        (invoice(number, "7655", d.ago(47), 6_940_00), invoice(number, "7782", d.ago(17), 7_120_00)),
        History(),
    )
