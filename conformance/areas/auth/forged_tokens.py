"""Bearer tokens that were never given out, made from one that was."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from conformance.sentence import Own, Sentence, say

_LIFE = 3600


@dataclass(frozen=True, slots=True)
class Forgery:
    """What is sent instead of `Authorization: Bearer <token>`."""

    what: Sentence
    authorization: str = ""
    query: str = ""


def is_jwt(token: str) -> bool:
    """Tell whether a token is a signed JSON Web Token (RFC 7519): a header, claims and a signature."""
    return token.count(".") == 2 and _part(token, 0) is not None and _part(token, 1) is not None


def claims(token: str) -> dict[str, Any]:
    """Return what a JSON Web Token claims; nothing of an opaque token."""
    return (_part(token, 1) or {}) if is_jwt(token) else {}


def forgeries(token: str, username: str) -> dict[str, tuple[Forgery, ...]]:
    """Return every way of forging `token`, which belongs to `username`, by the name of its case."""
    unsigned = {alg: _unsigned(token, username, alg) for alg in ("none", "None")}
    return {
        "alg-none": (
            *(
                _bearer(say("a token whose header says alg {alg}, unsigned", alg=Own(alg)), forged)
                for alg, forged in unsigned.items()
            ),
            _bearer(say("a token whose header says alg none, with a signature"), f"{unsigned['none']}AAAA"),
        ),
        "changed-payload": (_bearer(*_changed_payload(token)),),
        "changed-signature": (
            _bearer(say("another character near the end"), _replaced(token, len(token) - 3)),
            _bearer(say("another character where the last part begins"), _replaced(token, _last_part(token))),
        ),
        "truncated": (
            _bearer(say("all but the last four characters"), token[:-4]),
            _bearer(say("the first half"), token[: len(token) // 2]),
            *(
                (_bearer(say("a token without its signature"), token[: token.rindex(".") + 1]),)
                if is_jwt(token)
                else ()
            ),
        ),
        "empty": (_bearer(say("a scheme without a token"), ""), _bearer(say("the word null"), "null")),
        "other-scheme": tuple(
            Forgery(say("the token under the scheme {scheme}", scheme=Own(scheme)), f"{scheme} {token}")
            for scheme in ("Digest", "Token")
        ),
        "query-string": (
            *(
                Forgery(say("the token as ?{parameter}", parameter=Own(name)), query=f"{name}={quote(token, safe='')}")
                for name in ("access_token", "token", "jwt")
            ),
        ),
    }


def _bearer(what: Sentence, token: str) -> Forgery:
    return Forgery(what, f"Bearer {token}".rstrip())


def _unsigned(token: str, username: str, alg: str) -> str:
    """Return the token's own claims without a signature; of an opaque token, claims made up for its user."""
    held = token.split(".")[1] if is_jwt(token) else _coded({"sub": username, "user": username, "exp": 4102444800})
    return f"{_coded({'alg': alg, 'typ': 'JWT'})}.{held}."


def _changed_payload(token: str) -> tuple[Sentence, str]:
    found = claims(token)
    if not found:
        return say("another character in the middle"), _replaced(token, len(token) // 2)
    head, _, signature = token.split(".")
    ends = found.get("exp")
    changed = found | ({"exp": ends + _LIFE} if isinstance(ends, int | float) else {"portero": secrets.token_hex(4)})
    return say("claims changed under the old signature"), f"{head}.{_coded(changed)}.{signature}"


def _last_part(token: str) -> int:
    return token[:-1].rfind(".") + 1


def _replaced(token: str, place: int) -> str:
    """Put another character in one place, far enough from the end that base64 cannot decode to the same bytes."""
    place = max(0, place)
    other = "A" if token[place] not in "Aa" else "B"
    return token[:place] + other + token[place + 1 :]


def _part(token: str, number: int) -> dict[str, Any] | None:
    coded = token.split(".")[number]
    try:
        found = json.loads(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _coded(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document, separators=(",", ":")).encode()).decode().rstrip("=")
