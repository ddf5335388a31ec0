"""Builds client hashes: the right one, and those that an attacker would try. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from conformance import locate
from conformance.areas.idv.length_extension import extend, padding
from conformance.sentence import Sentence

MEGABYTE = 1 << 20


def client_hash(key: str, uid: str) -> str:
    """Return the right hash: HMAC-SHA256 in lower-case hex, key and message as UTF-8 (S2, step 1)."""
    return keyed("sha256", key, uid)


def keyed(algorithm: str, key: str, message: str) -> str:
    """Return an HMAC in lower-case hex."""
    return mac(algorithm, key.encode(), message.encode()).hex()


def mac(algorithm: str, key: bytes, message: bytes) -> bytes:
    """Return an HMAC (RFC 2104)."""
    return hmac.digest(key, message, algorithm)


@dataclass(frozen=True, slots=True)
class Ground:
    """What a forgery starts from: the organisation's key, a uid, and what an attacker may know besides."""

    key: str = field(repr=False)
    uid: str
    public: tuple[str, ...] = ()
    previous: tuple[str, ...] = field(default=(), repr=False)
    others: tuple[str, ...] = field(default=(), repr=False)

    @property
    def right(self) -> str:
        """Return the hash that has to be honoured."""
        return client_hash(self.key, self.uid)


@dataclass(frozen=True, slots=True)
class Forgery:
    """A row of fixtures/identity/forgeries.toml.

    `kind` is `hash`, `type` (another JSON type: a server error is a violation, too), `size`, or `shown` (not judged).
    """

    name: str
    text: Sentence
    build: str
    kind: str = "hash"
    bits: tuple[int, ...] = ()
    length: int = 0
    value: str = ""
    algorithm: str = "sha256"
    key: str = "{key}"
    message: str = "{uid}"

    def forged(self, ground: Ground) -> list[Any]:
        """Return the JSON values to send, none of which is the right hash; empty where nothing can be built."""
        return [value for value in BUILDERS[self.build](self, ground) if value != ground.right]


@cache
def forgeries() -> dict[str, Forgery]:
    """Read the table of forgeries, by name."""
    text = (locate.data("fixtures") / "identity" / "forgeries.toml").read_text(encoding="utf-8")
    rows = [
        Forgery(**{**row, "text": _said(row["text"]), "bits": tuple(row.get("bits", ()))})
        for row in tomllib.loads(text)["forgery"]
    ]
    return {row.name: row for row in rows}


def _said(text: str) -> Sentence:
    """Return a row's text as the sentence that is extracted from the table: braces in it are no places."""
    return Sentence(text, text.replace("{", "{{").replace("}", "}}"))


def flipped(right: str, bits: tuple[int, ...]) -> str:
    """Flip bits of a hash in hex; bit 0 is the highest bit of its first digit."""
    size = len(right) * 4
    mask = sum(1 << (size - 1 - bit) for bit in set(bits))
    return f"{int(right, 16) ^ mask:0{len(right)}x}"


def _flip(row: Forgery, ground: Ground) -> list[Any]:
    return [flipped(ground.right, row.bits or tuple(range(256)))]


def _cut(row: Forgery, ground: Ground) -> list[Any]:
    return [ground.right[: row.length]]


def _text(row: Forgery, ground: Ground) -> list[Any]:
    """Put the right hash into a template."""
    return [row.value.replace("{right}", ground.right)]


def _json(row: Forgery, ground: Ground) -> list[Any]:
    return [json.loads(row.value.replace("{right}", ground.right))]


def _mac(row: Forgery, ground: Ground) -> list[Any]:
    made = keyed(row.algorithm, _filled(row.key, ground), _filled(row.message, ground))
    return [made[: row.length or None]]


def _digest(row: Forgery, ground: Ground) -> list[Any]:
    return [hashlib.new(row.algorithm, _filled(row.message, ground).encode()).hexdigest()]


def _keys(keys: Callable[[Ground], tuple[str, ...]]) -> Callable[[Forgery, Ground], list[Any]]:
    def build(_row: Forgery, ground: Ground) -> list[Any]:
        return [client_hash(key, ground.uid) for key in keys(ground)]

    return build


def _base64(_row: Forgery, ground: Ground) -> list[Any]:
    return [base64.b64encode(bytes.fromhex(ground.right)).decode(), base64.b64encode(ground.right.encode()).decode()]


def _raw(_row: Forgery, ground: Ground) -> list[Any]:
    return [bytes.fromhex(ground.right).decode("latin-1")]


def _letter_case(row: Forgery, ground: Ground) -> list[Any]:
    mixed = "".join(c.upper() if n % 2 else c for n, c in enumerate(ground.right))
    return [ground.right.upper() if row.value == "upper" else mixed]


def _full_width(_row: Forgery, ground: Ground) -> list[Any]:
    return [ground.right.translate({ord(d): 0xFF10 + int(d) for d in "0123456789"})]


def _number(_row: Forgery, ground: Ground) -> list[Any]:
    """Build the number that a language with loose comparison takes the right hash for."""
    digits = re.match(r"\d{1,15}", ground.right)
    return [int(digits[0]) if digits else 0]


def _long(_row: Forgery, ground: Ground) -> list[Any]:
    return [ground.right + "a" * MEGABYTE]


def _filled(template: str, ground: Ground) -> str:
    filled = template.replace("{right}", ground.right).replace("{uid}", ground.uid)
    return filled.replace("{key}", ground.key)


BUILDERS: dict[str, Callable[[Forgery, Ground], list[Any]]] = {
    "flip": _flip,
    "cut": _cut,
    "text": _text,
    "json": _json,
    "mac": _mac,
    "digest": _digest,
    "public-keys": _keys(lambda ground: ground.public),
    "previous-keys": _keys(lambda ground: ground.previous),
    "other-keys": _keys(lambda ground: ground.others),
    "base64": _base64,
    "raw": _raw,
    "letter-case": _letter_case,
    "full-width": _full_width,
    "number": _number,
    "long": _long,
}


def extended(ground: Ground, suffix: str = "x") -> tuple[str, str]:
    """Extend SHA256(key + uid) without the key: return the uid that results, as Latin-1 text, and its hash."""
    digest = hashlib.sha256((ground.key + ground.uid).encode()).digest()
    length = len((ground.key + ground.uid).encode())
    uid = ground.uid.encode() + padding(length) + suffix.encode()
    return uid.decode("latin-1"), extend(digest, length, suffix.encode()).hex()
