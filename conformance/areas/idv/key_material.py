"""Finds scripts that compute an HMAC under a key that they hold themselves.

A script is hostile text, and `re` holds the interpreter's lock: every expression here begins with a fixed word and then
repeats single characters possessively, so that no character is looked at more than a few times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.sentence import Own, Sentence, say

QUOTED = 60  # characters of the call that are shown
MOST_FOUND = 20  # a script full of finds proves no more than these

_LITERAL = r"""(?:"[^"\n]{4,}+"|'[^'\n]{4,}+'|`[^`\n]{4,}+`)"""
_KEY = rf"(?P<key>{_LITERAL}|[A-Za-z_$][\w$.]*+)"

_CALLS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bcreateHmac\s*+\(\s*+['\"`]sha-?256['\"`]\s*+,\s*+{_KEY}\s*+[,)]",
        rf"\bsha256\.hmac(?:\.create|\.update)?\s*+\(\s*+{_KEY}\s*+[,)]",
        rf"\bsetHMACKey\s*+\(\s*+{_KEY}\s*+[,)]",
        rf"\bhmac(?:_?sha256)?\s*+\(\s*+['\"`]?(?:sha-?256)?['\"`]?\s*+,?\s*+{_KEY}\s*+,",
    )
)
_MESSAGE_FIRST = re.compile(r"\bHmacSHA256\s*+\(", re.IGNORECASE)
_EXPRESSION = re.compile(r"[^(){};,]*+")
_SECOND = re.compile(rf",\s*+{_KEY}\s*+[,)]", re.IGNORECASE)
_ONWARD = re.compile(r",|\([^()]*+\)")

_IMPORT = re.compile(r"\.importKey\s*+\(\s*+['\"`](?:raw|jwk)['\"`]\s*+,")
_LONGEST_KEY = 200  # characters from the call to the end of its key
_NEAR = 120
_HMAC = "HMAC"
_SIGN = re.compile(
    r"(?P<direct>\.sign\s*+\(\s*+['\"`]HMAC)|(?P<opened>\.sign\s*+\(\s*+\{)|(?P<named>['\"`]HMAC)|(?P<closed>\})",
    re.IGNORECASE,
)

_QUOTED = re.compile(_LITERAL)
_NAMES = re.compile(r"[A-Za-z_$][\w$]*+")
_SET = re.compile(rf"(?<![\w$])([\w$]++)(?=['\"]?\s*+[:=]\s*+(?:\[\s*+)?{_LITERAL})")
_CALLED = re.compile(r"\W*+[\w.]++")


def key_material(script: str, secret: str) -> tuple[Sentence, ...]:
    """Return what shows that the script signs by itself, each in a few words; never the key. MOST_FOUND at most."""
    told = _told(script) if "hmac" in script.lower() else ()
    return (*told, say("the organisation's secret")) if secret and secret in script else told


def _told(script: str) -> tuple[Sentence, ...]:
    calls = [*_message_first(script), *((call[0], call["key"]) for known in _CALLS for call in known.finditer(script))]
    imports = list(_imports(script))
    if imports and not _signs(script):
        imports = []
    literals = frozenset(_SET.findall(script)) if calls or imports else frozenset()
    found = [_words(call) for call, key in calls if key[0] in "\"'`" or key.rpartition(".")[2] in literals]
    found += [
        _words(call)
        for call, key in imports
        if _QUOTED.search(key) or any(name in literals for name in _NAMES.findall(key))
    ]
    return tuple(dict.fromkeys(found))[: MOST_FOUND - 1]


def _words(call: str) -> Sentence:
    start = _CALLED.match(call)
    called = Own((start[0] if start else call).strip(" .")[:QUOTED])
    return say("a call of {function} with a literal key", function=called)


def _message_first(script: str) -> Iterator[tuple[str, str]]:
    """List calls whose second argument is the key: the call's beginning, and the key.

    No character is walked over for more than two calls: a third would be within parentheses within parentheses.
    """
    at = 0
    while head := _MESSAGE_FIRST.search(script, at):
        at = walked = head.end()
        while expression := _EXPRESSION.match(script, walked):
            if second := _SECOND.match(script, expression.end()):
                yield head[0], second["key"]
                at = second.end()
                break
            if not (onward := _ONWARD.match(script, expression.end())):
                break
            walked = onward.end()


def _imports(script: str) -> Iterator[tuple[str, str]]:
    """List imports of keys for HMAC: the call's beginning, and the expression that makes the key."""
    at = 0
    while head := _IMPORT.search(script, at):
        at = head.end()
        comma = at
        while (comma := script.find(",", comma + 1, head.end() + _LONGEST_KEY + 1)) >= 0:
            named = script.find(_HMAC, comma + 1, comma + 1 + _NEAR + len(_HMAC))
            if named >= 0 and ";" not in script[comma:named]:
                yield head[0], script[head.end() : comma]
                at = named
                break


def _signs(script: str) -> bool:
    """Tell whether the script calls `sign("HMAC"` or `sign({… "HMAC"`, no brace being closed in between."""
    opened = False
    for found in _SIGN.finditer(script):
        if found["direct"] or (found["named"] and opened):
            return True
        opened = bool(found["opened"]) or (opened and not found["closed"])
    return False
