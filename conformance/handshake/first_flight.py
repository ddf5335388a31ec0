"""The certificate that a TLS 1.3 server shows to one kind of client: it is encrypted, so keys are agreed on (RFC 8446).

Nothing is verified and nothing is answered: the connection ends where the certificate was read.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from conformance.handshake import registry
from conformance.handshake.reply import LONGEST, NotTls, Read
from conformance.handshake.wire import is_address
from conformance.sentence import NOTHING, Own, Sentence, say

_RETRY = hashlib.sha256(b"HelloRetryRequest").digest()
_CURVES = {23: ec.SECP256R1(), 24: ec.SECP384R1(), 25: ec.SECP521R1()}
_SHARED_AT_ONCE = (29, 23, 24)  # x25519, secp256r1 and secp384r1, for which shares are cheap to make
_GROUPS = (29, 23, 24, 25, 30)  # x25519, the three curves of NIST and x448
_SUITES: dict[int, tuple[str, int, Callable[[bytes], AESGCM | ChaCha20Poly1305]]] = {
    0x1301: ("sha256", 16, AESGCM),
    0x1302: ("sha384", 32, AESGCM),
    0x1303: ("sha256", 32, ChaCha20Poly1305),
}
_CUT_SHORT = say("answers with a handshake message that is cut short")


@dataclass(frozen=True, slots=True)
class Flight:
    """What a server showed: its chain in DER, leaf first, and the OCSP answer stapled to the leaf.

    `refusal` is the alert in place of both; empty where a certificate came.
    """

    chain: tuple[bytes, ...] = ()
    staple: bytes = b""
    refusal: Sentence = NOTHING


def first_flight(send: Callable[[bytes], None], read: Read, host: str, signatures: tuple[int, ...]) -> Flight:
    """Shake hands as a client that takes `signatures` alone from the server, and any in the chain.

    Raises NotTls, and what `read` and `send` raise: EOFError, ConnectionError or TimeoutError.
    """
    client = _Client(host, signatures)
    try:
        send(_record(client.hello(_SHARED_AT_ONCE)))
        return _shown(client, send, read)
    except (IndexError, ValueError, InvalidTag) as error:
        raise NotTls(say("answers with a handshake that cannot be followed")) from error


def _shown(client: _Client, send: Callable[[bytes], None], read: Read) -> Flight:
    messages = _messages(client, read)
    for message in messages:
        if message[:1] == b"\x15":
            return Flight(refusal=registry.alert_name(message[2]))
        if client.opened is None:
            again = client.take(message)
            if again:
                send(_record(again))
        elif message[0] == 11:
            return _certificate(message[4:])
    return Flight()


def _messages(client: _Client, read: Read) -> Iterator[bytes]:
    """Return the server's handshake messages, opened once that is possible, and an alert with its record's kind."""
    buffer, size = b"", 0
    for kind, content in _records(read):
        size += len(content)
        if size > LONGEST:
            raise NotTls(say("answers with an endless handshake"))
        if kind == 23 and client.opened is not None:
            kind, content = client.opened.open(content)
        if kind == 21:
            yield b"\x15" + content
        if kind != 22:
            continue
        buffer += content
        while len(buffer) >= 4 and len(buffer) >= (length := 4 + int.from_bytes(buffer[1:4])):
            message, buffer = buffer[:length], buffer[length:]
            yield message


def _certificate(body: bytes) -> Flight:
    cursor = _Cursor(body)
    cursor.vector(1)
    entries, chain, staple = _Cursor(cursor.vector(3)), [], b""
    while entries.left:
        chain.append(entries.vector(3))
        found = _extensions(entries.vector(2))
        if len(chain) == 1 and found.get(5, b"")[:1] == b"\x01":
            staple = found[5][4:]
    return Flight(tuple(chain), staple)


class _Client:
    """One client: its secrets, and the transcript so far."""

    def __init__(self, host: str, signatures: tuple[int, ...]) -> None:
        self._host, self._signatures = host, signatures
        self._random, self._session = os.urandom(32), os.urandom(32)
        self._keys: dict[int, ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey | x448.X448PrivateKey] = {}
        self._said = b""
        self._retried = False
        self.opened: _Opened | None = None

    def hello(self, shares: tuple[int, ...], cookie: bytes = b"") -> bytes:
        """Return a hello that brings key shares of these groups, and hold it as said."""
        self._keys = {group: _key(group) for group in shares}
        body = b"\x03\x03" + self._random + _vector(1, self._session)
        body += _vector(2, _numbers(tuple(_SUITES))) + b"\x01\0"
        message = b"\x01" + _vector(3, body + _vector(2, b"".join(self._extensions(cookie))))
        self._said += message
        return message

    def _extensions(self, cookie: bytes) -> Iterator[bytes]:
        if self._host and not is_address(self._host):
            yield _extension(0, _vector(2, b"\0" + _vector(2, self._host.removesuffix(".").encode("idna"))))
        yield _extension(10, _vector(2, _numbers(_GROUPS)))
        shares = (group.to_bytes(2) + _vector(2, _public(key)) for group, key in self._keys.items())
        yield _extension(51, _vector(2, b"".join(shares)))
        yield _extension(43, _vector(1, b"\x03\x04"))
        yield _extension(13, _vector(2, _numbers(self._signatures)))
        yield _extension(50, _vector(2, _numbers(registry.SIGNATURES)))
        yield _extension(5, b"\x01" + _vector(2, b"") + _vector(2, b""))
        if cookie:
            yield _extension(44, cookie)

    def take(self, message: bytes) -> bytes:
        """Take the server's hello, and be able to open its records; or return the second hello that it wants."""
        if message[0] != 2:
            raise NotTls(say("answers TLS 1.3 hellos with another message than theirs"))
        cursor = _Cursor(message[4:])
        cursor.take(2)
        random = cursor.take(32)
        cursor.vector(1)
        suite = int.from_bytes(cursor.take(2))
        cursor.take(1)
        found = _extensions(cursor.vector(2)) if cursor.left else {}
        if found.get(43) != b"\x03\x04":
            raise NotTls(say("answers TLS 1.3 hellos with an older version"))
        if suite not in _SUITES:
            raise NotTls(say("answers with a cipher suite that was not offered"))
        group = int.from_bytes(found.get(51, b"")[:2])
        if random == _RETRY:
            if self._retried or group not in _GROUPS:
                raise NotTls(say("asks for the group {number}, which was not offered", number=Own(f"0x{group:04X}")))
            self._retried = True
            digest = hashlib.new(_SUITES[suite][0], self._said).digest()
            self._said = b"\xfe" + _vector(3, digest) + message
            return self.hello((group,), found.get(44, b""))
        self._said += message
        if group not in self._keys:
            raise NotTls(say("agrees on a group that was not offered"))
        self.opened = _Opened(suite, _shared(self._keys[group], found[51][4:]), self._said)
        return b""


