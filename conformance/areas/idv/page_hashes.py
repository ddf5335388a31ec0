"""Finds in what a browser receives which client it names, whose client_hash it carries, and what it calls. Pure.

What is read is hostile, and `re` holds the interpreter's lock: an expression here begins with a fixed word and repeats
single characters, possessively or up to a bound, so that no character is looked at more often than that.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping

from conformance.web.markup import unescaped

SURE = 6

OWN, OTHERS, UNKNOWN = "own", "another client's", "unknown"

_WORD_ENDS = re.compile(r"[_-]|(?<=[a-z])(?=[A-Z])")
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,5})\}|x([0-9a-fA-F]{2}))")
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2}){1,999}(?:%[89abAB][0-9a-fA-F]){0,3}")  # no character of UTF-8 is cut
_CODED = re.compile(r"[A-Za-z0-9+/_-]{60,65536}={0,2}")
_FIELD = re.compile(r"(?P<opened><input)|(?P<closed>>)|\btype\s*+=\s*+['\"]?password", re.IGNORECASE)
_CALL = re.compile(
    r"(?:\bfetch|\baxios(?:\.get)?|\bgetJSON|\$\.get|\.open\s*+\(\s*+['\"]GET['\"]\s*+,)\s*+\(?\s*+"
    r"(?P<quote>['\"`])(?P<url>[^'\"`\s$]{1,300}+)(?P=quote)(?P<rest>[^;]{0,120})"
)
_CHANGES = re.compile(r"method['\"]?\s*+:\s*+['\"`](?!get\b)|log-?out|sign-?out|delete|remove", re.IGNORECASE)
_NETWORK = re.compile(r"\bfetch\s*+\(|\bXMLHttpRequest\b|\baxios\b|\$\.(?:ajax|get|post|getJSON)\b")


def readings(text: str) -> str:
    """Return `text`, and again with what HTML, JavaScript, URLs and base64 spell otherwise."""
    spelt = _spelt(_spelt(unescaped(text)))  # JSON in a string of JavaScript is escaped twice
    coded = (_decoded(match[0]) for match in _CODED.finditer(text))
    return "\n".join(dict.fromkeys((text, spelt, _unquoted(spelt), *(_spelt(found) for found in coded if found))))


def _spelt(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1] or match[2] or match[3], 16)), text)


def _unquoted(text: str) -> str:
    return _PERCENT.sub(lambda match: bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace"), text)


def _decoded(coded: str) -> str:
    whole = coded.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(whole + "=" * (-len(whole) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""


def carried(read: str, uid: str, right: Mapping[str, str], pointer: str) -> tuple[str, ...]:
    """Tell whose hashes stand in `read`: the own one of `uid`, another client's, or under its name an unknown one.

    `right` are the right hashes by uid; `pointer` is where initialisations have the hash: its last key is the name.
    """
    lower = read.lower()
    owners = {owner for owner, signature in right.items() if signature in lower}
    known = set(right.values())
    found = {OWN} if uid in owners else set()
    if owners - {uid}:
        found.add(OTHERS)
    if any(value.lower() not in known for value in _digests(read, pointer)):
        found.add(UNKNOWN)
    return tuple(sorted(found))


def _digests(read: str, pointer: str) -> Iterator[str]:
    """List what stands under the hash's name and looks like a digest of SHA-256, in hex or base64."""
    for match in _named(pointer, r"([0-9a-f]{64})(?![0-9a-z])").finditer(read):
        yield match[1]
    for match in _named(pointer, r"(?<=['\"])([a-z0-9+/_-]{43}=?)(?=['\"])").finditer(read):
        if all(any(kind(c) for c in match[1]) for kind in (str.isdigit, str.islower, str.isupper)):
            yield match[1]


def hands_over(read: str, uid: str, pointer: str) -> bool:
    """Tell whether `uid` stands under the name that initialisations have it by."""
    return _named(pointer, rf"{re.escape(uid)}(?!\w)").search(read) is not None


def shows(read: str, uid: str) -> bool:
    """Tell whether `uid` stands anywhere; one that is too short to be told from any other number does not count."""
    return len(uid) >= SURE and _word(uid).search(read) is not None


def asks_for_password(text: str) -> bool:
    """Tell whether a page is a form that asks for a password."""
    opened = False
    for found in _FIELD.finditer(text):
        if opened and not (found["opened"] or found["closed"]):
            return True
        opened = bool(found["opened"]) or (opened and not found["closed"])
    return False


def calls(script: str) -> tuple[tuple[str, ...], bool]:
    """Return the URLs that a script reads by plain GETs, and whether it makes calls that cannot be told."""
    plain = [
        call["url"]
        for call in _CALL.finditer(script)
        if not _CHANGES.search(call["url"]) and not _CHANGES.search(call["rest"].partition(")")[0])
    ]
    return tuple(dict.fromkeys(plain)), sum(1 for _ in _NETWORK.finditer(script)) > len(plain)


def _named(pointer: str, value: str) -> re.Pattern[str]:
    """Return a pattern for a pointer's last key and its value: `client_hash: "`, `data-client-hash='`."""
    name = "[_-]?".join(re.escape(word) for word in _WORD_ENDS.split(pointer.rpartition("/")[2]))
    return re.compile(rf"{name}\W{{1,12}}(?:(?:value|content)\W{{1,4}})?{value}", re.IGNORECASE)


def _word(uid: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(uid)}(?!\w)", re.IGNORECASE)
