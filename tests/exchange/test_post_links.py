"""Payment links: patterns of a provider, Stripe through its own library, and money booked once."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe

from tests.fixtures.book import WEDNESDAY, Shop
from tests.fixtures.post import free_port
from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.money import Money
from workstation.desk.promise import PromiseState
from workstation.exchange.post.links import LinkError, TemplateProvider, mark_paid, payables
from workstation.exchange.post.stripe_links import StripeProvider, take_event
from workstation.store.post import Outbox
from workstation.store.post_links import PaymentLinks
from workstation.store.tables import Invoice, Payment, Promise

BANK = TemplateProvider("bank", "https://pay.bank.example/{reference}?a={amount}&c={currency}&i={invoice}")
KEY = "sk_test_1234567890"


def promise(shop: Shop, amount: int, due: datetime, made: datetime) -> int:
    with shop.book.database.write() as session:
        row = Promise(
            account_id=shop.account,
            party_id=shop.jordan,
            who="Jordan Reyes",
            amount_minor=amount,
            due=due.date(),
            method="payment link",
            made_at=made,
        )
        session.add(row)
        session.flush()
        return row.id


def url_of(shop: Shop, provider: Any = BANK, now: datetime = WEDNESDAY) -> str:
    facts = Outbox(shop.book).facts(shop.account, shop.jordan, shop.dana, now)
    (payable,) = payables(shop.book, facts.lines, provider, now, create=True)
    return payable.url


def test_a_link_is_made_once_for_an_amount_and_anew_when_that_changes(writable_anywhere: Shop) -> None:
    writable = writable_anywhere
    first = url_of(writable)
    assert url_of(writable) == first
    assert first.startswith("https://pay.bank.example/DL-")
    assert first.endswith("?a=8420.00&c=USD&i=IA-1")
    with writable.book.database.write() as session:
        session.query(Invoice).update({Invoice.disputed_minor: 42_000})
    assert url_of(writable).endswith("?a=8000.00&c=USD&i=IA-1")


def test_nothing_from_outside_adds_to_the_address(writable: Shop) -> None:
    with writable.book.database.write() as session:
        session.query(Invoice).update({Invoice.number: "7&a=1 ü/../#x"})
    assert url_of(writable).endswith("&i=7%26a%3D1%20%C3%BC%2F..%2F%23x")


def test_a_paid_link_closes_the_promise_and_is_booked_once(writable_anywhere: Shop) -> None:
    writable = writable_anywhere
    promised = promise(writable, 842_000, WEDNESDAY + timedelta(days=2), WEDNESDAY - timedelta(hours=1))
    reference = url_of(writable).split("/")[3].split("?")[0]
    at = WEDNESDAY + timedelta(days=1)
    paid = mark_paid(writable.book, reference, Money(842_000, "USD"), at, provider_payment="p-1")
    assert (paid.promise_id, paid.promise_state, paid.again) == (promised, PromiseState.KEPT, False)
    again = mark_paid(writable.book, reference, Money(842_000, "USD"), at, provider_payment="p-1")
    assert (again.payment_id, again.again) == (paid.payment_id, True)
    with writable.book.database.read() as session:
        assert [(p.amount_minor, p.method, p.reference) for p in session.query(Payment)] == [
            (842_000, "payment link", reference)
        ]
        assert session.query(Invoice).one().open_minor == 0
    history = writable.book.account(writable.account, at).history
    assert any(line.kind == "payment" for line in history)
    assert writable.book.verify_audit().sound


def test_reports_of_one_payment_at_the_same_moment_book_it_once(writable_anywhere: Shop) -> None:
    writable = writable_anywhere
    reference = url_of(writable).split("/")[3].split("?")[0]
    start, ids = threading.Barrier(4), []

    def report() -> None:
        start.wait()
        ids.append(mark_paid(writable.book, reference, Money(100, "USD"), WEDNESDAY, provider_payment="p"))

    threads = [threading.Thread(target=report) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({paid.payment_id for paid in ids}) == 1
    assert sorted(paid.again for paid in ids) == [False, True, True, True]


def test_part_of_a_promise_leaves_it_open(writable: Shop) -> None:
    promise(writable, 842_000, WEDNESDAY + timedelta(days=2), WEDNESDAY - timedelta(hours=1))
    reference = url_of(writable).split("/")[3].split("?")[0]
    paid = mark_paid(writable.book, reference, Money(100_000, "USD"), WEDNESDAY, provider_payment="p-1")
    assert paid.promise_state is PromiseState.OPEN


def test_what_cannot_be_booked_is_said(writable: Shop) -> None:
    reference = url_of(writable).split("/")[3].split("?")[0]
    with pytest.raises(NotFound, match="no payment link 'DL-NONE'"):
        mark_paid(writable.book, "DL-NONE", Money(1, "USD"), WEDNESDAY)
    with pytest.raises(InvalidEntry, match="is in USD"):
        mark_paid(writable.book, reference, Money(1, "EUR"), WEDNESDAY)
    with pytest.raises(InvalidEntry, match="cannot be booked"):
        mark_paid(writable.book, reference, Money(0, "USD"), WEDNESDAY)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "bank"', "write name and url"),
        ('name = "Bank!"\nurl = "https://x.example/{reference}"', "name: 'Bank!'"),
        ('name = "bank"\nurl = "https://x.example/{ref}"', "url: no field 'ref'"),
        ('name = "bank"\nurl = "https://x.example/{invoice}"', "must hold {reference}"),
        ('name = "bank"\nurl = "http://x.example/{reference}"', "must begin with https://"),
        ('name = "bank"\nurl = "https://{account}.example/{reference}"', "host without fields"),
        ('name = "bank', "cannot be read"),
    ],
)
def test_a_broken_provider_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bank.toml"
    path.write_text(text)
    with pytest.raises(LinkError) as caught:
        TemplateProvider.load(path)
    assert str(caught.value).startswith("bank.toml: ")
    assert message in str(caught.value)


def test_a_provider_file(tmp_path: Path) -> None:
    path = tmp_path / "bank.toml"
    path.write_text('name = "bank"\nurl = "https://pay.bank.example/{reference}"\n')
    assert TemplateProvider.load(path).url == "https://pay.bank.example/{reference}"


# ---- Stripe ---------------------------------------------------------------------------------------


LOCALSTRIPE = """
import runpy
from localstripe import resources
resources.Store.dump_to_disk = lambda store: None  # it writes to one fixed file, which may be another user's
runpy.run_module("localstripe", run_name="__main__")
"""


@pytest.fixture(scope="module")
def stripe_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """localstripe: a stand-in for Stripe that others wrote, in a process of its own."""
    port = free_port()
    home = tmp_path_factory.mktemp("stripe")
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", LOCALSTRIPE, "--port", str(port), "--from-scratch"],
        env={**os.environ, "TMPDIR": str(home)},
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
            break
        except OSError:
            assert process.poll() is None, "localstripe ended"
            assert time.monotonic() < deadline, "localstripe does not answer"
            time.sleep(0.1)
    yield address
    process.terminate()
    process.wait(10)


@pytest.fixture
def hook() -> Iterator[tuple[str, list[tuple[bytes, str]], threading.Event]]:
    """A web server that keeps what webhooks bring, with their signatures."""
    kept: list[tuple[bytes, str]] = []
    came = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.append((body, self.headers["Stripe-Signature"]))
            self.send_response(200)
            self.end_headers()
            came.set()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", kept, came
    server.shutdown()
    thread.join(5)
    server.server_close()


def given_link(shop: Shop, now: datetime) -> str:
    """A link as Stripe would have given it: localstripe knows payments, and no Payment Links."""
    facts = Outbox(shop.book).facts(shop.account, shop.jordan, shop.dana, now)
    links = PaymentLinks(shop.book)
    view = links.reserve(facts.lines[0].invoice_id, "stripe", now)
    links.given(view.reference, "https://buy.stripe.example/test", "plink_1")
    return view.reference


def post_json(address: str, path: str, body: str) -> int:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=5)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()


def pay(address: str, amount: int, metadata: dict[str, str]) -> Any:
    client = stripe.StripeClient(KEY, base_addresses={"api": address})
    card: Any = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}
    method = client.v1.payment_methods.create(params={"type": "card", "card": card})
    return client.v1.payment_intents.create(
        params={
            "amount": amount,
            "currency": "usd",
            "payment_method": method.id,
            "confirm": True,
            "metadata": metadata,
        }
    )


def test_stripe_tells_us_of_a_payment(
    writable: Shop, stripe_server: str, hook: tuple[str, list[tuple[bytes, str]], threading.Event]
) -> None:
    now = datetime.now(UTC)
    url, kept, came = hook
    config = json.dumps({"url": url, "secret": "whsec_test", "events": ["payment_intent.succeeded"]})
    told = post_json(stripe_server, "/_config/webhooks/one", config)
    assert told == 200
    promised = promise(writable, 842_000, now + timedelta(days=1), now - timedelta(days=1))
    reference = given_link(writable, now)
    pay(stripe_server, 842_000, {"reference": reference})
    assert came.wait(15)
    payload, signature = kept[0]
    with pytest.raises(LinkError, match="not signed by Stripe"):
        take_event(writable.book, payload.replace(b"842000", b"942000"), signature, "whsec_test", now)
    paid = take_event(writable.book, payload, signature, "whsec_test", datetime.now(UTC))
    assert paid is not None
    assert (paid.promise_id, paid.promise_state) == (promised, PromiseState.KEPT)
    again = take_event(writable.book, payload, signature, "whsec_test", datetime.now(UTC))
    assert again is not None
    assert again.again
    with writable.book.database.read() as session:
        assert session.query(Payment).count() == 1


def test_we_ask_stripe_for_payments(writable: Shop, stripe_server: str) -> None:
    now = datetime.now(UTC)
    provider = StripeProvider(KEY, api_base=stripe_server)
    assert provider.poll(writable.book, now) == ()
    reference = given_link(writable, now)
    pay(stripe_server, 5_000, {"reference": "somebody else's"})
    pay(stripe_server, 5_000, {})
    assert provider.poll(writable.book, now) == ()
    pay(stripe_server, 842_000, {"reference": reference})
    (paid,) = provider.poll(writable.book, datetime.now(UTC))
    assert not paid.again
    assert provider.poll(writable.book, datetime.now(UTC)) == ()
    with writable.book.database.write() as session:
        session.query(Invoice).update({Invoice.open_minor: 1_000})
    given_link(writable, now)
    with pytest.raises(LinkError, match="Stripe cannot be asked now"):
        StripeProvider("no key", api_base=stripe_server).poll(writable.book, now)


def test_a_link_is_asked_of_stripe_with_one_key_for_one_reference(writable: Shop) -> None:
    """Payment Links are beyond localstripe: this server of ours shows what we ask, and answers in form."""
    asked: list[tuple[str, dict[str, list[str]], str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked.append((self.path, parse_qs(body), self.headers["Idempotency-Key"]))
            answer = json.dumps(
                {"id": "plink_7", "object": "payment_link", "url": "https://buy.stripe.example/7"}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        provider = StripeProvider(KEY, api_base=f"http://127.0.0.1:{server.server_port}")
        assert url_of(writable, provider) == "https://buy.stripe.example/7"
        assert url_of(writable, provider) == "https://buy.stripe.example/7"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
    ((path, form, key),) = asked
    (view,) = PaymentLinks(writable.book).unpaid("stripe")
    assert (path, key) == ("/v1/payment_links", f"dunline-{view.reference}")
    assert form["line_items[0][price_data][unit_amount]"] == ["842000"]
    assert form["line_items[0][price_data][currency]"] == ["usd"]
    assert form["payment_intent_data[metadata][reference]"] == [view.reference]
    assert form["restrictions[completed_sessions][limit]"] == ["1"]
