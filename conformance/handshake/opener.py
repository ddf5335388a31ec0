"""Opens the records in which a TLS 1.3 server goes on after its ServerHello (RFC 8446, 5.2 and 7)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from conformance.handshake.key_share import KeyShare


class _Cipher(Protocol):
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


_SUITES: dict[int, tuple[str, int, Callable[[bytes], _Cipher]]] = {
    0x1301: ("sha256", 16, AESGCM),
    0x1302: ("sha384", 32, AESGCM),
    0x1303: ("sha256", 32, ChaCha20Poly1305),
    0x1304: ("sha256", 16, AESCCM),
    0x1305: ("sha256", 16, lambda key: AESCCM(key, tag_length=8)),
}
KNOWN = tuple(_SUITES)
"""The suites whose records can be opened."""


class Opener:
    """The keys of the server's first encrypted flight; the other direction has none."""

    def __init__(self, suite: int, share: KeyShare, peer: bytes, transcript: bytes) -> None:
        """Derive the keys; `transcript` is ClientHello and ServerHello. Raises KeyError or ValueError."""
        self._digest, length, cipher = _SUITES[suite]
        empty = hashlib.new(self._digest)
        nothing = bytes(empty.digest_size)
        early = self._extract(nothing, nothing)
        secret = self._extract(self._expand(early, b"derived", empty.digest(), empty.digest_size), share.agree(peer))
        so_far = hashlib.new(self._digest, transcript).digest()
        traffic = self._expand(secret, b"s hs traffic", so_far, empty.digest_size)
        self._cipher = cipher(self._expand(traffic, b"key", b"", length))
        self._mask = int.from_bytes(self._expand(traffic, b"iv", b"", 12))
        self._opened = 0

    def open(self, content: bytes) -> tuple[int, bytes]:
        """Return kind and content of the next record; raises ValueError where the keys do not fit it."""
        header = b"\x17\x03\x03" + len(content).to_bytes(2)
        nonce = (self._mask ^ self._opened).to_bytes(12)
        self._opened += 1
        try:
            inner = self._cipher.decrypt(nonce, content, header).rstrip(b"\0")
        except InvalidTag as error:
            raise ValueError("a record that cannot be decrypted") from error
        if not inner:
            raise ValueError("a record of nothing")
        return inner[-1], inner[:-1]

    def _extract(self, salt: bytes, secret: bytes) -> bytes:
        return hmac.digest(salt, secret, self._digest)

    def _expand(self, secret: bytes, label: bytes, context: bytes, length: int) -> bytes:
        """Return RFC 8446's HKDF-Expand-Label; no length here is longer than one digest."""
        label = b"tls13 " + label
        info = length.to_bytes(2) + bytes([len(label)]) + label + bytes([len(context)]) + context
        return hmac.digest(secret, info + b"\x01", self._digest)[:length]