class _Opened:
    """Opens the server's records, by the secret of its handshake traffic."""

    def __init__(self, suite: int, shared: bytes, said: bytes) -> None:
        self._hash, length, aead = _SUITES[suite]
        size = hashlib.new(self._hash).digest_size
        early = _extract(self._hash, bytes(size), bytes(size))
        derived = self._expand(early, b"derived", hashlib.new(self._hash).digest(), size)
        handshake = _extract(self._hash, derived, shared)
        secret = self._expand(handshake, b"s hs traffic", hashlib.new(self._hash, said).digest(), size)
        self._aead = aead(self._expand(secret, b"key", b"", length))
        self._iv = int.from_bytes(self._expand(secret, b"iv", b"", 12))
        self._number = 0

    def _expand(self, secret: bytes, label: bytes, context: bytes, length: int) -> bytes:
        info = length.to_bytes(2) + _vector(1, b"tls13 " + label) + _vector(1, context)
        return hmac.digest(secret, info + b"\x01", self._hash)[:length]

    def open(self, content: bytes) -> tuple[int, bytes]:
        """Return the kind and the content of a record; raises InvalidTag."""
        nonce = (self._iv ^ self._number).to_bytes(12)
        self._number += 1
        plain = self._aead.decrypt(nonce, content, b"\x17\x03\x03" + len(content).to_bytes(2)).rstrip(b"\0")
        return plain[-1], plain[:-1]


def _extract(name: str, salt: bytes, secret: bytes) -> bytes:
    return hmac.digest(salt, secret, name)


def _key(group: int) -> ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey | x448.X448PrivateKey:
    if group in _CURVES:
        return ec.generate_private_key(_CURVES[group])
    return x25519.X25519PrivateKey.generate() if group == 29 else x448.X448PrivateKey.generate()


def _public(key: ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey | x448.X448PrivateKey) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _shared(key: ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey | x448.X448PrivateKey, theirs: bytes) -> bytes:
    match key:
        case x25519.X25519PrivateKey():
            return key.exchange(x25519.X25519PublicKey.from_public_bytes(theirs))
        case x448.X448PrivateKey():
            return key.exchange(x448.X448PublicKey.from_public_bytes(theirs))
    return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(key.curve, theirs))


def _records(read: Read) -> Iterator[tuple[int, bytes]]:
    while True:
        header = read(5)
        if header[0] not in (20, 21, 22, 23) or header[1] != 3:
            raise NotTls(say("answers with something that is not TLS ({content})", content=Own(repr(header))))
        yield header[0], read(int.from_bytes(header[3:]))


def _record(message: bytes) -> bytes:
    return b"\x16\x03\x01" + _vector(2, message)


def _extensions(content: bytes) -> dict[int, bytes]:
    cursor, found = _Cursor(content), {}
    while cursor.left:
        number = int.from_bytes(cursor.take(2))
        found[number] = cursor.vector(2)
    return found


def _extension(number: int, content: bytes) -> bytes:
    return number.to_bytes(2) + _vector(2, content)


def _vector(width: int, content: bytes) -> bytes:
    return len(content).to_bytes(width) + content


def _numbers(numbers: tuple[int, ...]) -> bytes:
    return b"".join(number.to_bytes(2) for number in numbers)


class _Cursor:
    """Walks through bytes that may end early; raises NotTls there."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    @property
    def left(self) -> bool:
        return self._at < len(self._content)

    def take(self, length: int) -> bytes:
        part = self._content[self._at : self._at + length]
        if len(part) < length:
            raise NotTls(_CUT_SHORT)
        self._at += length
        return part

    def vector(self, width: int) -> bytes:
        return self.take(int.from_bytes(self.take(width)))
