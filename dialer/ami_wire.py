"""AMI on the wire: packets, rendering of actions, and one connection as a subclass of asterisk-ami's client.

The library's own reader dies of three seconds' silence, of a listener that raises and of a blank line, loses
repeated headers and splits values at Unicode line ends; its sender cuts long packets short, escapes nothing.
So its connection, its reading and its rendering are replaced here. One daemon thread per connection does all
input and output on a non-blocking socket (a TLS connection must not be used by two threads at once).
"""

from __future__ import annotations

import contextlib
import itertools
import re
import selectors
import socket
import ssl
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from asterisk.ami import Action, AMIClient

from dialer.ami_errors import AmiUnreachable, AmiUnsafe
from dialer.asterisk.addresses import AmiAddress

Kind = Literal["event", "response"]
_CHUNK = 65536
_LONGEST_PACKET = 4 * 1024 * 1024
_LONGEST_LINE = 1000  # Asterisk throws away what is longer than 1024
_MOST_HEADERS = 120  # Asterisk ignores what comes after 128
_NAME = re.compile(r"[A-Za-z0-9-]+")
_VARIABLE = re.compile(r"_{0,2}[A-Za-z0-9][A-Za-z0-9_]*(\([A-Za-z0-9_-]*\))?")
_FORBIDDEN = re.compile(r"[\r\n\0]")
_SEPARATORS = re.compile(r'([\\,"()\[\]])')


class Packet:
    """One event or response. Header names are as Asterisk spells them; repeated headers are all kept."""

    __slots__ = ("_first", "_more", "_text", "kind", "name")

    def __init__(self, kind: Kind, name: str, text: str) -> None:
        self.kind = kind
        self.name = name
        """The event's name, or the response's status (``Success``, ``Error``, ...)."""
        self._text = text
        self._first: dict[str, str] | None = None
        self._more: dict[str, list[str]] = {}

    @classmethod
    def parse(cls, text: str) -> Packet | None:
        """Make a packet of the text between two blank lines; None when it is neither event nor response."""
        text = text.lstrip("\r\n")
        if text.startswith("Event: "):
            return cls("event", text[7:].partition("\r\n")[0], text)
        if text.startswith("Response: "):
            return cls("response", text[10:].partition("\r\n")[0], text)
        return None

    def get(self, key: str, default: str = "") -> str:
        """Return a header's first value: a value smuggled in behind it changes nothing."""
        return self._headers().get(key, default)

    def all(self, key: str) -> tuple[str, ...]:
        """Return every value of a header, in order."""
        first = self._headers()
        if key not in first:
            return ()
        return (first[key], *self._more.get(key, ()))

    def _headers(self) -> dict[str, str]:
        """Parse on first use, as most packets of a busy Asterisk are told apart by name alone."""
        if self._first is not None:
            return self._first
        first: dict[str, str] = {}
        # Only CRLF ends a line: a caller's name may hold U+2028, U+0085 or a vertical tab.
        for line in self._text.split("\r\n"):
            key, colon, value = line.partition(":")
            if not colon:
                continue
            if value[:1] == " ":
                value = value[1:]
            if key in first:
                self._more.setdefault(key, []).append(value)
            else:
                first[key] = value
        self._first = first
        return first

    def __repr__(self) -> str:
        """Kind and name; never values, which may be private."""
        return f"<Packet {self.kind} {self.name}>"


class SafeAction(Action):
    """An action whose every line has been checked; raises AmiUnsafe, naming the header."""

    def __init__(
        self,
        name: str,
        headers: Mapping[str, str | Sequence[str]],
        variables: Mapping[str, str],
        action_id: str,
    ) -> None:
        super().__init__(name)
        if not _NAME.fullmatch(name):
            raise AmiUnsafe(f"not the name of an action: {name!r}")
        lines = [("Action", name), ("ActionID", action_id)]
        for key, value in headers.items():
            if not _NAME.fullmatch(key) or key.lower() in {"action", "actionid"}:
                raise AmiUnsafe(f"{name}: not a header we may set: {key!r}")
            lines += [(key, one) for one in ((value,) if isinstance(value, str) else value)]
        for key, value in variables.items():
            if not _VARIABLE.fullmatch(key):
                raise AmiUnsafe(f"{name}: not the name of a channel variable: {key!r}")
            # Asterisk reads several assignments from one header, parted by commas: quote its separators.
            quoted = _SEPARATORS.sub(r"\\\1", value)
            lines.append(("Variable", f"{key}={quoted}"))
        if len(lines) > _MOST_HEADERS:
            raise AmiUnsafe(f"{name}: {len(lines)} headers, of which Asterisk would ignore some")
        self.wire = b"".join(_line(name, key, value) for key, value in lines) + b"\r\n"


def _line(action: str, key: str, value: str) -> bytes:
    if _FORBIDDEN.search(value):
        raise AmiUnsafe(f"{action}: the value of {key} holds a line end or a null character")
    try:
        line = f"{key}: {value}\r\n".encode()
    except UnicodeEncodeError:
        raise AmiUnsafe(f"{action}: the value of {key} is not valid text") from None
    if len(line) > _LONGEST_LINE:
        raise AmiUnsafe(f"{action}: the value of {key} is too long ({len(line)} bytes)")
    return line


