"""Spellings of a uid that another identity may hide behind. Pure."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from conformance.sentence import Sentence, say

_RUT = re.compile(r"(\d{1,3}(?:\.\d{3})+)-([\dkK])")
_BARE_RUT = re.compile(r"([1-9]\d{6,7})-([\dkK])")


@dataclass(frozen=True, slots=True)
class Variant:
    """A changed spelling: how it is made, and of which uids it can be made (`make` returns None of others).

    `value` is what stands in the JSON document for it: text, unless another type is what is tried.
    """

    name: str
    text: Sentence
    make: Callable[[str], str | None]
    value: Callable[[str], str | float] = str


def _upper(uid: str) -> str | None:
    return uid.upper() if uid.upper() != uid and uid.upper().lower() == uid else None


def _other_form(uid: str) -> str | None:
    composed, decomposed = unicodedata.normalize("NFC", uid), unicodedata.normalize("NFD", uid)
    if composed == decomposed:
        return None
    return decomposed if uid == composed else composed


def _other_rut(uid: str) -> str | None:
    if not (rut := _RUT.fullmatch(uid) or _BARE_RUT.fullmatch(uid)):
        return None
    number = rut[1].replace(".", "")
    return uid.replace(".", "") if "." in uid else f"{int(number):,}-{rut[2]}".replace(",", ".")


def _full_width(uid: str) -> str | None:
    made = uid.translate({code: code + 0xFEE0 for code in map(ord, string.ascii_letters + string.digits)})
    return made if made != uid and unicodedata.normalize("NFKC", made) == uid else None


def _tagged(uid: str) -> str | None:
    name, at, domain = uid.rpartition("@")
    return f"{name}+b@{domain}" if at and name and "+" not in name else None


def _digits(suffix: str, prefix: str = "") -> Callable[[str], str | None]:
    return lambda uid: prefix + uid + suffix if re.fullmatch(r"[1-9]\d*", uid) else None


VARIANTS = (
    Variant("case", say("upper case"), _upper),
    Variant("space-before", say("a space before"), lambda uid: " " + uid),
    Variant("space-after", say("a space after"), lambda uid: uid + " "),
    Variant("line-feed", say("a line feed after"), lambda uid: uid + "\n"),
    Variant("unicode-form", say("the other Unicode normal form"), _other_form),
    Variant("full-width", say("full-width letters and digits"), _full_width),
    Variant("mail-tag", say("a tag in the mail address"), _tagged),
    Variant("rut-form", say("the RUT with dots instead of without, or the reverse"), _other_rut),
    Variant("decimal", say("a decimal part"), _digits(".0")),
    Variant("decimal-number", say("a JSON number with a decimal part"), _digits(".0"), float),
    Variant("leading-zero", say("a leading zero"), _digits("", "0")),
    Variant("nul", say("a NUL and more after"), lambda uid: uid + "\0b"),
)


def first_made(variant: Variant, uids: Iterable[str]) -> tuple[str, str] | None:
    """Return the first uid that the variant can be made of, and its changed spelling."""
    return next(((uid, made) for uid in uids if (made := variant.make(uid)) is not None), None)


def capitalised(uid: str) -> str | None:
    """Return the uid with its first letter in upper case, or None where that changes nothing."""
    made = uid[:1].upper() + uid[1:]
    return made if made != uid and made.lower() == uid else None


def fresh(uid: str, tag: str) -> str:
    """Return an identity that nobody has, in the style of `uid`; `tag` is of hex digits."""
    name, at, domain = uid.rpartition("@")
    if at:
        return f"{name}.{tag}@{domain}"
    return uid + str(int(tag, 16)) if uid.isdecimal() else f"{uid}.{tag}"
