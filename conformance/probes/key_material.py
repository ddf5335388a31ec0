"""Finds scripts that compute an HMAC under a key that they hold themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.sentence import Own, Sentence, say

_LITERAL = r"""(?:"[^"\n]{4,}"|'[^'\n]{4,}'|`[^`\n]{4,}`)"""
_NAME = r"[A-Za-z_$][\w$.]*"
_KEY = rf"(?P<key>{_LITERAL}|{_NAME})"
_NO_CALL = r"[^(){};]*?(?:\([^()]*\)[^(){};]*?)*?"

_CALLS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bHmacSHA256\s*\({_NO_CALL},\s*{_KEY}\s*[,)]",
        rf"\bcreateHmac\s*\(\s*['\"`]sha-?256['\"`]\s*,\s*{_KEY}\s*[,)]",
        rf"\bsha256\.hmac(?:\.create|\.update)?\s*\(\s*{_KEY}\s*[,)]",
        rf"\bsetHMACKey\s*\(\s*{_KEY}\s*[,)]",
        rf"\bhmac(?:_?sha256)?\s*\(\s*['\"`]?(?:sha-?256)?['\"`]?\s*,?\s*{_KEY}\s*,",
    )
)
_IMPORT = re.compile(r"\.importKey\s*\(\s*['\"`](?:raw|jwk)['\"`]\s*,(?P<key>.{1,200}?),[^;]{0,120}?HMAC", re.DOTALL)
_SIGN = re.compile(r"\.sign\s*\(\s*(?:\{[^}]*)?['\"`]HMAC", re.IGNORECASE)
QUOTED = 60


def key_material(script: str, secret: str) -> tuple[Sentence, ...]:
    """Return what shows that the script signs by itself, each in a few words; never the key."""
    found = [_words(call) for pattern in _CALLS for call in pattern.finditer(script) if _literal(call["key"], script)]
    found += [_words(call) for call in _IMPORT.finditer(script) if _SIGN.search(script) and _any(call["key"], script)]
    if secret and secret in script:
        found.append(say("the organisation's secret"))
    return tuple(dict.fromkeys(found))


def _words(call: re.Match[str]) -> Sentence:
    start = re.match(r"\W*[\w.]+", call[0])
    called = Own((start[0] if start else call[0]).strip(" .")[:QUOTED])
    return say("a call of {function} with a literal key", function=called)


def _any(expression: str, script: str) -> bool:
    """Tell whether an expression is made from a literal, itself or by a name in it."""
    return bool(re.search(_LITERAL, expression)) or any(_literal(name, script) for name in _names(expression))


def _names(expression: str) -> Iterator[str]:
    return (match[0] for match in re.finditer(r"[A-Za-z_$][\w$]*", expression))


def _literal(key: str, script: str) -> bool:
    """Tell whether a key is a literal, or a name that the script sets to one."""
    if key[:1] in "\"'`":
        return True
    last = re.escape(key.rpartition(".")[2])
    return re.search(rf"(?<![\w$]){last}['\"]?\s*[:=]\s*(?:\[\s*)?{_LITERAL}", script) is not None
