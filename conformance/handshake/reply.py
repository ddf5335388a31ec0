"""Reads what a server answers to a hello, as far as it is in the clear. All of it is hostile."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from conformance.handshake import registry
from conformance.handshake.opener import Opener
from conformance.handshake.wire import Hello
from conformance.sentence import NOTHING, Own, Sentence, say

LONGEST = 256 << 10  # bytes: whatever a server sends in answer to a hello, no more is held
_RETRY = hashlib.sha256(b"HelloRetryRequest").digest()
_SENTINELS = (b"DOWNGRD\0", b"DOWNGRD\1")
_VERSIONS = {wire: name for name, wire in registry.WIRE_VERSIONS.items()}


class NotTls(Exception):
    """What came back is not TLS; `looks` says what it looks like."""

    def __init__(self, looks: Sentence) -> None:
        """Say what came back."""
        super().__init__(looks)
        self.looks = looks


@dataclass(frozen=True, slots=True)
class Reply:
    """One server's answer to one hello; `outcome` and `detail` as in records.tls.Answer.

    `certificates` is the chain in DER, leaf first, `staple` the OCSP answer that came with it; `group` the number of
    the agreed group, `dh_prime` the modulus of a finite field; `suites` the kinds that an SSL 2.0 server lists.
    `sentinel` tells whether the ServerHello warns of a downgrade (RFC 8446, 4.1.3), `asks_certificate` whether the
    server asks for one of the client's.
    """

    outcome: str
    detail: Sentence = NOTHING
    version: str = ""
    suite: int = 0
    group: int | None = None
    dh_prime: int | None = None
    compression: int = 0
    extensions: frozenset[int] = frozenset()
    certificates: tuple[bytes, ...] = ()
    staple: bytes = b""
    suites: tuple[int, ...] = ()
    sentinel: bool = False
    asks_certificate: bool = False

    @property
    def offered(self) -> bool:
        """Tell whether the server went along with the hello."""
        return self.outcome == "offered"

    @property
    def missing(self) -> bool:
        """Tell whether there was no answer at all: it may be a refusal, or the server may have given up on us."""
        return self.outcome in ("closed", "silent")


Read = Callable[[int], bytes]
"""Returns exactly so many bytes; raises EOFError at the end of the stream."""


def read_reply(read: Read, hello: Hello, sent: bytes) -> Reply:
    """Read one answer to `hello`, which went out as `sent`.

    Raises NotTls, and what `read` raises: EOFError, ConnectionError or TimeoutError.
    """
    if hello.version == "ssl-2.0":
        return _read_ssl2(read)
    flight = _Flight(hello, sent[5:])
    for kind, content in _records(read):
        if kind == 23:
            kind, content = flight.open(content)
        if kind == 21:
            refusal = flight.take_alert(content)
            if refusal:
                return refusal
        elif kind == 22 and flight.take_handshake(content):
            return flight.reply
    return flight.reply


class _Flight:
    """What has been read of a server's first flight."""

    def __init__(self, hello: Hello, transcript: bytes) -> None:
        self.reply = Reply("closed", say("closed without an answer"))
        self._hello = hello
        self._transcript = transcript
        self._opener: Opener | None = None
        self._buffer = b""

    def open(self, content: bytes) -> tuple[int, bytes]:
        """Decrypt a record of the server's; raises NotTls where it cannot be."""
        try:
            if self._opener:
                return self._opener.open(content)
        except ValueError:
            pass
        raise NotTls(say("answers with a record that cannot be decrypted"))

    def take_alert(self, content: bytes) -> Reply | None:
        """Return the refusal; None for a warning that lets the handshake go on."""
        level, number = content[0], content[1] if len(content) > 1 else 0
        if level == 1 and number not in (0, 40, 70):
            return None
        return Reply("alert", registry.alert_name(number))

    def take_handshake(self, content: bytes) -> bool:
        """Read on; true when nothing more is to be learnt."""
        self._buffer += content
        if len(self._buffer) > LONGEST:
            raise NotTls(say("answers with an endless handshake"))
        while len(self._buffer) >= 4:
            length = int.from_bytes(self._buffer[1:4])
            if len(self._buffer) < 4 + length:
                break
            message, self._buffer = self._buffer[: 4 + length], self._buffer[4 + length :]
            if self._take_message(message[0], message[4:]):
                return True
        return False

    def _take_message(self, kind: int, body: bytes) -> bool:
        if kind == 2:
            self.reply, share = _server_hello(body, self._hello.version)
            if self._hello.share and share and self.reply.offered:
                return self._agree(body, share)
            return self.reply.version in ("tls-1.3", "") or not self.reply.offered
        if kind == 11 and self._opener:
            chain, staple = _certificates_tls13(body)
            self.reply = replace(self.reply, certificates=chain, staple=staple)
            return True
        if kind == 11:
            self.reply = replace(self.reply, certificates=_certificates(body))
        elif kind == 13:
            self.reply = replace(self.reply, asks_certificate=True)
        elif kind == 22:
            self.reply = replace(self.reply, staple=_staple(body))
        elif kind == 12:
            group, prime = _server_key(body, self.reply.suite)
            self.reply = replace(self.reply, group=group, dh_prime=prime)
        return kind == 14

    def _agree(self, body: bytes, share: bytes) -> bool:
        """Derive the keys for what follows; true where that cannot be done, and nothing more is to be learnt."""
        own, server_hello = self._hello.share, b"\x02" + len(body).to_bytes(3) + body
        cursor = _Cursor(share)
        group, peer = cursor.number(2), cursor.vector(2)
        if own is None or group != own.group or self._buffer:
            return True
        try:
            self._opener = Opener(self.reply.suite, own, peer, self._transcript + server_hello)
        except (KeyError, ValueError):
            return True
        return False


