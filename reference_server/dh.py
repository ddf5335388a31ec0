"""Diffie-Hellman parameters of the IKE standards, worked out instead of copied."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.dh import DHParameterNumbers
from cryptography.hazmat.primitives.serialization import Encoding, ParameterFormat

# RFC 2409, 6.2 and RFC 3526, 3: the prime is made of pi and of this number.
_ADDENDS = {1024: 129093, 2048: 124476}


def modp(bits: int) -> bytes:
    """Return the MODP group of 1024 or 2048 bits, generator 2, as PEM."""
    middle = _pi(bits - 130) + _ADDENDS[bits]
    prime = (1 << bits) - (1 << (bits - 64)) - 1 + (middle << 64)
    parameters = DHParameterNumbers(prime, 2).parameters()
    return parameters.parameter_bytes(Encoding.PEM, ParameterFormat.PKCS3)


def _pi(bits: int) -> int:
    """Return pi times 2 to the power of `bits`, rounded down: Machin's formula, with 32 bits to spare."""
    spare = bits + 32
    return 4 * (4 * _arctangent(5, spare) - _arctangent(239, spare)) >> 32


def _arctangent(inverse: int, bits: int) -> int:
    term, total, odd = (1 << bits) // inverse, 0, 1
    while term:
        total += term // odd if odd % 4 == 1 else -(term // odd)
        term //= inverse * inverse
        odd += 2
    return total
