"""A small SIP phone for tests (UDP, PCMU): it registers as an agent's phone, or plays the carrier.

As the carrier, `decide(number)` says what becomes of a call. It sends 20 ms RTP packets of `source`, keeps
what it hears, and understands DTMF both ways (RFC 4733). Enough of SIP for Asterisk on loopback, and no
more.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import re
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Decision = Literal[
    "answer", "ring", "busy", "ring-busy", "not-found", "unavailable", "temporarily", "decline", "moved"
]
Source = Callable[[int], bytes]
"""Packet number to 160 bytes of PCMU."""

_CODES: dict[Decision, tuple[int, str]] = {
    "busy": (486, "Busy Here"),
    "ring-busy": (486, "Busy Here"),
    "not-found": (404, "Not Found"),
    "unavailable": (503, "Service Unavailable"),
    "temporarily": (480, "Temporarily Unavailable"),
    "decline": (603, "Decline"),
    "moved": (302, "Moved Temporarily"),
}
_KEYS = "0123456789*#"


def _ulaw_table() -> NDArray[np.float64]:
    """PCMU byte to linear sample (ITU-T G.711)."""
    code = ~np.arange(256) & 0xFF
    sample = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -sample, sample).astype(np.float64)


ULAW = _ulaw_table()


def ulaw(samples: NDArray[np.float64]) -> bytes:
    """Encode samples as PCMU by the nearest code."""
    order = np.argsort(ULAW)
    at = np.clip(np.searchsorted(ULAW[order], samples), 1, 255)
    left, right = ULAW[order][at - 1], ULAW[order][at]
    near = np.where(np.abs(samples - left) < np.abs(samples - right), at - 1, at)
    return order[near].astype(np.uint8).tobytes()


def tone(hertz: float, loud: float = 6000.0) -> Source:
    """A steady tone; `hertz` should divide 8000 evenly over a second."""
    second = ulaw(loud * np.sin(2 * np.pi * hertz * np.arange(8000) / 8000))
    return lambda n: second[n * 160 % 8000 : n * 160 % 8000 + 160]


def silence(_n: int) -> bytes:
    """A packet of silence."""
    return b"\xff" * 160


def header(message: str, name: str) -> list[str]:
    """Every value of a SIP header."""
    return [v.strip() for v in re.findall(rf"(?im)^(?:{name})\s*:\s*(.*?)\r?$", message)]


@dataclass
class SipCall:
    """One call on the phone."""

    call_id: str
    invite: str
    peer_sip: tuple[str, int]
    number: str
    tag: str = field(default_factory=lambda: f"{random.getrandbits(32):08x}")
    up: bool = False
    ended: bool = False
    heard: bytearray = field(default_factory=bytearray)
    digits: str = ""
    rtp_port: int = 0
    peer_rtp: tuple[str, int] = ("127.0.0.1", 9)
    transport: asyncio.DatagramTransport | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _last_digit: bytes = b""

    def hears(self, hertz: float, seconds: float = 0.5) -> bool:
        """Whether a tone stood out in the last half second heard."""
        data = np.frombuffer(bytes(self.heard[-int(8000 * seconds) :]), dtype=np.uint8)
        if len(data) < 2000:
            return False
        spectrum = np.abs(np.fft.rfft(ULAW[data] * np.hanning(len(data)))) / len(data)
        at = round(hertz * len(data) / 8000)
        return bool(spectrum[at - 2 : at + 3].max() > 300)


class _Media(asyncio.DatagramProtocol):
    def __init__(self, call: SipCall) -> None:
        self.call = call

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        if len(data) < 12:
            return
        kind = data[1] & 0x7F
        if kind == 0:
            self.call.heard += data[12:]
        elif kind == 101 and len(data) >= 16 and data[13] & 0x80 and data[4:8] != self.call._last_digit:
            self.call._last_digit = data[4:8]
            self.call.digits += _KEYS[data[12]]


class SipPhone(asyncio.DatagramProtocol):
    """A phone or a carrier on its own loopback address."""

    def __init__(
        self,
        server: tuple[str, int],
        *,
        user: str,
        secret: str = "",
        ip: str = "127.0.0.1",
        port: int = 0,
        decide: Callable[[str], tuple[Decision, float]] = lambda _number: ("answer", 0.1),
        source: Source = silence,
    ) -> None:
        self.server, self.user, self.secret, self.ip, self.port = server, user, secret, ip, port
        self.decide, self.source = decide, source
        self.forward_to = user
        """Where a caller is sent who is told ``moved``."""
        self.sources: dict[str, Source] = {}
        """By number: who speaks otherwise than `source`."""
        self.calls: dict[str, SipCall] = {}
        self.invites: list[str] = []
        self._transport: asyncio.DatagramTransport | None = None
        self._registered: asyncio.Future[None] | None = None
        self._sequence = 1
        self._register_id = f"{random.getrandbits(48):x}"

    async def start(self) -> SipPhone:
        """Listen, and register where there is a secret."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self.ip, self.port)
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        if self.secret:
            self._registered = loop.create_future()
            self._register("")
            await asyncio.wait_for(self._registered, 5)
        return self

    async def close(self) -> None:
        """Stop, without a word to Asterisk."""
        for call in self.calls.values():
            self._stop(call)
        await asyncio.sleep(0)
        if self._transport is not None:
            self._transport.close()

    @property
    def last(self) -> SipCall:
        """The newest call."""
        return list(self.calls.values())[-1]

    def call_to(self, number: str) -> SipCall:
        """The newest call to a number."""
        return [call for call in self.calls.values() if call.number == number][-1]

    def hang_up(self, call: SipCall) -> None:
        """Send BYE."""
        contact = re.search(r"<(sip:[^>]*)>", header(call.invite, "Contact|m")[0])
        assert contact is not None
        lines = [
            f"BYE {contact.group(1)} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.ip}:{self.port};branch=z9hG4bK{random.getrandbits(40):x};rport",
            "Max-Forwards: 70",
            f"From: {header(call.invite, 'To|t')[0]};tag={call.tag}",
            f"To: {header(call.invite, 'From|f')[0]}",
            f"Call-ID: {call.call_id}",
            f"CSeq: {random.randint(2, 9999)} BYE",
        ]
        self._send(lines)
        self._stop(call)

    # ---- SIP --------------------------------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        message = data.decode("utf-8", "replace")
        first = message.split("\r\n", 1)[0]
        peer = (str(addr[0]), addr[1])
        if first.startswith("SIP/2.0"):
            self._response(message, int(first.split()[1]))
            return
        method, call = first.split()[0], self.calls.get(header(message, "Call-ID|i")[0])
        if method == "INVITE":
            self._invited(message, first, call, peer)
        elif method == "CANCEL":
            self._reply(message, 200, "OK", call.tag if call else "x", peer)
            if call and not call.up:
                self._stop(call)
                self._reply(call.invite, 487, "Request Terminated", call.tag, call.peer_sip)
        elif method == "BYE":
            self._reply(message, 200, "OK", "", peer)
            if call:
                self._stop(call)
        elif method != "ACK":
            self._reply(message, 200, "OK", "o", peer)

    def _invited(self, message: str, first: str, call: SipCall | None, peer: tuple[str, int]) -> None:
        if call is not None:
            if call.up:
                self._peer_media(call, message)
                self._accept(call, message, peer)
            return
        number = re.search(r"sip:([^@;>]*)", first)
        assert number is not None
        call = SipCall(header(message, "Call-ID|i")[0], message, peer, number.group(1))
        self.calls[call.call_id] = call
        self.invites.append(call.number)
        self._reply(message, 100, "Trying", "", peer)
        call.tasks.append(asyncio.create_task(self._answer(call)))

    async def _answer(self, call: SipCall) -> None:
        act, delay = self.decide(call.number)
        if act in _CODES:
            if act.startswith("ring-"):
                self._reply(call.invite, 180, "Ringing", call.tag, call.peer_sip)
            await asyncio.sleep(delay)
            self._reply(call.invite, *_CODES[act], call.tag, call.peer_sip)
            call.ended = True
            return
        self._reply(call.invite, 180, "Ringing", call.tag, call.peer_sip)
        if act == "ring":
            return
        await asyncio.sleep(delay)
        loop = asyncio.get_running_loop()
        call.transport, _ = await loop.create_datagram_endpoint(lambda: _Media(call), local_addr=(self.ip, 0))
        call.rtp_port = call.transport.get_extra_info("sockname")[1]
        self._peer_media(call, call.invite)
        self._accept(call, call.invite, call.peer_sip)
        call.up = True
        call.tasks.append(asyncio.create_task(self._speak(call)))

    def _accept(self, call: SipCall, request: str, peer: tuple[str, int]) -> None:
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {self.ip}\r\ns=-\r\nc=IN IP4 {self.ip}\r\nt=0 0\r\n"
            f"m=audio {call.rtp_port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendrecv\r\n"
        )
        self._reply(request, 200, "OK", call.tag, peer, body)

    async def _speak(self, call: SipCall) -> None:
        assert call.transport is not None
        source = self.sources.get(call.number, self.source)
        ssrc, stamp, started = random.getrandbits(32), random.getrandbits(31), time.monotonic()
        for n in range(1_000_000):
            mark = 0x80 if n == 0 else 0
            head = struct.pack(">BBHII", 0x80, mark, n & 0xFFFF, (stamp + n * 160) & 0xFFFFFFFF, ssrc)
            call.transport.sendto(head + source(n), call.peer_rtp)
            await asyncio.sleep(max(0.0, started + (n + 1) * 0.02 - time.monotonic()))

    def _peer_media(self, call: SipCall, message: str) -> None:
        body = message.split("\r\n\r\n", 1)[1]
        ip, port = re.search(r"c=IN IP4 (\S+)", body), re.search(r"m=audio (\d+)", body)
        if ip and port:
            call.peer_rtp = (ip.group(1), int(port.group(1)))

    def _stop(self, call: SipCall) -> None:
        call.up, call.ended = False, True
        for task in call.tasks:
            task.cancel()
        if call.transport is not None:
            call.transport.close()

    def _reply(
        self, request: str, code: int, reason: str, tag: str, peer: tuple[str, int], body: str = ""
    ) -> None:
        to = header(request, "To|t")[0]
        lines = [f"SIP/2.0 {code} {reason}"]
        lines += [f"Via: {via}" for via in header(request, "Via|v")]
        lines += [f"Record-Route: {route}" for route in header(request, "Record-Route")]
        lines += [
            f"From: {header(request, 'From|f')[0]}",
            f"To: {to};tag={tag}" if tag and "tag=" not in to else f"To: {to}",
            f"Call-ID: {header(request, 'Call-ID|i')[0]}",
            f"CSeq: {header(request, 'CSeq')[0]}",
            f"Contact: <sip:{self.forward_to}@{self.ip}:{self.port}>",
        ]
        self._send(lines, body, peer)

    def _send(self, lines: list[str], body: str = "", peer: tuple[str, int] | None = None) -> None:
        if body:
            lines = [*lines, "Content-Type: application/sdp"]
        text = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])
        if self._transport is not None and not self._transport.is_closing():
            with contextlib.suppress(OSError):
                self._transport.sendto(text.encode(), peer or self.server)

    # ---- registration -----------------------------------------------------------------------------------

    def _register(self, authorization: str) -> None:
        self._sequence += 1
        at = f"{self.server[0]}:{self.server[1]}"
        lines = [
            f"REGISTER sip:{at} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.ip}:{self.port};branch=z9hG4bK{random.getrandbits(40):x};rport",
            "Max-Forwards: 70",
            f"From: <sip:{self.user}@{at}>;tag=r{self._register_id}",
            f"To: <sip:{self.user}@{at}>",
            f"Call-ID: {self._register_id}",
            f"CSeq: {self._sequence} REGISTER",
            f"Contact: <sip:{self.user}@{self.ip}:{self.port}>",
            "Expires: 300",
        ]
        self._send([*lines, authorization] if authorization else lines)

    def _response(self, message: str, code: int) -> None:
        if "REGISTER" not in header(message, "CSeq")[0] or self._registered is None:
            return
        if code == 401:
            self._register(self._digest(header(message, "WWW-Authenticate")[0]))
        elif not self._registered.done():
            if code == 200:
                self._registered.set_result(None)
            else:
                self._registered.set_exception(ConnectionError(f"registration refused: {code}"))

    def _digest(self, challenge: str) -> str:
        def part(name: str) -> str:
            found = re.search(name + r'="?([^",]+)', challenge)
            return found.group(1) if found else ""

        def md5(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()  # noqa: S324  SIP digest authentication is MD5

        uri = f"sip:{self.server[0]}:{self.server[1]}"
        one, two = md5(f"{self.user}:{part('realm')}:{self.secret}"), md5(f"REGISTER:{uri}")
        answer = md5(f"{one}:{part('nonce')}:00000001:dunline:auth:{two}")
        return (
            f'Authorization: Digest username="{self.user}", realm="{part("realm")}", '
            f'nonce="{part("nonce")}", '
            f'uri="{uri}", algorithm=MD5, qop=auth, nc=00000001, cnonce="dunline", '
            f'opaque="{part("opaque")}", response="{answer}"'
        )