def _records(read: Read) -> Iterator[tuple[int, bytes]]:
    while True:
        header = read(5)
        if header[:1] not in (b"\x14", b"\x15", b"\x16", b"\x17") or header[1] != 3:
            raise NotTls(_looks_like(header))
        length = int.from_bytes(header[3:])
        if not 0 < length <= 0x4900:
            raise NotTls(say("answers with a TLS record of impossible size"))
        yield header[0], read(length)


def _looks_like(header: bytes) -> Sentence:
    if header.startswith(b"HTTP/"):
        return say("answers in plain HTTP, not TLS")
    return say("answers with something that is not TLS ({content})", content=Own(repr(header)))


def _other_version(name: str) -> Reply:
    return Reply("other-version", say("{version}", version=Own(name)))


def _server_hello(body: bytes, asked: str) -> tuple[Reply, bytes]:
    """Return the answer, and the server's key share as it stands there: empty in a HelloRetryRequest."""
    cursor = _Cursor(body)
    version, random = cursor.number(2), cursor.take(32)
    cursor.vector(1)
    suite, compression = cursor.number(2), cursor.number(1)
    extensions = _extensions(cursor.vector(2)) if cursor.left else {}
    if len(extensions.get(43, b"")) == 2:
        version = int.from_bytes(extensions[43])
    share = extensions.get(51, b"") if random == _RETRY or version == 0x0304 else b""
    name = _VERSIONS.get(version, f"0x{version:04X}")
    reply = replace(
        Reply("offered") if name == asked else _other_version(name),
        version=name,
        suite=suite,
        group=int.from_bytes(share[:2]) if share else None,
        compression=compression,
        extensions=frozenset(extensions),
        sentinel=random[-8:] in _SENTINELS,
    )
    return reply, b"" if random == _RETRY else share


def _extensions(content: bytes) -> dict[int, bytes]:
    cursor, found = _Cursor(content), {}
    while cursor.left:
        number = cursor.number(2)
        found[number] = cursor.vector(2)
    return found


def _certificates(body: bytes) -> tuple[bytes, ...]:
    cursor, found = _Cursor(_Cursor(body).vector(3)), []
    while cursor.left:
        found.append(cursor.vector(3))
    return tuple(found)


def _certificates_tls13(body: bytes) -> tuple[tuple[bytes, ...], bytes]:
    """Return the chain, and the OCSP answer stapled to its leaf."""
    cursor = _Cursor(body)
    cursor.vector(1)
    entries, chain, staples = _Cursor(cursor.vector(3)), [], []
    while entries.left:
        chain.append(entries.vector(3))
        staples.append(_extensions(entries.vector(2)).get(5, b""))
    return tuple(chain), _staple(staples[0]) if staples and staples[0] else b""


def _staple(status: bytes) -> bytes:
    """Return the OCSP answer of a CertificateStatus (RFC 6066, 8)."""
    cursor = _Cursor(status)
    return cursor.vector(3) if cursor.number(1) == 1 else b""


def _server_key(body: bytes, suite: int) -> tuple[int | None, int | None]:
    """Return the curve's number, or a DH modulus."""
    cursor = _Cursor(body)
    match registry.key_exchange(suite):
        case "ecdhe":
            return (cursor.number(2), None) if cursor.number(1) == 3 else (0xFF01, None)
        case "dhe":
            return None, int.from_bytes(cursor.vector(2))
    return None, None


def _read_ssl2(read: Read) -> Reply:
    """Read SSL 2.0's SERVER-HELLO, or the alert of a server that speaks TLS only."""
    header = read(3)
    if header[:2] == b"\x15\x03":
        return Reply("alert", registry.alert_name(read(4)[3]))
    if header[:2] == b"\x16\x03":
        return _other_version("TLS")
    if not header[0] & 0x80 or header[2] not in (0, 4):
        raise NotTls(_looks_like(header + read(2)))
    body = read(int.from_bytes(header[:2]) - 0x8001)
    if header[2] == 0:
        return Reply("alert", say("SSL 2.0 error {number}", number=int.from_bytes(body[:2])))
    cursor = _Cursor(body)
    cursor.take(2)
    version, sizes = cursor.number(2), [cursor.number(2) for _ in range(3)]
    if version != 2:
        return _other_version(_VERSIONS.get(version, f"0x{version:04X}"))
    certificate, kinds = cursor.take(sizes[0]), cursor.take(sizes[1])
    listed = tuple(int.from_bytes(kinds[i : i + 3]) for i in range(0, len(kinds), 3))
    return Reply("offered", version="ssl-2.0", certificates=(certificate,), suites=listed)


class _Cursor:
    """Walks through bytes that may end early; raises NotTls there."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    @property
    def left(self) -> bool:
        return self._at < len(self._content)

    def take(self, length: int) -> bytes:
        end = self._at + length
        if length < 0 or end > len(self._content):
            raise NotTls(say("answers with a handshake message that is cut short"))
        part, self._at = self._content[self._at : end], end
        return part

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width))

    def vector(self, width: int) -> bytes:
        return self.take(self.number(width))
