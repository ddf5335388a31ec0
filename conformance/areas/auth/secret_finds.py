"""Finds secrets in what a server shows: those of this run, and what goes by the name of one and is not masked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from conformance import pointers
from conformance.areas.auth.record import Find
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import Secret
from conformance.sentence import Own, Sentence, say

_KEY = (
    r"(?:passw(?:or)?d|passwd|pwd|passphrase|secret|access_?token"
    r"|private_?key|secret_?key|api_?key|encryption_?key|master_?key)"
)
_NAMED = re.compile(rf"(?:^|[^A-Za-z]|(?<=[a-z])(?=[A-Z])){_KEY}$", re.IGNORECASE)
_ASSIGNED = re.compile(
    r"(?:(?<![\w.-])|(?<=-D)|(?<= --))"
    rf"(?P<key>(?:[A-Za-z][\w.-]{{0,60}}?[_.-])?{_KEY})[\"']?\s{{0,4}}(?P<is>=|:)\s{{0,4}}(?P<quote>[\"']?)"
    rf"(?P<value>[^\s\"',;&<>]{{4,}})",
    re.IGNORECASE,
)
_IN_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"']{0,80}:([^\s/@\"']{1,200})@", re.IGNORECASE)
_PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]{2,20} )?PRIVATE KEY-----(?:\s|\\n)*[A-Za-z0-9+/=]{16}")
_PUBLIC = re.compile(r"-----BEGIN ((?:(?:X509|TRUSTED) )?CERTIFICATE|PUBLIC KEY)-----[^-]+-----END \1-----")
_MASK = re.compile(r"[*•●·…]{2,}|[xX]{4,}|[.#_-]{3,}")
_ALL_MASK = re.compile(r"[*•●·…xX.#_-]+|\$?[<\[({«].*[>\])}»]|\$\w+")
_NO_SECRET = re.compile(
    r"true|false|yes|no|on|off|null|none|nil|n/?a|(is|not|un)?[ _-]?set|present|absent|missing|defined|undefined|empty"
    r"|hidden|masked|redacted|removed|omitted|secret|password|protected|encrypted|configured|enabled|disabled|default"
    r"|required|optional|unknown|\d{1,3}|(sha\d+|md5|hmac|bcrypt|argon2\w*|scrypt|pbkdf2)\b.*"
    r"|(file:)?/([\w.-]+/)*[\w.-]+|(env|vault|arn):.*",
    re.IGNORECASE,
)
_BESIDE = ("name", "key", "variable")
_MOST = 20  # a page full of finds proves no more than these


class SecretFinder:
    """Looks for the secrets of one run; what it returns names them, and never says what they are."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        """Know every way that each may be spelt."""
        self._known = {secret.label: Redactor([secret]) for secret in secrets}

    def finds(self, text: str) -> tuple[Find, ...]:
        """Return every secret that stands in `text`: which, and where (a JSON Pointer where it is JSON).

        Certificates are passed over: a private key's PEM has some lines in common with its public key's.
        """
        text = _PUBLIC.sub("", text)
        leaves = [(at, value) for at, value in pointers.leaves_of(text) if isinstance(value, str)]
        known = [
            Find(say("the value of {secret}", secret=_spoken(label)), self._place(label, leaves))
            for label in self._told(text)
        ]
        found = [Find(what, at) for at, value in leaves or [("", text)] for what in _in_text(value)]
        found += [Find(_unmasked(name), at) for at, name, value in _named(leaves) if not _masked(value)]
        return tuple(dict.fromkeys((*known, *found)))[:_MOST]

    def _told(self, text: str) -> list[str]:
        return [label for label, redactor in self._known.items() if redactor.leaks(text)]

    def _place(self, label: str, leaves: list[tuple[str, str]]) -> str:
        return next((at for at, value in leaves if self._known[label].leaks(value)), "")


def _in_text(text: str) -> Iterator[Sentence]:
    if _PRIVATE_KEY.search(text):
        yield say("a private key")
    for found in _ASSIGNED.finditer(text):
        prose = found["is"] == ":" and not found["quote"] and not found["key"].isupper()  # "password: too short"
        if not prose and not _masked(found["value"]):
            yield _unmasked(found["key"])
    for found in _IN_URL.finditer(text):
        if not _masked(found[1]):
            yield say("a URL with an unmasked password")


def _spoken(label: str) -> Own | Sentence:
    return label if isinstance(label, Sentence) else Own(label)


def _unmasked(name: str) -> Sentence:
    return say("an unmasked {name}", name=Own(name))


def _named(leaves: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """List values that go by the name of a secret: under such a key, or beside it as name and value."""
    values = dict(leaves)
    for at, value in leaves:
        parent, _, key = at.rpartition("/")
        if key.lower() == "value":
            key = next((values[f"{parent}/{beside}"] for beside in _BESIDE if f"{parent}/{beside}" in values), key)
        if _NAMED.search(key):
            yield at, key, value


def _masked(value: str) -> bool:
    """Tell whether a value says nothing: blank, a mask, or a word or path that is no secret."""
    bare = value.strip().strip("\"'")
    whole = (pattern.fullmatch(bare) for pattern in (_NO_SECRET, _ALL_MASK))
    return not bare or any(whole) or _MASK.search(bare) is not None
