"""Passwords at the edges of the documented rules: 8 to 64 characters, with a digit, both cases and a sign."""

from __future__ import annotations

import secrets
import string

SHORTEST, LONGEST = 8, 64  # NIST SP 800-63B: at least 8 characters are asked for, and at least 64 have to be taken

STRONG = {"eight": SHORTEST, "twenty": 20, "sixty-four": LONGEST}
"""Passwords that the rules allow, by name, and how long they are; both edges, and one for stricter gateways."""

WEAK = ("short", "long", "no-digit", "no-capital", "no-small-letter", "no-sign")
"""Passwords that they do not: each departs from a strong one in one property."""

_MIDDLING = 12  # letters: neither short nor long, so that what is missing is all that is wrong


def strong(length: int) -> str:
    """Return a random password of `length` characters with all four kinds among its first four."""
    return "Q7!w" + _letters(length - 4)


def weak(name: str) -> str:
    """Return a random password that breaks the rule called `name`, and no other."""
    if name == "short":
        return strong(SHORTEST - 1)
    if name == "long":
        return strong(LONGEST + 1)
    head, tail = _BEGINNINGS[name], _letters(_MIDDLING)
    return head + {"no-capital": tail.lower(), "no-small-letter": tail.upper()}.get(name, tail)


_BEGINNINGS = {"no-digit": "Qx!w", "no-capital": "q7!w", "no-small-letter": "Q7!W", "no-sign": "Q7xw"}


def _letters(count: int) -> str:
    return "".join(secrets.choice(string.ascii_letters) for _ in range(count))
