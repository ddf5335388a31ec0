"""SHA-256 continued from a digest (FIPS 180-4), which is what a hash of key and message must not allow."""

from __future__ import annotations

import struct

BLOCK = 64  # octets (FIPS 180-4)
_WORD = 0xFFFFFFFF  # SHA-256 counts modulo 2 to the 32nd


def _fraction(prime: int, root: int) -> int:
    """Return the first 32 bits of the fractional part of a prime's square or cube root, by whole numbers alone."""
    low, high = 0, prime << 32
    while low < high:
        middle = (low + high + 1) // 2
        if middle**root <= prime << (32 * root):
            low = middle
        else:
            high = middle - 1
    return low & _WORD


# The first 64, of whose roots FIPS 180-4 makes the constants (4.2.2 and 5.3.3).
_PRIMES = [n for n in range(2, 312) if all(n % d for d in range(2, n))]
_CONSTANTS = [_fraction(prime, 3) for prime in _PRIMES[:64]]


def padding(length: int) -> bytes:
    """Return what SHA-256 appends to a message of `length` bytes."""
    return b"\x80" + b"\0" * ((55 - length) % BLOCK) + struct.pack(">Q", length * 8)


def extend(digest: bytes, length: int, suffix: bytes) -> bytes:
    """Return SHA-256 of message + padding + suffix, from the digest and the length of the message alone."""
    total = length + len(padding(length)) + len(suffix)
    rest = suffix + padding(total)
    state = list(struct.unpack(">8I", digest))
    for start in range(0, len(rest), BLOCK):
        state = _compress(state, rest[start : start + BLOCK])
    return struct.pack(">8I", *state)


def _compress(state: list[int], block: bytes) -> list[int]:
    words = list(struct.unpack(">16I", block))
    for n in range(16, 64):
        small0 = _turn(words[n - 15], 7) ^ _turn(words[n - 15], 18) ^ (words[n - 15] >> 3)
        small1 = _turn(words[n - 2], 17) ^ _turn(words[n - 2], 19) ^ (words[n - 2] >> 10)
        words.append((words[n - 16] + small0 + words[n - 7] + small1) & _WORD)
    a, b, c, d, e, f, g, h = state
    for constant, word in zip(_CONSTANTS, words, strict=True):
        big1 = _turn(e, 6) ^ _turn(e, 11) ^ _turn(e, 25)
        first = (h + big1 + ((e & f) ^ (~e & g)) + constant + word) & _WORD
        big0 = _turn(a, 2) ^ _turn(a, 13) ^ _turn(a, 22)
        second = (big0 + ((a & b) ^ (a & c) ^ (b & c))) & _WORD
        a, b, c, d, e, f, g, h = (first + second) & _WORD, a, b, c, (d + first) & _WORD, e, f, g
    return [(one + other) & _WORD for one, other in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


def _turn(word: int, bits: int) -> int:
    return (word >> bits | word << (32 - bits)) & _WORD
