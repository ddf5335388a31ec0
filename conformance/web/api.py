"""The API behind webapp.url as a client speaks to it, and the bearer token that a login buys."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Mapping
from typing import Any

from conformance import pointers
from conformance.bench import Bench
from conformance.inputs.target import Webapp
from conformance.model import Inconclusive
from conformance.pointers import MISSING
from conformance.secrecy.secret import Secret
from conformance.secrecy.spellings import is_ordinary
from conformance.sentence import Sentence, say
from conformance.web.answer import MAX_BODY
from conformance.web.exchange import Exchange
from conformance.web.http import exchange
from conformance.web.trust import webapp_trust

USERS = "/v1/users"
LOGIN = f"{USERS}/login"
LOGOUT = f"{USERS}/logout"

_LIMITED = (429, 503)  # both may say in Retry-After when to come again
_LONGEST_PAUSE = 15  # seconds of Retry-After that a run waits for
_TRIES = 3
_USUAL = "/users/0/token"
_TOKEN_NAMES = ("token", "access_token", "accesstoken", "bearer_token", "auth_token", "jwt")


class Api:
    """The API behind webapp.url, spoken to as a careful client does."""

    def __init__(self, bench: Bench, context: ssl.SSLContext | None = None) -> None:
        """Send nothing yet; `context` verifies, absent: by the declared trust.

        Raises Inconclusive when the declared trust or client certificate cannot be used.
        """
        self.bench = bench
        self.webapp = bench.target.declared(Webapp)
        self.context: ssl.SSLContext = context or webapp_trust(bench)

    def on(self, bench: Bench) -> Api:
        """Return the same API for another bench: one for restoring, say."""
        return Api(bench, self.context)

    def ask(
        self,
        method: str,
        path: str,
        document: Any = MISSING,
        *,
        authorization: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        address: str | None = None,
        most: int = MAX_BODY,
    ) -> Exchange:
        """Send a request; `document` goes out as JSON, `body` as it stands and called JSON.

        `address` is connected to instead of those behind the name; `most` is how many bytes of the body are read.
        """
        sent = {"Authorization": authorization} if authorization else {}
        if document is not MISSING:
            body = json.dumps(document).encode()
        if body is not None:
            sent["Content-Type"] = "application/json"
        url = self.webapp.url.rstrip("/") + path
        sent |= headers or {}
        return exchange(
            self.bench, method, url, headers=sent, body=body, context=self.context, address=address, most=most
        )

    def log_in(self, username: str, password: str, document: Mapping[str, str] | None = None) -> Exchange:
        """Send a login; a token in the answer is a secret from here on.

        Counts nothing: a login that may go wrong is `Logins`' affair. Raises Inconclusive for a token that is a word.
        """
        seen = self.ask("POST", LOGIN, dict(document or {}), authorization=basic(username, password))
        if token := token_in(seen):
            if is_ordinary(token):
                raise Inconclusive(
                    say("the API's token is an ordinary word, which no report could keep out: nothing is done with it")
                )
            self.bench.redactor.learn(Secret(f"token of {username}", token))
        return seen

    def log_in_patiently(self, username: str, password: str) -> Exchange:
        """Log in with the right password; an API that limits how often is given the time that it asks for."""
        for _ in range(_TRIES - 1):
            seen = self.log_in(username, password)
            pause = _pause(seen)
            if not pause or pause >= self.bench.left():
                return seen
            self.bench.clock.wait(pause)
        return self.log_in(username, password)


def basic(username: str, password: str) -> str:
    """Return an Authorization of the scheme Basic (RFC 7617)."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _pause(seen: Exchange) -> float:
    """Return how many seconds to wait before another try; 0 where another try is not asked for, or too far off."""
    if seen.status not in _LIMITED:
        return 0
    told = next(iter(seen.values("Retry-After")), "1")
    short = told.isdecimal() and len(told) <= len(str(_LONGEST_PAUSE))  # Python reads no number of 5,000 digits
    return int(told) if short and 0 < int(told) <= _LONGEST_PAUSE else 0


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
