"""Handing mails to a server by SMTP, with TLS, and saying exactly how far each one got.

Up to the server's 354 nothing of the mail has left us, and whatever fails may be tried again. After it, only
the server's own answer tells whether it took the mail; without that answer the mail is uncertain.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from ipaddress import ip_address

from workstation.desk.post import Delivery, PostState
from workstation.exchange.post.settings import SmtpSettings

_DOT = re.compile(rb"(?m)^\.")
_TOO_BIG = 552


class SmtpUnavailable(Exception):
    """The server cannot be used now, or not with these settings; nothing was handed over."""


class Smtp:
    """One mail server. Blocking: run it in a worker thread."""

    def __init__(self, settings: SmtpSettings, password: str = "") -> None:
        """Take the settings; nothing is opened yet. Raises SmtpUnavailable for settings that are not safe."""
        if not settings.host:
            raise SmtpUnavailable("no mail server is set: write host under [post.smtp]")
        if settings.security == "none" and not _is_this_machine(settings.host):
            raise SmtpUnavailable(
                f"mails to {settings.host} would go unencrypted: set security to starttls or implicit"
            )
        self._settings = settings
        self._password = password

    @contextmanager
    def session(self) -> Iterator[SmtpSession]:
        """Connect, secure and sign in; closed at the end. Raises SmtpUnavailable."""
        where = f"{self._settings.host}:{self._settings.port}"
        try:
            client = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            reply = _words(error.smtp_error)
            raise SmtpUnavailable(f"{where} does not accept the user name or password: {reply}") from error
        except ssl.SSLError as error:
            raise SmtpUnavailable(f"no secure connection to {where}: {error.reason or error}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise SmtpUnavailable(f"{where} cannot be used now: {error}") from error
        session = SmtpSession(client)
        try:
            yield session
        finally:
            session.close()

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        local = settings.local_name or None
        if settings.security == "implicit":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.host,
                settings.port,
                local_hostname=local,
                timeout=settings.timeout_seconds,
                context=self._context(),
            )
        else:
            client = smtplib.SMTP(
                settings.host, settings.port, local_hostname=local, timeout=settings.timeout_seconds
            )
        try:
            client.ehlo()
            if settings.security == "starttls":
                client.starttls(context=self._context())
                client.ehlo()
            if settings.username:
                client.login(settings.username, self._password)
        except BaseException:
            client.close()
            raise
        return client

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._settings.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


class SmtpSession:
    """One connection to a server; several mails may go over it."""

    def __init__(self, client: smtplib.SMTP) -> None:
        self._client = client
        self.usable = True
        """False once the connection is gone: open another session for the next mail."""

    def hand_over(self, message: EmailMessage, sender: str, recipient: str) -> Delivery:
        """Hand one mail over; never raises for what a server or a network does."""
        payload = _DOT.sub(b"..", message.as_bytes(policy=SMTP_POLICY))
        if not payload.endswith(b"\r\n"):
            payload += b"\r\n"
        try:
            refusal = self._envelope(sender, recipient)
        except (OSError, smtplib.SMTPException) as error:
            self.usable = False
            return Delivery(PostState.QUEUED, f"the connection broke before the mail left: {error}")
        if refusal is not None:
            return refusal
        try:
            self._client.send(payload + b".\r\n")
            code, reply = self._client.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.usable = False
            return Delivery(PostState.UNCERTAIN, f"the connection broke before the server's answer: {error}")
        return self._judge(code, reply)

    def close(self) -> None:
        """Say goodbye, if there is still somebody to say it to."""
        with suppress(OSError, smtplib.SMTPException):
            if self.usable:
                self._client.quit()
        self._client.close()

    def _envelope(self, sender: str, recipient: str) -> Delivery | None:
        code, reply = self._client.mail(sender)
        if code != 250:
            # This is about us and not about the person: to fail one mail after another for it helps nobody.
            verdict = self._judge(code, reply)
            if code == _TOO_BIG or verdict.state is PostState.QUEUED:
                self._reset()
                return verdict
            self.usable = False
            return Delivery(PostState.QUEUED, verdict.reply)
        code, reply = self._client.rcpt(recipient)
        if code not in (250, 251):
            self._reset()
            return self._judge(code, reply)
        code, reply = self._client.docmd("DATA")
        if code != 354:
            self._reset()
            verdict = self._judge(code, reply)
            return (
                verdict if verdict.state is not PostState.SENT else Delivery(PostState.QUEUED, verdict.reply)
            )
        return None

    def _judge(self, code: int, reply: bytes) -> Delivery:
        words = f"{code} {_words(reply)}"
        if code == 421:
            self.usable = False
        if 200 <= code < 300:
            return Delivery(PostState.SENT, words)
        return Delivery(PostState.FAILED if code >= 500 else PostState.QUEUED, words)

    def _reset(self) -> None:
        try:
            self._client.rset()
        except (OSError, smtplib.SMTPException):
            self.usable = False


def _words(reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return " ".join(text.split())[:500]


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
