"""What the gateway's API says about callbacks: their address, the pause between tries, and the authority trusted there.

Whoever changes or compares the application's settings holds `bench.budget.alone(SETTINGS)` meanwhile.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from conformance import pointers
from conformance.areas.hook.record import Upload
from conformance.bench import Bench
from conformance.bench.journal import Request
from conformance.model import Inconclusive
from conformance.sentence import Own, Sentence, say
from conformance.web.accounts import ADMINISTRATOR, Session
from conformance.web.api import Api
from conformance.web.exchange import Exchange
from conformance.web.http import exchange
from conformance.web.restoring import restore

SETTINGS = say("the application's settings")
APPLICATION = "/v1/settings/application"
CA = "/v1/certificates/webhooks/ca"
NONE = "none"

_ADDRESSES, _PAUSE, _LONGEST_PAUSE = "webhooks", "callback_backoff_delay_ms", "max_callback_backoff_delay_ms"
_USUAL_PAUSE = "3000"
_JSON, _TEXT = {"Content-Type": "application/json"}, {"Content-Type": "text/plain"}
_ABSENT = (404, 410)  # nothing is set there, or what was set is gone already
_LOOKS = (0.0, 1.0, 2.0, 2.0)
"""Seconds before each look at what was put back: the API may not show it at once."""

_BLOCK = re.compile("-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")


class CallbackSettings:
    """The settings as they were found, changed, and put back."""

    def __init__(self, admin: Session) -> None:
        """Read what is there; raises Inconclusive where it cannot be read, as it could not be put back then."""
        self.admin = admin
        self.found = self._application()
        self.ca = self._stored_ca()
        self._stored = digest(self.ca) or NONE

    def _application(self) -> dict[str, Any]:
        seen = self.admin.ask("GET", APPLICATION)
        if not seen.ok:
            raise Inconclusive(
                say("the API shows no settings of callbacks, so none were changed: {answer}", answer=_words(seen))
            )
        document = pointers.parse(seen.body)
        for pointer in ("/settings/application", "/application", ""):
            if isinstance(found := pointers.get(document, pointer), dict):
                return found
        raise Inconclusive(
            say(
                "{request} was answered with no JSON object, so nothing was changed",
                request=Own(f"GET {APPLICATION}"),
            )
        )

    def _stored_ca(self) -> str:
        seen = self.admin.ask("GET", CA)
        if seen.status in _ABSENT:
            return ""
        found = certificates_in(seen.body) if seen.ok else ""
        if not digest(found):
            bare = say("{request} was answered without a certificate", request=Own(f"GET {CA}"))
            raise Inconclusive(
                say(
                    "the authority stored for webhooks cannot be read, so it was not replaced: {answer}",
                    answer=bare if seen.ok else _words(seen),
                )
            )
        return found

    def way_back(self) -> tuple[Request, Request]:
        """Return the requests that put settings and authority back as they were found."""
        base = self.admin.api.webapp.url.rstrip("/")
        authority = (
            Request("POST", base + CA, headers=_TEXT, login=ADMINISTRATOR, body=self.ca)
            if self.ca
            else Request("DELETE", base + CA, login=ADMINISTRATOR, also=_ABSENT)
        )
        settings = json.dumps(self._original())
        return Request("PATCH", base + APPLICATION, headers=_JSON, login=ADMINISTRATOR, body=settings), authority

    def _original(self) -> dict[str, Any]:
        usual = {_ADDRESSES: {"url": ""}, _PAUSE: _USUAL_PAUSE}
        return usual | {key: self.found[key] for key in (_ADDRESSES, _PAUSE, _LONGEST_PAUSE) if key in self.found}

    def restore(self, bench: Bench) -> bool:
        """Put back and read again; tell whether all is as it was found. Logs in anew where the session is over."""
        api, requests = self.admin.api.on(bench), self.way_back()
        answers = [_ask(api, each.method, each.url, self.admin.token, each.headers, each.body) for each in requests]
        if not all(a.ok or a.status in r.also for a, r in zip(answers, requests, strict=True)):
            return not restore(bench, requests)
        return any(self._as_found(bench, wait) for wait in _LOOKS)

    def _as_found(self, bench: Bench, wait: float) -> bool:
        bench.clock.wait(wait)
        now = CallbackSettings(self.admin.on(bench))
        return (now.address, digest(now.ca)) == (self.address, digest(self.ca))

    @property
    def address(self) -> str:
        """Return where callbacks went when the settings were read."""
        found = self.found.get(_ADDRESSES)
        return str(found.get("url") or "") if isinstance(found, dict) else ""

    def hurry(self, pause_ms: int, longest_ms: int) -> bool:
        """Ask for short pauses between tries, spelt as those that were found; tell whether that was taken."""
        wanted = {_PAUSE: pause_ms} | ({_LONGEST_PAUSE: longest_ms} if _LONGEST_PAUSE in self.found else {})
        spelt = {key: value if isinstance(self.found.get(key), int) else str(value) for key, value in wanted.items()}
        return self.admin.ask("PATCH", APPLICATION, spelt).ok

    def call_back_at(self, url: str) -> Exchange:
        """Set the address, and leave what else is set about webhooks as it was found."""
        found = self.found.get(_ADDRESSES)
        return self.admin.ask(
            "PATCH", APPLICATION, {_ADDRESSES: (found if isinstance(found, dict) else {}) | {"url": url}}
        )

    def change_ca(self, method: str, pem: str = "", token: str | None = None) -> Upload:
        """Store (POST) or delete an authority, and look at what is stored before and after; as administrator.

        With a `token` in the name of somebody else, an empty one in nobody's.
        """
        before, api = self._stored, self.admin.api
        bearer = self.admin.token if token is None else token
        seen = _ask(api, method, api.webapp.url.rstrip("/") + CA, bearer, _TEXT if pem else {}, pem)
        self._stored = self.fingerprint()
        return Upload(method, seen.status, seen.trouble, before, self._stored)

    def seen_again(self) -> str:
        """Look once more at what is stored, and compare with that from now on."""
        self._stored = self.fingerprint()
        return self._stored

    def fingerprint(self) -> str:
        """Return the SHA-256 of the authority that is stored, "none", or nothing where it cannot be read."""
        seen = self.admin.ask("GET", CA)
        if seen.status in _ABSENT:
            return NONE
        return digest(certificates_in(seen.body)) if seen.ok else ""


def certificates_in(answer: str) -> str:
    """Return the PEM blocks of an answer, also of one that has them inside a JSON string."""
    return "".join(f"{block}\n" for block in _BLOCK.findall(pointers.unescaped(answer)))


def digest(pem: str) -> str:
    """Return the SHA-256 of the certificates in `pem`, in hex, or nothing where there is none."""
    try:
        found = x509.load_pem_x509_certificates(pem.encode())
    except ValueError:
        return ""
    return hashlib.sha256(b"".join(each.public_bytes(Encoding.DER) for each in found)).hexdigest()


def _ask(api: Api, method: str, url: str, token: str, headers: dict[str, str], body: str) -> Exchange:
    told = headers | ({"Authorization": f"Bearer {token}"} if token else {})
    return exchange(api.bench, method, url, headers=told, body=body.encode() or None, context=api.context)


def _words(seen: Exchange) -> Sentence:
    return say("{request}: {answer}", request=Own(f"{seen.method} {seen.url}"), answer=seen.outcome)
