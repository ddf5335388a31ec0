"""The finite fields that standards name, and what can be said of one that they do not."""

from __future__ import annotations

import secrets
from functools import cache

# RFC 7919, appendix A: 2^b - 2^(b-64) + {[2^(b-130) e] + addend} * 2^64 - 1.
_OF_E = {2048: 560316, 3072: 2625351, 4096: 5736041, 6144: 15705020, 8192: 10965728}
# RFC 2409, 6 and RFC 3526: the same with pi.
_OF_PI = {768: 149686, 1024: 129093, 1536: 741804, 2048: 124476, 3072: 1690314, 4096: 240904, 6144: 929484}
_OF_PI |= {8192: 4743158}
_ROUNDS = 5
"""Miller-Rabin's, with random bases: whoever chose the number fools them once in 4^5 times."""
_LONGEST = 4096
"""Bits: a number of the peer's choice costs no more than a second."""


@cache
def ffdhe(bits: int) -> int:
    """Return the prime of RFC 7919 of so many bits; raises KeyError where there is none."""
    return _prime(bits, _e(bits - 130) + _OF_E[bits])


@cache
def _names() -> dict[int, str]:
    named = {_prime(bits, _pi(bits - 130) + addend): f"modp{bits}" for bits, addend in _OF_PI.items()}
    return named | {ffdhe(bits): f"ffdhe{bits}" for bits in _OF_E}


def name(prime: int) -> str:
    """Return `ffdhe2048` (RFC 7919) or `modp2048` (RFC 2409 and 3526) and the like; empty for any other number."""
    return _names().get(prime, "")


def is_safe_prime(number: int) -> bool | None:
    """Tell whether `number` and half of it are prime, so that it has no small subgroup but that of two.

    None where the number is too long to find out.
    """
    if name(number):
        return True
    if number.bit_length() > _LONGEST:
        return None
    return number > 5 and number % 4 == 3 and _is_prime(number) and _is_prime(number // 2)


def _is_prime(number: int) -> bool:
    even, twos = number - 1, 0
    while even % 2 == 0:
        even, twos = even // 2, twos + 1
    return all(_passes(number, secrets.randbelow(number - 3) + 2, even, twos) for _ in range(_ROUNDS))


def _passes(number: int, base: int, odd: int, twos: int) -> bool:
    power = pow(base, odd, number)
    for _ in range(twos):
        if power in (1, number - 1):
            return True
        power = power * power % number
    return False


def _prime(bits: int, middle: int) -> int:
    return (1 << bits) - (1 << (bits - 64)) - 1 + (middle << 64)


def _e(bits: int) -> int:
    """Return Euler's number times 2 to the power of `bits`, rounded down, with 64 bits to spare."""
    term = total = 1 << (bits + 64)
    n = 1
    while term:
        term //= n
        total += term
        n += 1
    return total >> 64


def _pi(bits: int) -> int:
    """Return pi times 2 to the power of `bits`, rounded down: Machin's formula, with 64 bits to spare."""
    spare = bits + 64
    return 4 * (4 * _arctangent(5, spare) - _arctangent(239, spare)) >> 64


def _arctangent(inverse: int, bits: int) -> int:
    term, total, odd = (1 << bits) // inverse, 0, 1
    while term:
        total += term // odd if odd % 4 == 1 else -(term // odd)
        term //= inverse * inverse
        odd += 2
    return total
