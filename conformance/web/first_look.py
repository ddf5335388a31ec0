"""One look at a web app that nothing is known of yet: some twenty connections, for a target file to begin with."""

from __future__ import annotations

import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.bench import Bench
from conformance.bench.budget import Budget
from conformance.handshake.caller import Caller
from conformance.handshake.certificates import read_certificate
from conformance.handshake.registry import Family
from conformance.handshake.versions import hello, offer
from conformance.inputs import target
from conformance.origin import Origin
from conformance.secrecy.redact import Redactor
from conformance.secrecy.secret import open_vault
from conformance.sentence import NOTHING, Sentence
from conformance.web.exchange import Exchange
from conformance.web.http import connect, exchange, lenient_context, plain_words, server_name
from conformance.web.preflight import reach
from conformance.web.trust import careful_context

DEADLINE = 25.0  # seconds, for all of it
PATIENCE = 5.0  # seconds
PLAIN_PORTS = (80, 8080)  # where a web app redirects from, and its usual other one
ADMIN_PATHS = ("/", "/login", "/admin")
API_PATHS = ("/v1/health", "/v1/settings/application")
NOWHERE = "/portero-looks-for-a-page-that-is-not-there"
_VERSIONS = ("tls-1.0", "tls-1.1", "tls-1.2", "tls-1.3")
# Nobody has declared limits yet, so it is far less than a run takes.
_LIMITS = {"connections": 4, "requests_per_second": 20, "requests": 60}


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What was seen. `distrust` says why the system's trust does not take the certificate, and is empty where it does.

    `key_type` is the certificate's: `rsa`, `ecdsa`, …; empty where it could not be read. `plain` is keyed by port.
    """

    versions: tuple[str, ...]
    key_type: str
    distrust: Sentence
    plain: dict[int, Exchange]
    pages: dict[str, Exchange]


def look(url: str, ports: tuple[int, ...] = PLAIN_PORTS) -> FirstLook:
    """Look at the origin `url`; raises Inconclusive that says why nothing can be seen there."""
    bench = _bench(url)
    reach(bench, url)
    origin = Origin.of(url)
    caller, context = Caller(bench, url), lenient_context()
    with ThreadPoolExecutor(_LIMITS["connections"]) as pool:
        distrust = pool.submit(_distrust, bench, url)
        key_type = pool.submit(_key_type, bench, url)
        offers = [pool.submit(_offers, caller, version) for version in _VERSIONS]
        plain = {
            port: pool.submit(exchange, bench, "GET", f"http://{origin.bracketed}:{port}/")
            for port in ports
            if port != origin.port
        }
        pages = {
            path: pool.submit(exchange, bench, "GET", url + path, context=context)
            for path in (*ADMIN_PATHS, *API_PATHS, NOWHERE)
        }
        return FirstLook(
            tuple(version for version, offer in zip(_VERSIONS, offers, strict=True) if offer.result()),
            key_type.result(),
            distrust.result(),
            {port: answer.result() for port, answer in plain.items()},
            {path: answer.result() for path, answer in pages.items()},
        )


def _bench(url: str) -> Bench:
    aim = target.parse({"schema": 1, "name": "first look", "limits": _LIMITS, "webapp": {"url": url}})
    vault = open_vault([], {}, Path())
    ends = time.monotonic() + DEADLINE
    budget = Budget(aim.limits)
    return replace(Bench(aim, vault, budget, Redactor(vault)), budget=budget.until(ends), ends=ends)


def _offers(caller: Caller, version: str) -> bool:
    return caller.ask(hello(caller, version, offer(version, Family.ECDSA, Family.RSA))).offered


def _distrust(bench: Bench, url: str) -> Sentence:
    try:
        _certificate(bench, url, careful_context(None, "", strict=False))
    except OSError as error:
        return plain_words(error)
    return NOTHING


def _key_type(bench: Bench, url: str) -> str:
    try:
        return read_certificate(_certificate(bench, url, lenient_context()), stapled=False).key_type
    except (OSError, ValueError):
        return ""


def _certificate(bench: Bench, url: str, context: ssl.SSLContext) -> bytes:
    """Return the certificate that a handshake with `context` is shown, DER; raises OSError."""
    origin = Origin.of(url)
    host = origin.host
    with (
        bench.budget.connection(host),
        connect(host, origin.port, time.monotonic() + PATIENCE) as sock,
        context.wrap_socket(sock, server_hostname=server_name(host)) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""


def admin_pages(seen: FirstLook) -> list[str]:
    """Name the paths that look like pages of an administration: there, or behind a login; the root always may be."""
    return [path for path in ADMIN_PATHS if path == "/" or _there(seen, path)]


def api_paths(seen: FirstLook) -> list[str]:
    """Name the paths that look like the gateway's API: there, or refused in JSON."""
    return [path for path in API_PATHS if _there(seen, path) or _refused_in_json(seen.pages[path])]


def _there(seen: FirstLook, path: str) -> bool:
    """Tell whether a path answers, and otherwise than one that surely is nowhere."""
    page, nowhere = seen.pages[path], seen.pages[NOWHERE]
    answers = 100 < page.status < 400 or page.status in (401, 403)
    return answers and (page.status, page.body) != (nowhere.status, nowhere.body)


def _refused_in_json(page: Exchange) -> bool:
    return page.status in (401, 403) and any("json" in value.lower() for value in page.values("Content-Type"))
