"""Reads a ClientHello without taking it from the socket, and writes the first words of a server that is not there."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field

SSL2, SSL3, TLS10, TLS11, TLS12, TLS13 = 0x0002, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304
_FALLBACK = 0x5600
_SERVER_NAME, _SUPPORTED_GROUPS, _SUPPORTED_VERSIONS, _KEY_SHARE = 0, 10, 43, 51
HELLO_DONE = b"\x0e\0\0\0"
RENEGOTIATION_INFO = 0xFF01
_AGREED = {23: b"", RENEGOTIATION_INFO: b"\0"}
# RFC 8446, 4.1.3: a ServerHello with this random is a HelloRetryRequest.
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What a client offers. All zero and empty for bytes that are no hello; numbers are the registry's."""

    version: int = 0
    session: bytes = b""
    suites: tuple[int, ...] = ()
    compression: bytes = b""
    extensions: dict[int, bytes] = field(default_factory=dict)

    @property
    def offers_tls13(self) -> bool:
        """Tell whether TLS 1.3 is among the versions offered."""
        return TLS13 in _numbers(self.extensions.get(_SUPPORTED_VERSIONS, b"")[1:])

    @property
    def highest(self) -> int:
        """Return the highest version offered."""
        return TLS13 if self.offers_tls13 else self.version

    @property
    def fallback(self) -> bool:
        """Tell whether the client says that it fell back to a lower version (RFC 7507)."""
        return _FALLBACK in self.suites

    @property
    def names_server(self) -> bool:
        """Tell whether the client says which server it wants."""
        return _SERVER_NAME in self.extensions

    @property
    def groups(self) -> tuple[int, ...]:
        """Return the key-exchange groups offered."""
        return _numbers(self.extensions.get(_SUPPORTED_GROUPS, b"")[2:])


def peek(sock: socket.socket) -> ClientHello:
    """Read the hello that waits in `sock` and leave it there.

    On loopback it arrives whole; one that does not is returned as far as nothing at all.
    """
    return parse(sock.recv(1 << 16, socket.MSG_PEEK))


def parse(data: bytes) -> ClientHello:
    """Read a hello from the first bytes of a connection."""
    if len(data) > 4 and data[0] & 0x80 and data[2] == 1:
        return ClientHello(int.from_bytes(data[3:5]))
    if len(data) < 10 or data[0] != 0x16 or data[5] != 1:
        return ClientHello()
    body = _Reader(data[9:])
    try:
        version = body.number(2)
        body.take(32)
        session, suites, compression = body.vector(1), body.vector(2), body.vector(1)
        rest, extensions = _Reader(body.vector(2) if body.left else b""), {}
        while rest.left:
            kind = rest.number(2)
            extensions[kind] = rest.vector(2)
    except EOFError:
        return ClientHello()
    return ClientHello(version, session, _numbers(suites), compression, extensions)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.left = data

    def take(self, size: int) -> bytes:
        if size > len(self.left):
            raise EOFError
        taken, self.left = self.left[:size], self.left[size:]
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def vector(self, size: int) -> bytes:
        return self.take(self.number(size))


def _numbers(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[n : n + 2]) for n in range(0, len(data) - 1, 2))


def record(kind: int, body: bytes, version: int = TLS12) -> bytes:
    """Return a TLS record: 21 alert, 22 handshake, 24 heartbeat."""
    return bytes([kind]) + version.to_bytes(2) + len(body).to_bytes(2) + body


def fatal(alert: int, version: int = TLS12) -> bytes:
    """Return a fatal alert."""
    return record(21, bytes([2, alert]), version)


def server_hello(
    hello: ClientHello, version: int, suite: int, compression: int = 0, *, last_words: bytes = b"", more: bytes = b""
) -> bytes:
    """Return a flight that agrees to `suite`, as a server up to TLS 1.2 sends it, but for certificate and key.

    `last_words` end the random number; `more` are handshake messages after the hello.
    """
    noise = os.urandom(32 - len(last_words)) + last_words
    return _hello(hello, version, noise, suite, _AGREED, compression) + record(22, more + HELLO_DONE, version)


def server_hello_tls13(hello: ClientHello, suite: int) -> bytes:
    """Return a TLS 1.3 ServerHello that agrees to `suite`, with an X25519 share of noise."""
    share = (29).to_bytes(2) + (32).to_bytes(2) + os.urandom(32)
    return _hello(hello, TLS12, os.urandom(32), suite, {_SUPPORTED_VERSIONS: TLS13.to_bytes(2), _KEY_SHARE: share})


def retry(hello: ClientHello, group: int | None, extensions: dict[int, bytes] | None = None) -> bytes:
    """Return a HelloRetryRequest that asks for a share of `group`, and brings `extensions` besides."""
    suite = next(s for s in hello.suites if s >> 8 == 0x13)
    asked = {_KEY_SHARE: group.to_bytes(2)} if group is not None else {}
    return _hello(hello, TLS12, _RETRY, suite, {_SUPPORTED_VERSIONS: TLS13.to_bytes(2)} | asked | (extensions or {}))


def _hello(
    hello: ClientHello, version: int, noise: bytes, suite: int, extensions: dict[int, bytes], compression: int = 0
) -> bytes:
    body = version.to_bytes(2) + noise + bytes([len(hello.session)]) + hello.session + suite.to_bytes(2)
    body += bytes([compression])
    if extensions:
        block = b"".join(kind.to_bytes(2) + len(v).to_bytes(2) + v for kind, v in extensions.items())
        body += len(block).to_bytes(2) + block
    return record(22, b"\x02" + len(body).to_bytes(3) + body, version)


def without_extension(sent: bytes, kind: int) -> bytes:
    """Return a record without the extension `kind` of the ServerHello in it; any other record as it is."""
    if sent[0] != 22 or sent[5] != 2:
        return sent
    start, end = 9, 9 + int.from_bytes(sent[6:9])
    body = _Reader(sent[start:end])
    fixed = body.take(34) + (session := body.take(1)) + body.take(session[0] + 3)
    extensions = _Reader(body.vector(2)) if body.left else _Reader(b"")
    kept = b""
    while extensions.left:
        number, content = extensions.number(2), extensions.vector(2)
        kept += number.to_bytes(2) + len(content).to_bytes(2) + content if number != kind else b""
    changed = fixed + len(kept).to_bytes(2) + kept
    message = b"\x02" + len(changed).to_bytes(3) + changed + sent[end:]
    return record(22, message, int.from_bytes(sent[1:3]))


def server_hello_ssl2(suites: bytes = bytes.fromhex("010080")) -> bytes:
    """Return an SSL 2.0 SERVER-HELLO that offers `suites` (three bytes each), without a certificate."""
    body = bytes([4, 0, 1]) + SSL2.to_bytes(2) + bytes(2) + len(suites).to_bytes(2) + (16).to_bytes(2)
    body += suites + os.urandom(16)
    return (0x8000 | len(body)).to_bytes(2) + body
