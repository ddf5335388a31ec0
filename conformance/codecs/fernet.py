"""The reference wire format: Fernet tokens (https://github.com/fernet/spec), version 0x80."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken

from conformance.codecs import Region, SealBroken
from conformance.codecs.keys import pair

_STAMPS = 1 << 64  # stamps of 64 bits: what is before 1970 wraps around
# Fernet's specification: version, stamp, IV, ciphertext, HMAC.
_NONCE_AT, _CIPHERTEXT_AT, _MAC_BYTES = 9, 25, 32


class FernetCodec:
    """Seals with AES-128-CBC and HMAC-SHA256; base64url all over."""

    def __init__(self, secret: str, *, core: bool = False, tolerance: int = 10) -> None:
        """Derive the keys of both directions."""
        self._sealing, self._opening = (Fernet(base64.urlsafe_b64encode(key)) for key in pair(secret, core=core))
        self._tolerance = tolerance

    def seal(self, payload: bytes, at: int) -> bytes:
        """Return a token stamped `at`, modulo 2^64."""
        return self._sealing.encrypt_at_time(payload, at % _STAMPS)

    def stamp(self, message: bytes) -> int:
        """Return the token's timestamp, once its MAC holds; raises SealBroken."""
        try:
            return self._opening.extract_timestamp(message)
        except InvalidToken as error:
            raise SealBroken("the token does not hold") from error

    def open(self, message: bytes, now: float) -> bytes:
        """Return the payload; Fernet's own `ttl` would let 60 s of future through, so the margin is checked here."""
        if abs(now - self.stamp(message)) > self._tolerance:
            raise SealBroken("the token does not hold")
        try:
            return self._opening.decrypt(message)
        except InvalidToken as error:
            raise SealBroken("the token does not hold") from error

    def unwrap(self, message: bytes) -> bytes:
        """Decode base64url as the library does, which skips a line break; raises SealBroken."""
        try:
            return base64.urlsafe_b64decode(message)
        except binascii.Error as error:
            raise SealBroken("the token does not hold") from error

    def wrap(self, raw: bytes) -> bytes:
        """Encode as base64url, padded."""
        return base64.urlsafe_b64encode(raw)

    def regions(self, raw: bytes) -> Mapping[Region, range]:
        """Say where version, timestamp, IV, ciphertext and HMAC lie."""
        mac_at = len(raw) - _MAC_BYTES
        return {
            Region.VERSION: range(1),
            Region.TIMESTAMP: range(1, _NONCE_AT),
            Region.NONCE: range(_NONCE_AT, _CIPHERTEXT_AT),
            Region.CIPHERTEXT: range(_CIPHERTEXT_AT, mac_at),
            Region.MAC: range(mac_at, len(raw)),
        }
