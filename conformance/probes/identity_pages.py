"""Looks at what the customer's pages, and their own scripts, hand to a browser."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

from conformance.model import Inconclusive
from conformance.probes.browse import Fetched, fetch, origin
from conformance.probes.identity_client import IdentityClient, spellings, verifying_context
from conformance.probes.key_material import key_material
from conformance.probes.preflight import reach
from conformance.records.identity import Page

MOST_SCRIPTS = 20
NOT_THERE = (404, 410)


@dataclass(slots=True)
class _Texts:
    """What a page consists of, by URL, and what could not be read of it."""

    texts: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


class _Scripts(HTMLParser):
    """Finds a page's scripts, the inline ones too."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sources: list[str] = []
        self.inline: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self._inside = tag == "script"
        if tag == "script" and named.get("src"):
            self.sources.append(named["src"] or "")
        if tag == "link" and named.get("href") and {"modulepreload"} & set((named.get("rel") or "").lower().split()):
            self.sources.append(named["href"] or "")

    def handle_endtag(self, _tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.inline.append(data)


def look_at_pages(client: IdentityClient) -> tuple[Page, ...]:
    """Read every declared page, as nobody and as the client who is signed in."""
    identity, vault = client.identity, client.bench.vault
    pages = [_look(client, url, {}, "") for url in identity.site_pages]
    signed_in = (
        _look(client, page.url, {"Cookie": vault[page.cookie].reveal()}, page.uid) for page in identity.signed_in_pages
    )
    return (*pages, *signed_in)


def _look(client: IdentityClient, url: str, headers: dict[str, str], uid: str) -> Page:
    try:
        reach(client.bench, url)
    except Inconclusive as reason:
        return Page(url, uid, trouble=str(reason))
    context = verifying_context(client.bench, client.identity.ca_file, also_system=True)
    seen = fetch(client.bench, url, headers, context)
    if seen.trouble or not 200 <= seen.status < 300:
        return Page(url, uid, seen.status, seen.trouble)
    found = _Texts()
    found.texts[url] = _whole(seen, found.unread)
    found.texts[f"{url} (headers)"] = seen.head
    scripts = _Scripts()
    scripts.feed(found.texts[url])
    links = [urljoin(seen.url, source) for source in scripts.sources]
    own = [link for link in dict.fromkeys(links) if origin(link) == origin(seen.url)]
    if len(own) > MOST_SCRIPTS:
        found.unread.append(f"{len(own) - MOST_SCRIPTS} more scripts")
    for link in own[:MOST_SCRIPTS]:
        script = fetch(client.bench, link, headers, context)
        if script.trouble or not (200 <= script.status < 300 or script.status in NOT_THERE):
            found.unread.append(f"{link}: {script.trouble or f'status {script.status}'}")
        else:
            found.texts[link] = _whole(script, found.unread)
    return _page(
        client,
        url,
        uid,
        seen.status,
        found,
        [*scripts.inline, *(found.texts[k] for k in own if k in found.texts)],
        links,
    )


def _page(
    client: IdentityClient, url: str, uid: str, status: int, found: _Texts, code: list[str], links: list[str]
) -> Page:
    forms = spellings(client.key) if client.key else {}
    secret_in = tuple(
        f"{place}: {how}"
        for place, text in found.texts.items()
        for how, known in forms.items()
        if any(form in said for said in {text.lower(), html.unescape(text).lower()} for form in known)
    )
    return Page(
        url,
        uid,
        status,
        scripts=tuple(link for link in links if link in found.texts),
        foreign_scripts=tuple(link for link in links if origin(link) != origin(url)),
        secret_in=secret_in,
        hash=_hash_in(client, uid, "\n".join(found.texts.values())),
        key_material=tuple(quote for script in code for quote in key_material(script, client.key)),
        unread=tuple(found.unread),
    )


def _hash_in(client: IdentityClient, uid: str, text: str) -> str:
    if uid and client.key and client.right(uid) in text.lower():
        return "right"
    words = re.split("[_-]", client.identity.hash_pointer.rpartition("/")[2])
    name = "[_-]?".join(re.escape(word) for word in words)
    return "some" if re.search(rf"{name}\W{{1,12}}[0-9a-f]{{64}}\b", html.unescape(text), re.IGNORECASE) else "none"


def _whole(seen: Fetched, unread: list[str]) -> str:
    if seen.cut:
        unread.append(f"{seen.url}: only its first {len(seen.text) >> 10} KiB were read")
    return seen.text
