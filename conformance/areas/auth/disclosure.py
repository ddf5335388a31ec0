"""Reads the support output, and provokes errors, as an administrator and as nobody; looks for secrets in both."""

from __future__ import annotations

import secrets
from dataclasses import replace

from conformance.areas.auth.likeness import alike
from conformance.areas.auth.record import DisclosureObservation, Shown
from conformance.areas.auth.replies import noted
from conformance.areas.auth.secret_finds import SecretFinder
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.sentence import Sentence, say
from conformance.web.accounts import Session, administrator
from conformance.web.api import USERS
from conformance.web.exchange import Exchange

SUPPORT = "/v1/support"
LARGEST = 4 << 20
"""How many bytes of the support output are searched."""

_ODD = 0.02
"""The part of a text that may be no UTF-8: an accent here and there."""

_LONG = 6000
_BROKEN = b'{"username": '
_WRONG_KIND = b'[{"username": {"a": []}}]'


def _look(bench: Bench) -> DisclosureObservation:
    with administrator(bench) as admin:
        finder = SecretFinder(bench.vault)
        provoked = _provoked(admin)
        errors = tuple(_shown(finder, what, seen) for what, seen in provoked)
        seen = admin.ask("GET", SUPPORT, most=LARGEST)
        nowhere = provoked[0][1]
        return DisclosureObservation(_shown(finder, say("support output"), seen), errors, alike(seen, nowhere))


def _provoked(admin: Session) -> list[tuple[Sentence, Exchange]]:
    """Ask for what cannot be answered, and nothing that would change anything if it were."""
    nowhere = f"/v1/portero-{secrets.token_hex(6)}"
    return [
        (say("a path that is not there"), admin.ask("GET", nowhere)),
        (say("a path that is not there, asked for by nobody"), admin.api.ask("GET", nowhere)),
        (say("a method that is not there"), admin.ask("PROPFIND", SUPPORT)),
        (say("JSON that breaks off"), admin.ask("POST", USERS, body=_BROKEN)),
        (say("JSON of another shape"), admin.ask("POST", USERS, body=_WRONG_KIND)),
        (say("a path of 6,000 characters"), admin.ask("GET", f"/v1/{'a' * _LONG}")),
        (say("a path with broken escapes"), admin.ask("GET", f"{nowhere}/%00%ff%zz")),
        (say("a token that is none"), admin.api.ask("GET", SUPPORT, authorization="Bearer {{portero}}'\"<>")),
    ]


def _shown(finder: SecretFinder, what: Sentence, seen: Exchange) -> Shown:
    head = "\n".join(f"{name}: {value}" for name, value in seen.headers)
    finds = (*finder.finds(seen.body), *finder.finds(head))
    return Shown(what, replace(noted(seen), said=""), seen.body_bytes, finds, _unread(seen))


def _unread(seen: Exchange) -> Sentence:
    """Say why something of an answer was not searched: it did not come, or is packed, or in another alphabet."""
    odd = seen.body.count("\ufffd")
    if "\0" in seen.body or odd > len(seen.body) * _ODD:
        return say("what it holds is no text")
    return seen.incomplete


disclosure = Probe("auth-disclosure", DisclosureObservation, _look)
