"""One side of a TLS 1.3 key exchange, good enough to read what a server says under encryption."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from conformance.handshake import finite_fields

_CURVES: dict[int, ec.EllipticCurve] = {
    23: ec.SECP256R1(),
    24: ec.SECP384R1(),
    25: ec.SECP521R1(),
    31: ec.BrainpoolP256R1(),
    32: ec.BrainpoolP384R1(),
    33: ec.BrainpoolP512R1(),
}
_FIELDS = {256: 2048, 257: 3072, 258: 4096, 259: 6144, 260: 8192}  # ffdhe2048 to ffdhe8192 and their bits (RFC 7919)
_EXPONENT_BITS = 512

KNOWN = (29, 23, 24, 25, 30, *_FIELDS, 31, 32, 33)
"""The groups that a share can be made for, the cheapest first."""


@dataclass(frozen=True, slots=True)
class KeyShare:
    """A share of our own in `group`; `agree` takes the peer's, and raises ValueError for one that is none."""

    group: int
    public: bytes
    agree: Callable[[bytes], bytes]


def made(group: int) -> KeyShare:
    """Make a share; raises KeyError for a group that is not KNOWN."""
    if group == 29:
        one = x25519.X25519PrivateKey.generate()
        return KeyShare(
            group,
            one.public_key().public_bytes_raw(),
            lambda peer: one.exchange(x25519.X25519PublicKey.from_public_bytes(peer)),
        )
    if group == 30:
        other = x448.X448PrivateKey.generate()
        return KeyShare(
            group,
            other.public_key().public_bytes_raw(),
            lambda peer: other.exchange(x448.X448PublicKey.from_public_bytes(peer)),
        )
    return _finite(group) if group in _FIELDS else _elliptic(group)


def _elliptic(group: int) -> KeyShare:
    curve = _CURVES[group]
    own = ec.generate_private_key(curve)
    return KeyShare(
        group,
        own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
        lambda peer: own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(curve, peer)),
    )


def _finite(group: int) -> KeyShare:
    prime, length = finite_fields.ffdhe(_FIELDS[group]), _FIELDS[group] // 8
    exponent = secrets.randbits(_EXPONENT_BITS)

    def agree(peer: bytes) -> bytes:
        if len(peer) != length:
            raise ValueError("a share of another length than its field")
        return pow(int.from_bytes(peer), exponent, prime).to_bytes(length)

    return KeyShare(group, pow(2, exponent, prime).to_bytes(length), agree)
