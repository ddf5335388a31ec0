"""Content Security Policy, as far as scripts and frames go: what a page's header lines let run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

Directives = dict[str, tuple[str, ...]]

_FILES = ("script-src-elem", "script-src", "default-src", "allow")
_HANDLERS = ("script-src-attr", "script-src", "default-src", "allow")
_STRINGS = ("script-src", "default-src", "allow")

_LONGEST = 16 << 10  # characters of a policy that are read: comparing source lists takes the square of their length
_LOCAL = ("blob:", "filesystem:", "mediastream:")
_UNQUOTED = ("self", "none", "unsafe-inline", "unsafe-eval")  # once common, and hosts of that name to a browser
_WEB = ("http:", "https:")


@dataclass(frozen=True, slots=True)
class Scripts:
    """What several policies together let run.

    `kinds` are among self, third, data, inline, handler, eval; `foreign` are the sources of other domains that every
    policy lets through, and data:. `restricted` is False where no policy says anything about scripts.
    """

    restricted: bool
    kinds: frozenset[str]
    foreign: tuple[str, ...]
    trusts_tags: bool

    def beyond(self, other: Scripts) -> tuple[str, ...]:
        """List the foreign sources that `other` does not let through."""
        return tuple(source for source in self.foreign if not covers(other.foreign, source))


def scripts(lines: Iterable[str], host: str, *, old: bool = False) -> Scripts:
    """Evaluate the values of a policy header's lines for a page of `host`.

    `old` reads the first drafts' words as well: `allow`, and `options inline-script eval-script`.
    """
    policies = parse(lines)
    files = [listed for policy in policies if (listed := _sources(policy, _FILES, old=old)) is not None]
    foreign = _foreign_to_all([_foreign(sources, host) for sources in files]) if files else ("*", "data:")
    kinds = {
        "self": all(_lets_own(sources, host) for sources in files),
        "third": any(source != "data:" for source in foreign),
        "data": "data:" in foreign,
        "inline": all(_lets_inline(policy, _FILES, old=old) for policy in policies),
        "handler": all(_lets_inline(policy, _HANDLERS, old=old) for policy in policies),
        "eval": all(_lets_eval(policy, old=old) for policy in policies),
    }
    return Scripts(
        restricted=bool(files),
        kinds=frozenset(kind for kind, runs in kinds.items() if runs),
        foreign=foreign,
        trusts_tags=any(source.startswith("'nonce-") or source == "'strict-dynamic'" for s in files for source in s),
    )


def frame_ancestors(lines: Iterable[str]) -> tuple[str, ...] | None:
    """Return who may frame the page: nobody is (), and None means that no policy says."""
    listed = [
        tuple(source for source in policy["frame-ancestors"] if source != "'none'")
        for policy in parse(lines)
        if "frame-ancestors" in policy
    ]
    return min(listed, key=len) if listed else None


def parse(lines: Iterable[str]) -> list[Directives]:
    """Part header lines into policies: each line, and each part between commas, is one of its own.

    Of a repeated directive the first counts. Names and sources are returned in lower case.
    """
    policies = []
    for text in ",".join(lines)[:_LONGEST].split(","):
        policy: Directives = {}
        for directive in text.split(";"):
            name, *sources = re.split(r"[ \t\r\n\f]+", directive.strip(" \t\r\n\f").lower())
            if name:
                policy.setdefault(name, tuple(sources))
        if policy:
            policies.append(policy)
    return policies


def _sources(policy: Directives, chain: tuple[str, ...], *, old: bool) -> tuple[str, ...] | None:
    """Return the source list that governs; None where the policy leaves it open."""
    if "sandbox" in policy and "allow-scripts" not in policy["sandbox"]:
        return ()
    name = next((name for name in chain if name in policy and (old or name != "allow")), None)
    return None if name is None else tuple(source for source in policy[name] if source != "'none'")


def _lets_inline(policy: Directives, chain: tuple[str, ...], *, old: bool) -> bool:
    sources = _sources(policy, chain, old=old)
    if sources is None or (old and "inline-script" in policy.get("options", ())):
        return True
    cancelled = any(source.startswith(("'nonce-", "'sha")) or source == "'strict-dynamic'" for source in sources)
    return "'unsafe-inline'" in sources and not cancelled


def _lets_eval(policy: Directives, *, old: bool) -> bool:
    sources = _sources(policy, _STRINGS, old=old)
    return sources is None or "'unsafe-eval'" in sources or (old and "eval-script" in policy.get("options", ()))


def _lets_own(sources: tuple[str, ...], host: str) -> bool:
    if "'strict-dynamic'" in sources:
        return False
    return any(source in ("'self'", "*", *_WEB) or _host(source) == host for source in sources)


def _foreign(sources: tuple[str, ...], host: str) -> tuple[str, ...]:
    """List the sources by which a script of another domain, or one in a data: address, would load."""
    if "'strict-dynamic'" in sources:
        return ()
    own = {f"'{word}'" for word in _UNQUOTED} | {*_UNQUOTED, *_LOCAL}
    return tuple(s for s in sources if s not in own and not s.startswith("'") and _host(s) != host)


def _foreign_to_all(lists: list[tuple[str, ...]]) -> tuple[str, ...]:
    found = dict.fromkeys(source for listed in lists for source in listed)
    return tuple(source for source in found if all(covers(listed, source) for listed in lists))


def covers(listed: tuple[str, ...], source: str) -> bool:
    """Tell whether a source list lets `source` through, be it by a wider word."""
    if source in listed or source in ("*", "data:"):
        return source in listed
    if {"*", "http:"} & {*listed} or ("https:" in listed and source != "http:"):
        return True
    host = _host(source)
    hosts, suffixes = _hosts(listed)
    return host in hosts or host.endswith(suffixes)


@lru_cache
def _hosts(listed: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the hosts of a source list, and the suffixes of those with a wildcard (`.cdn.example`)."""
    hosts = frozenset(filter(None, map(_host, listed)))
    return hosts, tuple(host[1:] for host in hosts if host.startswith("*."))


def _host(source: str) -> str:
    """Return the host of a host source, without scheme, port and path; empty where there is none."""
    if source.endswith(":") or source.startswith("'"):
        return ""
    rest = source.partition("://")[2] or source
    try:
        return urlsplit(f"//{rest.replace(':*', '')}").hostname or ""
    except ValueError:
        return ""
