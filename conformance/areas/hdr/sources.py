"""Sources of a Content Security Policy: from where something may be loaded, and what two of them have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from urllib.parse import unquote, urlsplit

_MOST = 1000  # sources that are kept of what several lists have in common

_SOURCE = re.compile(
    r"(?:([a-z][a-z0-9+.-]*)://)?(\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)(?::(\*|0*[0-9]{1,5}))?([/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_MISSPELT = re.compile(
    r"none|self|unsafe-(inline|eval|hashes)|wasm-unsafe-eval|strict-dynamic|report-sample|(nonce|sha(256|384|512))-[^.]*"
    r"|https?|wss?|data|blob|filesystem|mediastream",
    re.IGNORECASE,
)
"""Words without their quotes or colon, which a browser takes for hosts. Nobody has a host of that name."""


@dataclass(frozen=True, slots=True)
class Source:
    """Addresses that a source expression of CSP stands for, as far as pages and scripts come from there.

    `scheme` http stands for https as well; `host` may be `*` or begin with `*.`; `port` is empty for the scheme's own,
    or `*`; `path` is empty for all of them, and ends with a slash for all below it. Two are equal that mean the same,
    however they are spelt.
    """

    scheme: str
    host: str = ""
    port: str = ""
    path: str = ""
    text: str = field(default="", compare=False)

    def common(self, other: Source) -> Source | None:
        """Return what both stand for; None where that is nothing."""
        scheme = _scheme(self.scheme, other.scheme)
        host, path = _host(self.host, other.host), _path(self.path, other.path)
        if scheme is None or host is None or path is None:
            return None
        port = _port(*(_own_port(scheme, each.port) for each in (self, other)))
        if port is None:
            return None
        both = Source(scheme, host, port, path)
        same = next((each.text for each in (self, other) if each == both), None)
        return replace(both, text=same or _spelt(both))

    def covers(self, other: Source) -> bool:
        """Tell whether all that `other` stands for is within this one."""
        return self.common(other) == other


ANYWHERE = Source("http", "*", "*", text="*")
DATA = Source("data", text="data:")


def own(url: str) -> Source:
    """Return what 'self' stands for on a page at `url`; policies know hosts by their ASCII names."""
    parts = urlsplit(url)
    scheme, host = parts.scheme.lower(), parts.hostname or ""
    with suppress(UnicodeError):
        host = host.encode("idna").decode()
    return Source(scheme, host, _own_port(scheme, str(parts.port or "")), text="'self'")


def read(expression: str, page: Source) -> Source | None:
    """Read a source expression as it counts on a page of the origin `page`; None where no script or page comes by it.

    As in Chromium and Firefox, ws: and wss: let no script in. Where they differ the wider counts: in Firefox a query
    after the path is overlooked, and port 80 stands for that of HTTPS, too.
    """
    word = expression.lower()
    if word == "'self'":
        return replace(page, text=expression)
    if word in ("*", "http:", "https:"):
        return Source("https" if word == "https:" else "http", "*", "*", text=expression)
    if word == "data:":
        return replace(DATA, text=expression)
    found = _SOURCE.fullmatch(expression)
    if found is None or (found[1] is None and _MISSPELT.fullmatch(found[2])):
        return None
    scheme = (found[1] or page.scheme).lower()
    if scheme not in _DEFAULT_PORTS:
        return None
    path = unquote(re.split(r"[?#]", found[4] or "", maxsplit=1)[0])
    if found[3] == "80":
        scheme = "http"  # which stands for https as well
    port = _own_port(scheme, (found[3] or "").lstrip("0"))
    return Source(scheme, found[2].lower(), port, "" if path == "/" else path, expression)


def common(lists: Sequence[Iterable[Source]]) -> tuple[Source, ...]:
    """Return what all of several lists let in."""
    found = tuple(dict.fromkeys(lists[0]))
    for other in lists[1:]:
        others = tuple(dict.fromkeys(other))
        pairs = ((a, b) for a in found for b in others if a.host == b.host or "*" in (a.host[:1], b.host[:1]))
        shared = (both for a, b in pairs if (both := a.common(b)) is not None)
        found = tuple(dict.fromkeys(islice(shared, _MOST)))
    return found


def beyond(sources: Iterable[Source], others: Iterable[Source]) -> tuple[Source, ...]:
    """List the sources that are not within any one of the others."""
    wider = tuple(others)
    return tuple(source for source in sources if not any(other.covers(source) for other in wider))


def _own_port(scheme: str, port: str) -> str:
    return "" if port == _DEFAULT_PORTS.get(scheme) else port


def _scheme(one: str, other: str) -> str | None:
    if one == other:
        return one
    return "https" if {one, other} == {"http", "https"} else None


def _host(one: str, other: str) -> str | None:
    if one == other:
        return one
    for wide, narrow in ((one, other), (other, one)):
        if wide == "*" or (wide.startswith("*.") and narrow.endswith(wide[1:])):
            return narrow
    return None


def _port(one: str, other: str) -> str | None:
    if "*" in (one, other):
        return other if one == "*" else one
    return one if one == other else None


def _path(one: str, other: str) -> str | None:
    for wide, narrow in ((one, other), (other, one)):
        if not wide or wide == narrow or (wide.endswith("/") and narrow.startswith(wide)):
            return narrow
    return None


def _spelt(source: Source) -> str:
    port = f":{source.port}" if source.port else ""
    return f"{source.scheme}://{source.host}{port}{source.path}"
