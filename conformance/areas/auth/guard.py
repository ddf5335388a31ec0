"""Asks for every declared API path without a token, and compares with what the administrator gets."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from conformance.areas.acc.plain import shared, words
from conformance.areas.auth.record import Guarded, GuardObservation
from conformance.areas.auth.replies import noted
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.inputs.target import Webapp
from conformance.model import Inconclusive
from conformance.sentence import NOTHING
from conformance.web.accounts import administrator
from conformance.web.browse import origin
from conformance.web.exchange import Exchange
from conformance.web.http import exchange, webapp_context
from conformance.web.preflight import reach

METHODS = ("GET", "HEAD")

_HOPS = 3
_TELLING = 3
"""From how many words on an answer can be told from another."""


def _look(bench: Bench) -> GuardObservation:
    webapp = bench.target.declared(Webapp)
    reach(bench, webapp.url)
    bare = {path: {method: _bare(bench, method, path) for method in METHODS} for path in webapp.api_paths}
    landed = {path: _landed(bench, seen["GET"]) for path, seen in bare.items()}
    allowed: dict[str, dict[str, Exchange]] = {}
    stopped = NOTHING
    try:
        with administrator(bench) as admin:
            allowed = {path: {method: admin.ask(method, path) for method in METHODS} for path in webapp.api_paths}
    except Inconclusive as reason:
        stopped = reason.reason
    return GuardObservation({path: _guarded(bare[path], allowed.get(path, {}), landed[path]) for path in bare}, stopped)


def _bare(bench: Bench, method: str, path: str) -> Exchange:
    webapp = bench.target.declared(Webapp)
    return exchange(bench, method, webapp.url.rstrip("/") + path, context=webapp_context(bench))


def _landed(bench: Bench, seen: Exchange) -> Exchange | None:
    """Follow a redirect as far as it stays on the origin; None where there was none to follow."""
    landed = None
    for _ in range(_HOPS):
        location = next(iter(seen.values("Location")), "")
        onward = urljoin(seen.url, location)
        if not seen.redirects or not location or origin(onward) != origin(seen.url):
            break
        parts = urlsplit(onward)
        landed = seen = _bare(bench, "GET", parts.path + (f"?{parts.query}" if parts.query else ""))
    return landed


def _guarded(bare: dict[str, Exchange], allowed: dict[str, Exchange], landed: Exchange | None) -> Guarded:
    last = landed or bare["GET"]
    served = allowed["GET"].body if allowed and allowed["GET"].ok else ""
    telling = len(words(served)) >= _TELLING
    return Guarded(
        bare={method.lower(): noted(seen) for method, seen in bare.items()},
        admin={method.lower(): noted(seen) for method, seen in allowed.items()},
        landed=replace(noted(landed), said="") if landed else None,
        repeated=shared(served, last.body) if telling else 0.0,
    )


guard = Probe("auth-guard", GuardObservation, _look)
