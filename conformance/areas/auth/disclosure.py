"""Reads the support output, and provokes errors, as an administrator and as nobody; looks for secrets in both."""

from __future__ import annotations

import secrets
from dataclasses import replace

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

_LONG = 6000
_BROKEN = b'{"username": '
_WRONG_KIND = b'[{"username": {"a": []}}]'


def _look(bench: Bench) -> DisclosureObservation:
    with administrator(bench) as admin:
        finder = SecretFinder(bench.vault)
        errors = tuple(_shown(finder, what, seen) for what, seen in _provoked(admin))
        return DisclosureObservation(_shown(finder, say("support output"), admin.ask("GET", SUPPORT)), errors)


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
    return Shown(what, replace(noted(seen), said=""), seen.body_bytes, finds)


disclosure = Probe("auth-disclosure", DisclosureObservation, _look)
