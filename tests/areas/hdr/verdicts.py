"""What the judges of headers conclude of a recorded row, in the words of what a browser is seen to do."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlsplit

from conformance.areas.hdr import values
from conformance.areas.hdr.sources import own
from conformance.areas.hdr.values import SNIFFING, STANDARD_POLICY
from conformance.web.answer import fields
from conformance.web.exchange import Exchange
from tests.areas.hdr.stage import FILES, NONCE, OWN, TOPS, Row

_SCRIPTS = {"javascript", "ecmascript", "x-javascript", "jscript", "livescript", "javascript1.5"}
_NEVER_A_SCRIPT = ("image/", "audio/", "video/", "text/csv")  # by the Fetch standard, nosniff or not


def page(row: Row, url: str = f"{OWN}/") -> Exchange:
    """Return the row's page as a look records it."""
    lines, malformed = fields([f"{name}: {value}" for name, value in row["lines"]])
    return Exchange("GET", url, 200, lines, malformed=malformed)


def scripted(row: Row, seen: set[str]) -> set[str]:
    """Return what runs of the stage's page; what nothing on the page could show is taken from `seen`."""
    found = values.scripts(page(row), STANDARD_POLICY)
    files = {word: replace(own(url), path=urlsplit(url).path) for word, url in FILES.items()}
    runs = {word for word, file in files.items() if any(source.covers(file) for source in found.sources)}
    runs |= {*found.kinds} & {"data", "inline", "handler", "eval"}
    if "third-lib" in runs or (found.trusts_tags and _named(row)):
        runs.add("tag")
    if "third-lib" in runs or (found.dynamic and (_named(row) or "hashed" in seen)):
        runs.add("more")
    # What a page's nonce and hash let run is none of a judge's business. Text is run, and more is brought, by scripts.
    runs |= seen & {"named", "hashed"}
    return runs - ({"more"} if not seen & {"named", "hashed"} else set()) - ({"eval"} if not seen else set())


def _named(row: Row) -> bool:
    """Tell whether a policy has the nonce that the page has."""
    return any(re.search(rf"(?i:'nonce-){NONCE}'", value) for _, value in row["lines"])


def framed(row: Row, _: set[str]) -> set[str]:
    """Return the hosts whose pages can frame the stage's page."""
    sources = values.framers(page(row))
    return {urlsplit(url).netloc for url in TOPS if any(source.covers(own(url)) for source in sources)}


def told(row: Row, _: set[str]) -> set[str]:
    """Return what becomes of Strict-Transport-Security: `upgrade`, with `subdomains`, or `removed`."""
    seen = page(row, "https://new.sts.test/")
    effect = values.transport_effect(seen)
    if effect == "upgrade" and values.transport(seen).subdomains:
        return {effect, "subdomains"}
    return {effect} - {"none"}


def sniffed(row: Row, _: set[str]) -> set[str]:
    """Return `ran` or `applied` where the row's type lets its script run, or its style count."""
    seen, essence = page(row), row["type"].partition(";")[0].strip().lower()
    believed = bool(seen.values(SNIFFING)) and values.stops_sniffing(seen)
    if row["as"] == "style":
        return {"applied"} if essence == "text/css" or (not believed and "/" not in essence) else set()
    kind, _, name = essence.partition("/")
    scripts = kind in ("text", "application") and name in _SCRIPTS
    return {"ran"} if scripts or (not believed and not essence.startswith(_NEVER_A_SCRIPT)) else set()
