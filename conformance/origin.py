"""Origins: scheme, host and port of a URL, told apart and compared in one place.

A whole URL is still taken apart by `urlsplit` where its path or its query is what matters.
"""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

_DEFAULT_PORTS = {"https": 443, "http": 80}
_LONGEST_NAME = 254  # of a name in DNS, its last dot included (RFC 1035): IDNA of more costs time and finds nothing


@dataclass(frozen=True, slots=True)
class Origin:
    """An origin (RFC 6454). Equal are those that a browser takes for one; a trailing dot makes another.

    `host` is in small letters and without brackets, else as it was spelt; `port` is 0 where a scheme without a port of
    its own names none.
    """

    scheme: str
    host: str = field(compare=False)
    port: int
    _name: str = field(repr=False)

    @classmethod
    def of(cls, url: str) -> Origin:
        """Read an origin from a URL; raises ValueError where the URL has a port or brackets that cannot be read."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        return cls(parts.scheme, host, parts.port or _DEFAULT_PORTS.get(parts.scheme, 0), _ascii(host))

    @property
    def bracketed(self) -> str:
        """Return the host as it stands in a URL: an IPv6 address in square brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    def __str__(self) -> str:
        """Return `host:port`, as people read it."""
        return f"{self.bracketed}:{self.port}"


def same(url: str, other: str) -> bool:
    """Tell whether two URLs, from whomever, are of one origin; what is no URL is of none."""
    try:
        return Origin.of(url) == Origin.of(other)
    except ValueError:
        return False


def joined(url: str, reference: str) -> str | None:
    """Return the URL that `reference` means on a page at `url`; None where it is no URL."""
    try:
        return urljoin(url, reference)
    except ValueError:
        return None


def onward(url: str, location: str) -> str | None:
    """Return the URL to which a redirect from `url` leads; None where it leaves the origin, or is no URL."""
    there = joined(url, location)
    return there if there and same(there, url) else None


def target_of(url: str) -> str:
    """Return a URL's path and query, as a request line has them; raises ValueError where it is no URL."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _ascii(host: str) -> str:
    """Return a host as it is compared: a name as DNS has it, an IPv6 address in its shortest form."""
    with suppress(ValueError):
        return str(ipaddress.ip_address(host))
    if len(host) <= _LONGEST_NAME:
        with suppress(UnicodeError):
            return host.encode("idna").decode()
    return host
