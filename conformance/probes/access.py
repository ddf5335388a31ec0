"""Looks at the ways into the web app: plain HTTP, the certificate, every address behind the name."""

from __future__ import annotations

from urllib.parse import urlsplit

from conformance.observatory import Bench, Probe
from conformance.probes.http import exchange, lenient_context
from conformance.records.access import PlainObservation


def _plain(bench: Bench) -> PlainObservation:
    webapp = bench.target.webapp
    assert webapp is not None  # noqa: S101 - the engine starts this probe for a declared section only
    parts = urlsplit(webapp.url)
    paths = dict.fromkeys((*webapp.admin_paths, *webapp.api_paths)) or {"/": None}
    ports = [parts.port or 443, *webapp.http_ports]
    plain = {
        str(port): tuple(exchange(bench, "GET", f"http://{parts.hostname}:{port}{path}") for path in paths)
        for port in ports
    }
    base = webapp.url.rstrip("/")
    https = tuple(exchange(bench, "GET", base + path, context=lenient_context()) for path in paths)
    return PlainObservation(plain, https)


plain = Probe("plain", PlainObservation, _plain)
