"""The bearer token that a login buys."""

from __future__ import annotations

from conformance import pointers
from conformance.sentence import Sentence, say
from conformance.web.exchange import Exchange

_USUAL = "/users/0/token"
_TOKEN_NAMES = ("token", "access_token", "accesstoken", "bearer_token", "auth_token", "jwt")


def token_in(seen: Exchange) -> str:
    """Return the token that a login's answer brings, wherever it stands, or nothing."""
    if not seen.ok:
        return ""
    found = dict(pointers.leaves_of(seen.body))
    named = (value for at, value in found.items() if at.rpartition("/")[2].lower() in _TOKEN_NAMES)
    return next((value for value in (found.get(_USUAL), *named) if isinstance(value, str) and value), "")


def no_token(seen: Exchange) -> Sentence:
    """Say what a login was answered that brought no token."""
    return seen.trouble or say("the login was answered {status}, and no token was in it", status=seen.status)
