"""Looks at the header lines that administration and API send: pages, redirects, errors."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from conformance.areas.hdr.record import AdminPath, HeadersObservation
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.inputs.target import Webapp
from conformance.model import Inconclusive
from conformance.origin import onward, target_of
from conformance.sentence import NOTHING, Sentence
from conformance.web.accounts import administrator
from conformance.web.exchange import Exchange
from conformance.web.http import exchange, webapp_context
from conformance.web.preflight import reach
from conformance.web.trust import webapp_trust

ByPath = dict[str, dict[str, Exchange]]

API_METHODS = ("GET", "HEAD", "OPTIONS")
UNUSUAL = "PROPFIND"
"""A method that is safe by its registration, and that no page takes."""

_CONDITIONS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
"""What a browser sends of an answer that it has stored, by the line of that answer (RFC 9111, 4.3.1)."""

_HOPS = 5  # redirects from a page to the one that is served: more is a circle
_REDIRECTS = (301, 302, 303, 307, 308)  # those that browsers follow to Location (RFC 9110, 15.4)


@dataclass(frozen=True, slots=True)
class _Visitor:
    """Asks one origin, and keeps everything but bodies. `headers` go out with every request."""

    bench: Bench
    origin: str
    context: ssl.SSLContext
    headers: Mapping[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> Exchange:
        url, lines = self.origin + path, {**self.headers, **(headers or {})}
        return replace(exchange(self.bench, method, url, headers=lines, context=self.context), body="")

    def follow(self, method: str, path: str) -> tuple[Exchange, ...]:
        """Ask, and go where redirects lead as long as they stay here and do not turn in a circle."""
        steps = [self.ask(method, path)]
        seen = {path}
        while len(steps) <= _HOPS and (target := self._next(steps[-1])) is not None and target not in seen:
            seen.add(target)
            steps.append(self.ask(method, target))
        return tuple(steps)

    def _next(self, step: Exchange) -> str | None:
        """Return the path that a redirect leads to, or None where it leads away or is none."""
        locations = step.values("Location")
        if step.status not in _REDIRECTS or not locations:
            return None
        there = onward(step.url, locations[0])
        return None if there is None else target_of(there)

    def again(self, stored: Exchange) -> Exchange | None:
        """Ask for an answer once more unless it has changed since; None where it sent nothing to tell that by."""
        sent = {asked: stored.values(line) for line, asked in _CONDITIONS.items()}
        conditions = {asked: values[0] for asked, values in sent.items() if values and values[0]}
        path = stored.url.removeprefix(self.origin)
        return self.ask(stored.method, path, conditions) if conditions else None

    def administration(self, path: str) -> AdminPath:
        stem = urlsplit(path).path
        toggled = stem.rstrip("/") if stem.endswith("/") and stem != "/" else stem.rstrip("/") + "/"
        way = self.follow("GET", path)
        return AdminPath(
            get=way,
            head=self.follow("HEAD", path),
            unknown=self.ask("GET", f"{stem.rstrip('/')}/{_unheard_of()}"),
            method=self.ask(UNUSUAL, path),
            slash=self.ask("GET", toggled),
            again=self.again(way[-1]),
        )


def _unheard_of() -> str:
    return f"portero-{secrets.token_hex(6)}"


def _headers(bench: Bench) -> HeadersObservation:
    webapp = bench.target.declared(Webapp)
    reach(bench, webapp.url)
    origin = webapp.url.rstrip("/")
    stranger = guest = _Visitor(bench, origin, webapp_context(bench))
    if webapp.page_headers:
        guest = _Visitor(bench, origin, webapp_trust(bench), bench.vault.revealed(webapp.page_headers))
    with ThreadPoolExecutor(min(8, bench.target.limits.connections)) as pool:
        admin = pool.map(guest.administration, webapp.admin_paths)
        nowhere = f"/v1/{_unheard_of()}"
        unknown = pool.submit(stranger.ask, "POST", nowhere)
        api = _by_path(pool, stranger.ask, webapp.api_paths)
        as_admin, unknown_as_admin, not_admin = _as_admin(bench, pool, webapp.api_paths, nowhere)
        return HeadersObservation(
            admin=dict(zip(webapp.admin_paths, admin, strict=True)),
            api=api,
            unknown_api=unknown.result(),
            as_admin=as_admin,
            unknown_as_admin=unknown_as_admin,
            not_admin=not_admin,
        )


def _by_path(pool: Executor, ask: Callable[[str, str], Exchange], paths: Sequence[str]) -> ByPath:
    asked = [(method, path) for path in paths for method in API_METHODS]
    found = dict(zip(asked, pool.map(lambda each: ask(*each), asked), strict=True))
    return {path: {method: found[method, path] for method in API_METHODS} for path in paths}


def _as_admin(
    bench: Bench, pool: Executor, paths: Sequence[str], nowhere: str
) -> tuple[ByPath, Exchange | None, Sentence]:
    """Ask in the administrator's name, also for a path that is not there; without a login return why there is none."""
    try:
        with administrator(bench) as session:
            found = _by_path(pool, lambda *each: replace(session.ask(*each), body=""), paths)
            return found, replace(session.ask("POST", nowhere), body=""), NOTHING
    except Inconclusive as trouble:
        return {}, None, trouble.reason


headers = Probe("headers", HeadersObservation, _headers)
