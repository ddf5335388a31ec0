"""A second wire format: AES-256-GCM with version and timestamp as associated data, sent as raw bytes.

`0x01 ‖ timestamp (8, big-endian) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from conformance.codecs import Region, SealBroken
from conformance.codecs.keys import pair

_VERSION = b"\x01"
_STAMPS = 1 << 64  # stamps of 64 bits: what is before 1970 wraps around
# After an octet of version and eight of stamp; a nonce of 96 bits (NIST SP 800-38D).
_NONCE_AT, _CIPHERTEXT_AT, _TAG_BYTES = 9, 21, 16


class AesGcmCodec:
    """Seals with AES-256-GCM; the timestamp travels in the clear and is authenticated."""

    def __init__(self, secret: str, *, core: bool = False, tolerance: int = 10) -> None:
        """Derive the keys of both directions."""
        sealing, opening = pair(secret, core=core)
        self._sealing, self._opening, self._tolerance = AESGCM(sealing), AESGCM(opening), tolerance

    def seal(self, payload: bytes, at: int) -> bytes:
        """Return a message stamped `at`, modulo 2^64."""
        header = _VERSION + (at % _STAMPS).to_bytes(8, "big")
        nonce = os.urandom(_CIPHERTEXT_AT - _NONCE_AT)
        return header + nonce + self._sealing.encrypt(nonce, payload, header)

    def stamp(self, message: bytes) -> int:
        """Return the message's timestamp, once its tag holds; raises SealBroken."""
        return self._checked(message)[0]

    def open(self, message: bytes, now: float) -> bytes:
        """Return the payload of a message stamped within the margin of `now`; raises SealBroken."""
        stamp, payload = self._checked(message)
        if abs(now - stamp) > self._tolerance:
            raise SealBroken("the message does not hold")
        return payload

    def _checked(self, message: bytes) -> tuple[int, bytes]:
        header, nonce, sealed = message[:_NONCE_AT], message[_NONCE_AT:_CIPHERTEXT_AT], message[_CIPHERTEXT_AT:]
        if len(sealed) < _TAG_BYTES or header[:1] != _VERSION:
            raise SealBroken("the message does not hold")
        try:
            payload = self._opening.decrypt(nonce, sealed, header)
        except InvalidTag as error:
            raise SealBroken("the message does not hold") from error
        return int.from_bytes(header[1:], "big"), payload

    def unwrap(self, message: bytes) -> bytes:
        """Return the message: it has no transfer encoding."""
        return message

    def wrap(self, raw: bytes) -> bytes:
        """Return `raw`: it needs no transfer encoding."""
        return raw

    def regions(self, raw: bytes) -> Mapping[Region, range]:
        """Say where version, timestamp, nonce, ciphertext and tag lie."""
        tag_at = len(raw) - _TAG_BYTES
        return {
            Region.VERSION: range(1),
            Region.TIMESTAMP: range(1, _NONCE_AT),
            Region.NONCE: range(_NONCE_AT, _CIPHERTEXT_AT),
            Region.CIPHERTEXT: range(_CIPHERTEXT_AT, tag_at),
            Region.MAC: range(tag_at, len(raw)),
        }
