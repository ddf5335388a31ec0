"""Content Security Policy, as far as scripts and frames go: what a page's header lines let run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import or_

from conformance.areas.hdr.sources import ANYWHERE, DATA, Source, beyond, common, own, read

Directives = dict[str, tuple[str, ...]]

_FILES = ("script-src-elem", "script-src", "default-src", "allow")
_HANDLERS = ("script-src-attr", "script-src", "default-src", "allow")
_STRINGS = ("script-src", "default-src", "allow")

_SECURE = Source("https", "*", "*")
_LONGEST = 16 << 10  # characters of a policy that are read: comparing source lists takes the square of their length
_SPACE = " \t\r\n\f"
_BETWEEN = re.compile(rf"[{_SPACE}]+")
_DIRECTIVE = re.compile(r"[\t\r\n\f -~]+")
_NONCE = re.compile(r"'nonce-[a-z0-9+/_-]+={0,2}'")
_DIGIT = "[a-z0-9+/_-]"
_HASH = re.compile(rf"'sha(256|384|512)-(?!')(?:{_DIGIT}{{4}})*(?:{_DIGIT}{{2}}(?:==)?|{_DIGIT}{{3}}=?)?'")


@dataclass(frozen=True, slots=True)
class Scripts:
    """What several policies together let run.

    `kinds` are among self, third, data, inline, handler, eval; `sources` is from where script files are let in by all
    of them, and `foreign` those of other domains, and data:. `restricted` is False where no policy says anything about
    scripts; `trusts_tags` tells that the page itself may name scripts, of any domain, `dynamic` that those may
    load more.
    """

    restricted: bool
    kinds: frozenset[str]
    sources: tuple[Source, ...]
    foreign: tuple[str, ...]
    trusts_tags: bool
    dynamic: bool

    def beyond(self, other: Scripts) -> tuple[str, ...]:
        """List what runs here and not under `other`, in a policy's words. Inline script is left out."""
        found = [source.text for source in beyond(self.sources, other.sources)]
        if self.dynamic and not other.dynamic and beyond([_SECURE], other.sources):
            found.append("'strict-dynamic'")
        if "eval" in self.kinds - other.kinds:
            found.append("'unsafe-eval'")
        return tuple(found)


def scripts(lines: Iterable[str], url: str, *, old: bool = False) -> Scripts:
    """Evaluate the values of a policy header's lines for the page at `url`.

    `old` reads the first drafts' words as well: `allow`, and `options inline-script eval-script`.
    """
    policies = parse(lines)
    page = own(url)
    files = [listed for policy in policies if (listed := _listed(policy, _FILES, old=old)) is not None]
    lists = [_files(listed, page) for listed in files]
    sources = common(lists) if lists else (ANYWHERE, DATA)
    foreign = tuple(source.text for source in sources if source.host != page.host)
    kinds = {
        "self": any(page.common(source) for source in sources),
        "third": _lets_others(sources, page),
        "data": DATA in sources,
        "inline": all(_lets_inline(policy, _FILES, old=old) for policy in policies),
        "handler": all(_lets_inline(policy, _HANDLERS, old=old) for policy in policies),
        "eval": all(_lets_eval(policy, old=old) for policy in policies),
    }
    others = [_lets_others(each, page) for each in lists]
    tags, dynamic = [list(map(told, files)) for told in (_trusts_tags, _is_dynamic)]
    return Scripts(
        restricted=bool(files),
        kinds=frozenset(kind for kind, runs in kinds.items() if runs),
        sources=sources,
        foreign=foreign,
        trusts_tags=any(tags) and all(map(or_, tags, others)),
        dynamic=any(dynamic) and all(map(or_, dynamic, others)),
    )


def frame_ancestors(lines: Iterable[str], url: str) -> tuple[Source, ...] | None:
    """Return who may frame the page at `url`: nobody is (), and None means that no policy says.

    Paths are overlooked, as in Firefox: who frames is known by origin alone.
    """
    page = own(url)
    listed = [
        [replace(source, path="") for source in _read(policy["frame-ancestors"], page) if source != DATA]
        for policy in parse(lines)
        if "frame-ancestors" in policy
    ]
    return common(listed) if listed else None


def parse(lines: Iterable[str]) -> list[Directives]:
    """Part header lines into policies: each line, and each part between commas, is one of its own.

    Of a repeated directive the first counts; one with a byte that the grammar does not know is dropped whole, as by
    browsers, and in Chromium those of its name that follow are repeated ones. Names are returned in lower case.
    """
    policies = []
    for text in ",".join(lines)[:_LONGEST].split(","):
        found: dict[str, str] = {}
        for directive in filter(None, (part.strip(_SPACE) for part in text.split(";"))):
            found.setdefault(_BETWEEN.split(directive, maxsplit=1)[0].lower(), directive)
        known = {name: directive for name, directive in found.items() if _DIRECTIVE.fullmatch(directive)}
        if known:
            policies.append({name: tuple(_BETWEEN.split(directive)[1:]) for name, directive in known.items()})
    return policies


def _listed(policy: Directives, chain: tuple[str, ...], *, old: bool) -> tuple[str, ...] | None:
    """Return the source list that governs; None where the policy leaves it open."""
    if "sandbox" in policy and "allow-scripts" not in _lower(policy["sandbox"]):
        return ()
    name = next((name for name in chain if name in policy and (old or name != "allow")), None)
    return None if name is None else policy[name]


def _files(listed: tuple[str, ...], page: Source) -> tuple[Source, ...]:
    """List from where script files are let in by where they come from."""
    if "'strict-dynamic'" in _lower(listed):
        return ()
    return _read(listed, page)


def _read(listed: tuple[str, ...], page: Source) -> tuple[Source, ...]:
    return tuple(source for each in listed if (source := read(each, page)) is not None)


def _lets_others(sources: tuple[Source, ...], page: Source) -> bool:
    return any(source.host not in (page.host, "") for source in sources)


def _trusts_tags(listed: tuple[str, ...]) -> bool:
    return any(map(_NONCE.fullmatch, _lower(listed))) or _is_dynamic(listed)


def _is_dynamic(listed: tuple[str, ...]) -> bool:
    words = _lower(listed)
    return "'strict-dynamic'" in words and any(_NONCE.fullmatch(word) or _HASH.fullmatch(word) for word in words)


def _lets_inline(policy: Directives, chain: tuple[str, ...], *, old: bool) -> bool:
    listed = _listed(policy, chain, old=old)
    if listed is None or (old and "inline-script" in _lower(policy.get("options", ()))):
        return True
    words = _lower(listed)
    cancelled = "'strict-dynamic'" in words or any(_NONCE.fullmatch(word) or _HASH.fullmatch(word) for word in words)
    return "'unsafe-inline'" in words and not cancelled


def _lets_eval(policy: Directives, *, old: bool) -> bool:
    listed = _listed(policy, _STRINGS, old=old)
    return (
        listed is None
        or "'unsafe-eval'" in _lower(listed)
        or (old and "eval-script" in _lower(policy.get("options", ())))
    )


def _lower(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)
