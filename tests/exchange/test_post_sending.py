"""Mails through a real SMTP server: each once, with TLS, and honest about what is not known."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from compliance.contact import HoldKind, Medium, Refused
from tests.fixtures.book import WEDNESDAY, Shop, make_shop
from tests.fixtures.post import SETTINGS, MailServer, make_writable, only_dana
from workstation.desk.book import InvalidEntry
from workstation.desk.post import Delivery, PostState, Queued
from workstation.exchange.post.bounces import NotAReport, parse_report, record_report
from workstation.exchange.post.mail import SendReport, queue_message, send_due
from workstation.exchange.post.settings import SmtpSettings
from workstation.exchange.post.smtp import Smtp, SmtpUnavailable
from workstation.store.book import open_book
from workstation.store.post import CLAIM_LASTS, Outbox
from workstation.store.tables import Attempt, HoldRow

Servers = Callable[..., MailServer]


def queue(shop: Shop, at: datetime = WEDNESDAY, template: str = "inquiry") -> Queued:
    queued = queue_message(shop.book, shop.account, shop.jordan, template, shop.dana, at, settings=SETTINGS)
    assert isinstance(queued, Queued)
    return queued


def send(shop: Shop, smtp: Smtp, at: datetime = WEDNESDAY) -> SendReport:
    return send_due(shop.book, smtp, at, settings=SETTINGS)


def counted(shop: Shop) -> list[tuple[str, bool, bool]]:
    with shop.book.database.read() as session:
        return [(a.medium, a.connected, a.settled) for a in session.query(Attempt).order_by(Attempt.id)]


def test_a_mail_goes_out_once_and_stands_in_the_history(
    writable_anywhere: Shop, mail_server: Servers
) -> None:
    writable = writable_anywhere
    server = mail_server()
    queued = queue(writable)
    report = send(writable, server.smtp())
    assert (report.sent, report.failed, report.uncertain) == ([queued.outbox_id], [], [])
    assert send(writable, server.smtp()) == SendReport()
    assert len(server.box.taken) == 1
    mail = message_from_bytes(server.box.taken[0], policy=policy.default)
    assert mail["Message-ID"] == f"<{queued.message_id}>"
    assert mail["To"] == "jordan@harlow.example"
    assert mail["From"] == "Bradford Supply <ar@bradford.example>"
    assert mail["Subject"] == "Invoice IA-1, due October 8, 2026: is anything missing?"
    assert isinstance(mail, EmailMessage)
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert "8,420.00 USD" in plain.get_content()
    history = writable.book.account(writable.account, WEDNESDAY).history
    assert any("is anything missing" in line.text and "sent" in line.text for line in history)
    assert counted(writable) == [("email", True, True)]
    assert writable.book.verify_audit().sound


def test_refused_for_now_is_tried_again_later_and_then_taken(writable: Shop, mail_server: Servers) -> None:
    server = mail_server()
    server.box.rcpt_replies = ["451 4.7.1 greylisted, come back"]
    queued = queue(writable)
    assert send(writable, server.smtp()).later == [queued.outbox_id]
    view = Outbox(writable.book).view(queued.outbox_id)
    assert (view.state, view.tries) == (PostState.QUEUED, 1)
    assert view.reply == "451 4.7.1 greylisted, come back"
    assert counted(writable) == [("email", False, True)]  # it never reached anybody
    soon = WEDNESDAY + timedelta(minutes=4, seconds=59)
    assert send(writable, server.smtp(), soon) == SendReport()
    later = WEDNESDAY + timedelta(minutes=5)
    assert send(writable, server.smtp(), later).sent == [queued.outbox_id]
    assert len(server.box.taken) == 1


def test_refused_for_good_is_recorded_and_not_tried_again(writable: Shop, mail_server: Servers) -> None:
    server = mail_server()
    server.box.rcpt_replies = ["550 5.1.1 no such user"]
    queued = queue(writable)
    assert send(writable, server.smtp()).failed == [queued.outbox_id]
    assert Outbox(writable.book).view(queued.outbox_id).reply == "550 5.1.1 no such user"
    assert send(writable, server.smtp(), WEDNESDAY + timedelta(days=2)) == SendReport()
    assert server.box.taken == []


def test_a_refusal_after_the_text_counts_like_any_other(writable: Shop, mail_server: Servers) -> None:
    server = mail_server()
    server.box.data_replies = ["452 4.3.1 full", "554 5.7.1 looks like junk"]
    queued = queue(writable)
    assert send(writable, server.smtp()).later == [queued.outbox_id]
    assert send(writable, server.smtp(), WEDNESDAY + timedelta(minutes=5)).failed == [queued.outbox_id]


def test_the_last_try_fails_for_good(writable: Shop, mail_server: Servers) -> None:
    server = mail_server()
    server.box.rcpt_replies = ["450 busy"] * 9
    queued = queue(writable)
    at, tries = WEDNESDAY, 0
    while Outbox(writable.book).view(queued.outbox_id).state is PostState.QUEUED:
        send(writable, server.smtp(), at)
        tries += 1
        at += timedelta(days=1, minutes=1)
    assert tries == 7
    assert Outbox(writable.book).view(queued.outbox_id).state is PostState.FAILED


def test_a_hold_placed_after_queueing_stops_the_mail(writable_anywhere: Shop, mail_server: Servers) -> None:
    writable = writable_anywhere
    server = mail_server()
    queued = queue(writable)
    writable.book.place_hold(writable.account, writable.jordan, HoldKind.BANKRUPTCY, writable.dana, WEDNESDAY)
    assert send(writable, server.smtp()).refused == [queued.outbox_id]
    assert Outbox(writable.book).view(queued.outbox_id).state is PostState.REFUSED
    assert server.box.taken == []


def test_the_gate_refuses_before_anything_is_queued(writable: Shop) -> None:
    with writable.book.database.write() as session:
        session.add(
            HoldRow(
                account_id=writable.account,
                party_id=writable.jordan,
                kind=HoldKind.OPT_OUT.value,
                since=WEDNESDAY,
                medium=Medium.EMAIL.value,
                source="replied STOP",
            )
        )
    refused = queue_message(
        writable.book,
        writable.account,
        writable.jordan,
        "inquiry",
        writable.dana,
        WEDNESDAY,
        settings=SETTINGS,
    )
    assert isinstance(refused, Refused)
    assert refused.reasons[0].rule_id == "holds/opt-out"
    assert Outbox(writable.book).list() == ()
    letter = queue_message(
        make_writable(writable, stage=5).book,
        writable.account,
        writable.jordan,
        "pressing",
        writable.dana,
        WEDNESDAY,
        settings=SETTINGS,
    )
    assert isinstance(letter, Queued)  # a letter is another medium


def test_two_senders_never_take_the_same_mail(writable_anywhere: Shop, mail_server: Servers) -> None:
    writable = writable_anywhere
    server = mail_server()
    for _ in range(6):
        queue(writable)
    reports: list[SendReport] = []
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        reports.append(send(writable, server.smtp()))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    sent = [outbox_id for report in reports for outbox_id in report.sent]
    assert len(sent) == len(set(sent)) == len(server.box.taken) == 6
    ids = {message_from_bytes(mail)["Message-ID"] for mail in server.box.taken}
    assert len(ids) == 6


_SENDER = """
import sys
from datetime import datetime
from tests.fixtures.post import SETTINGS
from workstation.exchange.post.mail import send_due
from workstation.exchange.post.settings import SmtpSettings
from workstation.exchange.post.smtp import Smtp
from workstation.store.book import open_book
book = open_book(sys.argv[1])
smtp = Smtp(SmtpSettings(host="127.0.0.1", port=int(sys.argv[2]), security="none", timeout_seconds=60))
send_due(book, smtp, datetime.fromisoformat(sys.argv[3]), settings=SETTINGS)
"""


def test_killed_between_the_servers_taking_it_and_our_knowing(
    sqlite_template: Path, tmp_path: Path, mail_server: Servers, light_hashing: None
) -> None:
    path = tmp_path / "book.db"
    path.write_bytes(sqlite_template.read_bytes())
    shop = make_writable(make_shop(open_book(path)))
    server = mail_server()
    server.box.hang = True
    queued = queue(shop)
    sender = subprocess.Popen(
        [sys.executable, "-c", _SENDER, str(path), str(server.port), WEDNESDAY.isoformat()],
        cwd=Path(__file__).parents[2],
    )
    assert server.box.arrived.wait(60)
    os.kill(sender.pid, signal.SIGKILL)
    sender.wait(10)
    server.box.hang = False
    outbox = Outbox(shop.book)
    assert outbox.view(queued.outbox_id).state is PostState.SENDING
    assert send(shop, server.smtp(), WEDNESDAY + timedelta(minutes=1)) == SendReport()
    later = WEDNESDAY + CLAIM_LASTS
    assert send(shop, server.smtp(), later).uncertain == [queued.outbox_id]
    for days in range(1, 5):
        assert send(shop, server.smtp(), WEDNESDAY + timedelta(days=days)) == SendReport()
    assert len(server.box.taken) == 1
    assert counted(shop) == [("email", True, False)]  # it may have arrived, so it counts
    outbox.resolve(
        queued.outbox_id, shop.dana, later, accepted=True, reason="in the server's log at 20:00:01"
    )
    assert outbox.view(queued.outbox_id).state is PostState.SENT
    shop.book.close()


def test_a_person_may_send_an_uncertain_mail_again(writable_anywhere: Shop, mail_server: Servers) -> None:
    writable = writable_anywhere
    outbox, server = Outbox(writable.book), mail_server()
    queued = queue(writable)
    claimed = outbox.claim(queued.outbox_id, WEDNESDAY)
    assert claimed is not None
    assert not isinstance(claimed, Refused)
    later = WEDNESDAY + CLAIM_LASTS
    assert outbox.settle_lost(later) == (queued.outbox_id,)
    with pytest.raises(InvalidEntry, match="Message-ID"):
        outbox.resolve(queued.outbox_id, writable.dana, later, accepted=False, reason=" ")
    outbox.resolve(queued.outbox_id, writable.dana, later, accepted=False, reason="not in the server's log")
    assert send(writable, server.smtp(), later).sent == [queued.outbox_id]
    # The first sender was only slow: what it says now changes nothing.
    assert outbox.settle(claimed, Delivery(PostState.FAILED, "550"), later) is PostState.SENT
    with pytest.raises(InvalidEntry, match="not uncertain"):
        outbox.resolve(queued.outbox_id, writable.dana, later, accepted=True, reason="log")


def test_a_line_that_breaks_before_the_answer_leaves_it_uncertain(
    writable: Shop, mail_server: Servers
) -> None:
    server = mail_server()
    server.box.hang = True
    queued = queue(writable)
    slow = SmtpSettings(host="127.0.0.1", port=server.port, security="none", timeout_seconds=0.5)
    assert send(writable, Smtp(slow)).uncertain == [queued.outbox_id]
    server.box.hang = False
    assert send(writable, server.smtp(), WEDNESDAY + timedelta(days=1)) == SendReport()
    assert len(server.box.taken) == 1


def test_a_server_that_is_away_costs_no_try(writable: Shop, mail_server: Servers) -> None:
    queued = queue(writable)
    away = Smtp(SmtpSettings(host="127.0.0.1", port=1, security="none", timeout_seconds=2))
    report = send(writable, away)
    assert "127.0.0.1:1 cannot be used now" in report.unavailable
    assert Outbox(writable.book).view(queued.outbox_id).tries == 0
    assert send(writable, mail_server().smtp()).sent == [queued.outbox_id]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.parametrize("security", ["starttls", "implicit"])
def test_tls_with_sign_in(
    security: str,
    writable: Shop,
    mail_server: Servers,
    server_tls: ssl.SSLContext,
    certificate: tuple[Path, Path],
) -> None:
    options = {"authenticator": only_dana, "auth_required": True, "ca_file": str(certificate[0])}
    if security == "starttls":
        server = mail_server(tls_context=server_tls, require_starttls=True, **options)
    else:
        server = mail_server(ssl_context=server_tls, auth_require_tls=False, **options)
    queued = queue(writable)
    wrong = send(writable, server.smtp(security, user="dana", password="guess"))
    assert "does not accept the user name or password" in wrong.unavailable
    assert send(writable, server.smtp(security, user="dana", password="pass word")).sent == [queued.outbox_id]
    assert len(server.box.taken) == 1


def test_a_certificate_nobody_vouches_for_is_refused(
    writable: Shop, mail_server: Servers, server_tls: ssl.SSLContext
) -> None:
    queue(writable)
    server = mail_server(tls_context=server_tls)
    report = send(writable, server.smtp("starttls"))
    assert "no secure connection" in report.unavailable
    assert server.box.taken == []


def test_without_tls_only_to_this_machine(writable: Shop, mail_server: Servers) -> None:
    with pytest.raises(SmtpUnavailable, match="unencrypted"):
        Smtp(SmtpSettings(host="mail.example", security="none"))
    with pytest.raises(SmtpUnavailable, match="no mail server"):
        Smtp(SmtpSettings())
    queue(writable)
    assert "STARTTLS" in send(writable, mail_server().smtp("starttls")).unavailable


def test_lines_that_begin_with_a_dot_arrive_whole(mail_server: Servers) -> None:
    server = mail_server()
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = "dots"
    message.set_content("before\n.\n..two\nafter\n")
    with server.smtp().session() as session:
        assert session.hand_over(message, "a@b.example", "c@d.example").state is PostState.SENT
    assert b"before\r\n.\r\n..two\r\nafter" in server.box.taken[0]


def report_about(message_id: str, action: str = "failed", status: str = "5.1.1") -> bytes:
    return textwrap.dedent(
        f"""\
        From: MAILER-DAEMON@mail.example
        To: ar@bradford.example
        Subject: Undelivered Mail Returned to Sender
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary="x"

        --x
        Content-Type: text/plain

        I'm sorry to have to inform you.
        --x
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mail.example

        Final-Recipient: rfc822; jordan@harlow.example
        Action: {action}
        Status: {status}
        Diagnostic-Code: smtp; 550 5.1.1 user unknown

        --x
        Content-Type: text/rfc822-headers

        From: ar@bradford.example
        Message-ID: <{message_id}>
        --x--
        """
    ).encode()


def test_a_bounce_is_recorded_once(writable_anywhere: Shop, mail_server: Servers) -> None:
    writable = writable_anywhere
    server, outbox = mail_server(), Outbox(writable.book)
    queued = queue(writable)
    send(writable, server.smtp())
    raw = report_about(queued.message_id)
    (first,) = record_report(writable.book, raw, WEDNESDAY)
    assert (first.outbox_id, first.report.status) == (queued.outbox_id, "5.1.1")
    record_report(writable.book, raw, WEDNESDAY)
    assert outbox.view(queued.outbox_id).state is PostState.BOUNCED
    assert "user unknown" in outbox.view(queued.outbox_id).reply
    afters = [step[2] for step in outbox.steps(queued.outbox_id)]
    assert afters == ["queued", "sending", "sent", "bounced"]
    history = writable.book.account(writable.account, WEDNESDAY).history
    assert any("bounced" in line.text for line in history)


def test_reports_settle_what_was_uncertain(writable: Shop) -> None:
    outbox = Outbox(writable.book)
    queued = queue(writable)
    outbox.claim(queued.outbox_id, WEDNESDAY)
    outbox.settle_lost(WEDNESDAY + CLAIM_LASTS)
    record_report(writable.book, report_about(queued.message_id, "delayed", "4.4.1"), WEDNESDAY)
    assert outbox.view(queued.outbox_id).state is PostState.UNCERTAIN
    record_report(writable.book, report_about(queued.message_id, "delivered", "2.0.0"), WEDNESDAY)
    assert outbox.view(queued.outbox_id).state is PostState.SENT


def test_mails_that_are_no_reports_about_ours(writable: Shop) -> None:
    with pytest.raises(NotAReport, match="no delivery report"):
        parse_report(b"Subject: out of office\r\n\r\nback on Monday\r\n")
    with pytest.raises(NotAReport, match="Message-ID"):
        parse_report(report_about("x").replace(b"Message-ID", b"X-Other"))
    (other,) = record_report(writable.book, report_about("someone@else.example"), WEDNESDAY)
    assert other.outbox_id is None
