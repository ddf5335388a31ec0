"""Speaks plain HTTP to the web app's ports, and measures how much of what HTTPS serves comes back."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from conformance.areas.acc.record import PlainLook, PlainObservation
from conformance.bench import Bench
from conformance.engine.observatory import Probe
from conformance.inputs.target import Webapp
from conformance.web.exchange import Exchange
from conformance.web.http import exchange, webapp_context

SHOWN = 2 << 10
"""How much of a body the record keeps, in characters."""

_WORDS_COMPARED = 1500
_RUN = 3
_UNSEEN = re.compile(  # what is never closed reaches to the end: searching once more for every start takes minutes
    r"<(script|style|head)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<[^<>]*>", re.DOTALL | re.IGNORECASE
)
_PASSWORD = re.compile(r"<input\b[^<>]*\btype\s*=\s*[\"']?password", re.IGNORECASE)


def _plain(bench: Bench) -> PlainObservation:
    webapp = bench.target.declared(Webapp)
    parts = urlsplit(webapp.url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    paths = list(dict.fromkeys((*webapp.admin_paths, *webapp.api_paths))) or ["/"]
    ports = [parts.port or 443, *webapp.http_ports]
    context = webapp_context(bench)
    with ThreadPoolExecutor(min(16, bench.target.limits.connections)) as pool:
        secure = pool.map(lambda path: exchange(bench, "GET", webapp.url.rstrip("/") + path, context=context), paths)
        asked = [f"http://{host}:{port}{path}" for port in ports for path in paths]
        answers = list(pool.map(lambda url: exchange(bench, "GET", url), asked))
        https = list(secure)
    looks = [compare(plain, https[n % len(paths)]) for n, plain in enumerate(answers)]
    return PlainObservation({str(port): tuple(looks[n * len(paths) :][: len(paths)]) for n, port in enumerate(ports)})


def compare(plain: Exchange, https: Exchange) -> PlainLook:
    """Measure a plain answer against what HTTPS answers on the same path."""
    return PlainLook(
        exchange=replace(plain, body=plain.body[:SHOWN]),
        https_status=https.status,
        https_trouble=https.trouble,
        shared=shared(https.body, plain.body),
        same_body=bool(plain.body.strip()) and plain.body.strip() == https.body.strip(),
        password_field=_PASSWORD.search(plain.body) is not None,
    )


def shared(served: str, seen: str) -> float:
    """Return the part of `served`'s visible words, 0 to 1, that stand in `seen` in runs of three and more.

    Fewer than three words say little: they count only where the bodies are equal.
    """
    ours, theirs = words(served), words(seen)
    if len(ours) < _RUN:
        return float(bool(served.strip()) and served.strip() == seen.strip())
    blocks = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    return round(sum(block.size for block in blocks if block.size >= _RUN) / len(ours), 3)


def words(body: str) -> list[str]:
    """Return the words that a reader of a page sees; of anything else, all of them."""
    return re.findall(r"\w+", _UNSEEN.sub(" ", body))[:_WORDS_COMPARED]


plain = Probe("plain", PlainObservation, _plain)