class Connection(AMIClient):
    """One connection: dials, reads and writes in a daemon thread of its own, and ends once, for good.

    The three callables are called from that thread: `greeted()` after Asterisk's banner, `received(packets,
    at)` once for each chunk that completed packets (`at` is time.monotonic() when it was read), and
    `ended(error)` exactly once, after the socket is closed.
    """

    def __init__(
        self,
        address: AmiAddress,
        timeout: float,
        greeted: Callable[[], None],
        received: Callable[[list[Packet], float], None],
        ended: Callable[[Exception | None], None],
    ) -> None:
        super().__init__(address=address.host, port=address.port, timeout=timeout, buffer_size=_CHUNK)
        self._tls = address.tls
        self._greeted, self._received, self._ended = greeted, received, ended
        self._prefix = uuid.uuid4().hex
        self._numbers = itertools.count(1)
        self._closing = threading.Event()
        self._outgoing: deque[memoryview] = deque()
        self._wake_up, self._woken = socket.socketpair()
        self._wake_up.setblocking(False)
        self._woken.setblocking(False)

    def next_action_id(self) -> str:
        """Return an id no other client uses."""
        return f"{self._prefix}-{next(self._numbers)}"

    def connect(self) -> None:
        """Start the thread; it dials."""
        self.finished = self._closing
        self._thread = threading.Thread(target=self.listen, name="ami", daemon=True)
        self._thread.start()

    def disconnect(self) -> None:
        """Have the thread close the socket and end; does not wait for it."""
        self._closing.set()
        self._wake()

    def send(self, pack: Action) -> None:
        """Queue an action for sending; never blocks."""
        if not isinstance(pack, SafeAction):
            raise AmiUnsafe("only a SafeAction goes out")
        self._outgoing.append(memoryview(pack.wire))
        self._wake()

    def listen(self) -> None:
        """Run the connection from dialling to its end."""
        error: Exception | None = None
        try:
            self._socket = self._dial()
            self._pump(self._socket)
        except Exception as problem:
            error = problem
        finally:
            self._closing.set()
            if self._socket is not None:
                self._socket.close()
            self._wake_up.close()
            self._woken.close()
            self._ended(error)

    def _wake(self) -> None:
        # A full pipe wakes as well as one more byte would; a closed one has nobody left to wake.
        with contextlib.suppress(OSError):
            self._wake_up.send(b"\0")

    def _dial(self) -> socket.socket:
        plain = socket.create_connection((self._address, self._port), self._timeout)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            made = self._tls.wrap_socket(plain, server_hostname=self._address) if self._tls else plain
        except BaseException:
            plain.close()
            raise
        # The timeout was for dialling: on a connection silence is normal, and pings find a dead one.
        made.setblocking(False)
        return made

    def _pump(self, connection: socket.socket) -> None:
        buffer = b""
        greeted = False
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            selector.register(connection, selectors.EVENT_READ)
            while not self._closing.is_set():
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._outgoing else 0)
                selector.modify(connection, wanted)
                ready = selector.select()
                if any(key.fileobj is self._woken for key, _ in ready):
                    self._woken.recv(4096)
                self._flush(connection)
                chunk = _read(connection)
                if chunk is None:
                    continue
                if not chunk:
                    return
                at = time.monotonic()
                buffer += chunk
                if not greeted:
                    banner, line_end, buffer_after = buffer.partition(b"\r\n")
                    if line_end or len(buffer) > _LONGEST_LINE:
                        self._check_banner(banner)
                        buffer, greeted = buffer_after, True
                        self._greeted()
                if greeted:
                    buffer = self._hand_over(buffer, at)

    def _hand_over(self, buffer: bytes, at: float) -> bytes:
        """Hand the complete packets of the buffer over at once; return the rest."""
        end = buffer.rfind(b"\r\n\r\n")
        if end < 0:
            if len(buffer) > _LONGEST_PACKET:
                raise AmiUnreachable("a packet without end: this is not Asterisk's manager interface")
            return buffer
        text = buffer[:end].decode(self.encoding, self.encoding_errors)
        packets = [packet for packet in map(Packet.parse, text.split("\r\n\r\n")) if packet is not None]
        if packets:
            self._received(packets, at)
        return buffer[end + 4 :]

    def _check_banner(self, banner: bytes) -> None:
        text = banner[:80].decode(self.encoding, self.encoding_errors)
        match = self.asterisk_start_regex.match(text)
        if match is None:
            raise AmiUnreachable(f"this is not Asterisk's manager interface; it says {text!r}")
        self._ami_version = match["version"]

    def _flush(self, connection: socket.socket) -> None:
        while self._outgoing:
            try:
                sent = connection.send(self._outgoing[0])
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            if sent == len(self._outgoing[0]):
                self._outgoing.popleft()
            else:
                self._outgoing[0] = self._outgoing[0][sent:]


def _read(connection: socket.socket) -> bytes | None:
    """Return what has arrived: None for nothing yet, empty at the end."""
    try:
        chunk = connection.recv(_CHUNK)
        # A TLS layer may hold more than select() can see.
        while chunk and isinstance(connection, ssl.SSLSocket) and connection.pending():
            chunk += connection.recv(_CHUNK)
    except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return None
    return chunk
